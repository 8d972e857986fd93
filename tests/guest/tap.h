/* SPDX-License-Identifier: MIT */
/*
 * tests/guest/tap.h - TAP for guest programs.
 *
 * Use: write cases as functions that CHECK() what must hold; main() is
 * TAP_RUN(case) for each and "return tap_end();".  Each case is a process of
 * its own, with an alarm, so that a crash or a hang costs one case.
 *
 * Why no short waits: the host may take a CPU away for half a second, so a
 * case that says "by now" is wrong at times.  It waits for what must come,
 * asleep_wait() for another process to sleep, and the alarm ends it if that
 * never happens.
 */
#ifndef GUEST_TAP_H
#define GUEST_TAP_H

#include <sys/wait.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TAP_CASE_SECONDS	150

static int tap_cases, tap_failures, tap_bad;

/* Say what did not hold, and go on. */
#define CHECK(cond)							\
	do {								\
		if (!(cond)) {						\
			int e_ = errno;					\
			printf("# %s:%d: not so: %s (errno %d: %s)\n",	\
			    __FILE__, __LINE__, #cond, e_,		\
			    strerror(e_));				\
			tap_bad++;					\
		}							\
	} while (0)

#define CHECK_EQ(got, want)						\
	do {								\
		long long g_ = (long long)(got);			\
		long long w_ = (long long)(want);			\
		if (g_ != w_) {						\
			int e_ = errno;					\
			printf("# %s:%d: %s is %lld, want %s = %lld "	\
			    "(errno %d: %s)\n", __FILE__, __LINE__,	\
			    #got, g_, #want, w_, e_, strerror(e_));	\
			tap_bad++;					\
		}							\
	} while (0)

/* The call fails with this errno. */
#define CHECK_ERR(call, want)						\
	do {								\
		errno = 0;						\
		long long r_ = (long long)(call);			\
		if (r_ != -1 || errno != (want)) {			\
			printf("# %s:%d: %s is %lld, errno %d (%s), "	\
			    "want -1 and %s\n", __FILE__, __LINE__,	\
			    #call, r_, errno, strerror(errno), #want);	\
			tap_bad++;					\
		}							\
	} while (0)

/* Until process `pid` sleeps in a call, or has ended. */
static inline void
asleep_wait(pid_t pid)
{
	char path[32], text[128], *state;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	for (;;) {
		fd = open(path, O_RDONLY);
		if (fd < 0)
			return;
		n = read(fd, text, sizeof(text) - 1);
		close(fd);
		text[n > 0 ? n : 0] = '\0';
		state = strchr(text, ')');
		if (state == NULL || strchr("SZX", state[2]) != NULL)
			return;
		usleep(1000);
	}
}

#define TAP_RUN(fn)	tap_run(#fn, (fn))

static inline void
tap_run(const char *name, void (*fn)(void))
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		alarm(TAP_CASE_SECONDS);
		fn();
		fflush(stdout);
		_exit(tap_bad != 0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		status = -1;
	if (status != 0)
		tap_failures++;
	if (status != 0 && WIFSIGNALED(status))
		printf("# died of signal %d%s\n", WTERMSIG(status),
		    WTERMSIG(status) == 14 ? ", too slow" : "");
	printf("%sok %d - %s\n", status != 0 ? "not " : "", ++tap_cases, name);
}

static inline int
tap_end(void)
{
	printf("1..%d\n", tap_cases);
	return tap_failures != 0;
}

#endif
