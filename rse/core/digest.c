/* SPDX-License-Identifier: MIT */
/*
 * rse/core/digest.c - one 64-bit hash of the whole state.
 *
 * A sum of well mixed items, so that it does not depend on the order in
 * which pending events are stored; dense arrays are hashed in four lanes.
 */
#include <string.h>

#include "hash.h"
#include "torus.h"

#define K1 UINT64_C(0x9e3779b97f4a7c15)
#define K2 UINT64_C(0xc2b2ae3d27d4eb4f)
#define K3 UINT64_C(0xd6e8feb86659fd93)

uint64_t
rse_digest_event(const struct rse_event *e)
{
	return mix64(e->time * K1 + ((uint64_t)e->dst << 32 | e->src) * K2 +
	    ((uint64_t)e->kind << 32 | (uint32_t)e->payload) * K3 + 1);
}

uint64_t
rse_digest_process(const struct rse_process *p)
{
	return mix64(((uint64_t)p->pid << 32 | p->node) * K1 +
	    (uint64_t)p->state * K2 + p->handled * K3 + p->behaviour + 2);
}

static inline uint64_t
edge_digest(const struct rse_edge *e)
{
	return mix64(((uint64_t)e->from << 32 | e->to) * K1 +
	    ((uint64_t)e->delay << 32 | e->flags) * K2 + 3);
}

uint64_t
rse_digest_edge(const struct rse_edge *e)
{
	return edge_digest(e);
}

/* `n` 32-bit words, little-endian as in memory and in a snapshot. */
static uint64_t
words_digest(const uint8_t *v, uint32_t n, uint64_t salt)
{
	uint64_t lane[4] = { salt, salt + 1, salt + 2, salt + 3 };
	uint32_t i, j;

	for (i = 0; i + 8 <= n; i += 8, v += 32)
		for (j = 0; j < 4; j++)
			lane[j] = (lane[j] + le64_get(v + 8 * j)) * K1 ^
			    lane[j] >> 29;
	for (; i < n; i++, v += 4)
		lane[0] = (lane[0] + le32_get(v)) * K1 ^ lane[0] >> 29;
	return mix64(lane[0]) + mix64(lane[1] + 1) + mix64(lane[2] + 2) +
	    mix64(lane[3] + 3);
}

/* Clock, counters and faces on top of the sum of items. */
uint64_t
rse_digest_finish(const struct rse_torus *t, const struct rse_stats *s,
    uint64_t seed, const uint8_t *face_out, const uint8_t *face_in,
    uint64_t sum)
{
	const uint64_t v[] = { s->now, s->processed, s->injected, s->emitted,
		s->flux_in, s->flux_out, s->flux_in_events,
		s->flux_out_events, seed };
	uint64_t h = sum;
	size_t i;

	for (i = 0; i < sizeof(v) / sizeof(v[0]); i++)
		h = mix64(h + v[i] * K2 + i);
	h += words_digest(face_out, t->faces, K2);
	h += words_digest(face_in, t->faces, K3);
	return mix64(h);
}

/* Every pending event: queue, then ring. */
void
rse_torus_events_visit(const struct rse_torus *t, event_visit *visit, void *arg)
{
	const struct queue *q = &t->queue;
	const struct qbucket *b;
	struct rse_event e;
	struct qevent v;
	uint32_t i, k, c, last;
	const uint64_t *w, *end;

	for (i = q->head; i < q->tail; i++) {
		event_unpack(&q->front[i], &e);
		visit(arg, &e);
	}
	for (k = 0; k < QLEVELS; k++) {
		if ((q->levels >> k & 1) == 0)
			continue;
		for (i = 0; i < QBUCKETS; i++) {
			b = &q->bucket[k][i];
			if (b->pos == 0)
				continue;
			last = (b->pos - 1) & ~q->mask;
			for (c = b->first;; c = (uint32_t)q->arena[c]) {
				w = q->arena + c + 1;
				end = c == last ? q->arena + b->pos :
				    w + q->mask;
				for (; w < end; w += 3) {
					v.time = w[0];
					v.where = w[1];
					v.what = w[2];
					event_unpack(&v, &e);
					visit(arg, &e);
				}
				if (c == last)
					break;
			}
		}
	}
	for (i = 0; i < t->ring_count; i++) {
		k = t->ring_head + i;
		if (k >= t->config.ring)
			k -= t->config.ring;
		visit(arg, &t->ring[k]);
	}
}

static void
event_add(void *arg, const struct rse_event *e)
{
	*(uint64_t *)arg += rse_digest_event(e);
}

uint64_t
rse_torus_digest(const struct rse_torus *t)
{
	uint64_t sum = 0;
	uint32_t i;

	rse_torus_events_visit(t, event_add, &sum);
	for (i = 0; i < t->nprocess; i++)
		if (!rse_torus_gone(&t->process[i]))
			sum += rse_digest_process(&t->process[i]);
	for (i = 0; i < t->nedge; i++)
		sum += edge_digest(&t->edge[i]);
	return rse_digest_finish(t, &t->stats, t->config.seed,
	    (const uint8_t *)t->face_out, (const uint8_t *)t->face_in, sum);
}
