/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/itimer.c: setitimer, getitimer, alarm and the timer_ calls.
 */
#include "base/slab.h"
#include "base/string.h"

#include "kern/ptimer.h"
#include "kern/syscall.h"
#include "kern/time.h"

#define TIMER_ABSTIME	 1
#define SIGEV_SIGNAL	 0
#define SIGEV_NONE	 1
#define SIGEV_THREAD_ID	 4
#define POSIX_TIMERS_MAX 4096

struct itimerval { /* struct timeval it_interval, it_value */
	int64_t it_isec, it_iusec, it_sec, it_usec;
};

struct sigevent {
	uint64_t sev_value;
	int32_t sev_signo, sev_notify;
	int32_t sev_tid;
	uint8_t sev_pad[44];
};

static bool
timeval_ok(int64_t sec, int64_t usec)
{
	return sec >= 0 && usec >= 0 && usec < 1000000;
}

static nsec_t
timeval_nsec(int64_t sec, int64_t usec)
{
	return sec >= NSEC_NEVER / NSEC_PER_SEC - 1 ?
	    NSEC_NEVER : sec * NSEC_PER_SEC + usec * NSEC_PER_USEC;
}

static void
itimer_describe(const struct ptimer *pt, struct itimerval *itv)
{
	nsec_t nsec = ptimer_left(pt);
	/* Rounded up: 0 would say that it is disarmed. */
	nsec_t left = nsec / NSEC_PER_USEC + (nsec % NSEC_PER_USEC != 0);

	itv->it_sec = left / 1000000;
	itv->it_usec = left % 1000000;
	itv->it_isec = pt->pt_interval / NSEC_PER_SEC;
	itv->it_iusec = pt->pt_interval % NSEC_PER_SEC / NSEC_PER_USEC;
}

long
sys_getitimer(int which, vaddr_t uvalue)
{
	struct itimerval itv;
	struct ptimers *pts;

	if (which < 0 || which >= ITIMER_COUNT)
		return -EINVAL;
	pts = ptimers_lock();
	if (pts == NULL)
		return -ENOMEM;
	itimer_describe(&pts->pts_itimer[which], &itv);
	ptimers_unlock();
	return copyout(&itv, uvalue, sizeof(itv));
}

long
sys_setitimer(int which, vaddr_t uvalue, vaddr_t uold)
{
	struct itimerval itv, old;
	struct ptimers *pts;

	if (which < 0 || which >= ITIMER_COUNT)
		return -EINVAL;
	memset(&itv, 0, sizeof(itv));
	if (uvalue != 0 && copyin(uvalue, &itv, sizeof(itv)) != 0)
		return -EFAULT;
	if (!timeval_ok(itv.it_sec, itv.it_usec) ||
	    !timeval_ok(itv.it_isec, itv.it_iusec))
		return -EINVAL;
	pts = ptimers_lock();
	if (pts == NULL)
		return -ENOMEM;
	itimer_describe(&pts->pts_itimer[which], &old);
	ptimer_start(&pts->pts_itimer[which],
	    timeval_nsec(itv.it_sec, itv.it_usec),
	    timeval_nsec(itv.it_isec, itv.it_iusec), false);
	ptimers_unlock();
	return uold != 0 ? copyout(&old, uold, sizeof(old)) : 0;
}

long
sys_alarm(unsigned seconds)
{
	struct ptimers *pts = ptimers_lock();
	nsec_t left;

	if (pts == NULL)
		return 0;
	left = ptimer_left(&pts->pts_itimer[ITIMER_REAL]);
	ptimer_start(&pts->pts_itimer[ITIMER_REAL],
	    (nsec_t)seconds * NSEC_PER_SEC, 0, false);
	ptimers_unlock();
	/* To the nearest second, but never 0 for one that was armed. */
	if (left != 0 && left < NSEC_PER_SEC)
		return 1;
	return left / NSEC_PER_SEC +
	    (left % NSEC_PER_SEC >= NSEC_PER_SEC / 2);
}

static struct ptimer *
posix_find(struct ptimers *pts, int id)
{
	struct ptimer *pt;

	list_foreach(pt, &pts->pts_posix, pt_link)
		if (pt->pt_id == id)
			return pt;
	return NULL;
}

static int
sigevent_check(const struct sigevent *ev)
{
	struct lwp *l;
	bool mine;

	switch (ev->sev_notify) {
	case SIGEV_NONE:
		return 0;
	case SIGEV_THREAD_ID:
		mutex_lock(&proctree_lock);
		l = lwp_find(ev->sev_tid);
		mine = l != NULL && l->l_proc == curproc();
		mutex_unlock(&proctree_lock);
		if (!mine)
			return -EINVAL;
		break;
	case SIGEV_SIGNAL:
		break;
	default:
		return -EINVAL;
	}
	return ev->sev_signo < 1 || ev->sev_signo > NSIG ? -EINVAL : 0;
}

long
sys_timer_create(int clock, vaddr_t uev, vaddr_t uid)
{
	struct sigevent ev = { .sev_signo = SIGALRM };
	struct proc *p = curproc();
	struct ptimers *pts;
	struct ptimer *pt;
	int error, id;

	if (!clock_can_sleep(clock) && clock != CLOCK_PROCESS_CPUTIME_ID)
		return clock == CLOCK_THREAD_CPUTIME_ID ? -EOPNOTSUPP :
							  -EINVAL;
	if (uev != 0 && copyin(uev, &ev, sizeof(ev)) != 0)
		return -EFAULT;
	error = sigevent_check(&ev);
	if (error != 0)
		return error;
	pts = ptimers_lock();
	if (pts == NULL)
		return -ENOMEM;
	pt = pts->pts_count < POSIX_TIMERS_MAX ? kzalloc(sizeof(*pt)) : NULL;
	if (pt == NULL) {
		ptimers_unlock();
		return -EAGAIN;
	}
	id = pts->pts_next_id;
	while (posix_find(pts, id) != NULL)
		id = id == INT32_MAX ? 0 : id + 1;
	pts->pts_next_id = id == INT32_MAX ? 0 : id + 1;
	ptimer_init(pt, p, clock,
	    ev.sev_notify == SIGEV_NONE ? 0 : ev.sev_signo);
	pt->pt_posix = true;
	pt->pt_id = id;
	pt->pt_value = uev != 0 ? ev.sev_value : (uint64_t)id;
	pt->pt_tid = ev.sev_notify == SIGEV_THREAD_ID ? ev.sev_tid : 0;
	spin_lock(&p->p_lock);
	list_add_tail(&pts->pts_posix, &pt->pt_link);
	spin_unlock(&p->p_lock);
	pts->pts_count++;
	error = user_store32(uid, (uint32_t)id);
	if (error != 0) {
		pts->pts_count--;
		ptimer_free(p, pt);
	}
	ptimers_unlock();
	return error;
}

static int
itimerspec_copyout(nsec_t value, nsec_t interval, vaddr_t uspec)
{
	int error = timespec_copyout(interval, uspec);

	return error != 0 ? error : timespec_copyout(value, uspec + 16);
}

long
sys_timer_settime(int id, int flags, vaddr_t uvalue, vaddr_t uold)
{
	nsec_t value, interval, left = 0, every = 0;
	struct ptimers *pts;
	struct ptimer *pt;
	int error;

	if (uvalue == 0)
		return -EINVAL;
	error = timespec_copyin(uvalue, &interval);
	if (error == 0)
		error = timespec_copyin(uvalue + 16, &value);
	if (error != 0)
		return error;
	pts = ptimers_lock();
	if (pts == NULL)
		return -ENOMEM;
	pt = posix_find(pts, id);
	if (pt == NULL) {
		error = -EINVAL;
	} else {
		left = ptimer_left(pt);
		every = pt->pt_interval;
		ptimer_start(pt, value, interval,
		    (flags & TIMER_ABSTIME) != 0);
	}
	ptimers_unlock();
	if (error == 0 && uold != 0)
		error = itimerspec_copyout(left, every, uold);
	return error;
}

long
sys_timer_gettime(int id, vaddr_t uvalue)
{
	struct ptimers *pts = ptimers_lock();
	nsec_t left = 0, every = 0;
	struct ptimer *pt;

	if (pts == NULL)
		return -ENOMEM;
	pt = posix_find(pts, id);
	if (pt != NULL) {
		left = ptimer_left(pt);
		every = pt->pt_interval;
	}
	ptimers_unlock();
	return pt == NULL ? -EINVAL : itimerspec_copyout(left, every, uvalue);
}

long
sys_timer_getoverrun(int id)
{
	struct ptimers *pts = ptimers_lock();
	struct ptimer *pt;
	long overrun;

	if (pts == NULL)
		return -ENOMEM;
	pt = posix_find(pts, id);
	overrun = pt == NULL ? -EINVAL : pt->pt_overrun;
	ptimers_unlock();
	return overrun;
}

long
sys_timer_delete(int id)
{
	struct ptimers *pts = ptimers_lock();
	struct ptimer *pt;

	if (pts == NULL)
		return -ENOMEM;
	pt = posix_find(pts, id);
	if (pt != NULL) {
		pts->pts_count--;
		ptimer_free(curproc(), pt);
	}
	ptimers_unlock();
	return pt == NULL ? -EINVAL : 0;
}
