/* SPDX-License-Identifier: MIT */
/*
 * usr.bin/rsectl/setup.c - set-up files: words of ctl, with ranges.
 *
 * A line is a word of ctl (see torus(4)), `torus N` or `torus all`, which say
 * whom the lines after it are for, or `braid` and a word of the braid's ctl.
 * A coordinate of spawn, edge and inject may be a range `a..b`: the line
 * stands for one of each.  The second cell of an edge may be told from the
 * first: x, y, z, or these plus or minus a number.
 *
 * Nothing here talks to the device or ends the program, so that it can be
 * fed anything (tests/fuzz/rsectl_setup.c).
 */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "setup.h"

#define LINES_MOST (1u << 20) /* after ranges: more is surely a mistake */

static bool
wrong(struct setup *s, const char *format, ...)
{
	va_list ap;
	int n;

	n = snprintf(s->error, sizeof(s->error), "%.250s:%u: ", s->path,
	    s->line);
	va_start(ap, format);
	vsnprintf(s->error + n, sizeof(s->error) - (size_t)n, format, ap);
	va_end(ap);
	return false;
}

/* The array with room for `need` more, at least twice as long as before. */
static void *
grow(struct setup *s, void *array, size_t *room, size_t need, size_t size)
{
	size_t most = 2 * *room + need;

	array = realloc(array, most * size);
	if (array == NULL)
		wrong(s, "%s", strerror(ENOMEM));
	else
		*room = most;
	return array;
}

/*
 * Tori need no order among each other, so that lines for all of them make
 * three blocks; a word of the braid comes after all before it.
 */
static struct block *
block_for(struct setup *s, unsigned torus)
{
	size_t room = s->blocks;
	struct block *b;
	unsigned i;

	for (i = s->blocks; i-- > 0;) {
		if (s->block[i].torus == torus)
			return &s->block[i];
		if (torus == BRAID || s->block[i].torus == BRAID)
			break;
	}
	b = grow(s, s->block, &room, 1, sizeof(*b));
	if (b == NULL)
		return NULL;
	s->block = b;
	b += s->blocks++;
	*b = (struct block){ .torus = torus };
	return b;
}

static bool
line_add(struct setup *s, unsigned torus, const char *text)
{
	struct block *b = block_for(s, torus);
	size_t n = strlen(text);
	void *more;

	if (b == NULL)
		return false;
	if (b->len + n + 1 > b->room) {
		more = grow(s, b->text, &b->room, n + 1, 1);
		if (more == NULL)
			return false;
		b->text = more;
	}
	if (b->count == b->count_room) {
		more = grow(s, b->from, &b->count_room, 16,
		    sizeof(*b->from));
		if (more == NULL)
			return false;
		b->from = more;
	}
	memcpy(b->text + b->len, text, n);
	b->text[b->len + n] = '\n';
	b->len += n + 1;
	b->from[b->count++] = s->line;
	s->total++;
	return true;
}

/* A line for whom it is meant, checked. */
static bool
words_add(struct setup *s, char **word, unsigned n, bool braid)
{
	char text[WORDS_LINE], why[WORDS_WHY];
	unsigned i;

	if (!words_check(braid ? WORDS_SETUP_BRAID : WORDS_SETUP, word, n,
	    why) ||
	    !words_join(text, word, n, why))
		return wrong(s, "%s", why);
	if (braid)
		return line_add(s, BRAID, text);
	for (i = 0; i < TORI; i++)
		if (s->wanted[i] && !line_add(s, i, text))
			return false;
	return true;
}

/* `a`, or `a..b` with a <= b. */
static bool
range(struct setup *s, char *word, long out[2])
{
	char *dots = strstr(word, "..");
	bool ok;

	if (dots != NULL)
		*dots = '\0';
	ok = words_coordinate(word, &out[0]);
	out[1] = out[0];
	if (ok && dots != NULL)
		ok = words_coordinate(dots + 2, &out[1]);
	if (dots != NULL)
		*dots = '.';
	if (!ok)
		return wrong(s, "\"%.40s\" is neither a coordinate nor a "
		    "range as 0..31", word);
	return out[0] <= out[1] || wrong(s, "the range %s ends before it "
	    "begins", word);
}

/* A coordinate of the second cell: a number, or x, y, z and a difference. */
static bool
relative(struct setup *s, const char *word, const long at[3], long *out)
{
	long v = 0;

	if (words_coordinate(word, out))
		return true;
	if (word[0] < 'x' || word[0] > 'z')
		return wrong(s, "\"%.40s\" is neither a number nor x, y or z",
		    word);
	*out = at[word[0] - 'x'];
	if (word[1] == '\0')
		return true;
	if ((word[1] != '+' && word[1] != '-') ||
	    !isdigit((unsigned char)word[2]) ||
	    !words_coordinate(word + 2, &v))
		return wrong(s, "\"%.40s\": behind %c may only come + or - "
		    "and a number", word, word[0]);
	*out += word[1] == '+' ? v : -v;
	return true;
}

/* One line of ctl from a line of the file and a cell of its ranges. */
static bool
cell_add(struct setup *s, char **word, unsigned n, const long at[3])
{
	bool edge = strcmp(word[0], "edge") == 0;
	char number[6][24], *made[WORDS_MOST];
	unsigned i;
	long v;

	for (i = 0; i < n; i++) {
		made[i] = word[i];
		if (i == 0 || i > 6 || (i > 3 && !edge))
			continue;
		if (i <= 3)
			v = at[i - 1];
		else if (!relative(s, word[i], at, &v))
			return false;
		made[i] = number[i - 1];
		snprintf(number[i - 1], sizeof(number[0]), "%ld", v);
	}
	return words_add(s, made, n, false);
}

static bool
cells_add(struct setup *s, char **word, unsigned n)
{
	unsigned long long lines = 0;
	long r[3][2], at[3];
	unsigned i;

	if (n < 4)
		return words_add(s, word, n, false); /* it says what lacks */
	for (i = 0; i < TORI; i++)
		lines += s->wanted[i];
	for (i = 0; i < 3; i++) {
		if (!range(s, word[i + 1], r[i]))
			return false;
		lines *= (unsigned long long)(r[i][1] - r[i][0]) + 1;
		if (lines > LINES_MOST - s->total)
			return wrong(s, "with this the file stands for more "
			    "than %u lines", LINES_MOST);
	}
	for (at[0] = r[0][0]; at[0] <= r[0][1]; at[0]++)
		for (at[1] = r[1][0]; at[1] <= r[1][1]; at[1]++)
			for (at[2] = r[2][0]; at[2] <= r[2][1]; at[2]++)
				if (!cell_add(s, word, n, at))
					return false;
	return true;
}

static bool
torus_choose(struct setup *s, char **word, unsigned n)
{
	bool all = n == 2 && strcmp(word[1], "all") == 0;
	unsigned i;

	if (!all && (n != 2 || word[1][0] < '0' ||
	    word[1][0] >= '0' + TORI || word[1][1] != '\0'))
		return wrong(s, "behind torus comes 0, 1, 2 or all, and "
		    "nothing else");
	for (i = 0; i < TORI; i++)
		s->wanted[i] = all || i == (unsigned)(word[1][0] - '0');
	return true;
}

static bool
line_read(struct setup *s, char *line)
{
	char *word[WORDS_MOST], *rest;
	unsigned n = 0;

	line[strcspn(line, "#\n")] = '\0';
	for (line = strtok_r(line, " \t\r", &rest); line != NULL;
	     line = strtok_r(NULL, " \t\r", &rest)) {
		if (n == WORDS_MOST)
			return wrong(s, "more than %u words in a line",
			    WORDS_MOST);
		word[n++] = line;
	}
	if (n == 0)
		return true;
	if (s->total >= LINES_MOST)
		return wrong(s, "with this the file stands for more than %u "
		    "lines", LINES_MOST);
	if (strcmp(word[0], "torus") == 0)
		return torus_choose(s, word, n);
	if (strcmp(word[0], "braid") == 0 && n == 1)
		return wrong(s, "behind braid comes a word of braid(4), as "
		    "in: braid stop");
	if (strcmp(word[0], "braid") == 0)
		return words_add(s, word + 1, n - 1, true);
	if (strcmp(word[0], "spawn") == 0 || strcmp(word[0], "edge") == 0 ||
	    strcmp(word[0], "inject") == 0)
		return cells_add(s, word, n);
	return words_add(s, word, n, false);
}

bool
setup_read(struct setup *s, FILE *f, const char *path)
{
	static const char mark[] = "\xef\xbb\xbf"; /* some editors begin so */
	char line[WORDS_LINE];
	size_t n;
	unsigned i;
	int c;

	*s = (struct setup){ .path = path };
	for (i = 0; i < TORI; i++)
		s->wanted[i] = true;
	do {
		s->line++;
		for (n = 0; (c = getc(f)) != EOF && c != '\n'; n++) {
			if (c == '\0')
				return wrong(s, "this is not text");
			if (n == sizeof(line) - 1)
				return wrong(s, "the line is longer than %zu "
				    "characters", sizeof(line) - 1);
			line[n] = (char)c;
		}
		line[n] = '\0';
		n = s->line == 1 && strncmp(line, mark, 3) == 0 ? 3 : 0;
		if (!line_read(s, line + n))
			return false;
	} while (c != EOF);
	return !ferror(f) || wrong(s, "%s", strerror(errno));
}

void
setup_free(struct setup *s)
{
	unsigned i;

	for (i = 0; i < s->blocks; i++) {
		free(s->block[i].text);
		free(s->block[i].from);
	}
	free(s->block);
}
