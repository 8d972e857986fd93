/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/sys_open.c: open, close and dup: descriptors come and go.
 */
#include "kern/filecall.h"
#include "kern/syscall.h"

#define O_TMPFILE_BIT (O_TMPFILE & ~O_DIRECTORY)
#define OPEN_FLAGS                                                           \
	(O_ACCMODE | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_APPEND |      \
	    O_NONBLOCK | O_SYNC | O_ASYNC | O_DIRECT | O_LARGEFILE |         \
	    O_DIRECTORY | O_NOFOLLOW | O_NOATIME | O_CLOEXEC | O_PATH |      \
	    O_TMPFILE)

struct open_how {
	uint64_t flags, mode, resolve;
};
#define RESOLVE_CACHED	      0x20
#define RESOLVE_KNOWN	      0x3f

/* open(2) does what it can with strange flags; openat2(2) does not. */
static unsigned
flags_settle(unsigned flags)
{
	flags &= OPEN_FLAGS;
	if ((flags & O_PATH) != 0)
		flags &= O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	else
		flags |= O_LARGEFILE;
	return flags;
}

static int
flags_check(unsigned flags)
{
	if ((flags & O_TMPFILE_BIT) != 0 &&
	    ((flags & O_DIRECTORY) == 0 || (flags & O_ACCMODE) == O_RDONLY))
		return -EINVAL;
	if ((flags & (O_CREAT | O_DIRECTORY)) == (O_CREAT | O_DIRECTORY) &&
	    (flags & O_TMPFILE_BIT) == 0)
		return -EINVAL;
	return 0;
}

static long
do_open(int dirfd, vaddr_t uname, unsigned flags, mode_t mode,
    unsigned resolve)
{
	NAMED(nb);
	struct at_ctx at;
	struct file *fp;
	int error, fd;

	error = flags_check(flags);
	if (error != 0)
		return error;
	error = name_copyin(uname, &nb);
	if (unlikely(error != 0))
		goto out;
	/* In its own root "/x" is looked up from there, so dirfd counts. */
	error = at_begin(&at, dirfd,
	    (resolve & RESOLVE_SCOPED) ? "." : nb.nb_name);
	if (error != 0)
		goto out;
	if (resolve & RESOLVE_SCOPED)
		at.at_lc.lc_root = at.at_lc.lc_cwd;
	error = vfs_open_within(&at.at_lc, nb.nb_name, flags & ~O_CLOEXEC,
	    mode & 07777, resolve, &fp);
	at_end(&at);
	if (error != 0)
		goto out;
	fd = fd_install(fp, 0, (flags & O_CLOEXEC) != 0);
	if (unlikely(fd < 0))
		file_unref(fp);
	error = fd;
out:
	name_free(&nb);
	return error;
}

long
sys_open(vaddr_t path, int flags, mode_t mode)
{
	return do_open(AT_FDCWD, path, flags_settle((unsigned)flags), mode, 0);
}

long
sys_openat(int dirfd, vaddr_t path, int flags, mode_t mode)
{
	return do_open(dirfd, path, flags_settle((unsigned)flags), mode, 0);
}

long
sys_creat(vaddr_t path, mode_t mode)
{
	return do_open(AT_FDCWD, path,
	    O_CREAT | O_WRONLY | O_TRUNC | O_LARGEFILE, mode, 0);
}

/* Structures that may grow: what we do not know must be zero. */
static int
how_copyin(vaddr_t uhow, size_t size, struct open_how *how)
{
	uint8_t rest[64];
	size_t at, n, i;

	if (size < sizeof(*how))
		return -EINVAL;
	if (size > PAGE_SIZE)
		return -E2BIG;
	if (copyin(uhow, how, sizeof(*how)) != 0)
		return -EFAULT;
	for (at = sizeof(*how); at < size; at += n) {
		n = MIN(size - at, sizeof(rest));
		if (copyin(uhow + at, rest, n) != 0)
			return -EFAULT;
		for (i = 0; i < n; i++)
			if (rest[i] != 0)
				return -E2BIG;
	}
	return 0;
}

long
sys_openat2(int dirfd, vaddr_t path, vaddr_t uhow, size_t size)
{
	struct open_how how;
	unsigned flags;
	int error;

	error = how_copyin(uhow, size, &how);
	if (error != 0)
		return error;
	if ((how.flags & ~(uint64_t)OPEN_FLAGS) != 0 ||
	    (how.resolve & ~(uint64_t)RESOLVE_KNOWN) != 0 ||
	    (how.mode & ~(uint64_t)07777) != 0)
		return -EINVAL;
	flags = (unsigned)how.flags;
	if (how.mode != 0 && (flags & (O_CREAT | O_TMPFILE_BIT)) == 0)
		return -EINVAL;
	if ((flags & O_PATH) != 0 && flags != flags_settle(flags))
		return -EINVAL;
	if ((how.resolve & RESOLVE_SCOPED) == RESOLVE_SCOPED)
		return -EINVAL;
	if ((how.resolve & RESOLVE_CACHED) != 0)
		return (flags & (O_TRUNC | O_CREAT | O_TMPFILE_BIT)) != 0 ?
		    -EINVAL : -EAGAIN;
	return do_open(dirfd, path, flags_settle(flags), (mode_t)how.mode,
	    (unsigned)how.resolve);
}

long
sys_close(int fd)
{
	return fd_close(fd);
}

#define CLOSE_RANGE_UNSHARE 0x2
#define CLOSE_RANGE_CLOEXEC 0x4

long
sys_close_range(unsigned first, unsigned last, unsigned flags)
{
	int error;

	if ((flags & ~(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC)) != 0 ||
	    first > last)
		return -EINVAL;
	if ((flags & CLOSE_RANGE_UNSHARE) != 0) {
		error = fd_unshare();
		if (error != 0)
			return error;
	}
	fd_close_range(first, last, (flags & CLOSE_RANGE_CLOEXEC) != 0);
	return 0;
}

/* --- dup ----------------------------------------------------------------- */

long
sys_dup(int fd)
{
	struct file *fp;
	int error, newfd;

	error = fd_get_path(fd, &fp);
	if (error != 0)
		return error;
	newfd = fd_install(fp, 0, false);
	if (newfd < 0)
		file_unref(fp);
	return newfd;
}

static long
do_dup_to(int fd, int newfd, bool cloexec)
{
	struct file *fp;
	int error;

	error = fd_get_path(fd, &fp);
	if (error != 0)
		return error;
	error = fd_dup_to(fp, newfd, cloexec);
	file_unref(fp);
	return error;
}

long
sys_dup2(int fd, int newfd)
{
	struct fdref fr;
	int error;

	if (fd == newfd) {
		error = fd_borrow_path(fd, &fr);
		if (error != 0)
			return error;
		fd_return(&fr);
		return newfd;
	}
	return do_dup_to(fd, newfd, false);
}

long
sys_dup3(int fd, int newfd, int flags)
{
	if ((flags & ~O_CLOEXEC) != 0 || fd == newfd)
		return -EINVAL;
	return do_dup_to(fd, newfd, (flags & O_CLOEXEC) != 0);
}
