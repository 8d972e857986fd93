/* SPDX-License-Identifier: MIT */
/*
 * tests/fuzz/rse_projection.c - any bytes as a projection: applied, with the
 * hash as it came and with the hash made right, and shown as text.
 */
#include <stdlib.h>
#include <string.h>

#include <rse_text.h>

#include "../../rse/core/hash.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct rse_torus *t;
	struct rse_config c;
	char text[1024];
	uint8_t *copy;
	size_t n;

	if (t == NULL) {
		rse_config_default(&c);
		c.dim[0] = c.dim[1] = c.dim[2] = 2;
		c.id = 1;
		c.events = c.limit = c.ring = 8;
		n = rse_torus_size(&c);
		if (rse_torus_create(malloc(n), n, &c, &t) != RSE_OK)
			abort();
	}
	copy = malloc(size + 1);
	memcpy(copy, data, size);
	rse_projection_apply(t, copy, size);
	if (size > 8)
		le64_put(copy + size - 8,
		    rse_fnv1a(FNV_OFFSET, copy, size - 8));
	rse_projection_format(t, copy, size, text, sizeof(text));
	rse_projection_apply(t, copy, size);
	rse_torus_run(t, 100, RSE_FOREVER);
	if (rse_torus_check(t) != RSE_OK)
		abort();
	free(copy);
	return 0;
}
