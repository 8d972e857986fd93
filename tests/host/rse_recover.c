/* SPDX-License-Identifier: MIT */
/*
 * tests/host/rse_recover.c - I9 exact recovery, I10 two failures at once.
 *
 * Whatever is killed, and whenever: under policy `wait` the braid ends in
 * the digest of the run that nothing disturbed.
 */
#include "rse_world.h"

/* The race detector is slow, and finds nothing where there is one thread. */
#ifdef __SANITIZE_THREAD__
#define THREADS_ONLY 1
#else
#define THREADS_ONLY 0
#endif

static uint64_t seed = 11;

static uint32_t
rnd(uint32_t n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((seed >> 33) % n);
}

/*
 * Run with torus `id` lost after exactly `when` events.  True if it was
 * lost, came back and the end is the expected one.
 */
static int
killed_at(uint32_t n, uint32_t id, uint64_t when, uint32_t patience,
    uint32_t ring, uint32_t threads, uint64_t want)
{
	struct rse_recovery r;
	struct rse_stats s;
	struct world w;
	uint64_t limit;
	uint32_t p;
	int done = 0, good = 1;

	world_make(&w, n, RSE_POLICY_WAIT, ring);
	w.migrates = 1;
	w.threads = threads;
	for (p = 0; p <= WORLD_PHASES; p++) {
		limit = (p + 1) * WORLD_EPOCHS;
		rse_torus_stats(w.t[id], &s);
		if (!done && when > s.processed)
			rse_step_events(w.t[id], when - s.processed);
		world_run(&w, limit);
		rse_torus_stats(w.t[id], &s);
		if (!done && s.processed == when) {
			world_kill(&w, id);
			world_run(&w, limit);
			good &= rse_peer_state(w.t[(id + 1) % n], id) !=
			    RSE_PEER_DEGRADED;
			good &= world_recover(&w, id, patience, 1 + when % 40,
			    &r) == RSE_OK;
			if (!good)
				break;
			done = 1;
			world_run(&w, limit);
		} else if (!done) {
			rse_start(w.t[id]);
		}
		if (p < WORLD_PHASES)
			world_outside(&w, p);
	}
	good &= done && world_digest(&w) == want;
	world_free(&w);
	return good;
}

static void
every_event(void)
{
	uint64_t processed[WORLD_MOST], want, k;
	uint32_t bad = 0, tries = 0, id;

	want = world_reference(3, 256, processed);
	for (id = 0; id < 3; id++)
		for (k = 1; k < processed[id]; k++) {
			bad += !killed_at(3, id, k, 0, 256, 0, want);
			tries++;
		}
	if (!ok(bad == 0 && tries > 100,
	    "I9 killed at every event of a small run: same end"))
		printf("# %u of %u\n", bad, tries);
	for (bad = 0, k = 3; k < processed[1]; k += 31)
		bad += !killed_at(3, 1, k, 1 + k % 17, 256, 0, want);
	ok(bad == 0, "I9 killed again in the middle of the recovery");
	want = world_reference(3, 2, processed);
	for (bad = 0, k = 1; k < processed[1]; k += 13)
		bad += !killed_at(3, 1, k, 0, 2, 0, want);
	ok(bad == 0, "I9 with a ring of two: refused injections too");
	want = world_reference(6, 256, processed);
	for (bad = 0, k = 1; k < processed[4]; k += 41)
		bad += !killed_at(6, 4, k, 0, 256, 0, want);
	ok(bad == 0, "I9 six tori");
}

static void
threaded(void)
{
	uint64_t processed[WORLD_MOST], want, k;
	uint32_t bad = 0;

	want = world_reference(6, 256, processed);
	for (k = 5; k < processed[2]; k += 97)
		bad += !killed_at(6, 2, k, 0, 256, 1 + k % 3, want);
	ok(bad == 0, "I9 on threads");
}

/* Its own store is lost with it; what the successor keeps is enough. */
static void
replicas(void)
{
	struct rse_recovery r;
	struct world w;
	uint64_t want = world_reference(3, 256, NULL);
	uint32_t p, id, lost, verified = 0, bad = 0;

	for (id = 0; id < 3; id++)
		for (lost = 0; lost <= WORLD_PHASES; lost++) {
			world_make(&w, 3, RSE_POLICY_WAIT, 256);
			w.migrates = 1;
			world_replicate(&w);
			for (p = 0; p <= WORLD_PHASES && bad == 0; p++) {
				world_run(&w, (p + 1) * WORLD_EPOCHS);
				if (p == lost) {
					world_kill(&w, id);
					world_store_lose(&w, id);
					bad += world_recover(&w, id, 0, 7,
					    &r) != RSE_OK;
					verified += r.verified;
				}
				if (p < WORLD_PHASES && bad == 0)
					world_outside(&w, p);
			}
			bad += bad == 0 && world_digest(&w) != want;
			world_free(&w);
		}
	ok(bad == 0 && verified > 5,
	    "I9 from the replica of the successor: same end");
}

/* Many random kills in a long run, tori that are not neighbours together. */
static void
large(void)
{
	struct rse_recovery r;
	struct world w;
	uint64_t want = 0, d = 0, e;
	uint32_t pass, id, kills = 0, verified = 0;
	int good = 1;

	for (pass = 0; pass < 2 && good; pass++) {
		world_make(&w, 6, RSE_POLICY_WAIT, 256);
		for (e = 1; e <= 400 && good; e++) {
			world_run(&w, e);
			put(w.t[e % 6], 0, 7 * 16 + e % 15, 0, 1);
			if (pass == 0 || rnd(4) != 0)
				continue;
			id = rnd(6);
			rse_step_events(w.t[id], 1 + rnd(20));
			world_run(&w, e + 1);
			world_kill(&w, id);
			if (rnd(2) == 0) {
				world_kill(&w, (id + 3) % 6);
				kills++;
			}
			world_run(&w, e + 1);
			good &= world_recover(&w, id, 0, 50, &r) == RSE_OK;
			verified += r.verified;
			if (w.t[(id + 3) % 6] == NULL)
				good &= world_recover(&w, (id + 3) % 6, 0, 7,
				    &r) == RSE_OK;
			kills++;
		}
		if (good)
			world_run(&w, 410);
		d = good ? world_digest(&w) : 0;
		if (pass == 0)
			want = d;
		world_free(&w);
	}
	if (!ok(good && d == want && kills > 60 && verified > 40,
	    "I9 random kills in a large run: same end"))
		printf("# %d %u kills, %u verified, %d %s\n", good, kills,
		    verified, d == want, rse_error_name(r.error));
}

/* Its projection reaches the successor only; then it dies. */
static void
half_exchange(void)
{
	struct rse_torus *cut[WORLD_MOST];
	struct rse_recovery r;
	struct world w;
	uint64_t want = world_reference(3, 256, NULL);
	uint32_t p, id, prev, bad = 0, halves = 0;
	uint64_t e, a, b;

	for (id = 0; id < 3; id++)
		for (e = 1; e < WORLD_EPOCHS - 3; e++) {
			prev = (id + 2) % 3;
			world_make(&w, 3, RSE_POLICY_WAIT, 256);
			w.migrates = 1;
			world_run(&w, e);
			memcpy(cut, w.t, sizeof(cut));
			cut[prev] = NULL;
			rse_epoch_limit(w.t[0], e + 3);
			rse_epoch_limit(w.t[1], e + 3);
			rse_epoch_limit(w.t[2], e + 3);
			rse_braid_run_sequential(cut, 3, 13);
			a = b = 0;
			rse_history_last(&w.keep[prev]->received[NEXT], &a);
			rse_history_last(
			    &w.keep[(id + 1) % 3]->received[PREV], &b);
			halves += a < b;
			world_kill(&w, id);
			world_run(&w, e + 3);
			bad += world_recover(&w, id, 0, 10, &r) != RSE_OK;
			for (p = 0; p <= WORLD_PHASES && bad == 0; p++) {
				world_run(&w, (p + 1) * WORLD_EPOCHS);
				if (p < WORLD_PHASES)
					world_outside(&w, p);
			}
			bad += bad == 0 && world_digest(&w) != want;
			world_free(&w);
		}
	if (!ok(bad == 0 && halves > 2,
	    "I9 killed in the middle of an exchange"))
		printf("# %u bad, %u halves\n", bad, halves);
}

static void
two_at_once(void)
{
	struct rse_recovery r;
	struct world w;
	uint64_t d;

	world_make(&w, 3, RSE_POLICY_WAIT, 256);
	world_run(&w, 20);
	world_outside(&w, 3);
	d = rse_torus_digest(w.t[0]);
	world_kill(&w, 1);
	world_kill(&w, 2);
	world_run(&w, 30);
	ok(world_recover(&w, 1, 0, 10, &r) == RSE_EPEER &&
	    world_recover(&w, 2, 0, 10, &r) == RSE_EPEER,
	    "I10 two neighbours lost: both recoveries are refused");
	ok(rse_peer_state(w.t[0], 1) == RSE_PEER_FAILED ||
	    rse_peer_state(w.t[0], 2) == RSE_PEER_FAILED,
	    "I10 the survivor says so");
	ok(rse_torus_digest(w.t[0]) != 0 && d != 0 && w.t[1] == NULL,
	    "I10 nothing stands in their place");
	world_free(&w);
}

/* Turn a bit of the digest that a neighbour holds, and make its hash right. */
static void
copy_damage(struct history *h, uint64_t seq)
{
	uint8_t *wire = (uint8_t *)rse_history_find(h, seq);

	if (wire == NULL)
		abort();
	wire[h->len - PROJ_TAIL + 32] ^= 4;
	le64_put(wire + h->len - 8, rse_fnv1a(FNV_OFFSET, wire, h->len - 8));
}

static void
votes(void)
{
	struct rse_recovery r;
	struct world w;
	struct history *a, *b;
	uint64_t seq = 0, want;
	uint32_t n;
	uint8_t *snap;
	size_t len;

	world_make(&w, 3, RSE_POLICY_WAIT, 256);
	world_run(&w, 8);
	world_outside(&w, 3);
	world_run(&w, 11);
	want = rse_torus_digest(w.t[1]);
	a = &w.keep[0]->received[NEXT];
	b = &w.keep[2]->received[PREV];
	world_kill(&w, 1);
	rse_history_last(a, &seq);
	copy_damage(a, seq);
	copy_damage(b, seq);
	ok(world_recover(&w, 1, 0, 10, &r) == RSE_EDIGEST && w.t[1] == NULL,
	    "I10 both copies differ: failed, and said so");
	copy_damage(b, seq);
	ok(world_recover(&w, 1, 0, 10, &r) == RSE_OK && r.disagreed == 1 &&
	    r.verified > 0 && rse_torus_digest(w.t[1]) == want,
	    "I10 one copy differs: outvoted, counted, recovered");
	world_kill(&w, 1);
	snap = (uint8_t *)rse_store_snapshot(w.store[1], &len);
	snap[len / 2] ^= 1;
	ok(world_recover(&w, 1, 0, 10, &r) == RSE_ECHECKSUM,
	    "I10 a damaged snapshot is refused");
	snap[len / 2] ^= 1;
	ok(world_recover(&w, 1, 0, 10, &r) == RSE_OK,
	    "I10 nothing was overwritten by the attempts");
	world_outside(&w, 3);
	world_run(&w, 14);
	n = w.store[1]->records;
	world_kill(&w, 1);
	w.store[1]->records = n / 2;
	ok(n > 2 && world_recover(&w, 1, 0, 10, &r) < 0,
	    "I10 records that are missing are noticed");
	w.store[1]->records = n;
	w.store[1]->record[0].u.seq ^= 1;
	ok(world_recover(&w, 1, 0, 10, &r) < 0,
	    "I10 a record that is wrong is noticed");
	w.store[1]->record[0].u.seq ^= 1;
	ok(world_recover(&w, 1, 0, 10, &r) == RSE_OK,
	    "I10 with the true ones it comes back");
	world_free(&w);
}

int
main(void)
{
	threaded();
	if (THREADS_ONLY)
		return tap_done();
	every_event();
	replicas();
	large();
	half_exchange();
	two_at_once();
	votes();
	return tap_done();
}
