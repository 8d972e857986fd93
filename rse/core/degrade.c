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
last_copy(const struct rse_torus *prev, const struct rse_torus *next,
    uint64_t *seq)
{
	const uint8_t *a, *b;
	uint64_t sa = 0, sb = 0;

	a = rse_history_last(&prev->keep->received[NEXT], &sa);
	b = rse_history_last(&next->keep->received[PREV], &sb);
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
epoch_set(struct braid *b, uint64_t epoch, const struct braid *from)
{
	uint64_t back;

	b->interval = b->next_interval = from->interval;
	b->epoch = epoch;
	if (epoch >= from->epoch) {
		b->start = from->start + (epoch - from->epoch) * b->interval;
	} else {
		back = (from->epoch - epoch) * b->interval;
		b->start = from->start > back ? from->start - back : 0;
	}
	b->end = b->start + b->interval;
	b->done = epoch;
	b->want = from->epoch + 4;
}

static void
peer_set(struct peer *p, const struct history *sent)
{
	const uint8_t *last;
	uint64_t seq = 0;

	last = rse_history_last(sent, &seq);
	if (last == NULL)
		return;
	p->seq = p->applied = seq;
	p->epoch = le64_get(last + 4);
	p->processed = le64_get(last + 12);
	p->passed = p->epoch + 1;
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
rse_recover_degraded(struct rse_torus *t, const struct rse_torus *prev,
    const struct rse_torus *next)
{
	const struct rse_config *c = &t->config;
	size_t len = rse_projection_size(c);
	struct rse_projection v;
	const uint8_t *wire;
	uint64_t seq;
	int error;

	if (c->count == 0 || t->keep != NULL)
		return RSE_EINVAL;
	if (prev == NULL || next == NULL || prev->keep == NULL ||
	    next->keep == NULL)
		return RSE_EPEER;
	if (prev->config.id != (c->id + c->count - 1) % c->count ||
	    next->config.id != (c->id + 1) % c->count ||
	    prev->keep->sent.len != len || next->keep->sent.len != len)
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
	faces_set(t, wire, &prev->keep->sent);
	ledger_close(&t->stats);
	t->last = qevent_make(v.now, t->cells - 1, t->cells - 1, UINT32_MAX,
	    INT32_MAX); /* nothing comes before what was handled */
	epoch_set(&t->braid, v.timestamp + 1, &next->braid);
	t->braid.seq = seq;
	memcpy(t->wire, wire, len);
	peer_set(&t->braid.peer[PREV], &prev->keep->sent);
	peer_set(&t->braid.peer[NEXT], &next->keep->sent);
	t->floor = t->braid.start;
	t->queue.base = t->queue.wend = v.now;
	/* Ids given out before are not known: none of them comes again. */
	t->next_pid += 1u << (PID_BITS - 1);
	return RSE_OK;
}
