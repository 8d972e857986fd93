/* SPDX-License-Identifier: MIT */
/*
 * rse/tools/run.c - rse-run: carries out set-up files and prints digests.
 *
 * Use: rse-run [-j threads] file...   (what a file holds: setup.h; those of
 * the known answers lie in rse/setups).  Exits 1 if an expectation fails, 2
 * if a file cannot be carried out.
 */
#include <stdlib.h>
#include <string.h>

#include "setup.h"

static int
file_run(const char *path, uint32_t threads)
{
	struct setup *s = calloc(1, sizeof(*s));
	struct setup_row *row = NULL;
	uint32_t i;
	int result = 2;

	if (s == NULL) {
		perror("rse-run");
		return 2;
	}
	rse_config_default(&s->config);
	s->threads = threads;
	if (setup_read(s, path) == 0 &&
	    (row = calloc(s->n, sizeof(*row))) != NULL) {
		for (i = 0; i < s->n; i++)
			setup_row(s, i, &row[i]);
		setup_print(s, row, stdout);
		result = s->failed != 0;
	}
	fputs(s->said, stderr);
	free(row);
	setup_free(s);
	free(s);
	return result;
}

int
main(int argc, char **argv)
{
	uint32_t threads = 0;
	int i, worst = 0, r;

	for (i = 1; i + 1 < argc && strcmp(argv[i], "-j") == 0; i += 2)
		threads = (uint32_t)strtoul(argv[i + 1], NULL, 10);
	if (i >= argc || argv[i][0] == '-') {
		fprintf(stderr, "usage: rse-run [-j threads] file ...\n");
		return 2;
	}
	for (; i < argc; i++) {
		r = file_run(argv[i], threads);
		worst = r > worst ? r : worst;
	}
	return worst;
}
