/* SPDX-License-Identifier: MIT */
/*
 * tests/guest/err_names.c - what calls on names and attributes refuse.
 *
 * calls: stat fstat lstat newfstatat statx access faccessat faccessat2
 * calls: statfs fstatfs mkdir mkdirat rmdir unlink unlinkat link linkat
 * calls: symlink symlinkat readlink readlinkat rename renameat renameat2
 * calls: mknod mknodat chmod fchmod fchmodat chown fchown lchown fchownat
 * calls: utime utimes futimesat utimensat umask chdir fchdir getcwd chroot
 * calls: setxattr lsetxattr fsetxattr getxattr lgetxattr fgetxattr listxattr
 * calls: llistxattr flistxattr removexattr lremovexattr fremovexattr
 */
#include <sys/mount.h>
#include <sys/time.h>
#include <limits.h>
#include <utime.h>

#include "err.h"

static char long_name[300], long_path[PATH_MAX + 10], buf[4096];
static const int cwd = AT_FDCWD;

/*
 * What every call that follows a path refuses.  LAST follows the last name
 * too.  In each directory: a file "f", a loop "loop", a closed folder.
 */
#define PATH_ERRORS(name, ...)	/* the path is first */			\
	do {								\
		FAULT(name, bad, ##__VA_ARGS__);			\
		ERR(ENOENT, name, "", ##__VA_ARGS__);			\
		ERR(ENOENT, name, "none/x", ##__VA_ARGS__);		\
		ERR(ENOTDIR, name, "f/x", ##__VA_ARGS__);		\
		ERR(ELOOP, name, "loop/x", ##__VA_ARGS__);		\
		ERR(ENAMETOOLONG, name, long_name, ##__VA_ARGS__);	\
		ERR(ENAMETOOLONG, name, long_path, ##__VA_ARGS__);	\
		AS_USER							\
			ERR(EACCES, name, "closed/x", ##__VA_ARGS__);	\
	} while (0)

#define PATH_ERRORS_AT(name, ...)	/* the path is second */	\
	do {								\
		FAULT(name, cwd, bad, ##__VA_ARGS__);			\
		ERR(ENOENT, name, cwd, "none/x", ##__VA_ARGS__);	\
		ERR(ENOTDIR, name, cwd, "f/x", ##__VA_ARGS__);		\
		ERR(ELOOP, name, cwd, "loop/x", ##__VA_ARGS__);		\
		ERR(ENAMETOOLONG, name, cwd, long_name, ##__VA_ARGS__);	\
		ERR(EBADF, name, NO_FD, "x", ##__VA_ARGS__);		\
		ERR(ENOTDIR, name, file_fd, "x", ##__VA_ARGS__);	\
		AS_USER							\
			ERR(EACCES, name, cwd, "closed/x",		\
			    ##__VA_ARGS__);				\
	} while (0)

static int file_fd;

static void
furnish(void)
{
	fresh_dir();
	file_fd = new_file("f", "hello");
	OK(symlink, "loop", "loop");
	OK(mkdir, "closed", 0700);
	close(new_file("closed/x", "x"));
}

static void
stat_refuses(void)
{
	furnish();
	PATH_ERRORS(stat, buf);
	PATH_ERRORS(lstat, buf);
	PATH_ERRORS_AT(newfstatat, buf, 0);
	PATH_ERRORS_AT(statx, 0, 0x7ff, buf);
	PATH_ERRORS(statfs, buf);
	FAULT_OUT(stat, "f", bad);
	FAULT_OUT(lstat, "f", bad);
	FAULT_OUT(fstat, file_fd, bad);
	FAULT_OUT(newfstatat, cwd, "f", bad, 0);
	FAULT_OUT(statx, cwd, "f", 0, 0x7ff, bad);
	FAULT_OUT(statfs, ".", bad);
	FAULT_OUT(fstatfs, file_fd, bad);
	ERR(ENOENT, stat, "none", buf);
	ERR(ELOOP, stat, "loop", buf);
	OK(lstat, "loop", buf);
	ERR(EBADF, fstat, NO_FD, buf);
	ERR(EBADF, fstatfs, NO_FD, buf);
	ERR(EINVAL, newfstatat, cwd, "f", buf, 0x10000);
	ERR(ENOENT, newfstatat, cwd, "", buf, 0);
	OK(newfstatat, file_fd, "", buf, AT_EMPTY_PATH);
	ERR(EINVAL, statx, cwd, "f", 0x10000, 0x7ff, buf);
	ERR(EINVAL, statx, cwd, "f", 0, 0x80000000, buf);
	ERR(EINVAL, statx, cwd, "f", 0x6000, 0x7ff, buf);
}

static void
access_refuses(void)
{
	furnish();
	PATH_ERRORS(access, F_OK);
	PATH_ERRORS_AT(faccessat, F_OK);
	PATH_ERRORS_AT(faccessat2, F_OK, 0);
	ERR(EINVAL, access, "f", 8);
	ERR(EINVAL, faccessat, cwd, "f", -1);
	ERR(EINVAL, faccessat2, cwd, "f", 8, 0);
	ERR(EINVAL, faccessat2, cwd, "f", F_OK, 0x10000);
	ERR(EACCES, access, "f", X_OK);
	ERR(ELOOP, access, "loop", F_OK);
	OK(faccessat2, cwd, "loop", F_OK, AT_SYMLINK_NOFOLLOW);
	AS_USER {
		ERR(EACCES, access, "f", W_OK);
		ERR(EACCES, faccessat, cwd, "f", W_OK);
		ERR(EACCES, faccessat2, cwd, "f", W_OK, AT_EACCESS);
	}
}

static void
folders_refuse(void)
{
	int dir;

	furnish();
	PATH_ERRORS(mkdir, 0755);
	PATH_ERRORS_AT(mkdirat, 0755);
	PATH_ERRORS(rmdir);
	ERR(EEXIST, mkdir, "f", 0755);
	ERR(EEXIST, mkdir, "loop", 0755);
	ERR(EEXIST, mkdir, ".", 0755);
	ERR(EEXIST, mkdir, "/", 0755);
	ERR(EEXIST, mkdirat, cwd, "closed", 0755);
	ERR(ENOENT, mkdirat, cwd, "", 0755);
	ERR(ENOENT, rmdir, "none");
	ERR(ENOTDIR, rmdir, "f");
	ERR(ENOTDIR, rmdir, "loop");
	ERR(ENOTEMPTY, rmdir, "closed");
	ERR(EINVAL, rmdir, ".");
	ERR(ENOTEMPTY, rmdir, "closed/..");
	ERR(EBUSY, rmdir, "/");
	ERR(EBUSY, rmdir, "/proc");
	dir = open("closed", O_RDONLY);
	OK(unlinkat, dir, "x", 0);
	OK(rmdir, "closed");
	ERR(ENOENT, mkdirat, dir, "x", 0755);
	OK(mkdir, "theirs", 0755);
	OK(mkdir, "theirs/d", 0755);
	OK(mkdir, "sticky", 01777);
	OK(mkdir, "sticky/d", 0777);
	AS_USER {
		ERR(EACCES, mkdir, "theirs/new", 0755);
		ERR(EACCES, rmdir, "theirs/d");
		ERR(EPERM, rmdir, "sticky/d");
	}
}

static void
unlink_refuses(void)
{
	furnish();
	PATH_ERRORS(unlink);
	PATH_ERRORS_AT(unlinkat, 0);
	ERR(ENOENT, unlink, "none");
	ERR(EISDIR, unlink, "closed");
	ERR(EISDIR, unlink, ".");
	ERR(ENOTDIR, unlink, "f/");
	ERR(EINVAL, unlinkat, cwd, "f", 1);
	ERR(ENOTDIR, unlinkat, cwd, "f", AT_REMOVEDIR);
	ERR(ENOTEMPTY, unlinkat, cwd, "closed", AT_REMOVEDIR);
	ERR(EINVAL, unlinkat, cwd, ".", AT_REMOVEDIR);
	OK(mkdir, "sticky", 01777);
	close(new_file("sticky/f", ""));
	OK(mkdir, "theirs", 0755);
	close(new_file("theirs/f", ""));
	OK(chmod, "theirs/f", 0666);
	AS_USER {
		ERR(EPERM, unlink, "sticky/f");
		ERR(EACCES, unlink, "theirs/f");
		ERR(EPERM, rename, "sticky/f", "mine");
		ERR(EACCES, rename, "theirs/f", "mine");
		ERR(EACCES, rename, "f", "theirs/g");
		ERR(EACCES, link, "theirs/f", "theirs/g");
		ERR(EACCES, symlink, "x", "theirs/s");
		ERR(EACCES, mknod, "theirs/m", S_IFREG | 0644, 0);
	}
}

static void
links_refuse(void)
{
	furnish();
	PATH_ERRORS(link, "new");
	PATH_ERRORS_AT(linkat, cwd, "new", 0);
	FAULT(link, "f", bad);
	ERR(ENOENT, link, "none", "new");
	ERR(ENOENT, link, "f", "");
	ERR(ENOENT, link, "f", "none/x");
	ERR(ENOTDIR, link, "f", "f/x");
	ERR(ELOOP, link, "f", "loop/x");
	ERR(ENAMETOOLONG, link, "f", long_name);
	ERR(EEXIST, link, "f", "f");
	ERR(EEXIST, link, "f", "loop");
	ERR(EPERM, link, "closed", "new");
	ERR(EXDEV, link, "f", "/dev/err.new");
	ERR(EINVAL, linkat, cwd, "f", cwd, "new", 1);
	ERR(EBADF, linkat, cwd, "f", NO_FD, "new", 0);
	ERR(ENOTDIR, linkat, cwd, "f", file_fd, "new", 0);
	ERR(ELOOP, linkat, cwd, "loop", cwd, "new", AT_SYMLINK_FOLLOW);

	FAULT(symlink, bad, "new");
	FAULT(symlink, "t", bad);
	FAULT(symlinkat, "t", cwd, bad);
	ERR(ENOENT, symlink, "", "new");
	ERR(ENOENT, symlink, "t", "");
	ERR(ENOENT, symlink, "t", "none/x");
	ERR(ENOTDIR, symlink, "t", "f/x");
	ERR(ELOOP, symlink, "t", "loop/x");
	ERR(EEXIST, symlink, "t", "f");
	ERR(EEXIST, symlink, "t", "loop");
	ERR(ENAMETOOLONG, symlink, long_path, "new");
	ERR(ENAMETOOLONG, symlink, "t", long_name);
	ERR(EBADF, symlinkat, "t", NO_FD, "new");
	ERR(ENOTDIR, symlinkat, "t", file_fd, "new");

	PATH_ERRORS(readlink, buf, 10);
	PATH_ERRORS_AT(readlinkat, buf, 10);
	FAULT_OUT(readlink, "loop", bad, 10);
	ERR(EINVAL, readlink, "f", buf, 10);
	ERR(EINVAL, readlink, "loop", buf, 0);
	ERR(EINVAL, readlink, "loop", buf, -1);
	ERR(ENOENT, readlinkat, file_fd, "", buf, 10);
	ERR(EINVAL, readlinkat, cwd, "f", buf, 10);
}

static void
rename_refuses(void)
{
	furnish();
	PATH_ERRORS(rename, "new");
	PATH_ERRORS_AT(renameat, cwd, "new");
	PATH_ERRORS_AT(renameat2, cwd, "new", 0);
	FAULT(rename, "f", bad);
	ERR(ENOENT, rename, "none", "new");
	ERR(ENOENT, rename, "f", "none/x");
	ERR(ENOENT, rename, "f", "");
	ERR(ENOTDIR, rename, "f", "f/x");
	ERR(ELOOP, rename, "f", "loop/x");
	ERR(ENAMETOOLONG, rename, "f", long_name);
	OK(mkdir, "empty", 0755);
	ERR(EISDIR, rename, "f", "empty");
	ERR(ENOTDIR, rename, "empty", "f");
	ERR(ENOTEMPTY, rename, "empty", "closed");
	ERR(EINVAL, rename, "closed", "closed/sub");
	ERR(ENOTEMPTY, rename, "closed/x", "closed");
	ERR(EBUSY, rename, ".", "new");
	ERR(EBUSY, rename, "f", ".");
	ERR(EBUSY, rename, "closed/..", "new");
	ERR(EBUSY, rename, "/", "/err.new");
	ERR(EXDEV, rename, "f", "/dev/err.new");
	ERR(ENOTDIR, rename, "f/", "new");
	ERR(EBADF, renameat, cwd, "f", NO_FD, "new");
	ERR(ENOTDIR, renameat, cwd, "f", file_fd, "new");
	ERR(EINVAL, renameat2, cwd, "f", cwd, "new", 8);
	ERR(EINVAL, renameat2, cwd, "f", cwd, "new", 3);
	ERR(EEXIST, renameat2, cwd, "f", cwd, "empty", 1);
	ERR(ENOENT, renameat2, cwd, "f", cwd, "new", 2);
	ERR(EINVAL, renameat2, cwd, "closed", cwd, "closed/x", 2);
}

static void
mknod_refuses(void)
{
	furnish();
	PATH_ERRORS(mknod, S_IFREG | 0644, 0);
	PATH_ERRORS_AT(mknodat, S_IFREG | 0644, 0);
	ERR(EEXIST, mknod, "f", S_IFREG | 0644, 0);
	ERR(EEXIST, mknod, "loop", S_IFIFO | 0644, 0);
	ERR(EPERM, mknod, "new", S_IFDIR | 0755, 0);
	ERR(EINVAL, mknod, "new", S_IFLNK | 0755, 0);
	ERR(EINVAL, mknod, "new", 0170000, 0);
	AS_USER {
		ERR(EPERM, mknod, "new", S_IFCHR | 0666, 0x103);
		ERR(EPERM, mknodat, cwd, "new", S_IFBLK | 0666, 0x103);
	}
}

static void
modes_and_owners_refuse(void)
{
	furnish();
	PATH_ERRORS(chmod, 0644);
	PATH_ERRORS_AT(fchmodat, 0644);
	PATH_ERRORS(chown, 1, 1);
	PATH_ERRORS(lchown, 1, 1);
	PATH_ERRORS_AT(fchownat, 1, 1, 0);
	ERR(ENOENT, chmod, "none", 0644);
	ERR(ELOOP, chmod, "loop", 0644);
	ERR(ELOOP, chown, "loop", 1, 1);
	OK(lchown, "loop", 1, 1);
	ERR(EBADF, fchmod, NO_FD, 0644);
	ERR(EBADF, fchown, NO_FD, 0, 0);
	ERR(EBADF, fchmod, open("f", O_PATH), 0644);
	ERR(EBADF, fchown, open("f", O_PATH), 0, 0);
	ERR(EINVAL, fchownat, cwd, "f", 0, 0, 8);
	ERR(ENOENT, fchownat, cwd, "", 0, 0, 0);
	OK(fchownat, file_fd, "", -1, -1, AT_EMPTY_PATH);
	AS_USER {
		ERR(EPERM, chmod, "f", 0777);
		ERR(EPERM, fchmod, file_fd, 0777);
		ERR(EPERM, fchmodat, cwd, "f", 0777);
		ERR(EPERM, chown, "f", USER_ID, USER_ID);
		ERR(EPERM, lchown, "loop", USER_ID, USER_ID);
		ERR(EPERM, fchown, file_fd, USER_ID, -1);
		ERR(EPERM, fchownat, cwd, "f", USER_ID, -1, 0);
		close(new_file("mine", ""));
		ERR(EPERM, chown, "mine", 0, -1);
		ERR(EPERM, chown, "mine", -1, 0);
		OK(chown, "mine", USER_ID, USER_ID);
	}
	CHECK_EQ(SYS(umask, 0177777) & ~0777, 0);
	CHECK_EQ(SYS(umask, 022), 0777);
}

static void
times_refuse(void)
{
	struct timespec wrong[2] = { { 1, 1000000000 }, { 1, 0 } };
	struct timespec omit[2] = { { 0, UTIME_OMIT }, { 0, UTIME_OMIT } };
	struct timeval tv[2] = { { 1, 1000000 }, { 1, 0 } };
	struct timeval good[2] = { { 1, 0 }, { 1, 0 } };

	furnish();
	PATH_ERRORS(utime, NULL);
	PATH_ERRORS(utimes, NULL);
	PATH_ERRORS_AT(utimensat, NULL, 0);
	FAULT(utime, "f", bad);
	FAULT(utimes, "f", bad);
	FAULT(futimesat, cwd, "f", bad);
	FAULT(futimesat, cwd, bad, NULL);
	FAULT(utimensat, cwd, "f", bad, 0);
	ERR(ENOENT, utime, "none", NULL);
	ERR(ELOOP, utimes, "loop", NULL);
	ERR(EINVAL, utimes, "f", tv);
	ERR(EINVAL, futimesat, cwd, "f", tv);
	ERR(EBADF, futimesat, NO_FD, "f", NULL);
	ERR(EBADF, futimesat, NO_FD, NULL, NULL);
	ERR(EFAULT, futimesat, cwd, NULL, NULL);
	ERR(EINVAL, utimensat, cwd, "f", wrong, 0);
	ERR(EINVAL, utimensat, cwd, "f", NULL, 8);
	ERR(EINVAL, utimensat, file_fd, NULL, NULL, AT_SYMLINK_NOFOLLOW);
	ERR(EFAULT, utimensat, cwd, NULL, NULL, 0);
	ERR(EBADF, utimensat, NO_FD, NULL, NULL, 0);
	OK(utimensat, cwd, "loop", NULL, AT_SYMLINK_NOFOLLOW);
	OK(utimensat, cwd, "none", omit, 0);	/* nobody looks */
	AS_USER {
		ERR(EACCES, utime, "f", NULL);
		ERR(EACCES, utimes, "f", NULL);
		ERR(EACCES, utimensat, cwd, "f", NULL, 0);
		ERR(EPERM, utimes, "f", good);
		ERR(EPERM, futimesat, cwd, "f", good);
	}
}

static void
places_refuse(void)
{
	int dir;

	furnish();
	PATH_ERRORS(chdir);
	PATH_ERRORS(chroot);
	ERR(ENOENT, chdir, "none");
	ERR(ENOTDIR, chdir, "f");
	ERR(ELOOP, chdir, "loop");
	ERR(EBADF, fchdir, NO_FD);
	ERR(ENOTDIR, fchdir, file_fd);
	ERR(ENOTDIR, chroot, "f");
	dir = open("closed", O_RDONLY);
	AS_USER {
		ERR(EACCES, chdir, "closed");
		ERR(EACCES, fchdir, dir);
		ERR(EPERM, chroot, ".");
	}
	FAULT_OUT(getcwd, bad, 4096);
	ERR(ERANGE, getcwd, buf, 1);
	ERR(ERANGE, getcwd, buf, 0);
	OK(mkdir, "gone", 0755);
	OK(chdir, "gone");
	OK(rmdir, "../gone");
	ERR(ENOENT, getcwd, buf, sizeof(buf));
	ERR(ENOENT, open, "x", O_CREAT | O_RDWR, 0644);
	ERR(ENOENT, mkdir, "x", 0755);
}

static void
xattrs_refuse(void)
{
	char name[300] = "user.";

	furnish();
	memset(name + 5, 'n', 294);
	PATH_ERRORS(getxattr, "user.a", buf, 10);
	PATH_ERRORS(lgetxattr, "user.a", buf, 10);
	PATH_ERRORS(setxattr, "user.a", "v", 1, 0);
	PATH_ERRORS(lsetxattr, "user.a", "v", 1, 0);
	PATH_ERRORS(listxattr, buf, 10);
	PATH_ERRORS(llistxattr, buf, 10);
	PATH_ERRORS(removexattr, "user.a");
	PATH_ERRORS(lremovexattr, "user.a");
	FAULT(setxattr, "f", bad, "v", 1, 0);
	FAULT(getxattr, "f", bad, buf, 10);
	FAULT(removexattr, "f", bad);
	ERR(EBADF, fgetxattr, NO_FD, "user.a", buf, 10);
	ERR(EBADF, fsetxattr, NO_FD, "user.a", "v", 1, 0);
	ERR(EBADF, flistxattr, NO_FD, buf, 10);
	ERR(EBADF, fremovexattr, NO_FD, "user.a");
	ERR(EINVAL, setxattr, "f", "user.a", "v", 1, 4);
	ERR(ERANGE, setxattr, "f", name, "v", 1, 0);
	ERR(ERANGE, getxattr, "f", name, buf, 10);
	ERR(ERANGE, removexattr, "f", "");
	ERR(E2BIG, setxattr, "f", "user.a", "v", 65537, 0);
	ERR(EOPNOTSUPP, getxattr, "f", "nonsense", buf, 10);
	ERR(EOPNOTSUPP, fgetxattr, file_fd, "nonsense", buf, 10);
}

static void
readonly_refuses(void)
{
	furnish();
	OK(mkdir, "ro", 0755);
	OK(mount, "tmpfs", "ro", "tmpfs", 0, NULL);
	close(new_file("ro/f", "x"));
	OK(mkdir, "ro/d", 0755);
	OK(mount, NULL, "ro", NULL, MS_REMOUNT | MS_RDONLY, NULL);
	ERR(EROFS, open, "ro/f", O_WRONLY, 0);
	ERR(EROFS, open, "ro/new", O_CREAT | O_RDWR, 0644);
	ERR(EROFS, creat, "ro/f", 0644);
	ERR(EROFS, truncate, "ro/f", 0);
	ERR(EROFS, mkdir, "ro/new", 0755);
	ERR(EEXIST, mkdir, "ro/d", 0755);
	ERR(EROFS, rmdir, "ro/d");
	ERR(EROFS, unlink, "ro/f");
	ERR(EROFS, rename, "ro/f", "ro/g");
	ERR(EXDEV, rename, "f", "ro/g");
	ERR(EROFS, link, "ro/f", "ro/g");
	ERR(EROFS, symlink, "t", "ro/g");
	ERR(EROFS, mknod, "ro/g", S_IFREG | 0644, 0);
	ERR(EROFS, chmod, "ro/f", 0600);
	ERR(EROFS, chown, "ro/f", 1, 1);
	ERR(EROFS, utimes, "ro/f", NULL);
	ERR(EROFS, access, "ro/f", W_OK);
	ERR(EROFS, setxattr, "ro/f", "user.a", "v", 1, 0);
	ERR(EBUSY, rmdir, "ro");
	OK(umount2, "ro", 0);
}

int
main(void)
{
	memset(long_name, 'n', sizeof(long_name) - 1);
	memset(long_path, '/', sizeof(long_path) - 1);
	TAP_RUN(stat_refuses);
	TAP_RUN(access_refuses);
	TAP_RUN(folders_refuse);
	TAP_RUN(unlink_refuses);
	TAP_RUN(links_refuse);
	TAP_RUN(rename_refuses);
	TAP_RUN(mknod_refuses);
	TAP_RUN(modes_and_owners_refuse);
	TAP_RUN(times_refuse);
	TAP_RUN(places_refuse);
	TAP_RUN(xattrs_refuse);
	TAP_RUN(readonly_refuses);
	return tap_end();
}
