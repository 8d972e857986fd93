/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/time.h: clock numbers, and what sleeps by them (timerfd, futex).
 */
#ifndef KERN_TIME_H
#define KERN_TIME_H

#include "base/types.h"

enum {
	CLOCK_REALTIME,
	CLOCK_MONOTONIC,
	CLOCK_PROCESS_CPUTIME_ID,
	CLOCK_THREAD_CPUTIME_ID,
	CLOCK_MONOTONIC_RAW,
	CLOCK_REALTIME_COARSE,
	CLOCK_MONOTONIC_COARSE,
	CLOCK_BOOTTIME,
	CLOCK_REALTIME_ALARM,
	CLOCK_BOOTTIME_ALARM,
	CLOCK_TAI = 11,
};

bool clock_can_sleep(int clock);
/* The clock_mono() deadline of a time t by `clock`, or t from now. A later
 * setting of the real-time clock does not move it. */
nsec_t clock_deadline(int clock, nsec_t t, bool absolute);

#endif
