/* SPDX-License-Identifier: MIT */
/*
 * rse/core/hash.c - FNV-1a over buffers.
 *
 * FNV-1a takes one multiplication for each byte, each waiting for the one
 * before: four cycles a byte.  The same number comes faster in three ways.
 *
 * A zero byte only multiplies, so a word of which k bytes are left is done
 * with one multiplication by prime^k.  Face counters are often small.
 *
 * And a byte is mixed in by an exclusive or, which touches the low byte of
 * the hash only.  With l the low byte before, (h ^ v) = h + ((l ^ v) - l), so
 * the rest of the hash is a sum of products that need not wait.  What has to
 * go step by step is l alone, and prime^4 is 0x91 modulo 256: the low nibble
 * of l stays as it is, and what it adds to the upper one is known early.
 *
 * If all words are below 16, the upper nibble does not matter.  With m_i the
 * low nibble after word i, which is the exclusive or of all words so far, word
 * i adds m_i - m_(i-1), so that for q = prime^4
 *	h_n = (h_0 - m_0) q^n + (q - 1) sum(m_i q^(n-i)) + m_n
 * and nothing but that exclusive or goes step by step.
 */
#include "hash.h"

#define P1 FNV_PRIME
#define P2 (P1 * P1)
#define P3 (P2 * P1)
#define P4 (P2 * P2)
#define P8 (P4 * P4)

#define P16 (P8 * P8)
#define P32 (P16 * P16)

#define TINY  32 /* bytes: eight words that are below 16 each */
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

/* Words below 16, eight at a time; how many bytes that was goes to *done. */
static inline uint64_t
fnv_tiny(uint64_t h, const uint8_t *p, size_t n, size_t *done)
{
	uint64_t m[8], last = h & 15, first = h - last, sum = 0, even, odd;
	size_t k;

	for (k = 0; n - k >= TINY; k += TINY) {
		m[0] = last ^ le32_get(p + k);
		m[1] = m[0] ^ le32_get(p + k + 4);
		m[2] = m[1] ^ le32_get(p + k + 8);
		m[3] = m[2] ^ le32_get(p + k + 12);
		m[4] = m[3] ^ le32_get(p + k + 16);
		m[5] = m[4] ^ le32_get(p + k + 20);
		m[6] = m[5] ^ le32_get(p + k + 24);
		m[7] = m[6] ^ le32_get(p + k + 28);
		if ((m[0] | m[1] | m[2] | m[3] | m[4] | m[5] | m[6] | m[7]) >
		    15)
			break;
		last = m[7];
		first *= P32;
		even = ((m[0] * P8 + m[2]) * P8 + m[4]) * P8 + m[6];
		odd = ((m[1] * P8 + m[3]) * P8 + m[5]) * P8 + m[7];
		sum = sum * P32 + (even * P4 + odd);
	}
	*done = k;
	return first + sum * (P4 - 1) + last;
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
		h = fnv_tiny(h, p, n, &done);
		p += done;
		n -= done;
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
