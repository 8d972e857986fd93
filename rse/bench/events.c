/* SPDX-License-Identifier: MIT */
/*
 * rse/bench/events.c - rse-bench: events a second of one torus.
 */
#include <sys/mman.h>

#include "bench.h"

/* A torus that is measured. */
struct row {
	struct rse_torus *t;
	void *mem;
	size_t len;
	struct figures f;
};

static void
row_begin(struct row *r, const struct rse_config *c)
{
	r->t = bench_torus(c, &r->mem, &r->len);
	r->f.n = 0;
}

/* One repetition. */
static void
row_run(struct row *r, uint64_t max, uint64_t until)
{
	double start = bench_seconds();
	uint64_t n = rse_torus_run(r->t, max, until);

	bench_add(&r->f, (double)n / (bench_seconds() - start) * 1e-6);
}

static void
row_end(struct row *r, const char *name, double bar)
{
	bench_rate(name, &r->f, bar, r->t);
	munmap(r->mem, r->len);
}

static void
ring(const char *name, uint32_t cells, uint32_t events, double bar)
{
	struct rse_config c;
	struct row r;
	unsigned i;

	rse_config_default(&c);
	row_begin(&r, &c);
	bench_ring(r.t, cells, events);
	rse_torus_run(r.t, 100000, RSE_FOREVER);
	for (i = 0; i < bench_rounds; i++)
		row_run(&r, bench_events, RSE_FOREVER);
	row_end(&r, name, bar);
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
	struct rse_config c;
	struct row r;
	unsigned i;

	rse_config_default(&c);
	c.processes = 32768;
	c.events = c.limit = 32768 * per;
	c.journal = 0;
	c.behaviour = RSE_PHOLD;
	row_begin(&r, &c);
	for (i = 0; i < bench_rounds; i++) {
		rse_torus_reset(r.t);
		rse_torus_configure(r.t, &c);
		phold_fill(r.t, per);
		row_run(&r, UINT64_MAX, end << RSE_TICK_BITS);
	}
	row_end(&r, name, bar);
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
