/* SPDX-License-Identifier: MIT */
/*
 * usr.bin/rsectl/load.c - carry out a set-up file.
 */
#include <errno.h>
#include <string.h>

#include "rsectl.h"
#include "setup.h"

/* The line of a block that was refused, as a string. */
static const char *
line_of(const struct block *b, unsigned number)
{
	char *p = b->text;

	for (; number > 1; number--)
		p = strchr(p, '\n') + 1;
	*strchr(p, '\n') = '\0';
	return p;
}

static void
block_send(const struct setup *s, const struct block *b)
{
	unsigned refused;
	const char *line;

	if (ask_ctl(b->torus, b->text, b->len, &refused) == 0)
		return;
	if (refused == 0 || refused > b->count)
		fail(code_of(errno), "%s: %s", s->path, reason("", errno));
	line = line_of(b, refused);
	fail(EXIT_REFUSED, "%s:%u: \"%s\": %s", s->path,
	    b->from[refused - 1], line, reason(line, errno));
}

void
setup_load(const char *path)
{
	FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	struct setup s;
	unsigned i;

	if (f == NULL)
		fail(EXIT_REFUSED, "%s: %s", path, strerror(errno));
	if (!setup_read(&s, f, f == stdin ? "standard input" : path))
		fail(EXIT_USAGE, "%s", s.error);
	if (f != stdin)
		fclose(f);
	if (s.total == 0)
		fail(EXIT_USAGE, "%s: there is nothing in it", s.path);
	for (i = 0; i < s.blocks; i++)
		block_send(&s, &s.block[i]);
	setup_free(&s);
}
