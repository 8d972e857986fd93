/* SPDX-License-Identifier: MIT */
/*
 * rse/core/crc32c.c - CRC32C (Castagnoli, reflected 0x82f63b78), eight bytes
 * a step.
 *
 * table[k][n] is what byte n does to the CRC when k more bytes follow.  It
 * is linear in the bits of n, so each row is made from the eight values of
 * its powers of two.
 */
#include "hash.h"

#define BIT(n, i, v) ((n) >> (i) & 1 ? (v) : 0u)
#define ONE(n, a, b, c, d, e, f, g, h)                                    \
	(BIT(n, 0, a) ^ BIT(n, 1, b) ^ BIT(n, 2, c) ^ BIT(n, 3, d) ^      \
	BIT(n, 4, e) ^ BIT(n, 5, f) ^ BIT(n, 6, g) ^ BIT(n, 7, h))
#define FOUR(n, ...)                                                      \
	ONE(n, __VA_ARGS__), ONE((n) + 1, __VA_ARGS__),                   \
	ONE((n) + 2, __VA_ARGS__), ONE((n) + 3, __VA_ARGS__)
#define SIXTEEN(n, ...)                                                   \
	FOUR(n, __VA_ARGS__), FOUR((n) + 4, __VA_ARGS__),                 \
	FOUR((n) + 8, __VA_ARGS__), FOUR((n) + 12, __VA_ARGS__)
#define SIXTY_FOUR(n, ...)                                                \
	SIXTEEN(n, __VA_ARGS__), SIXTEEN((n) + 16, __VA_ARGS__),          \
	SIXTEEN((n) + 32, __VA_ARGS__), SIXTEEN((n) + 48, __VA_ARGS__)
#define ROW(...)                                                          \
	{ SIXTY_FOUR(0, __VA_ARGS__), SIXTY_FOUR(64, __VA_ARGS__),        \
	SIXTY_FOUR(128, __VA_ARGS__), SIXTY_FOUR(192, __VA_ARGS__) }

static const uint32_t table[8][256] = {
	ROW(0xf26b8303, 0xe13b70f7, 0xc79a971f, 0x8ad958cf,
	    0x105ec76f, 0x20bd8ede, 0x417b1dbc, 0x82f63b78),
	ROW(0x13a29877, 0x274530ee, 0x4e8a61dc, 0x9d14c3b8,
	    0x3fc5f181, 0x7f8be302, 0xff17c604, 0xfbc3faf9),
	ROW(0xa541927e, 0x4f6f520d, 0x9edea41a, 0x38513ec5,
	    0x70a27d8a, 0xe144fb14, 0xc76580d9, 0x8b277743),
	ROW(0xdd45aab8, 0xbf672381, 0x7b2231f3, 0xf64463e6,
	    0xe964b13d, 0xd725148b, 0xaba65fe7, 0x52a0c93f),
	ROW(0x38116fac, 0x7022df58, 0xe045beb0, 0xc5670b91,
	    0x8f2261d3, 0x1ba8b557, 0x37516aae, 0x6ea2d55c),
	ROW(0xef306b19, 0xdb8ca0c3, 0xb2f53777, 0x6006181f,
	    0xc00c303e, 0x85f4168d, 0x0e045beb, 0x1c08b7d6),
	ROW(0x68032cc8, 0xd0065990, 0xa5e0c5d1, 0x4e2dfd53,
	    0x9c5bfaa6, 0x3d5b83bd, 0x7ab7077a, 0xf56e0ef4),
	ROW(0x493c7d27, 0x9278fa4e, 0x211d826d, 0x423b04da,
	    0x847609b4, 0x0d006599, 0x1a00cb32, 0x34019664),
};

uint32_t
rse_crc32c(uint32_t crc, const uint8_t *p, size_t n)
{
	uint32_t a, b;

	crc = ~crc;
	for (; n >= 8; n -= 8, p += 8) {
		a = crc ^ le32_get(p);
		b = le32_get(p + 4);
		crc = table[7][a & 255] ^ table[6][a >> 8 & 255] ^
		    table[5][a >> 16 & 255] ^ table[4][a >> 24] ^
		    table[3][b & 255] ^ table[2][b >> 8 & 255] ^
		    table[1][b >> 16 & 255] ^ table[0][b >> 24];
	}
	for (; n > 0; n--, p++)
		crc = crc >> 8 ^ table[0][(crc ^ *p) & 255];
	return ~crc;
}
