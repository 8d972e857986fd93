/* SPDX-License-Identifier: MIT */
/*
 * tests/host/rse_limits.c - I5, I6, I7, I15: limits, resets, flipped bits.
 */
#include "rse_tap.h"

static int
boom(struct rse_cell *c, const struct rse_event *e, void *arg)
{
	uint32_t i;

	(void)arg;
	for (i = 0; i < 3; i++)
		if (rse_cell_emit(c, c->node, 1, e->kind, 0) == RSE_EFANOUT)
			return RSE_OK; /* the engine must notice by itself */
	return RSE_OK;
}

static void
fanout(void)
{
	struct rse_config c;
	struct rse_torus *t;
	struct rse_stats s;
	uint32_t id;
	void *mem;

	rse_config_default(&c);
	t = torus_new(&c, &mem);
	ok(rse_behaviour_register(t, "boom", boom, NULL, 2, &id) == RSE_OK &&
	    rse_behaviour_register(t, "boom", boom, NULL, 2, &id) ==
	    RSE_EEXIST, "a behaviour is registered once");
	c.behaviour = id;
	rse_torus_configure(t, &c);
	rse_spawn(t, 0, NULL);
	put(t, 0, 0, 0, 1);
	rse_torus_run(t, 100, RSE_FOREVER);
	rse_torus_stats(t, &s);
	ok(rse_torus_state(t) == RSE_FAULTED && s.error == RSE_EFANOUT &&
	    s.emitted == 2, "more emissions than declared fault the torus");
	free(mem);
}

static void
capacity_one(void)
{
	struct rse_config c;
	struct rse_torus *t;
	struct rse_stats s;
	uint64_t d;
	void *mem;

	rse_config_default(&c);
	c.dim[0] = c.dim[1] = c.dim[2] = 1;
	c.processes = c.edges = c.events = c.limit = c.ring = 1;
	c.journal = 0;
	t = torus_new(&c, &mem);
	ok(rse_spawn(t, 0, NULL) == RSE_OK && rse_edge(t, 0, 0, 1, 0) ==
	    RSE_OK && put(t, 0, 0, 0, 1) == RSE_OK,
	    "I6 capacity 1: one of each fits");
	d = rse_torus_digest(t);
	ok(rse_spawn(t, 0, NULL) == RSE_ENOSPC &&
	    put(t, 0, 0, 0, 1) == RSE_EAGAIN &&
	    rse_edge(t, 0, 0, 0, 0) == RSE_EDELAY &&
	    rse_torus_digest(t) == d, "I6 the next is refused, digest equal");
	ok(rse_edge(t, 0, 0, 1, 0) == RSE_OK && rse_torus_digest(t) == d,
	    "the same edge again is no second edge");
	rse_torus_run(t, 1000, RSE_FOREVER);
	rse_torus_stats(t, &s);
	ok(s.processed == 1000 && s.pending == 1 && s.refused == 1,
	    "capacity 1 runs");
	free(mem);
}

static void
stall_resume(void)
{
	struct rse_config c;
	struct rse_torus *t;
	struct rse_stats s;
	void *mem;
	uint32_t i;

	rse_config_default(&c);
	c.limit = 4;
	t = torus_new(&c, &mem);
	for (i = 1; i <= 6; i++)
		rse_edge(t, 0, i, 3, 0);
	put(t, 0, 0, 0, 1);
	ok(rse_torus_run(t, 10, RSE_FOREVER) == 0 &&
	    rse_torus_run(t, 10, RSE_FOREVER) == 0, "a stall handles nothing");
	rse_torus_stats(t, &s);
	ok(rse_torus_state(t) == RSE_STALLED && s.stalls == 1 &&
	    s.pending == 1, "the event stays; one stall is counted once");
	put(t, 1, 9, 9, 1);
	c.limit = 16;
	rse_torus_configure(t, &c);
	ok(rse_torus_run(t, 100, RSE_FOREVER) == 8 &&
	    rse_torus_state(t) != RSE_STALLED, "it goes on with more room");
	free(mem);
}

static void
wrap_around(void)
{
	struct rse_config c;
	struct rse_torus *t;
	void *mem;

	rse_config_default(&c);
	t = torus_new(&c, &mem);
	ok(rse_node(t, -1, -33, 64) == rse_node(t, 31, 31, 0) &&
	    rse_node(t, INT64_MIN, INT64_MAX, 0) == rse_node(t, 0, 31, 0),
	    "coordinates wrap, negative ones too");
	rse_edge(t, 0, 1, 1, 0);
	rse_edge(t, 1, 2, UINT32_MAX, 0);
	rse_spawn(t, 1, NULL);
	put(t, 0, 0, 0, INT32_MAX);
	rse_torus_run(t, 2, RSE_FOREVER);
	ok(rse_process_at(t, 1, NULL)->state == INT32_MIN &&
	    rse_edge_at(t, 1, NULL)->delay == UINT32_MAX,
	    "payloads wrap, delays stop at their end");
	free(mem);
}

static void
reset_fresh(void)
{
	struct rse_config c;
	struct rse_torus *a, *b;
	void *ma, *mb;

	rse_config_default(&c);
	c.digest = 1;
	a = torus_new(&c, &ma);
	b = torus_new(&c, &mb);
	ring_make(a, 100, 3, 100);
	rse_torus_run(a, 54321, RSE_FOREVER);
	rse_spawn(a, 7, NULL);
	rse_torus_reset(a);
	ok(rse_torus_digest(a) == rse_torus_digest(b), "I5 reset is fresh");
	ring_make(a, 50, 2, 30);
	ring_make(b, 50, 2, 30);
	rse_torus_run(a, 9999, RSE_FOREVER);
	rse_torus_run(b, 9999, RSE_FOREVER);
	ok(rse_torus_digest(a) == rse_torus_digest(b),
	    "I5 the same set-up runs the same");
	free(ma);
	free(mb);
}

static void
flipped(void)
{
	struct rse_config c;
	struct rse_torus *t, *u;
	struct rse_projection p;
	uint8_t wire[4208], again[4208];
	uint32_t i, missed = 0;
	struct rse_stats s;
	uint64_t d;
	void *mt, *mu;

	rse_config_default(&c);
	t = torus_new(&c, &mt);
	c.id = 1;
	u = torus_new(&c, &mu);
	ok(rse_projection_size(&c) == 4208, "a projection has 4208 bytes");
	for (i = 0; i < 1024; i++) {
		rse_edge(t, i, i, 1, RSE_PORTAL);
		put(t, 0, i, i, 1);
		put(t, i, i % 300, i, 1);
	}
	rse_torus_run(t, 1500, RSE_FOREVER);
	rse_projection_extract(t, wire, sizeof(wire));
	rse_projection_extract(t, again, sizeof(again));
	ok(memcmp(wire, again, sizeof(wire)) == 0,
	    "I7 made twice, the same bytes");
	d = rse_torus_digest(u);
	for (i = 0; i < 8 * sizeof(wire); i++) {
		wire[i / 8] ^= 1 << i % 8;
		missed += rse_projection_decode(wire, sizeof(wire), 1024,
		    &p) == RSE_OK;
		wire[i / 8] ^= 1 << i % 8;
	}
	ok(missed == 0, "I7 every flipped bit is seen");
	wire[100] ^= 1;
	ok(rse_projection_apply(u, wire, sizeof(wire)) == RSE_ECHECKSUM &&
	    rse_torus_digest(u) == d, "a bad one changes nothing");
	wire[100] ^= 1;
	ok(rse_projection_apply(u, wire, 4207) == RSE_ESHORT &&
	    rse_projection_apply(t, wire, sizeof(wire)) == RSE_ESENDER,
	    "wrong length and wrong sender are refused");
	ok(rse_projection_apply(u, wire, sizeof(wire)) == RSE_OK &&
	    rse_projection_apply(u, wire, sizeof(wire)) == RSE_ESTALE,
	    "a good one is applied, once");
	rse_torus_stats(u, &s);
	ok(s.violations == 3 && s.bad_hash == 1 && s.bad_length == 1 &&
	    s.stale == 1 && s.flux_in == 1500 && s.flux_in_events == 1024,
	    "I15 each fault under its own name; the flux is in");
	free(mt);
	free(mu);
}

struct order {
	struct rse_event last;
	uint64_t handled, wrong;
};

static void
order_watch(void *arg, const struct rse_event *e)
{
	struct order *o = arg;
	const struct rse_event *l = &o->last;

	if (e->time < l->time || (e->time == l->time && (e->dst < l->dst ||
	    (e->dst == l->dst && e->payload < l->payload))))
		o->wrong++;
	o->last = *e;
	o->handled++;
}

/* More events in a window of the queue than it sorts at once. */
static void
crowd(uint32_t count, uint32_t ticks, const char *name)
{
	struct order o = { 0 };
	struct rse_hooks h = { .arg = &o, .handled = order_watch };
	struct rse_config c;
	struct rse_torus *t;
	uint64_t seed = 7;
	uint32_t i;
	void *mem;

	rse_config_default(&c);
	c.events = c.limit = c.ring = count;
	c.journal = 0;
	t = torus_new(&c, &mem);
	rse_torus_hooks_set(t, &h);
	for (i = 0; i < count; i++) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		put(t, 1024 + (seed >> 40) % ticks, (seed >> 33) % 64, 0,
		    (int32_t)i);
	}
	ok(rse_torus_run(t, UINT64_MAX, RSE_FOREVER) == count &&
	    o.handled == count && o.wrong == 0, name);
	free(mem);
}

int
main(void)
{
	crowd(70000, 200, "I2 70000 events within 256 ticks come in order");
	crowd(70000, 1, "I2 70000 events in one tick come in order");
	crowd(5000, 60000, "I2 5000 events within 65536 ticks come in order");
	crowd(4000, 60000, "I2 4000 events within 65536 ticks come in order");
	crowd(30, 200, "I2 30 events within 256 ticks come in order");
	fanout();
	capacity_one();
	stall_resume();
	wrap_around();
	reset_fresh();
	flipped();
	return tap_done();
}
