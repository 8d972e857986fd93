/* SPDX-License-Identifier: MIT */
/*
 * sys/base/chacha.c: the ChaCha20 block function of RFC 8439.
 *
 * Known answers: tests/host/base_pure.c has the RFC's vectors.
 */
#include "base/chacha.h"
#include "base/chacha_core.h"
#include "base/string.h"

void
chacha20_block(const uint8_t key[CHACHA_KEY], uint32_t counter,
    const uint8_t nonce[12], uint8_t out[CHACHA_BLOCK])
{
	uint32_t s[16] = { 0x61707865, 0x3320646e, 0x79622d32, 0x6b206574 };

	memcpy(&s[4], key, CHACHA_KEY);
	s[12] = counter;
	memcpy(&s[13], nonce, 12);
	chacha_mix(s);
	memcpy(out, s, CHACHA_BLOCK);
}
