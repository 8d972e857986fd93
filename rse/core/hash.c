/* SPDX-License-Identifier: MIT */
/*
 * rse/core/hash.c - FNV-1a over buffers.
 *
 * Why the powers of the prime: FNV-1a takes one dependent multiplication for
 * each byte, four cycles.  A zero byte only multiplies, so a run of k zero
 * bytes is one multiplication by prime^k.  Face counters are mostly small
 * numbers, so three bytes out of four are zero and a projection is hashed
 * about four times as fast, with the same result.
 */
#include "hash.h"

#define P1 FNV_PRIME
#define P2 (P1 * P1)
#define P3 (P2 * P1)
#define P4 (P2 * P2)
#define P8 (P4 * P4)

static inline uint64_t
fnv_word32(uint64_t h, uint32_t v)
{
	if (v < 0x100)
		return (h ^ v) * P4;
	h = (h ^ (v & 0xff)) * P1;
	if (v < 0x10000)
		return (h ^ (v >> 8)) * P3;
	h = (h ^ (v >> 8 & 0xff)) * P1;
	if (v < 0x1000000)
		return (h ^ (v >> 16)) * P2;
	h = (h ^ (v >> 16 & 0xff)) * P1;
	return (h ^ (v >> 24)) * P1;
}

uint64_t
rse_fnv1a(uint64_t h, const uint8_t *p, size_t n)
{
	uint32_t a, b;

	for (; n >= 8; n -= 8, p += 8) {
		a = le32_get(p);
		b = le32_get(p + 4);
		if ((a | b) == 0) {
			h *= P8;
			continue;
		}
		h = fnv_word32(h, a);
		h = fnv_word32(h, b);
	}
	for (; n > 0; n--, p++)
		h = (h ^ *p) * P1;
	return h;
}
