/* SPDX-License-Identifier: MIT */
/*
 * rse/core/cell.h - what a behaviour does, inline for the built-in ones.
 *
 * Random numbers are a pure function of (seed, pid, events handled, draw).
 */
#ifndef RSE_CORE_CELL_H
#define RSE_CORE_CELL_H

#include "hash.h"
#include "torus.h"

#define GOLDEN	  UINT64_C(0x9e3779b97f4a7c15)
#define LN2_Q32	  UINT64_C(2977044472) /* ln 2 * 2^32 */
#define LOG_FRAC  24		       /* fraction bits of a logarithm */
#define DRAW_BITS 12		       /* numbers a process may draw */

static inline uint64_t
random_key(uint64_t seed, uint32_t pid)
{
	return mix64(seed + GOLDEN * ((uint64_t)pid + 1));
}

static inline uint64_t
random_draw(uint64_t key, uint64_t handled, uint32_t draw)
{
	return mix64(key + GOLDEN * (handled << DRAW_BITS | draw));
}

/*
 * -ln(u) * mean for u uniform in (0, 1): u = r / 2^64, whose leading zeros
 * are the whole part of -log2 u; the mantissa goes through the table with
 * linear interpolation (error below 3e-6).
 */
static inline uint32_t
exponential(const uint32_t *table, uint64_t r, uint32_t mean)
{
	uint32_t zeros, index, rest, a, log;
	uint64_t neg, t;

	r |= 1;
	zeros = (uint32_t)__builtin_clzll(r);
	r <<= zeros;
	index = (uint32_t)(r >> (63 - LOG_BITS)) & ((1u << LOG_BITS) - 1);
	rest = (uint32_t)(r >> (63 - LOG_BITS - 16)) & 0xffff;
	a = table[index];
	log = a + (((table[index + 1] - a) * rest) >> 16);
	neg = ((uint64_t)(zeros + 1) << LOG_FRAC) - log;
	neg = neg * (LN2_Q32 >> 4) >> 28; /* natural, still 24 bits */
	t = (neg * mean + (1u << (LOG_FRAC - 1))) >> LOG_FRAC;
	return t > UINT32_MAX ? UINT32_MAX : (uint32_t)t;
}

/* lookahead + Exp(mean), at least one tick. */
static inline uint32_t
delay_from(const uint32_t *table, uint64_t r, uint32_t lookahead,
    uint32_t mean)
{
	uint64_t d = (uint64_t)lookahead + exponential(table, r, mean);

	return d > UINT32_MAX ? UINT32_MAX : d == 0 ? 1 : (uint32_t)d;
}

/* Put an event in that is known to fit; now is the time of its cause. */
static inline __attribute__((always_inline)) void
emit(struct rse_torus *t, uint64_t time, uint32_t dst, uint32_t src,
    uint32_t kind, int32_t payload, uint64_t now)
{
	struct qevent e = qevent_make(time, dst, src, kind, payload);

	t->stats.emitted++;
	queue_insert(&t->queue, &e, now);
}

#endif
