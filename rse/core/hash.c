/* SPDX-License-Identifier: MIT */
/*
 * rse/core/hash.c - FNV-1a and CRC32C over buffers.
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

/* CRC32C (Castagnoli, reflected 0x82f63b78) of the sixteen nibbles. */
static const uint32_t crc_nibble[16] = {
	0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1,
	0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
	0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
	0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
};

uint32_t
rse_crc32c(uint32_t crc, const uint8_t *p, size_t n)
{
	crc = ~crc;
	for (; n > 0; n--) {
		crc ^= *p++;
		crc = (crc >> 4) ^ crc_nibble[crc & 15];
		crc = (crc >> 4) ^ crc_nibble[crc & 15];
	}
	return ~crc;
}
