/* SPDX-License-Identifier: MIT */
/*
 * tests/guest/abi_found.c - what unmodified programs of a distribution found:
 * one case for each difference from Linux, so that none comes back.
 */
#include <sys/mount.h>
#include <sys/stat.h>
#include <fcntl.h>

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

int
main(void)
{
	TAP_RUN(interpreters_nest);
	TAP_RUN(binds_carry_what_is_mounted_below);
	TAP_RUN(mounts_end_at_the_root);
	umount2("a", MNT_DETACH);
	rmdir("a");
	return tap_end();
}
