/* SPDX-License-Identifier: MIT */
/*
 * rse/core/inject.c - events from outside: the ring, and how they enter.
 *
 * An injection waits in the ring until the event loop stands between two
 * events and the queue has room.  There it gets its final time and is
 * written to the journal with the number of events processed: so a run can
 * be repeated exactly.  One that would come before an event already handled
 * is moved to the next tick and counted as late.
 */
#include "keep.h"

int
rse_torus_room(const struct rse_torus *t)
{
	return (int)(t->config.ring - t->ring_count);
}

int
rse_inject(struct rse_torus *t, const struct rse_event *e)
{
	uint32_t at;

	if (e->dst >= t->cells || e->src >= t->cells ||
	    e->time >= RSE_TIME_MAX)
		return RSE_EINVAL;
	if (t->ring_count == t->config.ring) {
		t->stats.refused++;
		return RSE_EAGAIN;
	}
	at = t->ring_head + t->ring_count;
	if (at >= t->config.ring)
		at -= t->config.ring;
	t->ring[at] = *e;
	t->ring_count++;
	t->stats.injected++;
	keep_inject(t, e);
	return RSE_OK;
}

static void
journal_add(struct rse_torus *t, const struct qevent *q)
{
	struct rse_journal_entry entry;

	entry.processed = t->stats.processed;
	event_unpack(q, &entry.event);
	if (t->njournal < t->config.journal)
		t->journal[t->njournal++] = entry;
	else
		t->stats.journal_lost++;
	if (t->hooks.journal != NULL)
		t->hooks.journal(t->hooks.arg, &entry);
}

/* Give an event a time at which nothing later was handled yet. */
static void
event_settle(struct rse_torus *t, struct qevent *q)
{
	uint64_t time = q->time;

	if (time < t->floor)
		time = t->floor;
	if (t->stats.processed != 0) {
		if (time < t->last.time)
			time = t->last.time + 1;
		q->time = time;
		if (qevent_less(q, &t->last))
			time = t->last.time + 1;
	}
	q->time = time;
}

void
rse_ring_pop(struct rse_torus *t)
{
	if (++t->ring_head == t->config.ring)
		t->ring_head = 0;
	t->ring_count--;
}

void
rse_ring_drain(struct rse_torus *t)
{
	const struct rse_event *e;
	struct qevent q;

	if (t->hold_ring)
		return;
	while (t->ring_count != 0 && t->queue.count < t->config.limit) {
		e = &t->ring[t->ring_head];
		q = qevent_make(e->time, e->dst, e->src, e->kind, e->payload);
		event_settle(t, &q);
		if (q.time != e->time)
			t->stats.late++;
		queue_insert(&t->queue, &q, t->stats.now);
		journal_add(t, &q);
		rse_ring_pop(t);
	}
}

uint32_t
rse_queue_room(const struct rse_torus *t)
{
	return t->config.limit > t->queue.count ?
	    t->config.limit - t->queue.count : 0;
}

/* Boundary inflow: at the floor, which is the next epoch's beginning. */
void
rse_inject_flux(struct rse_torus *t, uint32_t node, int32_t payload)
{
	struct qevent q = qevent_make(t->floor, node, node, 0, payload);

	event_settle(t, &q);
	queue_insert(&t->queue, &q, t->stats.now);
	t->stats.flux_in_events++;
	t->stats.flux_in += (uint32_t)payload;
}
