/* SPDX-License-Identifier: MIT */
/*
 * tests/guest/procfs_files.c - /proc: what programs read there, who may, and
 * processes that end while they are looked at.
 */
#define _GNU_SOURCE
#include <sys/stat.h>
#include <sys/wait.h>
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>

#include "tap.h"

static ssize_t
slurp(const char *path, char *buf, size_t size)
{
	size_t n = 0;
	ssize_t got;
	int fd = open(path, O_RDONLY);

	if (fd < 0)
		return -1;
	while (n < size - 1 && (got = read(fd, buf + n, size - 1 - n)) > 0)
		n += got;
	close(fd);
	buf[n] = '\0';
	return n;
}

static char text[65536];

static long
field(const char *path, const char *name)
{
	const char *at;

	if (slurp(path, text, sizeof(text)) < 0)
		return -1;
	at = strstr(text, name);
	return at == NULL ? -1 : strtol(at + strlen(name), NULL, 10);
}

static void
own_stat(void)
{
	char state, comm[32];
	int pid, ppid, pgrp, sid, fields = 1;
	char *p;

	CHECK(slurp("/proc/self/stat", text, sizeof(text)) > 0);
	CHECK_EQ(sscanf(text, "%d (%31[^)]) %c %d %d %d", &pid, comm, &state,
	    &ppid, &pgrp, &sid), 6);
	CHECK_EQ(pid, getpid());
	CHECK_EQ(ppid, getppid());
	CHECK_EQ(pgrp, getpgrp());
	CHECK_EQ(sid, getsid(0));
	CHECK_EQ(state, 'R');
	for (p = strrchr(text, ')'); *p != '\0'; p++)
		fields += *p == ' ';
	CHECK_EQ(fields, 51);	/* and the one before the name */
	CHECK_EQ(text[strlen(text) - 1], '\n');
}

static void
own_status(void)
{
	CHECK_EQ(field("/proc/self/status", "\nPid:\t"), getpid());
	CHECK_EQ(field("/proc/self/status", "\nPPid:\t"), getppid());
	CHECK_EQ(field("/proc/self/status", "\nUid:\t"), getuid());
	CHECK_EQ(field("/proc/self/status", "\nThreads:\t"), 1);
	CHECK(field("/proc/self/status", "\nVmRSS:\t") > 0);
	CHECK(field("/proc/self/status", "\nRssFile:\t") >= 0);
}

static void
own_names(void)
{
	char buf[PATH_MAX], want[32];
	ssize_t n;

	n = readlink("/proc/self", buf, sizeof(buf));
	snprintf(want, sizeof(want), "%d", getpid());
	CHECK(n == (ssize_t)strlen(want) && memcmp(buf, want, n) == 0);
	CHECK_EQ(chdir("/"), 0);
	n = readlink("/proc/self/cwd", buf, sizeof(buf));
	CHECK(n == 1 && buf[0] == '/');
	CHECK_EQ(chdir("/proc/self"), 0);
	CHECK(getcwd(buf, sizeof(buf)) != NULL);
	snprintf(want, sizeof(want), "/proc/%d", getpid());
	CHECK(strcmp(buf, want) == 0);
	n = readlink("exe", buf, sizeof(buf));
	CHECK(n > 0 && buf[0] == '/');
	CHECK_EQ(access("/proc/self/root/proc/self/exe", R_OK), 0);
}

static void
own_memory(void)
{
	static volatile int secret = 0x5ec2e7;
	int fd, got = 0;

	fd = open("/proc/self/mem", O_RDONLY);
	CHECK(fd >= 0);
	CHECK_EQ(pread(fd, &got, sizeof(got), (off_t)(uintptr_t)&secret),
	    sizeof(got));
	CHECK_EQ(got, secret);
	CHECK_ERR(pread(fd, &got, sizeof(got), 0), EIO);
	close(fd);
	CHECK(slurp("/proc/self/maps", text, sizeof(text)) > 0);
	CHECK(strstr(text, "[stack]") != NULL);
	CHECK(slurp("/proc/self/cmdline", text, sizeof(text)) > 0);
	CHECK(strstr(text, "procfs_files") != NULL);
}

static void
descriptors(void)
{
	char path[64], buf[PATH_MAX];
	int p[2], fd, again;
	struct stat a, b;
	ssize_t n;
	char c;

	CHECK_EQ(pipe(p), 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", p[0]);
	n = readlink(path, buf, sizeof(buf));
	CHECK(n > 6 && memcmp(buf, "pipe:[", 6) == 0);
	close(p[0]);
	CHECK_ERR(readlink(path, buf, sizeof(buf)), ENOENT);
	close(p[1]);

	fd = open("/tmp/procfs.fd", O_RDWR | O_CREAT | O_TRUNC, 0600);
	CHECK_EQ(unlink("/tmp/procfs.fd"), 0);
	CHECK_EQ(write(fd, "z", 1), 1);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	n = readlink(path, buf, sizeof(buf));
	CHECK(n > 10 && memcmp(buf + n - 10, " (deleted)", 10) == 0);
	/* The name is gone, the file is not. */
	again = open(path, O_RDONLY);
	CHECK(again >= 0);
	CHECK_EQ(read(again, &c, 1), 1);
	CHECK_EQ(c, 'z');
	CHECK_EQ(fstat(fd, &a), 0);
	CHECK_EQ(fstat(again, &b), 0);
	CHECK_EQ(a.st_ino, b.st_ino);
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	CHECK_EQ(field(path, "pos:\t"), 1);
}

static void
system_files(void)
{
	long total = field("/proc/meminfo", "MemTotal:");
	double up, idle;
	FILE *f;

	CHECK(total > 1024);
	CHECK(field("/proc/meminfo", "MemFree:") < total);
	CHECK(field("/proc/meminfo", "MemAvailable:") > 0);
	f = fopen("/proc/uptime", "r");
	CHECK(f != NULL && fscanf(f, "%lf %lf", &up, &idle) == 2);
	CHECK(up > 0 && idle >= 0);
	CHECK(field("/proc/stat", "btime ") > 1000000000);
	CHECK(field("/proc/stat", "processes ") > 0);
	CHECK(slurp("/proc/filesystems", text, sizeof(text)) > 0);
	CHECK(strstr(text, "nodev\tproc\n") != NULL);
	CHECK(slurp("/proc/mounts", text, sizeof(text)) > 0);
	CHECK(strstr(text, " /proc proc ") != NULL);
	CHECK(slurp("/proc/self/mountinfo", text, sizeof(text)) > 0);
	CHECK(strstr(text, " / /proc ") != NULL);
}

/* A reader who goes back to the start reads anew; one who does not sees one
 * moment. */
static void
one_moment(void)
{
	char a[64], b[64];
	int fd = open("/proc/uptime", O_RDONLY);

	CHECK(read(fd, a, 4) == 4);
	usleep(50000);
	CHECK(pread(fd, b, 4, 0) == 4);
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	memset(a, 0, sizeof(a));
	CHECK(read(fd, a, sizeof(a) - 1) > 4);
	usleep(50000);
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	memset(b, 0, sizeof(b));
	CHECK(read(fd, b, sizeof(b) - 1) > 4);
	CHECK(strcmp(a, b) != 0);
	close(fd);
}

static void
ended(void)
{
	char path[64], c;
	pid_t pid = fork();
	int stat, dir, status;

	if (pid == 0) {
		pause();
		_exit(0);
	}
	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	stat = open(path, O_RDONLY);
	snprintf(path, sizeof(path), "/proc/%d", pid);
	dir = open(path, O_RDONLY | O_DIRECTORY);
	CHECK(stat >= 0 && dir >= 0);
	kill(pid, SIGKILL);
	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	while (slurp(path, text, sizeof(text)) > 0 &&
	    strstr(text, ") Z ") == NULL)
		usleep(1000);
	CHECK(strstr(text, ") Z ") != NULL);
	snprintf(path, sizeof(path), "/proc/%d/cmdline", pid);
	CHECK_EQ(slurp(path, text, sizeof(text)), 0);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK(openat(dir, "status", O_RDONLY) == -1 &&
	    (errno == ENOENT || errno == ESRCH));
	CHECK(openat(dir, "fd", O_RDONLY) == -1 &&
	    (errno == ENOENT || errno == ESRCH));
	snprintf(path, sizeof(path), "/proc/%d", pid);
	CHECK_ERR(access(path, F_OK), ENOENT);
	(void)!read(stat, &c, 1);
	close(stat);
	close(dir);
}

/* Everything of everybody is read while processes come and go. */
static void
stress(void)
{
	static const char *const names[] = { "stat", "statm", "status",
		"cmdline", "maps", "smaps", "environ", "limits", "mounts",
		"comm", "fdinfo/0", "task", "fd" };
	pid_t maker = fork(), pid;
	char path[PATH_MAX];
	struct dirent *de;
	unsigned i, round;
	DIR *d;

	if (maker == 0) {
		for (;;) {
			pid = fork();
			if (pid == 0)
				_exit(0);
			waitpid(pid, NULL, 0);
		}
	}
	for (round = 0; round < 30; round++) {
		d = opendir("/proc");
		while ((de = readdir(d)) != NULL) {
			if (!isdigit((unsigned char)de->d_name[0]))
				continue;
			for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
				snprintf(path, sizeof(path), "/proc/%s/%s",
				    de->d_name, names[i]);
				(void)slurp(path, text, sizeof(text));
			}
			snprintf(path, sizeof(path), "/proc/%s/exe",
			    de->d_name);
			(void)!readlink(path, text, sizeof(text));
		}
		closedir(d);
	}
	kill(maker, SIGKILL);
	CHECK_EQ(waitpid(maker, NULL, 0), maker);
}

static void
others(void)
{
	char path[64], buf[64];
	pid_t pid = fork();
	int status;

	if (geteuid() != 0) {
		printf("# skipped: not root\n");
		return;
	}
	if (pid == 0) {
		pause();
		_exit(0);
	}
	if (fork() == 0) {
		if (setgid(1000) != 0 || setuid(1000) != 0)
			_exit(2);
		snprintf(path, sizeof(path), "/proc/%d/environ", pid);
		CHECK_ERR(open(path, O_RDONLY), EACCES);
		snprintf(path, sizeof(path), "/proc/%d/maps", pid);
		CHECK_ERR(open(path, O_RDONLY), EACCES);
		snprintf(path, sizeof(path), "/proc/%d/mem", pid);
		CHECK_ERR(open(path, O_RDONLY), EACCES);
		snprintf(path, sizeof(path), "/proc/%d/fd", pid);
		CHECK_ERR(open(path, O_RDONLY), EACCES);
		snprintf(path, sizeof(path), "/proc/%d/fd/0", pid);
		CHECK_ERR(readlink(path, buf, sizeof(buf)), EACCES);
		snprintf(path, sizeof(path), "/proc/%d/exe", pid);
		CHECK_ERR(readlink(path, buf, sizeof(buf)), EACCES);
		snprintf(path, sizeof(path), "/proc/%d/cmdline", pid);
		CHECK(slurp(path, text, sizeof(text)) > 0);
		CHECK_ERR(open("/proc/slabinfo", O_RDONLY), EACCES);
		CHECK(slurp("/proc/kallsyms", text, 64) > 0);
		CHECK(strncmp(text, "0000000000000000 ", 17) == 0);
		fflush(stdout);
		_exit(tap_bad != 0);
	}
	CHECK(wait(&status) > 0);
	kill(pid, SIGKILL);
	CHECK_EQ(status, 0);
	wait(NULL);
}

static void
no_writing(void)
{
	CHECK_ERR(mkdir("/proc/x", 0755), ENOENT);
	CHECK_ERR(unlink("/proc/meminfo"), EPERM);
	CHECK(open("/proc/meminfo", O_WRONLY) < 0 || geteuid() == 0);
	CHECK_ERR(access("/proc/nothing", F_OK), ENOENT);
}

int
main(void)
{
	TAP_RUN(own_stat);
	TAP_RUN(own_status);
	TAP_RUN(own_names);
	TAP_RUN(own_memory);
	TAP_RUN(descriptors);
	TAP_RUN(system_files);
	TAP_RUN(one_moment);
	TAP_RUN(ended);
	TAP_RUN(others);
	TAP_RUN(no_writing);
	TAP_RUN(stress);
	return tap_end();
}
