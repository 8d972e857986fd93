/* SPDX-License-Identifier: MIT */
/*
 * sys/fs/vfs_file.c: what an open regular file or directory does, and what a
 * file opened with O_PATH does not.
 */
#include "fs/vfs_internal.h"

#include "base/clock.h"
#include "base/lock.h"

#include "vm/vmspace.h"

#include <abi/errno.h>

#define SEEK_SET_  0
#define SEEK_CUR_  1
#define SEEK_END_  2
#define SEEK_DATA_ 3
#define SEEK_HOLE_ 4
#define DAY_NS	   (NSEC_PER_SEC * 24 * 3600)

/* Raised first, then the other looked at: of two that meet one gives way. */
int
vnode_writer_add(struct vnode *vp, struct file *fp)
{
	atomic_add(&vp->v_writers, 1);
	if (atomic_load(&vp->v_execs) != 0) {
		atomic_sub(&vp->v_writers, 1);
		return -ETXTBSY;
	}
	fp->f_counted_writer = true;
	return 0;
}

int
vnode_exec_add(struct vnode *vp, struct file *fp)
{
	atomic_add(&vp->v_execs, 1);
	if (atomic_load(&vp->v_writers) != 0) {
		atomic_sub(&vp->v_execs, 1);
		return -ETXTBSY;
	}
	fp->f_counted_exec = true;
	return 0;
}

/*
 * relatime: an access time is written if it is not after the last change, or
 * a day old. v_atime_fresh says until when nothing is to be done, so that most
 * reads end here after one comparison.
 */
void
vnode_touch_atime(const struct path *p)
{
	struct vnode *vp = path_vnode(p);
	unsigned f = p->p_mount->mnt_flags | p->p_mount->mnt_super->mnt_flags;
	nsec_t now = vfs_coarse_time();
	struct vattr va;

	if (likely(now < atomic_load_relaxed(&vp->v_atime_fresh)))
		return;
	if ((f & (MNT_NOATIME | MNT_RDONLY)) ||
	    ((f & MNT_NODIRATIME) && vp->v_type == VDIR) ||
	    vp->v_ops->vop_setattr == NULL || (vp->v_flags & VNF_NOCACHE))
		return;
	/* It is no reason to wait for a writer. */
	if (!rwlock_trywrlock(&vp->v_lock))
		return;
	if (VOP_GETATTR(vp, &va) == 0) {
		now = clock_real();
		if (va.va_atime <= va.va_mtime || va.va_atime <= va.va_ctime ||
		    now - va.va_atime >= DAY_NS) {
			va.va_atime = now;
			(void)VOP_SETATTR(vp, &va, VSA_ATIME);
		}
		atomic_store_relaxed(&vp->v_atime_fresh,
		    va.va_atime + DAY_NS);
	}
	rwlock_unlock(&vp->v_lock);
}

static void
file_touch_atime(struct file *fp)
{
	struct path p = { fp->f_path.ps_mount, fp->f_path.ps_dentry };

	if (p.p_dentry != NULL && !(fp->f_flags & O_NOATIME))
		vnode_touch_atime(&p);
}

static int
vn_read(struct file *fp, struct uio *uio)
{
	size_t resid = uio->uio_resid;
	int error = VOP_READ(fp->f_vnode, uio, fp);

	if (uio->uio_resid != resid)
		file_touch_atime(fp);
	return error;
}

static int
vn_write(struct file *fp, struct uio *uio)
{
	struct vnode *vp = fp->f_vnode;
	size_t resid = uio->uio_resid;
	unsigned flags = atomic_load_relaxed(&fp->f_flags);
	struct vattr va;
	int error = 0;

	if (resid == 0)
		return 0;
	rwlock_wrlock(&vp->v_lock);
	if (flags & O_APPEND) {
		error = VOP_GETATTR(vp, &va);
		uio->uio_offset = va.va_size;
	}
	if (error == 0)
		error = vnode_clear_suid(vp, fp->f_cred);
	if (error == 0)
		error = VOP_WRITE(vp, uio, fp);
	rwlock_unlock(&vp->v_lock);
	if (uio->uio_resid != resid && ((flags & O_DSYNC) ||
	    (fp->f_path.ps_mount != NULL &&
		(fp->f_path.ps_mount->mnt_super->mnt_flags & MNT_SYNC)))) {
		int sync = file_sync(fp, (flags & O_SYNC) != O_SYNC);

		if (error == 0 && sync != 0) {
			uio->uio_resid = resid;
			error = sync;
		}
	}
	return error;
}

int
vnode_file_stat(struct file *fp, struct vattr *va)
{
	struct vnode *vp = fp->f_vnode;
	int error;

	rwlock_rdlock(&vp->v_lock);
	error = VOP_GETATTR(vp, va);
	rwlock_unlock(&vp->v_lock);
	return error;
}

static unsigned
vn_poll(struct file *fp, struct polltable *pt)
{
	return POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM;
}

/* f_lock held. */
int
seek_target(struct file *fp, off_t off, int whence, uint64_t size,
    off_t *result)
{
	off_t base = 0;

	if (whence == SEEK_CUR_)
		base = fp->f_offset;
	else if (whence == SEEK_END_)
		base = size;
	else if (whence != SEEK_SET_)
		return -EINVAL;
	if (__builtin_add_overflow(base, off, &off))
		return -EOVERFLOW;
	if (off < 0)
		return -EINVAL;
	*result = off;
	return 0;
}

int
file_seek_sized(struct file *fp, off_t off, int whence, uint64_t size,
    off_t *result)
{
	int error;

	mutex_lock(&fp->f_lock);
	error = seek_target(fp, off, whence, size, result);
	if (error == 0)
		fp->f_offset = *result;
	mutex_unlock(&fp->f_lock);
	return error;
}

static int
vn_seek(struct file *fp, off_t off, int whence, off_t *result)
{
	struct vnode *vp = fp->f_vnode;
	struct vattr va = { .va_size = 0 };
	int error = 0;

	mutex_lock(&fp->f_lock);
	if (whence == SEEK_DATA_ || whence == SEEK_HOLE_) {
		rwlock_rdlock(&vp->v_lock);
		error = VOP_SEEK(vp, &off, whence == SEEK_HOLE_);
		rwlock_unlock(&vp->v_lock);
		*result = off;
	} else {
		if (whence == SEEK_END_)
			error = vnode_file_stat(fp, &va);
		if (error == 0)
			error = seek_target(fp, off, whence, va.va_size,
			    result);
	}
	if (error == 0)
		fp->f_offset = *result;
	mutex_unlock(&fp->f_lock);
	return error;
}

static int
vn_mmap(struct file *fp, uint64_t off, uint64_t len, unsigned prot,
    struct cdev_map *cm)
{
	struct mount *m = fp->f_path.ps_mount;

	if (fp->f_vnode->v_type != VREG)
		return -ENODEV;
	if ((prot & PROT_EXEC) && m != NULL &&
	    ((m->mnt_flags | m->mnt_super->mnt_flags) & MNT_NOEXEC))
		return -EPERM;
	cm->cm_object = &fp->f_vnode->v_object;
	cm->cm_phys = 0;
	cm->cm_len = len;
	cm->cm_uncached = false;
	file_touch_atime(fp);
	return 0;
}

static int
vn_truncate(struct file *fp, off_t size)
{
	struct vnode *vp = fp->f_vnode;
	int error;

	if (!file_writable(fp) || vp->v_type != VREG || size < 0)
		return -EINVAL;
	rwlock_wrlock(&vp->v_lock);
	error = vnode_resize(vp, (uint64_t)size, fp->f_cred);
	rwlock_unlock(&vp->v_lock);
	return error;
}

int
file_readdir(struct file *fp, struct dirsink *sink)
{
	struct vnode *vp = fp->f_vnode;
	off_t cookie;
	int error;

	if (vp == NULL || vp->v_type != VDIR)
		return -ENOTDIR;
	if (!file_readable(fp))
		return -EBADF;
	mutex_lock(&fp->f_lock);
	cookie = fp->f_offset;
	rwlock_rdlock(&vp->v_lock);
	if (fp->f_path.ps_dentry != NULL && unlikely(dir_removed(
	    fp->f_path.ps_mount, fp->f_path.ps_dentry)))
		error = -ENOENT;
	else
		error = VOP_READDIR(vp, &cookie, sink);
	rwlock_unlock(&vp->v_lock);
	fp->f_offset = cookie;
	mutex_unlock(&fp->f_lock);
	file_touch_atime(fp);
	return error;
}

int
file_sync(struct file *fp, bool data_only)
{
	struct vnode *vp = fp->f_vnode;
	int error;

	if (vp == NULL || (fp->f_flags & O_PATH))
		return vp == NULL ? -EINVAL : -EBADF;
	if (vp->v_type == VBLK)
		return spec_sync(fp);
	if (vp->v_type != VREG && vp->v_type != VDIR)
		return -EINVAL;
	rwlock_rdlock(&vp->v_lock);
	error = VOP_FSYNC(vp, data_only);
	rwlock_unlock(&vp->v_lock);
	return error;
}

int
file_allocate(struct file *fp, int mode, off_t off, off_t len)
{
	struct vnode *vp = fp->f_vnode;
	off_t end;
	int error;

	if (off < 0 || len <= 0)
		return -EINVAL;
	if (!file_writable(fp))
		return -EBADF;
	if (vp == NULL || vp->v_type != VREG)
		return vp != NULL && vp->v_type == VFIFO ? -ESPIPE : -ENODEV;
	if (__builtin_add_overflow(off, len, &end))
		return -EFBIG;
	rwlock_wrlock(&vp->v_lock);
	error = vnode_clear_suid(vp, fp->f_cred);
	if (error == 0)
		error = VOP_ALLOCATE(vp, mode, off, len);
	rwlock_unlock(&vp->v_lock);
	return error;
}

const struct fileops vnode_fileops = {
	.fo_name = "vnode",
	.fo_read = vn_read,
	.fo_write = vn_write,
	.fo_poll = vn_poll,
	.fo_stat = vnode_file_stat,
	.fo_seek = vn_seek,
	.fo_mmap = vn_mmap,
	.fo_truncate = vn_truncate,
	.fo_positioned = true,
};

/* file_readable() and file_writable() say no; what is left is fstat. */
const struct fileops path_fileops = {
	.fo_name = "path",
	.fo_stat = vnode_file_stat,
};
