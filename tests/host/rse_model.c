/* SPDX-License-Identifier: MIT */
/*
 * tests/host/rse_model.c - the engine against a naive model; I1, I2, I3.
 *
 * The model keeps pending events in an array and looks for the least.  10 000
 * random programs: relay graphs with all kinds of delays, injections between
 * runs, cuts at random places, small capacities that stall and are raised.
 */
#include "rse_tap.h"

#define CAP 64

struct model {
	struct rse_event ev[CAP];
	uint32_t n, limit;
	struct rse_edge edge[48];
	uint32_t edges;
	int64_t state[64];
	uint8_t lives[64];
	uint64_t processed, now, flux_out;
	struct rse_event last;
	int stalled;
};

static uint64_t seed;
static uint32_t ledgers, backs; /* I1, I2 broken */

static uint32_t
rnd(uint32_t n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((seed >> 33) % n);
}

static int
less(const struct rse_event *a, const struct rse_event *b)
{
	if (a->time != b->time)
		return a->time < b->time;
	if (a->dst != b->dst)
		return a->dst < b->dst;
	if (a->src != b->src)
		return a->src < b->src;
	if (a->kind != b->kind)
		return a->kind < b->kind;
	return a->payload < b->payload;
}

/* One event, straight from the rule.  False: nothing to do, or stalled. */
static int
model_step(struct model *m)
{
	struct rse_event e, *v;
	struct rse_edge *g;
	uint32_t i, least = 0, out = 0;

	if (m->n == 0)
		return 0;
	for (i = 1; i < m->n; i++)
		if (less(&m->ev[i], &m->ev[least]))
			least = i;
	e = m->ev[least];
	for (i = 0; i < m->edges; i++)
		out += m->edge[i].from == e.dst && m->edge[i].flags == 0;
	if (m->n - 1 + out > m->limit) {
		m->stalled = 1;
		return 0;
	}
	m->ev[least] = m->ev[--m->n];
	m->now = e.time;
	m->last = e;
	m->processed++;
	if (m->lives[e.dst])
		m->state[e.dst] += e.payload;
	for (i = 0; i < m->edges; i++) {
		g = &m->edge[i];
		if (g->from != e.dst)
			continue;
		if (e.payload > 0)
			g->delay = g->delay > 1 ? g->delay - 1 : 1;
		else
			g->delay++;
		if (g->flags != 0) {
			m->flux_out++;
			continue;
		}
		v = &m->ev[m->n++];
		v->time = e.time + g->delay;
		v->dst = g->to;
		v->src = e.dst;
		v->kind = e.kind;
		v->payload = (int32_t)((uint32_t)e.payload + 1);
	}
	return 1;
}

static void
model_inject(struct model *m, struct rse_event e)
{
	if (m->processed != 0 && e.time < m->last.time)
		e.time = m->last.time + 1;
	if (m->processed != 0 && less(&e, &m->last))
		e.time = m->last.time + 1;
	m->ev[m->n++] = e;
}

struct watch {
	struct rse_event last;
	uint64_t n;
	int back; /* I2 broken */
};

static void
watch_handled(void *arg, const struct rse_event *e)
{
	struct watch *w = arg;

	if (w->n++ != 0 && less(e, &w->last))
		w->back = 1;
	w->last = *e;
}

static int
ledger(const struct rse_torus *t)
{
	struct rse_stats s;

	rse_torus_stats(t, &s);
	return s.injected + s.emitted + s.flux_in_events ==
	    s.processed + s.pending + s.flux_out_events;
}

static uint32_t
delay_any(void)
{
	static const uint32_t scale[] = { 1, 3, 200, 300, 70000, 20000000,
		4000000000u };

	return 1 + rnd(scale[rnd(7)]);
}

static void
graph_make(struct rse_torus *t, struct model *m)
{
	uint32_t i, j, from, to, delay, flags;

	for (i = rnd(40) + 1; i > 0; i--) {
		from = rnd(64);
		to = rnd(3) ? rnd(64) : (from + 1) % 64;
		delay = delay_any();
		flags = from < 16 && rnd(6) == 0 ? RSE_PORTAL : 0;
		if (rse_edge(t, from, to, delay, flags) != RSE_OK)
			continue;
		for (j = 0; j < m->edges; j++)
			if (m->edge[j].from == from && m->edge[j].to == to)
				break;
		m->edge[j] = (struct rse_edge) { from, to, delay, flags, 0 };
		if (j == m->edges)
			m->edges++;
	}
	for (i = rnd(10); i > 0; i--) {
		j = rnd(64);
		if (m->lives[j])
			continue;
		m->lives[j] = 1;
		rse_spawn(t, j, NULL);
	}
}

static int
same(const struct rse_torus *t, const struct model *m)
{
	const struct rse_process *p;
	const struct rse_edge *g;
	struct rse_stats s;
	uint32_t i;

	rse_torus_stats(t, &s);
	if (s.processed != m->processed || s.now != m->now ||
	    s.pending != m->n || s.flux_out != m->flux_out)
		return 0;
	for (i = 0; i < 64; i++) {
		p = rse_process_at(t, i, NULL);
		if ((p != NULL) != m->lives[i] ||
		    (p != NULL && p->state != m->state[i]))
			return 0;
	}
	for (i = 0; i < m->edges; i++) {
		for (g = rse_edge_at(t, m->edge[i].from, NULL); g != NULL &&
		    g->to != m->edge[i].to;)
			g = rse_edge_at(t, m->edge[i].from, g);
		if (g == NULL || g->delay != m->edge[i].delay)
			return 0;
	}
	return (rse_torus_state(t) == RSE_STALLED) == m->stalled;
}

static void
inject_some(struct rse_torus *t, struct model *m)
{
	struct rse_event e;
	uint32_t i;

	for (i = rnd(6); i > 0 && m->n < m->limit; i--) {
		e.time = m->now + rnd(2) * rnd(delay_any());
		e.dst = rnd(64);
		e.src = rnd(64);
		e.kind = rnd(3);
		e.payload = (int32_t)rnd(7) - 3;
		if (rnd(20) == 0)
			e.payload = INT32_MAX;
		if (rse_inject(t, &e) == RSE_OK)
			model_inject(m, e);
	}
}

/* Returns 0 when all is well, else what went wrong. */
static const char *
program(struct rse_torus *t, struct watch *w)
{
	struct rse_config c = *rse_torus_config(t);
	static struct model m;
	uint32_t rounds, n, i;
	const char *why = NULL;

	memset(&m, 0, sizeof(m));
	memset(w, 0, sizeof(*w));
	m.limit = c.limit = rnd(3) ? 48 : rnd(8) + 1;
	rse_torus_configure(t, &c);
	graph_make(t, &m);
	for (rounds = 0; rounds < 8 && why == NULL; rounds++) {
		inject_some(t, &m);
		n = rnd(40);
		rse_torus_run(t, n, RSE_FOREVER);
		m.stalled = 0;
		for (i = 0; i < n && model_step(&m); i++)
			continue;
		ledgers += !ledger(t);
		backs += w->back;
		if (!same(t, &m))
			why = "differs from the model";
		if (m.stalled && m.limit < 48 && rnd(2)) {
			m.limit = c.limit = 48;
			rse_torus_configure(t, &c);
		}
	}
	return why;
}

int
main(void)
{
	struct rse_config c;
	struct rse_torus *t;
	struct rse_hooks h = { .handled = watch_handled };
	struct watch w;
	const char *why = NULL;
	uint32_t i, stalls = 0;
	struct rse_stats s;
	void *mem;

	rse_config_default(&c);
	c.dim[0] = c.dim[1] = c.dim[2] = 4;
	c.processes = 64;
	c.edges = 48;
	c.events = c.limit = CAP;
	c.ring = 8;
	t = torus_new(&c, &mem);
	h.arg = &w;
	rse_torus_hooks_set(t, &h);
	for (i = 0; i < 10000 && why == NULL; i++) {
		seed = i;
		rse_torus_reset(t);
		why = program(t, &w);
		rse_torus_stats(t, &s);
		stalls += s.stalls != 0;
	}
	if (!ok(why == NULL, "10 000 random programs agree with the model"))
		printf("# program %u: %s\n", i - 1, why);
	ok(ledgers == 0, "I1 the ledger holds after every call of them");
	ok(backs == 0, "I2 no key is below the one before it");
	ok(stalls > 100, "programs that stall were among them");
	ok(rse_torus_check(t) == RSE_OK, "canaries stand");
	free(mem);
	return tap_done();
}
