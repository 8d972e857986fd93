/* SPDX-License-Identifier: MIT */
/*
 * rse/core/random.c - random streams of processes, exponential in integers.
 *
 * A number is a pure function of (seed, pid, events handled, draw): nothing
 * is stored, and no schedule can change what a process draws.
 */
#include "hash.h"
#include "torus.h"

#define GOLDEN	 UINT64_C(0x9e3779b97f4a7c15)
#define LN2_Q32	 UINT64_C(2977044472) /* ln 2 * 2^32 */
#define LOG_FRAC 24		      /* fraction bits of a logarithm */

uint64_t
rse_random_key(uint64_t seed, uint32_t pid)
{
	return mix64(seed + GOLDEN * ((uint64_t)pid + 1));
}

uint64_t
rse_cell_random(struct rse_cell *c)
{
	uint64_t n = c->process->handled << 12 | c->draws++;

	return mix64(c->key + GOLDEN * n);
}

/*
 * table[i] = log2(1 + i/256) * 2^24, by repeated squaring: each squaring of
 * a number in [1, 2) yields the next bit of its logarithm.
 */
void
rse_log2_fill(uint32_t *table)
{
	uint32_t i, bit, log;
	uint64_t x;

	for (i = 0; i < 1u << LOG_BITS; i++) {
		x = (UINT64_C(1) << 31) + ((uint64_t)i << (31 - LOG_BITS));
		for (log = 0, bit = 0; bit < LOG_FRAC + 1; bit++) {
			x = (x * x) >> 31;
			log <<= 1;
			if (x >> 32 != 0) {
				log |= 1;
				x >>= 1;
			}
		}
		table[i] = (log + 1) >> 1;
	}
	table[1 << LOG_BITS] = 1u << LOG_FRAC;
}

/*
 * -ln(u) * mean for u uniform in (0, 1): u = r / 2^64, whose leading zeros
 * are the whole part of -log2 u; the mantissa goes through the table with
 * linear interpolation (error below 3e-6).
 */
uint32_t
rse_exponential(const uint32_t *table, uint64_t r, uint32_t mean)
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

uint32_t
rse_cell_exponential(struct rse_cell *c, uint32_t mean)
{
	return rse_exponential(c->torus->log2_table, rse_cell_random(c), mean);
}
