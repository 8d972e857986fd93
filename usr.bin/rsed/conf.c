/* SPDX-License-Identifier: MIT */
/*
 * usr.bin/rsed/conf.c - reading /etc/rse.conf: a table of keys.
 */
#include <ctype.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"

#define CHECKPOINT_MOST 86400

enum kind { PATH, SECONDS, YESNO };

static const struct key {
	const char *name;
	enum kind kind;
	size_t at;
} keys[] = {
	{ "setup", PATH, offsetof(struct conf, setup) },
	{ "state", PATH, offsetof(struct conf, state) },
	{ "checkpoint", SECONDS, offsetof(struct conf, checkpoint) },
	{ "restore", YESNO, offsetof(struct conf, restore) },
	{ "resume", YESNO, offsetof(struct conf, resume) },
	{ "recover", YESNO, offsetof(struct conf, recover) },
};

#define KEYS (sizeof(keys) / sizeof(keys[0]))

/* NULL, or why the value cannot be. */
static const char *
value_set(struct conf *c, const struct key *k, const char *value)
{
	void *field = (char *)c + k->at;
	unsigned long n;
	char *end;

	switch (k->kind) {
	case PATH:
		if (value[0] != '/')
			return "the path must begin with /";
		if (strlen(value) >= sizeof(c->setup))
			return "the path is too long";
		strcpy(field, value);
		return NULL;
	case SECONDS:
		n = strtoul(value, &end, 10);
		if (!isdigit((unsigned char)value[0]) || *end != '\0' ||
		    n > CHECKPOINT_MOST)
			return "not a number of seconds from 0 to 86400";
		*(unsigned *)field = (unsigned)n;
		return NULL;
	default:
		if (strcmp(value, "yes") != 0 && strcmp(value, "no") != 0)
			return "neither yes nor no";
		*(bool *)field = value[0] == 'y';
		return NULL;
	}
}

static char *
trim(char *s)
{
	size_t n;

	s += strspn(s, " \t");
	n = strlen(s);
	while (n > 0 && isspace((unsigned char)s[n - 1]))
		s[--n] = '\0';
	return s;
}

/* NULL, or why the line is wrong. */
static const char *
line_read(struct conf *c, char *line, unsigned *seen)
{
	char *key = trim(line), *value;
	size_t i;

	if (key[0] == '\0' || key[0] == '#')
		return NULL;
	value = strchr(key, '=');
	if (value == NULL)
		return "not of the form key = value";
	*value++ = '\0';
	key = trim(key);
	for (i = 0; i < KEYS && strcmp(keys[i].name, key) != 0; i++)
		continue;
	if (i == KEYS)
		return "no such key";
	if (*seen & 1u << i)
		return "the key was given before";
	*seen |= 1u << i;
	return value_set(c, &keys[i], trim(value));
}

bool
conf_read(struct conf *c, const char *path, char *error, unsigned len)
{
	unsigned number = 0, seen = 0;
	const char *why = NULL;
	char line[600];
	FILE *f;

	*c = (struct conf){ .setup = "/usr/share/rse/ring.rse",
		.state = "/var/lib/rse", .checkpoint = 60, .restore = true,
		.recover = true };
	f = fopen(path, "re");
	if (f == NULL && errno == ENOENT)
		return true;
	if (f == NULL) {
		snprintf(error, len, "%s: %s", path, strerror(errno));
		return false;
	}
	while (why == NULL && fgets(line, sizeof(line), f) != NULL) {
		number++;
		if (strlen(line) == sizeof(line) - 1)
			why = "the line is too long";
		else if (strchr(line, '\n') == NULL && !feof(f))
			why = "this is not text"; /* a zero byte */
		else
			why = line_read(c, line, &seen);
	}
	if (why != NULL)
		snprintf(error, len, "%s:%u: %s", path, number, why);
	else if (ferror(f))
		snprintf(error, len, "%s: %s", path, why = strerror(errno));
	fclose(f);
	return why == NULL;
}
