/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/time.c: clocks as user space numbers them, and sleeping by them.
 */
#include "base/clock.h"
#include "base/string.h"
#include "base/thread.h"
#include "base/waitq.h"

#include "kern/proc_internal.h"
#include "kern/ptimer.h"
#include "kern/syscall.h"
#include "kern/time.h"

#define TIMER_ABSTIME 1
#define TICK_NSEC     (NSEC_PER_SEC / 100)

struct timespec {
	int64_t tv_sec, tv_nsec;
};

struct timeval {
	int64_t tv_sec, tv_usec;
};

/* How often the real-time clock was set; sleepers until a time by it wait for
 * the next time too. */
static uint32_t clock_settings; /* [a] */
static struct waitq clock_set_wq = WAITQ_INIT(clock_set_wq);

nsec_t
deadline_after(nsec_t span)
{
	nsec_t now = clock_mono();

	return span > NSEC_NEVER - now ? NSEC_NEVER : now + MAX(span, 0);
}

/* Times too long to count are as good as never. */
int
timespec_copyin(vaddr_t uts, nsec_t *out)
{
	struct timespec ts;

	if (copyin(uts, &ts, sizeof(ts)) != 0)
		return -EFAULT;
	if (ts.tv_sec < 0 || ts.tv_nsec < 0 || ts.tv_nsec >= NSEC_PER_SEC)
		return -EINVAL;
	*out = ts.tv_sec >= NSEC_NEVER / NSEC_PER_SEC ?
	    NSEC_NEVER : ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
	return 0;
}

int
timespec_copyout(nsec_t t, vaddr_t uts)
{
	struct timespec ts = { t / NSEC_PER_SEC, t % NSEC_PER_SEC };

	return copyout(&ts, uts, sizeof(ts));
}

/*
 * Negative clocks name a process or thread: ~pid << 3, bit 2 for a thread, 2
 * in the lowest bits for its run time (0 and 1: the same in older words).
 */
static int
cpu_clock_now(int clock, nsec_t *out)
{
	pid_t pid = ~(clock >> 3);
	bool thread = (clock & 4) != 0;
	struct usage u;
	struct proc *p;
	struct lwp *l;
	int error = 0;

	if ((clock & 3) == 3)
		return -EINVAL;
	memset(&u, 0, sizeof(u));
	mutex_lock(&proctree_lock);
	if (thread) {
		l = pid == 0 ? curlwp() : lwp_find(pid);
		if (l != NULL && l->l_proc == curproc())
			usage_add_thread(&u, l->l_thread);
		else
			error = -EINVAL;
	} else {
		p = pid == 0 ? curproc() : proc_find_locked(pid);
		if (p != NULL)
			proc_usage(p, &u);
		else
			error = -EINVAL;
	}
	mutex_unlock(&proctree_lock);
	*out = u.ru_utime + ((clock & 3) == 1 ? 0 : u.ru_stime);
	return error;
}

int
clock_now(int clock, nsec_t *out)
{
	struct usage u;

	switch (clock) {
	case CLOCK_REALTIME:
	case CLOCK_REALTIME_COARSE:
	case CLOCK_REALTIME_ALARM:
	case CLOCK_TAI:
		*out = clock_real();
		return 0;
	case CLOCK_MONOTONIC:
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_MONOTONIC_COARSE:
	case CLOCK_BOOTTIME:
	case CLOCK_BOOTTIME_ALARM:
		*out = clock_mono();
		return 0;
	case CLOCK_PROCESS_CPUTIME_ID:
		proc_usage(curproc(), &u);
		*out = u.ru_utime + u.ru_stime;
		return 0;
	case CLOCK_THREAD_CPUTIME_ID:
		*out = thread_user_time(curthread()) +
		    thread_sys_time(curthread());
		return 0;
	}
	return clock < 0 ? cpu_clock_now(clock, out) : -EINVAL;
}

bool
clock_can_sleep(int clock)
{
	return clock == CLOCK_REALTIME || clock == CLOCK_MONOTONIC ||
	    clock == CLOCK_BOOTTIME || clock == CLOCK_TAI;
}

nsec_t
clock_deadline(int clock, nsec_t t, bool absolute)
{
	if (t == NSEC_NEVER)
		return NSEC_NEVER;
	if (!absolute)
		return deadline_after(t);
	if (clock == CLOCK_REALTIME || clock == CLOCK_TAI)
		return deadline_after(t - clock_real());
	return t;
}

long
sys_clock_gettime(int clock, vaddr_t uts)
{
	nsec_t now;
	int error = clock_now(clock, &now);

	return error != 0 ? error : timespec_copyout(now, uts);
}

long
sys_clock_getres(int clock, vaddr_t uts)
{
	nsec_t now;
	int error = clock_now(clock, &now);

	if (error != 0)
		return error;
	return uts != 0 ? timespec_copyout(1, uts) : 0;
}

static int
realtime_set(nsec_t t)
{
	if (!cred_capable(curlwp()->l_cred, CAP_SYS_TIME))
		return -EPERM;
	clock_set_real(t);
	(void)atomic_add(&clock_settings, 1);
	waitq_wake_all(&clock_set_wq);
	ptimers_clock_set();
	return 0;
}

long
sys_clock_settime(int clock, vaddr_t uts)
{
	nsec_t t;
	int error;

	if (clock != CLOCK_REALTIME)
		return -EINVAL;
	error = timespec_copyin(uts, &t);
	return error != 0 ? error : realtime_set(t);
}

long
sys_gettimeofday(vaddr_t utv, vaddr_t utz)
{
	nsec_t now = clock_real();
	struct timeval tv = { now / NSEC_PER_SEC,
		now % NSEC_PER_SEC / NSEC_PER_USEC };
	static const int32_t utc[2];

	if (utv != 0 && copyout(&tv, utv, sizeof(tv)) != 0)
		return -EFAULT;
	if (utz != 0 && copyout(utc, utz, sizeof(utc)) != 0)
		return -EFAULT;
	return 0;
}

/* The kernel keeps no time zone: only that of UTC can be set. */
long
sys_settimeofday(vaddr_t utv, vaddr_t utz)
{
	struct timeval tv;
	int32_t tz[2];

	if (utz != 0) {
		if (copyin(utz, tz, sizeof(tz)) != 0)
			return -EFAULT;
		if (tz[0] != 0)
			return -EINVAL;
	}
	if (utv == 0)
		return 0;
	if (copyin(utv, &tv, sizeof(tv)) != 0)
		return -EFAULT;
	if (tv.tv_sec < 0 || tv.tv_usec < 0 || tv.tv_usec >= 1000000 ||
	    tv.tv_sec >= NSEC_NEVER / NSEC_PER_SEC)
		return -EINVAL;
	return realtime_set(tv.tv_sec * NSEC_PER_SEC +
	    tv.tv_usec * NSEC_PER_USEC);
}

long
sys_time(vaddr_t ut)
{
	int64_t now = clock_real() / NSEC_PER_SEC;

	if (ut != 0 && user_store64(ut, (uint64_t)now) != 0)
		return -EFAULT;
	return now;
}

/* l_restart_args: deadline, where the rest goes. */
static int
nanosleep_until(struct lwp *l)
{
	nsec_t deadline = (nsec_t)l->l_restart_args[0], left;
	vaddr_t urem = l->l_restart_args[1];

	if (thread_sleep_until_intr(deadline) == 0)
		return 0;
	left = deadline - clock_mono();
	if (left <= 0)
		return 0;
	if (urem != 0 && timespec_copyout(left, urem) != 0)
		return -EFAULT;
	l->l_restart_fn = nanosleep_until;
	return -ERESTART_RESTARTBLOCK;
}

long
sys_nanosleep(vaddr_t ureq, vaddr_t urem)
{
	struct lwp *l = curlwp();
	nsec_t span;
	int error = timespec_copyin(ureq, &span);

	if (error != 0)
		return error;
	l->l_restart_args[0] = (uint64_t)deadline_after(span);
	l->l_restart_args[1] = urem;
	return nanosleep_until(l);
}

/* Until it is t by clock, however often that is set meanwhile. */
static int
sleep_until(int clock, nsec_t t)
{
	int error = 0;

	while (error == 0) {
		uint32_t seen = atomic_load(&clock_settings);

		error = WAIT_EVENT_INTR_UNTIL(&clock_set_wq,
		    atomic_load(&clock_settings) != seen,
		    clock_deadline(clock, t, true));
	}
	return error == -ETIMEDOUT ? 0 : -ERESTARTNOHAND;
}

long
sys_clock_nanosleep(int clock, int flags, vaddr_t ureq, vaddr_t urem)
{
	struct lwp *l = curlwp();
	nsec_t t, now;
	int error;

	if (!clock_can_sleep(clock))
		return clock_now(clock, &now) == 0 ? -EOPNOTSUPP : -EINVAL;
	error = timespec_copyin(ureq, &t);
	if (error != 0)
		return error;
	if (flags & TIMER_ABSTIME)
		return sleep_until(clock, t);
	l->l_restart_args[0] = (uint64_t)deadline_after(t);
	l->l_restart_args[1] = urem;
	return nanosleep_until(l);
}

/* What adjtimex(2) can say honestly: the clock is not disciplined. */
struct timex {
	uint32_t tx_modes, tx_pad0;
	int64_t tx_offset, tx_freq, tx_maxerror, tx_esterror;
	int32_t tx_status, tx_pad1;
	int64_t tx_constant, tx_precision, tx_tolerance;
	struct timeval tx_time;
	int64_t tx_tick, tx_ppsfreq, tx_jitter;
	int32_t tx_shift, tx_pad2;
	int64_t tx_stabil, tx_jitcnt, tx_calcnt, tx_errcnt, tx_stbcnt;
	int32_t tx_tai, tx_pad3[11];
};

#define STA_UNSYNC 0x0040
#define TIME_ERROR 5

#define ADJ_TICK   0x4000
#define TICK_USEC  10000

long
sys_adjtimex(vaddr_t utx)
{
	nsec_t now = clock_real();
	struct timex tx;

	if (copyin(utx, &tx, sizeof(tx)) != 0)
		return -EFAULT;
	if (tx.tx_modes != 0 &&
	    !cred_capable(curlwp()->l_cred, CAP_SYS_TIME))
		return -EPERM;
	if ((tx.tx_modes & ADJ_TICK) &&
	    (tx.tx_tick < TICK_USEC - TICK_USEC / 10 ||
		tx.tx_tick > TICK_USEC + TICK_USEC / 10))
		return -EINVAL;
	if (tx.tx_modes != 0)
		return -EOPNOTSUPP;
	memset(&tx, 0, sizeof(tx));
	tx.tx_status = STA_UNSYNC;
	tx.tx_maxerror = tx.tx_esterror = 16000000;
	tx.tx_precision = 1;
	tx.tx_tick = TICK_USEC;
	tx.tx_time.tv_sec = now / NSEC_PER_SEC;
	tx.tx_time.tv_usec = now % NSEC_PER_SEC / NSEC_PER_USEC;
	if (copyout(&tx, utx, sizeof(tx)) != 0)
		return -EFAULT;
	return TIME_ERROR;
}

long
sys_clock_adjtime(int clock, vaddr_t utx)
{
	nsec_t now;

	if (clock == CLOCK_REALTIME)
		return sys_adjtimex(utx);
	return clock_now(clock, &now) == 0 ? -EOPNOTSUPP : -EINVAL;
}
