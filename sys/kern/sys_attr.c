/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/sys_attr.c: modes, owners, times, permission checks and extended
 * attributes.
 */
#include "base/slab.h"

#include "fs/vnode.h"
#include "kern/filecall.h"
#include "kern/linux_stat.h"
#include "kern/syscall.h"

static unsigned
lookup_flags(int at_flags)
{
	return ((at_flags & AT_SYMLINK_NOFOLLOW) != 0 ? LOOKUP_NOFOLLOW : 0) |
	    ((at_flags & AT_EMPTY_PATH) != 0 ? LOOKUP_EMPTY : 0);
}

/* The place of an open file; -EBADF for O_PATH files unless they may. */
static int
fd_place(int fd, struct path *p)
{
	struct fdref fr;
	int error;

	error = fd_borrow(fd, &fr);
	if (error != 0)
		return error;
	error = file_path(fr.fr_file, p);
	fd_return(&fr);
	return error;
}

/* --- mode ---------------------------------------------------------------- */

static long
place_chmod(struct path *p, mode_t mode)
{
	int error;

	error = vfs_chmod(p, mode & 07777, curlwp()->l_cred);
	path_unref(p);
	return error;
}

long
sys_fchmodat(int dirfd, vaddr_t path, mode_t mode)
{
	struct path p;
	int error;

	error = at_lookup(dirfd, path, 0, &p);
	return error != 0 ? error : place_chmod(&p, mode);
}

long
sys_chmod(vaddr_t path, mode_t mode)
{
	return sys_fchmodat(AT_FDCWD, path, mode);
}

long
sys_fchmod(int fd, mode_t mode)
{
	struct path p;
	int error;

	error = fd_place(fd, &p);
	return error != 0 ? error : place_chmod(&p, mode);
}

/* --- owner --------------------------------------------------------------- */

static long
place_chown(struct path *p, uid_t uid, gid_t gid)
{
	int error;

	error = vfs_chown(p, uid, gid, curlwp()->l_cred);
	path_unref(p);
	return error;
}

long
sys_fchownat(int dirfd, vaddr_t path, uid_t uid, gid_t gid, int flags)
{
	struct path p;
	int error;

	if ((flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) != 0)
		return -EINVAL;
	error = at_lookup(dirfd, path, lookup_flags(flags), &p);
	return error != 0 ? error : place_chown(&p, uid, gid);
}

long
sys_chown(vaddr_t path, uid_t uid, gid_t gid)
{
	return sys_fchownat(AT_FDCWD, path, uid, gid, 0);
}

long
sys_lchown(vaddr_t path, uid_t uid, gid_t gid)
{
	return sys_fchownat(AT_FDCWD, path, uid, gid, AT_SYMLINK_NOFOLLOW);
}

long
sys_fchown(int fd, uid_t uid, gid_t gid)
{
	struct path p;
	int error;

	error = fd_place(fd, &p);
	return error != 0 ? error : place_chown(&p, uid, gid);
}

/* --- times --------------------------------------------------------------- */

#define TIME_NOW  NSEC_NEVER
#define TIME_OMIT (NSEC_NEVER - 1)
#define UTIME_NOW  0x3fffffff
#define UTIME_OMIT 0x3ffffffe

/* sec and ns as one; years that do not fit stay at the ends. */
static nsec_t
time_join(int64_t sec, int64_t ns)
{
	nsec_t t;

	if (__builtin_mul_overflow(sec, NSEC_PER_SEC, &t) ||
	    __builtin_add_overflow(t, ns, &t))
		return sec < 0 ? INT64_MIN : TIME_OMIT - 1;
	return MIN(t, TIME_OMIT - 1);
}

/* dirfd with a name of 0: the open file itself. */
static long
do_utimes(int dirfd, vaddr_t path, const nsec_t t[2], int flags)
{
	struct path p;
	int error;

	if (path == 0)
		error = fd_place(dirfd, &p);
	else
		error = at_lookup(dirfd, path, lookup_flags(flags), &p);
	if (error != 0)
		return error;
	error = vfs_utimes(&p, t[0], t[1], curlwp()->l_cred);
	path_unref(&p);
	return error;
}

static int
timespec_to_ns(const struct linux_time *lt, nsec_t *t)
{
	if (lt->tv_nsec == UTIME_NOW)
		*t = TIME_NOW;
	else if (lt->tv_nsec == UTIME_OMIT)
		*t = TIME_OMIT;
	else if (lt->tv_nsec < 0 || lt->tv_nsec >= NSEC_PER_SEC)
		return -EINVAL;
	else
		*t = time_join(lt->tv_sec, lt->tv_nsec);
	return 0;
}

long
sys_utimensat(int dirfd, vaddr_t path, vaddr_t utimes, int flags)
{
	nsec_t t[2] = { TIME_NOW, TIME_NOW };
	struct linux_time lt[2];

	if (utimes != 0) {
		if (copyin(utimes, lt, sizeof(lt)) != 0)
			return -EFAULT;
		if (timespec_to_ns(&lt[0], &t[0]) != 0 ||
		    timespec_to_ns(&lt[1], &t[1]) != 0)
			return -EINVAL;
		if (t[0] == TIME_OMIT && t[1] == TIME_OMIT)
			return 0; /* whatever the rest may be */
	}
	if ((flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) != 0 ||
	    (path == 0 && flags != 0))
		return -EINVAL;
	if (path == 0 && dirfd == AT_FDCWD)
		return -EFAULT;
	return do_utimes(dirfd, path, t, flags);
}

long
sys_futimesat(int dirfd, vaddr_t path, vaddr_t utimes)
{
	nsec_t t[2] = { TIME_NOW, TIME_NOW };
	struct linux_time tv[2]; /* microseconds */
	int i;

	if (path == 0 && dirfd == AT_FDCWD)
		return -EFAULT;
	if (utimes != 0) {
		if (copyin(utimes, tv, sizeof(tv)) != 0)
			return -EFAULT;
		for (i = 0; i < 2; i++) {
			if (tv[i].tv_nsec < 0 || tv[i].tv_nsec >= 1000000)
				return -EINVAL;
			t[i] = time_join(tv[i].tv_sec, tv[i].tv_nsec * 1000);
		}
	}
	return do_utimes(dirfd, path, t, 0);
}

long
sys_utimes(vaddr_t path, vaddr_t utimes)
{
	return sys_futimesat(AT_FDCWD, path, utimes);
}

long
sys_utime(vaddr_t path, vaddr_t utimes)
{
	nsec_t t[2] = { TIME_NOW, TIME_NOW };
	int64_t sec[2];

	if (path == 0)
		return -EFAULT;
	if (utimes != 0) {
		if (copyin(utimes, sec, sizeof(sec)) != 0)
			return -EFAULT;
		t[0] = time_join(sec[0], 0);
		t[1] = time_join(sec[1], 0);
	}
	return do_utimes(AT_FDCWD, path, t, 0);
}

/* --- access -------------------------------------------------------------- */

/*
 * access(2) asks for the real user. Root's capabilities are then those of
 * the real user too: all if that is root, otherwise none.
 */
static int
access_as(struct path *p, int mode, bool effective)
{
	const struct cred *cr = curlwp()->l_cred;
	struct cred real;

	if (effective || (cr->cr_uid == cr->cr_fsuid &&
			     cr->cr_gid == cr->cr_fsgid))
		return vfs_access(p, mode, cr);
	real = *cr;
	real.cr_fsuid = cr->cr_uid;
	real.cr_fsgid = cr->cr_gid;
	real.cr_cap_eff = cr->cr_uid == 0 ? cr->cr_cap_perm : 0;
	return vfs_access(p, mode, &real);
}

long
sys_faccessat2(int dirfd, vaddr_t path, int mode, int flags)
{
	struct path p;
	int error;

	if ((mode & ~7) != 0 ||
	    (flags & ~(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) != 0)
		return -EINVAL;
	error = at_lookup(dirfd, path, lookup_flags(flags), &p);
	if (error != 0)
		return error;
	if (mode != 0)
		error = access_as(&p, mode, (flags & AT_EACCESS) != 0);
	path_unref(&p);
	return error;
}

long
sys_faccessat(int dirfd, vaddr_t path, int mode)
{
	return sys_faccessat2(dirfd, path, mode, 0);
}

long
sys_access(vaddr_t path, int mode)
{
	return sys_faccessat2(AT_FDCWD, path, mode, 0);
}

/* --- extended attributes ------------------------------------------------- */

/*
 * No file system here stores them. All else is checked all the same, so that
 * a program hears what is wrong with its arguments, or that there is no such
 * file, before EOPNOTSUPP.
 */
#define XATTR_SIZE_MAX 65536

/* Looks the file up; write: it would be changed. */
static int
xattr_place(vaddr_t path, unsigned flags, bool write)
{
	struct path p;
	int error;

	error = at_lookup(AT_FDCWD, path, flags, &p);
	if (error != 0)
		return error;
	if (write)
		error = vfs_writable(&p);
	path_unref(&p);
	return error;
}

static int
xattr_fd(int fd, bool write)
{
	struct fdref fr;
	struct path p;
	int error;

	error = fd_borrow(fd, &fr);
	if (error != 0)
		return error;
	/* What has no name is on no file system that could be read-only. */
	if (write && file_path(fr.fr_file, &p) == 0) {
		error = vfs_writable(&p);
		path_unref(&p);
	}
	fd_return(&fr);
	return error;
}

/* XATTR_NAME_MAX 255: a longer or an empty name is ERANGE. */
static int
xattr_check(vaddr_t uname)
{
	char name[256];
	ssize_t len;

	len = copyinstr(uname, name, sizeof(name));
	if (len == -ENAMETOOLONG || len == 0)
		return -ERANGE;
	return len < 0 ? (int)len : 0;
}

static int
xattr_set_check(vaddr_t uname, size_t size, int flags)
{
	int error = (flags & ~3) != 0 ? -EINVAL : xattr_check(uname);

	return error == 0 && size > XATTR_SIZE_MAX ? -E2BIG : error;
}

/* The first that is wrong, and at last what is always wrong. */
static long
xattr_result(int error)
{
	return error != 0 ? error : -EOPNOTSUPP;
}

long
sys_setxattr(vaddr_t path, vaddr_t name, vaddr_t value, size_t size, int flags)
{
	int error = xattr_set_check(name, size, flags);

	return xattr_result(error != 0 ? error : xattr_place(path, 0, true));
}

long
sys_lsetxattr(vaddr_t path, vaddr_t name, vaddr_t value, size_t size,
    int flags)
{
	int error = xattr_set_check(name, size, flags);

	return xattr_result(error != 0 ? error :
	    xattr_place(path, LOOKUP_NOFOLLOW, true));
}

long
sys_fsetxattr(int fd, vaddr_t name, vaddr_t value, size_t size, int flags)
{
	int error = xattr_fd(fd, false);

	if (error == 0)
		error = xattr_set_check(name, size, flags);
	return xattr_result(error != 0 ? error : xattr_fd(fd, true));
}

long
sys_getxattr(vaddr_t path, vaddr_t name, vaddr_t value, size_t size)
{
	int error = xattr_place(path, 0, false);

	return xattr_result(error != 0 ? error : xattr_check(name));
}

long
sys_lgetxattr(vaddr_t path, vaddr_t name, vaddr_t value, size_t size)
{
	int error = xattr_place(path, LOOKUP_NOFOLLOW, false);

	return xattr_result(error != 0 ? error : xattr_check(name));
}

long
sys_fgetxattr(int fd, vaddr_t name, vaddr_t value, size_t size)
{
	int error = xattr_fd(fd, false);

	return xattr_result(error != 0 ? error : xattr_check(name));
}

/* Listing is no error: there are none. */
long
sys_listxattr(vaddr_t path, vaddr_t list, size_t size)
{
	return xattr_place(path, 0, false);
}

long
sys_llistxattr(vaddr_t path, vaddr_t list, size_t size)
{
	return xattr_place(path, LOOKUP_NOFOLLOW, false);
}

long
sys_flistxattr(int fd, vaddr_t list, size_t size)
{
	return xattr_fd(fd, false);
}

long
sys_removexattr(vaddr_t path, vaddr_t name)
{
	int error = xattr_place(path, 0, true);

	return xattr_result(error != 0 ? error : xattr_check(name));
}

long
sys_lremovexattr(vaddr_t path, vaddr_t name)
{
	int error = xattr_place(path, LOOKUP_NOFOLLOW, true);

	return xattr_result(error != 0 ? error : xattr_check(name));
}

long
sys_fremovexattr(int fd, vaddr_t name)
{
	int error = xattr_fd(fd, true);

	return xattr_result(error != 0 ? error : xattr_check(name));
}
