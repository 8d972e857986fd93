/* SPDX-License-Identifier: MIT */
/*
 * tests/guest/torus_dev.c - /dev/torusN and /dev/braid from a program.
 * GUEST: -lrse
 */
#include <fcntl.h>
#include <poll.h>

#include <librse.h>

#include "tap.h"

static int
line_to(const char *path, const char *line)
{
	int fd = open(path, O_WRONLY), saved;
	ssize_t n;

	if (fd < 0)
		return -1;
	n = write(fd, line, strlen(line));
	saved = errno;
	close(fd);
	errno = saved;
	return n == (ssize_t)strlen(line) ? 0 : -1;
}

static unsigned long long
value(struct rse_dev *d, const char *file, const char *key)
{
	char text[64] = "";

	CHECK_EQ(rse_dev_value(d, file, key, text, sizeof(text)), 0);
	return strtoull(text, NULL, 10);
}

static void
settle(struct rse_dev *d, const char *state)
{
	char text[32] = "";

	while (tap_bad == 0 && strcmp(text, state) != 0) {
		CHECK_EQ(rse_dev_value(d, "status", "state", text,
		    sizeof(text)), 0);
		usleep(10000);
	}
}

/* Until the number of events or epochs is at least so high. */
static void
reach(struct rse_dev *d, const char *file, const char *key,
    unsigned long long least)
{
	while (tap_bad == 0 && value(d, file, key) < least)
		usleep(10000);
}

/* G2 of the engine's known answers: ring of ten, delay 5, 1000 events. */
static void
the_kernel_gives_the_known_answer(void)
{
	struct rse_dev *d;
	char text[32];
	int i;

	CHECK_EQ(line_to("/dev/braid/ctl", "stop\noff\n"), 0);
	d = rse_dev_open(0);
	CHECK(d != NULL);
	CHECK_EQ(rse_dev_ctl(d, "config digest=1"), 0);
	for (i = 0; i < 10; i++)
		CHECK_EQ(rse_dev_ctl(d, "edge %d 0 0 %d 0 0 5", i,
		    (i + 1) % 10), 0);
	CHECK_EQ(rse_dev_ctl(d, "inject 0 0 0 1 0"), 0);
	CHECK_EQ(rse_dev_ctl(d, "step 1000"), 0);
	settle(d, "stopped");
	CHECK_EQ(value(d, "status", "processed"), 1000);
	CHECK_EQ(rse_dev_value(d, "stats", "run_digest", text,
	    sizeof(text)), 0);
	CHECK(strcmp(text, "ce1edc5110faada8") == 0);
	rse_dev_close(d);
	CHECK_EQ(line_to("/dev/braid/ctl", "on\n"), 0);
}

static void
a_strand_runs_through_all_tori(void)
{
	struct rse_dev *d[3], *braid = rse_dev_open_braid();
	unsigned long long before;
	unsigned i;

	CHECK(braid != NULL);
	CHECK_EQ(line_to("/dev/braid/ctl", "stop\nreset\n"), 0);
	for (i = 0; i < 3; i++) {
		d[i] = rse_dev_open(i);
		CHECK_EQ(rse_dev_ctl(d[i], "edge 31 0 0 0 0 0 9"), 0);
		CHECK_EQ(rse_dev_ctl(d[i], "edge 0 0 0 31 0 0 1 portal"), 0);
	}
	CHECK_EQ(rse_dev_ctl(d[0], "inject 31 0 0 1"), 0);
	CHECK_EQ(line_to("/dev/braid/ctl", "start\n"), 0);
	reach(d[2], "stats", "processed", 1);
	before = value(d[2], "stats", "processed");
	reach(d[2], "stats", "processed", before + 100);
	CHECK_EQ(line_to("/dev/braid/ctl", "stop\n"), 0);
	CHECK_EQ(value(braid, "stats", "violations"), 0);
	CHECK_EQ(value(braid, "stats", "injected") +
	    value(braid, "stats", "emitted") +
	    value(braid, "stats", "flux_in_events"),
	    value(braid, "stats", "processed") +
	    value(braid, "stats", "pending") +
	    value(braid, "stats", "flux_out_events"));
	for (i = 0; i < 3; i++)
		rse_dev_close(d[i]);
	rse_dev_close(braid);
	CHECK_EQ(line_to("/dev/braid/ctl", "reset\n"), 0);
}

static void
words_that_make_no_sense_are_refused(void)
{
	CHECK_ERR(line_to("/dev/torus0/ctl", "dance\n"), EINVAL);
	CHECK_ERR(line_to("/dev/torus0/ctl", "spawn 1\n"), EINVAL);
	CHECK_ERR(line_to("/dev/torus0/ctl", "kill 4711\n"), ENOENT);
	CHECK_ERR(line_to("/dev/torus0/ctl", "restore /x\n"), EOPNOTSUPP);
	CHECK_ERR(line_to("/dev/braid/ctl", "pace many\n"), EINVAL);
	CHECK_ERR(line_to("/dev/torus0/status", "x"), EBADF);
}

static void
events_can_be_waited_for(void)
{
	struct pollfd p = { .events = POLLIN };
	char line[128];
	ssize_t n;

	CHECK_EQ(line_to("/dev/braid/ctl", "stop\noff\n"), 0);
	p.fd = open("/dev/torus1/events", O_RDONLY | O_NONBLOCK);
	CHECK(p.fd >= 0);
	CHECK_ERR(read(p.fd, line, sizeof(line)), EAGAIN);
	CHECK_EQ(poll(&p, 1, 50), 0);
	CHECK_EQ(line_to("/dev/torus1/ctl", "inject 0 0 7 -3\nstart\n"), 0);
	CHECK_EQ(poll(&p, 1, -1), 1);
	CHECK(p.revents & POLLIN);
	n = read(p.fd, line, sizeof(line));
	CHECK_EQ(n, 11);
	CHECK(n == 11 && memcmp(line, "0 7 7 0 -3\n", 11) == 0);
	close(p.fd);
	CHECK_EQ(line_to("/dev/braid/ctl", "stop\non\n"), 0);
}

static void
a_snapshot_goes_through_a_file(void)
{
	struct rse_dev *d = rse_dev_open(2);
	void *data;
	ssize_t n;

	CHECK_EQ(line_to("/dev/braid/ctl", "stop\nreset\n"), 0);
	CHECK_EQ(rse_dev_ctl(d, "spawn 1 2 3"), 0);
	n = rse_dev_read(d, "snapshot", &data);
	CHECK(n > 4208);
	CHECK_EQ(rse_dev_ctl(d, "reset"), 0);
	((char *)data)[n / 2] ^= 1;
	CHECK_ERR(rse_dev_write(d, "snapshot", data, (size_t)n), EBADMSG);
	CHECK_EQ(value(d, "status", "processes"), 0);
	((char *)data)[n / 2] ^= 1;
	CHECK_EQ(rse_dev_write(d, "snapshot", data, (size_t)n), 0);
	CHECK_EQ(value(d, "status", "processes"), 1);
	CHECK_EQ(rse_dev_ctl(d, "reset"), 0);
	free(data);
	rse_dev_close(d);
}

/* rsed may be quicker than we are. */
static void
recover_ask(const char *path)
{
	if (line_to(path, "recover\n") != 0)
		CHECK(errno == EALREADY || errno == EBUSY);
}

static void
back_wait(struct rse_dev *d)
{
	char text[32] = "dead";

	while (tap_bad == 0 && (strcmp(text, "dead") == 0 ||
	    strcmp(text, "recovering") == 0)) {
		CHECK_EQ(rse_dev_value(d, "status", "state", text,
		    sizeof(text)), 0);
		usleep(10000);
	}
}

/* I9: the end is that of the run that nothing disturbed; I12: so are pids. */
static void
a_killed_torus_comes_back_exactly(void)
{
	struct rse_dev *d[3], *braid = rse_dev_open_braid();
	struct pollfd p = { .events = POLLPRI };
	char want[3][32], text[32], key[32], path[32];
	unsigned long long before;
	unsigned run, i, n;

	for (i = 0; i < 3; i++)
		d[i] = rse_dev_open(i);
	for (run = 0; run < 4; run++) {
		CHECK_EQ(line_to("/dev/braid/ctl", "stop\nreset\npace 500\n"
		    "config every=7\nuntil 400\n"), 0);
		for (i = 0; i < 3; i++) {
			CHECK_EQ(rse_dev_ctl(d[i], "edge 31 0 0 0 0 0 9"), 0);
			CHECK_EQ(rse_dev_ctl(d[i],
			    "edge 0 0 0 31 0 0 1 portal"), 0);
			CHECK_EQ(rse_dev_ctl(d[i], "spawn 31 0 0"), 0);
			CHECK_EQ(rse_dev_ctl(d[i], "inject 31 0 0 1"), 0);
		}
		CHECK_EQ(rse_dev_ctl(d[0], "migrate 1 2"), 0);
		CHECK_EQ(line_to("/dev/braid/ctl", "start\n"), 0);
		for (n = 0; run > 0 && n < run; n++) {
			i = (run + n) % 3;
			snprintf(path, sizeof(path), "/dev/torus%u/ctl", i);
			usleep(30000);
			before = value(d[i], "status", "recoveries");
			p.fd = open("/dev/braid/status", O_RDONLY);
			CHECK_EQ(line_to(path, "kill\n"), 0);
			CHECK_EQ(poll(&p, 1, -1), 1);
			CHECK(p.revents & POLLPRI);
			close(p.fd);
			recover_ask(path);
			back_wait(d[i]);
			CHECK_EQ(value(d[i], "status", "recoveries"),
			    before + 1);
			CHECK_ERR(line_to(path, "recover\n"), EBUSY);
		}
		for (i = 0; i < 3; i++) {
			snprintf(key, sizeof(key), "torus%u.epoch", i);
			reach(braid, "status", key, 400);
			CHECK_EQ(value(braid, "status", key), 400);
		}
		for (i = 0; i < 3; i++) {
			CHECK_EQ(rse_dev_value(d[i], "status", "digest",
			    run == 0 ? want[i] : text, sizeof(text)), 0);
			CHECK(run == 0 || strcmp(want[i], text) == 0);
		}
		CHECK_EQ(value(braid, "stats", "violations"), 0);
		CHECK_EQ(value(d[0], "status", "processes"), 0);
		CHECK_EQ(value(d[2], "status", "processes"), 2);
	}
	CHECK_EQ(line_to("/dev/braid/ctl", "stop\nreset\npace 0\n"), 0);
	for (i = 0; i < 3; i++)
		rse_dev_close(d[i]);
	rse_dev_close(braid);
}

static void
the_words_of_failure_are_checked(void)
{
	CHECK_ERR(line_to("/dev/torus0/ctl", "recover\n"), EBUSY);
	CHECK_ERR(line_to("/dev/torus0/ctl", "recover somehow\n"), EINVAL);
	CHECK_ERR(line_to("/dev/torus0/ctl", "forget\n"), EBUSY);
	CHECK_ERR(line_to("/dev/torus0/ctl", "evacuate\n"), EBUSY);
	CHECK_ERR(line_to("/dev/torus0/ctl", "until soon\n"), EINVAL);
	CHECK_ERR(line_to("/dev/braid/ctl", "recover\n"), EINVAL);
}

static void
others_may_look_but_not_touch(void)
{
	char wire[8192];
	int fd;

	CHECK_EQ(setgid(1234), 0);
	CHECK_EQ(setuid(1234), 0);
	CHECK_ERR(open("/dev/torus0/ctl", O_WRONLY), EACCES);
	CHECK_ERR(open("/dev/torus0/snapshot", O_RDONLY), EACCES);
	fd = open("/dev/torus0/projection.raw", O_RDONLY);
	CHECK(fd >= 0);
	CHECK_EQ(read(fd, wire, sizeof(wire)), 4208);
	close(fd);
}

int
main(void)
{
	TAP_RUN(the_kernel_gives_the_known_answer);
	TAP_RUN(a_strand_runs_through_all_tori);
	TAP_RUN(words_that_make_no_sense_are_refused);
	TAP_RUN(events_can_be_waited_for);
	TAP_RUN(a_snapshot_goes_through_a_file);
	TAP_RUN(a_killed_torus_comes_back_exactly);
	TAP_RUN(the_words_of_failure_are_checked);
	TAP_RUN(others_may_look_but_not_touch);
	return tap_end();
}
