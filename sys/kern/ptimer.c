/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/ptimer.c: interval timers and POSIX timers of processes.
 *
 *	armed --(interrupt)--> on `fired` --(thread ptimerd)--> signal, re-armed
 *
 * Why a thread: signals are sent under p_lock, which interrupts do not take.
 * Timers of a CPU-time clock are armed for the soonest moment at which that
 * time can have been used; if it was not, they are armed for the rest.
 *
 * Locks: ptimer_lock (mutex, after proctree_lock) for every timer of every
 * process: they are rare. fired_lock (spin, interrupts off) for the list.
 * Invariant: a timer is freed with ptimer_lock held, disarmed and off `fired`.
 */
#include "base/clock.h"
#include "base/init.h"
#include "base/slab.h"
#include "base/string.h"
#include "base/thread.h"
#include "base/waitq.h"

#include "kern/ptimer.h"
#include "kern/syscall.h"
#include "kern/time.h"

static struct mutex ptimer_lock;
static struct spinlock fired_lock = SPINLOCK_INIT(LR_DRIVER, "ptimer fired");
static struct list fired = LIST_INIT(fired);
static struct waitq fired_wq = WAITQ_INIT(fired_wq);
static struct list real_timers = LIST_INIT(real_timers); /* [ptimer_lock] */

/* Of the process that owns the timer, whoever asks. */
nsec_t
ptimer_now(const struct ptimer *pt)
{
	struct usage u;

	switch (pt->pt_clock) {
	case PTIMER_USER:
		proc_usage(pt->pt_proc, &u);
		return u.ru_utime;
	case CLOCK_PROCESS_CPUTIME_ID:
		proc_usage(pt->pt_proc, &u);
		return u.ru_utime + u.ru_stime;
	case CLOCK_REALTIME:
	case CLOCK_TAI:
		return pt->pt_relative ? clock_mono() : clock_real();
	default:
		return clock_mono();
	}
}

static void
ptimer_fire(struct timer *tm)
{
	struct ptimer *pt = container_of(tm, struct ptimer, pt_timer);
	uint64_t flags = spin_lock_irq(&fired_lock);

	if (!list_linked(&pt->pt_fired))
		list_add_tail(&fired, &pt->pt_fired);
	spin_unlock_irq(&fired_lock, flags);
	waitq_wake_all(&fired_wq);
}

void
ptimer_init(struct ptimer *pt, struct proc *p, int clock, int signo)
{
	memset(pt, 0, sizeof(*pt));
	timer_init(&pt->pt_timer, ptimer_fire, pt);
	list_init(&pt->pt_fired);
	list_init(&pt->pt_link);
	list_init(&pt->pt_real);
	pt->pt_proc = p;
	pt->pt_clock = clock;
	pt->pt_signo = signo;
}

/* Arms for pt_deadline, a time of its own clock. */
static void
ptimer_arm(struct ptimer *pt)
{
	nsec_t left = pt->pt_deadline - ptimer_now(pt);

	timer_set(&pt->pt_timer, deadline_after(MAX(left, 0)));
}

void
ptimer_disarm(struct ptimer *pt)
{
	uint64_t flags;

	(void)timer_cancel(&pt->pt_timer);
	flags = spin_lock_irq(&fired_lock);
	if (list_linked(&pt->pt_fired))
		list_del(&pt->pt_fired);
	spin_unlock_irq(&fired_lock, flags);
	if (list_linked(&pt->pt_real))
		list_del(&pt->pt_real);
	pt->pt_deadline = 0;
}

nsec_t
ptimer_left(const struct ptimer *pt)
{
	return pt->pt_deadline == 0 ? 0 :
				      MAX(pt->pt_deadline - ptimer_now(pt), 1);
}

void
ptimer_start(struct ptimer *pt, nsec_t value, nsec_t interval, bool absolute)
{
	ptimer_disarm(pt);
	pt->pt_interval = interval;
	if (value == 0)
		return;
	pt->pt_relative = !absolute;
	if (absolute &&
	    (pt->pt_clock == CLOCK_REALTIME || pt->pt_clock == CLOCK_TAI))
		list_add_tail(&real_timers, &pt->pt_real);
	if (!absolute) {
		nsec_t now = ptimer_now(pt);

		value = value > NSEC_NEVER - now ? NSEC_NEVER : now + value;
	}
	pt->pt_deadline = value;
	ptimer_arm(pt);
}

void
ptimers_clock_set(void)
{
	struct ptimer *pt;

	mutex_lock(&ptimer_lock);
	list_foreach(pt, &real_timers, pt_real) {
		if (pt->pt_deadline == 0)
			continue;
		(void)timer_cancel(&pt->pt_timer);
		ptimer_arm(pt);
	}
	mutex_unlock(&ptimer_lock);
}

/* proctree_lock held. */
static void
ptimer_signal(struct ptimer *pt, int64_t overrun)
{
	struct siginfo info = { .si_signo = pt->pt_signo };
	struct proc *p = pt->pt_proc;
	struct lwp *l = NULL;

	if (pt->pt_signo == 0)
		return;
	if (pt->pt_tid != 0) {
		l = lwp_find(pt->pt_tid);
		if (l == NULL || l->l_proc != p)
			return;
	}
	info.si_code = pt->pt_posix ? SI_TIMER : SI_KERNEL;
	if (pt->pt_posix) {
		info.si_u.timer.tid = pt->pt_id;
		info.si_u.timer.overrun = (int32_t)MIN(overrun, INT32_MAX / 2);
		info.si_u.timer.value = pt->pt_value;
	}
	spin_lock(&p->p_lock);
	(void)signal_queue(p, l, &info, false);
	spin_unlock(&p->p_lock);
}

/* It went off: early, if it is a CPU-time one. */
static void
ptimer_expire(struct ptimer *pt)
{
	nsec_t late = ptimer_now(pt) - pt->pt_deadline;
	int64_t missed = 0;

	if (pt->pt_deadline == 0)
		return;
	if (late < 0) {
		ptimer_arm(pt);
		return;
	}
	if (pt->pt_interval != 0) {
		missed = late / pt->pt_interval;
		pt->pt_deadline += (missed + 1) * pt->pt_interval;
		ptimer_arm(pt);
	} else {
		pt->pt_deadline = 0;
	}
	ptimer_signal(pt, missed);
}

static struct ptimer *
fired_take(void)
{
	uint64_t flags = spin_lock_irq(&fired_lock);
	struct ptimer *pt = NULL;

	if (!list_empty(&fired)) {
		pt = list_first(&fired, struct ptimer, pt_fired);
		list_del(&pt->pt_fired);
	}
	spin_unlock_irq(&fired_lock, flags);
	return pt;
}

static void
ptimerd(void *arg)
{
	struct ptimer *pt;

	for (;;) {
		WAIT_EVENT(&fired_wq, !list_empty(&fired));
		mutex_lock(&proctree_lock);
		mutex_lock(&ptimer_lock);
		while ((pt = fired_take()) != NULL)
			ptimer_expire(pt);
		mutex_unlock(&ptimer_lock);
		mutex_unlock(&proctree_lock);
	}
}

static void
ptimerd_start(void)
{
	(void)kthread_start("ptimerd", ptimerd, NULL);
}
INIT(INIT_DRIVER, 90, ptimerd_start);

static void
ptimer_lock_init(void)
{
	mutex_init(&ptimer_lock, LR_EXEC, "ptimer");
}
INIT(INIT_SUBSYS, 12, ptimer_lock_init);

/* Of the running process, with ptimer_lock taken; NULL: no memory. */
struct ptimers *
ptimers_lock(void)
{
	struct proc *p = curproc();
	struct ptimers *pts;

	mutex_lock(&ptimer_lock);
	pts = p->p_timers;
	if (pts != NULL)
		return pts;
	pts = kzalloc(sizeof(*pts));
	if (pts == NULL) {
		mutex_unlock(&ptimer_lock);
		return NULL;
	}
	ptimer_init(&pts->pts_itimer[ITIMER_REAL], p, CLOCK_MONOTONIC,
	    SIGALRM);
	ptimer_init(&pts->pts_itimer[ITIMER_VIRTUAL], p, PTIMER_USER,
	    SIGVTALRM);
	ptimer_init(&pts->pts_itimer[ITIMER_PROF], p,
	    CLOCK_PROCESS_CPUTIME_ID, SIGPROF);
	list_init(&pts->pts_posix);
	p->p_timers = pts;
	return pts;
}

void
ptimers_unlock(void)
{
	mutex_unlock(&ptimer_lock);
}

void
proc_timers_exit(struct proc *p, bool exec)
{
	struct ptimers *pts = p->p_timers;
	struct ptimer *pt, *next;

	if (pts == NULL)
		return;
	mutex_lock(&ptimer_lock);
	spin_lock(&p->p_lock);
	if (!exec)
		p->p_timers = NULL;
	spin_unlock(&p->p_lock);
	list_foreach_safe(pt, next, &pts->pts_posix, pt_link)
		ptimer_free(p, pt);
	pts->pts_count = 0;
	if (!exec) {
		for (int i = 0; i < ITIMER_COUNT; i++)
			ptimer_disarm(&pts->pts_itimer[i]);
		kfree(pts);
	}
	mutex_unlock(&ptimer_lock);
}

/* The list is changed with p_lock too, for posix_timer_delivered(). */
void
ptimer_free(struct proc *p, struct ptimer *pt)
{
	ptimer_disarm(pt);
	spin_lock(&p->p_lock);
	list_del(&pt->pt_link);
	spin_unlock(&p->p_lock);
	kfree(pt);
}

void
posix_timer_delivered(struct proc *p, const struct siginfo *info)
{
	struct ptimer *pt;

	if (p->p_timers == NULL)
		return;
	list_foreach(pt, &p->p_timers->pts_posix, pt_link)
		if (pt->pt_id == info->si_u.timer.tid)
			pt->pt_overrun = info->si_u.timer.overrun;
}
