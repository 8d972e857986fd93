/* SPDX-License-Identifier: MIT */
/*
 * tests/host/rse_braid.c - the braid: I8, I13, I14, I15, quiescence.
 */
#include "../../rse/port/posix/runner.h"
#include "rse_tap.h"

#define MOST 6

static uint64_t seed = 7;

static uint32_t
rnd(uint32_t n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((seed >> 33) % n);
}

struct set {
	struct rse_torus *t[MOST];
	void *mem[MOST];
	uint32_t n;
};

/* Each torus: lines from the far face to x=0 with a portal at their end. */
static void
set_make(struct set *s, uint32_t n, uint32_t limit, uint32_t adaptive)
{
	struct rse_config c;
	uint32_t i, y;
	int x;

	s->n = n;
	for (i = 0; i < n; i++) {
		rse_config_default(&c);
		c.dim[0] = 8;
		c.dim[1] = c.dim[2] = 4;
		c.id = i;
		c.count = n;
		c.events = 256;
		c.limit = limit;
		c.interval = 200;
		c.adaptive = adaptive;
		s->t[i] = torus_new(&c, &s->mem[i]);
		for (y = 0; y < 16; y++) {
			for (x = 7; x > 0; x--)
				rse_edge(s->t[i], x * 16 + y,
				    (x - 1) * 16 + y, 1 + (y * 5 + x) % 9, 0);
			rse_edge(s->t[i], y, 7 * 16 + y, 2, RSE_PORTAL);
			if (y % 3 == 0)
				rse_edge(s->t[i], 3 * 16 + y,
				    5 * 16 + (y + 1) % 16, 40, 0);
			rse_spawn(s->t[i], 5 * 16 + y, NULL);
		}
		for (y = 0; y < 8; y++)
			put(s->t[i], y * 3, 7 * 16 + (y * 2 + i) % 16, 0, 1);
		rse_start(s->t[i]);
	}
}

static void
set_free(struct set *s)
{
	uint32_t i;

	for (i = 0; i < s->n; i++)
		free(s->mem[i]);
}

static void
epochs(struct set *s, uint64_t n)
{
	uint32_t i;

	for (i = 0; i < s->n; i++)
		rse_epoch_limit(s->t[i], n);
}

static uint64_t
digest(const struct set *s)
{
	uint64_t d = 0;
	uint32_t i;

	for (i = 0; i < s->n; i++)
		d = d * 31 + rse_torus_digest(s->t[i]);
	return d;
}

/* outflow(i) == inflow(i+1) + in flight; in flight is never negative. */
static int
conserved(const struct set *s, int settled)
{
	uint32_t i, y, flight;

	for (i = 0; i < s->n; i++)
		for (y = 0; y < 16; y++) {
			flight = rse_face_out(s->t[i], y) -
			    rse_face_in(s->t[(i + 1) % s->n], y);
			if (flight > INT32_MAX || (settled && flight != 0))
				return 0;
		}
	return 1;
}

static int
ledger(const struct set *s)
{
	struct rse_stats st;
	uint32_t i;

	for (i = 0; i < s->n; i++) {
		rse_torus_stats(s->t[i], &st);
		if (st.injected + st.emitted + st.flux_in_events !=
		    st.processed + st.pending + st.flux_out_events)
			return 0;
	}
	return 1;
}

static void
threads_equal(uint32_t n, uint32_t adaptive)
{
	static const uint64_t batch[] = { 1, 7, 1000 };
	struct set s;
	struct rse_stats st;
	uint64_t want;
	uint32_t k, b;
	int good = 1;

	set_make(&s, n, 256, adaptive);
	epochs(&s, 60);
	rse_braid_run_sequential(s.t, n, 1000);
	want = digest(&s);
	rse_torus_stats(s.t[1], &st);
	ok(st.epoch == 60 && st.flux_out > 0 && st.flux_in > 0,
	    "I14 the reference ran 60 epochs with flux");
	ok(st.violations == 0, "I15 no violations in steady state");
	ok(conserved(&s, 0), "I8 conserved after 60 epochs");
	ok(ledger(&s), "I1 the ledger of a torus with flux");
	set_free(&s);
	for (k = 1; k <= n; k++)
		for (b = 0; b < 3; b++) {
			set_make(&s, n, 256, adaptive);
			epochs(&s, 60);
			rse_braid_run_threads(s.t, n, k, batch[b]);
			good &= digest(&s) == want;
			set_free(&s);
		}
	ok(good, "I13 I14 digests equal for 1..N threads and all batches");
}

static void
start_stop(void)
{
	struct set s;
	uint64_t want, e;
	int good = 1;

	set_make(&s, 3, 256, 0);
	epochs(&s, 1000);
	rse_braid_run_sequential(s.t, 3, 100);
	want = digest(&s);
	set_free(&s);
	set_make(&s, 3, 256, 0);
	for (e = 1; e <= 1000 && good; e++) {
		epochs(&s, e);
		good = rse_braid_run_threads(s.t, 3, 3, 50) == 0;
	}
	ok(good && digest(&s) == want,
	    "I13 start and stop 1000 times, same digest");
	set_free(&s);
}

/* Everything drains, so all fall asleep; an injection wakes them again. */
static void
quiescence(void)
{
	struct set s;
	struct rse_stats st;
	struct rse_config c;
	uint32_t i, y;
	int asleep = 1;

	s.n = 3;
	for (i = 0; i < 3; i++) {
		rse_config_default(&c);
		c.dim[0] = c.dim[1] = c.dim[2] = 4;
		c.id = i;
		c.count = 3;
		s.t[i] = torus_new(&c, &s.mem[i]);
		for (y = 0; y < 16 && i < 2; y++)
			rse_edge(s.t[i], y, 48 + y, 1, RSE_PORTAL);
		rse_start(s.t[i]);
	}
	put(s.t[0], 0, 3, 3, 1);
	rse_braid_run_threads(s.t, 3, 3, 100);
	for (i = 0; i < 3; i++)
		asleep &= rse_torus_state(s.t[i]) == RSE_ASLEEP;
	rse_torus_stats(s.t[1], &st);
	ok(asleep && st.flux_in_events == 1 && st.processed == 1,
	    "an idle braid sleeps after the flux arrived");
	put(s.t[1], 0, 5, 5, 1);
	rse_braid_run_threads(s.t, 3, 3, 100);
	rse_torus_stats(s.t[2], &st);
	asleep = st.flux_in_events == 1;
	for (i = 0; i < 3; i++)
		asleep &= rse_torus_state(s.t[i]) == RSE_ASLEEP;
	ok(asleep, "an injection wakes it, and it sleeps again");
	set_free(&s);
}

/* A bad transport: each projection may be lost, sent again, or late. */
struct bad {
	struct set *s;
	uint32_t id, percent;
	uint8_t old[8][512];
	uint64_t old_seq[8];
	uint32_t count;
	uint64_t *stale;
};

static void
bad_send(struct bad *b, uint32_t k)
{
	uint32_t side, to;

	for (side = 0; side < 2; side++) {
		to = (b->id + (side ? b->s->n - 1 : 1)) % b->s->n;
		if (rnd(100) < b->percent)
			continue; /* lost */
		if (rse_deliver(b->s->t[to], b->id, b->old_seq[k % 8],
		    b->old[k % 8], 40 + 16 * 4 + 72) == RSE_ESTALE)
			++*b->stale;
	}
}

static void
bad_publish(void *arg, uint64_t seq, const uint8_t *wire, size_t len)
{
	struct bad *b = arg;

	memcpy(b->old[b->count % 8], wire, len);
	b->old_seq[b->count % 8] = seq;
	b->count++;
	if (rnd(100) < b->percent && b->count > 1)
		bad_send(b, b->count - 2); /* an older one first */
	bad_send(b, b->count - 1);
	if (rnd(100) < b->percent)
		bad_send(b, b->count - 1); /* twice */
	if (rnd(100) < b->percent && b->count > 3)
		bad_send(b, b->count - 1 - rnd(3)); /* out of order */
}

static void
lossy(uint32_t percent, uint32_t limit)
{
	struct rse_hooks h = { .publish = bad_publish };
	struct rse_config c;
	struct rse_wait wait;
	struct rse_stats st;
	static struct bad bad[3];
	struct set s;
	uint64_t stale = 0, counted = 0, misses = 0;
	uint32_t i, round;
	char name[80];
	int good = 1;

	set_make(&s, 3, limit, 0);
	memset(bad, 0, sizeof(bad));
	for (i = 0; i < 3; i++) {
		c = *rse_torus_config(s.t[i]);
		c.policy = RSE_POLICY_CONTINUE;
		rse_torus_configure(s.t[i], &c);
		bad[i] = (struct bad) { .s = &s, .id = i,
			.percent = percent, .stale = &stale };
		h.arg = &bad[i];
		rse_torus_hooks_set(s.t[i], &h);
	}
	for (round = 0; round < 3000 && good; round++) {
		i = rnd(3);
		if (rnd(6) == 0)
			put(s.t[i], 0, 7 * 16 + rnd(16), 0, 1);
		switch (rse_step(s.t[i], 50, &wait)) {
		case RSE_STEP_WAIT:
			if (rnd(4) == 0) {
				rse_missed(s.t[i]);
				misses++;
			}
			break;
		default:
			break;
		}
		good = conserved(&s, 0) && ledger(&s);
	}
	for (i = 0; i < 3; i++) {
		rse_torus_stats(s.t[i], &st);
		counted += st.violations;
		good &= st.violations == st.stale;
	}
	snprintf(name, sizeof(name), "I8 at %u %% loss, repetition, disorder"
	    " (limit %u)", percent, limit);
	ok(good && misses > 0, name);
	if (!ok(counted == stale && stale > 0,
	    "I15 each stale one counted once, under its name"))
		printf("# %" PRIu64 " counted of %" PRIu64 "\n", counted,
		    stale);
	set_free(&s);
}

int
main(void)
{
	threads_equal(3, 0);
	threads_equal(3, 1);
	threads_equal(6, 0);
	start_stop();
	quiescence();
	lossy(1, 256);
	lossy(5, 256);
	lossy(10, 256);
	lossy(20, 256);
	lossy(50, 256);
	lossy(30, 20);
	return tap_done();
}
