/* SPDX-License-Identifier: MIT */
/*
 * tests/guest/environment.c - is the system up as sysroot/ says it should be?
 */
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/utsname.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>

#include "tap.h"

#define EXT2_MAGIC	0xef53
#define PROC_MAGIC	0x9fa0
#define TMPFS_MAGIC	0x01021994
#define DEVPTS_MAGIC	0x1cd1

static long
magic_of(const char *path)
{
	struct statfs fs;

	return statfs(path, &fs) == 0 ? (long)fs.f_type : -1;
}

static unsigned int
mode_of(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? st.st_mode : 0;
}

static void
file_systems_are_mounted(void)
{
	CHECK_EQ(magic_of("/"), EXT2_MAGIC);
	CHECK_EQ(magic_of("/proc"), PROC_MAGIC);
	CHECK_EQ(magic_of("/tmp"), TMPFS_MAGIC);
	CHECK_EQ(magic_of("/run"), TMPFS_MAGIC);
	CHECK_EQ(magic_of("/dev/shm"), TMPFS_MAGIC);
	CHECK_EQ(magic_of("/dev/pts"), DEVPTS_MAGIC);
}

static void
modes_and_owners_are_right(void)
{
	struct stat st;

	CHECK_EQ(mode_of("/tmp"), S_IFDIR | 01777);
	CHECK_EQ(mode_of("/root"), S_IFDIR | 0700);
	CHECK_EQ(mode_of("/etc/shadow"), S_IFREG | 0600);
	CHECK_EQ(mode_of("/bin/busybox"), S_IFREG | 0755);
	CHECK_EQ(mode_of("/bin/su"), S_IFREG | 04755);
	CHECK(stat("/home/guest", &st) == 0);
	CHECK_EQ(st.st_uid, 1000);
	CHECK_EQ(st.st_gid, 1000);
}

static void
root_can_be_written(void)
{
	const char *path = "/var/tmp/environment.test";
	char buf[8];
	int fd;

	fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	CHECK(fd >= 0);
	CHECK_EQ(write(fd, "written", 8), 8);
	CHECK_EQ(pread(fd, buf, 8, 0), 8);
	CHECK(strcmp(buf, "written") == 0);
	CHECK_EQ(close(fd), 0);
	CHECK_EQ(unlink(path), 0);
}

static void
devices_exist(void)
{
	static const char *const chars[] = {
		"/dev/null", "/dev/zero", "/dev/full", "/dev/random",
		"/dev/urandom", "/dev/tty", "/dev/console", "/dev/ptmx",
		"/dev/ttyS0",
	};
	unsigned int i;

	for (i = 0; i < sizeof(chars) / sizeof(chars[0]); i++)
		if (!S_ISCHR(mode_of(chars[i]))) {
			printf("# %s is no character device\n", chars[i]);
			tap_bad++;
		}
	CHECK(S_ISBLK(mode_of("/dev/vda")));
	CHECK(S_ISBLK(mode_of("/dev/vda2")));
}

/* A disk that is mounted, or opened with O_EXCL, is nobody else's; a disk and
 * its partitions are one in this. */
static void
disks_are_taken(void)
{
	int fd;

	CHECK_ERR(open("/dev/vda2", O_RDONLY | O_EXCL), EBUSY);
	CHECK_ERR(open("/dev/vda", O_RDONLY | O_EXCL), EBUSY);
	fd = open("/dev/vda2", O_RDONLY);
	CHECK(fd >= 0);
	CHECK_EQ(close(fd), 0);
	fd = open("/dev/vda1", O_RDONLY | O_EXCL);
	CHECK(fd >= 0);
	CHECK_ERR(open("/dev/vda1", O_RDONLY | O_EXCL), EBUSY);
	CHECK_ERR(mount("/dev/vda1", "/mnt", "ext2", 0, NULL), EBUSY);
	CHECK_EQ(close(fd), 0);
	fd = open("/dev/vda1", O_RDONLY | O_EXCL);
	CHECK(fd >= 0);
	CHECK_EQ(close(fd), 0);
}

static void
names_are_known(void)
{
	struct utsname u;

	CHECK_EQ(uname(&u), 0);
	CHECK(strcmp(u.nodename, "rse") == 0);
	CHECK(strcmp(u.machine, "x86_64") == 0);
	CHECK(getpwnam("guest") != NULL);
	CHECK(getgrnam("rse") != NULL);
}

static void
daemons_run(void)
{
	CHECK_EQ(system("pidof syslogd >/dev/null"), 0);
	CHECK_EQ(system("pidof klogd >/dev/null"), 0);
	CHECK_EQ(system("pidof crond >/dev/null"), 0);
}

/* A set-user-id program changes identity; its child has only the new one. */
static void
su_drops_and_regains_rights(void)
{
	CHECK_EQ(system("test \"$(su guest -c 'id -u')\" = 1000"), 0);
	CHECK_EQ(system("su guest -c 'cat /etc/shadow' 2>/dev/null") == 0, 0);
}

int
main(void)
{
	TAP_RUN(file_systems_are_mounted);
	TAP_RUN(modes_and_owners_are_right);
	TAP_RUN(root_can_be_written);
	TAP_RUN(devices_exist);
	TAP_RUN(disks_are_taken);
	TAP_RUN(names_are_known);
	TAP_RUN(daemons_run);
	TAP_RUN(su_drops_and_regains_rights);
	return tap_end();
}
