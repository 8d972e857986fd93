/* SPDX-License-Identifier: MIT */
/*
 * tests/guest/stress.h - what the stress programs share: a clock to stop by
 * and numbers that differ from run to run of a loop but not of the program.
 */
#ifndef GUEST_STRESS_H
#define GUEST_STRESS_H

#include <stdint.h>
#include <time.h>

#include "tap.h"

#define STRESS_MSEC	1000	/* each case hammers for so long */

static inline int64_t
msec_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static inline uint32_t
random_next(uint32_t *state)
{
	uint32_t x = *state;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	return *state = x;
}

/* Waits for n children; how many did not exit with 0. */
static inline int
reap(int n)
{
	int status, bad = 0;

	while (n-- > 0)
		if (wait(&status) < 0 || status != 0)
			bad++;
	return bad;
}

#endif
