/* SPDX-License-Identifier: MIT */
/*
 * usr.bin/rsectl/show.c - files of the device, as they are or as JSON.
 *
 * A line `key value` becomes "key": value; several values an array; a key
 * that comes again an array of its lines.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <librse.h>

#include "rsectl.h"

char *
file_read(unsigned torus, const char *name, size_t *len)
{
	struct rse_dev *d = torus == BRAID ? rse_dev_open_braid() :
	    rse_dev_open(torus);
	void *text;
	ssize_t n;

	if (d == NULL)
		fail(EXIT_UNREACHABLE, "the device of the tori: %s",
		    strerror(errno));
	n = rse_dev_read(d, name, &text);
	if (n < 0 && errno == ENXIO)
		fail(EXIT_REFUSED, "torus %u is dead (rsectl recover)",
		    torus);
	if (n < 0)
		fail(EXIT_REFUSED, "%s: %s", name, strerror(errno));
	rse_dev_close(d);
	if (len != NULL)
		*len = (size_t)n;
	return text;
}

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

static void
json_string(const char *s, size_t len)
{
	size_t i;

	putchar('"');
	for (i = 0; i < len; i++) {
		if (s[i] == '"' || s[i] == '\\')
			putchar('\\');
		if ((unsigned char)s[i] < ' ')
			printf("\\u%04x", (unsigned char)s[i]);
		else
			putchar(s[i]);
	}
	putchar('"');
}

/* What stands behind the key; numbers in a row are an array. */
static void
json_value(const char *s, size_t len)
{
	const char *end = s + len, *p, *q;
	bool numbers = true, many = memchr(s, ' ', len) != NULL;

	for (p = s; p < end; p = q + 1) {
		q = memchr(p, ' ', (size_t)(end - p));
		if (q == NULL)
			q = end;
		numbers = numbers && is_number(p, (size_t)(q - p));
	}
	if (!numbers || len == 0) {
		json_string(s, len);
		return;
	}
	if (many)
		putchar('[');
	for (p = s; p < end; p = q + 1) {
		q = memchr(p, ' ', (size_t)(end - p));
		if (q == NULL)
			q = end;
		printf("%s%.*s", p == s ? "" : ", ", (int)(q - p), p);
	}
	if (many)
		putchar(']');
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

static bool
same_key(const char *line, const char *key, size_t k)
{
	return strncmp(line, key, k) == 0 && (line[k] == ' ' ||
	    line[k] == '\n' || line[k] == '\0');
}

void
text_show_json(const char *text)
{
	const char *line = text, *v;
	size_t k;
	bool again;

	putchar('{');
	for (; *line != '\0'; line = line_next(line)) {
		k = strcspn(line, " \n");
		again = same_key(line_next(line), line, k);
		printf("%s\n  ", line == text ? "" : ",");
		json_string(line, k);
		printf(": %s", again ? "[" : "");
		for (;; line = line_next(line)) {
			v = line + k + (line[k] == ' ');
			json_value(v, (size_t)(line_end(line) - v));
			if (!same_key(line_next(line), line, k))
				break;
			printf(", ");
		}
		if (again)
			putchar(']');
	}
	printf("\n}");
}

void
file_show(unsigned torus, const char *name)
{
	char *text = file_read(torus, name, NULL);

	if (json)
		text_show_json(text);
	else
		fputs(text, stdout);
	free(text);
}

/* Of one torus, or with -1 of all: a JSON array of them. */
void
files_show(int which, const char *name)
{
	unsigned i;

	if (which >= 0) {
		file_show((unsigned)which, name);
		if (json)
			putchar('\n');
		return;
	}
	if (json)
		putchar('[');
	for (i = 0; i < TORI; i++) {
		if (i > 0)
			fputs(json ? ",\n" : "\n", stdout);
		file_show(i, name);
	}
	if (json)
		fputs("]\n", stdout);
}
