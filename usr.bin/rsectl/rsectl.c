/* SPDX-License-Identifier: MIT */
/*
 * usr.bin/rsectl/rsectl.c - control and watch the tori: the table of commands.
 *
 * Without arguments it teaches: what the tori are, what can be done, what to
 * do first, and what is going on just now.  rsectl(1) says more.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "rsectl.h"

bool json, direct;

static int do_help(int argc, char **argv);

static const struct command {
	const char *name, *args, *help;
	int least, most; /* arguments */
	command_fn *run;
} commands[] = {
	{ NULL, "Run", NULL, 0, 0, NULL },
	{ "load", "FILE", "carry out a set-up; /usr/share/rse has some", 1, 1,
	    do_load },
	{ "start", "[N|all]", "run; if all are empty load the default first",
	    0, 1, do_start },
	{ "stop", "[N|all]", "stop", 0, 1, do_word },
	{ "step", "N|all [COUNT]", "handle COUNT events, then stop", 1, 2,
	    do_word },
	{ "reset", "[N|all]", "empty, as after boot", 0, 1, do_word },
	{ NULL, "Look", NULL, 0, 0, NULL },
	{ "status", "[N|all]", "how they are, and rsed", 0, 1, do_status },
	{ "stats", "[N|all]", "counters; without N their sums", 0, 1,
	    do_stats },
	{ "project", "[N|all]", "what a torus tells its neighbours", 0, 1,
	    do_project },
	{ "processes", "[N|all]", "each process, its cell and its work", 0, 1,
	    do_processes },
	{ "top", "[-n TIMES] [TENTHS]", "watch them live; q leaves", 0, 3,
	    do_top },
	{ "plot", "[-o FILE] [-s SCALE]", "a picture: activity and flux", 0,
	    4, do_plot },
	{ NULL, "Build", NULL, 0, 0, NULL },
	{ "spawn", "N X Y Z", "put a process on a cell", 4, 4, do_torus_word },
	{ "edge", "N X Y Z X Y Z DELAY [portal]", "join two cells", 8, 9,
	    do_torus_word },
	{ "inject", "N X Y Z PAYLOAD [TIME]", "add an event", 5, 6,
	    do_torus_word },
	{ "migrate", "N PID TORUS", "move a process to another torus", 3, 3,
	    do_torus_word },
	{ "ctl", "N [WORD...]", "any word of torus(4); alone, their list", 1,
	    17, do_ctl },
	{ "braid", "[WORD...|help]", "any word of braid(4); alone, status", 0,
	    17, do_braid },
	{ NULL, "Keep", NULL, 0, 0, NULL },
	{ "snapshot", "[N FILE]", "save one torus, or all by rsed", 0, 2,
	    do_snapshot },
	{ "restore", "[N FILE]", "back to a snapshot, or all by rsed", 0, 2,
	    do_restore },
	{ "kill", "N [PID]", "end a torus as a failure would, or a process",
	    1, 2, do_torus_word },
	{ "recover", "[N|all [approximate]]", "bring back what failed", 0, 2,
	    do_recover },
	{ NULL, "Help", NULL, 0, 0, NULL },
	{ "help", "[COMMAND]", "this, or one line of it", 0, 1, do_help },
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

void
fail(int code, const char *format, ...)
{
	char why[800], *p;
	va_list ap;

	va_start(ap, format);
	vsnprintf(why, sizeof(why), format, ap);
	va_end(ap);
	fflush(stdout);
	/* A file or a word may hold what would command the terminal. */
	for (p = why; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = '?';
	if (json) {
		fputs("{\"error\": ", stderr);
		json_string(stderr, why, strlen(why));
		fprintf(stderr, ", \"exit\": %d}\n", code);
	} else {
		fprintf(stderr, "rsectl: %s\n", why);
	}
	exit(code);
}

/* What goes on just now, and what to do about it. */
static void
teach_now(void)
{
	struct braid_view v;
	unsigned i, running = 0, dead = 0, used = 0;

	if (braid_look(&v) != 0) {
		puts("Just now: there is no /dev/braid here; this is the "
		    "program of another system.");
		return;
	}
	for (i = 0; i < TORI; i++) {
		running += state_is_running(v.torus[i].state);
		dead += strcmp(v.torus[i].state, "dead") == 0 ||
		    strcmp(v.torus[i].state, "faulted") == 0;
		used += v.torus[i].processed != 0 || v.torus[i].pending != 0;
	}
	if (dead > 0)
		printf("Just now: %u of the tori failed; rsectl status says "
		    "more, rsectl recover helps.\n", dead);
	else if (running > 0)
		printf("Just now: %u tori run; rsectl top shows them.\n",
		    running);
	else if (used > 0)
		puts("Just now: the tori are stopped; rsectl start lets them "
		    "go on.");
	else
		puts("Just now: the tori are empty; rsectl start begins.");
}

static void
teach(void)
{
	char left[48];
	size_t i;

	puts("rsectl - control and watch the tori\n\n"
	    "A torus is a lattice of cells with processes on them, edges "
	    "between them, and\nevents that travel along the edges.  Three "
	    "of them run in the kernel, braided:\nwhat leaves one on face "
	    "x = 0 enters the next on its other side.\n\n"
	    "To begin with:\n\n"
	    "  rsectl start       run the set-up that /etc/rse.conf names\n"
	    "  rsectl top         watch it; q leaves\n"
	    "  rsectl plot        draw it: torus.png\n"
	    "  rsectl kill 1      as if torus 1 had failed; then watch "
	    "rsectl status\n"
	    "  rsectl stop\n\n"
	    "usage: rsectl [-dh] [--json] [COMMAND [ARGUMENT...]]");
	for (i = 0; i < COMMANDS; i++) {
		if (commands[i].name == NULL) {
			printf("\n%s\n", commands[i].args);
			continue;
		}
		snprintf(left, sizeof(left), "%s %s", commands[i].name,
		    commands[i].args);
		printf("  %-33s %s\n", left, commands[i].help);
	}
	puts("\nN is a torus: 0, 1, 2 or all.  --json: all that is printed is "
	    "JSON.\n-d: not through rsed.  rsectl(1), torus(4) and braid(4) "
	    "tell the rest.\n");
	teach_now();
}

static void
field(const char *before, const char *s)
{
	fputs(before, stdout);
	json_string(stdout, s, strlen(s));
}

static void
command_json(const struct command *c)
{
	field("{\"command\": ", c->name);
	field(", \"arguments\": ", c->args);
	field(", \"help\": ", c->help);
	putchar('}');
}

static void
teach_json(void)
{
	const char *before = "[";
	size_t i;

	for (i = 0; i < COMMANDS; i++) {
		if (commands[i].name == NULL)
			continue;
		fputs(before, stdout);
		command_json(&commands[i]);
		before = ",\n ";
	}
	puts("]");
}

static const struct command *
command_find(const char *name)
{
	size_t i;

	for (i = 0; i < COMMANDS; i++)
		if (commands[i].name != NULL &&
		    strcmp(commands[i].name, name) == 0)
			return &commands[i];
	fail(EXIT_USAGE, "\"%s\" is no command; rsectl alone lists them",
	    name);
}

static int
command_help(const struct command *c)
{
	if (json) {
		command_json(c);
		putchar('\n');
	} else {
		printf("usage: rsectl %s %s\n%s; see rsectl(1)\n", c->name,
		    c->args, c->help);
	}
	return EXIT_OK;
}

static int
do_help(int argc, char **argv)
{
	if (argc > 1)
		return command_help(command_find(argv[1]));
	if (json)
		teach_json();
	else
		teach();
	return EXIT_OK;
}

/*
 * An option, wherever it stands; what else begins with a dash behind the
 * command is the command's: a number, a file, an option of its own.
 */
static bool
option_take(const char *s, bool command, bool *help)
{
	if (strcmp(s, "--json") == 0)
		return true; /* main saw it first */
	if (strcmp(s, "--help") == 0)
		return *help = true;
	if (s[0] != '-' || (command && strcmp(s, "-d") != 0 &&
	    strcmp(s, "-h") != 0))
		return false;
	if (s[1] == '-' || s[1] == '\0')
		fail(EXIT_USAGE, "%s is no option; there are -d, -h, --help "
		    "and --json", s);
	for (s++; *s != '\0'; s++) {
		if (*s != 'd' && *s != 'h')
			fail(EXIT_USAGE, "-%c is no option; there are -d, "
			    "-h, --help and --json", *s);
		direct |= *s == 'd';
		*help |= *s == 'h';
	}
	return true;
}

/* Take them out, up to --; returns how many are left. */
static int
options_take(int argc, char **argv, bool *help)
{
	bool all = false;
	int i, n = 1;

	/* First, so that every complaint has the form that is wanted. */
	for (i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		json |= strcmp(argv[i], "--json") == 0;
	for (i = 1; i < argc; i++)
		if (!all && strcmp(argv[i], "--") == 0)
			all = true;
		else if (all || !option_take(argv[i], n > 1, help))
			argv[n++] = argv[i];
	argv[n] = NULL;
	return n;
}

static int
command_run(int argc, char **argv, bool help)
{
	const struct command *c = command_find(argv[0]);

	if (help)
		return command_help(c);
	if (argc - 1 < c->least || argc - 1 > c->most)
		fail(EXIT_USAGE, "%s: %s is the way to say it: rsectl %s %s",
		    c->name, argc - 1 < c->least ? "something is missing; "
		    "this" : "that is too much; this", c->name, c->args);
	return c->run(argc, argv);
}

int
main(int argc, char **argv)
{
	bool help = false;
	int result;

	argc = options_take(argc, argv, &help) - 1;
	result = argc > 0 ? command_run(argc, argv + 1, help) :
	    do_help(1, argv);
	if (fflush(stdout) != 0 || ferror(stdout))
		fail(EXIT_REFUSED, "standard output: it cannot be written");
	return result;
}
