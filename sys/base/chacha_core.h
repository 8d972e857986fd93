/* SPDX-License-Identifier: MIT */
/*
 * sys/base/chacha_core.h: the core of ChaCha20, for the kernel and its loader.
 *
 * Self-contained: needs nothing but <stdint.h>.
 */
#ifndef BASE_CHACHA_CORE_H
#define BASE_CHACHA_CORE_H

#include <stdint.h>

#define CHACHA_ROUNDS 10 /* double rounds: columns, then diagonals */

static inline uint32_t
chacha_turn(uint32_t v, int n)
{
	return v << n | v >> (32 - n);
}

static inline void
chacha_quarter(uint32_t *x, int a, int b, int c, int d)
{
	x[a] += x[b];
	x[d] = chacha_turn(x[d] ^ x[a], 16);
	x[c] += x[d];
	x[b] = chacha_turn(x[b] ^ x[c], 12);
	x[a] += x[b];
	x[d] = chacha_turn(x[d] ^ x[a], 8);
	x[c] += x[d];
	x[b] = chacha_turn(x[b] ^ x[c], 7);
}

/* All rounds of the state, plus the state: this cannot be run backwards. */
static inline void
chacha_mix(uint32_t s[16])
{
	uint32_t x[16];
	int i;

	for (i = 0; i < 16; i++)
		x[i] = s[i];
	for (i = 0; i < CHACHA_ROUNDS; i++) {
		chacha_quarter(x, 0, 4, 8, 12);
		chacha_quarter(x, 1, 5, 9, 13);
		chacha_quarter(x, 2, 6, 10, 14);
		chacha_quarter(x, 3, 7, 11, 15);
		chacha_quarter(x, 0, 5, 10, 15);
		chacha_quarter(x, 1, 6, 11, 12);
		chacha_quarter(x, 2, 7, 8, 13);
		chacha_quarter(x, 3, 4, 9, 14);
	}
	for (i = 0; i < 16; i++)
		s[i] += x[i];
}

#endif
