/* SPDX-License-Identifier: MIT */
/*
 * tests/guest/err_files.c - what calls on descriptors refuse.
 *
 * calls: read write open close lseek pread64 pwrite64 readv writev dup dup2
 * calls: fcntl flock fsync fdatasync truncate ftruncate getdents creat
 * calls: getdents64 openat fallocate dup3 preadv pwritev preadv2 pwritev2
 * calls: syncfs sync sync_file_range close_range openat2 readahead fadvise64
 * calls: ioctl
 */
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/uio.h>

#include "err.h"

static char long_name[300], long_path[PATH_MAX + 10];

static void
open_refuses(void)
{
	int fd;

	fresh_dir();
	close(new_file("f", "x"));
	FAULT(open, bad, O_RDONLY, 0);
	FAULT(openat, AT_FDCWD, bad, O_RDONLY, 0);
	FAULT(creat, bad, 0644);
	ERR(EFAULT, open, NULL, O_RDONLY, 0);
	ERR(ENOENT, open, "", O_RDONLY, 0);
	ERR(ENOENT, open, "none", O_RDONLY, 0);
	ERR(ENOENT, creat, "none/x", 0644);
	ERR(EBADF, openat, NO_FD, "f", O_RDONLY, 0);
	ERR(EBADF, openat, -1, "f", O_RDONLY, 0);
	ERR(ENAMETOOLONG, open, long_name, O_RDONLY, 0);
	ERR(ENAMETOOLONG, open, long_path, O_RDONLY, 0);
	ERR(ENAMETOOLONG, creat, long_name, 0644);
	ERR(ENOTDIR, open, "f/x", O_RDONLY, 0);
	ERR(ENOTDIR, open, "f/", O_RDONLY, 0);
	ERR(ENOTDIR, open, "f", O_DIRECTORY, 0);
	ERR(EISDIR, open, ".", O_WRONLY, 0);
	ERR(EISDIR, open, ".", O_RDWR | O_CREAT, 0644);
	ERR(EISDIR, creat, ".", 0644);
	ERR(EISDIR, open, "new/", O_RDWR | O_CREAT, 0644);
	ERR(EEXIST, open, "f", O_CREAT | O_EXCL | O_RDWR, 0644);
	OK(symlink, "loop", "loop");
	ERR(ELOOP, open, "loop", O_RDONLY, 0);
	ERR(ELOOP, open, "loop/x", O_RDONLY, 0);
	ERR(ELOOP, open, "loop", O_RDONLY | O_NOFOLLOW, 0);
	ERR(EEXIST, open, "loop", O_CREAT | O_EXCL | O_RDWR, 0644);
	OK(mknod, "fifo", S_IFIFO | 0666, 0);
	ERR(ENXIO, open, "fifo", O_WRONLY | O_NONBLOCK, 0);
	OK(mknod, "/dev/err.gone", S_IFCHR | 0666, 0x7f07);
	ERR(ENXIO, open, "/dev/err.gone", O_RDONLY, 0);
	OK(unlink, "/dev/err.gone");
	ERR(ENXIO, open, "/dev/tty", O_RDWR | (setsid(), 0), 0);
	interrupt_after(20);
	ERR(EINTR, open, "fifo", O_RDONLY, 0);
	ERR(EINTR, open, "fifo", O_WRONLY, 0);
	interrupt_end();
	fd = open(".", O_RDONLY);
	ERR(EISDIR, openat, fd, ".", O_WRONLY, 0);
	fd = open("f", O_RDONLY);
	ERR(ENOTDIR, openat, fd, "x", O_RDONLY, 0);
}

static void
open_denies(void)
{
	fresh_dir();
	close(new_file("secret", "x"));
	OK(chmod, "secret", 0600);
	OK(mkdir, "closed", 0700);
	OK(mkdir, "mine", 0755);
	close(new_file("closed/f", "x"));
	close(new_file("plain", "x"));
	AS_USER {
		ERR(EACCES, open, "secret", O_RDONLY, 0);
		ERR(EACCES, open, "plain", O_WRONLY, 0);
		ERR(EACCES, open, "plain", O_RDONLY | O_TRUNC, 0);
		ERR(EACCES, open, "closed/f", O_RDONLY, 0);
		ERR(EACCES, open, "closed/none", O_RDONLY, 0);
		ERR(EACCES, open, "closed", O_RDONLY, 0);
		ERR(EACCES, creat, "mine/new", 0644);
		ERR(EACCES, openat, AT_FDCWD, "mine/new", O_CREAT | O_RDWR, 0);
		ERR(EPERM, open, "plain", O_RDONLY | O_NOATIME, 0);
	}
	/* What runs is not written. */
	ERR(ETXTBSY, open, "/proc/self/exe", O_WRONLY, 0);
	ERR(ETXTBSY, truncate, "/proc/self/exe", 0);
}

static void
openat2_refuses(void)
{
	struct { uint64_t flags, mode, resolve; } how = { O_RDONLY, 0, 0 };
	struct { uint64_t flags, mode, resolve, more; } big = { 0 };
	int fd, dir;

	fresh_dir();
	close(new_file("f", "x"));
	OK(symlink, "f", "l");
	OK(symlink, "/etc", "out");
	OK(symlink, "/proc/self/fd/0", "magic");
	dir = open(".", O_RDONLY);
	FAULT(openat2, AT_FDCWD, bad, &how, sizeof(how));
	FAULT(openat2, AT_FDCWD, "f", bad, sizeof(how));
	ERR(EINVAL, openat2, AT_FDCWD, "f", &how, 0);
	ERR(EINVAL, openat2, AT_FDCWD, "f", &how, sizeof(how) - 1);
	fd = (int)OK(openat2, AT_FDCWD, "f", &big, sizeof(big));
	close(fd);
	big.more = 1;
	ERR(E2BIG, openat2, AT_FDCWD, "f", &big, sizeof(big));
	ERR(E2BIG, openat2, AT_FDCWD, "f", &big, 1 << 20);
	how.mode = 0644;
	ERR(EINVAL, openat2, AT_FDCWD, "f", &how, sizeof(how));
	how.mode = 010000;
	how.flags = O_CREAT | O_RDWR;
	ERR(EINVAL, openat2, AT_FDCWD, "f", &how, sizeof(how));
	how.mode = 0;
	how.flags = 1ULL << 40;
	ERR(EINVAL, openat2, AT_FDCWD, "f", &how, sizeof(how));
	how.flags = O_RDONLY;
	how.resolve = 0x80;
	ERR(EINVAL, openat2, AT_FDCWD, "f", &how, sizeof(how));
	how.resolve = 0x04;			/* RESOLVE_NO_SYMLINKS */
	ERR(ELOOP, openat2, AT_FDCWD, "l", &how, sizeof(how));
	ERR(EBADF, openat2, NO_FD, "f", &how, sizeof(how));
	how.resolve = 0x08;			/* RESOLVE_BENEATH */
	ERR(EXDEV, openat2, dir, "../x", &how, sizeof(how));
	ERR(EXDEV, openat2, dir, "/etc", &how, sizeof(how));
	ERR(EXDEV, openat2, dir, "out/passwd", &how, sizeof(how));
	close((int)OK(openat2, dir, "l", &how, sizeof(how)));
	how.resolve = 0x10;			/* RESOLVE_IN_ROOT */
	ERR(ENOENT, openat2, dir, "out/passwd", &how, sizeof(how));
	close((int)OK(openat2, dir, "/../f", &how, sizeof(how)));
	how.resolve = 0x18;
	ERR(EINVAL, openat2, dir, "f", &how, sizeof(how));
	how.resolve = 0x01;			/* RESOLVE_NO_XDEV */
	ERR(EXDEV, openat2, AT_FDCWD, "/proc/version", &how, sizeof(how));
	how.resolve = 0x02;			/* RESOLVE_NO_MAGICLINKS */
	ERR(ELOOP, openat2, AT_FDCWD, "magic", &how, sizeof(how));
}

static void
transfers_refuse(void)
{
	static char buf[64];
	struct iovec iov = { buf, sizeof(buf) }, neg = { buf, -1 };
	struct iovec two[2] = { { buf, SSIZE_MAX }, { buf, 16 } };
	int fd, rd, wr, path, dir, p[2];

	fresh_dir();
	fd = new_file("f", "hello, files");
	rd = open("f", O_RDONLY);
	wr = open("f", O_WRONLY);
	path = open("f", O_PATH);
	dir = open(".", O_RDONLY);
	CHECK_EQ(pipe(p), 0);

	FAULT_OUT(read, (lseek(fd, 0, SEEK_SET), fd), bad, 8);
	FAULT_OUT(pread64, fd, bad, 8, 0);
	FAULT(write, fd, bad, 8);
	FAULT(pwrite64, fd, bad, 8, 0);
	FAULT(readv, fd, bad, 1);
	FAULT(writev, fd, bad, 1);
	FAULT(preadv, fd, bad, 1, 0, 0);
	FAULT(pwritev, fd, bad, 1, 0, 0);
	FAULT(preadv2, fd, bad, 1, 0, 0, 0);
	FAULT(pwritev2, fd, bad, 1, 0, 0, 0);
	for (int i = 0; i < 2; i++) {
		int no = i == 0 ? NO_FD : path;

		ERR(EBADF, read, no, buf, 1);
		ERR(EBADF, write, no, buf, 1);
		ERR(EBADF, pread64, no, buf, 1, 0);
		ERR(EBADF, pwrite64, no, buf, 1, 0);
		ERR(EBADF, readv, no, &iov, 1);
		ERR(EBADF, writev, no, &iov, 1);
		ERR(EBADF, preadv, no, &iov, 1, 0, 0);
		ERR(EBADF, pwritev, no, &iov, 1, 0, 0);
		ERR(EBADF, preadv2, no, &iov, 1, 0, 0, 0);
		ERR(EBADF, pwritev2, no, &iov, 1, 0, 0, 0);
		ERR(EBADF, lseek, no, 0, SEEK_SET);
	}
	ERR(EBADF, read, wr, buf, 1);
	ERR(EBADF, pread64, wr, buf, 1, 0);
	ERR(EBADF, readv, wr, &iov, 1);
	ERR(EBADF, write, rd, buf, 1);
	ERR(EBADF, pwrite64, rd, buf, 1, 0);
	ERR(EBADF, writev, rd, &iov, 1);
	ERR(EBADF, pwritev, rd, &iov, 1, 0, 0);
	ERR(EISDIR, read, dir, buf, 1);
	ERR(EISDIR, pread64, dir, buf, 1, 0);
	ERR(EISDIR, readv, dir, &iov, 1);
	ERR(EBADF, write, dir, buf, 1);
	ERR(EINVAL, readv, fd, &iov, -1);
	ERR(EINVAL, readv, fd, &iov, 1025);
	ERR(EINVAL, writev, fd, &iov, 1025);
	ERR(EINVAL, preadv, fd, &iov, 1025, 0, 0);
	ERR(EINVAL, pwritev, fd, &iov, -1, 0, 0);
	ERR(EINVAL, readv, fd, &neg, 1);
	ERR(EINVAL, writev, fd, &neg, 1);
	CHECK_EQ(SYS(writev, fd, two, 0), 0);
	ERR(EINVAL, pread64, fd, buf, 1, -1);
	ERR(EINVAL, pwrite64, fd, buf, 1, -1);
	ERR(EINVAL, preadv, fd, &iov, 1, -1L, 0);
	ERR(EINVAL, pwritev, fd, &iov, 1, -1L, 0);
	ERR(EOPNOTSUPP, preadv2, fd, &iov, 1, 0, 0, 0x40000000);
	ERR(EOPNOTSUPP, pwritev2, fd, &iov, 1, 0, 0, 0x40000000);
	ERR(EINVAL, preadv2, fd, &iov, 1, -2L, 0, 0);
	ERR(ESPIPE, pread64, p[0], buf, 1, 0);
	ERR(ESPIPE, pwrite64, p[1], buf, 1, 0);
	ERR(ESPIPE, preadv, p[0], &iov, 1, 0, 0);
	ERR(ESPIPE, pwritev, p[1], &iov, 1, 0, 0);
	ERR(ESPIPE, lseek, p[0], 0, SEEK_CUR);
	ERR(EINVAL, lseek, fd, -1, SEEK_SET);
	ERR(EINVAL, lseek, fd, 0, 5);
	ERR(EINVAL, lseek, fd, LONG_MIN, SEEK_END);
	ERR(ENXIO, lseek, fd, 100, SEEK_DATA);
	ERR(ENXIO, lseek, fd, 100, SEEK_HOLE);
	ERR(ENXIO, lseek, fd, -1, SEEK_DATA);
	signal(SIGPIPE, SIG_IGN);
	fcntl(p[0], F_SETFL, O_NONBLOCK);
	ERR(EAGAIN, read, p[0], buf, 1);
	fcntl(p[0], F_SETFL, 0);
	interrupt_after(20);
	ERR(EINTR, read, p[0], buf, 1);
	ERR(EINTR, readv, p[0], &iov, 1);
	interrupt_end();
	close(p[0]);
	ERR(EPIPE, write, p[1], buf, 1);
	ERR(EPIPE, writev, p[1], &iov, 1);
	ERR(ENOSPC, write, open("/dev/full", O_WRONLY), buf, 1);
}

static void
partial_transfers_stop_where_memory_ends(void)
{
	char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct iovec iov[2] = { { page, 4 }, { (void *)1, 4 } };
	int fd, p[2];

	fresh_dir();
	munmap(page + 4096, 4096);
	fd = new_file("f", "0123456789");
	CHECK_EQ(SYS(pread64, fd, page + 4096 - 4, 8, 0), 4);
	CHECK_EQ(SYS(pwrite64, fd, page + 4096 - 4, 8, 100), 4);
	CHECK_EQ(SYS(preadv, fd, iov, 2, 0, 0), 4);
	CHECK_EQ(SYS(pwritev, fd, iov, 2, 0, 0), 4);
	CHECK_EQ(pipe(p), 0);
	CHECK_EQ(SYS(writev, p[1], iov, 1), 4);
	CHECK_EQ(SYS(read, p[0], page, 8), 4);
}

static void
descriptors_refuse(void)
{
	struct rlimit rl = { 40, 40 };
	int fd, path;

	fresh_dir();
	fd = new_file("f", "x");
	path = open("f", O_PATH);
	ERR(EBADF, close, NO_FD);
	ERR(EBADF, close, -1);
	ERR(EBADF, dup, NO_FD);
	ERR(EBADF, dup2, NO_FD, 5);
	ERR(EBADF, dup2, fd, -1);
	ERR(EBADF, dup2, NO_FD, NO_FD);
	ERR(EINVAL, dup3, fd, fd, 0);
	ERR(EINVAL, dup3, fd, 30, 1);
	ERR(EBADF, dup3, NO_FD, 30, 0);
	ERR(EBADF, dup3, fd, 1 << 30, 0);
	ERR(EINVAL, close_range, 9, 8, 0);
	ERR(EINVAL, close_range, 8, 9, 1);
	ERR(EBADF, fcntl, NO_FD, F_GETFD, 0);
	ERR(EBADF, fcntl, path, F_SETFL, 0);
	ERR(EBADF, fcntl, path, F_GETLK, 0);
	ERR(EINVAL, fcntl, fd, 4242, 0);
	ERR(EINVAL, fcntl, fd, F_DUPFD, -1);
	ERR(EINVAL, fcntl, fd, F_DUPFD, 1 << 30);
	ERR(EINVAL, fcntl, fd, F_DUPFD_CLOEXEC, -1);
	ERR(EBADF, fcntl, fd, F_SETPIPE_SZ, 4096);
	ERR(EBADF, fcntl, fd, F_GETPIPE_SZ, 0);
	ERR(EINVAL, fcntl, fd, F_SETSIG, 65);
	ERR(EBADF, ioctl, NO_FD, FIONREAD, 0);
	ERR(EBADF, ioctl, path, FIONREAD, 0);
	ERR(ENOTTY, ioctl, fd, TIOCGWINSZ, &rl);
	ERR(ENOTTY, ioctl, fd, 0x12345678, 0);
	FAULT_OUT(ioctl, fd, FIONREAD, bad);
	FAULT(ioctl, fd, FIONBIO, bad);
	CHECK_EQ(setrlimit(RLIMIT_NOFILE, &rl), 0);
	while (dup(fd) >= 0)
		continue;
	ERR(EMFILE, dup, fd);
	ERR(EMFILE, fcntl, fd, F_DUPFD, 0);
	ERR(EMFILE, open, "f", O_RDONLY, 0);
	ERR(EMFILE, creat, "f", 0644);
	ERR(EINVAL, fcntl, fd, F_DUPFD, 40);
	ERR(EBADF, dup2, fd, 40);
	ERR(EBADF, dup3, fd, 40, 0);
}

static void
locks_refuse(void)
{
	struct flock fl = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd, rd, wr, fd2, p[2];
	pid_t pid;
	char c;

	fresh_dir();
	fd = new_file("f", "hello");
	rd = open("f", O_RDONLY);
	wr = open("f", O_WRONLY);
	ERR(EBADF, flock, NO_FD, LOCK_EX);
	ERR(EBADF, flock, open("f", O_PATH), LOCK_EX);
	ERR(EINVAL, flock, fd, 0);
	ERR(EINVAL, flock, fd, LOCK_SH | LOCK_EX);
	OK(flock, fd, LOCK_EX);
	ERR(EWOULDBLOCK, flock, rd, LOCK_EX | LOCK_NB);
	ERR(EWOULDBLOCK, flock, rd, LOCK_SH | LOCK_NB);
	interrupt_after(20);
	ERR(EINTR, flock, rd, LOCK_SH);
	interrupt_end();

	FAULT(fcntl, fd, F_SETLK, bad);
	FAULT(fcntl, fd, F_GETLK, bad);
	ERR(EBADF, fcntl, rd, F_SETLK, &fl);
	fl.l_type = F_RDLCK;
	ERR(EBADF, fcntl, wr, F_SETLK, &fl);
	fl.l_type = 77;
	ERR(EINVAL, fcntl, fd, F_SETLK, &fl);
	ERR(EINVAL, fcntl, fd, F_GETLK, &fl);
	fl.l_type = F_WRLCK;
	fl.l_whence = 9;
	ERR(EINVAL, fcntl, fd, F_SETLK, &fl);
	fl.l_whence = SEEK_SET;
	fl.l_start = -5;
	ERR(EINVAL, fcntl, fd, F_SETLK, &fl);
	fl.l_start = 5;
	fl.l_len = -6;
	ERR(EINVAL, fcntl, fd, F_SETLK, &fl);
	fl.l_start = LONG_MAX;
	fl.l_len = 2;
	ERR(EOVERFLOW, fcntl, fd, F_SETLK, &fl);
	fl.l_start = fl.l_len = 0;
	fl.l_pid = 1;
	ERR(EINVAL, fcntl, fd, F_OFD_SETLK, &fl);
	fl.l_pid = 0;
	fl.l_len = 10;
	OK(fcntl, fd, F_SETLK, &fl);
	CHECK_EQ(pipe(p), 0);
	pid = fork();
	if (pid == 0) {
		fd2 = open("f", O_RDWR);
		ERR(EAGAIN, fcntl, fd2, F_SETLK, &fl);
		interrupt_after(20);
		ERR(EINTR, fcntl, fd2, F_SETLKW, &fl);
		/* This one waits for the parent, who would wait for it. */
		interrupt_end();
		fl.l_start = 1000;
		fl.l_len = 1;
		OK(fcntl, fd2, F_SETLK, &fl);
		(void)!write(p[1], "x", 1);
		fl.l_start = 0;
		fl.l_len = 10;
		OK(fcntl, fd2, F_SETLKW, &fl);
		fflush(stdout);
		_exit(tap_bad != 0);
	}
	CHECK_EQ(read(p[0], &c, 1), 1);
	asleep_wait(pid);
	fl.l_start = 1000;
	fl.l_len = 1;
	ERR(EAGAIN, fcntl, fd, F_SETLK, &fl);
	ERR(EDEADLK, fcntl, fd, F_SETLKW, &fl);
	fl.l_start = 0;
	fl.l_len = 10;
	fl.l_type = F_UNLCK;
	OK(fcntl, fd, F_SETLK, &fl);
	CHECK_EQ(wait(&fd2) > 0 ? fd2 : -1, 0);
}

static void
sizes_refuse(void)
{
	struct rlimit rl = { 100, 100 };
	int fd, rd, p[2], dir;

	fresh_dir();
	fd = new_file("f", "hello");
	rd = open("f", O_RDONLY);
	dir = open(".", O_RDONLY);
	CHECK_EQ(pipe(p), 0);
	FAULT(truncate, bad, 0);
	ERR(EINVAL, truncate, "f", -1);
	ERR(ENOENT, truncate, "none", 0);
	ERR(ENOTDIR, truncate, "f/x", 0);
	ERR(EISDIR, truncate, ".", 0);
	ERR(ENAMETOOLONG, truncate, long_name, 0);
	OK(symlink, "loop", "loop");
	ERR(ELOOP, truncate, "loop", 0);
	OK(mknod, "fifo", S_IFIFO | 0666, 0);
	ERR(EINVAL, truncate, "fifo", 0);
	ERR(EBADF, ftruncate, NO_FD, 0);
	ERR(EBADF, ftruncate, open("f", O_PATH), 0);
	ERR(EINVAL, ftruncate, fd, -1);
	ERR(EINVAL, ftruncate, rd, 0);
	ERR(EINVAL, ftruncate, p[1], 0);
	ERR(EINVAL, ftruncate, dir, 0);
	AS_USER
		ERR(EACCES, truncate, "f", 0);

	ERR(EBADF, fallocate, NO_FD, 0, 0, 1);
	ERR(EBADF, fallocate, rd, 0, 0, 1);
	ERR(EINVAL, fallocate, fd, 0, -1, 1);
	ERR(EINVAL, fallocate, fd, 0, 0, 0);
	ERR(EINVAL, fallocate, fd, 0, 0, -1);
	ERR(EFBIG, fallocate, fd, 0, LONG_MAX, 1);
	ERR(EOPNOTSUPP, fallocate, fd, 0x8000, 0, 1);
	ERR(EOPNOTSUPP, fallocate, fd, 2 /* a hole that grows */, 0, 1);
	ERR(ESPIPE, fallocate, p[1], 0, 0, 1);
	ERR(ENODEV, fallocate, open("/dev/null", O_RDWR), 0, 0, 1);

	signal(SIGXFSZ, SIG_IGN);
	CHECK_EQ(setrlimit(RLIMIT_FSIZE, &rl), 0);
	ERR(EFBIG, ftruncate, fd, 101);
	ERR(EFBIG, truncate, "f", 101);
	ERR(EFBIG, pwrite64, fd, "x", 1, 100);
	ERR(EFBIG, fallocate, fd, 0, 0, 101);
	CHECK_EQ(SYS(pwrite64, fd, "xy", 2, 99), 1);
}

static void
syncs_and_advice_refuse(void)
{
	int fd, p[2], path;

	fresh_dir();
	fd = new_file("f", "hello");
	path = open("f", O_PATH);
	CHECK_EQ(pipe(p), 0);
	OK(sync);
	ERR(EBADF, fsync, NO_FD);
	ERR(EBADF, fdatasync, NO_FD);
	ERR(EBADF, fsync, path);
	ERR(EINVAL, fsync, p[0]);
	ERR(EINVAL, fdatasync, p[1]);
	ERR(EBADF, syncfs, NO_FD);
	ERR(EBADF, syncfs, path);
	ERR(EBADF, sync_file_range, NO_FD, 0, 0, 0);
	ERR(EINVAL, sync_file_range, fd, 0, 0, 8);
	ERR(EINVAL, sync_file_range, fd, -1, 0, 0);
	ERR(EINVAL, sync_file_range, fd, 0, -1, 0);
	ERR(ESPIPE, sync_file_range, p[0], 0, 0, 0);
	ERR(EBADF, readahead, NO_FD, 0, 1);
	ERR(EBADF, readahead, open("f", O_WRONLY), 0, 1);
	ERR(EINVAL, readahead, p[0], 0, 1);
	ERR(EBADF, fadvise64, NO_FD, 0, 0, 0);
	ERR(EINVAL, fadvise64, fd, 0, 0, 99);
	ERR(EINVAL, fadvise64, fd, 0, -1, 0);
	ERR(ESPIPE, fadvise64, p[0], 0, 0, 0);
}

static void
listings_refuse(void)
{
	static char buf[4096];
	int fd, dir;

	fresh_dir();
	fd = new_file("f", "x");
	dir = open(".", O_RDONLY);
	FAULT_OUT(getdents64, (lseek(dir, 0, SEEK_SET), dir), bad, 4096);
	FAULT_OUT(getdents, (lseek(dir, 0, SEEK_SET), dir), bad, 4096);
	lseek(dir, 0, SEEK_SET);
	ERR(EBADF, getdents, NO_FD, buf, sizeof(buf));
	ERR(EBADF, getdents64, NO_FD, buf, sizeof(buf));
	ERR(EBADF, getdents64, open(".", O_PATH), buf, sizeof(buf));
	ERR(ENOTDIR, getdents, fd, buf, sizeof(buf));
	ERR(ENOTDIR, getdents64, fd, buf, sizeof(buf));
	ERR(EINVAL, getdents, dir, buf, 4);
	ERR(EINVAL, getdents64, dir, buf, 4);
	OK(mkdir, "gone", 0755);
	dir = open("gone", O_RDONLY);
	OK(rmdir, "gone");
	ERR(ENOENT, getdents64, dir, buf, sizeof(buf));
	ERR(ENOENT, openat, dir, "x", O_CREAT | O_RDWR, 0644);
}

int
main(void)
{
	memset(long_name, 'n', sizeof(long_name) - 1);
	memset(long_path, '/', sizeof(long_path) - 1);
	TAP_RUN(open_refuses);
	TAP_RUN(open_denies);
	TAP_RUN(openat2_refuses);
	TAP_RUN(transfers_refuse);
	TAP_RUN(partial_transfers_stop_where_memory_ends);
	TAP_RUN(descriptors_refuse);
	TAP_RUN(locks_refuse);
	TAP_RUN(sizes_refuse);
	TAP_RUN(syncs_and_advice_refuse);
	TAP_RUN(listings_refuse);
	return tap_end();
}
