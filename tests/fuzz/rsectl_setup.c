/* SPDX-License-Identifier: MIT */
/*
 * tests/fuzz/rsectl_setup.c - any bytes as a set-up file of rsectl.
 *
 * What is taken must be lines that the words' own check takes, each told
 * from a line of the file; what is not must say where and why.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../usr.bin/rsectl/setup.h"

#define DEMAND(c) do { if (!(c)) abort(); } while (0)

static void
block_check(const struct setup *s, const struct block *b)
{
	unsigned i, n;
	char *line, *at, *word[WORDS_MOST], *rest, why[WORDS_WHY];
	const char *p = b->text, *end = b->text + b->len;

	DEMAND(b->torus <= BRAID);
	for (i = 0; i < b->count; i++) {
		at = memchr(p, '\n', (size_t)(end - p));
		DEMAND(at != NULL && at - p < WORDS_LINE);
		DEMAND(b->from[i] >= 1 && b->from[i] <= s->line);
		line = strndup(p, (size_t)(at - p));
		p = at + 1;
		n = 0;
		for (at = strtok_r(line, " ", &rest); at != NULL;
		     at = strtok_r(NULL, " ", &rest)) {
			DEMAND(n < WORDS_MOST);
			word[n++] = at;
		}
		DEMAND(n > 0 && words_check(b->torus == BRAID ?
		    WORDS_SETUP_BRAID : WORDS_SETUP, word, n, why));
		free(line);
	}
	DEMAND(p == end);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct setup s;
	unsigned i;
	FILE *f;

	if (size == 0)
		return 0;
	f = fmemopen((void *)data, size, "r");
	DEMAND(f != NULL);
	if (setup_read(&s, f, "setup"))
		for (i = 0; i < s.blocks && s.total < 4096; i++)
			block_check(&s, &s.block[i]);
	else
		DEMAND(strncmp(s.error, "setup:", 6) == 0 &&
		    strlen(s.error) > 12);
	setup_free(&s);
	fclose(f);
	return 0;
}
