/* SPDX-License-Identifier: MIT */
/*
 * rse/bench/bench.c - rse-bench: the rows of the table of numbers.
 *
 * Use: rse-bench [-c] [-n millions] [all | ring-1 | ring-100 | ring-4096 |
 * phold | phold-16 | exchange | memory | workers | latency ...].  Set-up is
 * outside the time; beside each rate stand the events processed, refused and
 * pending.  -c counts the time of the processor, not of the clock: for
 * machines that are shared (no meaning for workers and latency).
 */
#include <sys/mman.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <rse.h>
#include <rse_braid.h>

#include "bench.h"

static uint64_t millions = 50;
static clockid_t used_clock = CLOCK_MONOTONIC;

double
bench_seconds(void)
{
	struct timespec ts;

	clock_gettime(used_clock, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
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

static void
report(const char *name, const struct rse_torus *t, uint64_t events,
    double time)
{
	struct rse_stats s;

	rse_torus_stats(t, &s);
	printf("%-12s %8.2f M/s  processed %" PRIu64 " refused %" PRIu64
	    " pending %" PRIu64 " stalls %" PRIu64 "\n", name,
	    (double)events / time * 1e-6, s.processed, s.refused, s.pending,
	    s.stalls);
	fflush(stdout);
}

static uint32_t
place(const struct rse_torus *t, uint32_t i)
{
	return rse_node(t, i % 32, i / 32 % 32, i / 1024);
}

static void
ring(const char *name, uint32_t cells, uint32_t events)
{
	struct rse_config c;
	struct rse_torus *t;
	struct rse_event e = { 0 };
	void *mem;
	size_t len;
	double start;
	uint32_t i;
	uint64_t n;

	rse_config_default(&c);
	t = bench_torus(&c, &mem, &len);
	for (i = 0; i < cells; i++)
		rse_edge(t, place(t, i), place(t, (i + 1) % cells), 1, 0);
	for (i = 0; i < events; i++) {
		e.dst = e.src = place(t, i);
		e.payload = 1;
		rse_inject(t, &e);
	}
	rse_torus_run(t, 100000, RSE_FOREVER);
	start = bench_seconds();
	n = rse_torus_run(t, millions * 1000000, RSE_FOREVER);
	report(name, t, n, bench_seconds() - start);
	munmap(mem, len);
}

/* The parameters of ROSS's phold with 32768 processes until time 100. */
static void
phold(const char *name, uint32_t per)
{
	struct rse_config c;
	struct rse_torus *t;
	struct rse_event e = { 0 };
	uint64_t seed = 1, n;
	void *mem;
	size_t len;
	double start;
	uint32_t i, j;

	rse_config_default(&c);
	c.processes = 32768;
	c.events = c.limit = 32768 * per;
	c.journal = 0;
	c.behaviour = RSE_PHOLD;
	t = bench_torus(&c, &mem, &len);
	for (j = 0; j < per; j++)
		for (i = 0; i < 32768; i++) {
			if (j == 0)
				rse_spawn(t, i, NULL);
			/* Spread as one step of the model would. */
			seed = seed * 6364136223846793005u +
			    1442695040888963407u;
			e.dst = e.src = i;
			e.time = c.lookahead + (seed >> 33) % (2 * c.mean);
			while (rse_inject(t, &e) == RSE_EAGAIN)
				rse_torus_run(t, 0, RSE_FOREVER);
		}
	rse_torus_run(t, 0, RSE_FOREVER);
	start = bench_seconds();
	n = rse_torus_run(t, UINT64_MAX,
	    (uint64_t)(per > 1 ? 30 : 100) << RSE_TICK_BITS);
	report(name, t, n, bench_seconds() - start);
	munmap(mem, len);
}

/* Extract once, verify and apply at both neighbours. */
static void
exchange(const char *name, uint64_t events)
{
	enum { ROUNDS = 20000 };
	struct rse_config c;
	struct rse_torus *t[3];
	struct rse_event e = { 0 };
	void *mem[3];
	size_t len[3], size;
	uint8_t *wire;
	double start, time;
	uint32_t i, r;

	rse_config_default(&c);
	c.count = 3;
	c.interval = 10;
	size = rse_projection_size(&c);
	wire = malloc(size);
	for (i = 0; i < 3; i++) {
		c.id = i;
		t[i] = bench_torus(&c, &mem[i], &len[i]);
	}
	for (i = 0; i < 100; i++)
		rse_edge(t[0], place(t[0], i), place(t[0], (i + 1) % 100), 1,
		    0);
	for (i = 0; i < 100; i++) {
		e.dst = e.src = place(t[0], i);
		rse_inject(t[0], &e);
	}
	/* Face counters that are not all zero: one portal a face cell. */
	for (i = 0; i < 1024; i++) {
		rse_edge(t[0], i, i + 31 * 1024, 1, RSE_PORTAL);
		e.dst = e.src = i;
		rse_inject(t[0], &e);
	}
	rse_torus_run(t[0], events, RSE_FOREVER);
	for (time = 0, r = 1; r <= ROUNDS; r++) {
		rse_torus_run(t[0], 100, RSE_FOREVER);
		start = bench_seconds();
		rse_projection_extract(t[0], wire, size);
		for (i = 1; i < 3; i++)
			if (rse_projection_apply(t[i], wire, size) != RSE_OK)
				abort();
		time += bench_seconds() - start;
	}
	printf("%-12s %8.2f us  after %" PRIu64 " events, %zu bytes\n", name,
	    time / ROUNDS * 1e6, events, size);
	free(wire);
	for (i = 0; i < 3; i++)
		munmap(mem[i], len[i]);
}

static void
memory(void)
{
	struct rse_config c;

	rse_config_default(&c);
	printf("%-12s %8.2f MB  (%zu bytes, default torus)\n", "memory",
	    (double)rse_torus_size(&c) * 1e-6, rse_torus_size(&c));
}

static void
row(const char *name)
{
	int all = strcmp(name, "all") == 0;

	if (all || strcmp(name, "ring-1") == 0)
		ring("ring-1", 1000, 1);
	if (all || strcmp(name, "ring-100") == 0)
		ring("ring-100", 100, 100);
	if (all || strcmp(name, "ring-4096") == 0)
		ring("ring-4096", 4096, 4096);
	if (all || strcmp(name, "phold") == 0)
		phold("phold", 1);
	if (all || strcmp(name, "phold-16") == 0)
		phold("phold-16", 16);
	if (all || strcmp(name, "exchange") == 0) {
		exchange("exchange", 10000);
		exchange("exchange", millions * 1000000);
	}
	if (all || strcmp(name, "memory") == 0)
		memory();
	if (all || strcmp(name, "workers") == 0)
		bench_workers();
	if (all || strcmp(name, "latency") == 0)
		bench_latency();
}

int
main(int argc, char **argv)
{
	int i, rows = 0;

	for (i = 1; i < argc; i++) {
		if (strcmp(argv[i], "-n") == 0 && i + 1 < argc) {
			millions = strtoull(argv[++i], NULL, 10);
			continue;
		}
		if (strcmp(argv[i], "-c") == 0) {
			used_clock = CLOCK_PROCESS_CPUTIME_ID;
			continue;
		}
		row(argv[i]);
		rows++;
	}
	if (rows == 0)
		row("all");
	return 0;
}
