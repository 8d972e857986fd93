/* SPDX-License-Identifier: MIT */
/*
 * tests/guest/abi_found.c - what unmodified programs of a distribution found:
 * one case for each difference from Linux, so that none comes back.
 */
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <time.h>

#include "tap.h"

static void
file_write(const char *path, const char *text, mode_t mode)
{
	int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, mode);

	CHECK(fd >= 0);
	CHECK_EQ(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

/* The status a program ends with. */
static int
status_of(const char *path, char *const argv[])
{
	int st = -1;
	pid_t pid = fork();

	if (pid == 0) {
		execv(path, argv);
		_exit(126);
	}
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	return WIFEXITED(st) ? WEXITSTATUS(st) : -1;
}

/* An interpreter that is a script itself gets its own name, then the name of
 * the script, then the arguments. */
static void
interpreters_nest(void)
{
	char *argv[] = { "zero", "arg", NULL };

	file_write("outer",
	    "#!/bin/sh\n[ \"$1 $2 $#\" = \"./inner arg 2\" ] && "
	    "[ \"$0\" = ./outer ] && exit 5\nexit 1\n", 0755);
	file_write("inner", "#!./outer\n", 0755);
	CHECK_EQ(status_of("./inner", argv), 5);
	file_write("inner", "#!./outer  -x\n", 0755);
	file_write("outer",
	    "#!/bin/sh\n[ \"$1 $2 $3 $#\" = \"-x ./inner arg 3\" ] && "
	    "exit 6\nexit 1\n", 0755);
	CHECK_EQ(status_of("./inner", argv), 6);
	unlink("inner");
	unlink("outer");
}

static int
have_root(void)
{
	if (mkdir("a", 0755) == 0 && mount("x", "a", "tmpfs", 0, NULL) == 0)
		return 1;
	printf("# skipped: cannot mount (%s)\n", strerror(errno));
	rmdir("a");
	return 0;
}

static void
binds_carry_what_is_mounted_below(void)
{
	if (!have_root())
		return;
	CHECK_EQ(mkdir("a/in", 0755), 0);
	CHECK_EQ(mkdir("a/sub", 0755), 0);
	CHECK_EQ(mkdir("a/sub/dir", 0755), 0);
	CHECK_EQ(mkdir("b", 0755), 0);
	CHECK_EQ(mount("x", "a/in", "tmpfs", 0, NULL), 0);
	CHECK_EQ(mount("x", "a/sub/dir", "tmpfs", 0, NULL), 0);
	CHECK_EQ(mkdir("a/sub/dir/deep", 0755), 0);
	CHECK_EQ(mount("x", "a/sub/dir/deep", "tmpfs", 0, NULL), 0);
	file_write("a/in/1", "", 0644);
	file_write("a/sub/dir/deep/2", "", 0644);

	CHECK_EQ(mount("a", "b", NULL, MS_BIND, NULL), 0);
	CHECK_ERR(access("b/in/1", F_OK), ENOENT);
	CHECK_EQ(umount("b"), 0);
	CHECK_EQ(mount("a", "b", NULL, MS_BIND | MS_REC, NULL), 0);
	CHECK_EQ(access("b/in/1", F_OK), 0);
	CHECK_EQ(access("b/sub/dir/deep/2", F_OK), 0);
	CHECK_ERR(umount("b"), EBUSY);
	CHECK_EQ(umount2("b", MNT_DETACH), 0);
	CHECK_EQ(access("a/in/1", F_OK), 0);

	/* Only what is below the place that is bound. */
	CHECK_EQ(mount("a/sub", "b", NULL, MS_BIND | MS_REC, NULL), 0);
	CHECK_EQ(access("b/dir/deep/2", F_OK), 0);
	CHECK_ERR(access("b/in", F_OK), ENOENT);
	CHECK_EQ(umount("b/dir/deep"), 0);
	CHECK_EQ(access("a/sub/dir/deep/2", F_OK), 0);
	CHECK_EQ(umount2("b", MNT_DETACH), 0);

	/* Into itself: once. */
	CHECK_EQ(mkdir("a/self", 0755), 0);
	CHECK_EQ(mount("a", "a/self", NULL, MS_BIND | MS_REC, NULL), 0);
	CHECK_EQ(access("a/self/in/1", F_OK), 0);
	CHECK_EQ(umount2("a", MNT_DETACH), 0);
	CHECK_EQ(rmdir("a"), 0);
	CHECK_EQ(rmdir("b"), 0);
}

/* /proc/mounts names what can be reached from one's own root, as seen from
 * there. */
static void
mounts_end_at_the_root(void)
{
	char text[4096];
	ssize_t n;
	int fd;

	if (!have_root())
		return;
	CHECK_EQ(mkdir("a/m", 0755), 0);
	CHECK_EQ(mount("inside", "a/m", "tmpfs", 0, NULL), 0);
	fd = open("/proc", O_RDONLY | O_DIRECTORY);
	CHECK(fd >= 0);
	CHECK_EQ(chroot("a"), 0);
	CHECK_EQ(chdir("/"), 0);
	snprintf(text, sizeof(text), "%d/mounts", getpid());
	fd = openat(fd, text, O_RDONLY);
	CHECK(fd >= 0);
	n = read(fd, text, sizeof(text) - 1);
	CHECK(n > 0);
	text[n > 0 ? n : 0] = '\0';
	CHECK(strncmp(text, "x / tmpfs ", 10) == 0);
	CHECK(strstr(text, "inside /m tmpfs ") != NULL);
	CHECK(strstr(text, " /proc ") == NULL);
}

static int
is_resident(void *p, size_t len)
{
	unsigned char vec[64];

	CHECK_EQ(mincore(p, len, vec), 0);
	for (size_t i = 0; i < len / 4096; i++) {
		if ((vec[i] & 1) == 0)
			return 0;
	}
	return 1;
}

static void
future_mappings_are_locked(void)
{
	size_t len = 16 * 4096;
	char *p, *heap;

	CHECK_EQ(mlockall(MCL_FUTURE), 0);
	p = mmap(NULL, len, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(p != MAP_FAILED);
	CHECK(is_resident(p, len));
	heap = (char *)syscall(SYS_brk, 0);
	heap = (char *)(((uintptr_t)heap + 4095) & ~(uintptr_t)4095);
	CHECK_EQ(syscall(SYS_brk, heap + len), heap + len);
	CHECK(is_resident(heap, len));
	CHECK_EQ(munlockall(), 0);
	p = mmap(NULL, len, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(!is_resident(p, len));
	CHECK_EQ(mlockall(MCL_CURRENT | MCL_FUTURE), 0);
	CHECK(is_resident(p, len));
	/* Only the present: the future is as before. */
	CHECK_EQ(mlockall(MCL_CURRENT), 0);
	p = mmap(NULL, len, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(!is_resident(p, len));
}

/* A store through a shared mapping changes the file's times, as write(2). */
static void
stores_change_the_times(void)
{
	struct timespec old[2] = { { 1000000000, 0 }, { 1000000000, 0 } };
	struct stat st;
	int fd = open("/root/abi.mapped", O_CREAT | O_TRUNC | O_RDWR, 0600);
	char *p;

	CHECK(fd >= 0);
	unlink("/root/abi.mapped");
	CHECK_EQ(write(fd, "text", 4), 4);
	CHECK_EQ(fsync(fd), 0);
	CHECK_EQ(futimens(fd, old), 0);
	p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(p != MAP_FAILED);
	CHECK_EQ(p[0], 't');
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_mtime, 1000000000);
	p[0] = 'T';
	CHECK_EQ(msync(p, 4096, MS_SYNC), 0);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK(st.st_mtime > 1000000000);
}

static void
set_clock(int seconds)
{
	struct timespec ts;

	CHECK_EQ(clock_gettime(CLOCK_REALTIME, &ts), 0);
	ts.tv_sec += seconds;
	CHECK_EQ(clock_settime(CLOCK_REALTIME, &ts), 0);
}

static time_t
mono_seconds(void)
{
	struct timespec ts;

	CHECK_EQ(clock_gettime(CLOCK_MONOTONIC, &ts), 0);
	return ts.tv_sec;
}

/* Setting the clock forward ends sleeps until a time by it, backward makes
 * them longer, and has no part in sleeps of a length. */
static void
setting_the_clock_moves_absolute_sleeps(void)
{
	const int far = 10 * TAP_CASE_SECONDS;
	pid_t sleeper = getpid();
	struct timespec ts;
	time_t start;
	int st;

	CHECK_EQ(clock_gettime(CLOCK_REALTIME, &ts), 0);
	ts.tv_sec += far;
	if (fork() == 0) {
		asleep_wait(sleeper);
		set_clock(far + 1);
		_exit(tap_bad);
	}
	CHECK_EQ(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &ts, NULL),
	    0);
	CHECK(wait(&st) > 0 && st == 0);
	set_clock(-far - 1);

	/* This one must be set back before it is over: five seconds. */
	CHECK_EQ(clock_gettime(CLOCK_REALTIME, &ts), 0);
	ts.tv_sec += 5;
	start = mono_seconds();
	if (fork() == 0) {
		asleep_wait(sleeper);
		set_clock(-3);
		_exit(tap_bad);
	}
	CHECK_EQ(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &ts, NULL),
	    0);
	CHECK(mono_seconds() - start >= 7);
	CHECK(wait(&st) > 0 && st == 0);
	set_clock(3);
}

/* The same for timers: one with a time, one with a length. */
static void
setting_the_clock_moves_absolute_timers(void)
{
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL,
		.sigev_signo = SIGUSR1 };
	struct itimerspec it = { { 0, 0 }, { 0, 0 } };
	struct timespec now, wait_for = { TAP_CASE_SECONDS, 0 };
	struct timespec briefly = { 0, 300000000 };
	timer_t absolute, relative;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	CHECK_EQ(timer_create(CLOCK_REALTIME, &ev, &absolute), 0);
	ev.sigev_signo = SIGUSR2;
	CHECK_EQ(timer_create(CLOCK_REALTIME, &ev, &relative), 0);

	CHECK_EQ(clock_gettime(CLOCK_REALTIME, &now), 0);
	it.it_value.tv_sec = now.tv_sec + 2000;
	CHECK_EQ(timer_settime(absolute, TIMER_ABSTIME, &it, NULL), 0);
	it.it_value.tv_sec = 1000;
	CHECK_EQ(timer_settime(relative, 0, &it, NULL), 0);
	set_clock(2001);
	CHECK_EQ(sigtimedwait(&set, NULL, &wait_for), SIGUSR1);
	CHECK_ERR(sigtimedwait(&set, NULL, &briefly), EAGAIN);
	CHECK_EQ(timer_gettime(relative, &it), 0);
	CHECK(it.it_value.tv_sec > 500 && it.it_value.tv_sec <= 1000);

	/* Backward: what has a length is not later for it. */
	it.it_value.tv_sec = 1;
	CHECK_EQ(timer_settime(relative, 0, &it, NULL), 0);
	set_clock(-2001);
	CHECK_EQ(sigtimedwait(&set, NULL, &wait_for), SIGUSR2);
}

int
main(void)
{
	TAP_RUN(interpreters_nest);
	TAP_RUN(binds_carry_what_is_mounted_below);
	TAP_RUN(mounts_end_at_the_root);
	umount2("a", MNT_DETACH);
	rmdir("a");
	TAP_RUN(future_mappings_are_locked);
	TAP_RUN(stores_change_the_times);
	TAP_RUN(setting_the_clock_moves_absolute_sleeps);
	TAP_RUN(setting_the_clock_moves_absolute_timers);
	return tap_end();
}
