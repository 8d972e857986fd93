/* SPDX-License-Identifier: MIT */
/*
 * usr.bin/rsectl/top.c - a live view of the tori.
 *
 * It reads status and stats of each torus a few times in ten seconds, and
 * draws as much as fits the window: rates, pending events, health, and a
 * trace of the last rates.  Colours only if the terminal has them.
 */
#include <sys/ioctl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include <librse.h>

#include "rsectl.h"

#define TRACE 256

struct row {
	char state[16], health[16];
	unsigned long long processed, pending, processes, edges, epoch;
	unsigned long long violations, time;
	double rate;
	double trace[TRACE];
	unsigned traced;
};

static struct row rows[TORI];
static struct termios saved;
static volatile sig_atomic_t leaving;
static bool raw, coloured;

static void
on_signal(int sig)
{
	leaving = sig;
}

static void
terminal_leave(void)
{
	if (!raw)
		return;
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &saved);
	fputs("\033[?25h\033[0m\n", stdout);
	fflush(stdout);
	raw = false;
}

static void
terminal_enter(void)
{
	struct sigaction sa = { .sa_handler = on_signal };
	const char *term = getenv("TERM");
	struct termios t;

	coloured = isatty(STDOUT_FILENO) && term != NULL &&
	    strcmp(term, "dumb") != 0 && strcmp(term, "vt100") != 0 &&
	    getenv("NO_COLOR") == NULL;
	if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &saved) != 0)
		return;
	t = saved;
	t.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	t.c_cc[VMIN] = 0;
	t.c_cc[VTIME] = 0;
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGWINCH, &(struct sigaction){ .sa_handler = SIG_DFL },
	    NULL);
	if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &t) == 0) {
		raw = true;
		atexit(terminal_leave);
		fputs("\033[?25l", stdout);
	}
}

/* Only a window's height and width when it has one; asked each time. */
static void
window(unsigned *wide, unsigned *high)
{
	struct winsize ws;

	*wide = 80;
	*high = 24;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws) == 0 && ws.ws_col > 0 &&
	    ws.ws_row > 0) {
		*wide = ws.ws_col;
		*high = ws.ws_row;
	}
}

static void
value_take(struct row *r, const char *line)
{
	unsigned long long v;

	if (sscanf(line, "state %15s", r->state) == 1 ||
	    sscanf(line, "health %15s", r->health) == 1)
		return;
	if (sscanf(line, "processed %llu", &v) == 1)
		r->processed = v;
	else if (sscanf(line, "pending %llu", &v) == 1)
		r->pending = v;
	else if (sscanf(line, "processes %llu", &v) == 1)
		r->processes = v;
	else if (sscanf(line, "edges %llu", &v) == 1)
		r->edges = v;
	else if (sscanf(line, "epoch %llu", &v) == 1)
		r->epoch = v;
	else if (sscanf(line, "violations %llu", &v) == 1)
		r->violations = v;
	else if (sscanf(line, "time %llu", &v) == 1)
		r->time = v;
}

static void
text_take(struct row *r, char *text)
{
	char *line, *rest;

	for (line = strtok_r(text, "\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\n", &rest))
		value_take(r, line);
	free(text);
}

static void
rows_take(double seconds)
{
	unsigned long long before;
	struct row *r;
	unsigned i;

	for (i = 0; i < TORI; i++) {
		r = &rows[i];
		before = r->processed;
		strcpy(r->health, "failed");
		text_take(r, file_read(i, "status", NULL));
		if (strcmp(r->state, "dead") != 0)
			text_take(r, file_read(i, "stats", NULL));
		r->rate = seconds > 0 && r->processed >= before ?
		    (double)(r->processed - before) / seconds : 0;
		r->trace[r->traced++ % TRACE] = r->rate;
	}
}

/* 1234567 as 1.23M. */
static const char *
short_number(char *buf, size_t len, double v)
{
	static const char unit[] = " kMGTP";
	unsigned i = 0;

	for (; v >= 9999.5 && unit[i + 1] != '\0'; i++)
		v /= 1000;
	if (i == 0)
		snprintf(buf, len, "%.0f", v);
	else
		snprintf(buf, len, "%.2f%c", v, unit[i]);
	return buf;
}

static const char *
colour(const struct row *r)
{
	if (!coloured)
		return "";
	if (strcmp(r->state, "dead") == 0 || strcmp(r->state, "faulted") == 0)
		return "\033[31m";
	if (strcmp(r->health, "healthy") != 0)
		return "\033[33m";
	return state_is_running(r->state) ? "\033[32m" : "\033[2m";
}

static void
row_draw(unsigned i, unsigned wide)
{
	const struct row *r = &rows[i];
	char a[16], b[16], c[16], line[160];

	snprintf(line, sizeof(line), "%5u  %-8.15s %-9.15s %8s %8s %8s %6llu "
	    "%6llu %8llu %4llu", i, r->state, r->health,
	    short_number(a, sizeof(a),
	    r->rate), short_number(b, sizeof(b), (double)r->processed),
	    short_number(c, sizeof(c), (double)r->pending), r->processes,
	    r->edges, r->epoch, r->violations);
	printf("%s%.*s%s\033[K\n", colour(r), (int)wide, line,
	    coloured ? "\033[0m" : "");
}

/* The newest rates of one torus, right-aligned, as heights of one row. */
static void
trace_draw(unsigned i, unsigned wide)
{
	static const char height[] = " .:-=+*#%@";
	const struct row *r = &rows[i];
	unsigned have = r->traced < TRACE ? r->traced : TRACE, n, k;
	double most = 1;

	n = wide > 8 ? wide - 8 : 0;
	if (n > have)
		n = have;
	for (k = 0; k < n; k++)
		if (r->trace[(r->traced - n + k) % TRACE] > most)
			most = r->trace[(r->traced - n + k) % TRACE];
	printf("%5u  ", i);
	for (k = 0; k < n; k++)
		putchar(height[(int)(r->trace[(r->traced - n + k) % TRACE] /
		    most * 9)]);
	fputs("\033[K\n", stdout);
}

static void
draw(void)
{
	unsigned wide, high, i;

	window(&wide, &high);
	fputs("\033[H", stdout);
	printf("%s%.*s%s\033[K\n", coloured ? "\033[1m" : "", (int)wide,
	    "torus  state    health    events/s    total  pending  procs "
	    " edges    epoch viol", coloured ? "\033[0m" : "");
	for (i = 0; i < TORI && i + 2 < high; i++)
		row_draw(i, wide);
	if (high >= 10) {
		printf("\033[K\n%.*s\033[K\n", (int)wide,
		    "  events/s, newest on the right");
		for (i = 0; i < TORI; i++)
			trace_draw(i, wide);
	}
	if (high > 2 * TORI + 4)
		printf("\033[K\n%.*s\033[K", (int)wide,
		    "q leaves, space starts and stops all");
	fputs("\033[J", stdout);
	fflush(stdout);
}

static void
toggle(void)
{
	bool any = false;
	unsigned i;

	for (i = 0; i < TORI; i++)
		any |= state_is_running(rows[i].state);
	tell(BRAID, any ? "stop" : "start");
}

static double
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* Without a terminal to ask: one picture a period until killed. */
int
top(unsigned tenths)
{
	struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };
	double before = 0, t;
	char key;

	terminal_enter();
	fputs("\033[2J", stdout);
	while (!leaving) {
		t = now();
		rows_take(before > 0 ? t - before : 0);
		before = t;
		draw();
		if (poll(&p, raw ? 1 : 0, (int)tenths * 100) > 0 &&
		    read(STDIN_FILENO, &key, 1) == 1) {
			if (key == 'q')
				break;
			if (key == ' ')
				toggle();
		}
	}
	terminal_leave();
	return EXIT_OK;
}
