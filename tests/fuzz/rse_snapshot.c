/* SPDX-License-Identifier: MIT */
/*
 * tests/fuzz/rse_snapshot.c - any bytes as a snapshot.
 *
 * The CRC is made right first, else nothing behind it would be reached.  A
 * snapshot that is taken must leave a torus that runs.
 */
#include <stdlib.h>
#include <string.h>

#include <rse.h>

#include "../../rse/core/hash.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct rse_torus *t;
	struct rse_config c;
	uint8_t *copy;
	size_t n;

	if (t == NULL) {
		rse_config_default(&c);
		c.dim[0] = c.dim[1] = c.dim[2] = 2;
		c.events = c.limit = c.ring = c.processes = c.edges = 8;
		n = rse_torus_size(&c);
		if (rse_torus_create(malloc(n), n, &c, &t) != RSE_OK)
			abort();
	}
	copy = malloc(size + 1);
	memcpy(copy, data, size);
	if (size > 32) {
		memcpy(copy, "RSESNAP1\1\0\0\0", 12);
		le64_put(copy + 16, size);
		le32_put(copy + 12, rse_crc32c(0, copy + 16, size - 16));
	}
	if (rse_snapshot_load(t, copy, size) == RSE_OK)
		rse_torus_run(t, 100, RSE_FOREVER);
	if (rse_torus_check(t) != RSE_OK)
		abort();
	free(copy);
	return 0;
}
