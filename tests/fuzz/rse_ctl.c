/* SPDX-License-Identifier: MIT */
/*
 * tests/fuzz/rse_ctl.c - any bytes as lines of ctl, each run on for a while.
 */
#include <stdlib.h>
#include <string.h>

#include <rse_text.h>

#include "small.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct rse_torus *t;
	struct rse_ctl_result r;
	struct rse_config c;
	struct rse_wait w;
	char *line;
	size_t i, from;

	if (t == NULL) {
		rse_config_default(&c);
		c.dim[0] = c.dim[1] = c.dim[2] = 3;
		c.events = c.limit = 16;
		c.ring = c.processes = c.edges = 8;
		t = small_create(&c);
	}
	rse_torus_reset(t);
	for (i = from = 0; i <= size; i++) {
		if (i < size && data[i] != '\n')
			continue;
		/* An exact copy: reading past the end is seen. */
		line = malloc(i - from + 1);
		memcpy(line, data + from, i - from);
		rse_ctl_execute(t, line, i - from, &r);
		free(line);
		rse_step(t, 20, &w);
		from = i + 1;
	}
	if (rse_torus_check(t) != RSE_OK)
		abort();
	return 0;
}
