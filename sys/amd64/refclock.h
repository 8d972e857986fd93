/* SPDX-License-Identifier: MIT */
/*
 * sys/amd64/refclock.h: counters of known frequency outside the CPU, to
 * measure the TSC against and to keep time with where it is no good.
 */
#ifndef AMD64_REFCLOCK_H
#define AMD64_REFCLOCK_H

#include "base/types.h"

struct refclock {
	const char *rc_name;
	uint64_t (*rc_read)(void); /* counts up, rc_bits wide */
	uint64_t rc_hz;
	unsigned rc_bits;
};

/* The best there is: HPET, ACPI's timer, or the PIT, which is always said to
 * be there. */
const struct refclock *refclock_probe(void);

#endif
