/* SPDX-License-Identifier: MIT */
/*
 * rse/bench/braid.c - rse-bench: tori together: two workers, the overhead.
 */
#include <sys/mman.h>

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include <rse_braid.h>

#include "../port/posix/runner.h"
#include "bench.h"

#define TORI 6

/* 32768 processes in six tori, one event each. */
struct six {
	struct rse_torus *t[TORI];
	void *mem[TORI];
	size_t len[TORI];
};

static void
six_make(struct six *s, uint32_t count)
{
	const uint32_t cells = 16 * 16 * 22;
	struct rse_event e = { 0 };
	struct rse_config c;
	uint64_t seed = 1;
	uint32_t i, j;

	for (i = 0; i < TORI; i++) {
		rse_config_default(&c);
		c.dim[0] = 22;
		c.dim[1] = c.dim[2] = 16;
		c.id = count == 0 ? 0 : i;
		c.count = count;
		c.processes = c.events = c.limit = c.ring = cells;
		c.edges = 16;
		c.journal = 0;
		c.behaviour = RSE_PHOLD;
		c.interval = 1u << RSE_TICK_BITS;
		s->t[i] = bench_torus(&c, &s->mem[i], &s->len[i]);
		for (j = 0; j < cells; j++) {
			rse_spawn(s->t[i], j, NULL);
			seed = seed * 6364136223846793005u +
			    1442695040888963407u;
			e.dst = e.src = j;
			e.time = c.lookahead + (seed >> 33) % (2 * c.mean);
			rse_inject(s->t[i], &e);
		}
		rse_torus_run(s->t[i], 0, RSE_FOREVER);
	}
}

/* Millions of events a second. */
static double
six_end(struct six *s, double time, uint64_t *events)
{
	struct rse_stats st;
	uint32_t i;

	for (*events = 0, i = 0; i < TORI; i++) {
		rse_torus_stats(s->t[i], &st);
		*events += st.processed;
		munmap(s->mem[i], s->len[i]);
	}
	return (double)*events / time * 1e-6;
}

/* As a braid until time 100. */
static double
workers_run(uint32_t threads, uint64_t *events)
{
	struct six s;
	double time;
	uint32_t i;

	six_make(&s, TORI);
	for (i = 0; i < TORI; i++) {
		rse_epoch_limit(s.t[i], 100);
		rse_start(s.t[i]);
	}
	time = bench_seconds();
	if (rse_braid_run_threads(s.t, TORI, threads, 10000) != 0)
		abort();
	return six_end(&s, bench_seconds() - time, events);
}

static void *
apart_main(void *arg)
{
	struct rse_torus **t = arg;
	uint32_t i;

	for (i = 0; i < TORI; i += 2)
		rse_torus_run(t[i], UINT64_MAX,
		    UINT64_C(100) << RSE_TICK_BITS);
	return NULL;
}

/* The same on two threads that share nothing: what the machine gives. */
static double
apart_run(void)
{
	pthread_t other;
	struct six s;
	double time;
	uint64_t n;

	six_make(&s, 0);
	time = bench_seconds();
	if (pthread_create(&other, NULL, apart_main, s.t + 1) != 0)
		abort();
	apart_main(s.t);
	pthread_join(other, NULL);
	return six_end(&s, bench_seconds() - time, &n);
}

/* In turn, so that all see the same machine. */
void
bench_workers(void)
{
	struct figures one = { .n = 0 }, two = { .n = 0 }, apart = { .n = 0 };
	struct figures ratio = { .n = 0 }, most = { .n = 0 };
	uint64_t n, m;
	unsigned i;
	double a, b, c;

	for (i = 0; i < bench_rounds; i++) {
		a = workers_run(1, &n);
		b = workers_run(2, &m);
		c = apart_run();
		bench_add(&one, a);
		bench_add(&two, b);
		bench_add(&apart, c);
		bench_add(&ratio, b / a);
		bench_add(&most, b / c);
	}
	printf("%-14s best %7.2f M/s  one thread %.2f  two that share nothing "
	    "%.2f  median ratios %.2f (1.8 asked for) and %.2f  (six tori, %"
	    PRIu64 " and %" PRIu64 " events)\n", "workers", bench_most(&two),
	    bench_most(&one), bench_most(&apart), bench_median(&ratio),
	    bench_median(&most), n, m);
	fflush(stdout);
}

/*
 * Three rings as a braid in one thread: the share of the time that goes to
 * the ends of epochs, in which projections are made, verified and applied.
 */
static double
rings_share(uint32_t events, uint64_t ticks)
{
	struct rse_torus *t[3];
	struct rse_config c;
	struct rse_stats s;
	void *mem[3];
	size_t len[3];
	double time, exchange = 0;
	uint32_t i;

	for (i = 0; i < 3; i++) {
		rse_config_default(&c);
		c.id = i;
		c.count = 3;
		t[i] = bench_torus(&c, &mem[i], &len[i]);
		bench_ring(t[i], 100, events);
		rse_torus_run(t[i], 0, RSE_FOREVER);
		rse_epoch_limit(t[i], ticks / c.interval);
		rse_start(t[i]);
	}
	time = bench_seconds();
	if (rse_braid_run_sequential(t, 3, 1000000) != 0)
		abort();
	time = bench_seconds() - time;
	for (i = 0; i < 3; i++) {
		rse_torus_stats(t[i], &s);
		exchange += (double)s.exchange_ns * 1e-9;
		munmap(mem[i], len[i]);
	}
	return exchange / time * 100;
}

static void
overhead(uint32_t events, uint64_t total)
{
	struct figures f = { .n = 0 };
	unsigned i;

	for (i = 0; i < bench_rounds; i++)
		bench_add(&f, rings_share(events, total / 3 / events));
	printf("%-14s best %7.2f %%    median %7.2f  of the 5 allowed  (K = "
	    "1000, three rings of 100 with %u events, %" PRIu64
	    " events)\n", "overhead", bench_least(&f), bench_median(&f),
	    events, total);
	fflush(stdout);
}

void
bench_overhead(void)
{
	overhead(100, 3000000);
	overhead(100, 300000000);
	overhead(10, 3000000);
	overhead(10, 30000000);
}
