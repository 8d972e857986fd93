/* SPDX-License-Identifier: MIT */
/*
 * tests/host/rse_copies.c - what a kernel needs of recovery: copies of keeps,
 * snapshots that are near enough, orders that are carried over.
 */
#include "rse_world.h"

static struct rse_keep *
keep_copy(const struct world *w, uint32_t i, void **mem)
{
	struct rse_keep *k;
	size_t len = rse_keep_size(&w->config[i]);

	*mem = bytes(len);
	if (rse_keep_copy(*mem, len, w->keep[i], &k) != RSE_OK)
		abort();
	return k;
}

static int
recover_all(struct rse_recovery *r)
{
	int error = rse_recover_begin(r);

	if (error == RSE_OK)
		while ((error = rse_recover_step(r, 7)) > 0)
			continue;
	return error;
}

/* Copies taken at once serve when the neighbours have long gone on. */
static void
copies(void)
{
	struct rse_recovery r;
	struct rse_torus *t;
	struct rse_keep *k, *prev, *next;
	struct world w;
	void *mem, *copy[2];
	uint64_t want;

	world_make(&w, 3, RSE_POLICY_CONTINUE, 256);
	world_run(&w, 9);
	world_outside(&w, 2);
	world_run(&w, 12);
	want = rse_torus_digest(w.t[1]);
	world_kill(&w, 1);
	prev = keep_copy(&w, 0, &copy[0]);
	next = keep_copy(&w, 2, &copy[1]);
	world_run(&w, 300);
	t = torus_new(&w.config[1], &mem);
	r = (struct rse_recovery) { .into = t, .store = w.store[1],
		.prev = w.keep[0], .next = w.keep[2] };
	ok(recover_all(&r) == RSE_EHISTORY,
	    "the neighbours have forgotten what it needs");
	free(mem);
	t = torus_new(&w.config[1], &mem);
	r = (struct rse_recovery) { .into = t, .store = w.store[1],
		.prev = prev, .next = next };
	ok(recover_all(&r) == RSE_OK, "their copies have not");
	world_keep(&w, 1);
	ok(rse_recover_finish(&r, w.keep[1]) == RSE_OK &&
	    rse_torus_digest(t) == want, "I9 from copies: as it was");
	world_back(&w, 1, t, mem);
	world_run(&w, 330);
	ok(world_conserved(&w, 0) && world_ledger(&w),
	    "I8 and it goes on with them");
	ok(rse_keep_copy(copy[0], 10, w.keep[0], &k) == RSE_ESHORT,
	    "no room for a copy: refused");
	ok(rse_keep_copy(copy[0], rse_keep_size(&w.config[0]), next, &k) ==
	    RSE_EINVAL, "a copy is not copied again");
	free(copy[0]);
	free(copy[1]);
	world_free(&w);
}

/* Snapshots so rare that the history would not reach back to them. */
static void
rare_snapshots(void)
{
	struct rse_recovery r;
	struct rse_torus *t;
	struct rse_config c;
	struct world w;
	uint64_t want;
	uint32_t i;
	void *mem;

	world_make(&w, 3, RSE_POLICY_WAIT, 256);
	for (i = 0; i < 3; i++) {
		c = *rse_torus_config(w.t[i]);
		c.every = 1000000;
		rse_torus_configure(w.t[i], &c);
	}
	world_run(&w, 400);
	want = rse_torus_digest(w.t[1]);
	world_kill(&w, 1);
	t = torus_new(&w.config[1], &mem);
	r = (struct rse_recovery) { .into = t, .store = w.store[1],
		.prev = w.keep[0], .next = w.keep[2] };
	ok(recover_all(&r) == RSE_OK && rse_torus_digest(t) == want,
	    "I9 whatever `every` says, a snapshot is near enough");
	free(mem);
	world_free(&w);
}

/* A change that has no record is in the snapshot before the next step. */
static void
flush(void)
{
	struct rse_recovery r;
	struct rse_config c;
	struct world w;

	world_make(&w, 3, RSE_POLICY_WAIT, 256);
	world_run(&w, 9);
	rse_stop(w.t[1]);
	c = *rse_torus_config(w.t[1]);
	c.remote = 7;
	rse_torus_configure(w.t[1], &c);
	rse_keep_flush(w.t[1]);
	world_kill(&w, 1);
	ok(world_recover(&w, 1, 0, 10, &r) == RSE_OK &&
	    rse_torus_config(w.t[1])->remote == 7,
	    "a configuration of a stopped torus is not lost");
	world_free(&w);
}

/* What the owner said is no part of the state, and is carried over. */
static void
orders(void)
{
	struct rse_recovery r;
	struct rse_orders o, p;
	struct rse_stats s;
	struct world w;
	uint64_t want;

	world_make(&w, 3, RSE_POLICY_WAIT, 256);
	world_run(&w, 9);
	rse_torus_stats(w.t[1], &s);
	rse_step_events(w.t[1], 10);
	rse_epoch_limit(w.t[1], 40);
	rse_orders_get(w.t[1], &o);
	ok(o.stop_at == s.processed + 10 && o.limit == 40, "orders: a step");
	world_run(&w, 40);
	want = rse_torus_digest(w.t[1]);
	world_kill(&w, 1);
	world_recover(&w, 1, 0, 10, &r);
	rse_orders_set(w.t[1], &o);
	world_run(&w, 40);
	rse_torus_stats(w.t[1], &s);
	ok(s.processed == o.stop_at && rse_torus_digest(w.t[1]) == want &&
	    rse_torus_state(w.t[1]) == RSE_STOPPED,
	    "orders: it stops where it was to stop");
	rse_orders_get(w.t[1], &p);
	rse_start(w.t[1]);
	rse_orders_get(w.t[1], &o);
	ok(p.stop_at == s.processed && o.stop_at == RSE_FOREVER,
	    "orders: stopped, and running");
	rse_orders_set(w.t[1], &p);
	ok(rse_torus_state(w.t[1]) == RSE_STOPPED, "orders: stop");
	world_free(&w);
}

int
main(void)
{
	copies();
	rare_snapshots();
	flush();
	orders();
	return tap_done();
}
