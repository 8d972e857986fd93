/* SPDX-License-Identifier: MIT */
/*
 * rse/core/visit.h - every pending event of a torus, in no order.
 *
 * Inline, because the digest of a full queue is the loop below.
 */
#ifndef RSE_CORE_VISIT_H
#define RSE_CORE_VISIT_H

#include "torus.h"

typedef void event_visit(void *arg, const struct qevent *);

static inline __attribute__((always_inline)) void
bucket_visit(const struct queue *q, const struct qbucket *b,
    event_visit *visit, void *arg)
{
	uint32_t c, last = (b->pos - 1) & ~q->mask;
	const uint64_t *w, *end;
	struct qevent e;

	for (c = b->first;; c = (uint32_t)q->arena[c]) {
		w = q->arena + c + 1;
		end = c == last ? q->arena + b->pos : w + q->mask;
		for (; w < end; w += 3) {
			e.time = w[0];
			e.where = w[1];
			e.what = w[2];
			visit(arg, &e);
		}
		if (c == last)
			break;
	}
}

/* The front, the buckets that hold something, the injection ring. */
static inline __attribute__((always_inline)) void
events_visit(const struct rse_torus *t, event_visit *visit, void *arg)
{
	const struct queue *q = &t->queue;
	const struct rse_event *r;
	struct qevent e;
	uint64_t bits;
	uint32_t i, k, w;

	for (i = q->head; i < q->tail; i++)
		visit(arg, &q->front[i]);
	for (k = 0; k < QLEVELS; k++) {
		if ((q->levels >> k & 1) == 0)
			continue;
		for (w = 0; w < QBUCKETS / 64; w++)
			for (bits = q->map[k][w]; bits != 0; bits &= bits - 1)
				bucket_visit(q, &q->bucket[k][w * 64 +
				    (uint32_t)__builtin_ctzll(bits)], visit,
				    arg);
	}
	for (i = 0; i < t->ring_count; i++) {
		k = t->ring_head + i;
		if (k >= t->config.ring)
			k -= t->config.ring;
		r = &t->ring[k];
		e = qevent_make(r->time, r->dst, r->src, r->kind, r->payload);
		visit(arg, &e);
	}
}

#endif
