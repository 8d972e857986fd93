/* SPDX-License-Identifier: MIT */
/*
 * usr.bin/rsectl/top_draw.c - one picture of top, in whatever window there is.
 *
 * A table of columns, the least important of which go first when the window
 * is narrow; then traces of the rates, all on one scale; then what rsed says.
 */
#include <stdio.h>
#include <string.h>

#include "number.h"
#include "rsectl.h"
#include "top.h"

#define CELL 24 /* bytes of a cell */

enum column { NUMBER, STATE, HEALTH, RATE, TOTAL, PENDING, PROCESSES, EDGES,
	EPOCH, FLUX, VIOLATIONS, COLUMNS };

/* Rank 0 is always there; the highest goes first. */
static const struct {
	const char *title;
	int wide; /* negative: to the left */
	unsigned rank;
} columns[COLUMNS] = {
	[NUMBER] = { "torus", 5, 0 },
	[STATE] = { "state", -10, 0 },
	[HEALTH] = { "health", -10, 3 },
	[RATE] = { "events/s", 8, 1 },
	[TOTAL] = { "events", 7, 4 },
	[PENDING] = { "pending", 7, 2 },
	[PROCESSES] = { "procs", 6, 8 },
	[EDGES] = { "edges", 6, 9 },
	[EPOCH] = { "epoch", 8, 5 },
	[FLUX] = { "flux", 7, 7 },
	[VIOLATIONS] = { "viol", 4, 6 },
};

static unsigned
column_wide(enum column c)
{
	int wide = columns[c].wide;

	return (unsigned)(wide < 0 ? -wide : wide) + (c > 0);
}

/* The highest rank that still fits. */
static unsigned
rank_that_fits(unsigned wide)
{
	unsigned rank, sum, c;

	for (rank = COLUMNS; rank > 0; rank--) {
		for (sum = c = 0; c < COLUMNS; c++)
			if (columns[c].rank <= rank)
				sum += column_wide(c);
		if (sum <= wide)
			break;
	}
	return rank;
}

static void
cell_format(char buf[CELL], const struct view *v, unsigned i, enum column c)
{
	const struct row *r = &v->row[i];
	const unsigned long long number[COLUMNS] = {
		[TOTAL] = r->processed, [PENDING] = r->pending,
		[PROCESSES] = r->processes, [EDGES] = r->edges,
		[EPOCH] = r->epoch, [FLUX] = r->flux,
		[VIOLATIONS] = r->violations,
	};

	if (c == NUMBER)
		snprintf(buf, CELL, "%u", i);
	else if (c == STATE)
		snprintf(buf, CELL, "%s", r->state);
	else if (c == HEALTH)
		snprintf(buf, CELL, "%s", r->health);
	else if (!r->alive)
		strcpy(buf, "-");
	else if (c == RATE)
		number_short(buf, CELL, r->rate);
	else if (c == EPOCH)
		snprintf(buf, CELL, "%llu", number[c]);
	else
		number_short(buf, CELL, (double)number[c]);
}

static const char *
row_colour(const struct row *r)
{
	if (!r->alive || strcmp(r->state, "faulted") == 0)
		return "\033[31m";
	if (strcmp(r->health, "healthy") != 0)
		return "\033[33m";
	return state_is_running(r->state) ? "\033[32m" : "\033[2m";
}

/* A line, cut to the window. */
static void
line_put(const struct view *v, const char *colour, const char *line)
{
	printf("%s%.*s%s%s\n", v->coloured ? colour : "", (int)v->wide, line,
	    v->coloured ? "\033[0m" : "", v->screen ? "\033[K" : "");
}

/* Row i, or with TORI the titles. */
static void
row_draw(const struct view *v, unsigned i, unsigned rank)
{
	char line[WIDE_MOST + 1], cell[CELL];
	size_t at = 0;
	unsigned c;

	line[0] = '\0';
	for (c = 0; c < COLUMNS; c++) {
		if (columns[c].rank > rank)
			continue;
		if (i == TORI)
			snprintf(cell, sizeof(cell), "%s", columns[c].title);
		else
			cell_format(cell, v, i, c);
		at += (size_t)snprintf(line + at, sizeof(line) - at, "%s%*s",
		    at > 0 ? " " : "", columns[c].wide, cell);
	}
	line_put(v, i == TORI ? "\033[1m" : row_colour(&v->row[i]), line);
}

static double
trace_at(const struct row *r, unsigned n, unsigned k)
{
	return r->trace[(r->traced - n + k) % TRACE];
}

static unsigned
trace_length(const struct view *v, const struct row *r)
{
	unsigned n = v->wide > 8 ? v->wide - 8 : 0;

	if (n > r->traced)
		n = r->traced;
	return n < TRACE ? n : TRACE;
}

/* The newest rates of one torus as heights of one row. */
static void
trace_draw(const struct view *v, unsigned i, double most)
{
	static const char height[] = " .:-=+*#%@";
	const struct row *r = &v->row[i];
	unsigned n = trace_length(v, r), k;
	char line[WIDE_MOST + 1];
	size_t at;

	at = (size_t)snprintf(line, sizeof(line), "%5u  ", i);
	for (k = 0; k < n; k++)
		line[at++] = height[(int)(trace_at(r, n, k) / most * 9)];
	line[at] = '\0';
	line_put(v, row_colour(r), line);
}

static void
traces_draw(const struct view *v)
{
	char line[80], n[CELL];
	const struct row *r;
	double most = 1;
	unsigned i, k;

	for (r = v->row; r < v->row + TORI; r++)
		for (k = 0; k < trace_length(v, r); k++)
			if (trace_at(r, trace_length(v, r), k) > most)
				most = trace_at(r, trace_length(v, r), k);
	snprintf(line, sizeof(line), "events/s, newest at the end; @ is %s",
	    number_short(n, sizeof(n), most));
	line_put(v, "", "");
	line_put(v, "\033[1m", line);
	for (i = 0; i < TORI; i++)
		trace_draw(v, i, most);
}

static void
last_draw(const struct view *v)
{
	char line[300];

	if (v->rsed)
		snprintf(line, sizeof(line), "rsed: %llu checkpoints, %llu "
		    "recoveries", v->checkpoints, v->recoveries);
	else
		snprintf(line, sizeof(line), "rsed does not answer");
	line_put(v, "", "");
	line_put(v, v->rsed ? "" : "\033[33m", line);
	if (v->message[0] != '\0')
		line_put(v, "\033[31m", v->message);
	else if (v->screen)
		line_put(v, "\033[2m", "q leaves, space starts and stops all");
}

/* The first lines are the most important: the window may be low, too. */
void
top_draw(const struct view *v)
{
	unsigned rank = rank_that_fits(v->wide), i;

	if (v->screen)
		fputs("\033[H", stdout);
	row_draw(v, TORI, rank);
	for (i = 0; i < TORI && i + 2 < v->high; i++)
		row_draw(v, i, rank);
	if (v->high >= 9 + TORI + 2)
		traces_draw(v);
	if (v->high >= TORI + 5)
		last_draw(v);
	if (v->screen)
		fputs("\033[J", stdout);
	fflush(stdout);
}
