/* SPDX-License-Identifier: MIT */
/*
 * tests/host/fake/fake.h: what a host test may ask of, and do to, the fakes
 * of sys/base and sys/include/machine.
 *
 * Use: fake_init(pages) first. To fail every allocation in turn:
 *	for (n = 1;; n++) { fake_fail_at(n); scenario();
 *	    if (!fake_failed()) break; }
 * then compare fake_kmem_live() and fake_pages_live() with before.
 * Everything runs in one thread. The fakes abort, with a message, on a lock
 * taken twice or against lockrank.def, on sleeping or allocating with a spin
 * lock held, on a sleep nothing can end, on a bad or double free.
 * Include kernel headers before those of the C library.
 */
#ifndef FAKE_H
#define FAKE_H

#include "base/page.h"
#include "base/types.h"

void fake_init(unsigned npages);

/* The n-th allocation from now (kmalloc, slab or page) fails; 0: none. */
void fake_fail_at(unsigned long n);
bool fake_failed(void); /* since fake_fail_at(), did it happen */
unsigned long fake_allocations(void);

size_t fake_kmem_live(void);  /* kmalloc and slab pieces not yet freed */
size_t fake_pages_live(void); /* pages not yet freed */
size_t fake_kva_live(void);   /* bytes kva_alloc gave, with fake/kva.c */
unsigned long fake_warnings(void); /* messages so far, KLOG_WARNING or worse */
uint64_t fake_reclaim(uint64_t npages); /* as if memory were short */

/* Time moves only here and in sleeps with a deadline; timers fire. */
void fake_clock_advance(nsec_t span);

/*
 * Called where the thread would sleep, with no spin lock held: it may make the
 * condition true (complete the I/O). NULL: such a sleep aborts.
 */
extern void (*fake_idle)(void);

/* Called where others get a turn, sched_point(); NULL: nothing. */
extern void (*fake_yield)(void);

/* Threads made by kthread_start() and thread_run(): run body n by hand. */
unsigned fake_threads(void);
void fake_thread_call(unsigned n);

/* User memory: only addresses in such ranges can be copied to and from. */
void fake_user_add(void *base, size_t size);
void fake_user_clear(void);
/* Called before a page of user memory is touched; non-zero: -EFAULT. */
extern int (*fake_user_touch)(vaddr_t uaddr, bool write);

void fake_locks_assert_none(void);
bool fake_spin_held_any(void);
void fake_may_sleep(const char *what);
bool fake_alloc_may(void);
void fake_mem_init(unsigned npages);
void fake_timers_run(nsec_t now);
void fake_fail(const char *fmt, ...) __printflike(1, 2) __noreturn;

#endif
