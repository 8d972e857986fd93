/* SPDX-License-Identifier: MIT */
/*
 * sys/amd64/clock.h: what other platform files need of the clocks.
 */
#ifndef AMD64_CLOCK_H
#define AMD64_CLOCK_H

#include "base/types.h"

extern uint64_t tsc_hz; /* [I] after clock_init() */

/* Waits with interrupts in any state; for microseconds, not more. */
void clock_spin(nsec_t span);
/* CPUs were seen to disagree about the TSC: keep time by something else. */
void clock_tsc_distrust(void);

#endif
