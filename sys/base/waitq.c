/* SPDX-License-Identifier: MIT */
/*
 * sys/base/waitq.c: sleeping and waking.
 *
 * Why no wake-up is lost: the sleeper is on the queue and marked as sleeping
 * (with a full fence) before it looks at its condition; the waker makes the
 * condition true before it takes the queue's lock. One of them sees the other.
 */
#include "base/panic.h"
#include "base/waitq.h"

void
waitq_init(struct waitq *wq)
{
	spin_init(&wq->wq_lock, LR_WAITQ, "waitq");
	list_init(&wq->wq_head);
}

void
wait_entry_init(struct wait_entry *we)
{
	list_init(&we->we_link);
	we->we_wq = NULL;
	we->we_thread = curthread();
	we->we_func = NULL;
	we->we_arg = NULL;
	we->we_exclusive = false;
}

/* Exclusive sleepers stand behind the others, in order of arrival. */
void
waitq_add(struct waitq *wq, struct wait_entry *we)
{
	uint64_t irq = spin_lock_irq(&wq->wq_lock);

	we->we_wq = wq;
	if (we->we_exclusive)
		list_add_tail(&wq->wq_head, &we->we_link);
	else
		list_add_head(&wq->wq_head, &we->we_link);
	spin_unlock_irq(&wq->wq_lock, irq);
}

void
waitq_del(struct wait_entry *we)
{
	struct waitq *wq = we->we_wq;
	uint64_t irq;

	if (wq == NULL)
		return;
	irq = spin_lock_irq(&wq->wq_lock);
	list_del(&we->we_link);
	we->we_wq = NULL;
	spin_unlock_irq(&wq->wq_lock, irq);
}

static void
wake(struct waitq *wq, unsigned key, bool one)
{
	struct wait_entry *we, *tmp;
	uint64_t irq;

	/*
	 * A look without the lock is enough where nobody sleeps. The fence
	 * puts it after the caller's change, against waitq_add()'s.
	 */
	atomic_fence();
	if (likely(list_empty(&wq->wq_head)))
		return;
	irq = spin_lock_irq(&wq->wq_lock);
	list_foreach_safe(we, tmp, &wq->wq_head, we_link) {
		bool woke = true;

		if (we->we_func != NULL)
			we->we_func(we, key);
		else
			woke = thread_wake(we->we_thread);
		if (one && woke && we->we_exclusive)
			break;
	}
	spin_unlock_irq(&wq->wq_lock, irq);
}

void
waitq_wake_one(struct waitq *wq)
{
	wake(wq, 0, true);
}

void
waitq_wake_all(struct waitq *wq)
{
	wake(wq, 0, false);
}

void
waitq_wake_key(struct waitq *wq, unsigned key)
{
	wake(wq, key, false);
}

bool
waitq_has_sleepers(struct waitq *wq)
{
	atomic_fence();
	return !list_empty(&wq->wq_head);
}

void
thread_prepare_sleep(enum thread_state state)
{
	(void)atomic_xchg(&curthread()->td_state, (uint32_t)state);
	atomic_fence();
}

void
thread_finish_sleep(void)
{
	atomic_store(&curthread()->td_state, (uint32_t)TS_RUNNING);
}

struct sleep_timer {
	struct timer st_timer;
	struct thread *st_thread;
	bool st_fired;
};

static void
sleep_timer_fire(struct timer *tm)
{
	struct sleep_timer *st = tm->tm_arg;

	atomic_store(&st->st_fired, true);
	thread_wake(st->st_thread);
}

int
thread_sleep(nsec_t deadline)
{
	struct thread *td = curthread();
	struct sleep_timer st;
	bool intr = td->td_state == TS_SLEEPING_INTR;

	if (intr && thread_signalled(td)) {
		thread_finish_sleep();
		return -ERESTARTSYS;
	}
	if (deadline == NSEC_NEVER) {
		sched_switch();
		return 0;
	}
	if (deadline <= clock_mono()) {
		thread_finish_sleep();
		return -ETIMEDOUT;
	}
	st.st_thread = td;
	st.st_fired = false;
	timer_init(&st.st_timer, sleep_timer_fire, &st);
	timer_set(&st.st_timer, deadline);
	sched_switch();
	(void)timer_cancel(&st.st_timer);
	return atomic_load(&st.st_fired) ? -ETIMEDOUT : 0;
}

void
thread_sleep_ns(nsec_t span)
{
	nsec_t deadline = clock_mono() + span;

	while (clock_mono() < deadline) {
		thread_prepare_sleep(TS_SLEEPING);
		(void)thread_sleep(deadline);
	}
	thread_finish_sleep();
}

int
thread_sleep_until_intr(nsec_t deadline)
{
	int err = 0;

	while (err == 0 && clock_mono() < deadline) {
		thread_prepare_sleep(TS_SLEEPING_INTR);
		err = thread_sleep(deadline);
	}
	thread_finish_sleep();
	return err == -ETIMEDOUT ? 0 : err;
}
