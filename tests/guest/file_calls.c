/* SPDX-License-Identifier: MIT */
/*
 * tests/guest/file_calls.c - open, read, write, stat, names and attributes:
 * what they do and the errors their manual pages list.
 */
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>

#include "tap.h"

static void *volatile bad = (void *)8; /* never mapped */
static char dir[] = "/tmp/file_calls.XXXXXX";

static int
make(const char *name, const char *text)
{
	int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0644);

	if (fd >= 0 && text != NULL)
		CHECK_EQ(write(fd, text, strlen(text)), strlen(text));
	return fd;
}

static void
test_open(void)
{
	char lng[300], *huge;
	int fd, fd2;

	CHECK_ERR(open("none", O_RDONLY), ENOENT);
	CHECK_ERR(open("", O_RDONLY), ENOENT);
	CHECK_ERR(open("a/b", O_RDONLY | O_CREAT, 0644), ENOENT);
	fd = make("f", "x");
	CHECK(fd >= 0);
	CHECK_ERR(open("f", O_RDWR | O_CREAT | O_EXCL, 0644), EEXIST);
	CHECK_ERR(open("f/g", O_RDONLY), ENOTDIR);
	CHECK_ERR(open("f", O_RDONLY | O_DIRECTORY), ENOTDIR);
	CHECK_ERR(open(".", O_RDWR), EISDIR);
	CHECK_EQ(symlink("f", "l"), 0);
	CHECK_ERR(open("l", O_RDONLY | O_NOFOLLOW), ELOOP);
	CHECK_EQ(symlink("loop", "loop"), 0);
	CHECK_ERR(open("loop", O_RDONLY), ELOOP);
	memset(lng, 'n', sizeof(lng));
	lng[sizeof(lng) - 1] = '\0';
	CHECK_ERR(open(lng, O_RDONLY), ENAMETOOLONG);
	huge = malloc(PATH_MAX + 10);
	memset(huge, '/', PATH_MAX + 9);
	huge[PATH_MAX + 9] = '\0';
	CHECK_ERR(open(huge, O_RDONLY), ENAMETOOLONG);
	free(huge);
	CHECK_ERR(syscall(SYS_open, bad, O_RDONLY), EFAULT);
	CHECK_ERR(openat(fd, "g", O_RDONLY), ENOTDIR);
	CHECK_ERR(openat(999, "g", O_RDONLY), EBADF);
	fd2 = openat(999, "/", O_RDONLY);
	CHECK(fd2 >= 0);
	close(fd2);
	fd2 = open("l", O_PATH | O_NOFOLLOW);
	CHECK(fd2 >= 0);
	CHECK_ERR(read(fd2, lng, 1), EBADF);
	CHECK_ERR(syscall(SYS_fchmod, fd2, 0600), EBADF);
	CHECK_EQ(readlinkat(fd2, "", lng, sizeof(lng)), 1);
	close(fd2);
	CHECK_EQ(close(fd), 0);
	CHECK_ERR(close(fd), EBADF);
	CHECK_ERR(close(-1), EBADF);
}

static void
test_rw(void)
{
	struct iovec iov[3] = { { "ab", 2 }, { NULL, 0 }, { "cde", 3 } };
	char buf[16];
	int fd = make("rw", "hello"), rd, p[2];

	CHECK_EQ(pwrite(fd, "J", 1, 0), 1);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 5);
	CHECK_EQ(pread(fd, buf, sizeof(buf), 0), 5);
	CHECK(memcmp(buf, "Jello", 5) == 0);
	CHECK_EQ(pread(fd, buf, 5, 5), 0);
	CHECK_ERR(pread(fd, buf, 1, -1), EINVAL);
	CHECK_EQ(writev(fd, iov, 3), 5);
	CHECK_EQ(lseek(fd, 0, SEEK_END), 10);
	CHECK_ERR(syscall(SYS_writev, fd, iov, -1), EINVAL);
	CHECK_ERR(syscall(SYS_writev, fd, iov, 1025), EINVAL);
	CHECK_EQ(syscall(SYS_writev, fd, iov, 0), 0);
	CHECK_ERR(syscall(SYS_readv, fd, bad, 1), EFAULT);
	CHECK_ERR(write(fd, bad, 1), EFAULT);
	CHECK_ERR(lseek(fd, -1, SEEK_SET), EINVAL);
	CHECK_ERR(lseek(fd, 0, 99), EINVAL);
	CHECK_ERR(lseek(fd, 100, SEEK_DATA), ENXIO);
	CHECK_EQ(lseek(fd, 0, SEEK_HOLE), 10);
	CHECK_EQ(lseek(fd, 100, SEEK_SET), 100);
	CHECK_EQ(write(fd, "x", 1), 1);
	CHECK_EQ(pread(fd, buf, 2, 98), 2);
	CHECK(buf[0] == 0 && buf[1] == 0);
	rd = open("rw", O_RDONLY);
	CHECK_ERR(write(rd, "x", 1), EBADF);
	CHECK_ERR(ftruncate(rd, 0), EINVAL);
	close(rd);
	rd = open(".", O_RDONLY);
	CHECK_ERR(read(rd, buf, 1), EISDIR);
	close(rd);
	CHECK_EQ(pipe(p), 0);
	CHECK_ERR(lseek(p[0], 0, SEEK_SET), ESPIPE);
	CHECK_ERR(pread(p[0], buf, 1, 0), ESPIPE);
	CHECK_ERR(ftruncate(p[1], 0), EINVAL);
	CHECK_ERR(fsync(p[0]), EINVAL);
	CHECK_ERR(read(999, buf, 1), EBADF);
	rd = open("rw", O_WRONLY | O_APPEND);
	CHECK_EQ(write(rd, "!", 1), 1);
	CHECK_EQ(pread(fd, buf, 1, 101), 1);
	CHECK(buf[0] == '!');
	close(fd);
}

static void
test_fsize(void)
{
	struct rlimit rl = { 8, 8 };
	int fd = make("lim", NULL);

	signal(SIGXFSZ, SIG_IGN);
	CHECK_EQ(setrlimit(RLIMIT_FSIZE, &rl), 0);
	CHECK_EQ(write(fd, "0123456789", 10), 8);
	CHECK_ERR(write(fd, "x", 1), EFBIG);
	CHECK_ERR(ftruncate(fd, 9), EFBIG);
	CHECK_EQ(ftruncate(fd, 8), 0);
	close(fd);
}

static void
test_names(void)
{
	char buf[8];
	int fd;

	CHECK_EQ(mkdir("d", 0755), 0);
	CHECK_ERR(mkdir("d", 0755), EEXIST);
	CHECK_ERR(mkdir("no/d", 0755), ENOENT);
	CHECK_ERR(rmdir("none"), ENOENT);
	fd = make("d/f", "x");
	close(fd);
	CHECK_ERR(rmdir("d"), ENOTEMPTY);
	CHECK_ERR(rmdir("d/f"), ENOTDIR);
	CHECK_ERR(rmdir("d/."), EINVAL);
	CHECK_ERR(unlink("d"), EISDIR);
	CHECK_ERR(unlink("none"), ENOENT);
	CHECK_ERR(unlinkat(AT_FDCWD, "d/f", 0x1234), EINVAL);
	CHECK_EQ(link("d/f", "hard"), 0);
	CHECK_ERR(link("d/f", "hard"), EEXIST);
	CHECK_ERR(link("d", "dd"), EPERM);
	CHECK_ERR(linkat(AT_FDCWD, "d/f", AT_FDCWD, "x", 0x1), EINVAL);
	CHECK_EQ(rename("hard", "d/g"), 0);
	CHECK_ERR(rename("hard", "x"), ENOENT);
	CHECK_ERR(rename("d", "d/sub"), EINVAL);
	CHECK_EQ(mkdir("e", 0755), 0);
	CHECK_ERR(rename("d/g", "e"), EISDIR);
	CHECK_ERR(rename("e", "d/g"), ENOTDIR);
	CHECK_ERR(rename("e", "d"), ENOTEMPTY);
	CHECK_ERR(syscall(SYS_renameat2, AT_FDCWD, "e", AT_FDCWD, "d", 1),
	    EEXIST);
	CHECK_ERR(syscall(SYS_renameat2, AT_FDCWD, "e", AT_FDCWD, "d", 3),
	    EINVAL);
	CHECK_ERR(symlink("", "empty"), ENOENT);
	CHECK_EQ(symlink("target", "s"), 0);
	CHECK_ERR(symlink("target", "s"), EEXIST);
	CHECK_EQ(readlink("s", buf, 3), 3);
	CHECK(memcmp(buf, "tar", 3) == 0);
	CHECK_ERR(readlink("d", buf, 3), EINVAL);
	CHECK_ERR(syscall(SYS_readlink, "s", buf, 0), EINVAL);
	CHECK_ERR(mknod("m", S_IFDIR | 0755, 0), EPERM);
	CHECK_ERR(mknod("m", 0170000, 0), EINVAL);
	CHECK_EQ(mknod("m", S_IFIFO | 0644, 0), 0);
}

static void
test_stat(void)
{
	struct statfs sf;
	struct stat st, st2;
	struct statx stx;
	int fd = make("st", "12345"), p[2];

	CHECK_EQ(stat("st", &st), 0);
	CHECK_EQ(fstat(fd, &st2), 0);
	CHECK(st.st_ino == st2.st_ino && st.st_dev == st2.st_dev);
	CHECK_EQ(st.st_size, 5);
	CHECK(S_ISREG(st.st_mode));
	CHECK_ERR(stat("none", &st), ENOENT);
	CHECK_ERR(stat("st/x", &st), ENOTDIR);
	CHECK_ERR(syscall(SYS_stat, "st", bad), EFAULT);
	CHECK_ERR(fstat(999, &st), EBADF);
	CHECK_EQ(fstatat(fd, "", &st, AT_EMPTY_PATH), 0);
	CHECK_ERR(fstatat(fd, "", &st, 0), ENOENT);
	CHECK_ERR(fstatat(AT_FDCWD, "st", &st, 0x8), EINVAL);
	CHECK_EQ(syscall(SYS_statx, AT_FDCWD, "st", 0, 0x7ff, &stx), 0);
	CHECK_EQ(stx.stx_size, 5);
	CHECK_ERR(syscall(SYS_statx, AT_FDCWD, "st", 0, 0x80000000u, &stx),
	    EINVAL);
	CHECK_ERR(syscall(SYS_statx, AT_FDCWD, "st", 0x6000, 0, &stx), EINVAL);
	CHECK_EQ(pipe(p), 0);
	CHECK_EQ(fstat(p[0], &st), 0);
	CHECK(S_ISFIFO(st.st_mode));
	CHECK_EQ(statfs("/", &sf), 0);
	CHECK(sf.f_bsize > 0);
	CHECK_ERR(statfs("none", &sf), ENOENT);
	CHECK_EQ(fstatfs(p[0], &sf), 0);
	CHECK_EQ(sf.f_type, 0x50495045);
	close(fd);
}

static void
test_attr(void)
{
	struct timespec ts[2] = { { 100, 5 }, { 0, UTIME_OMIT } };
	struct stat st;
	int fd = make("at", "x");

	CHECK_EQ(chmod("at", 0640), 0);
	CHECK_EQ(stat("at", &st), 0);
	CHECK_EQ(st.st_mode & 07777, 0640);
	CHECK_ERR(chmod("none", 0640), ENOENT);
	CHECK_ERR(fchmod(999, 0640), EBADF);
	CHECK_EQ(utimensat(AT_FDCWD, "at", ts, 0), 0);
	CHECK_EQ(stat("at", &st), 0);
	CHECK_EQ(st.st_atim.tv_sec, 100);
	ts[0].tv_nsec = 1000000000;
	CHECK_ERR(utimensat(AT_FDCWD, "at", ts, 0), EINVAL);
	CHECK_EQ(futimens(fd, NULL), 0);
	CHECK_ERR(fchownat(AT_FDCWD, "at", -1, -1, 0x8000), EINVAL);
	CHECK_EQ(access("at", F_OK), 0);
	CHECK_ERR(access("at", 8), EINVAL);
	CHECK_ERR(access("none", F_OK), ENOENT);
	CHECK_ERR(truncate("at", -1), EINVAL);
	CHECK_ERR(truncate(".", 0), EISDIR);
	CHECK_EQ(truncate("at", 100), 0);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_size, 100);
	CHECK_ERR(fallocate(fd, 0, 0, 0), EINVAL);
	CHECK_ERR(fallocate(fd, 0, -1, 1), EINVAL);
	CHECK_ERR(flock(fd, 16), EINVAL);
	CHECK_ERR(flock(999, LOCK_SH), EBADF);
	CHECK_EQ(flock(fd, LOCK_EX | LOCK_NB), 0);
	CHECK_EQ(fsync(fd), 0);
	CHECK_EQ(fdatasync(fd), 0);
	CHECK_ERR(posix_fadvise(999, 0, 0, 0) == EBADF ?
	    (errno = EBADF, -1) : 0, EBADF);
	CHECK_ERR(syscall(SYS_getxattr, "none", "user.x", NULL, 0), ENOENT);
	close(fd);
}

static void
test_dirs(void)
{
	char buf[4096], small[2];
	int fd, seen = 0;
	struct dirent *de;
	DIR *d;

	CHECK_EQ(mkdir("list", 0755), 0);
	close(make("list/one", "1"));
	close(make("list/two", "2"));
	d = opendir("list");
	while ((de = readdir(d)) != NULL)
		seen += de->d_name[0] == '.' ? 1 : 100;
	CHECK_EQ(seen, 202);
	closedir(d);
	fd = open("list", O_RDONLY | O_DIRECTORY);
	CHECK_ERR(syscall(SYS_getdents64, fd, small, sizeof(small)), EINVAL);
	CHECK(syscall(SYS_getdents64, fd, buf, sizeof(buf)) > 0);
	CHECK_EQ(syscall(SYS_getdents64, fd, buf, sizeof(buf)), 0);
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	CHECK_ERR(syscall(SYS_getdents64, fd, bad, sizeof(buf)),
	    EFAULT);
	CHECK_EQ(fchdir(fd), 0);
	CHECK_EQ(access("one", F_OK), 0);
	CHECK(getcwd(buf, sizeof(buf)) != NULL);
	CHECK_ERR(syscall(SYS_getcwd, small, sizeof(small)), ERANGE);
	CHECK_EQ(chdir(".."), 0);
	CHECK_ERR(chdir("list/one"), ENOTDIR);
	CHECK_ERR(chdir("none"), ENOENT);
	close(fd);
	fd = open("list/one", O_RDONLY);
	CHECK_ERR(fchdir(fd), ENOTDIR);
	CHECK_ERR(syscall(SYS_getdents64, fd, buf, sizeof(buf)), ENOTDIR);
	close(fd);
}

static void
test_copy(void)
{
	int in = make("in", "0123456789"), out = make("out", NULL), p[2];
	off_t off = 2, o2 = 0;
	char buf[16];

	CHECK_EQ(sendfile(out, in, &off, 4), 4);
	CHECK_EQ(off, 6);
	CHECK_EQ(pread(out, buf, sizeof(buf), 0), 4);
	CHECK(memcmp(buf, "2345", 4) == 0);
	CHECK_EQ(pipe(p), 0);
	CHECK_ERR(sendfile(out, 999, &off, 4), EBADF);
	off = 0;
	CHECK_EQ(splice(in, &off, p[1], NULL, 5, 0), 5);
	CHECK_ERR(tee(p[0], p[0], 5, 0), EBADF);
	CHECK_ERR(splice(in, &off, out, NULL, 5, 0), EINVAL);
	CHECK_ERR(splice(p[0], &off, out, NULL, 5, 0), ESPIPE);
	CHECK_EQ(lseek(out, 0, SEEK_SET), 0);
	CHECK_EQ(splice(p[0], NULL, out, NULL, 64, 0), 5);
	CHECK_EQ(pread(out, buf, sizeof(buf), 0), 5);
	CHECK(memcmp(buf, "01234", 5) == 0);
	off = 0;
	o2 = 20;
	CHECK_EQ(copy_file_range(in, &off, out, &o2, 3, 0), 3);
	off = 0;
	o2 = 1;
	CHECK_ERR(copy_file_range(in, &off, in, &o2, 3, 0), EINVAL);
	CHECK_ERR(copy_file_range(in, &off, out, &o2, 3, 1), EINVAL);
	close(in);
	close(out);
}

int
main(void)
{
	if (mkdtemp(dir) == NULL || chdir(dir) != 0) {
		printf("Bail out! no directory below /tmp\n");
		return 1;
	}
	TAP_RUN(test_open);
	TAP_RUN(test_rw);
	TAP_RUN(test_fsize);
	TAP_RUN(test_names);
	TAP_RUN(test_stat);
	TAP_RUN(test_attr);
	TAP_RUN(test_dirs);
	TAP_RUN(test_copy);
	return tap_end();
}
