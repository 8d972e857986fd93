/* SPDX-License-Identifier: MIT */
/*
 * rse/core/digest.c - one 64-bit hash of the whole state.
 *
 * A sum of well mixed items, so that it does not depend on the order in
 * which pending events are stored.
 *
 * Why the folded product: a projection carries the digest of everything, so
 * its cost is that of the exchange; one multiplication for 16 bytes is the
 * least that mixes them.
 */
#include <string.h>

#include "hash.h"
#include "visit.h"

#define K1 UINT64_C(0x9e3779b97f4a7c15)
#define K2 UINT64_C(0xc2b2ae3d27d4eb4f)
#define K3 UINT64_C(0xd6e8feb86659fd93)
#define K4 UINT64_C(0xa0761d6478bd642f)

/* The two halves of a 128-bit product, folded: 16 bytes for one multiply. */
static inline uint64_t
fold(uint64_t a, uint64_t b)
{
#ifdef __SIZEOF_INT128__
	unsigned __int128 p = (unsigned __int128)a * b;

	return (uint64_t)p ^ (uint64_t)(p >> 64);
#else
	uint64_t al = (uint32_t)a, ah = a >> 32;
	uint64_t bl = (uint32_t)b, bh = b >> 32;
	uint64_t low = al * bl, mid = ah * bl + (low >> 32);
	uint64_t mid2 = al * bh + (uint32_t)mid;

	return (mid2 << 32 | (uint32_t)low) ^
	    (ah * bh + (mid >> 32) + (mid2 >> 32));
#endif
}

static inline uint64_t
event_digest(const struct qevent *e)
{
	return fold(fold(e->time ^ K1, e->where ^ K2) ^ K3, e->what ^ K4);
}

static inline uint64_t
process_digest(const struct rse_process *p)
{
	uint64_t h = fold(((uint64_t)p->pid << 32 | p->node) ^ K2,
	    (uint64_t)p->state ^ K3);

	return fold(h ^ K4, (p->handled + ((uint64_t)p->behaviour << 56)) ^ K1);
}

static inline uint64_t
edge_digest(const struct rse_edge *e)
{
	return fold(((uint64_t)e->from << 32 | e->to) ^ K3,
	    ((uint64_t)e->delay << 32 | e->flags) ^ K4);
}

uint64_t
rse_digest_event(const struct rse_event *e)
{
	struct qevent q = qevent_make(e->time, e->dst, e->src, e->kind,
	    e->payload);

	return event_digest(&q);
}

uint64_t
rse_digest_process(const struct rse_process *p)
{
	return process_digest(p);
}

uint64_t
rse_digest_edge(const struct rse_edge *e)
{
	return edge_digest(e);
}

/*
 * `n` 32-bit words, little-endian as in memory and in a snapshot.  Four at a
 * time with keys of their place, so that no step waits for the one before.
 */
static uint64_t
words_digest(const uint8_t *v, uint32_t n, uint64_t salt)
{
	uint64_t h = n, a = salt, b = salt ^ K1;
	uint32_t i;

	for (i = 0; i + 4 <= n; i += 4, v += 16) {
		h += fold(le64_get(v) ^ a, le64_get(v + 8) ^ b);
		a += K3;
		b += K4;
	}
	for (; i < n; i++, v += 4) {
		h += fold(le32_get(v) ^ a, b);
		a += K3;
		b += K4;
	}
	return mix64(h);
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

static inline void
event_add(void *arg, const struct qevent *e)
{
	*(uint64_t *)arg += event_digest(e);
}

uint64_t
rse_torus_digest(const struct rse_torus *t)
{
	uint64_t sum = 0;
	uint32_t i;

	events_visit(t, event_add, &sum);
	for (i = 0; i < t->nprocess; i++)
		if (!process_gone(&t->process[i]))
			sum += process_digest(&t->process[i]);
	for (i = 0; i < t->nedge; i++)
		sum += edge_digest(&t->edge[i]);
	return rse_digest_finish(t, &t->stats, t->config.seed,
	    (const uint8_t *)t->face_out, (const uint8_t *)t->face_in, sum);
}
