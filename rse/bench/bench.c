/* SPDX-License-Identifier: MIT */
/*
 * rse/bench/bench.c - rse-bench: the rows of the table of numbers.
 *
 * Use: rse-bench [-c] [-n millions] [-r rounds] [row ...].  Each row is
 * measured `rounds` times, 5 if not said; the best is what the machine can
 * do when nothing else runs, the median what it did.  Set-up is outside the
 * time; beside a rate stand the events processed, refused and pending.  -c
 * counts the time of the processor, not of the clock: for machines that are
 * shared (no meaning for rows with threads).
 */
#include <sys/mman.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench.h"

uint64_t bench_events = 50000000;
unsigned bench_rounds = 5;

static clockid_t used_clock = CLOCK_MONOTONIC;

double
bench_seconds(void)
{
	struct timespec ts;

	clock_gettime(used_clock, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

void
bench_add(struct figures *f, double v)
{
	if (f->n < BENCH_ROUNDS)
		f->v[f->n++] = v;
}

static int
order(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
nth(struct figures *f, unsigned n)
{
	qsort(f->v, f->n, sizeof(f->v[0]), order);
	return f->v[n];
}

double
bench_least(struct figures *f)
{
	return nth(f, 0);
}

double
bench_median(struct figures *f)
{
	return nth(f, f->n / 2);
}

double
bench_most(struct figures *f)
{
	return nth(f, f->n - 1);
}

void
bench_rate(const char *name, struct figures *f, double bar,
    const struct rse_torus *t)
{
	struct rse_stats s;

	rse_torus_stats(t, &s);
	printf("%-14s best %7.2f M/s  median %7.2f", name, bench_most(f),
	    bench_median(f));
	if (bar > 0)
		printf("  %5.2f of the %g asked for", bench_most(f) / bar,
		    bar);
	printf("  processed %" PRIu64 " refused %" PRIu64 " pending %" PRIu64
	    " stalls %" PRIu64 "\n", s.processed, s.refused, s.pending,
	    s.stalls);
	fflush(stdout);
}

struct rse_torus *
bench_torus(const struct rse_config *c, void **mem, size_t *len)
{
	struct rse_torus *t;
	size_t skip;
	int error;

	/* Whole large pages, as the kernel would take them. */
	*len = (rse_torus_size(c) + (4u << 20)) & ~((size_t)(2u << 20) - 1);
	*mem = mmap(NULL, *len, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (*mem == MAP_FAILED) {
		perror("rse-bench: mmap");
		exit(1);
	}
	madvise(*mem, *len, MADV_HUGEPAGE);
	skip = -(uintptr_t)*mem & ((2u << 20) - 1);
	error = rse_torus_create((char *)*mem + skip, *len - skip, c, &t);
	if (error != RSE_OK) {
		fprintf(stderr, "rse-bench: %s\n", rse_error_name(error));
		exit(1);
	}
	return t;
}

/* "node i" of the known answers. */
uint32_t
bench_node(const struct rse_torus *t, uint32_t i)
{
	return rse_node(t, i % 32, i / 32 % 32, i / 1024);
}

/* A ring of the first cells with events on some of them. */
void
bench_ring(struct rse_torus *t, uint32_t cells, uint32_t events)
{
	struct rse_event e = { .payload = 1 };
	uint32_t i;

	for (i = 0; i < cells; i++)
		rse_edge(t, bench_node(t, i), bench_node(t, (i + 1) % cells),
		    1, 0);
	for (i = 0; i < events; i++) {
		e.dst = e.src = bench_node(t, i);
		rse_inject(t, &e);
	}
}

static const struct row {
	const char *name;
	void (*run)(void);
} rows[] = {
	{ "rings", bench_rings },
	{ "phold", bench_phold },
	{ "phold-16", bench_phold_16 },
	{ "exchange", bench_exchange },
	{ "billion", bench_billion },
	{ "memory", bench_memory },
	{ "workers", bench_workers },
	{ "overhead", bench_overhead },
	{ "latency", bench_latency },
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static void
usage(void)
{
	size_t i;

	fprintf(stderr, "usage: rse-bench [-c] [-n millions of events] "
	    "[-r rounds, at most %u] [row ...]\nrows: all", BENCH_ROUNDS);
	for (i = 0; i < ROWS; i++)
		fprintf(stderr, " %s", rows[i].name);
	fprintf(stderr, "\n");
	exit(2);
}

static void
row_run(const char *name)
{
	int found = 0;
	size_t i;

	for (i = 0; i < ROWS; i++)
		if (strcmp(name, "all") == 0 ||
		    strcmp(name, rows[i].name) == 0) {
			rows[i].run();
			found = 1;
		}
	if (!found)
		usage();
}

static uint64_t
number(const char *s, uint64_t most)
{
	char *end;
	unsigned long long n = strtoull(s, &end, 10);

	if (*s == '\0' || *end != '\0' || n == 0 || n > most)
		usage();
	return n;
}

int
main(int argc, char **argv)
{
	int i, done = 0;

	for (i = 1; i < argc; i++) {
		if (strcmp(argv[i], "-c") == 0) {
			used_clock = CLOCK_PROCESS_CPUTIME_ID;
		} else if (strcmp(argv[i], "-n") == 0 && i + 1 < argc) {
			bench_events = number(argv[++i], 1000000) * 1000000;
		} else if (strcmp(argv[i], "-r") == 0 && i + 1 < argc) {
			bench_rounds = (unsigned)number(argv[++i],
			    BENCH_ROUNDS);
		} else {
			row_run(argv[i]);
			done = 1;
		}
	}
	if (!done)
		row_run("all");
	return 0;
}
