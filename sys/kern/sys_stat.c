/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/sys_stat.c: stat, statx and statfs: what a file or a file system
 * is, asked by name or by descriptor.
 */
#include "fs/vnode.h"
#include "kern/filecall.h"
#include "kern/linux_stat.h"
#include "kern/syscall.h"

#define PIPEFS_MAGIC	 0x50495045
#define SOCKFS_MAGIC	 0x534F434B
#define ANON_INODE_MAGIC 0x09041934

static inline struct linux_time
time_of(nsec_t t)
{
	struct linux_time lt = { t / NSEC_PER_SEC, t % NSEC_PER_SEC };

	if (unlikely(lt.tv_nsec < 0)) { /* before 1970 */
		lt.tv_nsec += NSEC_PER_SEC;
		lt.tv_sec--;
	}
	return lt;
}

static int
stat_copyout(const struct vattr *va, vaddr_t ust)
{
	struct linux_stat st = {
		.st_dev = va->va_dev,
		.st_ino = va->va_ino,
		.st_nlink = va->va_nlink,
		.st_mode = mode_of_vtype(va->va_type) | va->va_mode,
		.st_uid = va->va_uid,
		.st_gid = va->va_gid,
		.st_rdev = va->va_rdev,
		.st_size = (int64_t)va->va_size,
		.st_blksize = va->va_blksize,
		.st_blocks = (int64_t)va->va_blocks,
		.st_atim = time_of(va->va_atime),
		.st_mtim = time_of(va->va_mtime),
		.st_ctim = time_of(va->va_ctime),
	};

	return copyout(&st, ust, sizeof(st));
}

/* By descriptor: whatever is open, by its own operation. */
static int
file_getattr(int fd, struct vattr *va, uint32_t *mnt_id)
{
	struct fdref fr;
	struct file *fp;
	int error;

	error = fd_borrow_path(fd, &fr);
	if (unlikely(error != 0))
		return error;
	fp = fr.fr_file;
	if (fp->f_path.ps_mount != NULL && mnt_id != NULL)
		*mnt_id = fp->f_path.ps_mount->mnt_id;
	if (fp->f_ops->fo_stat != NULL)
		error = fp->f_ops->fo_stat(fp, va);
	else
		anon_stat(va, 0600, 0, fp);
	fd_return(&fr);
	return error;
}

static int
name_getattr(int dirfd, vaddr_t uname, int flags, struct vattr *va,
    uint32_t *mnt_id)
{
	NAMED(nb);
	struct at_ctx at;
	struct path p;
	int error;

	error = name_copyin_empty(uname, &nb);
	if (unlikely(error != 0))
		return error;
	if (unlikely(nb.nb_name[0] == '\0')) {
		error = -ENOENT;
		if ((flags & AT_EMPTY_PATH) == 0)
			goto out;
		if (dirfd != AT_FDCWD) {
			error = file_getattr(dirfd, va, mnt_id);
			goto out;
		}
		nb.nb_name[0] = '.';
		nb.nb_name[1] = '\0';
	}
	error = at_begin(&at, dirfd, nb.nb_name);
	if (error != 0)
		goto out;
	error = vfs_lookup(&at.at_lc, nb.nb_name,
	    (flags & AT_SYMLINK_NOFOLLOW) != 0 ? LOOKUP_NOFOLLOW : 0, &p);
	if (error == 0) {
		error = vfs_getattr(&p, va);
		if (mnt_id != NULL)
			*mnt_id = p.p_mount->mnt_id;
		path_unref(&p);
	}
	at_end(&at);
out:
	name_free(&nb);
	return error;
}

static long
do_stat(int dirfd, vaddr_t path, vaddr_t ust, int flags)
{
	struct vattr va;
	int error;

	error = name_getattr(dirfd, path, flags, &va, NULL);
	return error != 0 ? error : stat_copyout(&va, ust);
}

long
sys_stat(vaddr_t path, vaddr_t ust)
{
	return do_stat(AT_FDCWD, path, ust, 0);
}

long
sys_lstat(vaddr_t path, vaddr_t ust)
{
	return do_stat(AT_FDCWD, path, ust, AT_SYMLINK_NOFOLLOW);
}

long
sys_newfstatat(int dirfd, vaddr_t path, vaddr_t ust, int flags)
{
	if ((flags & ~(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT |
		 AT_EMPTY_PATH)) != 0)
		return -EINVAL;
	return do_stat(dirfd, path, ust, flags);
}

long
sys_fstat(int fd, vaddr_t ust)
{
	struct vattr va;
	int error;

	error = file_getattr(fd, &va, NULL);
	return error != 0 ? error : stat_copyout(&va, ust);
}

static struct linux_statx_time
statx_time(nsec_t t)
{
	struct linux_time lt = time_of(t);

	return (struct linux_statx_time){ lt.tv_sec, (uint32_t)lt.tv_nsec, 0 };
}

long
sys_statx(int dirfd, vaddr_t path, int flags, unsigned mask, vaddr_t ustx)
{
	struct linux_statx stx;
	struct vattr va;
	uint32_t mnt_id = 0;
	int error;

	if ((mask & STATX_RESERVED) != 0 ||
	    (flags & ~(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH |
		 AT_STATX_SYNC_TYPE)) != 0 ||
	    (flags & AT_STATX_SYNC_TYPE) == AT_STATX_SYNC_TYPE)
		return -EINVAL;
	error = name_getattr(dirfd, path, flags, &va, &mnt_id);
	if (error != 0)
		return error;
	memset(&stx, 0, sizeof(stx));
	stx.stx_mask = STATX_BASIC_STATS | STATX_MNT_ID;
	stx.stx_blksize = va.va_blksize;
	stx.stx_nlink = va.va_nlink;
	stx.stx_uid = va.va_uid;
	stx.stx_gid = va.va_gid;
	stx.stx_mode = (uint16_t)(mode_of_vtype(va.va_type) | va.va_mode);
	stx.stx_ino = va.va_ino;
	stx.stx_size = va.va_size;
	stx.stx_blocks = va.va_blocks;
	stx.stx_atime = statx_time(va.va_atime);
	stx.stx_ctime = statx_time(va.va_ctime);
	stx.stx_mtime = statx_time(va.va_mtime);
	if (va.va_btime != -1) {
		stx.stx_btime = statx_time(va.va_btime);
		stx.stx_mask |= STATX_BTIME;
	}
	stx.stx_rdev_major = dev_major(va.va_rdev);
	stx.stx_rdev_minor = dev_minor(va.va_rdev);
	stx.stx_dev_major = dev_major(va.va_dev);
	stx.stx_dev_minor = dev_minor(va.va_dev);
	stx.stx_mnt_id = mnt_id;
	return copyout(&stx, ustx, sizeof(stx));
}

/* --- file systems -------------------------------------------------------- */

static int
statfs_copyout(const struct statfs_info *sf, vaddr_t ubuf)
{
	struct linux_statfs st = {
		.f_type = (int64_t)sf->sf_type,
		.f_bsize = (int64_t)sf->sf_bsize,
		.f_blocks = sf->sf_blocks,
		.f_bfree = sf->sf_bfree,
		.f_bavail = sf->sf_bavail,
		.f_files = sf->sf_files,
		.f_ffree = sf->sf_ffree,
		.f_fsid = { (int32_t)sf->sf_fsid,
		    (int32_t)(sf->sf_fsid >> 32) },
		.f_namelen = sf->sf_namelen,
		.f_frsize = (int64_t)sf->sf_bsize,
		.f_flags = sf->sf_flags,
	};

	return copyout(&st, ubuf, sizeof(st));
}

long
sys_statfs(vaddr_t path, vaddr_t ubuf)
{
	struct statfs_info sf;
	struct path p;
	int error;

	error = at_lookup(AT_FDCWD, path, 0, &p);
	if (error != 0)
		return error;
	error = vfs_statfs(&p, &sf);
	path_unref(&p);
	return error != 0 ? error : statfs_copyout(&sf, ubuf);
}

/* Files without a name live in file systems that nobody mounts. */
static void
anon_statfs(const struct file *fp, struct statfs_info *sf)
{
	memset(sf, 0, sizeof(*sf));
	sf->sf_bsize = PAGE_SIZE;
	sf->sf_namelen = 255;
	sf->sf_type = ANON_INODE_MAGIC;
	if (strcmp(fp->f_ops->fo_name, "pipe") == 0)
		sf->sf_type = PIPEFS_MAGIC;
	else if (strcmp(fp->f_ops->fo_name, "socket") == 0)
		sf->sf_type = SOCKFS_MAGIC;
}

long
sys_fstatfs(int fd, vaddr_t ubuf)
{
	struct statfs_info sf;
	struct fdref fr;
	struct path p;
	int error;

	error = fd_borrow_path(fd, &fr);
	if (error != 0)
		return error;
	if (file_path(fr.fr_file, &p) == 0) {
		error = vfs_statfs(&p, &sf);
		path_unref(&p);
	} else {
		anon_statfs(fr.fr_file, &sf);
	}
	fd_return(&fr);
	return error != 0 ? error : statfs_copyout(&sf, ubuf);
}
