/* SPDX-License-Identifier: MIT */
/*
 * usr.bin/rsectl/act.c - the commands that change something.
 *
 * Words are checked here before anybody is asked, so that a complaint names
 * the word that is wrong; what depends on the state of a torus the device
 * refuses itself.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "rsectl.h"
#include "words.h"

int
torus_number(const char *s)
{
	if (strcmp(s, "all") == 0)
		return -1;
	if (s[0] >= '0' && s[0] < '0' + TORI && s[1] == '\0')
		return s[0] - '0';
	fail(EXIT_USAGE, "\"%s\" is no torus; there are 0, 1, 2, and all",
	    s);
}

unsigned
torus_one(const char *s)
{
	int n = torus_number(s);

	if (n < 0)
		fail(EXIT_USAGE, "this is for one torus: 0, 1 or 2, not all");
	return (unsigned)n;
}

/* Check a line and have it carried out. */
static void
words_tell(unsigned torus, char **word, unsigned n)
{
	char line[WORDS_LINE], why[WORDS_WHY];

	if (!words_check(torus == BRAID ? WORDS_BRAID : WORDS_TORUS, word, n,
	    why) || !words_join(line, word, n, why))
		fail(EXIT_USAGE, "%s", why);
	tell(torus, "%s", line);
}

/* `word N ...`: the torus stands behind the word. */
int
do_torus_word(int argc, char **argv)
{
	unsigned torus = torus_one(argv[1]);

	argv[1] = argv[0];
	words_tell(torus, argv + 1, (unsigned)argc - 1);
	return EXIT_OK;
}

/* Has a torus anything in it? */
static bool
torus_empty(unsigned torus)
{
	char *text = file_read(torus, "status", NULL);
	bool empty = value_find(text, "processes") != NULL &&
	    value_number(text, "processes") == 0 &&
	    value_number(text, "edges") == 0 &&
	    value_number(text, "pending") == 0 &&
	    value_number(text, "processed") == 0;

	free(text);
	return empty;
}

/* No torus has anything in it: what is there to start? */
static bool
all_empty(void)
{
	struct braid_view v;
	unsigned i;

	if (braid_look(&v) != 0)
		fail(code_of(errno), "the tori: %s", reason("", errno));
	for (i = 0; i < TORI; i++)
		if (strcmp(v.torus[i].state, "absent") != 0 &&
		    !torus_empty(i))
			return false;
	return true;
}

static void
default_load(void)
{
	struct conf conf;
	char error[400];

	if (!conf_read(&conf, RSE_CONF, error, sizeof(error)))
		fail(EXIT_USAGE, "%s", error);
	if (!json)
		fprintf(stderr, "rsectl: nothing is loaded: loading %s\n",
		    conf.setup);
	setup_load(conf.setup);
}

/* `word [N|all [more]]`: to one torus, or by the braid's ctl to all. */
int
do_word(int argc, char **argv)
{
	char *word[2] = { argv[0], argc > 2 ? argv[2] : NULL };
	int n = argc > 1 ? torus_number(argv[1]) : -1;

	words_tell(n < 0 ? BRAID : (unsigned)n, word, argc > 2 ? 2 : 1);
	return EXIT_OK;
}

int
do_start(int argc, char **argv)
{
	if (argc > 1)
		torus_number(argv[1]); /* before anything is loaded */
	if (all_empty())
		default_load();
	return do_word(argc, argv);
}

/* What ctl gives when it is read: its words. */
static void
ctl_list(unsigned torus)
{
	char *text = file_read(torus, "ctl", NULL);

	if (json)
		json_words(text);
	else
		fputs(text, stdout);
	free(text);
}

/* Arguments as they come: quoted, they may hold several words or none. */
static void
arguments_tell(unsigned torus, int argc, char **argv)
{
	char *word[WORDS_MOST], *w, *rest;
	unsigned n = 0;
	int i;

	for (i = 0; i < argc; i++)
		for (w = strtok_r(argv[i], " \t\r", &rest); w != NULL;
		     w = strtok_r(NULL, " \t\r", &rest)) {
			if (strchr(w, '\n') != NULL)
				fail(EXIT_USAGE, "a word has a newline in "
				    "it; rsectl load takes several lines");
			if (n == WORDS_MOST)
				fail(EXIT_USAGE, "more than %u words in a "
				    "line", WORDS_MOST);
			word[n++] = w;
		}
	if (n == 0)
		fail(EXIT_USAGE, "there is no word in that; rsectl ctl N and "
		    "rsectl braid help list them");
	words_tell(torus, word, n);
}

int
do_ctl(int argc, char **argv)
{
	unsigned torus = torus_one(argv[1]);

	if (argc == 2)
		ctl_list(torus);
	else
		arguments_tell(torus, argc - 2, argv + 2);
	return EXIT_OK;
}

int
do_braid(int argc, char **argv)
{
	if (argc == 1)
		return do_status(1, argv);
	if (argc == 2 && strcmp(argv[1], "help") == 0)
		ctl_list(BRAID);
	else
		arguments_tell(BRAID, argc - 1, argv + 1);
	return EXIT_OK;
}

int
do_load(int argc, char **argv)
{
	setup_load(argv[1]);
	return EXIT_OK;
}
