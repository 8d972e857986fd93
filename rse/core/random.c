/* SPDX-License-Identifier: MIT */
/*
 * rse/core/random.c - random streams of processes, exponential in integers.
 *
 * A number is a pure function of (seed, pid, events handled, draw): nothing
 * is stored, and no schedule can change what a process draws.
 */
#include "cell.h"

uint64_t
rse_cell_random(struct rse_cell *c)
{
	return random_draw(c->key, c->process->handled, c->draws++);
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

uint32_t
rse_cell_exponential(struct rse_cell *c, uint32_t mean)
{
	return exponential(c->torus->log2_table, rse_cell_random(c), mean);
}
