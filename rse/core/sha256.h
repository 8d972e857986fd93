/* SPDX-License-Identifier: MIT */
/*
 * rse/core/sha256.h - SHA-256 (FIPS 180-4) and HMAC over it (RFC 2104).
 */
#ifndef RSE_CORE_SHA256_H
#define RSE_CORE_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define SHA256_LEN   32u
#define SHA256_BLOCK 64u

struct sha256 {
	uint32_t h[8];
	uint64_t len;
	uint8_t block[SHA256_BLOCK];
};

/* The states after the padded key; what differs between two messages. */
struct hmac_key {
	struct sha256 inner, outer;
};

void rse_sha256_init(struct sha256 *);
void rse_sha256_add(struct sha256 *, const void *, size_t);
void rse_sha256_end(struct sha256 *, uint8_t out[SHA256_LEN]);
void rse_hmac_key(struct hmac_key *, const uint8_t *key, size_t len);
/* Over two pieces that follow each other. */
void rse_hmac(const struct hmac_key *, const void *a, size_t alen,
    const void *b, size_t blen, uint8_t out[SHA256_LEN]);
/* In a time that does not tell where they differ. */
int rse_tag_equal(const uint8_t *a, const uint8_t *b);

#endif
