/* SPDX-License-Identifier: MIT */
/*
 * rse/core/rsep_region.c - projections over shared memory.
 *
 *	head	magic, layout version, number of tori, bytes of a projection
 *	slot	one a torus, written by that torus alone:
 *		nonce of its run, a count that is odd while it writes,
 *		sequence number, length, hash, acknowledgements of what it
 *		took from its two neighbours, wishes, pulse, projection
 *
 * Invariants:
 * (1) Nothing read from a neighbour's slot is used as an index or a length.
 * (2) A projection is handed on only if the count was even and the same
 *     before and after the copy, and the copy has the hash.
 * (3) A neighbour counts as there only after its slot moved while we looked:
 *     what an earlier run left behind does not move.
 */
#include <string.h>

#include <rsep.h>

#include "hash.h"

#define MAGIC	UINT64_C(0x304d485345535245) /* "ERSESHM0" */
#define LAYOUT	1u
#define HEAD	64u
#define SLOT	192u /* before the projection */

struct region_head {
	uint64_t magic;
	uint32_t layout, tori, payload, zero;
};

struct slot {
	uint64_t nonce;
	uint64_t count;
	uint64_t seq;
	uint64_t len;
	uint64_t hash;
	uint64_t ack[2][2]; /* nonce and sequence number, prev and next */
	uint64_t want[2];
	uint64_t progress;
	uint64_t state; /* state << 32 | waits_for */
	uint64_t beat;	/* moves with every beat */
};

_Static_assert(sizeof(struct slot) <= SLOT, "the projection lies behind");

static inline uint64_t
load(const uint64_t *p)
{
	return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}

static inline void
store(uint64_t *p, uint64_t v)
{
	__atomic_store_n(p, v, __ATOMIC_RELEASE);
}

static size_t
slot_size(uint32_t payload)
{
	return (SLOT + (size_t)payload + 63) & ~(size_t)63;
}

size_t
rsep_region_size(uint32_t tori, uint32_t payload)
{
	return HEAD + tori * slot_size(payload);
}

static struct slot *
slot_of(const struct rsep_seat *s, uint32_t torus)
{
	return (struct slot *)(s->mem + HEAD + torus * slot_size(s->payload));
}

static uint32_t
neighbour(const struct rsep_seat *s, uint32_t side)
{
	return (s->self + (side ? 1 : s->tori - 1)) % s->tori;
}

/* Word by word: the other side may be writing. */
static void
words_copy(uint8_t *to, const uint8_t *from, uint32_t n, int out)
{
	uint32_t i, v;

	for (i = 0; i < n; i += 4)
		if (out) {
			memcpy(&v, from + i, 4);
			__atomic_store_n((uint32_t *)(to + i), v,
			    __ATOMIC_RELAXED);
		} else {
			v = __atomic_load_n((const uint32_t *)(from + i),
			    __ATOMIC_RELAXED);
			memcpy(to + i, &v, 4);
		}
}

int
rsep_region_format(void *mem, size_t len, uint32_t tori, uint32_t payload)
{
	struct region_head *h = mem;

	if (tori < 3 || payload == 0 || payload % 4 != 0)
		return RSE_EINVAL;
	if (len < rsep_region_size(tori, payload))
		return RSE_ESHORT;
	memset(mem, 0, rsep_region_size(tori, payload));
	h->layout = LAYOUT;
	h->tori = tori;
	h->payload = payload;
	store(&h->magic, MAGIC);
	return RSE_OK;
}

int
rsep_seat_join(struct rsep_seat *s, void *mem, size_t len, uint32_t self,
    uint32_t tori, uint32_t payload, uint64_t nonce)
{
	const struct region_head *h = mem;
	struct slot *own;
	uint32_t side;

	if (nonce == 0 || self >= tori || tori < 3 || payload % 4 != 0)
		return RSE_EINVAL;
	if (len < HEAD || len < rsep_region_size(tori, payload))
		return RSE_ESHORT;
	if (load(&h->magic) != MAGIC)
		return RSE_EMAGIC;
	if (h->layout != LAYOUT)
		return RSE_EVERSION;
	if (h->tori != tori || h->payload != payload)
		return RSE_ECONFIG;
	memset(s, 0, sizeof(*s));
	s->mem = mem;
	s->self = self;
	s->tori = tori;
	s->payload = payload;
	s->nonce = nonce;
	own = slot_of(s, self);
	store(&own->count, load(&own->count) | 1);
	store(&own->nonce, nonce);
	store(&own->seq, 0);
	store(&own->len, 0);
	for (side = 0; side < 2; side++) {
		store(&own->ack[side][0], 0);
		store(&own->ack[side][1], 0);
		store(&own->want[side], 0);
		s->start[side] = load(&slot_of(s,
		    neighbour(s, side))->nonce) ^
		    load(&slot_of(s, neighbour(s, side))->beat);
	}
	store(&own->beat, load(&own->beat) + 1);
	store(&own->count, load(&own->count) + 1);
	return RSE_OK;
}

void
rsep_seat_publish(struct rsep_seat *s, uint64_t seq, const uint8_t *wire)
{
	struct slot *own = slot_of(s, s->self);
	uint64_t count = load(&own->count);

	store(&own->count, count + 1);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	words_copy((uint8_t *)own + SLOT, wire, s->payload, 1);
	store(&own->seq, seq);
	store(&own->len, s->payload);
	store(&own->hash, rse_fnv1a(FNV_OFFSET, wire, s->payload));
	store(&own->count, count + 2);
	store(&own->beat, load(&own->beat) + 1);
}

/* Has the slot moved since we joined? */
static int
slot_fresh(struct rsep_seat *s, uint32_t side)
{
	const struct slot *peer = slot_of(s, neighbour(s, side));

	if (!s->fresh[side])
		s->fresh[side] = (load(&peer->nonce) ^ load(&peer->beat)) !=
		    s->start[side];
	return s->fresh[side];
}

static void
ack_store(struct rsep_seat *s, uint32_t side)
{
	struct slot *own = slot_of(s, s->self);

	store(&own->ack[side][0], 0); /* no nonce: not valid */
	store(&own->ack[side][1], s->seen[side][1]);
	store(&own->ack[side][0], s->seen[side][0]);
}

int
rsep_seat_take(struct rsep_seat *s, uint32_t side, uint64_t *seq,
    uint8_t *wire)
{
	const struct slot *peer = slot_of(s, neighbour(s, side));
	uint64_t count, nonce, len, hash;

	if (!slot_fresh(s, side))
		return 0;
	count = load(&peer->count);
	nonce = load(&peer->nonce);
	*seq = load(&peer->seq);
	len = load(&peer->len);
	hash = load(&peer->hash);
	if ((count & 1) != 0) {
		s->torn++;
		return 0;
	}
	if (*seq == 0 || nonce == 0 ||
	    (nonce == s->seen[side][0] && *seq <= s->seen[side][1]))
		return 0;
	if (len != s->payload) {
		s->bad++;
		return 0;
	}
	words_copy(wire, (const uint8_t *)peer + SLOT, s->payload, 0);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (load(&peer->count) != count) {
		s->torn++;
		return 0;
	}
	if (rse_fnv1a(FNV_OFFSET, wire, s->payload) != hash) {
		s->bad++;
		return 0;
	}
	s->seen[side][0] = nonce;
	s->seen[side][1] = *seq;
	ack_store(s, side);
	return 1;
}

/* We are the next of our previous one: its acknowledgement stands there. */
int
rsep_seat_acked(const struct rsep_seat *s, uint32_t side, uint64_t seq)
{
	const struct slot *peer = slot_of(s, neighbour(s, side));
	const uint64_t *ack = peer->ack[!side];
	uint64_t nonce = load(&ack[0]), at = load(&ack[1]);

	return nonce == s->nonce && load(&ack[0]) == nonce && at >= seq;
}

void
rsep_seat_beat(struct rsep_seat *s, const uint64_t want[2],
    const struct rse_pulse *p)
{
	struct slot *own = slot_of(s, s->self);

	store(&own->want[0], want[0]);
	store(&own->want[1], want[1]);
	store(&own->progress, p->progress);
	store(&own->state, (uint64_t)p->state << 32 | p->waits_for);
	store(&own->beat, load(&own->beat) + 1);
}

int
rsep_seat_look(struct rsep_seat *s, uint32_t side, uint64_t *want,
    struct rse_pulse *p)
{
	const struct slot *peer = slot_of(s, neighbour(s, side));
	uint64_t state;

	if (!slot_fresh(s, side))
		return 0;
	*want = load(&peer->want[!side]);
	state = load(&peer->state);
	p->progress = load(&peer->progress);
	p->state = (uint32_t)(state >> 32);
	p->waits_for = (uint32_t)state;
	return 1;
}
