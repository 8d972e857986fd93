/* SPDX-License-Identifier: MIT */
/*
 * usr.bin/rsectl/setup.c - set-up files: words of ctl, with ranges.
 *
 * A line is a word of ctl(see torus(4)), `torus N` or `torus all`, which say
 * whom the lines after it are for, or `braid` and a word of the braid's ctl.
 * A coordinate of spawn, edge and inject may be a range `a..b`: the line
 * stands for one of each.  The second cell of an edge may be told from the
 * first: x, y, z, or these plus or minus a number.
 *
 * The whole file is read and checked before any of it is carried out.
 */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rsectl.h"

#define WORDS	   17
#define LINE_MOST  400
#define LINES_MOST (1u << 20) /* after ranges: more is surely a mistake */

/* Lines of ctl for one receiver, and the line of the file each is from. */
struct block {
	unsigned torus; /* or BRAID */
	char *text;
	size_t len, room;
	unsigned *from, count, count_room;
};

struct setup {
	const char *path;
	unsigned line;
	bool wanted[TORI]; /* whom lines are for */
	struct block *block;
	unsigned blocks;
	unsigned total;
};

static void
wrong(const struct setup *s, const char *format, ...)
{
	char why[200];
	va_list ap;

	va_start(ap, format);
	vsnprintf(why, sizeof(why), format, ap);
	va_end(ap);
	fail(EXIT_USAGE, "%s:%u: %s", s->path, s->line, why);
}

static void *
more(void *p, size_t size)
{
	p = realloc(p, size);
	if (p == NULL)
		fail(EXIT_REFUSED, "%s", strerror(errno));
	return p;
}

/*
 * Tori need no order among each other, so that lines for all of them make
 * three blocks; a word of the braid comes after all before it.
 */
static struct block *
block_for(struct setup *s, unsigned torus)
{
	struct block *b;
	unsigned i;

	for (i = s->blocks; i-- > 0;) {
		if (s->block[i].torus == torus)
			return &s->block[i];
		if (torus == BRAID || s->block[i].torus == BRAID)
			break;
	}
	s->block = more(s->block, (s->blocks + 1) * sizeof(*b));
	b = &s->block[s->blocks++];
	*b = (struct block){ .torus = torus };
	return b;
}

static void
line_add(struct setup *s, unsigned torus, const char *text)
{
	struct block *b = block_for(s, torus);
	size_t n = strlen(text);

	if (++s->total > LINES_MOST)
		wrong(s, "the file stands for more than %u lines",
		    LINES_MOST);
	if (b->len + n + 1 > b->room) {
		b->room = 2 * b->room + n + 1;
		b->text = more(b->text, b->room);
	}
	if (b->count == b->count_room) {
		b->count_room = 2 * b->count_room + 16;
		b->from = more(b->from, b->count_room * sizeof(*b->from));
	}
	memcpy(b->text + b->len, text, n);
	b->text[b->len + n] = '\n';
	b->len += n + 1;
	b->from[b->count++] = s->line;
}

static bool
number(const char *s, long *v)
{
	char *end;

	errno = 0;
	*v = strtol(s, &end, 10);
	return (isdigit((unsigned char)s[0]) || s[0] == '-') &&
	    *end == '\0' && errno == 0;
}

/* `a`, or `a..b` with a <= b. */
static void
range(const struct setup *s, char *word, long out[2])
{
	char *dots = strstr(word, "..");
	bool ok;

	if (dots != NULL)
		*dots = '\0';
	ok = number(word, &out[0]);
	out[1] = out[0];
	if (ok && dots != NULL)
		ok = number(dots + 2, &out[1]);
	if (dots != NULL)
		*dots = '.';
	if (!ok || out[0] > out[1])
		wrong(s, "%s is neither a number nor a range", word);
}

/* A coordinate of the second cell: a number, or x, y, z and a difference. */
static long
relative(const struct setup *s, const char *word, const long at[3])
{
	long v = 0;

	if (number(word, &v))
		return v;
	if (word[0] < 'x' || word[0] > 'z')
		wrong(s, "%s is neither a number nor x, y or z", word);
	if (word[1] == '\0')
		return at[word[0] - 'x'];
	if ((word[1] != '+' && word[1] != '-') ||
	    !isdigit((unsigned char)word[2]) ||
	    !number(word + 2, &v))
		wrong(s, "%s: after %c may only come + or - and a number",
		    word, word[0]);
	return at[word[0] - 'x'] + (word[1] == '+' ? v : -v);
}

/* One line of ctl from a line of the file and a cell of its ranges. */
static void
cell_add(struct setup *s, char **word, unsigned n, const long at[3])
{
	char text[LINE_MOST];
	size_t len;
	unsigned i;

	len = (size_t)snprintf(text, sizeof(text), "%s %ld %ld %ld", word[0],
	    at[0], at[1], at[2]);
	for (i = 4; i < n && len < sizeof(text); i++) {
		if (strcmp(word[0], "edge") == 0 && i < 7)
			len += (size_t)snprintf(text + len, sizeof(text) - len,
			    " %ld", relative(s, word[i], at));
		else
			len += (size_t)snprintf(text + len, sizeof(text) - len,
			    " %s", word[i]);
	}
	if (len >= sizeof(text))
		wrong(s, "the line is too long");
	for (i = 0; i < TORI; i++)
		if (s->wanted[i])
			line_add(s, i, text);
}

static void
cells_add(struct setup *s, char **word, unsigned n)
{
	long r[3][2], at[3];
	unsigned i;

	if (n < 4 || (strcmp(word[0], "edge") == 0 && n < 8))
		wrong(s, "%s needs more words", word[0]);
	for (i = 0; i < 3; i++)
		range(s, word[i + 1], r[i]);
	for (at[0] = r[0][0]; at[0] <= r[0][1]; at[0]++)
		for (at[1] = r[1][0]; at[1] <= r[1][1]; at[1]++)
			for (at[2] = r[2][0]; at[2] <= r[2][1]; at[2]++)
				cell_add(s, word, n, at);
}

static void
words_add(struct setup *s, char **word, unsigned n, bool braid)
{
	char text[LINE_MOST];
	size_t len = 0;
	unsigned i;

	for (i = 0; i < n && len < sizeof(text); i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
		    "%s%s", i == 0 ? "" : " ", word[i]);
	if (len >= sizeof(text))
		wrong(s, "the line is too long");
	if (braid) {
		line_add(s, BRAID, text);
		return;
	}
	for (i = 0; i < TORI; i++)
		if (s->wanted[i])
			line_add(s, i, text);
}

static void
torus_choose(struct setup *s, char **word, unsigned n)
{
	unsigned i;
	long v;

	if (n == 2 && strcmp(word[1], "all") == 0) {
		for (i = 0; i < TORI; i++)
			s->wanted[i] = true;
		return;
	}
	if (n != 2 || !number(word[1], &v) || v < 0 || v >= TORI)
		wrong(s, "torus: 0, 1, 2 or all");
	for (i = 0; i < TORI; i++)
		s->wanted[i] = i == (unsigned)v;
}

/* Words that a set-up may have; the device checks what stands behind. */
static bool
known(const char *w)
{
	static const char *const words[] = { "config", "create", "kill",
		"pace", "reset", "start", "step", "stop" };
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i], w) == 0)
			return true;
	return false;
}

static void
line_read(struct setup *s, char *line)
{
	char *word[WORDS], *rest;
	unsigned n = 0;

	line[strcspn(line, "#\n")] = '\0';
	for (line = strtok_r(line, " \t\r", &rest); line != NULL;
	     line = strtok_r(NULL, " \t\r", &rest)) {
		if (n == WORDS)
			wrong(s, "too many words");
		word[n++] = line;
	}
	if (n == 0)
		return;
	if (strcmp(word[0], "torus") == 0)
		torus_choose(s, word, n);
	else if (strcmp(word[0], "braid") == 0 && n > 1)
		words_add(s, word + 1, n - 1, true);
	else if (strcmp(word[0], "spawn") == 0 ||
	    strcmp(word[0], "edge") == 0 || strcmp(word[0], "inject") == 0)
		cells_add(s, word, n);
	else if (known(word[0]))
		words_add(s, word, n, false);
	else
		wrong(s, "%s: no such word", word[0]);
}

static void
setup_send(const struct setup *s)
{
	unsigned i, refused;
	const struct block *b;

	for (i = 0; i < s->blocks; i++) {
		b = &s->block[i];
		if (ask_ctl(b->torus, b->text, b->len, &refused) == 0)
			continue;
		if (refused == 0 || refused > b->count)
			fail(errno == ENOENT ? EXIT_UNREACHABLE :
			    EXIT_REFUSED, "%s: %s", s->path, strerror(errno));
		fail(EXIT_REFUSED, "%s:%u: refused: %s", s->path,
		    b->from[refused - 1], errno == EINVAL ?
		    "dmesg says which word" : strerror(errno));
	}
}

void
setup_load(const char *path)
{
	struct setup s = { .path = path };
	char line[LINE_MOST];
	unsigned i;
	FILE *f;

	for (i = 0; i < TORI; i++)
		s.wanted[i] = true;
	f = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	if (f == NULL)
		fail(EXIT_REFUSED, "%s: %s", path, strerror(errno));
	while (fgets(line, sizeof(line), f) != NULL) {
		s.line++;
		if (strchr(line, '\n') == NULL && !feof(f))
			wrong(&s, "the line is too long");
		line_read(&s, line);
	}
	if (ferror(f))
		fail(EXIT_REFUSED, "%s: %s", path, strerror(errno));
	if (f != stdin)
		fclose(f);
	setup_send(&s);
	for (i = 0; i < s.blocks; i++) {
		free(s.block[i].text);
		free(s.block[i].from);
	}
	free(s.block);
}
