/* SPDX-License-Identifier: MIT */
/*
 * sys/base/random.h: the random generator behind getrandom(2) and urandom.
 *
 * ChaCha20 with fast key erasure, a state on each CPU keyed from a pool that
 * mixes the loader's seed, RDSEED/RDRAND, virtio-rng and interrupt times.
 */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include "base/types.h"

void random_init(const void *seed, size_t n);
void random_add(const void *data, size_t n, unsigned bits_credited);
void random_bytes(void *buf, size_t n);
uint64_t random_u64(void);
bool random_ready(void); /* seeded with at least 256 bits */

#endif
