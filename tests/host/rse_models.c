/* SPDX-License-Identifier: MIT */
/*
 * tests/host/rse_models.c - phold, sir, ising and registered C functions.
 */
#include "rse_tap.h"

static struct rse_torus *
model(uint32_t behaviour, uint32_t side, uint32_t depth, void **mem)
{
	struct rse_config c;
	struct rse_torus *t;
	uint32_t i, cells = side * side * depth;

	rse_config_default(&c);
	c.dim[0] = c.dim[1] = side;
	c.dim[2] = depth;
	c.behaviour = behaviour;
	c.events = c.limit = cells * 8;
	c.ring = cells;
	c.processes = cells;
	c.seed = 42;
	t = torus_new(&c, mem);
	for (i = 0; i < cells; i++)
		rse_spawn(t, i, NULL);
	return t;
}

/* Mean delay 1 and one event a process: one event a process and unit. */
static void
phold(void)
{
	struct rse_torus *t, *u;
	struct rse_stats s;
	uint32_t i;
	void *m, *n;

	t = model(RSE_PHOLD, 16, 16, &m);
	u = model(RSE_PHOLD, 16, 16, &n);
	for (i = 0; i < 4096; i++) {
		put(t, 0, i, i, 0);
		put(u, 0, i, i, 0);
	}
	rse_torus_run(t, UINT64_MAX, UINT64_C(50) << RSE_TICK_BITS);
	while (rse_torus_run(u, 997, UINT64_C(50) << RSE_TICK_BITS) != 0)
		continue;
	rse_torus_stats(t, &s);
	ok(s.processed > 203000 && s.processed < 214000 && s.pending == 4096,
	    "phold: the mean delay is 1");
	ok(rse_torus_digest(t) == rse_torus_digest(u),
	    "I3 phold does not depend on cuts");
	free(m);
	free(n);
}

static void
sir(void)
{
	const struct rse_process *p;
	struct rse_torus *t;
	struct rse_stats s;
	uint32_t i, count[3] = { 0 };
	void *m;

	t = model(RSE_SIR, 32, 1, &m);
	put(t, 0, 500, 500, 0);
	rse_torus_run(t, UINT64_MAX, RSE_FOREVER);
	rse_torus_stats(t, &s);
	for (i = 0; i < 1024; i++) {
		p = rse_process_at(t, i, NULL);
		count[p->state]++;
	}
	ok(s.pending == 0 && count[1] == 0 && count[2] > 0 &&
	    count[0] + count[2] == 1024,
	    "sir: it ends, nobody stays infected");
	free(m);
}

/* Cold spins stay aligned, hot ones do not. */
static int64_t
magnetisation(uint32_t weight)
{
	struct rse_torus *t;
	struct rse_config c;
	int64_t sum = 0;
	uint32_t i;
	void *m;

	t = model(RSE_ISING, 16, 1, &m);
	c = *rse_torus_config(t);
	c.weight = weight;
	rse_torus_configure(t, &c);
	for (i = 0; i < 256; i++)
		put(t, 1 + i * 4000, i, i, 0);
	rse_torus_run(t, 200000, RSE_FOREVER);
	for (i = 0; i < 256; i++)
		sum += (rse_process_at(t, i, NULL)->state & 1) ? -1 : 1;
	free(m);
	return sum < 0 ? -sum : sum;
}

static int
once(struct rse_cell *c, const struct rse_event *e, void *arg)
{
	uint64_t *sum = arg;

	*sum ^= rse_cell_random(c);
	c->process->state = (int64_t)e->time;
	return rse_cell_emit(c, (c->node + 1) % 64,
	    1 + rse_cell_random(c) % 100, e->kind, e->payload);
}

static uint64_t
registered(uint64_t cut)
{
	struct rse_config c;
	struct rse_torus *t;
	uint64_t sum = 0, d;
	uint32_t id, i;
	void *m;

	rse_config_default(&c);
	c.dim[0] = c.dim[1] = c.dim[2] = 4;
	t = torus_new(&c, &m);
	rse_behaviour_register(t, "once", once, &sum, 1, &id);
	c.behaviour = id;
	rse_torus_configure(t, &c);
	for (i = 0; i < 64; i++)
		rse_spawn(t, i, NULL);
	put(t, 0, 0, 0, 1);
	put(t, 0, 9, 9, 1);
	for (i = 0; i < 5000; i += (uint32_t)cut)
		rse_torus_run(t, cut, RSE_FOREVER);
	d = rse_torus_digest(t) ^ sum;
	free(m);
	return d;
}

int
main(void)
{
	phold();
	sir();
	ok(magnetisation(40000000) > 230, "ising: cold spins are aligned");
	ok(magnetisation(4000000000u) < 80, "ising: hot ones are not");
	ok(registered(5000) == registered(1), "I3 registered behaviour");
	return tap_done();
}
