/* SPDX-License-Identifier: MIT */
/*
 * rse/core/detect.c - whether a neighbour still lives.
 *
 * The only measure is wall time the runner waited, together with the work
 * the neighbour has done meanwhile; virtual time never enters.  So a torus
 * with a million events in an epoch is slow, not dead, and one that stands
 * still is found however far its clock got.
 */
#include "keep.h"

void
rse_pulse(const struct rse_torus *t, struct rse_pulse *p)
{
	p->progress = t->stats.processed + t->stats.applied +
	    t->stats.published + t->braid.epoch;
	p->state = rse_torus_state(t);
	if (t->config.count != 0 && t->braid.epoch >= t->braid.limit)
		p->state = RSE_STOPPED; /* as far as it was told to go */
	p->waits_for = NONE;
	if (p->state == RSE_WAITING)
		p->waits_for = rse_epoch_peer((struct rse_torus *)t)->id;
}

/* It works, was stopped on purpose, or itself waits for a third one. */
static int
excused(const struct rse_torus *t, const struct peer *p,
    const struct rse_pulse *pulse)
{
	if (pulse == NULL)
		return 0;
	if (pulse->progress != p->progress || pulse->state == RSE_STOPPED)
		return 1;
	return pulse->state == RSE_WAITING &&
	    pulse->waits_for != t->config.id;
}

uint32_t
rse_deadline(struct rse_torus *t, const struct rse_pulse *pulse)
{
	struct peer *p;
	int good;

	if (t->state != RSE_WAITING)
		return 0;
	p = rse_epoch_peer(t);
	good = excused(t, p, pulse);
	if (pulse != NULL)
		p->progress = pulse->progress;
	if (!good)
		return rse_missed(t);
	if (!p->failed)
		p->missed = 0;
	t->braid.nudged = 0; /* ask again: the first may have been lost */
	return 0;
}

/*
 * A deadline passed.  Under `wait` the torus stays where it is, whatever the
 * count; under `continue` it goes on without this projection.
 */
uint32_t
rse_missed(struct rse_torus *t)
{
	struct peer *p;

	if (t->state != RSE_WAITING)
		return 0;
	p = rse_epoch_peer(t);
	p->missed++;
	t->stats.missed++;
	if (p->missed == 1)
		t->stats.degraded++;
	if (p->missed == RSE_FAILED_AT) {
		p->failed = 1;
		t->stats.failed++;
	}
	t->braid.nudged = 0;
	if (t->config.policy == RSE_POLICY_CONTINUE) {
		rse_epoch_skip(t);
		t->state = RSE_RUNNING;
	}
	return p->missed;
}

static struct peer *
peer_of(struct rse_torus *t, uint32_t id)
{
	struct peer *p = t->braid.peer;

	if (t->config.count == 0)
		return NULL;
	return id == p[NEXT].id ? &p[NEXT] : id == p[PREV].id ? &p[PREV] :
	    NULL;
}

enum rse_peer_state
rse_peer_state(const struct rse_torus *t, uint32_t peer)
{
	const struct peer *p = peer_of((struct rse_torus *)t, peer);

	if (p == NULL || (!p->failed && p->missed == 0))
		return RSE_PEER_HEALTHY;
	return p->failed ? RSE_PEER_FAILED : RSE_PEER_DEGRADED;
}

void
rse_rejoined(struct rse_torus *t, uint32_t peer, uint32_t life)
{
	struct peer *p = peer_of(t, peer);

	if (p == NULL)
		return;
	/* Healthy again with its next projection; until then it has time. */
	p->missed = p->failed;
	t->braid.nudged = 0;
	if (life > p->life)
		p->life = life;
	keep_due(t);
}

void
rse_refused(struct rse_torus *t, uint32_t by, uint64_t seq)
{
	struct braid *b = &t->braid;
	struct peer *p = peer_of(t, by);

	if (p == NULL || seq != b->seq)
		return;
	p->refused = seq;
	if (b->peer[PREV].refused == seq && b->peer[NEXT].refused == seq)
		rse_torus_fault(t, RSE_ECORRUPT);
}

void
rse_asked(struct rse_torus *t, uint32_t from, uint64_t epoch)
{
	const struct rse_keep *k = t->keep;
	const uint8_t *wire = NULL;
	uint64_t seq = 0;

	rse_nudged(t, epoch);
	if (epoch >= t->braid.done || t->hooks.resend == NULL ||
	    peer_of(t, from) == NULL)
		return;
	if (t->braid.seq != 0 && epoch + 1 == t->braid.done) {
		wire = t->wire; /* the last one, kept even without a keep */
		seq = t->braid.seq;
	} else if (k != NULL) {
		wire = rse_keep_sent(k, epoch, &seq);
		/* Forgotten by now: the last one says all that matters. */
		if (wire == NULL)
			wire = rse_history_last(&k->sent, &seq);
	}
	if (wire != NULL)
		t->hooks.resend(t->hooks.arg, from, seq, wire,
		    rse_projection_size(&t->config));
}
