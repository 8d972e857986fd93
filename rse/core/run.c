/* SPDX-License-Identifier: MIT */
/*
 * rse/core/run.c - the event loop.
 *
 * One event: take the least, count it, let the processes on its cell handle
 * it, carry it along the edges.  The edges carry an event once, if the cell
 * has no process or at least one relay process.
 */
#include <string.h>

#include "cell.h"

#define AHEAD 8 /* events to look ahead: fetch their processes */

/*
 * What the loop must be ready for.  It is compiled once for each, because a
 * torus mostly has processes of one kind, which need no call then.
 */
enum loop { RELAYS, PHOLDS, ANY };

#define HOT inline __attribute__((always_inline))

/* The delay an edge has after an event with this payload. */
static inline uint32_t
delay_adapt(uint32_t delay, int32_t payload)
{
	if (payload > 0)
		return delay > 1 ? delay - 1 : 1;
	return delay < UINT32_MAX ? delay + 1 : delay;
}

static HOT void
edges_carry(struct rse_torus *t, uint32_t i, const struct qevent *e)
{
	uint32_t node = qevent_dst(e);
	int32_t payload = qevent_payload(e);
	struct rse_edge *edge;

	for (; i != NONE; i = edge->next) {
		edge = &t->edge[i];
		edge->delay = delay_adapt(edge->delay, payload);
		if (__builtin_expect((edge->flags & RSE_PORTAL) != 0, 0)) {
			t->stats.emitted++;
			t->stats.flux_out_events++;
			t->stats.flux_out++;
			t->face_out[node]++;
			continue;
		}
		emit(t, e->time + edge->delay, edge->to, node,
		    qevent_kind(e), (int32_t)((uint32_t)payload + 1),
		    e->time);
	}
}

/* A torus with a behaviour that failed does not go on. */
void
rse_torus_fault(struct rse_torus *t, int error)
{
	t->state = RSE_FAULTED;
	t->stats.error = error;
	t->running = 0;
}

int
rse_cell_emit(struct rse_cell *c, uint32_t dst, uint64_t delay,
    uint32_t kind, int32_t payload)
{
	if (dst >= c->torus->cells)
		return c->error = RSE_EINVAL;
	if (delay == 0 || delay > UINT32_MAX)
		return c->error = RSE_EDELAY;
	if (c->left == 0)
		return c->error = RSE_EFANOUT;
	c->left--;
	emit(c->torus, c->now + delay, dst, c->node, kind, payload, c->now);
	return RSE_OK;
}

/*
 * PHOLD: one event out for one in.  Both choices of destination come from
 * one draw: the low half decides, the high half scales to a cell.
 */
static HOT void
phold_call(struct rse_torus *t, const struct rse_process *p,
    const struct qevent *q)
{
	const struct rse_config *cf = &t->config;
	uint64_t key = random_key(cf->seed, p->pid);
	uint64_t r = random_draw(key, p->handled, 0);
	/* Not a branch: nothing could predict it. */
	uint32_t away = -(uint32_t)((uint32_t)r < cf->remote);
	uint32_t dst = p->node, any;

	any = (uint32_t)(((r >> 32) * t->cells) >> 32);
	dst ^= (dst ^ any) & away;
	emit(t, q->time + delay_from(t->log2_table,
	    random_draw(key, p->handled, 1), cf->lookahead, cf->mean), dst,
	    p->node, qevent_kind(q), qevent_payload(q), q->time);
}

/* Any behaviour but the two built into the loop. */
static __attribute__((noinline)) void
behaviour_call(struct rse_torus *t, struct rse_process *p,
    const struct qevent *q)
{
	const struct behaviour *b = &t->behaviour[p->behaviour];
	struct rse_event e;
	struct rse_cell c;
	int error;

	event_unpack(q, &e);
	c.torus = t;
	c.process = p;
	c.now = e.time;
	c.key = random_key(t->config.seed, p->pid);
	c.node = e.dst;
	c.draws = 0;
	c.left = b->fanout;
	c.error = RSE_OK;
	error = b->fn(&c, &e, b->arg);
	if (error == RSE_OK)
		error = c.error;
	if (error != RSE_OK)
		rse_torus_fault(t, error);
}

/* Let the processes from slot `i` on handle the event; edges to follow? */
static HOT int
processes_call(struct rse_torus *t, uint32_t i, const struct qevent *q,
    const enum loop kind)
{
	struct rse_process *p;
	struct qevent copy;
	int carry = 0;

	for (; i != NONE; i = p->next) {
		p = &t->process[i];
		p->handled++;
		if (kind == RELAYS || (kind == ANY &&
		    p->behaviour == RSE_RELAY)) {
			p->state = (int64_t)((uint64_t)p->state +
			    (uint64_t)(int64_t)qevent_payload(q));
			carry = 1;
		} else if (kind == PHOLDS || p->behaviour == RSE_PHOLD) {
			phold_call(t, p, q);
		} else {
			copy = *q; /* so that *q can be registers */
			behaviour_call(t, p, &copy);
		}
	}
	return carry;
}

/* Exactly how many events handling one on `node` can add to the queue. */
static uint32_t
fanout(const struct rse_torus *t, uint32_t node)
{
	uint32_t i, n = 0, carry = t->cell[node].process == NONE;

	for (i = t->cell[node].process; i != NONE; i = t->process[i].next) {
		n += t->behaviour[t->process[i].behaviour].fanout;
		carry |= t->process[i].behaviour == RSE_RELAY;
	}
	if (!carry)
		return n;
	for (i = t->cell[node].edge; i != NONE; i = t->edge[i].next)
		n += (t->edge[i].flags & RSE_PORTAL) == 0;
	return n;
}

static inline int
fits(const struct rse_torus *t, uint32_t bound, uint32_t node)
{
	uint64_t rest = (uint64_t)t->queue.count - 1;

	if (__builtin_expect(rest + bound <= t->config.limit, 1))
		return 1;
	return rest + fanout(t, node) <= t->config.limit;
}

static __attribute__((noinline)) void
trace(struct rse_torus *t, struct qevent q)
{
	struct rse_event e;
	uint64_t h;

	event_unpack(&q, &e);
	if (t->config.digest) {
		h = fnv_word(t->stats.run_digest, e.time, 8);
		h = fnv_word(h, e.dst, 4);
		h = fnv_word(h, e.src, 4);
		t->stats.run_digest = fnv_word(h, (uint32_t)e.payload, 4);
	}
	if (t->hooks.handled != NULL)
		t->hooks.handled(t->hooks.arg, &e);
}

/*
 * Touch the cell, then the process, of events soon to come.  Always inline:
 * a function that only prefetches has no effect the compiler knows of, so it
 * would leave out the call.
 */
static HOT void
fetch_ahead(const struct rse_torus *t)
{
	const struct qevent *q = &t->queue.front[t->queue.head];
	uint32_t p;

	__builtin_prefetch(&t->cell[qevent_dst(q + 2 * AHEAD - 1)]);
	p = t->cell[qevent_dst(q + AHEAD)].process;
	if (p != NONE)
		__builtin_prefetch(&t->process[p], 1);
}

static HOT uint64_t
loop(struct rse_torus *t, uint64_t max, uint64_t until, const enum loop kind)
{
	struct queue *q = &t->queue;
	struct qevent *head, e;
	const struct cell *cell;
	uint64_t n = 0, bound;
	int carry;

	bound = t->degree_max + (uint64_t)t->stack_max * t->fanout_max;
	if (bound > t->config.limit)
		bound = t->config.limit + UINT64_C(1);
	while (n < max) {
		if (__builtin_expect(t->ring_count != 0, 0))
			rse_ring_drain(t);
		if ((head = queue_peek(q, until)) == NULL)
			break;
		if (!fits(t, (uint32_t)bound, qevent_dst(head))) {
			t->stalled = 1;
			break;
		}
		e = *head;
		queue_drop(q);
		n++;
		t->stats.processed++;
		t->stats.now = e.time;
		cell = &t->cell[qevent_dst(&e)];
		if (kind != RELAYS)
			fetch_ahead(t);
		if (kind == ANY &&
		    (t->config.digest || t->hooks.handled != NULL))
			trace(t, e);
		carry = 1;
		if (cell->process != NONE)
			carry = processes_call(t, cell->process, &e,
			    kind);
		if (carry)
			edges_carry(t, cell->edge, &e);
		if (kind == ANY &&
		    __builtin_expect(t->state == RSE_FAULTED, 0))
			break;
		t->last = e;
	}
	return n;
}

uint64_t
rse_torus_run(struct rse_torus *t, uint64_t max, uint64_t until)
{
	int was = t->stalled;
	uint64_t n;

	if (t->state == RSE_FAULTED)
		return 0;
	if (until > RSE_TIME_MAX)
		until = RSE_TIME_MAX;
	t->stalled = 0;
	if (t->ring_count != 0)
		rse_ring_drain(t);
	if (t->config.digest || t->hooks.handled != NULL)
		n = loop(t, max, until, ANY);
	else if ((t->behaviours & ~(1u << RSE_RELAY)) == 0)
		n = loop(t, max, until, RELAYS);
	else if (t->behaviours == 1u << RSE_PHOLD)
		n = loop(t, max, until, PHOLDS);
	else
		n = loop(t, max, until, ANY);
	if (t->stalled && !was)
		t->stats.stalls++;
	return n;
}
