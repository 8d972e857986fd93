/* SPDX-License-Identifier: MIT */
/*
 * sys/base/sched.c: which thread runs where.
 *
 *	      thread_wake()             picked
 *	SLEEPING ---------> RUNNABLE <----------> RUNNING --> SLEEPING, STOPPED
 *	                        yield, preempted          --> ZOMBIE
 *
 * Each CPU has a queue ordered by virtual run time (time on the CPU weighted
 * by nice) and decides by itself. There is no global queue and no global
 * balancer: each CPU publishes a small projection of its load, and reads those
 * of the others in ring order. A thread that becomes runnable is queued where
 * its waker runs or where it ran last; an idle CPU steals from the first
 * neighbour whose projection shows somebody waiting, and a busy one, at its
 * tick, nudges the first idle neighbour or pushes to a less loaded one.
 *
 * Why wake where the waker is: the waker of a pipe or a fork usually sleeps
 * next, and an interrupt to another CPU costs far more than the short wait.
 *
 * Invariants: (1) a thread is in exactly one queue when RUNNABLE, in none
 * otherwise; (2) td_state, td_cpu and queues change under the lock of the
 * thread's run queue, but a thread sets its own state from RUNNING to a
 * sleeping one without it; (3) the lock of a CPU's queue is held across the
 * switch of stacks, so whoever gets it finds the thread off its stack.
 */
#include <machine/cpu.h>
#include <machine/md.h>

#include "base/clock.h"
#include "base/panic.h"
#include "base/sched_internal.h"
#include "base/thread.h"

struct runq runqs[MAXCPU];

void
runq_enqueue(struct runq *rq, struct thread *td)
{
	struct rbnode **link = &rq->rq_tree.rb_root, *parent = NULL;
	bool first = true;

	while (*link != NULL) {
		parent = *link;
		if (td->td_vruntime <
		    rb_entry(parent, struct thread, td_rq_node)->td_vruntime) {
			link = &parent->rb_left;
		} else {
			link = &parent->rb_right;
			first = false;
		}
	}
	rb_insert(&rq->rq_tree, &td->td_rq_node, parent, link);
	if (first)
		rq->rq_first = td;
	atomic_store_relaxed(&rq->rq_queued, rq->rq_queued + 1);
	td->td_state = TS_RUNNABLE;
}

void
runq_dequeue(struct runq *rq, struct thread *td)
{
	if (rq->rq_first == td) {
		struct rbnode *n = rb_next(&td->td_rq_node);

		rq->rq_first = n == NULL ?
		    NULL : rb_entry(n, struct thread, td_rq_node);
	}
	rb_remove(&rq->rq_tree, &td->td_rq_node);
	atomic_store_relaxed(&rq->rq_queued, rq->rq_queued - 1);
}

/* Charges the running thread up to now; rq locked. */
static void
account(struct runq *rq, struct thread *td, nsec_t now)
{
	nsec_t ran = now - td->td_switched;
	uint64_t least;

	if (unlikely(ran < 0))
		ran = 0;
	td->td_switched = now;
	td->td_runtime += ran;
	if (td->td_flags & TDF_IDLE) {
		rq->rq_cpu->c_idle_time += ran;
		return;
	}
	td->td_vruntime += sched_weighted(ran, td->td_nice);
	least = td->td_vruntime;
	if (rq->rq_first != NULL)
		least = MIN(least, rq->rq_first->td_vruntime);
	rq->rq_min_vruntime = MAX(rq->rq_min_vruntime, least);
}

static struct thread *
pick(struct runq *rq)
{
	struct thread *td = rq->rq_first;

	if (td == NULL)
		return rq->rq_cpu->c_idle;
	runq_dequeue(rq, td);
	return td;
}

static bool
may_run_on(const struct thread *td, unsigned cpu)
{
	return (td->td_cpumask >> cpu) & 1;
}

static unsigned
choose_cpu(struct thread *td)
{
	unsigned here = curcpu()->c_id;
	unsigned last = td->td_cpu;

	if (may_run_on(td, here) &&
	    (last == here || curcpu()->c_intr_depth == 0 ||
		runqs[here].rq_idle))
		return here;
	if (may_run_on(td, last) && cpus[last]->c_online)
		return last;
	for (unsigned i = 0; i < ncpus; i++) {
		if (may_run_on(td, i) && cpus[i]->c_online)
			return i;
	}
	return here;
}

/*
 * After the switch, in the thread that came: the queue this CPU left under is
 * let go. A thread that has ended is buried; one that may not run here goes
 * where it may, now that it is off its stack.
 */
static void
switch_finish(struct thread *prev)
{
	struct runq *rq = curcpu()->c_runq;

	if (unlikely(prev->td_state == TS_NEW)) {
		sched_enqueue_on(prev, rq, choose_cpu(prev));
		return;
	}
	if (unlikely(prev->td_state == TS_ZOMBIE)) {
		spin_unlock(&rq->rq_lock);
		thread_bury(prev);
		return;
	}
	spin_unlock(&rq->rq_lock);
}

void
thread_entry(struct thread *prev)
{
	struct thread *td = curthread();

	switch_finish(prev);
	intr_enable();
	td->td_start(td->td_arg);
	thread_exit();
}

void
sched_switch(void)
{
	struct thread *td = curthread(), *next, *prev;
	uint64_t irq = intr_disable();
	struct runq *rq = curcpu()->c_runq;
	nsec_t now;

	KASSERT(curcpu()->c_intr_depth == 0);
	spin_lock(&rq->rq_lock);
	now = clock_mono();
	account(rq, td, now);
	atomic_and(&td->td_flags, ~TDF_RESCHED);
	if (td->td_state == TS_RUNNING) {
		bool stays = may_run_on(td, rq->rq_cpu->c_id);

		if (rq->rq_first == NULL && stays) {
			spin_unlock(&rq->rq_lock);
			intr_restore(irq);
			return;
		}
		td->td_nivcsw++;
		if (!stays)
			td->td_state = TS_NEW;
		else if (td->td_flags & TDF_IDLE)
			td->td_state = TS_RUNNABLE;
		else
			runq_enqueue(rq, td);
	} else {
		td->td_nvcsw++;
	}
	next = pick(rq);
	next->td_state = TS_RUNNING;
	next->td_switched = now;
	atomic_store_relaxed(&rq->rq_idle, (next->td_flags & TDF_IDLE) != 0);
	if (rq->rq_first != NULL)
		sched_tick_start(rq);
	if (next == td) {
		spin_unlock(&rq->rq_lock);
	} else {
		rq->rq_cpu->c_nswitch++;
		rq->rq_current = next;
		prev = md_switch(td, next);
		switch_finish(prev);
	}
	intr_restore(irq);
}

void
sched_yield(void)
{
	struct runq *rq = curcpu()->c_runq;
	struct thread *td = curthread();
	uint64_t irq = spin_lock_irq(&rq->rq_lock);

	/* Stand behind whoever is first. */
	if (rq->rq_first != NULL &&
	    td->td_vruntime <= rq->rq_first->td_vruntime)
		td->td_vruntime = rq->rq_first->td_vruntime + 1;
	spin_unlock_irq(&rq->rq_lock, irq);
	sched_switch();
}

void
sched_point(void)
{
	if (unlikely(atomic_load_relaxed(&curthread()->td_flags) &
		TDF_RESCHED))
		sched_switch();
}

/*
 * rq locked: td has become runnable there; should it run at once? Another CPU
 * is told even if not, so that it starts to tick.
 */
static void
preempt_check(struct runq *rq, struct thread *td)
{
	struct thread *cur = rq->rq_current;

	if (rq->rq_idle ||
	    td->td_vruntime + SCHED_WAKEUP_GRAN < cur->td_vruntime)
		atomic_or(&cur->td_flags, TDF_RESCHED);
	else if (rq->rq_tick_armed)
		return;
	if (rq != curcpu()->c_runq)
		md_ipi_resched(rq->rq_cpu->c_id);
}

/* A sleeper comes back with a little credit, not with all it slept. */
static void
place(struct runq *rq, struct thread *td)
{
	uint64_t floor = rq->rq_min_vruntime > SCHED_SLEEPER_CREDIT ?
	    rq->rq_min_vruntime - SCHED_SLEEPER_CREDIT : 0;

	if (td->td_vruntime < floor)
		td->td_vruntime = floor;
}

/*
 * Queues a thread that is in no queue on `cpu`; the lock of the queue it was
 * last of is held and passed over, so td_cpu never changes unseen.
 */
void
sched_enqueue_on(struct thread *td, struct runq *from, unsigned cpu)
{
	struct runq *rq = &runqs[cpu];

	if (rq != from) {
		/* vruntime counts from its queue's least. */
		td->td_vruntime -= MIN(td->td_vruntime, from->rq_min_vruntime);
		td->td_state = TS_RUNNABLE;
		atomic_store(&td->td_cpu, cpu);
		spin_unlock(&from->rq_lock);
		spin_lock(&rq->rq_lock);
		td->td_vruntime += rq->rq_min_vruntime;
	}
	place(rq, td);
	runq_enqueue(rq, td);
	preempt_check(rq, td);
	sched_tick_start(rq);
	spin_unlock(&rq->rq_lock);
}

/* The queue of a thread, locked. It may be moved while we wait. */
struct runq *
thread_lock_runq(struct thread *td)
{
	for (;;) {
		struct runq *rq = &runqs[atomic_load(&td->td_cpu)];

		spin_lock(&rq->rq_lock);
		if (rq == &runqs[td->td_cpu])
			return rq;
		spin_unlock(&rq->rq_lock);
	}
}

static bool
wake_from(struct thread *td, unsigned states)
{
	uint64_t irq;
	struct runq *rq;

	/* Most wake-ups of a thread that already runs end here. */
	if (!((1u << atomic_load(&td->td_state)) & states))
		return false;
	irq = intr_disable();
	rq = thread_lock_runq(td);
	if (!((1u << td->td_state) & states)) {
		spin_unlock(&rq->rq_lock);
		intr_restore(irq);
		return false;
	}
	if (rq->rq_current == td) {
		/* Marked as sleeping but not switched away yet. */
		td->td_state = TS_RUNNING;
		spin_unlock(&rq->rq_lock);
	} else {
		sched_enqueue_on(td, rq, choose_cpu(td));
	}
	intr_restore(irq);
	return true;
}

bool
thread_wake(struct thread *td)
{
	return wake_from(td, (1u << TS_SLEEPING) | (1u << TS_SLEEPING_INTR));
}

void
thread_interrupt(struct thread *td)
{
	struct runq *rq;
	uint64_t irq;

	atomic_fence();
	if (wake_from(td, 1u << TS_SLEEPING_INTR))
		return;
	/* In user mode on another CPU it must come in to see its flags. */
	irq = intr_disable();
	rq = thread_lock_runq(td);
	if (rq->rq_current == td && rq != curcpu()->c_runq)
		md_ipi_resched(rq->rq_cpu->c_id);
	spin_unlock(&rq->rq_lock);
	intr_restore(irq);
}

void
thread_stop_self(void)
{
	struct thread *td = curthread();

	(void)atomic_xchg(&td->td_state, (uint32_t)TS_STOPPED);
	atomic_fence();
	if (atomic_and(&td->td_flags, ~TDF_WAKESTOP) & TDF_WAKESTOP)
		atomic_store(&td->td_state, (uint32_t)TS_RUNNING);
	else
		sched_switch();
}

bool
thread_wake_stopped(struct thread *td)
{
	atomic_or(&td->td_flags, TDF_WAKESTOP);
	atomic_fence();
	if (!wake_from(td, 1u << TS_STOPPED))
		return false;
	atomic_and(&td->td_flags, ~TDF_WAKESTOP);
	return true;
}

void
thread_run(struct thread *td)
{
	uint64_t irq = intr_disable();
	struct runq *rq = curcpu()->c_runq;

	spin_lock(&rq->rq_lock);
	td->td_cpu = rq->rq_cpu->c_id;
	td->td_vruntime = rq->rq_min_vruntime;
	sched_enqueue_on(td, rq, choose_cpu(td));
	intr_restore(irq);
}

void
sched_ipi(void)
{
	/* The way out of the interrupt looks at TDF_RESCHED; the idle loop
	 * looks for work whenever it is woken. */
	atomic_or(&curthread()->td_flags, TDF_RESCHED);
}

void
sched_init_cpu(struct cpu *c)
{
	struct runq *rq = &runqs[c->c_id];

	spin_init(&rq->rq_lock, LR_RUNQ, "runq");
	rb_init(&rq->rq_tree);
	rq->rq_cpu = c;
	rq->rq_first = NULL;
	rq->rq_idle = true;
	sched_tick_init(rq);
	c->c_runq = rq;
	thread_init_idle(c);
	rq->rq_current = c->c_idle;
}
