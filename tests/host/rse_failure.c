/* SPDX-License-Identifier: MIT */
/*
 * tests/host/rse_failure.c - I11 the detector, I12 processes, I15 each fault
 * under its own name; policies wait and continue; degraded recovery.
 *
 * Why exact counts without threads only: a thread that the host holds up for
 * a few deadlines is found degraded or failed, as it should be.
 */
#include <rse_text.h>
#include <time.h>

#include "rse_world.h"

#define SKEW_TIMEOUT 1000 /* ms: three are longer than any host sleeps */

static uint64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static struct rse_stats
stats(const struct world *w, uint32_t i)
{
	struct rse_stats s;

	rse_torus_stats(w->t[i], &s);
	return s;
}

static void
policy_wait(void)
{
	struct rse_recovery r;
	struct world w;
	uint64_t d0, d2;

	world_make(&w, 3, RSE_POLICY_WAIT, 256);
	world_run(&w, 9);
	world_outside(&w, 3);
	world_kill(&w, 1);
	world_run(&w, 100);
	ok(stats(&w, 0).epoch <= 13 && stats(&w, 2).epoch <= 13 &&
	    stats(&w, 0).failed == 1 && stats(&w, 0).degraded == 1 &&
	    rse_peer_state(w.t[0], 1) == RSE_PEER_FAILED,
	    "wait: neighbours say failed and stop at the epoch");
	d0 = rse_torus_digest(w.t[0]);
	d2 = rse_torus_digest(w.t[2]);
	world_run(&w, 100);
	ok(rse_torus_digest(w.t[0]) == d0 && rse_torus_digest(w.t[2]) == d2,
	    "wait: nothing changes until it is back");
	ok(world_recover(&w, 1, 0, 10, &r) == RSE_OK, "wait: it comes back");
	world_run(&w, 100);
	ok(rse_peer_state(w.t[0], 1) == RSE_PEER_HEALTHY &&
	    stats(&w, 0).health == RSE_HEALTHY && world_conserved(&w, 0) &&
	    world_ledger(&w) && stats(&w, 0).violations == 0 &&
	    stats(&w, 1).violations == 0 && stats(&w, 2).violations == 0,
	    "wait: healthy again, no violations (I15)");
	world_free(&w);
}

static void
policy_continue(uint32_t threads)
{
	struct rse_recovery r;
	struct world w;
	uint64_t epoch;
	uint32_t p;

	world_make(&w, 3, RSE_POLICY_CONTINUE, 256);
	w.threads = threads;
	world_run(&w, 9);
	world_outside(&w, 2);
	world_kill(&w, 1);
	world_run(&w, 60);
	epoch = stats(&w, 0).epoch;
	ok(epoch > 20 && stats(&w, 2).epoch > 20 &&
	    rse_peer_state(w.t[2], 1) == RSE_PEER_FAILED &&
	    (threads != 0 || stats(&w, 2).failed == 1),
	    "continue: neighbours go on");
	ok(world_recover(&w, 1, 0, 10, &r) == RSE_OK,
	    "continue: recovered exactly to where it was");
	for (p = 0; p < 3; p++)
		ok(world_conserved(&w, 0) && world_ledger(&w),
		    "I8 its flux waited in the counters");
	world_outside(&w, 3);
	world_run(&w, 90);
	ok(world_conserved(&w, 0) && world_ledger(&w) &&
	    (threads != 0 || rse_peer_state(w.t[2], 1) == RSE_PEER_HEALTHY),
	    "I8 conserved after it rejoined");
	/* Once more: the records now hold missed epochs. */
	world_outside(&w, 3);
	world_run(&w, 92);
	epoch = rse_torus_digest(w.t[0]);
	world_kill(&w, 0);
	ok(world_recover(&w, 0, 0, 10, &r) == RSE_OK &&
	    rse_torus_digest(w.t[0]) == epoch,
	    "continue: a survivor recovers exactly as well");
	world_free(&w);
}

/* Torus 0 waits for torus 1: what it makes of `n` deadlines. */
static uint32_t
deadlines(struct rse_torus *t, struct rse_pulse pulse, uint32_t step,
    uint32_t n)
{
	uint32_t missed = 0;

	while (n-- > 0) {
		pulse.progress += step;
		missed = rse_deadline(t, &pulse);
	}
	return missed;
}

/* I11 as it is decided: no clock, only deadlines and what was done. */
static void
excuses(void)
{
	struct rse_pulse busy = { .progress = 1, .state = RSE_RUNNING };
	struct rse_pulse still = { .state = RSE_RUNNING };
	struct rse_pulse stopped = { .state = RSE_STOPPED };
	struct rse_pulse waits = { .state = RSE_WAITING, .waits_for = 2 };
	struct rse_wait wait;
	struct rse_stats s;
	struct world w;

	world_make(&w, 3, RSE_POLICY_WAIT, 256);
	while (rse_step(w.t[0], 100, &wait) == RSE_STEP_RAN)
		continue;
	ok(rse_torus_state(w.t[0]) == RSE_WAITING && wait.peer == 1 &&
	    deadlines(w.t[0], busy, 1, 1000) == 0,
	    "I11 a little work in each deadline: not even late");
	still.progress = stopped.progress = waits.progress = 1001;
	ok(deadlines(w.t[0], stopped, 0, 100) == 0 &&
	    deadlines(w.t[0], waits, 0, 100) == 0,
	    "I11 nor if it was stopped, or waits for the third");
	ok(deadlines(w.t[0], still, 0, RSE_FAILED_AT - 1) ==
	    RSE_FAILED_AT - 1 &&
	    rse_peer_state(w.t[0], 1) == RSE_PEER_DEGRADED &&
	    deadlines(w.t[0], busy, 2000, 1) == 0 &&
	    rse_peer_state(w.t[0], 1) == RSE_PEER_HEALTHY,
	    "I11 late, and forgiven when it moves");
	still.progress = waits.progress = 2001;
	waits.waits_for = 0;
	deadlines(w.t[0], still, 0, 1);
	deadlines(w.t[0], waits, 0, RSE_FAILED_AT - 1);
	s = stats(&w, 0);
	ok(rse_peer_state(w.t[0], 1) == RSE_PEER_FAILED && s.failed == 1 &&
	    s.degraded == 2, "I11 three in a row without a sign: failed");
	world_free(&w);
}

/* A behaviour that takes real time. */
static int
slow(struct rse_cell *c, const struct rse_event *e, void *arg)
{
	struct timespec ts = { 0, 25000000 };

	(void)arg;
	nanosleep(&ts, NULL);
	return rse_cell_emit(c, c->node, 3, e->kind, e->payload);
}

/*
 * The others wait 2 * 66 * 25 ms for it, more than three deadlines, but it
 * says that it lives every 13 * 25 ms.
 */
static void
load_skew(void)
{
	struct rse_config c;
	struct world w;
	uint64_t before;
	uint32_t i, id = 0;

	world_make(&w, 3, RSE_POLICY_CONTINUE, 256);
	w.threads = 3;
	for (i = 0; i < 3; i++) {
		c = *rse_torus_config(w.t[i]);
		c.timeout = SKEW_TIMEOUT;
		rse_torus_configure(w.t[i], &c);
	}
	rse_behaviour_register(w.t[1], "slow", slow, NULL, 1, &id);
	c = *rse_torus_config(w.t[1]);
	c.behaviour = id;
	rse_torus_configure(w.t[1], &c);
	rse_spawn(w.t[1], 6, NULL);
	put(w.t[1], 0, 6, 6, 1);
	put(w.t[1], 1, 6, 6, 1);
	before = now_ms();
	world_run(&w, 2);
	ok(now_ms() - before > RSE_FAILED_AT * SKEW_TIMEOUT &&
	    stats(&w, 0).failed == 0 &&
	    stats(&w, 2).failed == 0,
	    "I11 one torus a hundred times slower: not failed");
	world_free(&w);
}

/* A peer that stands still, whatever its clock says, is found in time. */
static void
stand_still(uint32_t threads, int lost)
{
	struct rse_config c;
	struct world w;
	uint64_t before;
	struct rse_stats s;
	uint32_t i;

	world_make(&w, 3, RSE_POLICY_WAIT, 256);
	w.threads = threads;
	if (lost) {
		world_kill(&w, 1);
	} else {
		c = *rse_torus_config(w.t[1]);
		c.limit = 20;
		rse_torus_configure(w.t[1], &c);
		for (i = 0; i < 60; i++)
			put(w.t[1], 10 * i, 7 * 16 + i % 15, 0, 1);
	}
	before = now_ms();
	world_run(&w, 100);
	s = stats(&w, 0);
	ok((lost || rse_torus_state(w.t[1]) == RSE_STALLED) &&
	    rse_peer_state(w.t[0], 1) == RSE_PEER_FAILED &&
	    rse_peer_state(w.t[2], 1) == RSE_PEER_FAILED,
	    lost ? "I11 a lost peer is found" : "I11 a stalled peer is found");
	if (threads == 0)
		ok(s.failed == 1 && s.degraded == 1,
		    "I15 degraded once, failed once");
	else
		ok(now_ms() - before >= RSE_FAILED_AT * 15,
		    "I11 not before three deadlines");
	world_free(&w);
}

/* Ids of all processes of live tori: sum, and sum of squares. */
static void
census(const struct world *w, uint64_t sum[3])
{
	const struct rse_process *p;
	uint32_t i, node;

	sum[0] = sum[1] = sum[2] = 0;
	for (i = 0; i < w->n; i++)
		for (node = 0; w->t[i] != NULL && node < 128; node++)
			for (p = rse_process_at(w->t[i], node, NULL);
			    p != NULL; p = rse_process_at(w->t[i], node, p)) {
				sum[0]++;
				sum[1] += p->pid;
				sum[2] += (uint64_t)p->pid * p->pid;
			}
}

static void
processes(void)
{
	struct rse_torus *left[2];
	struct rse_recovery r;
	struct world w;
	uint64_t was[3], is[3];
	uint32_t i, moved, pid;

	world_make(&w, 3, RSE_POLICY_CONTINUE, 256);
	census(&w, was);
	for (i = 0; i < 40; i++) {
		world_run(&w, 1 + i / 4);
		rse_migrate(w.t[i % 3], w.t[(i * 7 + 1) % 3],
		    w.pid[i % 3] - i % 16);
	}
	census(&w, is);
	ok(memcmp(was, is, sizeof(was)) == 0 && was[0] == 48,
	    "I12 ids are the same after migrations");
	world_kill(&w, 1);
	ok(world_recover(&w, 1, 0, 10, &r) == RSE_OK, "I12 it comes back");
	census(&w, is);
	ok(memcmp(was, is, sizeof(was)) == 0, "I12 and after a failure");
	rse_spawn(w.t[1], 9, &pid);
	census(&w, was);
	world_run(&w, 14);
	world_kill(&w, 1);
	world_run(&w, 20);
	left[0] = w.t[0];
	left[1] = w.t[2];
	ok(rse_evacuate(w.store[1], left, 2, &moved) == RSE_OK && moved > 0,
	    "I12 its processes move to the survivors");
	census(&w, is);
	ok(memcmp(was, is, sizeof(was)) == 0 &&
	    (rse_process_find(w.t[0], pid) || rse_process_find(w.t[2], pid)),
	    "I12 none was lost or doubled");
	ok(rse_evacuate(w.store[1], left, 2, &moved) == RSE_EINVAL,
	    "I12 not a second time");
	ok(world_recover(&w, 1, 0, 10, &r) == RSE_OK,
	    "I12 it comes back without them");
	census(&w, is);
	ok(memcmp(was, is, sizeof(was)) == 0, "I12 ids are the same");
	/* Survivors without room: nothing moves. */
	world_run(&w, 24);
	while (rse_spawn(w.t[0], 1, NULL) == RSE_OK)
		continue;
	while (rse_spawn(w.t[2], 1, NULL) == RSE_OK)
		continue;
	for (i = 0; i < 5; i++)
		rse_spawn(w.t[1], i, i == 0 ? &pid : NULL);
	world_run(&w, 27);
	/* One went before, and there is room for one more, not for four. */
	for (i = 0; i < 2; i++)
		rse_kill(w.t[0], rse_process_at(w.t[0], 1, NULL)->pid);
	ok(rse_migrate(w.t[1], w.t[0], pid) == RSE_OK, "I12 one migrates");
	world_kill(&w, 1);
	left[0] = w.t[0];
	census(&w, was);
	ok(rse_evacuate(w.store[1], left, 2, &moved) == RSE_ENOSPC,
	    "I12 no room: refused");
	census(&w, is);
	ok(memcmp(was, is, sizeof(was)) == 0 &&
	    rse_process_find(w.t[0], pid) != NULL, "I12 and nothing moved");
	world_free(&w);
}

static void
degraded(void)
{
	struct rse_recovery r;
	struct rse_stats s, t;
	struct world w;
	struct rse_torus *n;
	uint64_t d0, d2;
	char text[4096];
	void *mem;

	world_make(&w, 3, RSE_POLICY_WAIT, 256);
	world_run(&w, 8);
	world_outside(&w, 3);
	world_run(&w, 11);
	s = stats(&w, 1);
	world_kill(&w, 1);
	rse_store_clear(w.store[1]);
	ok(world_recover(&w, 1, 0, 10, &r) == RSE_ENOENT,
	    "no snapshot: exact recovery is refused");
	d0 = rse_torus_digest(w.t[0]);
	d2 = rse_torus_digest(w.t[2]);
	n = torus_new(&w.config[1], &mem);
	ok(rse_recover_degraded(n, w.keep[0], NULL) == RSE_EPEER &&
	    rse_recover_degraded(n, w.keep[0], w.keep[2]) == RSE_OK &&
	    rse_torus_digest(w.t[0]) == d0 && rse_torus_digest(w.t[2]) == d2,
	    "degraded recovery, neighbours untouched");
	rse_torus_stats(n, &t);
	rse_status_format(n, text, sizeof(text));
	ok(t.approximate == 1 && t.processed <= s.processed &&
	    t.processed > 0 && t.now <= s.now && t.now > 0 &&
	    strstr(text, "recovery approximate\n") != NULL,
	    "it says approximate, clock and counters are the last known");
	world_keep(&w, 1);
	rse_keep_attach(n, w.keep[1], w.store[1], NULL);
	rse_start(n);
	world_back(&w, 1, n, mem);
	ok(world_conserved(&w, 0) && world_ledger(&w),
	    "I1 I8 hold after it");
	world_outside(&w, 3);
	world_run(&w, 40);
	ok(world_conserved(&w, 0) && world_ledger(&w) &&
	    stats(&w, 0).epoch == 40 && stats(&w, 1).epoch == 40,
	    "the braid goes on");
	world_kill(&w, 1);
	ok(world_recover(&w, 1, 0, 10, &r) == RSE_OK &&
	    stats(&w, 1).approximate == 1,
	    "approximate survives an exact recovery");
	rse_torus_reset(w.t[1]);
	ok(stats(&w, 1).approximate == 0, "until it is reset");
	world_free(&w);
}

/* Each kind of fault once, and only its own counter moves. */
static void
faults(void)
{
	struct rse_stats a, b;
	struct world w;
	uint8_t wire[200], *bad;
	size_t len = rse_projection_size(&(struct rse_config) {
	    .dim = { 8, 4, 4 } });
	uint64_t *canary;
	uint32_t i;

	world_make(&w, 3, RSE_POLICY_WAIT, 256);
	world_run(&w, 9);
	world_outside(&w, 3);
	rse_projection_extract(w.t[1], wire, sizeof(wire));
	a = stats(&w, 0);
	ok(a.violations == 0, "I15 none in steady state");
	rse_deliver(w.t[0], 1, 1000, wire, len - 1);
	b = stats(&w, 0);
	ok(b.bad_length == 1 && b.violations == 1, "I15 length");
	wire[50] ^= 1;
	rse_deliver(w.t[0], 1, 1000, wire, len);
	wire[50] ^= 1;
	b = stats(&w, 0);
	ok(b.bad_hash == 1 && b.violations == 2, "I15 hash");
	rse_deliver(w.t[0], 2, 1000, wire, len);
	b = stats(&w, 0);
	ok(b.bad_sender == 1 && b.violations == 3, "I15 sender");
	rse_deliver(w.t[0], 1, 1, wire, len);
	b = stats(&w, 0);
	ok(b.stale == 1 && b.violations == 4, "I15 stale");
	ok(b.applied == a.applied && b.processed == a.processed,
	    "I15 none of them was applied");
	rse_refused(w.t[1], 0, 77);
	rse_refused(w.t[1], 2, 77);
	ok(rse_torus_state(w.t[1]) != RSE_FAULTED,
	    "a refusal of something else does not count");
	bad = (uint8_t *)rse_projection_latest(w.t[1], &len, &a.epoch);
	rse_refused(w.t[1], 0, a.epoch);
	ok(bad != NULL && rse_torus_state(w.t[1]) != RSE_FAULTED,
	    "refused by one: it goes on");
	rse_refused(w.t[1], 2, a.epoch);
	b = stats(&w, 1);
	ok(rse_torus_state(w.t[1]) == RSE_FAULTED && b.error == RSE_ECORRUPT,
	    "refused by both: it is faulted");
	world_free(&w);
	world_make(&w, 3, RSE_POLICY_WAIT, 256);
	world_run(&w, 9);
	world_outside(&w, 3);
	canary = (uint64_t *)((char *)w.t[2] +
	    w.t[2]->layout.canary[AREA_EDGE]);
	canary[3] ^= 1;
	world_run(&w, 30);
	b = stats(&w, 2);
	ok(rse_torus_state(w.t[2]) == RSE_FAULTED &&
	    b.error == RSE_ECORRUPT && b.published <= 4,
	    "a canary is gone: it faults before it publishes");
	for (i = 0; i < 2; i++)
		ok(rse_peer_state(w.t[i], 2) == RSE_PEER_FAILED,
		    "and its neighbours find out");
	world_free(&w);
}

int
main(void)
{
	uint32_t i;

	policy_wait();
	policy_continue(0);
	policy_continue(2);
	excuses();
	load_skew();
	for (i = 0; i < 4; i++)
		stand_still(i < 2 ? 0 : 3, i & 1);
	processes();
	degraded();
	faults();
	return tap_done();
}
