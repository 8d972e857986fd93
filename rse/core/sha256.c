/* SPDX-License-Identifier: MIT */
/*
 * rse/core/sha256.c - SHA-256 and HMAC-SHA-256, for the tags of RSEP.
 */
#include <string.h>

#include "sha256.h"

static const uint32_t k256[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b,
	0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01,
	0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7,
	0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc,
	0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152,
	0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
	0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
	0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819,
	0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08,
	0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f,
	0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
	0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static inline uint32_t
ror(uint32_t v, unsigned n)
{
	return v >> n | v << (32 - n);
}

static inline uint32_t
be32_get(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	    (uint32_t)p[2] << 8 | p[3];
}

static inline void
be32_put(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}

/*
 * One round.  Instead of moving the eight words along, the next round is
 * given them one place on.
 */
static inline __attribute__((always_inline)) void
turn(uint32_t a, uint32_t b, uint32_t c, uint32_t *d, uint32_t e, uint32_t f,
    uint32_t g, uint32_t *h, uint32_t kw)
{
	uint32_t s1 = ror(e, 6) ^ ror(e, 11) ^ ror(e, 25);
	uint32_t s0 = ror(a, 2) ^ ror(a, 13) ^ ror(a, 22);
	uint32_t t = *h + s1 + (g ^ (e & (f ^ g))) + kw;

	*d += t;
	*h = t + s0 + ((a & b) | (c & (a | b)));
}

static void
block_mix(uint32_t h[8], const uint8_t *p)
{
	uint32_t w[64], s0, s1;
	uint32_t a = h[0], b = h[1], c = h[2], d = h[3];
	uint32_t e = h[4], f = h[5], g = h[6], l = h[7];
	unsigned i;

	for (i = 0; i < 16; i++)
		w[i] = be32_get(p + 4 * i);
	for (; i < 64; i++) {
		s0 = ror(w[i - 15], 7) ^ ror(w[i - 15], 18) ^ w[i - 15] >> 3;
		s1 = ror(w[i - 2], 17) ^ ror(w[i - 2], 19) ^ w[i - 2] >> 10;
		w[i] = w[i - 16] + s0 + w[i - 7] + s1;
	}
	for (i = 0; i < 64; i += 8) {
		turn(a, b, c, &d, e, f, g, &l, k256[i] + w[i]);
		turn(l, a, b, &c, d, e, f, &g, k256[i + 1] + w[i + 1]);
		turn(g, l, a, &b, c, d, e, &f, k256[i + 2] + w[i + 2]);
		turn(f, g, l, &a, b, c, d, &e, k256[i + 3] + w[i + 3]);
		turn(e, f, g, &l, a, b, c, &d, k256[i + 4] + w[i + 4]);
		turn(d, e, f, &g, l, a, b, &c, k256[i + 5] + w[i + 5]);
		turn(c, d, e, &f, g, l, a, &b, k256[i + 6] + w[i + 6]);
		turn(b, c, d, &e, f, g, l, &a, k256[i + 7] + w[i + 7]);
	}
	h[0] += a;
	h[1] += b;
	h[2] += c;
	h[3] += d;
	h[4] += e;
	h[5] += f;
	h[6] += g;
	h[7] += l;
}

void
rse_sha256_init(struct sha256 *s)
{
	static const uint32_t start[8] = { 0x6a09e667, 0xbb67ae85,
		0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab,
		0x5be0cd19 };

	memcpy(s->h, start, sizeof(start));
	s->len = 0;
}

void
rse_sha256_add(struct sha256 *s, const void *data, size_t n)
{
	const uint8_t *p = data;
	size_t have = s->len % SHA256_BLOCK, take;

	s->len += n;
	if (have != 0) {
		take = SHA256_BLOCK - have < n ? SHA256_BLOCK - have : n;
		memcpy(s->block + have, p, take);
		p += take;
		n -= take;
		if (have + take < SHA256_BLOCK)
			return;
		block_mix(s->h, s->block);
	}
	for (; n >= SHA256_BLOCK; n -= SHA256_BLOCK, p += SHA256_BLOCK)
		block_mix(s->h, p);
	memcpy(s->block, p, n);
}

void
rse_sha256_end(struct sha256 *s, uint8_t out[SHA256_LEN])
{
	uint64_t bits = s->len * 8;
	size_t have = s->len % SHA256_BLOCK;
	unsigned i;

	s->block[have++] = 0x80;
	if (have > SHA256_BLOCK - 8) {
		memset(s->block + have, 0, SHA256_BLOCK - have);
		block_mix(s->h, s->block);
		have = 0;
	}
	memset(s->block + have, 0, SHA256_BLOCK - 8 - have);
	be32_put(s->block + SHA256_BLOCK - 8, (uint32_t)(bits >> 32));
	be32_put(s->block + SHA256_BLOCK - 4, (uint32_t)bits);
	block_mix(s->h, s->block);
	for (i = 0; i < 8; i++)
		be32_put(out + 4 * i, s->h[i]);
}

void
rse_hmac_key(struct hmac_key *k, const uint8_t *key, size_t len)
{
	uint8_t pad[SHA256_BLOCK], short_key[SHA256_LEN];
	struct sha256 s;
	size_t i;

	if (len > SHA256_BLOCK) {
		rse_sha256_init(&s);
		rse_sha256_add(&s, key, len);
		rse_sha256_end(&s, short_key);
		key = short_key;
		len = SHA256_LEN;
	}
	for (i = 0; i < SHA256_BLOCK; i++)
		pad[i] = (i < len ? key[i] : 0) ^ 0x36;
	rse_sha256_init(&k->inner);
	rse_sha256_add(&k->inner, pad, sizeof(pad));
	for (i = 0; i < SHA256_BLOCK; i++)
		pad[i] ^= 0x36 ^ 0x5c;
	rse_sha256_init(&k->outer);
	rse_sha256_add(&k->outer, pad, sizeof(pad));
}

void
rse_hmac(const struct hmac_key *k, const void *a, size_t alen, const void *b,
    size_t blen, uint8_t out[SHA256_LEN])
{
	struct sha256 s = k->inner;

	rse_sha256_add(&s, a, alen);
	rse_sha256_add(&s, b, blen);
	rse_sha256_end(&s, out);
	s = k->outer;
	rse_sha256_add(&s, out, SHA256_LEN);
	rse_sha256_end(&s, out);
}

int
rse_tag_equal(const uint8_t *a, const uint8_t *b)
{
	uint8_t diff = 0;
	size_t i;

	for (i = 0; i < SHA256_LEN; i++)
		diff |= a[i] ^ b[i];
	return diff == 0;
}
