/* SPDX-License-Identifier: MIT */
/*
 * rse/bench/exchange.c - rse-bench: cost of one exchange, memory of a torus.
 *
 * One exchange: the state is digested and the projection made, once; two
 * neighbours verify all of it and take it in.
 */
#include <sys/mman.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <rse_braid.h>

#include "bench.h"

#define TURNS 4000 /* exchanges in a round */

struct trio {
	struct rse_torus *t[3];
	void *mem[3];
	size_t len[3], size;
	uint8_t *wire;
};

static void
trio_make(struct trio *s)
{
	struct rse_config c;
	uint32_t i;

	rse_config_default(&c);
	c.count = 3;
	s->size = rse_projection_size(&c);
	s->wire = malloc(s->size);
	if (s->wire == NULL)
		exit(1);
	for (i = 0; i < 3; i++) {
		c.id = i;
		s->t[i] = bench_torus(&c, &s->mem[i], &s->len[i]);
	}
}

static void
trio_free(struct trio *s)
{
	uint32_t i;

	for (i = 0; i < 3; i++)
		munmap(s->mem[i], s->len[i]);
	free(s->wire);
}

/* Something happened since the last exchange; seconds of this one. */
static double
turn(struct trio *s)
{
	double start;
	uint32_t i;

	rse_torus_run(s->t[0], 100, RSE_FOREVER);
	start = bench_seconds();
	rse_projection_extract(s->t[0], s->wire, s->size);
	for (i = 1; i < 3; i++)
		if (rse_projection_apply(s->t[i], s->wire, s->size) != RSE_OK)
			abort();
	return bench_seconds() - start;
}

static void
measure(struct trio *s, const char *name, const char *what)
{
	struct figures f = { .n = 0 };
	double time;
	unsigned i, k;

	for (i = 0; i < bench_rounds; i++) {
		for (time = 0, k = 0; k < TURNS; k++)
			time += turn(s);
		bench_add(&f, time / TURNS * 1e6);
	}
	printf("%-14s best %7.2f us   median %7.2f  %zu bytes, %s\n", name,
	    bench_least(&f), bench_median(&f), s->size, what);
	fflush(stdout);
}

/* A portal on each face cell and `count` events through each of them. */
static void
faces_cross(struct rse_torus *t, uint32_t count)
{
	struct rse_event e = { .payload = 1 };
	uint32_t i;

	for (i = 0; i < 1024; i++)
		rse_edge(t, i, i + 31 * 1024, 1, RSE_PORTAL);
	for (; count > 0; count--) {
		for (i = 0; i < 1024; i++) {
			e.dst = e.src = i;
			e.time = rse_torus_now(t);
			rse_inject(t, &e);
		}
		rse_torus_run(t, 1024, RSE_FOREVER);
	}
}

static void
after(uint64_t events)
{
	char what[64];
	struct trio s;

	trio_make(&s);
	faces_cross(s.t[0], 1);
	bench_ring(s.t[0], 100, 100);
	rse_torus_run(s.t[0], events, RSE_FOREVER);
	snprintf(what, sizeof(what), "after %" PRIu64 " events", events);
	measure(&s, "exchange", what);
	trio_free(&s);
}

/* FNV-1a is quick over counters below 16 and slow over those above 255. */
static void
faces(const char *name, uint32_t count, const char *what)
{
	struct trio s;

	trio_make(&s);
	faces_cross(s.t[0], count);
	bench_ring(s.t[0], 100, 100);
	measure(&s, name, what);
	trio_free(&s);
}

/* Everything at its capacity: the most a default torus has to digest. */
static void
full(void)
{
	const struct rse_config *c;
	struct trio s;
	uint32_t i;

	trio_make(&s);
	c = rse_torus_config(s.t[0]);
	faces_cross(s.t[0], 300);
	for (i = 0; i < c->processes; i++)
		rse_spawn(s.t[0], i, NULL);
	bench_ring(s.t[0], c->edges - 1024, c->edges - 1024);
	measure(&s, "exchange-full",
	    "4096 processes, 8192 edges, 7168 events");
	trio_free(&s);
}

void
bench_exchange(void)
{
	after(100);
	after(1000000);
	after(bench_events);
	faces("exchange-byte", 100, "face counters of one byte");
	faces("exchange-wide", 300, "face counters of two bytes");
	full();
}

void
bench_billion(void)
{
	after(1000000000);
}

void
bench_memory(void)
{
	struct rse_config c;

	rse_config_default(&c);
	printf("%-14s %12.2f MB of the 2 asked for  (%zu bytes, a default "
	    "torus)\n", "memory", (double)rse_torus_size(&c) * 1e-6,
	    rse_torus_size(&c));
	fflush(stdout);
}
