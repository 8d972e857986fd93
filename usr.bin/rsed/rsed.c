/* SPDX-License-Identifier: MIT */
/*
 * usr.bin/rsed/rsed.c - the daemon that looks after the tori: main loop.
 *
 * It waits in one poll for requests, for signals (through a pipe), for the
 * kernel to say that a torus began or ended (POLLPRI of /dev/braid/status),
 * and for the time of the next checkpoint.  It holds nothing that could not
 * be found again: killed at any moment, it does no harm.
 */
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "keeper.h"
#include "server.h"
#include "tori.h"

#define PIDFILE "/run/rsed.pid"
#define LOOK_EVERY 5 /* seconds: a fault wakes nobody */

static int signals[2]; /* pipe: handler to loop */

static void
usage(void)
{
	fprintf(stderr, "usage: rsed [-f] [-c file] [-p pidfile] "
	    "[-s socket]\n");
	exit(2);
}

static void
die(const char *what, const char *why)
{
	fprintf(stderr, "rsed: %s: %s\n", what, why);
	syslog(LOG_ERR, "%s: %s", what, why);
	exit(1);
}

static void
on_signal(int sig)
{
	int saved = errno;
	char c = (char)sig;

	if (write(signals[1], &c, 1) != 1)
		_exit(1); /* nothing reads the pipe: we are ending anyway */
	errno = saved;
}

static void
signals_init(void)
{
	struct sigaction sa = { .sa_handler = on_signal,
		.sa_flags = SA_RESTART };

	if (pipe2(signals, O_CLOEXEC) != 0)
		die("pipe", strerror(errno));
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
	sa.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
}

static void
pidfile_write(const char *path)
{
	FILE *f = fopen(path, "we");

	if (f == NULL)
		die(path, strerror(errno));
	fprintf(f, "%ld\n", (long)getpid());
	if (fclose(f) != 0)
		die(path, strerror(errno));
}

/*
 * Go into the background.  Who started us goes on when there is a pidfile: so
 * what comes next there finds a daemon that can be told to end.
 */
static int
background(void)
{
	int ready[2];
	pid_t pid;
	char c;

	if (pipe2(ready, O_CLOEXEC) != 0)
		die("pipe", strerror(errno));
	pid = fork();
	if (pid < 0)
		die("fork", strerror(errno));
	if (pid > 0) {
		close(ready[1]);
		_exit(read(ready[0], &c, 1) != 1);
	}
	close(ready[0]);
	if (daemon(0, 0) != 0)
		die("daemon", strerror(errno));
	return ready[1];
}

static void
background_tell(int ready)
{
	if (ready < 0)
		return;
	(void)!write(ready, "", 1); /* whoever waited may be gone by now */
	close(ready);
}

static int
status_open(void)
{
	const char *base = getenv("RSE_DEV");
	char path[256];

	snprintf(path, sizeof(path), "%s/braid/status",
	    base != NULL ? base : "/dev");
	return open(path, O_RDONLY | O_CLOEXEC);
}

static time_t
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec;
}

/* Nothing ran since the last one: nothing to save. */
static void
checkpoint_if_due(const struct conf *conf, time_t *due)
{
	static unsigned long long seen[TORI];
	struct braid_view v;
	bool moved = false;
	unsigned i;

	if (conf->checkpoint == 0 || now() < *due)
		return;
	*due = now() + conf->checkpoint;
	if (braid_look(&v) != 0)
		return;
	for (i = 0; i < TORI; i++) {
		moved |= v.torus[i].processed != seen[i];
		seen[i] = v.torus[i].processed;
	}
	if (moved && keeper_save() != 0 && errno != ENODATA)
		syslog(LOG_ERR, "checkpoint: %m");
}

/* Was any torus ever used?  Until then there is nothing to look at. */
static bool
tori_exist(void)
{
	struct braid_view v;

	return braid_look(&v) == 0 && strcmp(v.torus[0].state, "absent") != 0;
}

/* How long poll may sleep. */
static int
patience(const struct conf *conf, bool exist, time_t due)
{
	long most = LOOK_EVERY;

	if (!exist)
		return -1;
	if (conf->checkpoint != 0 && due - now() < most)
		most = due > now() ? due - now() : 0;
	return (int)most * 1000;
}

static void
loop(const struct conf *conf, int listener)
{
	struct pollfd p[3 + CLIENTS];
	time_t due = now() + conf->checkpoint;
	int status = status_open();
	bool exist = tori_exist();
	unsigned n;
	int ready;

	if (status < 0)
		die("/dev/braid/status", strerror(errno));
	keeper_watch(); /* what happened while nobody looked */
	for (;;) {
		p[0] = (struct pollfd){ .fd = signals[0], .events = POLLIN };
		p[1] = (struct pollfd){ .fd = listener, .events = POLLIN };
		p[2] = (struct pollfd){ .fd = status, .events = POLLPRI };
		n = server_poll(p + 3);
		ready = poll(p, 3 + n, patience(conf, exist, due));
		if (ready < 0 && errno != EINTR)
			die("poll", strerror(errno));
		if (ready < 0)
			continue;
		if (p[0].revents != 0)
			break;
		if (p[2].revents & POLLPRI) {
			/* Opened again, it tells of what comes from now. */
			close(status);
			status = status_open();
			if (status < 0)
				die("/dev/braid/status", strerror(errno));
			exist = true;
		}
		if (ready == 0 || p[2].revents & POLLPRI)
			keeper_watch();
		server_serve(p + 3, n);
		if (p[1].revents != 0)
			server_accept(listener);
		checkpoint_if_due(conf, &due);
	}
	close(status);
}

int
main(int argc, char **argv)
{
	const char *config = RSE_CONF, *pidfile = PIDFILE;
	const char *path = RSED_SOCKET;
	bool foreground = false;
	struct conf conf;
	char error[400];
	int c, listener, ready = -1;

	while ((c = getopt(argc, argv, "fc:p:s:")) != -1) {
		switch (c) {
		case 'f':
			foreground = true;
			break;
		case 'c':
			config = optarg;
			break;
		case 'p':
			pidfile = optarg;
			break;
		case 's':
			path = optarg;
			break;
		default:
			usage();
		}
	}
	if (optind != argc)
		usage();
	openlog("rsed", LOG_PID | (foreground ? LOG_PERROR : 0), LOG_DAEMON);
	if (!conf_read(&conf, config, error, sizeof(error))) {
		fprintf(stderr, "rsed: %s\n", error);
		return 2;
	}
	umask(022);
	if (mkdir(conf.state, 0700) != 0 && errno != EEXIST)
		die(conf.state, strerror(errno));
	listener = server_open(path);
	if (listener < 0)
		die(path, errno == EADDRINUSE ?
		    "another rsed answers there" : strerror(errno));
	if (!foreground)
		ready = background();
	signals_init();
	pidfile_write(pidfile);
	background_tell(ready);
	keeper_init(&conf);
	keeper_restore_at_boot();
	loop(&conf, listener);
	if (keeper_save() != 0 && errno != ENODATA)
		syslog(LOG_ERR, "last checkpoint: %m");
	unlink(path);
	unlink(pidfile);
	return 0;
}
