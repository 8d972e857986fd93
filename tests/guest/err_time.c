/* SPDX-License-Identifier: MIT */
/*
 * tests/guest/err_time.c - what clocks and timers refuse.
 *
 * calls: time gettimeofday settimeofday clock_gettime clock_settime
 * calls: clock_getres clock_nanosleep nanosleep adjtimex clock_adjtime times
 * calls: getitimer setitimer alarm timer_create timer_settime timer_gettime
 * calls: timer_getoverrun timer_delete timerfd_create timerfd_settime
 * calls: timerfd_gettime
 */
#include <sys/time.h>
#include <sys/timex.h>
#include <time.h>

#include "err.h"

#define NO_CLOCK	99

static void
clocks_refuse(void)
{
	struct timespec ts, wrong = { 1, 1000000000 }, neg = { -1, 0 };
	struct timeval tv = { 1, 1000000 };

	FAULT_OUT(time, bad);
	FAULT_OUT(gettimeofday, bad, NULL);
	FAULT_OUT(gettimeofday, NULL, bad);
	FAULT(settimeofday, bad, NULL);
	FAULT(settimeofday, NULL, bad);
	ERR(EINVAL, settimeofday, &tv, NULL);
	FAULT_OUT(clock_gettime, CLOCK_MONOTONIC, bad);
	FAULT_OUT(clock_gettime, CLOCK_THREAD_CPUTIME_ID, bad);
	FAULT_OUT(clock_getres, CLOCK_REALTIME, bad);
	FAULT(clock_settime, CLOCK_REALTIME, bad);
	ERR(EINVAL, clock_gettime, NO_CLOCK, &ts);
	ERR(EINVAL, clock_gettime, -1, &ts);
	ERR(EINVAL, clock_getres, NO_CLOCK, &ts);
	OK(clock_getres, CLOCK_REALTIME, NULL);
	ERR(EINVAL, clock_settime, NO_CLOCK, &ts);
	ERR(EINVAL, clock_settime, CLOCK_MONOTONIC, &ts);
	ERR(EINVAL, clock_settime, CLOCK_REALTIME, &wrong);
	ERR(EINVAL, clock_settime, CLOCK_REALTIME, &neg);
	AS_USER {
		clock_gettime(CLOCK_REALTIME, &ts);
		ERR(EPERM, clock_settime, CLOCK_REALTIME, &ts);
		tv.tv_usec = 0;
		ERR(EPERM, settimeofday, &tv, NULL);
	}
	FAULT_OUT(times, bad);
	CHECK(SYS(times, NULL) > 0);
}

static void
adjtimex_refuses(void)
{
	struct timex tx = { 0 };

	FAULT_OUT(adjtimex, bad);
	FAULT_OUT(clock_adjtime, CLOCK_REALTIME, bad);
	ERR(EINVAL, clock_adjtime, NO_CLOCK, &tx);
	ERR(EOPNOTSUPP, clock_adjtime, CLOCK_MONOTONIC, &tx);
	tx.modes = ADJ_TICK;
	tx.tick = 1;
	ERR(EINVAL, adjtimex, &tx);
	AS_USER {
		tx.modes = ADJ_STATUS;
		ERR(EPERM, adjtimex, &tx);
		ERR(EPERM, clock_adjtime, CLOCK_REALTIME, &tx);
		tx.modes = 0;
		OK(adjtimex, &tx);
	}
}

static void
sleeps_refuse(void)
{
	struct timespec wrong = { 0, 1000000000 }, neg = { -1, 0 };
	struct timespec hour = { 3600, 0 }, rem;

	FAULT(nanosleep, bad, NULL);
	FAULT(clock_nanosleep, CLOCK_MONOTONIC, 0, bad, NULL);
	ERR(EINVAL, nanosleep, &wrong, NULL);
	ERR(EINVAL, nanosleep, &neg, NULL);
	ERR(EINVAL, clock_nanosleep, NO_CLOCK, 0, &hour, NULL);
	ERR(EINVAL, clock_nanosleep, CLOCK_MONOTONIC, 0, &wrong, NULL);
	ERR(EOPNOTSUPP, clock_nanosleep, CLOCK_THREAD_CPUTIME_ID, 0, &hour,
	    NULL);
	interrupt_after(20);
	ERR(EINTR, nanosleep, &hour, &rem);
	CHECK(rem.tv_sec >= 3590 && rem.tv_sec < 3600);
	ERR(EINTR, clock_nanosleep, CLOCK_REALTIME, 0, &hour, &rem);
	CHECK(rem.tv_sec >= 3590 && rem.tv_sec < 3600);
	ERR(EFAULT, nanosleep, &hour, (void *)1);
	clock_gettime(CLOCK_MONOTONIC, &hour);
	hour.tv_sec += 3600;
	rem.tv_sec = 7;
	ERR(EINTR, clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, &hour,
	    &rem);
	CHECK_EQ(rem.tv_sec, 7);
	interrupt_end();
}

static void
itimers_refuse(void)
{
	struct itimerval it = { { 0, 0 }, { 0, 1000000 } };

	FAULT_OUT(getitimer, ITIMER_REAL, bad);
	FAULT(setitimer, ITIMER_VIRTUAL, bad, NULL);
	ERR(EINVAL, getitimer, 3, &it);
	ERR(EINVAL, getitimer, -1, &it);
	ERR(EINVAL, setitimer, ITIMER_REAL, &it, NULL);
	it.it_value.tv_usec = 0;
	it.it_interval.tv_sec = -1;
	ERR(EINVAL, setitimer, ITIMER_REAL, &it, NULL);
	it.it_interval.tv_sec = 0;
	ERR(EINVAL, setitimer, 3, &it, NULL);
	FAULT_OUT(setitimer, ITIMER_VIRTUAL, &it, bad);
	CHECK(SYS(alarm, 100) > 0);
	CHECK_EQ(SYS(alarm, 0), 100);
}

static void
timers_refuse(void)
{
	struct itimerspec it = { { 0, 0 }, { 100, 0 } };
	struct itimerspec wrong = { { 0, 0 }, { 0, 1000000000 } };
	struct sigevent ev = { .sigev_notify = 77 };
	int id;

	ERR(EINVAL, timer_create, NO_CLOCK, NULL, &id);
	FAULT(timer_create, CLOCK_MONOTONIC, bad, &id);
	FAULT_OUT(timer_create, CLOCK_MONOTONIC, NULL, bad);
	ERR(EINVAL, timer_create, CLOCK_MONOTONIC, &ev, &id);
	ev.sigev_notify = SIGEV_SIGNAL;
	ev.sigev_signo = 65;
	ERR(EINVAL, timer_create, CLOCK_MONOTONIC, &ev, &id);
	OK(timer_create, CLOCK_MONOTONIC, NULL, &id);
	FAULT(timer_settime, id, 0, bad, NULL);
	FAULT_OUT(timer_settime, id, 0, &it, bad);
	FAULT_OUT(timer_gettime, id, bad);
	ERR(EINVAL, timer_settime, id, 0, &wrong, NULL);
	ERR(EINVAL, timer_settime, id, 0, NULL, NULL);
	ERR(EINVAL, timer_settime, id + 1, 0, &it, NULL);
	ERR(EINVAL, timer_gettime, id + 1, &it);
	ERR(EINVAL, timer_getoverrun, id + 1);
	ERR(EINVAL, timer_delete, id + 1);
	ERR(EINVAL, timer_delete, -1);
	OK(timer_delete, id);
	ERR(EINVAL, timer_delete, id);
	ERR(EINVAL, timer_gettime, id, &it);
}

static void
timerfds_refuse(void)
{
	struct itimerspec it = { { 0, 0 }, { 100, 0 } };
	struct itimerspec wrong = { { 0, 0 }, { 0, 1000000000 } };
	uint64_t n;
	int fd;

	ERR(EINVAL, timerfd_create, NO_CLOCK, 0);
	ERR(EINVAL, timerfd_create, CLOCK_THREAD_CPUTIME_ID, 0);
	ERR(EINVAL, timerfd_create, CLOCK_MONOTONIC, 1);
	fd = (int)OK(timerfd_create, CLOCK_MONOTONIC, O_NONBLOCK);
	FAULT(timerfd_settime, fd, 0, bad, NULL);
	FAULT_OUT(timerfd_settime, fd, 0, &it, bad);
	FAULT_OUT(timerfd_gettime, fd, bad);
	ERR(EINVAL, timerfd_settime, fd, 0, &wrong, NULL);
	ERR(EINVAL, timerfd_settime, fd, 4, &it, NULL);
	ERR(EBADF, timerfd_settime, NO_FD, 0, &it, NULL);
	ERR(EBADF, timerfd_gettime, NO_FD, &it);
	ERR(EINVAL, timerfd_settime, 1, 0, &it, NULL);
	ERR(EINVAL, timerfd_gettime, 1, &it);
	ERR(EAGAIN, read, fd, &n, 8);
	ERR(EINVAL, read, fd, &n, 7);
	ERR(EINVAL, write, fd, &n, 8);
	AS_USER
		ERR(EPERM, timerfd_create, CLOCK_BOOTTIME_ALARM, 0);
}

int
main(void)
{
	TAP_RUN(clocks_refuse);
	TAP_RUN(adjtimex_refuses);
	TAP_RUN(sleeps_refuse);
	TAP_RUN(itimers_refuse);
	TAP_RUN(timers_refuse);
	TAP_RUN(timerfds_refuse);
	return tap_end();
}
