/* SPDX-License-Identifier: MIT */
/*
 * lib/librse/examples/watch.c - print the events that one of the kernel's
 * tori handles, as they come: time, destination, source, kind, payload.
 *
 * Use: watch [torus]	until Ctrl-C
 *	The torus may be reset: its clock then begins anew.  It may be
 *	killed: watch waits until it lives again.
 */
#define _GNU_SOURCE /* ppoll */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <librse.h>

static volatile sig_atomic_t over;
static uint64_t seen, lost, latest;

static void
interrupted(int sig)
{
	(void)sig;
	over = 1;
}

/* SIGINT is blocked everywhere else: so it is never missed. */
static void
wait_for(int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };
	sigset_t none;

	fflush(stdout);
	sigemptyset(&none);
	ppoll(&p, 1, NULL, &none);
}

/* A dead torus has no stream; its status tells when that changes. */
static int
stream_open(struct rse_dev *d)
{
	int fd = -1, status, dead;

	do {
		status = rse_dev_file(d, "status", O_RDONLY);
		if (status < 0)
			return -1;
		fd = rse_dev_file(d, "events", O_RDONLY | O_NONBLOCK);
		dead = fd < 0 && errno == ENXIO;
		if (dead)
			wait_for(status, POLLPRI);
		close(status);
	} while (dead && !over);
	return fd;
}

static void
line_take(const char *line)
{
	uint64_t n;

	if (sscanf(line, "lost %" SCNu64, &n) == 1) {
		lost += n;
	} else if (sscanf(line, "%" SCNu64, &n) == 1) {
		if (n < latest)
			puts("-- the torus was reset");
		latest = n;
		seen++;
	}
	puts(line);
}

/* Until the torus is gone, or SIGINT comes. */
static void
stream_follow(int fd)
{
	char buf[4096], *line, *end;
	size_t len = 0;
	ssize_t n;

	while (!over) {
		n = read(fd, buf + len, sizeof(buf) - 1 - len);
		if (n < 0 && errno == EAGAIN) {
			wait_for(fd, POLLIN);
			continue;
		}
		if (n <= 0)
			break;
		buf[len += (size_t)n] = '\0';
		for (line = buf; (end = strchr(line, '\n')) != NULL;
		    line = end + 1) {
			*end = '\0';
			line_take(line);
		}
		memmove(buf, line, len = strlen(line));
	}
	close(fd);
}

int
main(int argc, char **argv)
{
	char *end = NULL;
	unsigned long torus = argc > 1 ? strtoul(argv[1], &end, 10) : 0;
	struct rse_dev *d;
	struct sigaction sa = { .sa_handler = interrupted };
	sigset_t set;
	int fd;

	if (torus > 2 || (end != NULL && (end == argv[1] || *end != 0))) {
		fprintf(stderr, "usage: watch [torus], 0 to 2\n");
		return 1;
	}
	d = rse_dev_open((unsigned)torus);
	sigaction(SIGINT, &sa, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	while (d != NULL && !over && (fd = stream_open(d)) >= 0) {
		stream_follow(fd);
		puts(over ? "" : "-- the torus is gone");
		latest = 0;
	}
	if (!over)
		perror("watch");
	printf("%" PRIu64 " events, %" PRIu64 " lost\n", seen, lost);
	rse_dev_close(d);
	return !over;
}
