/* SPDX-License-Identifier: MIT */
/*
 * usr.bin/rsed/tori.c - what rsed and rsectl both do with the device.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <librse.h>

#include "tori.h"

static void
view_line(struct braid_view *v, const char *line)
{
	unsigned long long n;
	char word[48];
	unsigned t, k;

	if (sscanf(line, "braided %15s", word) == 1)
		v->braided = strcmp(word, "yes") == 0;
	else if (sscanf(line, "torus%u.state %15s", &t, word) == 2 && t < TORI)
		strcpy(v->torus[t].state, word);
	else if (sscanf(line, "torus%u.processed %llu", &t, &n) == 2 &&
	    t < TORI)
		v->torus[t].processed = n;
	else if (sscanf(line, "torus%u.pending %llu", &t, &n) == 2 && t < TORI)
		v->torus[t].pending = n;
	else if (sscanf(line, "torus%u.kills %u", &t, &k) == 2 && t < TORI)
		v->torus[t].kills = k;
	else if (sscanf(line, "torus%u.recoveries %u", &t, &k) == 2 &&
	    t < TORI)
		v->torus[t].recoveries = k;
	else if (sscanf(line, "torus%u.last_recovery %15s", &t, word) == 2 &&
	    t < TORI)
		strcpy(v->torus[t].last_recovery, word);
	else if (sscanf(line, "torus%u.reason %47[^\n]", &t, word) == 2 &&
	    t < TORI)
		strcpy(v->torus[t].reason, word);
}

int
braid_look(struct braid_view *v)
{
	struct rse_dev *d = rse_dev_open_braid();
	char *line, *rest;
	void *text;
	ssize_t n;

	memset(v, 0, sizeof(*v));
	if (d == NULL)
		return -1;
	n = rse_dev_read(d, "status", &text);
	rse_dev_close(d);
	if (n < 0)
		return -1;
	for (line = strtok_r(text, "\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\n", &rest))
		view_line(v, line);
	free(text);
	if (v->torus[TORI - 1].state[0] == '\0') {
		errno = EPROTO; /* not the file we know */
		return -1;
	}
	return 0;
}

bool
state_is_running(const char *state)
{
	return strcmp(state, "running") == 0 ||
	    strcmp(state, "waiting") == 0 || strcmp(state, "asleep") == 0 ||
	    strcmp(state, "stalled") == 0;
}

int
ctl_lines(unsigned torus, const char *lines, size_t len, unsigned *refused)
{
	struct rse_dev *d;
	const char *end = lines + len, *next;
	int error = 0, saved;

	d = torus == BRAID ? rse_dev_open_braid() : rse_dev_open(torus);
	*refused = 0;
	if (d == NULL)
		return -1;
	for (; lines < end && error == 0; lines = next) {
		next = memchr(lines, '\n', (size_t)(end - lines));
		next = next == NULL ? end : next + 1;
		++*refused;
		error = rse_dev_ctl(d, "%.*s", (int)(next - lines -
		    (next[-1] == '\n')), lines);
	}
	saved = errno;
	rse_dev_close(d);
	errno = saved;
	if (error == 0)
		*refused = 0;
	return error;
}
