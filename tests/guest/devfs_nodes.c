/* SPDX-License-Identifier: MIT */
/*
 * tests/guest/devfs_nodes.c - /dev and /dev/pts: nodes, links, and terminals
 * that come and go.
 */
#define _GNU_SOURCE
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>

#include "tap.h"

static void
standard_nodes(void)
{
	static const struct {
		const char *path;
		unsigned major, minor;
	} nodes[] = {
		{ "/dev/null", 1, 3 }, { "/dev/zero", 1, 5 },
		{ "/dev/full", 1, 7 }, { "/dev/random", 1, 8 },
		{ "/dev/urandom", 1, 9 }, { "/dev/tty", 5, 0 },
	};
	struct stat st;
	unsigned i;

	for (i = 0; i < sizeof(nodes) / sizeof(*nodes); i++) {
		CHECK_EQ(stat(nodes[i].path, &st), 0);
		CHECK(S_ISCHR(st.st_mode));
		CHECK_EQ(st.st_mode & 0777, 0666);
		CHECK_EQ(major(st.st_rdev), nodes[i].major);
		CHECK_EQ(minor(st.st_rdev), nodes[i].minor);
	}
}

static void
standard_links(void)
{
	char buf[PATH_MAX];
	ssize_t n = readlink("/dev/fd", buf, sizeof(buf));
	int fd;

	CHECK(n == 13 && memcmp(buf, "/proc/self/fd", 13) == 0);
	fd = open("/dev/stdout", O_WRONLY);
	CHECK(fd >= 0 || errno == ENXIO || errno == EACCES);
	close(fd);
}

static void
own_node(void)
{
	char c = 'x';
	int fd;

	if (geteuid() != 0) {
		printf("# skipped: not root\n");
		return;
	}
	CHECK_EQ(mkdir("/dev/devfs.test", 0755), 0);
	CHECK_EQ(mknod("/dev/devfs.test/zero", S_IFCHR | 0600, makedev(1, 5)),
	    0);
	fd = open("/dev/devfs.test/zero", O_RDONLY);
	CHECK_EQ(read(fd, &c, 1), 1);
	CHECK_EQ(c, 0);
	close(fd);
	CHECK_EQ(mknod("/dev/devfs.test/none", S_IFCHR | 0600,
	    makedev(511, 77)), 0);
	CHECK_ERR(open("/dev/devfs.test/none", O_RDONLY), ENXIO);
	CHECK_EQ(unlink("/dev/devfs.test/none"), 0);
	CHECK_EQ(unlink("/dev/devfs.test/zero"), 0);
	CHECK_EQ(rmdir("/dev/devfs.test"), 0);
}

static void
terminal(void)
{
	char name[64], buf[PATH_MAX];
	int m = posix_openpt(O_RDWR | O_NOCTTY), s;
	struct stat st;

	CHECK(m >= 0);
	CHECK_EQ(grantpt(m), 0);
	CHECK_EQ(unlockpt(m), 0);
	CHECK_EQ(ptsname_r(m, name, sizeof(name)), 0);
	CHECK_EQ(stat(name, &st), 0);
	CHECK(S_ISCHR(st.st_mode));
	CHECK_EQ(st.st_uid, geteuid());
	CHECK_EQ(major(st.st_rdev), 136);
	s = open(name, O_RDWR | O_NOCTTY);
	CHECK(s >= 0 && isatty(s));
	CHECK_EQ(ttyname_r(s, buf, sizeof(buf)), 0);
	CHECK(strcmp(buf, name) == 0);
	CHECK_EQ(chmod(name, 0600), 0);
	CHECK_EQ(stat(name, &st), 0);
	CHECK_EQ(st.st_mode & 0777, 0600);
	CHECK_ERR(unlink(name), EPERM);
	close(s);
	close(m);
	CHECK_ERR(stat(name, &st), ENOENT);
}

int
main(void)
{
	TAP_RUN(standard_nodes);
	TAP_RUN(standard_links);
	TAP_RUN(own_node);
	TAP_RUN(terminal);
	return tap_end();
}
