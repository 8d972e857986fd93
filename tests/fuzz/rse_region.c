/* SPDX-License-Identifier: MIT */
/*
 * tests/fuzz/rse_region.c - a region of shared memory full of anything.
 */
#include <stdlib.h>
#include <string.h>

#include <rsep.h>

#define PAYLOAD 160

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t len = rsep_region_size(3, PAYLOAD), at, n;
	struct rse_pulse pulse = { 1, 0, 0 };
	struct rsep_seat seat;
	uint64_t want[2] = { 1, 2 }, seq;
	uint32_t side;
	uint8_t *mem, wire[PAYLOAD];

	mem = aligned_alloc(64, (len + 63) & ~(size_t)63);
	if (size < 8)
		memset(mem, 0x5a, len);
	for (at = 0; size >= 8 && at < len; at += n) {
		n = len - at < size ? len - at : size;
		memcpy(mem + at, data, n);
	}
	if (rsep_seat_join(&seat, mem, len, 0, 3, PAYLOAD, 5) == RSE_OK &&
	    size < 16)
		abort(); /* so few bytes repeated are no head */
	if (rsep_region_format(mem, len, 3, PAYLOAD) != RSE_OK ||
	    rsep_seat_join(&seat, mem, len, 0, 3, PAYLOAD, 5) != RSE_OK)
		abort();
	for (at = 64; at < len && size > 0; at += n) {
		n = len - at < size ? len - at : size;
		memcpy(mem + at, data, n);
	}
	for (side = 0; side < 2; side++) {
		rsep_seat_take(&seat, side, &seq, wire);
		rsep_seat_look(&seat, side, &seq, &pulse);
		rsep_seat_acked(&seat, side, 1);
	}
	rsep_seat_beat(&seat, want, &pulse);
	rsep_seat_publish(&seat, 1, wire);
	free(mem);
	return 0;
}
