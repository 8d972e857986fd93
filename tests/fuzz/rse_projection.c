/* SPDX-License-Identifier: MIT */
/*
 * tests/fuzz/rse_projection.c - any bytes as a projection: applied, with the
 * hash as it came and with the hash made right, and shown as text.
 */
#include <stdlib.h>
#include <string.h>

#include <rse_text.h>

#include "../../rse/core/hash.h"
#include "small.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct rse_torus *t;
	char text[1024];
	uint8_t *copy;

	if (t == NULL)
		t = small_torus(1, 0);
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
