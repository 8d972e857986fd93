/* SPDX-License-Identifier: MIT */
/*
 * boot/seed.c - randomness for the kernel and for its address.
 *
 * Why a sponge: sources of unknown quality are all taken in, so the result is
 * as good as the best of them, and the slide, which can leak, tells nothing
 * about the seed that is squeezed out after it.
 */
#include "base/chacha_core.h"
#include "loader.h"
#include "bytes.h"

#define RATE	32	/* bytes of the state seen from outside */

void
seed_init(struct seed *sd)
{
	/* All zeroes would be a fixed point of the permutation. */
	for (uint32_t i = 0; i < 16; i++)
		sd->sd_state[i] = 0x9e3779b9u * (i + 1);
}

void
seed_absorb(struct seed *sd, const void *data, size_t len)
{
	const uint8_t *from = data;
	uint8_t *state = (uint8_t *)sd->sd_state;
	size_t i;

	while (len > 0) {
		for (i = 0; i < RATE && len > 0; i++, len--)
			state[i] ^= *from++;
		chacha_mix(sd->sd_state);
	}
}

void
seed_squeeze(struct seed *sd, void *data, size_t len)
{
	uint8_t *to = data;
	size_t n;

	for (; len > 0; len -= n, to += n) {
		n = len < RATE ? len : RATE;
		chacha_mix(sd->sd_state);
		bytes_copy(to, sd->sd_state, n);
	}
	/* What was given out must not be what is left. */
	chacha_mix(sd->sd_state);
}

static bool
rdrand_read(uint64_t *value)
{
	bool ok;

	__asm__ volatile("rdrand %0" : "=r"(*value), "=@ccc"(ok));
	return ok;
}

static bool
rdseed_read(uint64_t *value)
{
	bool ok;

	__asm__ volatile("rdseed %0" : "=r"(*value), "=@ccc"(ok));
	return ok;
}

/* Eight words, each with the ten tries the makers advise. */
static void
seed_gather_cpu(struct seed *sd, bool (*source)(uint64_t *))
{
	uint64_t value;

	for (int word = 0; word < 8; word++)
		for (int try = 0; try < 10; try++)
			if (source(&value)) {
				seed_absorb(sd, &value, sizeof(value));
				break;
			}
}

static void
seed_gather_firmware(struct seed *sd)
{
	EFI_GUID guid = EFI_RNG_PROTOCOL_GUID;
	EFI_RNG_PROTOCOL *rng;
	uint8_t bytes[BI_SEED_SIZE];

	if (EFI_ERROR(BS->LocateProtocol(&guid, NULL, (void **)&rng)) ||
	    EFI_ERROR(rng->GetRNG(rng, NULL, sizeof(bytes), bytes)))
		return;
	seed_absorb(sd, bytes, sizeof(bytes));
	bytes_zero(bytes, sizeof(bytes));
}

/* Takes in everything this machine can offer, and the time it took. */
void
seed_gather(struct seed *sd)
{
	uint32_t basic[4], leaf1[4], leaf7[4] = { 0 };
	uint64_t tsc = tsc_read();

	cpuid_read(0, basic);
	cpuid_read(1, leaf1);
	if (basic[0] >= 7)
		cpuid_read(7, leaf7);
	seed_absorb(sd, &tsc, sizeof(tsc));
	seed_gather_firmware(sd);
	if (leaf1[2] & (1u << 30))
		seed_gather_cpu(sd, rdrand_read);
	if (leaf7[1] & (1u << 18))
		seed_gather_cpu(sd, rdseed_read);
	tsc = tsc_read();
	seed_absorb(sd, &tsc, sizeof(tsc));
}
