/* SPDX-License-Identifier: MIT */
/*
 * rse/core/degrade.c - recovery without a snapshot: what neighbours know.
 *
 * They know the clock, the totals and the outflow of the lost torus, and how
 * much of the flux meant for it was sent.  Its processes, its edges and its
 * pending events are gone, and the torus says so: `approximate`.
 */
#include <string.h>

#include "hash.h"
#include "keep.h"

/* The newer of the neighbours' copies of our last projection. */
static const uint8_t *
last_copy(const struct rse_keep *prev, const struct rse_keep *next,
    uint64_t *seq)
{
	const uint8_t *a, *b;
	uint64_t sa = 0, sb = 0;

	a = rse_history_last(&prev->received[NEXT], &sa);
	b = rse_history_last(&next->received[PREV], &sb);
	*seq = sa > sb ? sa : sb;
	return sa > sb ? a : b;
}

/* Events that left no trace were emitted and handled: the ledger closes. */
static void
ledger_close(struct rse_stats *s)
{
	uint64_t out = s->processed + s->flux_out_events;

	s->flux_in_events = s->flux_in < out ? s->flux_in : out;
	s->emitted = out - s->flux_in_events;
}

/* The next epoch, at the time at which the neighbour has it. */
static void
epoch_set(struct braid *b, uint64_t epoch, const struct rse_keep *from)
{
	const struct rse_torus *t = from->torus; /* NULL: `from` is a copy */
	uint64_t at = t != NULL ? t->braid.epoch : from->epoch;
	uint64_t start = t != NULL ? t->braid.start : from->start, back;

	b->interval = t != NULL ? t->braid.interval : from->interval;
	b->next_interval = b->interval;
	b->epoch = epoch;
	if (epoch >= at) {
		b->start = start + (epoch - at) * b->interval;
	} else {
		back = (at - epoch) * b->interval;
		b->start = start > back ? start - back : 0;
	}
	b->end = b->start + b->interval;
	b->done = epoch;
	b->want = at + 4;
}

/*
 * What the neighbour published after our own last epoch is still to come: it
 * ends epochs that are handled again.
 */
static void
peer_set(struct peer *p, const struct history *sent, uint64_t epoch)
{
	const uint8_t *last, *wire;
	uint64_t seq = 0;

	last = rse_history_last(sent, &seq);
	if (last == NULL)
		return;
	p->processed = le64_get(last + 12);
	p->passed = le64_get(last + 4) + 1;
	for (wire = last; wire != NULL && le64_get(wire + 4) > epoch;)
		wire = rse_history_find(sent, --seq);
	p->seq = p->applied = seq;
	p->epoch = wire != NULL ? le64_get(wire + 4) : epoch;
}

/* Flux that was under way counts as taken in: its events are lost. */
static void
faces_set(struct rse_torus *t, const uint8_t *own, const struct history *in)
{
	const uint8_t *wire;
	uint64_t seq;
	uint32_t i;

	for (i = 0; i < t->faces; i++) {
		t->face_out[i] = le32_get(own + PROJ_FACES + (size_t)i * 4);
		t->stats.flux_out += t->face_out[i];
	}
	wire = rse_history_last(in, &seq);
	for (i = 0; wire != NULL && i < t->faces; i++) {
		t->face_in[i] = le32_get(wire + PROJ_FACES + (size_t)i * 4);
		t->stats.flux_in += t->face_in[i];
	}
	t->stats.flux_out_events = t->stats.flux_out;
}

int
rse_recover_degraded(struct rse_torus *t, const struct rse_keep *prev,
    const struct rse_keep *next)
{
	const struct rse_config *c = &t->config;
	size_t len = rse_projection_size(c);
	struct rse_projection v;
	const uint8_t *wire;
	uint64_t seq;
	int error;

	if (c->count == 0 || t->keep != NULL)
		return RSE_EINVAL;
	if (prev == NULL || next == NULL)
		return RSE_EPEER;
	if (prev->id != (c->id + c->count - 1) % c->count ||
	    next->id != (c->id + 1) % c->count ||
	    prev->sent.len != len || next->sent.len != len)
		return RSE_ECONFIG;
	if ((wire = last_copy(prev, next, &seq)) == NULL)
		return RSE_ENOENT;
	error = rse_projection_decode(wire, len, t->faces, &v);
	if (error != RSE_OK)
		return error;
	rse_torus_reset(t);
	t->approximate = 1;
	t->stats.processed = v.processed;
	t->stats.now = v.now;
	faces_set(t, wire, &prev->sent);
	ledger_close(&t->stats);
	t->last = qevent_make(v.now, t->cells - 1, t->cells - 1, UINT32_MAX,
	    INT32_MAX); /* nothing comes before what was handled */
	epoch_set(&t->braid, v.timestamp + 1, next);
	t->braid.seq = seq;
	memcpy(t->wire, wire, len);
	peer_set(&t->braid.peer[PREV], &prev->sent, v.timestamp);
	peer_set(&t->braid.peer[NEXT], &next->sent, v.timestamp);
	t->floor = t->braid.start;
	t->queue.base = t->queue.wend = v.now;
	t->next_pid = rse_life_first(t, 1 +
	    rse_keep_life_known(prev, next)) + 1;
	t->braid.peer[PREV].life = rse_keep_life(prev);
	t->braid.peer[NEXT].life = rse_keep_life(next);
	return RSE_OK;
}
