/* SPDX-License-Identifier: MIT */
/*
 * sys/base/timer.c: being called back later.
 *
 * Each CPU keeps its armed timers in a tree by deadline and its interrupt set
 * for the first of them; with none the CPU is left alone (tickless).
 * Invariants: (1) tm_armed says whether tm_node is in the tree of tm_cpu;
 * (2) tc_programmed is the deadline the hardware has.
 * Locks: tc_lock of the CPU named by tm_cpu.
 */
#include <machine/cpu.h>
#include <machine/md.h>

#include "base/clock.h"
#include "base/lock.h"
#include "base/panic.h"
#include "base/slab.h"
#include "base/thread.h"

struct timer_cpu {
	struct spinlock tc_lock;
	struct rbtree tc_tree;
	nsec_t tc_first;      /* deadline of the first, or NSEC_NEVER */
	nsec_t tc_programmed; /* what the hardware was told */
	struct timer *tc_running;
} __cacheline;

static struct timer_cpu timers[MAXCPU];

void
timer_init_cpu(struct cpu *c)
{
	struct timer_cpu *tc = &timers[c->c_id];

	spin_init(&tc->tc_lock, LR_TIMER, "timers");
	rb_init(&tc->tc_tree);
	tc->tc_first = tc->tc_programmed = NSEC_NEVER;
	c->c_timers = tc;
}

void
timer_init(struct timer *tm, void (*fn)(struct timer *), void *arg)
{
	tm->tm_func = fn;
	tm->tm_arg = arg;
	tm->tm_deadline = NSEC_NEVER;
	tm->tm_cpu = 0;
	tm->tm_armed = 0;
}

static int
timer_cmp(const struct rbnode *a, const struct rbnode *b)
{
	nsec_t x = rb_entry(a, struct timer, tm_node)->tm_deadline;
	nsec_t y = rb_entry(b, struct timer, tm_node)->tm_deadline;

	return x < y ? -1 : x > y;
}

static void
find_first(struct timer_cpu *tc)
{
	struct rbnode *n = rb_first(&tc->tc_tree);

	tc->tc_first = n == NULL ?
	    NSEC_NEVER : rb_entry(n, struct timer, tm_node)->tm_deadline;
}

/*
 * Sets the hardware if it would fire too late. One that fires too early does
 * no harm, so a timer that is cancelled leaves it alone.
 */
static void
program(struct timer_cpu *tc)
{
	if (tc->tc_first < tc->tc_programmed) {
		tc->tc_programmed = tc->tc_first;
		md_timer_arm(tc->tc_first);
	}
}

/* The lock of the CPU the timer belongs to; it may move while we wait. */
static struct timer_cpu *
lock_owner(struct timer *tm, uint64_t *irq)
{
	for (;;) {
		struct timer_cpu *tc = &timers[atomic_load(&tm->tm_cpu)];

		*irq = spin_lock_irq(&tc->tc_lock);
		if (tc == &timers[tm->tm_cpu])
			return tc;
		spin_unlock_irq(&tc->tc_lock, *irq);
	}
}

static bool
disarm(struct timer_cpu *tc, struct timer *tm)
{
	if (!tm->tm_armed)
		return false;
	rb_remove(&tc->tc_tree, &tm->tm_node);
	tm->tm_armed = 0;
	if (tm->tm_deadline <= tc->tc_first)
		find_first(tc);
	return true;
}

void
timer_set(struct timer *tm, nsec_t deadline)
{
	uint64_t irq;
	struct timer_cpu *tc = lock_owner(tm, &irq);

	(void)disarm(tc, tm);
	if (tc != curcpu()->c_timers) {
		/* Interrupts are off, so this stays the CPU we are on. */
		atomic_store(&tm->tm_cpu, curcpu()->c_id);
		spin_unlock(&tc->tc_lock);
		tc = curcpu()->c_timers;
		spin_lock(&tc->tc_lock);
	}
	if (deadline != NSEC_NEVER) {
		tm->tm_deadline = deadline;
		tm->tm_armed = 1;
		rb_insert_cmp(&tc->tc_tree, &tm->tm_node, timer_cmp);
		if (deadline < tc->tc_first)
			tc->tc_first = deadline;
		program(tc);
	}
	spin_unlock_irq(&tc->tc_lock, irq);
}

bool
timer_cancel(struct timer *tm)
{
	uint64_t irq;
	struct timer_cpu *tc = lock_owner(tm, &irq);
	bool was = disarm(tc, tm);

	/* Wait for a callback on another CPU; on this one it is our caller. */
	while (tc->tc_running == tm && tc != curcpu()->c_timers) {
		spin_unlock_irq(&tc->tc_lock, irq);
		cpu_pause();
		irq = spin_lock_irq(&tc->tc_lock);
	}
	spin_unlock_irq(&tc->tc_lock, irq);
	return was;
}

void
timer_interrupt(void)
{
	struct timer_cpu *tc = curcpu()->c_timers;

	spin_lock(&tc->tc_lock);
	tc->tc_programmed = NSEC_NEVER; /* one-shot: it has fired */
	while (tc->tc_first <= clock_mono()) {
		struct timer *tm = rb_entry(rb_first(&tc->tc_tree),
		    struct timer, tm_node);

		rb_remove(&tc->tc_tree, &tm->tm_node);
		tm->tm_armed = 0;
		find_first(tc);
		tc->tc_running = tm;
		spin_unlock(&tc->tc_lock);
		tm->tm_func(tm);
		spin_lock(&tc->tc_lock);
		tc->tc_running = NULL;
	}
	program(tc);
	spin_unlock(&tc->tc_lock);
}

nsec_t
timer_next(void)
{
	return curcpu()->c_timers->tc_first;
}
