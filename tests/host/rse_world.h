/* SPDX-License-Identifier: MIT */
/*
 * tests/host/rse_world.h - a braid whose tori can be lost and recovered.
 *
 * Use: world_make, then phases: world_phase(w, p) lets all run to the end of
 * epoch 7 (p + 1) and then does what phase p does from outside: injections,
 * a process spawned, killed, moved, an edge changed.  A run is four phases.
 */
#ifndef RSE_WORLD_H
#define RSE_WORLD_H

#include "../../rse/core/hash.h"
#include "../../rse/core/keep.h"
#include "../../rse/port/posix/runner.h"
#include "rse_tap.h"

#define WORLD_MOST   6
#define WORLD_EPOCHS 7
#define WORLD_PHASES 4

struct world {
	uint32_t n;
	uint32_t threads; /* 0: the sequential runner */
	uint32_t migrates; /* phase 2 moves a process */
	struct rse_config config[WORLD_MOST];
	struct rse_torus *t[WORLD_MOST];
	struct rse_keep *keep[WORLD_MOST];
	struct rse_store *store[WORLD_MOST];
	void *mem[WORLD_MOST], *keep_mem[WORLD_MOST];
	void *store_mem[WORLD_MOST];
	struct rse_store *replica[WORLD_MOST]; /* world_replicate */
	void *replica_mem[WORLD_MOST];
	uint32_t pid[WORLD_MOST]; /* one process of each torus */
};

static inline void *
bytes(size_t n)
{
	void *p = malloc(n);

	if (p == NULL || n == 0)
		abort();
	memset(p, 0x5a, n);
	return p;
}

static inline void
world_keep(struct world *w, uint32_t i)
{
	const struct rse_config *c = &w->config[i];
	size_t n = rse_keep_size(c);

	w->keep_mem[i] = bytes(n);
	if (rse_keep_create(w->keep_mem[i], n, c, &w->keep[i]) != RSE_OK)
		abort();
}

/* Lines of cells to face x=0 with portals, some with a branch; a clock. */
static inline void
world_fill(struct world *w, uint32_t i)
{
	struct rse_torus *t = w->t[i];
	uint32_t y;
	int x;

	for (y = 0; y < 16; y++)
		rse_spawn(t, 5 * 16 + y, &w->pid[i]);
	for (y = 0; y < 15; y++) {
		for (x = 7; x > 0; x--)
			rse_edge(t, x * 16 + y, (x - 1) * 16 + y,
			    1 + (y * 5 + x) % 9, 0);
		rse_edge(t, y, 7 * 16 + y, 2, RSE_PORTAL);
		if (y % 5 == 0)
			rse_edge(t, 3 * 16 + y, 5 * 16 + (y + 1) % 15, 40, 0);
	}
	for (y = 0; y < 6; y++)
		put(t, y * 3, 7 * 16 + (y * 2 + i) % 15, 0, 1);
	/* One event that never ends keeps the braid awake. */
	rse_edge(t, 7 * 16 + 15, 7 * 16 + 15, 30, 0);
	put(t, 0, 7 * 16 + 15, 7 * 16 + 15, -1000000);
	rse_start(t);
}

static inline void
world_make(struct world *w, uint32_t n, uint32_t policy, uint32_t ring)
{
	struct rse_config *c;
	uint32_t i;
	size_t len;

	memset(w, 0, sizeof(*w));
	w->n = n;
	for (i = 0; i < n; i++) {
		c = &w->config[i];
		rse_config_default(c);
		c->dim[0] = 8;
		c->dim[1] = c->dim[2] = 4;
		c->id = i;
		c->count = n;
		c->processes = 64;
		c->edges = 256;
		c->events = c->limit = 64;
		c->ring = ring;
		c->journal = 64;
		c->interval = 100;
		c->every = 5;
		c->policy = policy;
		c->timeout = 15;
		w->t[i] = torus_new(c, &w->mem[i]);
		world_keep(w, i);
		len = rse_store_size(c);
		w->store_mem[i] = bytes(len);
		if (rse_store_create(w->store_mem[i], len, c,
		    &w->store[i]) != RSE_OK ||
		    rse_keep_attach(w->t[i], w->keep[i], w->store[i],
		    NULL) != RSE_OK)
			abort();
		world_fill(w, i);
	}
}

/* From here on the successor of each torus has a copy of its store. */
static inline void
world_replicate(struct world *w)
{
	struct rse_config c;
	uint32_t i;
	size_t len;

	for (i = 0; i < w->n; i++) {
		c = *rse_torus_config(w->t[i]);
		c.replicate = 1;
		len = rse_store_size(&c);
		w->replica_mem[i] = bytes(len);
		if (rse_torus_configure(w->t[i], &c) != RSE_OK ||
		    rse_store_create(w->replica_mem[i], len, &c,
		    &w->replica[i]) != RSE_OK ||
		    rse_keep_attach(w->t[i], w->keep[i], w->store[i],
		    w->replica[i]) != RSE_OK)
			abort();
	}
}

/* The disk of torus `i` is gone: the replica takes its place. */
static inline void
world_store_lose(struct world *w, uint32_t i)
{
	memset(w->store_mem[i], 0xdd, rse_store_size(&w->config[i]));
	free(w->store_mem[i]);
	w->store_mem[i] = w->replica_mem[i];
	w->store[i] = w->replica[i];
	w->replica_mem[i] = NULL;
	w->replica[i] = NULL;
}

static inline void
world_free(struct world *w)
{
	uint32_t i;

	for (i = 0; i < w->n; i++) {
		free(w->mem[i]);
		free(w->keep_mem[i]);
		free(w->store_mem[i]);
		free(w->replica_mem[i]);
	}
}

/* The torus and all it remembers are gone; its store is not. */
static inline void
world_kill(struct world *w, uint32_t i)
{
	memset(w->mem[i], 0xdd, rse_torus_size(&w->config[i]));
	free(w->mem[i]);
	free(w->keep_mem[i]);
	w->mem[i] = w->keep_mem[i] = NULL;
	w->t[i] = NULL;
	w->keep[i] = NULL;
}

static inline void
world_back(struct world *w, uint32_t i, struct rse_torus *t, void *mem)
{
	uint32_t a = (i + 1) % w->n, b = (i + w->n - 1) % w->n;

	w->t[i] = t;
	w->mem[i] = mem;
	if (w->t[a] != NULL)
		rse_rejoined(w->t[a], i, rse_torus_life(t));
	if (w->t[b] != NULL)
		rse_rejoined(w->t[b], i, rse_torus_life(t));
}

/*
 * Recover torus `i`, given up after `patience` steps the first time.  On
 * failure the new torus is freed again and the error returned.
 */
static inline int
world_recover(struct world *w, uint32_t i, uint32_t patience, uint64_t batch,
    struct rse_recovery *r)
{
	struct rse_torus *t;
	void *mem;
	uint32_t steps = 0;
	int error;

	t = torus_new(&w->config[i], &mem);
	*r = (struct rse_recovery) { .into = t, .store = w->store[i],
		.prev = w->keep[(i + w->n - 1) % w->n],
		.next = w->keep[(i + 1) % w->n] };
	error = rse_recover_begin(r);
	while (error == RSE_OK && (error = rse_recover_step(r, batch)) > 0) {
		error = RSE_OK;
		if (++steps == patience) {
			memset(mem, 0xee, rse_torus_size(&w->config[i]));
			free(mem);
			return world_recover(w, i, 0, batch, r);
		}
		if (r->cursor == w->store[i]->records &&
		    t->braid.seq >= r->target)
			break;
	}
	if (error != RSE_OK) {
		free(mem);
		return error;
	}
	world_keep(w, i);
	if ((error = rse_recover_finish(r, w->keep[i])) != RSE_OK) {
		free(mem);
		free(w->keep_mem[i]);
		w->keep_mem[i] = NULL;
		w->keep[i] = NULL;
		return error;
	}
	world_back(w, i, t, mem);
	return RSE_OK;
}

static inline void
world_run(struct world *w, uint64_t epochs)
{
	uint32_t i;
	int error;

	for (i = 0; i < w->n; i++)
		if (w->t[i] != NULL)
			rse_epoch_limit(w->t[i], epochs);
	error = w->threads == 0 ? rse_braid_run_sequential(w->t, w->n, 13) :
	    rse_braid_run_threads(w->t, w->n, w->threads, 13);
	if (error != 0)
		abort();
}

/* What happens from outside after phase `p`. */
static inline void
world_outside(struct world *w, uint32_t p)
{
	uint32_t i, k;

	for (i = 0; i < w->n; i++)
		for (k = 0; k < 3 + 2 * p; k++)
			put(w->t[i], rse_torus_now(w->t[i]),
			    7 * 16 + (k * 5 + i + p) % 15, 0, 1);
	if (p == 0) {
		rse_spawn(w->t[1], 6 * 16 + 3, NULL);
		rse_edge(w->t[0], 6 * 16, 5 * 16, 7, 0);
	} else if (p == 1) {
		rse_kill(w->t[1], w->pid[1] - 1);
	} else if (p == 2 && w->migrates) {
		rse_migrate(w->t[0], w->t[1], w->pid[0]);
	}
}

static inline uint64_t
world_digest(const struct world *w)
{
	uint64_t d = 0;
	uint32_t i;

	for (i = 0; i < w->n; i++)
		d = d * 31 + rse_torus_digest(w->t[i]);
	return d;
}

/* The whole run, undisturbed. */
static inline uint64_t
world_reference(uint32_t n, uint32_t ring, uint64_t *processed)
{
	struct rse_stats s;
	struct world w;
	uint64_t d;
	uint32_t p, i;

	world_make(&w, n, RSE_POLICY_WAIT, ring);
	w.migrates = 1;
	for (p = 0; p < WORLD_PHASES; p++) {
		world_run(&w, (p + 1) * WORLD_EPOCHS);
		world_outside(&w, p);
	}
	world_run(&w, (p + 1) * WORLD_EPOCHS);
	d = world_digest(&w);
	for (i = 0; i < n && processed != NULL; i++) {
		rse_torus_stats(w.t[i], &s);
		processed[i] = s.processed;
	}
	world_free(&w);
	return d;
}

static inline int
world_conserved(const struct world *w, int settled)
{
	uint32_t i, y, flight;

	for (i = 0; i < w->n; i++)
		for (y = 0; y < 16; y++) {
			flight = rse_face_out(w->t[i], y) -
			    rse_face_in(w->t[(i + 1) % w->n], y);
			if (flight > INT32_MAX || (settled && flight != 0))
				return 0;
		}
	return 1;
}

static inline int
world_ledger(const struct world *w)
{
	struct rse_stats st;
	uint32_t i;

	for (i = 0; i < w->n; i++) {
		rse_torus_stats(w->t[i], &st);
		if (st.injected + st.emitted + st.flux_in_events !=
		    st.processed + st.pending + st.flux_out_events)
			return 0;
	}
	return 1;
}

#endif
