/* SPDX-License-Identifier: MIT */
/*
 * sys/base/thread.c: making and ending threads.
 */
#include <machine/cpu.h>
#include <machine/md.h>

#include <abi/errno.h>

#include "base/kprintf.h"
#include "base/lockdebug.h"
#include "base/panic.h"
#include "base/random.h"
#include "base/sched_internal.h"
#include "base/slab.h"
#include "base/string.h"
#include "base/thread.h"

struct cpu *cpus[MAXCPU];
unsigned ncpus = 1;

static struct kmem_cache *thread_cache;
static struct list threads = LIST_INIT(threads);
static struct spinlock threads_lock = SPINLOCK_INIT(LR_PROC, "threads");
static uint64_t nforks;

static void
thread_setup(struct thread *td, const char *name, void (*start)(void *),
    void *arg)
{
	memset(td, 0, sizeof(*td));
	td->td_state = TS_NEW;
	td->td_cpumask = UINT64_MAX;
	td->td_canary = random_u64() & ~UINT64_C(0xff);
	td->td_start = start;
	td->td_arg = arg;
	td->td_flags = TDF_KTHREAD;
	strlcpy(td->td_name, name, sizeof(td->td_name));
}

static void
thread_list(struct thread *td)
{
	uint64_t irq = spin_lock_irq(&threads_lock);

	list_add_tail(&threads, &td->td_all);
	nforks++;
	spin_unlock_irq(&threads_lock, irq);
}

struct thread *
thread_create(const char *name, void (*start)(void *), void *arg)
{
	struct thread *td = kmem_cache_alloc(thread_cache, 0);

	if (td == NULL)
		return NULL;
	thread_setup(td, name, start, arg);
#ifdef LOCKDEBUG
	td->td_locks = kzalloc(sizeof(*td->td_locks));
	if (td->td_locks == NULL) {
		kmem_cache_free(thread_cache, td);
		return NULL;
	}
#endif
	if (md_thread_init(td) != 0) {
		kfree(td->td_locks);
		kmem_cache_free(thread_cache, td);
		return NULL;
	}
	thread_list(td);
	return td;
}

struct thread *
kthread_start(const char *name, void (*start)(void *), void *arg)
{
	struct thread *td = thread_create(name, start, arg);

	if (td == NULL)
		panic("no memory for kernel thread %s", name);
	thread_run(td);
	return td;
}

void
thread_free(struct thread *td)
{
	uint64_t irq = spin_lock_irq(&threads_lock);

	list_del(&td->td_all);
	spin_unlock_irq(&threads_lock, irq);
	md_thread_free(td);
	kfree(td->td_locks);
	kmem_cache_free(thread_cache, td);
}

/* In the thread that follows it on the CPU, interrupts off. */
void
thread_bury(struct thread *td)
{
	thread_free(td);
}

void
thread_exit(void)
{
	(void)intr_disable();
	atomic_store(&curthread()->td_state, (uint32_t)TS_ZOMBIE);
	sched_switch();
	panic("a thread that has ended runs");
}

/* The idle thread of a CPU is the context it booted in. */
void
thread_init_idle(struct cpu *c)
{
	struct thread *td = kmem_cache_alloc(thread_cache, 0);

	if (td == NULL)
		panic("no memory for the idle thread of cpu %u", c->c_id);
	thread_setup(td, "idle", NULL, NULL);
	td->td_canary = c->c_canary;
	ksnprintf(td->td_name, sizeof(td->td_name), "idle/%u", c->c_id);
	td->td_flags |= TDF_IDLE;
	td->td_state = TS_RUNNING;
	td->td_cpu = c->c_id;
	td->td_cpumask = UINT64_C(1) << c->c_id;
	td->td_nice = 19;
	td->td_switched = clock_mono();
#ifdef LOCKDEBUG
	td->td_locks = kzalloc(sizeof(*td->td_locks));
	c->c_locks = kzalloc(sizeof(*c->c_locks));
#endif
	c->c_idle = c->c_thread = td;
	thread_list(td);
}

void
thread_init(void)
{
	thread_cache = kmem_cache_create("thread", sizeof(struct thread), 64);
}

void
thread_set_nice(struct thread *td, int nice)
{
	uint64_t irq = intr_disable();
	struct runq *rq = thread_lock_runq(td);

	td->td_nice = MAX(-20, MIN(19, nice));
	spin_unlock(&rq->rq_lock);
	intr_restore(irq);
}

int
thread_set_affinity(struct thread *td, uint64_t mask)
{
	uint64_t all = ncpus >= 64 ? UINT64_MAX : (UINT64_C(1) << ncpus) - 1;
	struct runq *rq;
	uint64_t irq;

	if ((mask & all) == 0)
		return -EINVAL;
	irq = intr_disable();
	rq = thread_lock_runq(td);
	td->td_cpumask = mask;
	if (td->td_state == TS_RUNNABLE &&
	    !((mask >> td->td_cpu) & 1)) {
		runq_dequeue(rq, td);
		sched_enqueue_on(td, rq,
		    (unsigned)__builtin_ctzll(mask & all));
	} else {
		/* If it runs where it may not, sched_switch() sends it off. */
		atomic_or(&td->td_flags, TDF_RESCHED);
		if (rq != curcpu()->c_runq)
			md_ipi_resched(rq->rq_cpu->c_id);
		spin_unlock(&rq->rq_lock);
	}
	intr_restore(irq);
	sched_point();
	return 0;
}

void
thread_foreach(void (*fn)(struct thread *, void *), void *arg)
{
	struct thread *td;
	uint64_t irq = spin_lock_irq(&threads_lock);

	list_foreach(td, &threads, td_all)
		fn(td, arg);
	spin_unlock_irq(&threads_lock, irq);
}

uint64_t
sched_forks(void)
{
	return nforks;
}
