/* SPDX-License-Identifier: MIT */
/*
 * tests/host/fake/tap.h: TAP for host tests. A test is a function; CHECK()
 * notes a failure with its place and goes on, so that all are seen.
 */
#ifndef FAKE_TAP_H
#define FAKE_TAP_H

#include <stdio.h>
#include <string.h>

static unsigned tap_number, tap_failures, tap_bad_checks;

#define CHECK(e)                                                             \
	do {                                                                 \
		if (!(e)) {                                                  \
			if (tap_bad_checks++ < 20)                           \
				printf("# %s:%d: not so: %s\n", __FILE__,    \
				    __LINE__, #e);                           \
		}                                                            \
	} while (0)

#define CHECK_EQ(a, b)                                                       \
	do {                                                                 \
		long long a_ = (long long)(a), b_ = (long long)(b);          \
		if (a_ != b_ && tap_bad_checks++ < 20)                       \
			printf("# %s:%d: %s is %lld, expected %s = %lld\n",  \
			    __FILE__, __LINE__, #a, a_, #b, b_);             \
	} while (0)

static inline void
tap_run(const char *name, void (*fn)(void))
{
	unsigned before = tap_bad_checks;

	fn();
	if (tap_bad_checks != before)
		tap_failures++;
	printf("%sok %u - %s\n", tap_bad_checks != before ? "not " : "",
	    ++tap_number, name);
	fflush(stdout);
}

static inline int
tap_end(void)
{
	printf("1..%u\n", tap_number);
	return tap_failures != 0;
}

#endif
