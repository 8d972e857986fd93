/* SPDX-License-Identifier: MIT */
/*
 * sys/base/chacha.h: one block of ChaCha20 (RFC 8439, section 2.3).
 */
#ifndef BASE_CHACHA_H
#define BASE_CHACHA_H

#include "base/types.h"

#define CHACHA_KEY   32 /* bytes */
#define CHACHA_BLOCK 64

/* The key stream block for key, 32-bit counter and 96-bit nonce. */
void chacha20_block(const uint8_t key[CHACHA_KEY], uint32_t counter,
    const uint8_t nonce[12], uint8_t out[CHACHA_BLOCK]);

#endif
