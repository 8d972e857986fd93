/* SPDX-License-Identifier: MIT */
/*
 * rse/core/braid.c - the braid protocol as seen by one torus.
 *
 *	          events below `end` left
 *	            +------+
 *	            v      |
 *	        [ running ]-+--> our colour: publish ------+
 *	            ^      |                               v
 *	            |      +--> theirs: wait -> apply --> next epoch
 *	            |                                      |
 *	            +---------- quiescent? -> asleep <-----+
 *
 * Nothing here waits: rse_step returns what it needs, and whoever runs the
 * torus waits as it can.
 *
 * One slot is enough for what comes from a neighbour: torus i publishes in
 * epochs e = i mod 3 and e + 3.  To finish e + 1 and e + 2 it must have
 * applied what both neighbours published there, and each of them did so
 * only after finishing e, that is after applying i's projection of e.
 */
#include <string.h>

#include "keep.h"

#define FLUX_HIGH    64 /* units a face cell in a cycle: halve */
#define INTERVAL_MIN 100u
#define INTERVAL_MAX 10000u

void
rse_braid_init(struct rse_torus *t)
{
	struct braid *b = &t->braid;
	uint8_t *prev = b->peer[PREV].wire, *next = b->peer[NEXT].wire;
	uint32_t n = t->config.count;

	memset(b, 0, sizeof(*b));
	b->peer[PREV].wire = prev;
	b->peer[NEXT].wire = next;
	b->limit = RSE_FOREVER;
	b->interval = b->next_interval = t->config.interval;
	b->end = b->interval;
	b->peer[PREV].id = b->peer[NEXT].id = NONE;
	if (n == 0)
		return;
	b->peer[PREV].id = (t->config.id + n - 1) % n;
	b->peer[NEXT].id = (t->config.id + 1) % n;
	b->peer[PREV].colour = b->peer[PREV].id % 3;
	b->peer[NEXT].colour = b->peer[NEXT].id % 3;
}

/* Torus 0 decides, at its publication, the interval of the next cycle. */
static void
interval_decide(struct rse_torus *t)
{
	struct braid *b = &t->braid;
	uint64_t flux = t->stats.flux_out - b->flux_mark;
	uint32_t k = b->next_interval;

	b->flux_mark = t->stats.flux_out;
	if (flux > (uint64_t)FLUX_HIGH * t->faces) {
		k /= 2;
		b->next_interval = k < INTERVAL_MIN ? INTERVAL_MIN : k;
	} else if (flux == 0) {
		k *= 2;
		b->next_interval = k > INTERVAL_MAX ? INTERVAL_MAX : k;
	}
}

static void
braid_publish(struct rse_torus *t)
{
	struct braid *b = &t->braid;

	if (t->config.adaptive && t->config.id == 0)
		interval_decide(t);
	rse_projection_write(t, t->wire);
	b->seq++;
	b->done = b->epoch + 1;
	b->said_idle = t->queue.count == 0 && t->ring_count == 0;
	b->said_flux = t->stats.flux_out;
	t->stats.published++;
	if (t->keep != NULL)
		rse_history_add(&t->keep->sent, b->seq, b->epoch, t->wire);
	if (t->hooks.publish != NULL)
		t->hooks.publish(t->hooks.arg, b->seq, t->wire,
		    rse_projection_size(&t->config));
}

static void
braid_apply(struct rse_torus *t, struct peer *p)
{
	struct rse_projection v;
	size_t len = rse_projection_size(&t->config);

	keep_applied(t, (uint32_t)(p - t->braid.peer), p->seq);
	p->have = 0;
	p->missed = 0;
	p->failed = 0;
	p->applied = p->seq;
	p->passed = p->epoch + 1;
	rse_projection_take(t, p->wire, p, p == &t->braid.peer[PREV]);
	if (t->config.adaptive && p->id == 0 &&
	    rse_projection_decode(p->wire, len, t->faces, &v) == RSE_OK &&
	    v.constraint[5] >= (int32_t)INTERVAL_MIN &&
	    v.constraint[5] <= (int32_t)INTERVAL_MAX)
		t->braid.next_interval = (uint32_t)v.constraint[5];
}

static void
epoch_advance(struct rse_torus *t)
{
	struct braid *b = &t->braid;

	b->epoch++;
	b->nudged = 0;
	if (b->epoch % 3 == 0)
		b->interval = b->next_interval;
	b->start = b->end;
	b->end = b->start + b->interval;
	if (b->epoch % t->config.every == 0)
		keep_due(t);
}

/* Under `continue`: on without what the neighbour should have sent. */
void
rse_epoch_skip(struct rse_torus *t)
{
	keep_missed(t);
	epoch_advance(t);
}

/* The neighbour whose turn it is to publish. */
struct peer *
rse_epoch_peer(struct rse_torus *t)
{
	struct braid *b = &t->braid;

	return &b->peer[b->peer[NEXT].colour == b->epoch % 3 ? NEXT : PREV];
}

static int
peer_quiet(const struct peer *p)
{
	return p->failed || (p->idle && !p->rest && !p->have);
}

/* Nothing to do, everybody knows, and nobody waits for us. */
static int
braid_quiet(const struct rse_torus *t)
{
	const struct braid *b = &t->braid;

	return t->queue.count == 0 && t->ring_count == 0 && b->said_idle &&
	    b->said_flux == t->stats.flux_out && b->want <= b->done &&
	    peer_quiet(&b->peer[PREV]) && peer_quiet(&b->peer[NEXT]);
}

/* All events of the epoch are handled.  True when the epoch is over. */
static int
braid_end(struct rse_torus *t, struct rse_wait *wait)
{
	struct braid *b = &t->braid;
	struct peer *p;

	t->floor = b->end;
	if (t->config.id % 3 == b->epoch % 3) {
		braid_publish(t);
		epoch_advance(t);
		return 1;
	}
	p = rse_epoch_peer(t);
	if (p->have) {
		int late = p->epoch < b->epoch;

		braid_apply(t, p);
		if (!late) {
			epoch_advance(t);
			return 1;
		}
	}
	if (!t->replaying && t->config.policy == RSE_POLICY_CONTINUE &&
	    (p->failed || p->passed > b->epoch)) {
		rse_epoch_skip(t);
		return 1;
	}
	wait->peer = p->id;
	wait->epoch = b->epoch;
	if (!b->nudged && t->hooks.nudge != NULL)
		t->hooks.nudge(t->hooks.arg, p->id, b->epoch);
	b->nudged = 1;
	return 0;
}

static enum rse_step
step_failed(const struct rse_torus *t)
{
	if (t->state == RSE_FAULTED)
		return RSE_STEP_FAULTED;
	return t->running ? RSE_STEP_STALLED : RSE_STEP_STOPPED;
}

/* Run a batch and keep the account of `step N`. */
static uint64_t
batch_run(struct rse_torus *t, uint64_t batch, uint64_t until, int *all)
{
	uint64_t n, max = batch;

	if (t->counted_run && t->budget < max)
		max = t->budget;
	n = rse_torus_run(t, max, until);
	*all = n < max && !t->stalled && t->state != RSE_FAULTED;
	if (t->counted_run && (t->budget -= n) == 0 && n == max)
		rse_stop(t);
	return n;
}

static enum rse_step
step_alone(struct rse_torus *t, uint64_t batch)
{
	int all;
	uint64_t n = batch_run(t, batch, RSE_FOREVER, &all);

	if (t->stalled || t->state == RSE_FAULTED)
		return step_failed(t);
	if (n == 0 && all) {
		t->state = RSE_ASLEEP;
		return RSE_STEP_ASLEEP;
	}
	return RSE_STEP_RAN;
}

/* The events of the epoch are handled: what its end asks for. */
static enum rse_step
epoch_end(struct rse_torus *t, struct rse_wait *wait)
{
	/* A damaged torus must not tell others about its state. */
	if (rse_torus_check(t) != RSE_OK) {
		rse_torus_fault(t, RSE_ECORRUPT);
		return RSE_STEP_FAULTED;
	}
	if (!braid_end(t, wait)) {
		t->state = RSE_WAITING;
		return RSE_STEP_WAIT;
	}
	if (t->state == RSE_FAULTED)
		return RSE_STEP_FAULTED; /* both neighbours refused it */
	if (braid_quiet(t)) {
		t->state = RSE_ASLEEP;
		return RSE_STEP_ASLEEP;
	}
	return RSE_STEP_RAN;
}

static enum rse_step
step_end(struct rse_torus *t, struct rse_wait *wait)
{
	uint64_t began = rse_keep_clock(t);
	enum rse_step r = epoch_end(t, wait);

	t->stats.exchange_ns += rse_keep_clock(t) - began;
	return r;
}

enum rse_step
rse_step(struct rse_torus *t, uint64_t batch, struct rse_wait *wait)
{
	struct braid *b = &t->braid;
	int all;

	if (t->state == RSE_FAULTED || !t->running)
		return step_failed(t);
	if (t->state == RSE_ASLEEP && t->config.count != 0 && braid_quiet(t))
		return RSE_STEP_ASLEEP;
	if (t->state == RSE_ASLEEP)
		t->stats.sleeps++;
	t->state = RSE_RUNNING;
	if (t->config.count == 0)
		return step_alone(t, batch);
	if (t->keep != NULL)
		rse_keep_step(t);
	if (b->epoch >= b->limit)
		return RSE_STEP_DONE;
	batch_run(t, batch, b->end, &all);
	if (t->stalled || t->state == RSE_FAULTED)
		return step_failed(t);
	return all ? step_end(t, wait) : RSE_STEP_RAN;
}

void
rse_nudged(struct rse_torus *t, uint64_t epoch)
{
	if (epoch + 1 > t->braid.want)
		t->braid.want = epoch + 1;
}

void
rse_epoch_limit(struct rse_torus *t, uint64_t epoch)
{
	t->braid.limit = epoch;
}
