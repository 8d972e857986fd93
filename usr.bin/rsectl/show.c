/* SPDX-License-Identifier: MIT */
/*
 * usr.bin/rsectl/show.c - files of the device, as they are or as JSON.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <librse.h>

#include "rsectl.h"

#define STATUS_MSEC 5000 /* that rsed may take to tell its own */

/* NULL with errno. */
char *
file_try(unsigned torus, const char *name, size_t *len)
{
	struct rse_dev *d = torus == BRAID ? rse_dev_open_braid() :
	    rse_dev_open(torus);
	void *text;
	ssize_t n;

	if (d == NULL)
		return NULL;
	n = rse_dev_read(d, name, &text);
	rse_dev_close(d);
	if (n < 0)
		return NULL;
	if (len != NULL)
		*len = (size_t)n;
	return text;
}

char *
file_read(unsigned torus, const char *name, size_t *len)
{
	char *text = file_try(torus, name, len), who[16] = "the braid";

	if (text != NULL)
		return text;
	if (torus != BRAID)
		snprintf(who, sizeof(who), "torus %u", torus);
	if (code_of(errno) == EXIT_UNREACHABLE)
		fail(EXIT_UNREACHABLE, "%s: %s", who, reason("", errno));
	fail(EXIT_REFUSED, "%s of %s: %s", name, who, reason("", errno));
}

const char *
value_find(const char *text, const char *key)
{
	size_t k = strlen(key);

	while (*text != '\0') {
		if (strncmp(text, key, k) == 0 && text[k] == ' ')
			return text + k + 1;
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	return NULL;
}

unsigned long long
value_number(const char *text, const char *key)
{
	const char *v = value_find(text, key);

	return v != NULL ? strtoull(v, NULL, 10) : 0;
}

/* As much of the first word as there is room for. */
void
value_word(const char *text, const char *key, char *out, size_t len)
{
	const char *v = value_find(text, key);
	size_t n = v != NULL ? strcspn(v, " \n") : 0;

	if (n >= len)
		n = len - 1;
	memcpy(out, v != NULL ? v : "", n);
	out[n] = '\0';
}

static void
text_show(const char *name, const char *text)
{
	if (!json)
		fputs(text, stdout);
	else if (strcmp(name, "processes") == 0)
		json_table(text);
	else
		json_text(text);
}

/* Of each torus: a JSON array.  A dead one is null, and the result. */
static int
all_show(const char *name)
{
	int result = EXIT_OK;
	unsigned i;
	char *text;

	for (i = 0; i < TORI; i++) {
		text = file_try(i, name, NULL);
		if (text == NULL && errno != ENXIO)
			text = file_read(i, name, NULL); /* it says why */
		if (json)
			fputs(i == 0 ? "[" : ",\n", stdout);
		else if (i > 0)
			putchar('\n');
		if (text != NULL) {
			text_show(name, text);
		} else {
			printf(json ? "null" : "torus %u is dead\n", i);
			result = EXIT_REFUSED;
		}
		free(text);
	}
	if (json)
		fputs("]\n", stdout);
	return result;
}

/* Of one torus or the braid, or with -1 of all tori. */
static int
files_show(int which, const char *name)
{
	char *text;

	if (which < 0)
		return all_show(name);
	text = file_read((unsigned)which, name, NULL);
	text_show(name, text);
	if (json)
		putchar('\n');
	free(text);
	return EXIT_OK;
}

/* The braid, and what rsed says of itself. */
int
do_status(int argc, char **argv)
{
	char *braid, *rsed;

	if (argc > 1)
		return files_show(torus_number(argv[1]), "status");
	braid = file_read(BRAID, "status", NULL);
	rsed_patience = STATUS_MSEC;
	rsed = direct ? NULL : try_rsed("status");
	if (json) {
		fputs("{\"braid\": ", stdout);
		json_text(braid);
		fputs(",\n\"rsed\": ", stdout);
		if (rsed != NULL)
			json_text(rsed);
		else
			fputs("null", stdout);
		fputs("}\n", stdout);
	} else {
		printf("%s\n%s", braid, rsed != NULL ? rsed : direct ?
		    "rsed was not asked\n" : errno == ETIME ?
		    "rsed does not answer: it hangs, or has much to do\n" :
		    "rsed does not answer: nothing is saved or recovered\n");
	}
	free(braid);
	free(rsed);
	return EXIT_OK;
}

int
do_stats(int argc, char **argv)
{
	return files_show(argc > 1 ? torus_number(argv[1]) : BRAID, "stats");
}

int
do_project(int argc, char **argv)
{
	return files_show(argc > 1 ? torus_number(argv[1]) : -1,
	    "projection");
}

int
do_processes(int argc, char **argv)
{
	return files_show(argc > 1 ? torus_number(argv[1]) : -1,
	    "processes");
}
