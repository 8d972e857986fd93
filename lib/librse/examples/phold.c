/* SPDX-License-Identifier: MIT */
/*
 * lib/librse/examples/phold.c - PHOLD, once with the built-in behaviour and
 * once as a C function of one's own.
 *
 * Use: phold [units]; one unit of virtual time is 2^20 ticks.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <librse.h>

#define UNITS_MOST 1000000

/* One event in, one out: mostly to the same cell, sometimes to another. */
static int
hold(struct rse_cell *c, const struct rse_event *e, void *arg)
{
	const struct rse_config *f = arg;
	uint32_t to = c->node;

	if ((uint32_t)rse_cell_random(c) < f->remote)
		to = (uint32_t)(rse_cell_random(c) %
		    (f->dim[0] * f->dim[1] * f->dim[2]));
	return rse_cell_emit(c, to, (uint64_t)f->lookahead +
	    rse_cell_exponential(c, f->mean), e->kind, e->payload);
}

static int
run(const char *name, int own, uint64_t units)
{
	struct rse_config c;
	struct rse_event e = { 0 };
	struct rse_stats s;
	struct rse_torus *t;
	clock_t start;
	uint64_t n;
	uint32_t i;

	rse_config_default(&c);
	c.processes = c.events = c.limit = c.ring = 32768;
	t = rse_new(&c);
	if (t == NULL) {
		perror("phold");
		return 1;
	}
	c.behaviour = RSE_PHOLD;
	if (own && rse_behaviour_register(t, name, hold, &c, 1,
	    &c.behaviour) != RSE_OK)
		return 1;
	rse_torus_configure(t, &c);
	for (i = 0; i < 32768; i++) {
		rse_spawn(t, i, NULL);
		e.dst = e.src = i;
		rse_inject(t, &e);
	}
	start = clock();
	n = rse_torus_run(t, UINT64_MAX, units << RSE_TICK_BITS);
	rse_torus_stats(t, &s);
	printf("%s: %" PRIu64 " events, %.2f M/s, refused %" PRIu64
	    ", pending %" PRIu64 ", digest %016" PRIx64 "\n", name, n,
	    (double)n / ((double)(clock() - start + 1) / CLOCKS_PER_SEC) *
	    1e-6, s.refused, s.pending, rse_torus_digest(t));
	rse_free(t);
	return 0;
}

int
main(int argc, char **argv)
{
	char *end = NULL;
	uint64_t units = argc > 1 ? strtoull(argv[1], &end, 10) : 100;

	if (units == 0 || units > UNITS_MOST || (end != NULL && *end != 0)) {
		fprintf(stderr, "usage: phold [units], 1 to %d\n",
		    UNITS_MOST);
		return 1;
	}
	return run("built-in", 0, units) | run("hold", 1, units);
}
