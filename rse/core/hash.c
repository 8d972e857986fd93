/* SPDX-License-Identifier: MIT */
/*
 * rse/core/hash.c - FNV-1a over buffers.
 *
 * FNV-1a takes one multiplication for each byte, each waiting for the one
 * before: four cycles a byte.  The same number comes faster in two ways.
 *
 * A zero byte only multiplies, so a word of which k bytes are left is done
 * with one multiplication by prime^k.  Face counters are mostly small.
 *
 * And a byte is mixed in by an exclusive or, which touches the low byte of
 * the hash only.  With l the low byte before, (h ^ v) = h + ((l ^ v) - l), so
 * the rest of the hash is a sum of products that need not wait.  What has to
 * go step by step is l alone, and prime^4 is 0x91 modulo 256: the low nibble
 * of l stays as it is, and what it adds to the upper one is known early.
 */
#include "hash.h"

#define P1 FNV_PRIME
#define P2 (P1 * P1)
#define P3 (P2 * P1)
#define P4 (P2 * P2)
#define P8 (P4 * P4)

#define SMALL 16 /* bytes: four words that are below 256 each */
#define ABOVE UINT64_C(0xffffff00ffffff00)

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

/* What a word below 256 adds to the hash, before the multiplication. */
static inline uint64_t
small_add(uint64_t v, uint64_t *l, uint64_t *nibble)
{
	uint64_t x = v ^ *l, add = x - *l;

	*nibble ^= v;
	*l = x + (*nibble * 9 << 4);
	return add;
}

/*
 * Words below 256, four at a time; how many bytes that was goes to *done.
 * Of l only the low byte means anything, of nibble its low four bits, which
 * are those of l.  The even words and the odd ones are summed apart.
 */
static inline uint64_t
fnv_small(uint64_t h, const uint8_t *p, size_t n, size_t *done)
{
	uint64_t l = h, nibble = h, even = h, odd = 0, x, y;
	size_t k;

	for (k = 0; n - k >= SMALL; k += SMALL) {
		x = le64_get(p + k);
		y = le64_get(p + k + 8);
		if (((x | y) & ABOVE) != 0)
			break;
		even = (even + small_add((uint32_t)x, &l, &nibble)) * P8;
		odd = odd * P8 + small_add(x >> 32, &l, &nibble);
		even = (even + small_add((uint32_t)y, &l, &nibble)) * P8;
		odd = odd * P8 + small_add(y >> 32, &l, &nibble);
	}
	*done = k;
	return even + odd * P4;
}

uint64_t
rse_fnv1a(uint64_t h, const uint8_t *p, size_t n)
{
	size_t done;

	while (n >= SMALL) {
		h = fnv_small(h, p, n, &done);
		p += done;
		n -= done;
		/* Eight bytes, and on to where small words begin again. */
		while (n >= 8) {
			h = fnv_word32(h, le32_get(p));
			h = fnv_word32(h, le32_get(p + 4));
			p += 8;
			n -= 8;
			if (n >= 8 && (le64_get(p) & ABOVE) == 0)
				break;
		}
	}
	for (; n > 0; n--, p++)
		h = (h ^ *p) * P1;
	return h;
}
