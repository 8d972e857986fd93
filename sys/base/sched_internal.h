/* SPDX-License-Identifier: MIT */
/*
 * sys/base/sched_internal.h: what sched.c, balance.c and thread.c share.
 */
#ifndef BASE_SCHED_INTERNAL_H
#define BASE_SCHED_INTERNAL_H

#include "base/clock.h"
#include "base/lock.h"
#include "base/rbtree.h"
#include "base/thread.h"

#define SCHED_TICK	     (1 * NSEC_PER_MSEC) /* while somebody waits */
#define SCHED_SLICE	     (3 * NSEC_PER_MSEC)
#define SCHED_WAKEUP_GRAN    ((uint64_t)NSEC_PER_MSEC)
#define SCHED_SLEEPER_CREDIT (3 * (uint64_t)NSEC_PER_MSEC)

/*
 * A CPU's queue. rq_queued and rq_idle are its load projection: others read
 * them without the lock.
 */
struct runq {
	uint32_t rq_queued; /* threads waiting, the running one not counted */
	uint32_t rq_idle;   /* its idle thread runs */
	struct spinlock rq_lock __cacheline;
	struct rbtree rq_tree;	   /* [r] by td_vruntime */
	struct thread *rq_first;   /* [r] leftmost, or NULL */
	struct thread *rq_current; /* [r] running */
	struct cpu *rq_cpu;	   /* [I] */
	uint64_t rq_min_vruntime;  /* [r] never goes back */
	struct timer rq_tick;
	bool rq_tick_armed; /* [r] */
	uint32_t rq_ticks;
} __cacheline;

extern struct runq runqs[MAXCPU];

void runq_enqueue(struct runq *, struct thread *);
void runq_dequeue(struct runq *, struct thread *);
struct runq *thread_lock_runq(struct thread *);
/* from locked; unlocks. */
void sched_enqueue_on(struct thread *, struct runq *from, unsigned cpu);
uint64_t sched_weighted(nsec_t ran, int nice);

/* balance.c */
void sched_tick_init(struct runq *);
void sched_tick_start(struct runq *); /* rq locked */

/* thread.c */
void thread_init_idle(struct cpu *);
void thread_bury(struct thread *);

#endif
