/* SPDX-License-Identifier: MIT */
/*
 * tests/bench/bench.h - time an operation and print one line about it.
 *
 * Use: an operation is a function that does something n times and returns
 * the nanoseconds that this took, so that what it prepares does not count.
 * bench_run() finds an n worth measuring; bench_fixed() is for operations
 * with a natural size.  Both print "name value unit", the median of several
 * batches; smaller is better.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define BENCH_BATCHES	9
#define BENCH_BATCH_NS	15000000u	/* wanted length of a batch */
#define BENCH_PROBE_NS	2000000u	/* a batch this long tells the speed */

typedef uint64_t bench_fn(unsigned long n);

static inline uint64_t
bench_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

/* The run is worth nothing when a call fails: say which, and stop. */
static inline void
bench_check(int ok, const char *what)
{
	if (!ok) {
		perror(what);
		exit(1);
	}
}

#define BENCH_CHECK(cond)	bench_check((cond), #cond)

static inline int
bench_compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Units: how many of the unit the value is for are in n operations. */
static inline void
bench_fixed(const char *name, bench_fn *op, unsigned long n, double units,
    const char *unit)
{
	double value[BENCH_BATCHES];
	int i;

	op(n);
	for (i = 0; i < BENCH_BATCHES; i++)
		value[i] = op(n) / units;
	qsort(value, BENCH_BATCHES, sizeof(value[0]), bench_compare);
	printf("%s %.0f %s\n", name, value[BENCH_BATCHES / 2], unit);
	fflush(stdout);
}

static inline void
bench_run(const char *name, bench_fn *op)
{
	unsigned long n = 1;
	uint64_t ns;

	while ((ns = op(n)) < BENCH_PROBE_NS)
		n *= 2;
	n = n * (double)BENCH_BATCH_NS / ns;
	if (n == 0)
		n = 1;
	bench_fixed(name, op, n, n, "ns");
}

#endif
