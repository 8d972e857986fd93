/* SPDX-License-Identifier: MIT */
/*
 * tests/guest/librse_watch.c - the example `watch` follows a torus that is
 * reset, killed and brought back, and ends on SIGINT.
 * GUEST: -lrse
 *
 * A torus that was killed may also be brought back by rsed: the test then
 * finds it alive and goes on.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>

#include <librse.h>

#include "tap.h"

#define WATCH "/usr/libexec/rse/examples/watch"

static char said[1 << 16];
static size_t said_len;

/* Take what it printed; false: it has ended. */
static int
listen_to(int fd)
{
	ssize_t n;

	n = read(fd, said + said_len, sizeof(said) - 1 - said_len);
	if (n > 0)
		said_len += (size_t)n;
	said[said_len] = '\0';
	return n > 0;
}

/*
 * Until it says so, behind what it said before.  Meanwhile events go on, a
 * few whenever it is silent, so that it can always keep up.
 */
static int
hears(int fd, struct rse_dev *d, const char *words)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	size_t from = said_len;

	while (strstr(said + from, words) == NULL) {
		if (d != NULL)
			rse_dev_ctl(d, "step 3");
		if (poll(&p, 1, d != NULL ? 100 : -1) == 1 &&
		    !listen_to(fd)) {
			printf("# waited for \"%s\", heard \"%s\"\n", words,
			    said + from);
			return 0;
		}
	}
	return 1;
}

/* One event runs round on a cell, ten ticks a time. */
static void
set_up(struct rse_dev *d)
{
	CHECK_EQ(rse_dev_ctl(d, "edge 0 0 7 0 0 7 10"), 0);
	CHECK_EQ(rse_dev_ctl(d, "inject 0 0 7 -1"), 0);
}

static pid_t
watch_start(int *fd)
{
	int pipes[2];
	pid_t pid;

	CHECK_EQ(pipe(pipes), 0);
	pid = fork();
	if (pid == 0) {
		dup2(pipes[1], 1);
		dup2(pipes[1], 2);
		close(pipes[0]);
		close(pipes[1]);
		execl(WATCH, "watch", "0", (char *)NULL);
		_exit(127);
	}
	close(pipes[1]);
	*fd = pipes[0];
	return pid;
}

static void
live_again(struct rse_dev *d)
{
	char state[32] = "dead";
	int i;

	/* If it does not: a reset makes one that is dead live as well. */
	for (i = 0; i < 30 && strcmp(state, "dead") == 0; i++) {
		usleep(100000);
		CHECK_EQ(rse_dev_value(d, "status", "state", state,
		    sizeof(state)), 0);
	}
	CHECK_EQ(rse_dev_ctl(d, "reset"), 0);
}

static void
watch_survives(void)
{
	struct rse_dev *braid = rse_dev_open_braid(), *d = rse_dev_open(0);
	int fd, status;
	pid_t pid;

	CHECK(braid != NULL && d != NULL);
	CHECK_EQ(rse_dev_ctl(braid, "stop"), 0);
	CHECK_EQ(rse_dev_ctl(braid, "off"), 0);
	set_up(d);
	pid = watch_start(&fd);
	CHECK(hears(fd, d, " 7 7 0 "));
	CHECK_EQ(rse_dev_ctl(d, "stop"), 0);
	CHECK_EQ(rse_dev_ctl(d, "reset"), 0);
	set_up(d);
	CHECK(hears(fd, d, "-- the torus was reset\n"));
	CHECK_EQ(rse_dev_ctl(d, "kill"), 0);
	CHECK(hears(fd, NULL, "-- the torus is gone\n"));
	live_again(d);
	set_up(d);
	CHECK(hears(fd, d, " 7 7 0 "));
	CHECK_EQ(kill(pid, SIGINT), 0);
	CHECK(hears(fd, NULL, " events, 0 lost\n"));
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	close(fd);
	CHECK_EQ(rse_dev_ctl(d, "stop"), 0);
	CHECK_EQ(rse_dev_ctl(braid, "on"), 0);
	rse_dev_close(d);
	rse_dev_close(braid);
}

int
main(void)
{
	TAP_RUN(watch_survives);
	return tap_end();
}
