/* SPDX-License-Identifier: MIT */
/*
 * tests/bench/calls.c - system calls that end without sleeping.
 */
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "bench.h"

#define NPIPES	50	/* 100 descriptors */

static int zero_fd;
static struct pollfd idle[NPIPES * 2];
static int idle_max;
static volatile sig_atomic_t caught;

static uint64_t
null_call(unsigned long n)
{
	uint64_t start = bench_now();

	while (n-- > 0)
		syscall(SYS_getppid);
	return bench_now() - start;
}

static uint64_t
clock_read(unsigned long n)
{
	uint64_t start = bench_now();

	while (n-- > 0)
		(void)bench_now();
	return bench_now() - start;
}

static uint64_t
open_close(unsigned long n)
{
	uint64_t start = bench_now();
	int fd;

	while (n-- > 0) {
		fd = open("/etc/passwd", O_RDONLY);
		BENCH_CHECK(fd >= 0);
		close(fd);
	}
	return bench_now() - start;
}

static uint64_t
stat_path(unsigned long n)
{
	uint64_t start = bench_now();
	struct stat st;

	while (n-- > 0)
		BENCH_CHECK(stat("/usr/share/man/man1", &st) == 0);
	return bench_now() - start;
}

static uint64_t
read_byte(unsigned long n)
{
	uint64_t start = bench_now();
	char c;

	while (n-- > 0)
		BENCH_CHECK(read(zero_fd, &c, 1) == 1);
	return bench_now() - start;
}

static uint64_t
poll_100(unsigned long n)
{
	uint64_t start = bench_now();

	while (n-- > 0)
		BENCH_CHECK(poll(idle, NPIPES * 2, 0) == 0);
	return bench_now() - start;
}

static uint64_t
select_100(unsigned long n)
{
	struct timeval none = { 0, 0 };
	fd_set set, ready;
	uint64_t start;
	int i;

	FD_ZERO(&set);
	for (i = 0; i < NPIPES * 2; i++)
		FD_SET(idle[i].fd, &set);
	start = bench_now();
	while (n-- > 0) {
		ready = set;
		BENCH_CHECK(select(idle_max + 1, &ready, NULL, NULL,
		    &none) == 0);
	}
	return bench_now() - start;
}

static void
on_signal(int signo)
{
	caught++;
}

static uint64_t
signal_self(unsigned long n)
{
	pid_t pid = getpid(), tid = syscall(SYS_gettid);
	sig_atomic_t before = caught;
	unsigned long i;
	uint64_t start = bench_now();

	for (i = 0; i < n; i++)
		syscall(SYS_tgkill, pid, tid, SIGUSR1);
	start = bench_now() - start;
	BENCH_CHECK((unsigned long)(caught - before) == n);
	return start;
}

/* Both ends of pipes that nobody writes to; readable is what is asked. */
static void
idle_open(void)
{
	int fds[2], i;

	for (i = 0; i < NPIPES; i++) {
		BENCH_CHECK(pipe(fds) == 0);
		idle[2 * i].fd = fds[0];
		idle[2 * i + 1].fd = fds[1];
		idle[2 * i].events = idle[2 * i + 1].events = POLLIN;
		idle_max = fds[1] > fds[0] ? fds[1] : fds[0];
	}
}

int
main(void)
{
	struct sigaction sa = { .sa_handler = on_signal };

	zero_fd = open("/dev/zero", O_RDONLY);
	BENCH_CHECK(zero_fd >= 0);
	BENCH_CHECK(sigaction(SIGUSR1, &sa, NULL) == 0);
	idle_open();
	bench_run("null_call", null_call);
	bench_run("clock_gettime", clock_read);
	bench_run("read_1_byte", read_byte);
	bench_run("stat", stat_path);
	bench_run("open_close", open_close);
	bench_run("poll_100", poll_100);
	bench_run("select_100", select_100);
	bench_run("signal", signal_self);
	return 0;
}
