/* SPDX-License-Identifier: MIT */
/*
 * usr.bin/rsectl/recover.c - bring tori back that failed, and say how it went.
 *
 * The word `recover` only begins; the kernel replays, verifies, and says in
 * the status of the braid what became of it.  rsed may do the same at the
 * same time: who comes second finds the torus recovering, or alive.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "rsectl.h"
#include "words.h"

#define LOOK_MSEC 50
#define LOOKS	  1200 /* a minute */

/* What the braid's status says of a torus. */
struct life {
	char state[16], last[16];
	char why[80];
};

static void
life_look(unsigned torus, struct life *l)
{
	char *text = file_read(BRAID, "status", NULL), key[40];
	const char *why;

	snprintf(key, sizeof(key), "torus%u.state", torus);
	value_word(text, key, l->state, sizeof(l->state));
	snprintf(key, sizeof(key), "torus%u.last_recovery", torus);
	value_word(text, key, l->last, sizeof(l->last));
	snprintf(key, sizeof(key), "torus%u.reason", torus);
	why = value_find(text, key);
	if (why == NULL)
		why = "dmesg says why";
	snprintf(l->why, sizeof(l->why), "%.*s", (int)strcspn(why, "\n"),
	    why);
	free(text);
}

static bool
has_failed(const struct life *l)
{
	return strcmp(l->state, "dead") == 0 ||
	    strcmp(l->state, "faulted") == 0;
}

/* Wait until it is back, or for the reason why it is not. */
static void
outcome_await(unsigned torus, struct life *l)
{
	unsigned i;

	for (i = 0; i < LOOKS; i++) {
		life_look(torus, l);
		if (has_failed(l) && strcmp(l->last, "failed") == 0)
			fail(EXIT_REFUSED, "torus %u: the recovery failed: "
			    "%s; nothing was changed", torus, l->why);
		if (!has_failed(l) && strcmp(l->state, "recovering") != 0)
			return;
		nanosleep(&(struct timespec){ .tv_nsec = LOOK_MSEC *
		    1000000L }, NULL);
	}
	fail(EXIT_REFUSED, "torus %u still is %s; rsectl status says more",
	    torus, l->state);
}

static void
outcomes_show(const struct life life[TORI], unsigned found)
{
	const char *before = "";
	unsigned i;

	if (!json && found == 0)
		puts("there is no torus to recover: all are alive");
	if (json)
		putchar('[');
	for (i = 0; i < TORI; i++) {
		if ((found & 1u << i) == 0)
			continue;
		if (json)
			printf("%s{\"torus\": %u, \"recovery\": \"%s\", "
			    "\"state\": \"%s\"}", before, i, life[i].last,
			    life[i].state);
		else
			printf("torus %u is back: recovery %s, now %s\n", i,
			    life[i].last, life[i].state);
		before = ", ";
	}
	if (json)
		puts("]");
}

static void
torus_recover(unsigned torus, const char *line, struct life *l)
{
	unsigned refused;
	int error;

	if (ask_ctl(torus, line, strlen(line), &refused) != 0 &&
	    errno != EALREADY) {
		error = errno;
		life_look(torus, l);
		if (has_failed(l))
			fail(EXIT_REFUSED, "torus %u: %s", torus,
			    reason(line, error));
	}
	outcome_await(torus, l);
}

/* recover [N|all [approximate]] */
int
do_recover(int argc, char **argv)
{
	char *word[2] = { argv[0], argc > 2 ? argv[2] : NULL };
	char line[WORDS_LINE], why[WORDS_WHY];
	int n = argc > 1 ? torus_number(argv[1]) : -1;
	unsigned i, found = 0;
	struct life life[TORI];

	if (!words_check(WORDS_TORUS, word, argc > 2 ? 2 : 1, why) ||
	    !words_join(line, word, argc > 2 ? 2 : 1, why))
		fail(EXIT_USAGE, "%s", why);
	for (i = 0; i < TORI; i++) {
		if (n >= 0 && i != (unsigned)n)
			continue;
		life_look(i, &life[i]);
		if (has_failed(&life[i]))
			torus_recover(i, line, &life[i]);
		else if (strcmp(life[i].state, "recovering") == 0)
			outcome_await(i, &life[i]);
		else
			continue;
		found |= 1u << i;
	}
	outcomes_show(life, found);
	return EXIT_OK;
}
