/* SPDX-License-Identifier: MIT */
/*
 * rse/bench/events.c - rse-bench: events a second of one torus.
 */
#include <sys/mman.h>

#include "bench.h"

static void
ring(const char *name, uint32_t cells, uint32_t events, double bar)
{
	struct figures f = { .n = 0 };
	struct rse_config c;
	struct rse_torus *t;
	void *mem;
	size_t len;
	double start;
	unsigned i;
	uint64_t n;

	rse_config_default(&c);
	t = bench_torus(&c, &mem, &len);
	bench_ring(t, cells, events);
	rse_torus_run(t, 100000, RSE_FOREVER);
	for (i = 0; i < bench_rounds; i++) {
		start = bench_seconds();
		n = rse_torus_run(t, bench_events, RSE_FOREVER);
		bench_add(&f, (double)n / (bench_seconds() - start) * 1e-6);
	}
	bench_rate(name, &f, bar, t);
	munmap(mem, len);
}

/* One event in flight is the cost of the loop: no bar. */
void
bench_rings(void)
{
	ring("ring-1", 1000, 1, 0);
	ring("ring-100", 100, 100, 50);
	ring("ring-4096", 4096, 4096, 40);
}

/*
 * A process on each of 32768 cells, `per` events each, spread as one step of
 * the model would spread them: the parameters of ROSS's phold.
 */
static void
phold_fill(struct rse_torus *t, uint32_t per)
{
	const struct rse_config *c = rse_torus_config(t);
	struct rse_event e = { 0 };
	uint64_t seed = 1;
	uint32_t i, j;

	for (j = 0; j < per; j++)
		for (i = 0; i < 32768; i++) {
			if (j == 0)
				rse_spawn(t, i, NULL);
			seed = seed * 6364136223846793005u +
			    1442695040888963407u;
			e.dst = e.src = i;
			e.time = c->lookahead + (seed >> 33) % (2 * c->mean);
			if (rse_torus_room(t) == 0)
				rse_torus_run(t, 0, RSE_FOREVER);
			rse_inject(t, &e);
		}
	rse_torus_run(t, 0, RSE_FOREVER);
}

static void
phold(const char *name, uint32_t per, uint64_t end, double bar)
{
	struct figures f = { .n = 0 };
	struct rse_config c;
	struct rse_torus *t;
	void *mem;
	size_t len;
	double start;
	unsigned i;
	uint64_t n;

	rse_config_default(&c);
	c.processes = 32768;
	c.events = c.limit = 32768 * per;
	c.journal = 0;
	c.behaviour = RSE_PHOLD;
	t = bench_torus(&c, &mem, &len);
	for (i = 0; i < bench_rounds; i++) {
		rse_torus_reset(t);
		rse_torus_configure(t, &c);
		phold_fill(t, per);
		start = bench_seconds();
		n = rse_torus_run(t, UINT64_MAX, end << RSE_TICK_BITS);
		bench_add(&f, (double)n / (bench_seconds() - start) * 1e-6);
	}
	bench_rate(name, &f, bar, t);
	munmap(mem, len);
}

void
bench_phold(void)
{
	phold("phold", 1, 100, 20.4);
}

void
bench_phold_16(void)
{
	phold("phold-16", 16, 30, 16);
}
