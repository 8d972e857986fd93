/* SPDX-License-Identifier: MIT */
/*
 * sys/fs/file.c: open files: their life, and reading and writing with the
 * checks of read(2) and write(2).
 */
#include "fs/file.h"

#include "base/panic.h"
#include "base/slab.h"
#include "base/thread.h"

#include "fs/vfs.h"
#include "fs/vfs_internal.h"

#include <abi/errno.h>

static struct kmem_cache *file_cache;

/* Counted on the CPU that opens or closes; only the sum means something. */
static struct {
	int64_t n;
} __cacheline file_counts[MAXCPU];

uint64_t
file_count(void)
{
	int64_t sum = 0;
	unsigned i;

	for (i = 0; i < MAXCPU; i++)
		sum += atomic_load_relaxed(&file_counts[i].n);
	return sum > 0 ? sum : 0;
}

struct file *
file_alloc(const struct fileops *ops, void *data, unsigned flags,
    const struct cred *cr)
{
	struct file *fp = kmem_cache_alloc(file_cache, KM_ZERO);

	if (fp == NULL)
		return NULL;
	fp->f_ref = 1;
	fp->f_flags = flags;
	fp->f_ops = ops;
	fp->f_data = data;
	fp->f_cred = cred_ref(cr);
	mutex_init(&fp->f_lock, LR_FILE, "file");
	file_counts[curcpu()->c_id].n++;
	return fp;
}

static void (*epoll_release)(struct file *); /* [I] after boot */

void
file_epoll_register(void (*fn)(struct file *))
{
	epoll_release = fn;
}

static void
file_close(struct file *fp)
{
	struct vnode *vp = fp->f_vnode;

	if (unlikely(fp->f_epoll != NULL))
		epoll_release(fp);
	if (vp != NULL && !list_empty(&vp->v_flocks))
		vnode_unlock_owner(vp, fp);
	if (fp->f_ops->fo_close != NULL)
		fp->f_ops->fo_close(fp);
	if (vp != NULL) {
		if (fp->f_counted_writer)
			atomic_sub(&vp->v_writers, 1);
		if (fp->f_counted_exec)
			atomic_sub(&vp->v_execs, 1);
		if (fp->f_opened && vp->v_ops->vop_close != NULL)
			vp->v_ops->vop_close(vp, fp);
	}
	if (fp->f_path.ps_dentry != NULL) {
		struct path p = { fp->f_path.ps_mount, fp->f_path.ps_dentry };

		path_unref(&p);
	} else if (vp != NULL) {
		vnode_unref(vp);
	}
	cred_unref(fp->f_cred);
	file_counts[curcpu()->c_id].n--;
	kmem_cache_free(file_cache, fp);
}

void
file_unref(struct file *fp)
{
	if (atomic_sub(&fp->f_ref, 1) == 0)
		file_close(fp);
}

static ssize_t
rw_result(struct uio *uio, size_t resid, int error)
{
	size_t done = resid - uio->uio_resid;

	return done != 0 ? (ssize_t)done : error;
}

ssize_t
file_read(struct file *fp, struct uio *uio)
{
	size_t resid = uio->uio_resid;
	int error;

	if (!file_readable(fp))
		return -EBADF;
	if (fp->f_ops->fo_read == NULL)
		return -EINVAL;
	if (fp->f_ops->fo_positioned) {
		mutex_lock(&fp->f_lock);
		uio->uio_offset = fp->f_offset;
		error = fp->f_ops->fo_read(fp, uio);
		fp->f_offset = uio->uio_offset;
		mutex_unlock(&fp->f_lock);
	} else {
		error = fp->f_ops->fo_read(fp, uio);
	}
	return rw_result(uio, resid, error);
}

ssize_t
file_write(struct file *fp, struct uio *uio)
{
	size_t resid = uio->uio_resid;
	int error;

	if (!file_writable(fp))
		return -EBADF;
	if (fp->f_ops->fo_write == NULL)
		return -EINVAL;
	if (fp->f_ops->fo_positioned) {
		mutex_lock(&fp->f_lock);
		uio->uio_offset = fp->f_offset;
		error = fp->f_ops->fo_write(fp, uio);
		fp->f_offset = uio->uio_offset;
		mutex_unlock(&fp->f_lock);
	} else {
		error = fp->f_ops->fo_write(fp, uio);
	}
	return rw_result(uio, resid, error);
}

static int
positioned_check(const struct file *fp, const struct uio *uio)
{
	if (uio->uio_offset < 0)
		return -EINVAL;
	return fp->f_ops->fo_positioned ? 0 : -ESPIPE;
}

ssize_t
file_pread(struct file *fp, struct uio *uio)
{
	size_t resid = uio->uio_resid;
	int error;

	if (!file_readable(fp))
		return -EBADF;
	error = positioned_check(fp, uio);
	if (error != 0)
		return error;
	if (fp->f_ops->fo_read == NULL)
		return -EINVAL;
	error = fp->f_ops->fo_read(fp, uio);
	return rw_result(uio, resid, error);
}

ssize_t
file_pwrite(struct file *fp, struct uio *uio)
{
	size_t resid = uio->uio_resid;
	int error;

	if (!file_writable(fp))
		return -EBADF;
	error = positioned_check(fp, uio);
	if (error != 0)
		return error;
	if (fp->f_ops->fo_write == NULL)
		return -EINVAL;
	error = fp->f_ops->fo_write(fp, uio);
	return rw_result(uio, resid, error);
}

ssize_t
file_read_kernel(struct file *fp, void *buf, size_t n, off_t off)
{
	struct iovec iov;
	struct uio uio;
	int error;

	if (fp->f_ops->fo_read == NULL)
		return -EINVAL;
	uio_init_kernel(&uio, &iov, buf, n, off, false);
	error = fp->f_ops->fo_read(fp, &uio);
	return rw_result(&uio, n, error);
}

void
file_init(void)
{
	file_cache = kmem_cache_create("file", sizeof(struct file), 8);
	KASSERT(file_cache != NULL);
}
