/* SPDX-License-Identifier: MIT */
/*
 * rse/core/hash.h - mixing, FNV-1a and little-endian bytes.
 */
#ifndef RSE_CORE_HASH_H
#define RSE_CORE_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define FNV_OFFSET UINT64_C(14695981039346656037)
#define FNV_PRIME  UINT64_C(1099511628211)

uint64_t rse_fnv1a(uint64_t h, const uint8_t *p, size_t n);
uint32_t rse_crc32c(uint32_t crc, const uint8_t *p, size_t n);

/* SplitMix64's finaliser: every input bit moves every output bit. */
static inline uint64_t
mix64(uint64_t x)
{
	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return x ^ (x >> 31);
}

static inline void
le32_put(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
	p[2] = (uint8_t)(v >> 16);
	p[3] = (uint8_t)(v >> 24);
}

static inline void
le64_put(uint8_t *p, uint64_t v)
{
	le32_put(p, (uint32_t)v);
	le32_put(p + 4, (uint32_t)(v >> 32));
}

static inline uint32_t
le32_get(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	    (uint32_t)p[3] << 24;
}

static inline uint64_t
le64_get(const uint8_t *p)
{
	return le32_get(p) | (uint64_t)le32_get(p + 4) << 32;
}

/* `n` words to little-endian bytes: a copy where they are that already. */
static inline void
le32_copy(uint8_t *to, const uint32_t *from, uint32_t n)
{
	uint32_t i;

	if (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__) {
		memcpy(to, from, (size_t)n * 4);
		return;
	}
	for (i = 0; i < n; i++)
		le32_put(to + (size_t)i * 4, from[i]);
}

/* FNV-1a over the `n` low bytes of `v`. */
static inline uint64_t
fnv_word(uint64_t h, uint64_t v, unsigned n)
{
	while (n-- > 0) {
		h = (h ^ (v & 0xff)) * FNV_PRIME;
		v >>= 8;
	}
	return h;
}

#endif
