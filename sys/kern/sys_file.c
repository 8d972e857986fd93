/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/sys_file.c: sizes, allocation, advice and writing back: calls on
 * what a file stores.
 */
#include "fs/vnode.h"
#include "kern/filecall.h"
#include "kern/syscall.h"

/* --- size ---------------------------------------------------------------- */

long
sys_truncate(vaddr_t path, off_t len)
{
	struct path p;
	int error;

	if (len < 0)
		return -EINVAL;
	error = at_lookup(AT_FDCWD, path, 0, &p);
	if (error != 0)
		return error;
	if (path_vnode(&p)->v_type == VDIR)
		error = -EISDIR;
	else if (path_vnode(&p)->v_type != VREG)
		error = -EINVAL;
	else
		error = rw_check_fsize((uint64_t)len);
	if (error == 0)
		error = vfs_truncate(&p, len, curlwp()->l_cred);
	path_unref(&p);
	return error;
}

long
sys_ftruncate(int fd, off_t len)
{
	struct fdref fr;
	struct file *fp;
	int error;

	if (len < 0)
		return -EINVAL;
	error = fd_borrow(fd, &fr);
	if (error != 0)
		return error;
	fp = fr.fr_file;
	if (fp->f_ops->fo_truncate == NULL || !file_writable(fp))
		error = -EINVAL;
	else
		error = rw_check_fsize((uint64_t)len);
	if (error == 0)
		error = fp->f_ops->fo_truncate(fp, len);
	fd_return(&fr);
	return error;
}

#define FALLOC_FL_KEEP_SIZE	 0x01
#define FALLOC_FL_PUNCH_HOLE	 0x02
#define FALLOC_FL_COLLAPSE_RANGE 0x08
#define FALLOC_FL_ZERO_RANGE	 0x10
#define FALLOC_FL_INSERT_RANGE	 0x20
#define FALLOC_FL_UNSHARE_RANGE	 0x40
#define FALLOC_KNOWN                                                         \
	(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE |                        \
	    FALLOC_FL_COLLAPSE_RANGE | FALLOC_FL_ZERO_RANGE |                \
	    FALLOC_FL_INSERT_RANGE | FALLOC_FL_UNSHARE_RANGE)

static int
fallocate_check(struct file *fp, int mode, off_t off, off_t len)
{
	off_t end;
	int error;

	if ((mode & ~FALLOC_KNOWN) != 0 ||
	    ((mode & FALLOC_FL_PUNCH_HOLE) != 0 &&
		mode != (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE)))
		return -EOPNOTSUPP;
	if (!file_writable(fp))
		return -EBADF;
	if (fp->f_vnode == NULL)
		return strcmp(fp->f_ops->fo_name, "pipe") == 0 ? -ESPIPE :
		    -ENODEV;
	if (fp->f_vnode->v_type == VFIFO)
		return -ESPIPE;
	if (fp->f_vnode->v_type == VDIR)
		return -EISDIR;
	if (fp->f_vnode->v_type != VREG)
		return -ENODEV;
	if (__builtin_add_overflow(off, len, &end))
		return -EFBIG;
	error = (mode & FALLOC_FL_KEEP_SIZE) != 0 ? 0 :
	    rw_check_fsize((uint64_t)end);
	return error;
}

long
sys_fallocate(int fd, int mode, off_t off, off_t len)
{
	struct fdref fr;
	int error;

	error = fd_borrow(fd, &fr);
	if (error != 0)
		return error;
	if (off < 0 || len <= 0)
		error = -EINVAL;
	else
		error = fallocate_check(fr.fr_file, mode, off, len);
	if (error == 0)
		error = file_allocate(fr.fr_file, mode, off, len);
	fd_return(&fr);
	return error;
}

/* --- writing back -------------------------------------------------------- */

static long
do_fsync(int fd, bool data_only)
{
	struct fdref fr;
	int error;

	error = fd_borrow(fd, &fr);
	if (error != 0)
		return error;
	error = fr.fr_file->f_vnode == NULL ? -EINVAL :
	    file_sync(fr.fr_file, data_only);
	fd_return(&fr);
	return error;
}

long
sys_fsync(int fd)
{
	return do_fsync(fd, false);
}

long
sys_fdatasync(int fd)
{
	return do_fsync(fd, true);
}

long
sys_sync(void)
{
	(void)vfs_sync(); /* sync(2) tells no errors */
	return 0;
}

long
sys_syncfs(int fd)
{
	struct fdref fr;
	int error;

	error = fd_borrow(fd, &fr);
	if (error != 0)
		return error;
	if (fr.fr_file->f_path.ps_mount != NULL)
		error = vfs_sync_mount(fr.fr_file->f_path.ps_mount);
	fd_return(&fr);
	return error;
}

#define SYNC_FILE_RANGE_WAIT_BEFORE 1
#define SYNC_FILE_RANGE_WRITE	    2
#define SYNC_FILE_RANGE_WAIT_AFTER  4

long
sys_sync_file_range(int fd, off_t off, off_t len, unsigned flags)
{
	struct fdref fr;
	struct vnode *vp;
	off_t end;
	int error;

	error = fd_borrow(fd, &fr);
	if (error != 0)
		return error;
	vp = fr.fr_file->f_vnode;
	error = -EINVAL;
	if (flags > 7 || off < 0 || len < 0 ||
	    __builtin_add_overflow(off, len, &end))
		goto out;
	error = -ESPIPE;
	if (vp == NULL ||
	    (vp->v_type != VREG && vp->v_type != VBLK && vp->v_type != VDIR))
		goto out;
	error = 0;
	if ((flags & SYNC_FILE_RANGE_WRITE) != 0 && vp->v_type != VDIR)
		error = vm_object_sync(&vp->v_object, (uint64_t)off,
		    len == 0 ? 0 : (uint64_t)end);
out:
	fd_return(&fr);
	return error;
}

/* --- advice -------------------------------------------------------------- */

enum {
	POSIX_FADV_NORMAL, POSIX_FADV_RANDOM, POSIX_FADV_SEQUENTIAL,
	POSIX_FADV_WILLNEED, POSIX_FADV_DONTNEED, POSIX_FADV_NOREUSE
};
#define ADVISE_PAGES 32 /* brought in at one call, as Linux's default window */

/* Brings pages of [off, end) into the cache. */
static void
object_prefetch(struct vm_object *obj, uint64_t off, uint64_t end)
{
	struct page *pg;
	uint64_t i, last;

	end = MIN(end, obj->vo_size);
	if (off >= end)
		return;
	last = MIN((end - 1) >> PAGE_SHIFT, (off >> PAGE_SHIFT) +
	    ADVISE_PAGES - 1);
	for (i = off >> PAGE_SHIFT; i <= last; i++) {
		if (vm_object_getpage(obj, i, 0, &pg) != 0)
			return;
		page_unref(pg);
	}
}

static int
file_advise(struct file *fp, off_t off, off_t len, int advice)
{
	struct vnode *vp = fp->f_vnode;
	uint64_t end;

	if (vp == NULL || vp->v_type == VFIFO)
		return -ESPIPE;
	if (len < 0 || advice < 0 || advice > POSIX_FADV_NOREUSE)
		return -EINVAL;
	if (vp->v_type != VREG && vp->v_type != VBLK)
		return 0;
	if (__builtin_add_overflow((uint64_t)off, (uint64_t)len, &end) ||
	    len == 0)
		end = UINT64_MAX;
	switch (advice) {
	case POSIX_FADV_WILLNEED:
		object_prefetch(&vp->v_object, (uint64_t)off, end);
		break;
	case POSIX_FADV_DONTNEED:
		vm_object_invalidate(&vp->v_object,
		    page_round((uint64_t)off), page_trunc(end));
		break;
	default:
		fp->f_ra_state = (uint32_t)advice;
	}
	return 0;
}

long
sys_fadvise64(int fd, off_t off, off_t len, int advice)
{
	struct fdref fr;
	int error;

	error = fd_borrow(fd, &fr);
	if (error != 0)
		return error;
	error = file_advise(fr.fr_file, off, len, advice);
	fd_return(&fr);
	return error;
}

long
sys_readahead(int fd, off_t off, size_t count)
{
	struct fdref fr;
	struct vnode *vp;
	int error;

	error = fd_borrow(fd, &fr);
	if (error != 0)
		return error;
	vp = fr.fr_file->f_vnode;
	if (!file_readable(fr.fr_file))
		error = -EBADF;
	else if (vp == NULL || (vp->v_type != VREG && vp->v_type != VBLK))
		error = -EINVAL;
	else
		error = file_advise(fr.fr_file, off,
		    (off_t)MIN(count, MAX_RW_COUNT), POSIX_FADV_WILLNEED);
	fd_return(&fr);
	return error;
}
