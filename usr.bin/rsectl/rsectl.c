/* SPDX-License-Identifier: MIT */
/*
 * usr.bin/rsectl/rsectl.c - control and watch the tori: the commands.
 *
 * One table: the name, what comes behind it, what it does.  Without arguments
 * rsectl shows it; rsectl(1) says more.
 */
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <librse.h>

#include "conf.h"
#include "rsectl.h"

bool json, direct;

struct command {
	const char *name, *args, *help;
	int least, most;
	int (*run)(int argc, char **argv);
};

void
fail(int code, const char *format, ...)
{
	va_list ap;

	fflush(stdout);
	fputs("rsectl: ", stderr);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(code);
}

/* A torus's number; -1 for all. */
static int
which(const char *s)
{
	if (strcmp(s, "all") == 0)
		return -1;
	if (s[0] >= '0' && s[0] < '0' + TORI && s[1] == '\0')
		return s[0] - '0';
	fail(EXIT_USAGE, "%s: a torus is 0, 1, 2 or all", s);
}

static unsigned
one(const char *s)
{
	int n = which(s);

	if (n < 0)
		fail(EXIT_USAGE, "this is for one torus: 0, 1 or 2");
	return (unsigned)n;
}

/* Behind a number the rest as one line. */
static void
tell_rest(const char *torus, const char *word, int argc, char **argv)
{
	char line[400];
	size_t len;
	int i;

	len = (size_t)snprintf(line, sizeof(line), "%s", word);
	for (i = 0; i < argc && len < sizeof(line); i++)
		len += (size_t)snprintf(line + len, sizeof(line) - len, " %s",
		    argv[i]);
	if (len >= sizeof(line))
		fail(EXIT_USAGE, "the line is too long");
	tell(strcmp(torus, "braid") == 0 ? BRAID : one(torus), "%s", line);
}

/* No torus has anything in it: what is there to start? */
static bool
all_empty(void)
{
	struct braid_view v;
	unsigned long n;
	char *text, *p;
	unsigned i;

	if (braid_look(&v) != 0)
		fail(EXIT_UNREACHABLE, "the device of the tori: %s",
		    strerror(errno));
	for (i = 0; i < TORI; i++) {
		if (v.torus[i].processed != 0 || v.torus[i].pending != 0)
			return false;
		if (strcmp(v.torus[i].state, "absent") == 0)
			continue;
		text = file_read(i, "status", NULL);
		p = strstr(text, "\nprocesses ");
		n = p != NULL ? strtoul(p + 11, NULL, 10) : 1;
		p = strstr(text, "\nedges ");
		n += p != NULL ? strtoul(p + 7, NULL, 10) : 1;
		free(text);
		if (n != 0)
			return false;
	}
	return true;
}

static void
default_load(void)
{
	struct conf conf;
	char error[400];

	if (!conf_read(&conf, RSE_CONF, error, sizeof(error)))
		fail(EXIT_REFUSED, "%s", error);
	fprintf(stderr, "rsectl: nothing is loaded: loading %s\n",
	    conf.setup);
	setup_load(conf.setup);
}

static int
do_start(int argc, char **argv)
{
	int n = argc > 0 ? which(argv[0]) : -1;

	if (all_empty())
		default_load();
	tell(n < 0 ? BRAID : (unsigned)n, "start");
	return EXIT_OK;
}

static int
do_stop(int argc, char **argv)
{
	int n = argc > 0 ? which(argv[0]) : -1;

	tell(n < 0 ? BRAID : (unsigned)n, "stop");
	return EXIT_OK;
}

static int
do_step(int argc, char **argv)
{
	int n = which(argv[0]);

	tell(n < 0 ? BRAID : (unsigned)n, "step %s",
	    argc > 1 ? argv[1] : "1");
	return EXIT_OK;
}

static int
do_reset(int argc, char **argv)
{
	int n = argc > 0 ? which(argv[0]) : -1;

	tell(n < 0 ? BRAID : (unsigned)n, "reset");
	return EXIT_OK;
}

static int
do_status(int argc, char **argv)
{
	char *text;

	if (argc > 0) {
		files_show(which(argv[0]), "status");
		return EXIT_OK;
	}
	if (json)
		fputs("{\"braid\": ", stdout);
	file_show(BRAID, "status");
	text = direct ? NULL : try_rsed("status");
	if (json) {
		fputs(",\n\"rsed\": ", stdout);
		if (text != NULL)
			text_show_json(text);
		else
			fputs("null", stdout);
		fputs("}\n", stdout);
	} else if (text != NULL) {
		printf("\n%s", text);
	} else {
		puts("\nrsed does not answer");
	}
	free(text);
	return EXIT_OK;
}

static int
do_stats(int argc, char **argv)
{
	if (argc > 0) {
		files_show(which(argv[0]), "stats");
		return EXIT_OK;
	}
	file_show(BRAID, "stats");
	if (json)
		putchar('\n');
	return EXIT_OK;
}

static int
do_project(int argc, char **argv)
{
	files_show(argc > 0 ? which(argv[0]) : -1, "projection");
	return EXIT_OK;
}

static int
do_spawn(int argc, char **argv)
{
	tell_rest(argv[0], "spawn", argc - 1, argv + 1);
	return EXIT_OK;
}

static int
do_edge(int argc, char **argv)
{
	tell_rest(argv[0], "edge", argc - 1, argv + 1);
	return EXIT_OK;
}

static int
do_inject(int argc, char **argv)
{
	tell_rest(argv[0], "inject", argc - 1, argv + 1);
	return EXIT_OK;
}

static int
do_ctl(int argc, char **argv)
{
	tell_rest(argv[0], argv[1], argc - 2, argv + 2);
	return EXIT_OK;
}

static int
do_braid(int argc, char **argv)
{
	if (argc == 0) {
		file_show(BRAID, "status");
		if (json)
			putchar('\n');
	} else {
		tell_rest("braid", argv[0], argc - 1, argv + 1);
	}
	return EXIT_OK;
}

static int
do_load(int argc, char **argv)
{
	setup_load(argv[0]);
	return EXIT_OK;
}

static void
file_write(const char *path, const char *data, size_t len)
{
	FILE *f = strcmp(path, "-") == 0 ? stdout : fopen(path, "we");

	if (f == NULL || fwrite(data, 1, len, f) != len ||
	    (f == stdout ? fflush(f) : fclose(f)) != 0)
		fail(EXIT_REFUSED, "%s: %s", path, strerror(errno));
}

/* With a number and a file one torus, without them all, by rsed. */
static int
do_snapshot(int argc, char **argv)
{
	size_t len;
	char *data;

	if (argc == 0) {
		free(ask_rsed("save"));
		return EXIT_OK;
	}
	if (argc != 2)
		fail(EXIT_USAGE, "snapshot: a torus and a file, or nothing");
	data = file_read(one(argv[0]), "snapshot", &len);
	file_write(argv[1], data, len);
	free(data);
	return EXIT_OK;
}

static char *
whole_file(const char *path, size_t *len)
{
	FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	char *data = NULL, *bigger;
	size_t room = 0, n;

	if (f == NULL)
		fail(EXIT_REFUSED, "%s: %s", path, strerror(errno));
	*len = 0;
	do {
		room = room == 0 ? 65536 : 2 * room;
		bigger = realloc(data, room);
		if (bigger == NULL)
			fail(EXIT_REFUSED, "%s", strerror(errno));
		data = bigger;
		n = fread(data + *len, 1, room - *len, f);
		*len += n;
	} while (*len == room);
	if (ferror(f))
		fail(EXIT_REFUSED, "%s: %s", path, strerror(errno));
	if (f != stdin)
		fclose(f);
	return data;
}

static int
do_restore(int argc, char **argv)
{
	struct rse_dev *d;
	size_t len;
	char *data;

	if (argc == 0) {
		free(ask_rsed("restore"));
		return EXIT_OK;
	}
	if (argc != 2)
		fail(EXIT_USAGE, "restore: a torus and a file, or nothing");
	d = rse_dev_open(one(argv[0]));
	if (d == NULL)
		fail(EXIT_UNREACHABLE, "torus %s: %s", argv[0],
		    strerror(errno));
	data = whole_file(argv[1], &len);
	if (rse_dev_write(d, "snapshot", data, len) != 0)
		fail(EXIT_REFUSED, "%s: %s (dmesg says more)", argv[1],
		    strerror(errno));
	rse_dev_close(d);
	free(data);
	return EXIT_OK;
}

static int
do_kill(int argc, char **argv)
{
	if (argc > 1)
		tell_rest(argv[0], "kill", argc - 1, argv + 1);
	else
		tell(one(argv[0]), "kill");
	return EXIT_OK;
}

/* All back to the last checkpoint, and on from there. */
static int
do_recover(int argc, char **argv)
{
	free(ask_rsed("restore"));
	tell(BRAID, "start");
	return EXIT_OK;
}

static int
do_top(int argc, char **argv)
{
	unsigned long tenths = 10;
	char *end;

	if (argc > 0) {
		tenths = strtoul(argv[0], &end, 10);
		if (*end != '\0' || tenths == 0 || tenths > 600)
			fail(EXIT_USAGE, "top: tenths of a second, 1 to 600");
	}
	return top((unsigned)tenths);
}

static const struct command commands[] = {
	{ "start", "[N|all]", "run", 0, 1, do_start },
	{ "stop", "[N|all]", "stop", 0, 1, do_stop },
	{ "step", "N|all [COUNT]", "handle COUNT events, then stop", 1, 2,
	    do_step },
	{ "reset", "[N|all]", "empty, as after boot", 0, 1, do_reset },
	{ "status", "[N|all]", "how they are; rsed too", 0, 1, do_status },
	{ "stats", "[N|all]", "counters; without N the sums", 0, 1,
	    do_stats },
	{ "project", "[N|all]", "the projection as text", 0, 1, do_project },
	{ "top", "[TENTHS]", "watch them live", 0, 1, do_top },
	{ "load", "FILE", "carry out a set-up file", 1, 1, do_load },
	{ "spawn", "N X Y Z", "put a process on a cell", 4, 4, do_spawn },
	{ "edge", "N X Y Z X Y Z DELAY [portal]", "join two cells", 8, 9,
	    do_edge },
	{ "inject", "N X Y Z PAYLOAD [TIME]", "add an event", 5, 6,
	    do_inject },
	{ "ctl", "N WORD...", "any word of torus(4)", 2, 17, do_ctl },
	{ "braid", "[WORD...]", "any word of braid(4); its status", 0, 17,
	    do_braid },
	{ "snapshot", "[N FILE]", "save one torus, or all by rsed", 0, 2,
	    do_snapshot },
	{ "restore", "[N FILE]", "bring one back, or all by rsed", 0, 2,
	    do_restore },
	{ "kill", "N [PID]", "end a torus as a failure would, or a process",
	    1, 2, do_kill },
	{ "recover", "", "all back to the last checkpoint, and on", 0, 0,
	    do_recover },
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void
teach(FILE *f)
{
	char left[48];
	size_t i;

	fputs("usage: rsectl [-d] [--json] command [argument ...]\n\n", f);
	for (i = 0; i < COMMANDS; i++) {
		snprintf(left, sizeof(left), "%s %s", commands[i].name,
		    commands[i].args);
		fprintf(f, "  %-36s %s\n", left, commands[i].help);
	}
	fputs("\nN is a torus: 0, 1, 2 or all.  To begin with:\n\n"
	    "  rsectl start          run the set-up of /etc/rse.conf\n"
	    "  rsectl top            watch it; q leaves\n"
	    "  cat /dev/torus0/projection\n"
	    "  rsectl stop\n\n"
	    "rsectl(1), torus(4) and braid(4) tell the rest.\n", f);
}

int
main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	const struct command *c;
	int opt;

	while ((opt = getopt_long(argc, argv, "+dh", options, NULL)) != -1) {
		if (opt == 'd') {
			direct = true;
		} else if (opt == 'j') {
			json = true;
		} else if (opt == 'h') {
			teach(stdout);
			return EXIT_OK;
		} else {
			fputs("try rsectl without arguments\n", stderr);
			return EXIT_USAGE;
		}
	}
	if (optind == argc) {
		teach(stdout);
		return EXIT_OK;
	}
	argv += optind;
	argc -= optind + 1;
	/* --json is welcome at the end too. */
	if (argc > 0 && strcmp(argv[argc], "--json") == 0) {
		json = true;
		argc--;
	}
	for (c = commands; c < commands + COMMANDS; c++)
		if (strcmp(c->name, argv[0]) == 0)
			break;
	if (c == commands + COMMANDS)
		fail(EXIT_USAGE, "%s: no such command; rsectl alone lists "
		    "them", argv[0]);
	if (argc < c->least || argc > c->most)
		fail(EXIT_USAGE, "usage: rsectl %s %s", c->name, c->args);
	return c->run(argc, argv + 1);
}
