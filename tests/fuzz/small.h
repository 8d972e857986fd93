/* SPDX-License-Identifier: MIT */
/*
 * tests/fuzz/small.h - tori so small that thousands of inputs a second are
 * tried; targets and the seeds made for them must have the same.
 */
#ifndef FUZZ_SMALL_H
#define FUZZ_SMALL_H

#include <stdlib.h>

#include <rse_braid.h>

static inline struct rse_torus *
small_create(const struct rse_config *c)
{
	struct rse_torus *t;
	size_t n = rse_torus_size(c);

	if (rse_torus_create(malloc(n), n, c, &t) != RSE_OK)
		abort();
	return t;
}

/* 2 x 2 x 2, room for 8 of everything, one of `count` tori. */
static inline struct rse_torus *
small_torus(uint32_t id, uint32_t count)
{
	struct rse_config c;

	rse_config_default(&c);
	c.id = id;
	c.count = count;
	c.dim[0] = c.dim[1] = c.dim[2] = 2;
	c.events = c.limit = c.ring = c.processes = c.edges = 8;
	return small_create(&c);
}

/* One of three, 4 x 2 x 2, room for 32. */
static inline void
small_strand_config(struct rse_config *c, uint32_t id)
{
	rse_config_default(c);
	c->id = id;
	c->count = 3;
	c->dim[0] = 4;
	c->dim[1] = c->dim[2] = 2;
	c->events = c->limit = c->ring = c->processes = c->edges = 32;
}

/* Lines of cells to face x=0 and out, an event on each, a process. */
static inline void
small_strand_fill(struct rse_torus *t)
{
	struct rse_event e = { .payload = 1 };
	uint32_t y;

	for (y = 0; y < 4; y++) {
		rse_edge(t, 12 + y, 8 + y, 5 + y, 0);
		rse_edge(t, 8 + y, y, 9, 0);
		rse_edge(t, y, 12 + y, 3, RSE_PORTAL);
		rse_spawn(t, 8 + y, NULL);
		e.dst = e.src = 12 + y;
		rse_inject(t, &e);
	}
}

#endif
