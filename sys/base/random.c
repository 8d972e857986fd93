/* SPDX-License-Identifier: MIT */
/*
 * sys/base/random.c: random numbers for everybody.
 *
 * One key; each request takes it and replaces it with the first half of the
 * block it makes (fast key erasure), so what was given out can't be found
 * from the state. Input is folded in by keying: new key = block(old key xor
 * input). A request longer than a block runs on a key of its own, outside the
 * lock.
 */
#include <machine/cpu.h>
#include <machine/md.h>

#include "base/chacha.h"
#include "base/lock.h"
#include "base/random.h"
#include "base/string.h"

static struct spinlock random_lock = SPINLOCK_INIT(LR_RANDOM, "random");
static uint8_t pool_key[CHACHA_KEY];
static uint32_t bits; /* credited, up to 256 */

#define READY_BITS 256

/* Lock held: 32 fresh bytes out, the key replaced. */
static void
pool_take(uint8_t out[32])
{
	static const uint8_t nonce[12];
	uint8_t block[CHACHA_BLOCK];

	chacha20_block(pool_key, 0, nonce, block);
	memcpy(pool_key, block, CHACHA_KEY);
	memcpy(out, block + CHACHA_KEY, 32);
	memset(block, 0, sizeof(block));
}

/* Lock held. */
static void
pool_mix(const uint8_t *p, size_t n)
{
	uint8_t discard[32];

	while (n > 0) {
		size_t m = MIN(n, (size_t)CHACHA_KEY);

		for (size_t i = 0; i < m; i++)
			pool_key[i] ^= p[i];
		pool_take(discard);
		p += m;
		n -= m;
	}
}

void
random_add(const void *data, size_t n, unsigned bits_credited)
{
	uint64_t stamp = cpu_ticks();
	uint64_t irq = spin_lock_irq(&random_lock);

	pool_mix(data, n);
	pool_mix((const uint8_t *)&stamp, sizeof(stamp));
	bits = MIN(bits + bits_credited, (uint32_t)READY_BITS);
	spin_unlock_irq(&random_lock, irq);
}

void
random_init(const void *seed, size_t n)
{
	uint64_t word;

	/* The loader mixed the firmware's generator, if it has one. */
	random_add(seed, n, 128);
	for (int i = 0; i < 16; i++) {
		if (md_random(&word))
			random_add(&word, sizeof(word), 32);
	}
}

void
random_bytes(void *buf, size_t n)
{
	static const uint8_t nonce[12];
	uint8_t key[32], block[CHACHA_BLOCK];
	uint8_t *p = buf;
	uint64_t irq = spin_lock_irq(&random_lock);

	pool_take(key);
	spin_unlock_irq(&random_lock, irq);
	if (n <= sizeof(key)) {
		memcpy(p, key, n);
	} else {
		for (uint32_t counter = 0; n > 0; counter++) {
			size_t m = MIN(n, (size_t)CHACHA_BLOCK);

			chacha20_block(key, counter, nonce, block);
			memcpy(p, block, m);
			p += m;
			n -= m;
		}
		memset(block, 0, sizeof(block));
	}
	memset(key, 0, sizeof(key));
}

uint64_t
random_u64(void)
{
	uint64_t v;

	random_bytes(&v, sizeof(v));
	return v;
}

bool
random_ready(void)
{
	return bits >= READY_BITS;
}
