/* SPDX-License-Identifier: MIT */
/*
 * tests/guest/tmpfs_files.c - tmpfs: limits, holes, links, renames, and that
 * unmounting gives everything back. Mounting needs root; without it the cases
 * that mount are skipped.
 */
#define _GNU_SOURCE
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>

#include "tap.h"

#define MB	(1024 * 1024)
#define PAGE	4096

static char dir[64];

static bool
mount_here(const char *options)
{
	snprintf(dir, sizeof(dir), "/tmp/tmpfs.%d", getpid());
	if (mkdir(dir, 0755) != 0 ||
	    mount("tmpfs", dir, "tmpfs", 0, options) != 0) {
		printf("# skipped: cannot mount (%s)\n", strerror(errno));
		rmdir(dir);
		return false;
	}
	CHECK_EQ(chdir(dir), 0);
	return true;
}

static void
unmount(void)
{
	CHECK_EQ(chdir("/"), 0);
	CHECK_EQ(umount(dir), 0);
	CHECK_EQ(rmdir(dir), 0);
}

static void
size_limit(void)
{
	static char buf[MB];
	struct statfs sf;
	int fd;

	if (!mount_here("size=2m,mode=0700"))
		return;
	CHECK_EQ(statfs(".", &sf), 0);
	CHECK_EQ(sf.f_type, 0x01021994);
	CHECK_EQ(sf.f_blocks * sf.f_bsize, 2 * MB);
	CHECK_EQ(sf.f_bfree, sf.f_blocks);
	fd = open("f", O_RDWR | O_CREAT, 0600);
	memset(buf, 'x', sizeof(buf));
	CHECK_EQ(write(fd, buf, MB), MB);
	CHECK_EQ(write(fd, buf, MB - PAGE), MB - PAGE);
	/* One page is left: part of the write, then nothing. */
	CHECK_EQ(write(fd, buf, 3 * PAGE), PAGE);
	CHECK_ERR(write(fd, buf, PAGE), ENOSPC);
	CHECK_EQ(statfs(".", &sf), 0);
	CHECK_EQ(sf.f_bfree, 0);
	/* What is there can be written again. */
	CHECK_EQ(pwrite(fd, buf, MB, PAGE / 2), MB);
	CHECK_EQ(ftruncate(fd, PAGE + 1), 0);
	CHECK_EQ(statfs(".", &sf), 0);
	CHECK_EQ(sf.f_blocks - sf.f_bfree, 2);
	CHECK_EQ(unlink("f"), 0);
	CHECK_EQ(pwrite(fd, buf, PAGE, 0), PAGE);
	close(fd);
	CHECK_EQ(statfs(".", &sf), 0);
	CHECK_EQ(sf.f_bfree, sf.f_blocks);
	unmount();
}

static void
inode_limit(void)
{
	int fd;

	if (!mount_here("nr_inodes=3"))
		return;
	fd = open("a", O_RDWR | O_CREAT, 0600);
	CHECK(fd >= 0);
	close(fd);
	CHECK_EQ(mkdir("b", 0700), 0);
	CHECK_ERR(mkdir("c", 0700), ENOSPC);
	CHECK_EQ(rmdir("b"), 0);
	CHECK_EQ(symlink("a", "c"), 0);
	CHECK_ERR(open("d", O_RDWR | O_CREAT, 0600), ENOSPC);
	unmount();
}

static void
bad_options(void)
{
	snprintf(dir, sizeof(dir), "/tmp/tmpfs.%d", getpid());
	CHECK_EQ(mkdir(dir, 0755), 0);
	if (geteuid() == 0) {
		CHECK_ERR(mount("tmpfs", dir, "tmpfs", 0, "size=bogus"),
		    EINVAL);
		CHECK_ERR(mount("tmpfs", dir, "tmpfs", 0, "nonsense=1"),
		    EINVAL);
	}
	CHECK_EQ(rmdir(dir), 0);
}

static void
full_unmount(void)
{
	char name[64];
	int i, fd;

	if (!mount_here("mode=0755"))
		return;
	for (i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "d%d", i);
		CHECK_EQ(mkdir(name, 0755), 0);
		CHECK_EQ(chdir(name), 0);
		fd = open("file", O_WRONLY | O_CREAT, 0644);
		CHECK_EQ(write(fd, name, 10), 10);
		close(fd);
	}
	CHECK_EQ(chdir(dir), 0);
	fd = open("d0/file", O_RDONLY);
	CHECK_ERR(umount(dir), EBUSY);
	close(fd);
	unmount();
}

static void
holes(void)
{
	char c = 'x';
	struct stat st;
	int fd = open("h", O_RDWR | O_CREAT | O_EXCL, 0600);

	CHECK(fd >= 0);
	CHECK_EQ(pwrite(fd, &c, 1, 5 * PAGE + 7), 1);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_size, 5 * PAGE + 8);
	CHECK_EQ(st.st_blocks, 8);
	CHECK_EQ(lseek(fd, 0, SEEK_DATA), 5 * PAGE);
	CHECK_EQ(lseek(fd, 0, SEEK_HOLE), 0);
	CHECK_EQ(lseek(fd, 5 * PAGE + 3, SEEK_DATA), 5 * PAGE + 3);
	CHECK_EQ(lseek(fd, 5 * PAGE, SEEK_HOLE), 5 * PAGE + 8);
	CHECK_ERR(lseek(fd, 6 * PAGE, SEEK_DATA), ENXIO);
	CHECK_EQ(pwrite(fd, &c, 1, 0), 1);
	CHECK_EQ(fallocate(fd, 0, 0, 8 * PAGE), 0);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_size, 8 * PAGE);
	CHECK_EQ(st.st_blocks, 64);
	CHECK_EQ(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
	    PAGE / 2, 6 * PAGE), 0);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_size, 8 * PAGE);
	CHECK_EQ(st.st_blocks, 24);
	CHECK_EQ(pread(fd, &c, 1, 5 * PAGE + 7), 1);
	CHECK_EQ(c, 0);
	CHECK_EQ(lseek(fd, 0, SEEK_HOLE), PAGE);
	close(fd);
	CHECK_EQ(unlink("h"), 0);
}

/* Pages beyond a shorter end come back as zeroes, mapped or read. */
static void
shrink_mapped(void)
{
	int fd = open("m", O_RDWR | O_CREAT | O_EXCL, 0600);
	char *p, c;

	CHECK_EQ(ftruncate(fd, 3 * PAGE), 0);
	p = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(p != MAP_FAILED);
	memset(p, 'y', 3 * PAGE);
	CHECK_EQ(pread(fd, &c, 1, 2 * PAGE), 1);
	CHECK_EQ(c, 'y');
	CHECK_EQ(ftruncate(fd, PAGE / 2), 0);
	CHECK_EQ(ftruncate(fd, 3 * PAGE), 0);
	CHECK_EQ(p[PAGE / 2 - 1], 'y');
	CHECK_EQ(p[PAGE / 2], 0);
	CHECK_EQ(p[2 * PAGE], 0);
	munmap(p, 3 * PAGE);
	close(fd);
	unlink("m");
}

static void
exchange(void)
{
	struct stat a, b, s;

	CHECK_EQ(mkdir("p", 0755), 0);
	CHECK_EQ(mkdir("q", 0755), 0);
	CHECK_EQ(mkdir("p/sub", 0755), 0);
	close(open("q/f", O_CREAT | O_WRONLY, 0644));
	CHECK_EQ(stat("p/sub", &a), 0);
	CHECK_EQ(stat("q/f", &b), 0);
	CHECK_EQ(syscall(SYS_renameat2, AT_FDCWD, "p/sub", AT_FDCWD, "q/f",
	    2 /* RENAME_EXCHANGE */), 0);
	CHECK_EQ(stat("q/f", &s), 0);
	CHECK_EQ(s.st_ino, a.st_ino);
	CHECK_EQ(stat("p/sub", &s), 0);
	CHECK_EQ(s.st_ino, b.st_ino);
	CHECK_EQ(stat("p", &s), 0);
	CHECK_EQ(s.st_nlink, 2);
	CHECK_EQ(stat("q", &s), 0);
	CHECK_EQ(s.st_nlink, 3);
	CHECK_EQ(stat("q/f/..", &s), 0);
	CHECK_EQ(stat("q", &b), 0);
	CHECK_EQ(s.st_ino, b.st_ino);
	CHECK_ERR(rename("q", "q/f/x"), EINVAL);
	CHECK_ERR(rename("p", "q"), ENOTEMPTY);
	CHECK_EQ(unlink("p/sub"), 0);
	CHECK_EQ(rmdir("q/f"), 0);
	CHECK_EQ(rename("p", "q"), 0);
	CHECK_ERR(stat("p", &s), ENOENT);
	CHECK_EQ(rmdir("q"), 0);
}

static void
hard_links(void)
{
	struct stat st;
	int fd = open("one", O_CREAT | O_RDWR, 0644);

	CHECK_EQ(link("one", "two"), 0);
	CHECK_ERR(link("one", "two"), EEXIST);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_nlink, 2);
	CHECK_EQ(unlink("one"), 0);
	CHECK_EQ(write(fd, "data", 4), 4);
	CHECK_EQ(stat("two", &st), 0);
	CHECK_EQ(st.st_size, 4);
	CHECK_EQ(st.st_nlink, 1);
	CHECK_EQ(unlink("two"), 0);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_nlink, 0);
	close(fd);
}

/* Entries that stay are listed exactly once while others come and go. */
static void
list_and_change(void)
{
	char name[32], seen[300] = { 0 };
	struct dirent *de;
	DIR *d;
	int i;

	CHECK_EQ(mkdir("many", 0755), 0);
	for (i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "many/%d", i);
		close(open(name, O_CREAT | O_WRONLY, 0644));
	}
	d = opendir("many");
	for (i = 0; (de = readdir(d)) != NULL; i++) {
		if (de->d_name[0] != '.')
			seen[atoi(de->d_name)]++;
		if (i % 2 == 0 && i < 300) {
			snprintf(name, sizeof(name), "many/x%d", i);
			close(open(name, O_CREAT | O_WRONLY, 0644));
			unlink(name);
		}
	}
	closedir(d);
	for (i = 0; i < 300; i++) {
		CHECK_EQ(seen[i], 1);
		snprintf(name, sizeof(name), "many/%d", i);
		CHECK_EQ(unlink(name), 0);
	}
	CHECK_EQ(rmdir("many"), 0);
}

int
main(void)
{
	char here[] = "/dev/shm/tmpfs.XXXXXX";

	if (mkdtemp(here) == NULL || chdir(here) != 0) {
		printf("Bail out! no tmpfs on /dev/shm\n");
		return 1;
	}
	TAP_RUN(size_limit);
	TAP_RUN(inode_limit);
	TAP_RUN(bad_options);
	TAP_RUN(full_unmount);
	TAP_RUN(holes);
	TAP_RUN(shrink_mapped);
	TAP_RUN(exchange);
	TAP_RUN(hard_links);
	TAP_RUN(list_and_change);
	if (chdir("/") != 0 || rmdir(here) != 0)
		printf("# %s is left\n", here);
	return tap_end();
}
