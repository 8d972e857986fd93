/* SPDX-License-Identifier: MIT */
/*
 * usr.bin/rsectl/words.c - what may stand in a line of ctl: a table of words,
 * one of arguments, one of the keys of `config` and `create`.
 *
 * Why: the device says EINVAL and writes the rest to the kernel's log, where
 * few look.  Here is a sentence for everything that can be told without
 * asking it; what depends on the state of the torus it tells itself.
 */
#include <ctype.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <rse_text.h>

#include "words.h"

#define INT_LEAST (UINT64_C(1) << 31) /* below 0 */
#define INT_MOST  INT32_MAX
#define CAPACITY  (UINT64_C(1) << 26)

enum arg { END, X, Y, Z, TO_X, TO_Y, TO_Z, DELAY, PAYLOAD, TIME, COUNT, PID,
	TORUS, USEC, MSEC, EPOCH, PORTAL, APPROXIMATE, PAIRS, SIZES };

/* Numbers: what they are called and how far they go. */
static const struct number {
	const char *name;
	uint64_t minus, least, most; /* -minus or least to most */
} numbers[] = {
	[X] = { "x", INT_LEAST, 0, INT_MOST },
	[Y] = { "y", INT_LEAST, 0, INT_MOST },
	[Z] = { "z", INT_LEAST, 0, INT_MOST },
	[TO_X] = { "the x to go to", INT_LEAST, 0, INT_MOST },
	[TO_Y] = { "the y to go to", INT_LEAST, 0, INT_MOST },
	[TO_Z] = { "the z to go to", INT_LEAST, 0, INT_MOST },
	[DELAY] = { "the delay", 0, 1, UINT32_MAX },
	[PAYLOAD] = { "the payload", INT_LEAST, 0, INT_MOST },
	[TIME] = { "the time", 0, 0, (UINT64_C(1) << 63) - 1 },
	[COUNT] = { "the number of events", 0, 1, UINT64_MAX },
	[PID] = { "the process", 0, 0, UINT32_MAX },
	[TORUS] = { "the torus to go to", 0, 0, 2 },
	[USEC] = { "the time of an epoch", 0, 0, 10000000 },
	[MSEC] = { "the time to keep still", 0, 0, 10000 },
	[EPOCH] = { "the epoch", 0, 0, UINT64_MAX },
};

#define ON_TORUS (1u << WORDS_TORUS)
#define ON_BRAID (1u << WORDS_BRAID | 1u << WORDS_SETUP_BRAID)
#define ON_SETUP (1u << WORDS_SETUP)
#define ON_ALL	 (ON_TORUS | ON_BRAID | ON_SETUP)

static const struct form {
	const char *word, *args;
	unsigned where;
	unsigned least;
	uint8_t arg[9]; /* ended by END; PAIRS and SIZES repeat */
} forms[] = {
	{ "start", "", ON_ALL, 0, { END } },
	{ "stop", "", ON_ALL, 0, { END } },
	{ "step", " [N]", ON_ALL, 0, { COUNT } },
	{ "reset", "", ON_ALL, 0, { END } },
	{ "spawn", " X Y Z", ON_TORUS | ON_SETUP, 3, { X, Y, Z } },
	{ "edge", " X Y Z X Y Z DELAY [portal]", ON_TORUS | ON_SETUP, 7,
	    { X, Y, Z, TO_X, TO_Y, TO_Z, DELAY, PORTAL } },
	{ "inject", " X Y Z PAYLOAD [TIME]", ON_TORUS | ON_SETUP, 4,
	    { X, Y, Z, PAYLOAD, TIME } },
	{ "kill", " PID", ON_SETUP, 1, { PID } },
	{ "kill", " [PID]", ON_TORUS, 0, { PID } },
	{ "migrate", " PID TORUS", ON_TORUS | ON_SETUP, 2, { PID, TORUS } },
	{ "config", " KEY=VALUE ...", ON_ALL, 1, { PAIRS } },
	{ "create", " [KEY=N ...]", ON_TORUS | ON_SETUP, 0, { SIZES } },
	{ "pace", " USEC", ON_ALL, 1, { USEC } },
	{ "hold", " MSEC", ON_TORUS | ON_BRAID, 1, { MSEC } },
	{ "until", " [EPOCH]", ON_ALL, 0, { EPOCH } },
	{ "recover", " [approximate]", ON_TORUS, 0, { APPROXIMATE } },
	{ "evacuate", "", ON_TORUS, 0, { END } },
	{ "forget", "", ON_TORUS, 0, { END } },
	{ "on", "", ON_BRAID, 0, { END } },
	{ "off", "", ON_BRAID, 0, { END } },
};

#define FORMS (sizeof(forms) / sizeof(forms[0]))

/* A key of config or create: one of the words, or a number. */
struct key {
	const char *name;
	const char *words; /* of which it may be one, ended by blanks */
	uint64_t least, most;
};

static const struct key config_keys[] = {
	{ "behaviour", "relay phold sir ising ", 1, 0 },
	{ "policy", "wait continue ", 0, 1 },
	{ "limit", "", 1, CAPACITY },
	{ "digest", "", 0, 1 },
	{ "adaptive", "", 0, 1 },
	{ "replicate", "", 0, 1 },
	{ "lookahead", "", 1, UINT32_MAX },
	{ "mean", "", 0, UINT32_MAX },
	{ "remote", "", 0, UINT32_MAX },
	{ "infect", "", 0, UINT32_MAX },
	{ "recover", "", 0, UINT32_MAX },
	{ "weight", "", 0, UINT32_MAX },
	{ "interval", "", 1, UINT32_MAX },
	{ "every", "", 1, UINT32_MAX },
	{ "timeout", "", 1, UINT32_MAX },
	{ "seed", "", 0, UINT64_MAX },
};

static const struct key create_keys[] = {
	{ "x", "", 1, 1024 },
	{ "y", "", 1, 1024 },
	{ "z", "", 1, 1024 },
	{ "processes", "", 1, UINT64_C(1) << 22 },
	{ "edges", "", 1, CAPACITY },
	{ "events", "", 1, CAPACITY },
	{ "ring", "", 1, CAPACITY },
	{ "journal", "", 0, CAPACITY },
};

static bool
wrong(char why[WORDS_WHY], const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(why, WORDS_WHY, format, ap);
	va_end(ap);
	return false;
}

static int
digit(char c)
{
	if (isdigit((unsigned char)c))
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
}

/* As the device reads them: decimal, or hexadecimal behind 0x. */
static bool
number(const char *s, uint64_t *out)
{
	unsigned base = 10, d;
	uint64_t v = 0;

	if (s[0] == '0' && s[1] == 'x') {
		base = 16;
		s += 2;
	}
	if (*s == '\0')
		return false;
	for (; *s != '\0'; s++) {
		d = (unsigned)digit(*s);
		if (d >= base || v > (UINT64_MAX - d) / base)
			return false;
		v = v * base + d;
	}
	*out = v;
	return true;
}

bool
words_coordinate(const char *s, long *out)
{
	bool minus = s[0] == '-';
	uint64_t v;

	if (!number(s + minus, &v) || v > (minus ? INT_LEAST : INT_MOST))
		return false;
	*out = minus ? -(long)v : (long)v;
	return true;
}

static bool
number_check(const struct form *f, enum arg a, const char *s,
    char why[WORDS_WHY])
{
	const struct number *n = &numbers[a];
	bool minus = n->minus != 0 && s[0] == '-';
	uint64_t v;

	if (number(s + minus, &v) && (minus ? v <= n->minus :
	    v >= n->least && v <= n->most))
		return true;
	return wrong(why, "%s: %s is \"%.40s\", not a number from %s%llu to "
	    "%llu", f->word, n->name, s, n->minus != 0 ? "-" : "",
	    (unsigned long long)(n->minus != 0 ? n->minus : n->least),
	    (unsigned long long)n->most);
}

/* Is it one of these words, each of which a blank ends? */
static bool
one_of(const char *words, const char *s)
{
	size_t n = strlen(s);

	for (; *words != '\0'; words = strchr(words, ' ') + 1)
		if (strncmp(words, s, n) == 0 && words[n] == ' ')
			return true;
	return false;
}

/* A key that the table does not know may be one that the engine knows. */
static bool
key_unknown(const struct form *f, const struct key *keys, size_t n,
    const char *s, size_t len, char why[WORDS_WHY])
{
	const char *const *k = rse_ctl_keys();
	char names[256] = "";
	size_t i, at = 0;

	if (keys != config_keys) {
		for (i = 0; i < n && at < sizeof(names); i++)
			at += (size_t)snprintf(names + at, sizeof(names) - at,
			    "%s%s", i == 0 ? "" : ", ", keys[i].name);
	} else {
		for (i = 0; k[i] != NULL && at < sizeof(names); i++) {
			if (strlen(k[i]) == len && memcmp(k[i], s, len) == 0)
				return true;
			at += (size_t)snprintf(names + at, sizeof(names) - at,
			    "%s%s", i == 0 ? "" : ", ", k[i]);
		}
	}
	return wrong(why, "%s: \"%.*s\" is no key; there are %s", f->word,
	    (int)(len < 40 ? len : 40), s, names);
}

static bool
pair_check(const struct form *f, const struct key *keys, size_t n,
    const char *s, char why[WORDS_WHY])
{
	const char *eq = strchr(s, '=');
	const struct key *k;
	uint64_t v;

	if (eq == NULL || eq == s || eq[1] == '\0')
		return wrong(why, "%s: \"%.40s\" is not of the form "
		    "KEY=VALUE", f->word, s);
	for (k = keys; k < keys + n; k++)
		if (strncmp(k->name, s, (size_t)(eq - s)) == 0 &&
		    k->name[eq - s] == '\0')
			break;
	if (k == keys + n)
		return key_unknown(f, keys, n, s, (size_t)(eq - s), why);
	if (one_of(k->words, eq + 1) || (k->least <= k->most &&
	    number(eq + 1, &v) && v >= k->least && v <= k->most))
		return true;
	if (k->words[0] != '\0')
		return wrong(why, "%s: %s is \"%.40s\", not one of: %.*s",
		    f->word, k->name, eq + 1, (int)strlen(k->words) - 1,
		    k->words);
	return wrong(why, "%s: %s is \"%.40s\", not a number from %llu to "
	    "%llu", f->word, k->name, eq + 1, (unsigned long long)k->least,
	    (unsigned long long)k->most);
}

static bool
only(const struct form *f, const char *right, const char *s,
    char why[WORDS_WHY])
{
	return strcmp(s, right) == 0 || wrong(why, "%s: \"%.40s\" stands "
	    "where only \"%s\" may", f->word, s, right);
}

static bool
arg_check(const struct form *f, enum arg a, const char *s,
    char why[WORDS_WHY])
{
	switch (a) {
	case PAIRS:
		return pair_check(f, config_keys, sizeof(config_keys) /
		    sizeof(config_keys[0]), s, why);
	case SIZES:
		return pair_check(f, create_keys, sizeof(create_keys) /
		    sizeof(create_keys[0]), s, why);
	case PORTAL:
		return only(f, "portal", s, why);
	case APPROXIMATE:
		return only(f, "approximate", s, why);
	default:
		return number_check(f, a, s, why);
	}
}

static bool
unknown(unsigned place, const char *s, char why[WORDS_WHY])
{
	bool braid = place == WORDS_SETUP_BRAID;
	char names[200] = "";
	size_t i, at = 0;

	for (i = 0; i < FORMS && at < sizeof(names); i++)
		if (forms[i].where & (braid ? ON_BRAID : ON_SETUP))
			at += (size_t)snprintf(names + at, sizeof(names) - at,
			    "%s%s", at > 0 ? ", " : "", forms[i].word);
	return wrong(why, braid ? "\"%.40s\" is no word of the braid; there "
	    "are %s" : "\"%.40s\" is no word of a set-up; there are %s, "
	    "torus and braid", s, names);
}

bool
words_check(enum words_place place, char *const *word, unsigned n,
    char why[WORDS_WHY])
{
	const struct form *f = forms;
	unsigned i, a = 0;

	while (f < forms + FORMS && (!(f->where & 1u << place) ||
	    strcmp(f->word, word[0]) != 0))
		f++;
	if (f == forms + FORMS)
		return place == WORDS_TORUS || place == WORDS_BRAID ||
		    unknown(place, word[0], why);
	if (n - 1 < f->least)
		return wrong(why, "%s needs %s: %s%s", f->word,
		    n == 1 ? "more words" : "more words than that", f->word,
		    f->args);
	for (i = 1; i < n; i++) {
		if (f->arg[a] == END)
			return wrong(why, "%s: \"%.40s\" is one word too "
			    "many: %s%s", f->word, word[i], f->word, f->args);
		if (!arg_check(f, f->arg[a], word[i], why))
			return false;
		if (f->arg[a] != PAIRS && f->arg[a] != SIZES)
			a++;
	}
	return true;
}

bool
words_join(char line[WORDS_LINE], char *const *word, unsigned n,
    char why[WORDS_WHY])
{
	size_t len = 0;
	unsigned i;

	line[0] = '\0';
	for (i = 0; i < n && len < WORDS_LINE; i++)
		len += (size_t)snprintf(line + len, WORDS_LINE - len, "%s%s",
		    i == 0 ? "" : " ", word[i]);
	return len < WORDS_LINE || wrong(why, "the line is longer than %u "
	    "characters", WORDS_LINE - 1);
}
