/* SPDX-License-Identifier: MIT */
/*
 * usr.bin/rsectl/top.c - a live view of the tori: sampling and the terminal.
 *
 * A few times in ten seconds it reads status and stats of each torus and has
 * them drawn (top_draw.c).  SIGWINCH interrupts the waiting, so that a window
 * of another size is drawn at once.  Without a terminal that understands
 * escapes, or with --json, a sample is printed a period, with nothing but text
 * in it.
 *
 * Invariants: the signals we catch are blocked but while waiting, so that one
 * that comes while a sample is read or drawn is neither missed nor an error
 * of the output.
 */
#include <sys/ioctl.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "rsectl.h"
#include "top.h"

#define TENTHS_MOST 600
#define TIMES_MOST  1000000
#define RSED_MSEC   1000 /* that it may take, while keys wait */

static struct view view;
static struct termios saved;
static volatile sig_atomic_t leaving, pausing;
static sigset_t waiting; /* the signals blocked while waiting */
static bool raw;

static void
on_signal(int sig)
{
	if (sig == SIGTSTP)
		pausing = 1;
	else if (sig != SIGWINCH)
		leaving = 1;
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

/* Keys come one by one, and the screen is ours. */
static void
terminal_enter(void)
{
	struct termios t;

	if (!view.screen || !isatty(STDIN_FILENO) ||
	    tcgetattr(STDIN_FILENO, &saved) != 0)
		return;
	t = saved;
	t.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	t.c_cc[VMIN] = 0;
	t.c_cc[VTIME] = 0;
	if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &t) == 0) {
		raw = true;
		fputs("\033[?25l\033[2J", stdout);
	}
}

static void
screen_init(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGWINCH, SIGTSTP };
	struct sigaction sa = { .sa_handler = on_signal };
	const char *term = getenv("TERM");
	sigset_t ours;
	size_t i;

	view.screen = isatty(STDOUT_FILENO) && !json && term != NULL &&
	    term[0] != '\0' && strcmp(term, "dumb") != 0;
	view.coloured = view.screen && strcmp(term, "vt100") != 0 &&
	    getenv("NO_COLOR") == NULL;
	sigemptyset(&ours);
	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaddset(&ours, signals[i]);
	sigprocmask(SIG_BLOCK, &ours, &waiting);
	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaction(signals[i], &sa, NULL);
	atexit(terminal_leave);
	terminal_enter();
}

/* The shell gets its terminal back until it lets us go on. */
static void
pause_if_asked(void)
{
	if (!pausing)
		return;
	pausing = 0;
	terminal_leave();
	raise(SIGSTOP);
	terminal_enter();
}

/* Of the window, else of COLUMNS and LINES; asked each time. */
static void
window_ask(void)
{
	const char *columns = getenv("COLUMNS"), *lines = getenv("LINES");
	struct winsize ws;

	view.wide = columns != NULL ? (unsigned)atoi(columns) : 0;
	view.high = lines != NULL ? (unsigned)atoi(lines) : 0;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws) == 0 && ws.ws_col > 0 &&
	    ws.ws_row > 0) {
		view.wide = ws.ws_col;
		view.high = ws.ws_row;
	}
	if (view.wide == 0 || view.wide > WIDE_MOST)
		view.wide = view.wide == 0 ? 80 : WIDE_MOST;
	if (view.high == 0)
		view.high = 24;
}

/* A dead torus has a state and nothing else. */
static void
row_take(struct row *r, unsigned i, double seconds)
{
	unsigned long long before = r->processed;
	char *status = file_read(i, "status", NULL);
	char *stats = file_try(i, "stats", NULL);

	value_word(status, "state", r->state, sizeof(r->state));
	value_word(status, "health", r->health, sizeof(r->health));
	r->alive = r->health[0] != '\0' && stats != NULL;
	if (!r->alive)
		strcpy(r->health, strcmp(r->state, "dead") == 0 ? "failed" :
		    "-");
	r->processed = value_number(status, "processed");
	r->pending = value_number(status, "pending");
	r->processes = value_number(status, "processes");
	r->edges = value_number(status, "edges");
	r->epoch = value_number(status, "epoch");
	r->time = value_number(status, "time");
	r->violations = value_number(stats != NULL ? stats : "",
	    "violations");
	r->flux = value_number(stats != NULL ? stats : "", "flux_out");
	r->rate = seconds > 0 && r->processed >= before ?
	    (double)(r->processed - before) / seconds : 0;
	free(status);
	free(stats);
}

static void
rsed_take(void)
{
	char *text = direct ? NULL : try_rsed("status");

	view.rsed = text != NULL;
	if (text != NULL) {
		view.checkpoints = value_number(text, "checkpoints");
		view.recoveries = value_number(text, "recoveries");
	}
	free(text);
}

static void
view_take(double seconds)
{
	struct row *r;

	for (r = view.row; r < view.row + TORI; r++) {
		row_take(r, (unsigned)(r - view.row), seconds);
		if (seconds > 0)
			r->trace[r->traced++ % TRACE] = r->rate;
	}
	rsed_take();
}

static void
sample_print_json(void)
{
	const char *before = "{\"tori\": [";
	const struct row *r;

	for (r = view.row; r < view.row + TORI; r++) {
		printf("%s{\"torus\": %d, \"state\": \"%s\", \"health\": "
		    "\"%s\", \"rate\": %.1f, \"processed\": %llu, "
		    "\"pending\": %llu, \"processes\": %llu, \"edges\": %llu, "
		    "\"epoch\": %llu, \"time\": %llu, \"flux_out\": %llu, "
		    "\"violations\": %llu}", before, (int)(r - view.row),
		    r->state, r->health, r->rate, r->processed, r->pending,
		    r->processes, r->edges, r->epoch, r->time, r->flux,
		    r->violations);
		before = ", ";
	}
	printf("], \"rsed\": %s}\n", view.rsed ? "true" : "false");
	fflush(stdout);
}

/* If that is refused the last line says why. */
static void
toggle(void)
{
	const char *word = "start";
	unsigned refused;
	unsigned i;

	for (i = 0; i < TORI; i++)
		if (state_is_running(view.row[i].state))
			word = "stop";
	view.message[0] = '\0';
	if (ask_ctl(BRAID, word, strlen(word), &refused) != 0)
		snprintf(view.message, sizeof(view.message), "%s: %s", word,
		    reason(word, errno));
}

static double
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* Until then keys and windows of another size; false: leave. */
static bool
wait_until(double due)
{
	struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };
	struct timespec ts;
	bool redraw;
	double left;
	char key;
	int n;

	/* At least one look, also when a sample takes longer than a period. */
	do {
		left = due - now();
		if (left < 0)
			left = 0;
		ts.tv_sec = (time_t)left;
		ts.tv_nsec = (long)((left - (double)ts.tv_sec) * 1e9);
		n = ppoll(&p, raw ? 1 : 0, &ts, &waiting);
		redraw = n > 0 || (n < 0 && errno == EINTR);
		pause_if_asked();
		if (n > 0 && read(STDIN_FILENO, &key, 1) == 1) {
			if (key == 'q')
				return false;
			if (key == ' ')
				toggle();
		} else if (n > 0) {
			return false; /* the terminal is gone */
		}
		if (redraw && view.screen) {
			window_ask();
			top_draw(&view);
		}
	} while (!leaving && left > 0);
	return !leaving;
}

static void
watch(unsigned tenths, unsigned long times)
{
	double before, t = now();
	unsigned long n = 0;

	/* Rates need two samples; with a screen the first is shown too. */
	view_take(0);
	for (;;) {
		if (view.screen && n == 0) {
			window_ask();
			top_draw(&view);
		}
		before = t;
		if (!wait_until(before + tenths / 10.0))
			return;
		t = now();
		view_take(t - before);
		window_ask();
		if (json)
			sample_print_json();
		else
			top_draw(&view);
		if (++n == times || ferror(stdout))
			return;
	}
}

static unsigned long
number_of(const char *s, const char *what, unsigned long most)
{
	char *end;
	unsigned long v = strtoul(s, &end, 10);

	if (s[0] < '0' || s[0] > '9' || *end != '\0' || v == 0 || v > most)
		fail(EXIT_USAGE, "top: %s is \"%s\", not a number from 1 to "
		    "%lu", what, s, most);
	return v;
}

/* Numbers do not begin with a dash, so options may stand behind them. */
int
do_top(int argc, char **argv)
{
	const char *period = NULL;
	unsigned long tenths = 10, times = 0;
	int i;

	for (i = 1; i < argc; i++) {
		if (strncmp(argv[i], "-n", 2) == 0) {
			if (argv[i][2] == '\0' && i + 1 == argc)
				fail(EXIT_USAGE, "top: how often must stand "
				    "behind -n");
			times = number_of(argv[i][2] != '\0' ? argv[i] + 2 :
			    argv[++i], "how often", TIMES_MOST);
		} else if (argv[i][0] == '-') {
			fail(EXIT_USAGE, "top: %s is no option; there is -n "
			    "TIMES", argv[i]);
		} else if (period != NULL) {
			fail(EXIT_USAGE, "top: the period is %s or %s, not "
			    "both", period, argv[i]);
		} else {
			period = argv[i];
			tenths = number_of(period, "the period in tenths of a "
			    "second", TENTHS_MOST);
		}
	}
	rsed_patience = RSED_MSEC;
	screen_init();
	watch((unsigned)tenths, times);
	terminal_leave();
	return EXIT_OK;
}
