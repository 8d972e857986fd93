/* SPDX-License-Identifier: MIT */
/*
 * rse/tools/run.c - rse-run: carries out set-up files and prints digests.
 *
 * Use: rse-run [-j threads] [--store folder] file...   (rse-run.1; what a
 * file holds: setup.h; those of the known answers lie in rse/setups).  Exits
 * 1 if an expectation fails, 2 if a file cannot be carried out.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../core/hash.h"
#include "store.h"

#define PIECE (UINT64_C(1) << 20) /* events, from store to store */
#define THREADS_MOST 1024

static void
usage(int code)
{
	fprintf(code == 0 ? stdout : stderr,
	    "usage: rse-run [-j threads] file ...\n"
	    "       rse-run [-j threads] --store folder file\n");
	exit(code);
}

static uint32_t
threads_of(const char *s)
{
	char *end;
	unsigned long v = strtoul(s, &end, 10);

	if (s[0] < '0' || s[0] > '9' || *end != '\0' || v > THREADS_MOST) {
		fprintf(stderr, "rse-run: -j: \"%s\" is not a number of "
		    "threads from 0 to %d\n", s, THREADS_MOST);
		exit(2);
	}
	return (uint32_t)v;
}

/* All of a file, and its length. */
static char *
text_read(const char *path, size_t *len)
{
	FILE *f = fopen(path, "r");
	char *text = NULL, *more;
	size_t room = 0, n = 0;

	*len = 0;
	if (f == NULL)
		return NULL;
	do {
		room = room * 2 + 4096;
		if ((more = realloc(text, room)) == NULL)
			break;
		text = more;
		n = fread(text + *len, 1, room - *len - 1, f);
		*len += n;
	} while (*len == room - 1);
	if (more == NULL || ferror(f)) {
		free(text);
		text = NULL;
	}
	fclose(f);
	return text;
}

/* As setup_read, but the run goes on where its store says. */
static int
stored_read(struct setup *s, const char *path, const char *folder)
{
	struct store k = { .dir = -1 };
	size_t len;
	char *text = text_read(path, &len);
	FILE *f;
	int bad = -1;

	s->name = path;
	if (text == NULL)
		return setup_complain(s, "cannot be read", strerror(errno));
	text[len] = '\n'; /* and fmemopen refuses a length of 0 */
	k.text = rse_fnv1a(FNV_OFFSET, (const uint8_t *)text, len);
	s->arg = &k;
	s->kept = store_keep;
	s->piece = PIECE;
	s->resume = store_resume;
	if (store_open(&k, folder, s) == 0 &&
	    (f = fmemopen(text, len + 1, "r")) != NULL) {
		if (s->from.line == SETUP_END)
			fprintf(stderr, "%s: had come to its end\n", path);
		else if (s->from.line != 0)
			fprintf(stderr, "%s:%" PRIu32 ": goes on here\n",
			    path, s->from.line);
		bad = setup_parse(s, f, path);
		fclose(f);
	}
	store_close(&k);
	free(text);
	return bad;
}

static int
file_run(const char *path, uint32_t threads, const char *folder)
{
	struct setup *s = calloc(1, sizeof(*s));
	struct setup_row *row = NULL;
	uint32_t i;
	int result = 2, bad;

	if (s == NULL) {
		perror("rse-run");
		return 2;
	}
	rse_config_default(&s->config);
	s->threads = threads;
	bad = folder == NULL ? setup_read(s, path) :
	    stored_read(s, path, folder);
	if (bad == 0 && (row = calloc(s->n, sizeof(*row))) != NULL) {
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
	const char *folder = NULL;
	uint32_t threads = 0;
	int i, worst = 0, r;

	if (argc == 2 && strcmp(argv[1], "--help") == 0)
		usage(0);
	for (i = 1; i + 1 < argc && argv[i][0] == '-'; i += 2)
		if (strcmp(argv[i], "-j") == 0)
			threads = threads_of(argv[i + 1]);
		else if (strcmp(argv[i], "--store") == 0)
			folder = argv[i + 1];
		else
			usage(2);
	if (i >= argc || argv[i][0] == '-' ||
	    (folder != NULL && i + 1 != argc))
		usage(2);
	for (; i < argc; i++) {
		r = file_run(argv[i], threads, folder);
		worst = r > worst ? r : worst;
	}
	if (fflush(stdout) != 0 || ferror(stdout)) {
		perror("rse-run: standard output");
		worst = 2;
	}
	return worst;
}
