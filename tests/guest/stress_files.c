/* SPDX-License-Identifier: MIT */
/*
 * tests/guest/stress_files.c - one directory under many hands, deep and
 * circular links, full disks, and every file of /proc and /dev.
 * GUEST: -pthread
 */
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>

#include "stress.h"

#define NAMES		6
#define WORKERS		5

static int64_t end;

/* Only these may be the answer when others change the same names. */
static int
expected(long result)
{
	return result >= 0 || errno == ENOENT || errno == EEXIST ||
	    errno == ENOTEMPTY || errno == EISDIR || errno == ENOTDIR ||
	    errno == EINVAL || errno == ELOOP;
}

static int
one_step(uint32_t *seed)
{
	char a[16], b[16], c[40];
	struct stat st;
	int fd;

	snprintf(a, sizeof(a), "n%u", random_next(seed) % NAMES);
	snprintf(b, sizeof(b), "n%u", random_next(seed) % NAMES);
	snprintf(c, sizeof(c), "%s/%s", a, b);
	switch (random_next(seed) % 12) {
	case 0:
		fd = open(a, O_CREAT | O_RDWR, 0600);
		if (fd >= 0) {
			if (write(fd, a, sizeof(a)) != sizeof(a))
				return 1;
			close(fd);
			return 0;
		}
		return !expected(fd);
	case 1:
		return !expected(rename(a, b));
	case 2:
		return !expected(unlink(a));
	case 3:
		return !expected(mkdir(a, 0700));
	case 4:
		return !expected(rmdir(a));
	case 5:
		fd = link(a, b);	/* a directory has no second link */
		return !expected(fd) && errno != EPERM;
	case 6:
		return !expected(symlink(b, a));
	case 7:
		return !expected(stat(a, &st));
	case 8:
		return !expected(rename(c, a));
	case 9:
		return !expected(rename(b, c));
	case 10:
		return !expected(mkdir(c, 0700));
	default:
		fd = open(c, O_CREAT | O_EXCL | O_WRONLY, 0600);
		if (fd >= 0)
			close(fd);
		return !expected(fd);
	}
}

static int
list_forever(void)
{
	while (msec_now() < end) {
		DIR *dir = opendir(".");
		struct dirent *de;
		int dots = 0;

		if (dir == NULL)
			return 1;
		while ((de = readdir(dir)) != NULL)
			if (de->d_name[0] == '.')
				dots++;
			else if (de->d_name[0] != 'n')
				return 2;
		closedir(dir);
		if (dots != 2)
			return 3;
	}
	return 0;
}

/* Calls fn for all that is not a directory, then, if asked, for those. */
static void
walk(const char *dir, void (*fn)(const char *, const struct stat *),
    int dirs_too)
{
	DIR *d = opendir(dir);
	char path[PATH_MAX];
	struct dirent *de;
	struct stat st;

	/* It may have gone: a process, or by another's hand. */
	if (d == NULL)
		return;
	while ((de = readdir(d)) != NULL) {
		if (strcmp(de->d_name, ".") == 0 ||
		    strcmp(de->d_name, "..") == 0)
			continue;
		if (snprintf(path, sizeof(path), "%s/%s", dir, de->d_name) >=
		    (int)sizeof(path) || lstat(path, &st) != 0)
			continue;
		if (S_ISDIR(st.st_mode))
			walk(path, fn, dirs_too);
		if (!S_ISDIR(st.st_mode) || dirs_too)
			fn(path, &st);
	}
	closedir(d);
}

static void
remove_one(const char *path, const struct stat *st)
{
	CHECK(remove(path) == 0);
}

static void
change_names_in(const char *dir)
{
	CHECK(mkdir(dir, 0700) == 0);
	CHECK(chdir(dir) == 0);
	end = msec_now() + 2 * STRESS_MSEC;
	for (int i = 0; i < WORKERS; i++)
		if (fork() == 0) {
			uint32_t seed = (uint32_t)i + 1;

			if (i == 0)
				_exit(list_forever());
			while (msec_now() < end)
				if (one_step(&seed))
					_exit(errno);
			_exit(0);
		}
	CHECK_EQ(reap(WORKERS), 0);
	CHECK(chdir("/") == 0);
	walk(dir, remove_one, 1);
	CHECK(rmdir(dir) == 0);
}

static void
names_on_disk(void)
{
	change_names_in("/var/tmp/stress_files");
}

static void
names_in_memory(void)
{
	change_names_in("/tmp/stress_files.names");
}

static void
deep_trees_and_links(void)
{
	char path[PATH_MAX + 8], name[16];
	int n = 0;

	CHECK(mkdir("deep", 0700) == 0);
	CHECK(chdir("deep") == 0);
	/* A chain of 40 links is followed, one of 41 is not. */
	CHECK(symlink(".", "l0") == 0);
	for (int i = 1; i < 42; i++) {
		snprintf(path, sizeof(path), "l%d", i - 1);
		snprintf(name, sizeof(name), "l%d", i);
		CHECK(symlink(path, name) == 0);
	}
	CHECK_EQ(access("l39", F_OK), 0);
	CHECK_ERR(access("l40", F_OK), ELOOP);
	CHECK(symlink("circle/x", "circle") == 0);
	CHECK_ERR(access("circle", F_OK), ELOOP);
	for (int i = 0; i < 42; i++) {
		snprintf(name, sizeof(name), "l%d", i);
		CHECK(unlink(name) == 0);
	}
	CHECK(unlink("circle") == 0);

	memset(path, 'a', 255);
	path[255] = '\0';
	while (n < 100 && mkdir(path, 0700) == 0 && chdir(path) == 0)
		n++;
	CHECK_EQ(n, 100);
	CHECK(getcwd(path, PATH_MAX) == NULL);
	CHECK_EQ(errno, ENAMETOOLONG);
	memset(path, 'a', 256);
	path[256] = '\0';
	CHECK_ERR(mkdir(path, 0700), ENAMETOOLONG);
	path[255] = '\0';
	while (n-- > 0)
		CHECK(chdir("..") == 0 && rmdir(path) == 0);
	memset(path, '/', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	CHECK_ERR(access(path, F_OK), ENAMETOOLONG);
	CHECK(chdir("..") == 0);
	CHECK(rmdir("deep") == 0);
}

/* Writes until it is full, then makes room and goes on. */
static void
fill(const char *dir)
{
	enum { CHUNK = 1 << 20 };
	char *block = calloc(1, CHUNK), name[64];
	int here = open(".", O_RDONLY | O_DIRECTORY);
	struct statvfs fs;
	long files = 0;
	ssize_t n;
	int fd;

	CHECK(here >= 0 && chdir(dir) == 0);
	fd = open("filler", O_CREAT | O_EXCL | O_WRONLY, 0600);
	CHECK(fd >= 0);
	while ((n = write(fd, block, CHUNK)) > 0)
		;
	CHECK(n == -1 && errno == ENOSPC);
	CHECK_ERR(write(fd, block, CHUNK), ENOSPC);
	CHECK(statvfs(".", &fs) == 0);
	CHECK(fs.f_bfree * fs.f_bsize < 2 * CHUNK + fs.f_blocks *
	    fs.f_bsize / 50);
	/* Without blocks, with inodes: names until the directory is full. */
	for (; files < 300; files++) {
		snprintf(name, sizeof(name), "file%ld", files);
		int f = open(name, O_CREAT | O_EXCL | O_WRONLY, 0600);

		if (f < 0) {
			CHECK_EQ(errno, ENOSPC);
			break;
		}
		(void)!write(f, name, sizeof(name));
		close(f);
	}
	(void)!mkdir("fulldir", 0700);
	(void)!symlink("file0", "fulllink");
	CHECK(ftruncate(fd, CHUNK) == 0);
	CHECK_EQ(lseek(fd, 0, SEEK_END), CHUNK);
	CHECK_EQ(write(fd, block, CHUNK), CHUNK);
	CHECK(close(fd) == 0);
	CHECK(unlink("filler") == 0);
	rmdir("fulldir");
	unlink("fulllink");
	while (files-- > 0) {
		snprintf(name, sizeof(name), "file%ld", files);
		CHECK(unlink(name) == 0);
	}
	sync();
	CHECK(fchdir(here) == 0);
	close(here);
}

static void
memory_file_system_fills(void)
{
	CHECK(mkdir("small.fs", 0700) == 0);
	CHECK(mount("none", "small.fs", "tmpfs", 0, "size=8m") == 0);
	fill("small.fs");
	CHECK(umount("small.fs") == 0);
	CHECK(rmdir("small.fs") == 0);
}

static void
disk_fills(void)
{
	fill("/var/tmp");
}

/* Everything under a directory is opened, read, polled and fed ioctls. */
static uint32_t poke_seed = 12345;

static int
must_leave_alone(const char *path)
{
	return strstr(path, "sysrq") != NULL || strstr(path, "/vd") != NULL ||
	    strstr(path, "kmsg") != NULL || strstr(path, "console") != NULL ||
	    strstr(path, "ttyS") != NULL || strstr(path, "tty1") != NULL;
}

static void
poke(const char *path, int writes)
{
	static char buf[70000];
	int fd = open(path, (writes ? O_RDWR : O_RDONLY) | O_NONBLOCK |
	    O_NOCTTY);
	struct pollfd p = { fd, POLLIN | POLLOUT, 0 };

	if (fd < 0)
		return;
	for (int i = 0; i < 8 && read(fd, buf, sizeof(buf)) > 0; i++)
		;
	lseek(fd, (off_t)random_next(&poke_seed), SEEK_SET);
	(void)!read(fd, buf, 100);
	lseek(fd, LLONG_MAX, SEEK_SET);
	(void)!read(fd, buf, sizeof(buf));
	lseek(fd, -1, SEEK_END);
	(void)!read(fd, (char *)16, sizeof(buf));
	poll(&p, 1, 0);
	for (int i = 0; i < 40; i++) {
		static const uint8_t types[] = { 0x54, 0x12, 'R', 'r', 'b' };
		unsigned long cmd = random_next(&poke_seed);

		if (i % 4 != 0)
			cmd = (random_next(&poke_seed) & 0xff) |
			    types[cmd % sizeof(types)] << 8;
		/* What would take the terminal from the test itself. */
		if (cmd == TIOCSCTTY || cmd == TIOCNOTTY || cmd == TIOCSTI ||
		    cmd == TIOCVHANGUP)
			continue;
		memset(buf, (int)random_next(&poke_seed), 512);
		ioctl(fd, cmd, i % 3 == 0 ? (void *)16 : buf);
	}
	if (writes) {
		(void)!write(fd, buf, random_next(&poke_seed) % 300);
		(void)!write(fd, (char *)16, 300);
	}
	close(fd);
}

static void
poke_proc(const char *path, const struct stat *st)
{
	char link[PATH_MAX];

	if (S_ISLNK(st->st_mode))
		(void)!readlink(path, link, sizeof(link));
	else if (!must_leave_alone(path) && msec_now() < end)
		poke(path, 0);
}

static void
poke_dev(const char *path, const struct stat *st)
{
	if (!S_ISLNK(st->st_mode) && !must_leave_alone(path))
		poke(path, 1);
}

static void
all_of_proc_is_read(void)
{
	/* Processes that come and go under the reader. */
	pid_t pid = fork();

	if (pid == 0)
		for (;;) {
			if (fork() == 0)
				_exit(0);
			wait(NULL);
		}
	end = msec_now() + 5000;
	for (int i = 0; i < 3; i++)
		walk("/proc", poke_proc, 0);
	CHECK(kill(pid, SIGKILL) == 0);
}

static void
all_of_dev_is_poked(void)
{
	struct rlimit rl = { 0, 0 };

	setsid();
	signal(SIGHUP, SIG_IGN);
	signal(SIGIO, SIG_IGN);
	CHECK(setrlimit(RLIMIT_CORE, &rl) == 0);
	for (int i = 0; i < 6; i++)
		walk("/dev", poke_dev, 0);
}

int
main(void)
{
	TAP_RUN(names_on_disk);
	TAP_RUN(names_in_memory);
	TAP_RUN(deep_trees_and_links);
	TAP_RUN(memory_file_system_fills);
	TAP_RUN(disk_fills);
	TAP_RUN(all_of_proc_is_read);
	TAP_RUN(all_of_dev_is_poked);
	return tap_end();
}
