/* SPDX-License-Identifier: MIT */
/*
 * sys/base/balance.c: time slices, load averages, and how load spreads from
 * CPU to CPU around the ring.
 *
 * A CPU ticks only while somebody waits in its queue. At a tick it ends the
 * running thread's slice, nudges the first idle CPU found around the ring to
 * come and steal, or, if its ring neighbour of this tick has at least two
 * fewer threads, pushes one there. So load diffuses with O(1) work a tick.
 */
#include <machine/cpu.h>
#include <machine/md.h>

#include "base/clock.h"
#include "base/init.h"
#include "base/panic.h"
#include "base/sched_internal.h"
#include "base/thread.h"

#define PUSH_TICKS 4 /* ticks between two pushes */

/* 1024 * 1.25^-nice, nice from -20. */
static const uint32_t nice_weight[40] = { 88818, 71054, 56843, 45475, 36380,
	29104, 23283, 18626, 14901, 11921, 9537, 7629, 6104, 4883, 3906, 3125,
	2500, 2000, 1600, 1280, 1024, 819, 655, 524, 419, 336, 268, 215, 172,
	137, 110, 88, 70, 56, 45, 36, 29, 23, 18, 15 };

static uint64_t load_avg[3]; /* 16.16 */
static struct timer load_timer;
#define LOAD_PERIOD (5 * NSEC_PER_SEC)

uint64_t
sched_weighted(nsec_t ran, int nice)
{
	if (likely(nice == 0))
		return (uint64_t)ran;
	return (uint64_t)ran * 1024 / nice_weight[nice + 20];
}

static unsigned
load_of(const struct runq *rq)
{
	return atomic_load_relaxed(&rq->rq_queued) +
	    !atomic_load_relaxed(&rq->rq_idle);
}

/* A queued thread of rq that may run on cpu: the last in line. */
static struct thread *
candidate(struct runq *rq, unsigned cpu)
{
	for (struct rbnode *n = rb_last(&rq->rq_tree); n != NULL;
	     n = rb_prev(n)) {
		struct thread *td = rb_entry(n, struct thread, td_rq_node);

		if ((td->td_cpumask >> cpu) & 1)
			return td;
	}
	return NULL;
}

/* from locked, unlocked on return: moves one thread to cpu. */
static bool
move_one(struct runq *from, unsigned cpu)
{
	struct thread *td = candidate(from, cpu);

	if (td == NULL) {
		spin_unlock(&from->rq_lock);
		return false;
	}
	runq_dequeue(from, td);
	sched_enqueue_on(td, from, cpu);
	return true;
}

/* An idle CPU looks around the ring for somebody who waits. */
static bool
steal(struct runq *me)
{
	unsigned id = me->rq_cpu->c_id;

	for (unsigned i = 1; i < ncpus; i++) {
		struct runq *rq = &runqs[(id + i) % ncpus];
		uint64_t irq;
		bool got;

		if (atomic_load_relaxed(&rq->rq_queued) == 0)
			continue;
		irq = spin_lock_irq(&rq->rq_lock);
		got = move_one(rq, id);
		intr_restore(irq);
		if (got)
			return true;
	}
	return false;
}

static bool
nudge_idle(struct runq *me)
{
	for (unsigned i = 1; i < ncpus; i++) {
		struct runq *rq = &runqs[(me->rq_cpu->c_id + i) % ncpus];

		if (atomic_load_relaxed(&rq->rq_idle) &&
		    atomic_load(&rq->rq_cpu->c_online)) {
			md_ipi_resched(rq->rq_cpu->c_id);
			return true;
		}
	}
	return false;
}

static void
push(struct runq *me)
{
	unsigned id = me->rq_cpu->c_id;
	unsigned side = me->rq_ticks / PUSH_TICKS % 2 ? 1 : ncpus - 1;
	unsigned to = (id + side) % ncpus;

	if (to == id || !atomic_load(&cpus[to]->c_online) ||
	    load_of(&runqs[to]) + 2 > load_of(me))
		return;
	spin_lock(&me->rq_lock);
	(void)move_one(me, to);
}

static void
tick(struct timer *tm)
{
	struct runq *rq = tm->tm_arg;
	bool waiting;

	spin_lock(&rq->rq_lock);
	rq->rq_tick_armed = false;
	rq->rq_ticks++;
	waiting = rq->rq_first != NULL;
	if (waiting) {
		struct thread *td = rq->rq_current;

		if (clock_mono() - td->td_switched >= SCHED_SLICE ||
		    (td->td_flags & TDF_IDLE))
			atomic_or(&td->td_flags, TDF_RESCHED);
		sched_tick_start(rq);
	}
	spin_unlock(&rq->rq_lock);
	if (waiting && !nudge_idle(rq) && rq->rq_ticks % PUSH_TICKS == 0)
		push(rq);
}

void
sched_tick_init(struct runq *rq)
{
	timer_init(&rq->rq_tick, tick, rq);
}

/*
 * Ticks while somebody waits. A timer is armed on the CPU that calls, so for
 * another CPU's queue that CPU does it, when it comes from its interrupt.
 */
void
sched_tick_start(struct runq *rq)
{
	if (rq->rq_tick_armed || rq != curcpu()->c_runq)
		return;
	rq->rq_tick_armed = true;
	timer_set(&rq->rq_tick, clock_mono() + SCHED_TICK);
}

void
sched_idle_loop(void)
{
	struct runq *rq = curcpu()->c_runq;

	for (;;) {
		(void)intr_disable();
		if (rq->rq_first != NULL || (ncpus > 1 && steal(rq))) {
			intr_enable();
			sched_switch();
			continue;
		}
		/* An interrupt that comes from here on ends the halt. */
		cpu_idle_wait();
	}
}

/* Once a period on the boot CPU: exponential averages as of old. */
static void
load_sample(struct timer *tm)
{
	static const uint64_t decay[3] = { 60296, 64453, 65172 };
	uint64_t n = (uint64_t)sched_runnable() << 16;

	for (int i = 0; i < 3; i++)
		load_avg[i] = (load_avg[i] * decay[i] +
				  n * (65536 - decay[i])) >> 16;
	timer_set(tm, clock_mono() + LOAD_PERIOD);
}

static void
load_init(void)
{
	timer_init(&load_timer, load_sample, NULL);
	timer_set(&load_timer, clock_mono() + LOAD_PERIOD);
}
INIT(INIT_DRIVER, 10, load_init);

void
sched_loadavg(uint64_t out[3])
{
	for (int i = 0; i < 3; i++)
		out[i] = load_avg[i];
}

unsigned
sched_runnable(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < ncpus; i++)
		n += load_of(&runqs[i]);
	return n;
}
