/* SPDX-License-Identifier: MIT */
/*
 * tests/fuzz/rse_setup.c - any bytes as a set-up file of rse-run.
 *
 * Lines may ask for little work only.  What is refused must say why, with
 * the number of the line.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../rse/tools/setup.h"

#define MOST 300

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct setup *s = calloc(1, sizeof(*s));
	struct setup_row row;
	FILE *f;
	int error;

	if (s == NULL)
		abort();
	rse_config_default(&s->config);
	s->most = MOST;
	/* Small ones, so that thousands of files a second are tried. */
	s->config.dim[0] = s->config.dim[1] = s->config.dim[2] = 4;
	s->config.processes = s->config.edges = s->config.ring = 32;
	s->config.events = s->config.limit = 32;
	f = size == 0 ? tmpfile() : fmemopen((void *)data, size, "r");
	if (f == NULL)
		abort();
	error = setup_parse(s, f, "file");
	fclose(f);
	if (error != 0 && (s->used == 0 || s->used >= sizeof(s->said) ||
	    strncmp(s->said, "file:", 5) != 0))
		abort();
	if (error == 0)
		setup_row(s, 0, &row);
	setup_free(s);
	free(s);
	return 0;
}
