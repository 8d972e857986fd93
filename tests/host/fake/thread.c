/* SPDX-License-Identifier: MIT */
/*
 * tests/host/fake/thread.c: one thread, one CPU, a clock that stands still.
 *
 * A sleep first lets fake_idle() make its condition true, then moves the
 * clock to the next timer or to the deadline; if none of these exists it could
 * never end, and the test aborts.
 */
#include "base/clock.h"
#include "base/thread.h"
#include "base/waitq.h"

#include "fake.h"

#include <stdlib.h>

#define MAXTHREADS 2048
#define MAXSLEEPS  1000000 /* of one condition: it will not come true */

void (*fake_idle)(void);
struct cpu *fake_curcpu;
struct thread *fake_curthread;
struct cpu *cpus[MAXCPU];
unsigned ncpus = 1;

static struct cpu cpu0;
static struct thread thread0;
static struct thread *threads[MAXTHREADS];
static unsigned nthreads, nsleeps;
static nsec_t now = NSEC_PER_SEC;
static nsec_t real_offset = 1700000000 * NSEC_PER_SEC;
static struct timer *timers; /* linked through tm_node.rb_right */

void
fake_init(unsigned npages)
{
	cpu0.c_self = &cpu0;
	cpu0.c_thread = &thread0;
	cpus[0] = fake_curcpu = &cpu0;
	thread0.td_state = TS_RUNNING;
	thread0.td_tid = 1;
	fake_curthread = &thread0;
	fake_mem_init(npages);
}

nsec_t
clock_mono(void)
{
	return now;
}

nsec_t
clock_real(void)
{
	return now + real_offset;
}

void
clock_set_real(nsec_t t)
{
	real_offset = t - now;
}

void
timer_init(struct timer *tm, void (*fn)(struct timer *), void *arg)
{
	*tm = (struct timer){ .tm_func = fn, .tm_arg = arg };
}

bool
timer_cancel(struct timer *tm)
{
	struct timer **p;

	if (!tm->tm_armed)
		return false;
	for (p = &timers; *p != tm;
	     p = (struct timer **)&(*p)->tm_node.rb_right)
		continue;
	*p = (struct timer *)tm->tm_node.rb_right;
	tm->tm_armed = 0;
	return true;
}

void
timer_set(struct timer *tm, nsec_t deadline)
{
	timer_cancel(tm);
	tm->tm_deadline = deadline;
	tm->tm_armed = 1;
	tm->tm_node.rb_right = (struct rbnode *)timers;
	timers = tm;
}

nsec_t
timer_next(void)
{
	nsec_t first = NSEC_NEVER;
	struct timer *tm;

	for (tm = timers; tm != NULL;
	     tm = (struct timer *)tm->tm_node.rb_right)
		first = MIN(first, tm->tm_deadline);
	return first;
}

void
fake_timers_run(nsec_t until)
{
	struct timer *tm;
	nsec_t first;

	while ((first = timer_next()) <= until) {
		for (tm = timers; tm->tm_deadline != first;
		     tm = (struct timer *)tm->tm_node.rb_right)
			continue;
		now = MAX(now, first);
		timer_cancel(tm);
		tm->tm_func(tm);
	}
	now = MAX(now, until);
}

void
fake_clock_advance(nsec_t span)
{
	fake_timers_run(now + span);
}

void
waitq_init(struct waitq *wq)
{
	spin_init(&wq->wq_lock, LR_WAITQ, "waitq");
	list_init(&wq->wq_head);
}

static void
waitq_wake(struct waitq *wq, unsigned key, bool all)
{
	struct wait_entry *we, *next;

	spin_lock(&wq->wq_lock);
	list_foreach_safe(we, next, &wq->wq_head, we_link) {
		bool exclusive = we->we_exclusive;

		if (we->we_func != NULL)
			we->we_func(we, key);
		else
			thread_wake(we->we_thread);
		if (exclusive && !all)
			break;
	}
	spin_unlock(&wq->wq_lock);
}

void
waitq_wake_one(struct waitq *wq)
{
	waitq_wake(wq, 0, false);
}

void
waitq_wake_all(struct waitq *wq)
{
	waitq_wake(wq, 0, true);
}

void
waitq_wake_key(struct waitq *wq, unsigned key)
{
	waitq_wake(wq, key, true);
}

bool
waitq_has_sleepers(struct waitq *wq)
{
	return !list_empty(&wq->wq_head);
}

void
wait_entry_init(struct wait_entry *we)
{
	*we = (struct wait_entry){ .we_thread = curthread() };
	list_init(&we->we_link);
}

void
waitq_add(struct waitq *wq, struct wait_entry *we)
{
	spin_lock(&wq->wq_lock);
	we->we_wq = wq;
	list_add_tail(&wq->wq_head, &we->we_link);
	spin_unlock(&wq->wq_lock);
}

void
waitq_del(struct wait_entry *we)
{
	struct waitq *wq = we->we_wq;

	if (wq == NULL)
		return;
	spin_lock(&wq->wq_lock);
	list_del(&we->we_link);
	we->we_wq = NULL;
	spin_unlock(&wq->wq_lock);
}

void
thread_prepare_sleep(enum thread_state state)
{
	fake_may_sleep("thread_prepare_sleep");
	curthread()->td_state = state;
}

int
thread_sleep(nsec_t deadline)
{
	struct thread *td = curthread();

	fake_may_sleep("thread_sleep");
	if (td->td_state == TS_SLEEPING_INTR && thread_signalled(td))
		return -ERESTARTSYS;
	if (++nsleeps > MAXSLEEPS)
		fake_fail("a sleep whose condition never comes true");
	if (fake_idle != NULL) {
		fake_idle();
		return 0;
	}
	if (timer_next() <= deadline && timer_next() != NSEC_NEVER) {
		fake_timers_run(timer_next());
		return 0;
	}
	if (deadline == NSEC_NEVER)
		fake_fail("a sleep that nothing can end");
	now = MAX(now, deadline);
	return -ETIMEDOUT;
}

void
thread_finish_sleep(void)
{
	curthread()->td_state = TS_RUNNING;
	nsleeps = 0;
}

void
thread_sleep_ns(nsec_t span)
{
	fake_may_sleep("thread_sleep_ns");
	fake_clock_advance(span);
}

int
thread_sleep_until_intr(nsec_t deadline)
{
	fake_may_sleep("thread_sleep_until_intr");
	if (thread_signalled(curthread()))
		return -ERESTARTSYS;
	fake_timers_run(deadline);
	return 0;
}

bool
thread_wake(struct thread *td)
{
	bool slept = td->td_state == TS_SLEEPING ||
	    td->td_state == TS_SLEEPING_INTR;

	if (slept)
		td->td_state = TS_RUNNING;
	return slept;
}

struct thread *
thread_create(const char *name, void (*start)(void *), void *arg)
{
	struct thread *td;

	if (!fake_alloc_may())
		return NULL;
	td = calloc(1, sizeof(*td));
	td->td_start = start;
	td->td_arg = arg;
	return td;
}

void
thread_run(struct thread *td)
{
	if (nthreads == MAXTHREADS)
		fake_fail("too many threads");
	threads[nthreads++] = td;
}

struct thread *
kthread_start(const char *name, void (*start)(void *), void *arg)
{
	struct thread *td = thread_create(name, start, arg);

	if (td == NULL)
		fake_fail("no memory for thread %s", name);
	thread_run(td);
	return td;
}

void
thread_free(struct thread *td)
{
	free(td);
}

unsigned
fake_threads(void)
{
	return nthreads;
}

void
fake_thread_call(unsigned n)
{
	threads[n]->td_start(threads[n]->td_arg);
}

void
sched_yield(void)
{
	fake_may_sleep("sched_yield");
}

void (*fake_yield)(void);

void
sched_point(void)
{
	fake_may_sleep("sched_point");
	if (fake_yield != NULL)
		fake_yield();
}

void
thread_set_nice(struct thread *td, int nice)
{
	td->td_nice = nice;
}

void
thread_exit(void)
{
	fake_fail("thread_exit: a test calls what runs in the thread, not "
	    "its body");
}
