/* SPDX-License-Identifier: MIT */
/*
 * usr.bin/rsectl/json.c - texts of the device as JSON.
 *
 * A line `key value` becomes "key": value; several numbers an array; a key
 * that comes again an array of its lines.  A digest is a string even if all
 * its digits are decimal.  The rows of a face, `boundary_states y z:flux
 * ...`, become arrays of [y, z, flux].
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "rsectl.h"

#define FACE "boundary_states"

static bool
is_number(const char *s, size_t len)
{
	size_t i = s[0] == '-';

	if (len == i || (s[i] == '0' && len > i + 1))
		return false;
	for (; i < len; i++)
		if (!isdigit((unsigned char)s[i]))
			return false;
	return true;
}

/* Bytes of the character at s, if it is one of UTF-8; else 0. */
static size_t
character_length(const char *s, size_t len)
{
	unsigned char c = (unsigned char)s[0];
	unsigned char d = len > 1 ? (unsigned char)s[1] : 0;
	size_t n = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4, i;

	for (i = 1; i < n; i++)
		if (i >= len || ((unsigned char)s[i] & 0xc0) != 0x80)
			return 0;
	/* Longer than need be, half of a pair, or above the last. */
	if ((c >= 0x80 && c < 0xc2) || (c == 0xe0 && d < 0xa0) ||
	    (c == 0xed && d >= 0xa0) || (c == 0xf0 && d < 0x90) ||
	    (c == 0xf4 && d >= 0x90) || c > 0xf4)
		return 0;
	return n;
}

/* What is no UTF-8, as a file name may be, becomes U+FFFD byte by byte. */
void
json_string(FILE *f, const char *s, size_t len)
{
	const char *end = s + len;
	size_t n;

	putc('"', f);
	for (; s < end; s += n) {
		n = character_length(s, (size_t)(end - s));
		if (n == 0) {
			fputs("\\ufffd", f);
			n = 1;
		} else if ((unsigned char)*s < ' ' || *s == 0x7f) {
			fprintf(f, "\\u%04x", (unsigned char)*s);
		} else {
			if (*s == '"' || *s == '\\')
				putc('\\', f);
			fwrite(s, 1, n, f);
		}
	}
	putc('"', f);
}

static const char *
line_end(const char *line)
{
	return line + strcspn(line, "\n");
}

static const char *
line_next(const char *line)
{
	line = line_end(line);
	return *line == '\n' ? line + 1 : line;
}

/* The word behind this one, or the end. */
static const char *
word_next(const char *p, const char *end, size_t *len)
{
	while (p < end && *p == ' ')
		p++;
	*len = 0;
	while (p + *len < end && p[*len] != ' ')
		++*len;
	return p;
}

static bool
all_numbers(const char *s, const char *end, unsigned *count)
{
	const char *p;
	size_t n;

	*count = 0;
	for (p = word_next(s, end, &n); n > 0; p = word_next(p + n, end, &n)) {
		++*count;
		if (!is_number(p, n))
			return false;
	}
	return *count > 0;
}

/* What stands behind the key: a number, an array of them, or a string. */
static void
value_show(const char *s, size_t len)
{
	const char *end = s + len, *p;
	unsigned count;
	size_t n;

	if (!all_numbers(s, end, &count)) {
		json_string(stdout, s, len);
		return;
	}
	if (count > 1)
		putchar('[');
	for (p = word_next(s, end, &n); n > 0; p = word_next(p + n, end, &n))
		printf("%s%.*s", p == s ? "" : ", ", (int)n, p);
	if (count > 1)
		putchar(']');
}

/* One row of a face; returns whether anything was shown. */
static bool
face_row_show(const char *s, size_t len, bool first)
{
	const char *end = s + len, *p;
	unsigned long y, z, v;
	char *colon;
	size_t n;

	p = word_next(s, end, &n);
	if (!is_number(p, n))
		return false; /* none */
	y = strtoul(p, NULL, 10);
	while ((p = word_next(p + n, end, &n), n) > 0) {
		z = strtoul(p, &colon, 10);
		v = *colon == ':' ? strtoul(colon + 1, NULL, 10) : 0;
		printf("%s[%lu, %lu, %lu]", first ? "" : ", ", y, z, v);
		first = false;
	}
	return true;
}

static bool
key_is(const char *line, const char *key, size_t k)
{
	return strncmp(line, key, k) == 0 && (line[k] == ' ' ||
	    line[k] == '\n' || line[k] == '\0');
}

static bool
is_digest(const char *key, size_t k)
{
	return (k >= 6 && memcmp(key + k - 6, "digest", 6) == 0) ||
	    (k >= 4 && memcmp(key + k - 4, "hash", 4) == 0);
}

/* The lines of one key; returns the last of them. */
static const char *
key_show(const char *line, size_t k)
{
	bool face = key_is(line, FACE, sizeof(FACE) - 1), shown = false;
	bool many = face || key_is(line_next(line), line, k);
	const char *v;
	size_t n;

	if (many)
		putchar('[');
	for (;; line = line_next(line)) {
		v = line + k + strspn(line + k, " ");
		n = (size_t)(line_end(line) - v);
		if (face) {
			shown |= face_row_show(v, n, !shown);
		} else {
			if (shown)
				printf(", ");
			shown = true;
			if (is_digest(line, k))
				json_string(stdout, v, n);
			else
				value_show(v, n);
		}
		if (!key_is(line_next(line), line, k))
			break;
	}
	if (many)
		putchar(']');
	return line;
}

void
json_text(const char *text)
{
	const char *line = text;
	size_t k;

	putchar('{');
	for (; *line != '\0'; line = line_next(line)) {
		k = strcspn(line, " \n");
		printf("%s\n  ", line == text ? "" : ",");
		json_string(stdout, line, k);
		printf(": ");
		line = key_show(line, k);
	}
	printf("\n}");
}

/* One row: an object, its keys from the row of names. */
static void
row_show(const char *names, const char *row)
{
	const char *names_end = line_end(names), *end = line_end(row), *p, *q;
	size_t n, m;

	p = word_next(row, end, &n);
	q = word_next(names, names_end, &m);
	for (putchar('{'); n > 0 && m > 0; q = word_next(q + m, names_end,
	    &m)) {
		json_string(stdout, q, m);
		printf(": ");
		value_show(p, n);
		p = word_next(p + n, end, &n);
		if (n > 0)
			printf(", ");
	}
	putchar('}');
}

/* `word arguments help`, where help begins in a column of its own. */
static void
word_show(const char *line, size_t help)
{
	size_t len = (size_t)(line_end(line) - line);
	size_t word = strcspn(line, " \n"), args, n;

	if (help > len)
		help = len;
	args = word + strspn(line + word, " ");
	for (n = help; n > args && line[n - 1] == ' '; n--)
		continue;
	fputs("{\"word\": ", stdout);
	json_string(stdout, line, word);
	fputs(", \"arguments\": ", stdout);
	json_string(stdout, line + args, n > args ? n - args : 0);
	fputs(", \"help\": ", stdout);
	json_string(stdout, line + help, len - help);
	putchar('}');
}

/* The words of ctl; `start` is the first, and has no arguments. */
void
json_words(const char *text)
{
	size_t help = strcspn(text, " \n");
	const char *line;

	help += strspn(text + help, " ");
	putchar('[');
	for (line = text; *line != '\0'; line = line_next(line)) {
		if (line != text)
			printf(",\n ");
		word_show(line, help);
	}
	puts("]");
}

void
json_table(const char *text)
{
	const char *row = line_next(text);

	putchar('[');
	for (; *row != '\0'; row = line_next(row)) {
		row_show(text, row);
		if (*line_next(row) != '\0')
			printf(",\n  ");
	}
	putchar(']');
}
