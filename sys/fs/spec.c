/* SPDX-License-Identifier: MIT */
/*
 * sys/fs/spec.c: opening what is no plain file: devices and named pipes.
 *
 * A character device is its driver's cdevops. A block device is the pages of
 * its raw cache (fs/buf.h).
 */
#include "fs/vfs_internal.h"

#include "base/kprintf.h"
#include "base/lock.h"

#include "dev/bdev.h"
#include "dev/cdev.h"
#include "fs/buf.h"

#include <abi/errno.h>
#include <machine/usercopy.h>

#define BLKROGET     0x125e
#define BLKGETSIZE   0x1260
#define BLKFLSBUF    0x1261
#define BLKSSZGET    0x1268
#define BLKBSZGET    0x80081270
#define BLKPBSZGET   0x127b
#define BLKGETSIZE64 0x80081272

static int (*fifo_open)(struct vnode *, struct file *);

void
fifo_open_register(int (*fn)(struct vnode *, struct file *))
{
	fifo_open = fn;
}

/* F_SETFL may have changed O_NONBLOCK since. */
static struct cdev_file *
cdev_of(struct file *fp)
{
	fp->f_cdev.cf_flags = atomic_load_relaxed(&fp->f_flags);
	return &fp->f_cdev;
}

static int
chr_read(struct file *fp, struct uio *uio)
{
	const struct cdevops *ops = fp->f_cdev.cf_dev->cd_ops;

	return ops->cd_read != NULL ? ops->cd_read(cdev_of(fp), uio) : -EINVAL;
}

static int
chr_write(struct file *fp, struct uio *uio)
{
	const struct cdevops *ops = fp->f_cdev.cf_dev->cd_ops;

	return ops->cd_write != NULL ? ops->cd_write(cdev_of(fp), uio)
				     : -EINVAL;
}

static int
chr_ioctl(struct file *fp, unsigned long cmd, vaddr_t arg)
{
	const struct cdevops *ops = fp->f_cdev.cf_dev->cd_ops;

	return ops->cd_ioctl != NULL ? ops->cd_ioctl(cdev_of(fp), cmd, arg)
				     : -ENOTTY;
}

static unsigned
chr_poll(struct file *fp, struct polltable *pt)
{
	const struct cdevops *ops = fp->f_cdev.cf_dev->cd_ops;

	return ops->cd_poll != NULL ? ops->cd_poll(cdev_of(fp), pt)
				    : POLLIN | POLLOUT | POLLRDNORM |
		POLLWRNORM;
}

static int
chr_mmap(struct file *fp, uint64_t off, uint64_t len, unsigned prot,
    struct cdev_map *cm)
{
	const struct cdevops *ops = fp->f_cdev.cf_dev->cd_ops;

	return ops->cd_mmap != NULL
	    ? ops->cd_mmap(cdev_of(fp), off, len, prot, cm) : -ENODEV;
}

static void
chr_close(struct file *fp)
{
	const struct cdevops *ops;

	if (fp->f_cdev.cf_dev == NULL)
		return;
	ops = fp->f_cdev.cf_dev->cd_ops;
	if (ops->cd_close != NULL)
		ops->cd_close(cdev_of(fp));
}

static int
chr_seek(struct file *fp, off_t off, int whence, off_t *result)
{
	return file_seek_sized(fp, off, whence, 0, result);
}

static const struct fileops chr_fileops = {
	.fo_name = "device",
	.fo_read = chr_read,
	.fo_write = chr_write,
	.fo_ioctl = chr_ioctl,
	.fo_poll = chr_poll,
	.fo_stat = vnode_file_stat,
	.fo_mmap = chr_mmap,
	.fo_close = chr_close,
};

static const struct fileops chr_seek_fileops = {
	.fo_name = "device",
	.fo_read = chr_read,
	.fo_write = chr_write,
	.fo_ioctl = chr_ioctl,
	.fo_poll = chr_poll,
	.fo_stat = vnode_file_stat,
	.fo_seek = chr_seek,
	.fo_mmap = chr_mmap,
	.fo_close = chr_close,
	.fo_positioned = true,
};

static int
chr_open(struct vnode *vp, struct file *fp)
{
	struct cdev *cd = cdev_find(vp->v_rdev);
	int error;

	if (cd == NULL)
		return -ENXIO;
	fp->f_cdev.cf_dev = cd;
	fp->f_cdev.cf_flags = fp->f_flags;
	if (cd->cd_ops->cd_open != NULL) {
		error = cd->cd_ops->cd_open(&fp->f_cdev);
		if (error != 0)
			return error;
	}
	fp->f_ops = cd->cd_ops->cd_seekable ? &chr_seek_fileops : &chr_fileops;
	return 0;
}

static struct vm_object *
blk_object(struct file *fp)
{
	return bufcache_object(fp->f_data);
}

static int
blk_read(struct file *fp, struct uio *uio)
{
	return vm_object_read(blk_object(fp), uio);
}

static int
blk_write(struct file *fp, struct uio *uio)
{
	struct vm_object *o = blk_object(fp);
	size_t rest = 0;
	int error;

	if (uio->uio_offset < 0 || (uint64_t)uio->uio_offset >= o->vo_size)
		return uio->uio_resid == 0 ? 0 : -ENOSPC;
	if (uio->uio_resid > o->vo_size - uio->uio_offset) {
		rest = uio->uio_resid - (o->vo_size - uio->uio_offset);
		uio->uio_resid -= rest;
	}
	/* One writer at a time, as vm_object_write() wants it. */
	rwlock_wrlock(&fp->f_vnode->v_lock);
	error = vm_object_write(o, uio);
	rwlock_unlock(&fp->f_vnode->v_lock);
	uio->uio_resid += rest;
	return error;
}

static int
blk_seek(struct file *fp, off_t off, int whence, off_t *result)
{
	return file_seek_sized(fp, off, whence, blk_object(fp)->vo_size,
	    result);
}

static int
blk_mmap(struct file *fp, uint64_t off, uint64_t len, unsigned prot,
    struct cdev_map *cm)
{
	cm->cm_object = blk_object(fp);
	cm->cm_len = len;
	cm->cm_phys = 0;
	cm->cm_uncached = false;
	return 0;
}

static int
blk_ioctl(struct file *fp, unsigned long cmd, vaddr_t arg)
{
	struct bdev *bd = bufcache_bdev(fp->f_data);
	uint64_t v64;
	uint32_t v32;

	switch (cmd) {
	case BLKGETSIZE64:
		v64 = bd->bd_sectors * SECTOR_SIZE;
		return copyout(&v64, arg, sizeof(v64));
	case BLKGETSIZE:
		v64 = bd->bd_sectors;
		return copyout(&v64, arg, sizeof(v64));
	case BLKSSZGET:
	case BLKPBSZGET:
		v32 = bd->bd_block_size;
		return copyout(&v32, arg, sizeof(v32));
	case BLKBSZGET:
		v32 = PAGE_SIZE;
		return copyout(&v32, arg, sizeof(v32));
	case BLKROGET:
		v32 = bd->bd_readonly;
		return copyout(&v32, arg, sizeof(v32));
	case BLKFLSBUF:
		if (!cred_capable(fp->f_cred, CAP_SYS_ADMIN))
			return -EACCES;
		return bufcache_raw_settle(bd);
	default:
		return -ENOTTY;
	}
}

int
spec_sync(struct file *fp)
{
	int error = vm_object_sync(blk_object(fp), 0, 0);

	return error != 0 ? error : bdev_flush(bufcache_bdev(fp->f_data));
}

/* As Linux: the last writer leaves nothing behind in memory only. */
static void
blk_close(struct file *fp)
{
	struct bdev *bd = bufcache_bdev(fp->f_data);

	if (file_writable(fp) && vm_object_sync(blk_object(fp), 0, 0) != 0)
		klog(KLOG_ERR, "%s: written data lost\n", bd->bd_name);
	if (fp->f_exclusive)
		bufcache_unclaim(bd);
}

static const struct fileops blk_fileops = {
	.fo_name = "device",
	.fo_read = blk_read,
	.fo_write = blk_write,
	.fo_ioctl = blk_ioctl,
	.fo_stat = vnode_file_stat,
	.fo_seek = blk_seek,
	.fo_mmap = blk_mmap,
	.fo_close = blk_close,
	.fo_positioned = true,
};

static int
blk_open(struct vnode *vp, struct file *fp)
{
	struct bdev *bd = bdev_find_dev(vp->v_rdev);
	int error;

	if (bd == NULL)
		return -ENXIO;
	if (bd->bd_readonly && file_writable(fp))
		return -EACCES;
	error = bufcache_raw(bd, (struct bufcache **)&fp->f_data);
	/* A file system on it has caches of its own. Who looks at the device
	 * sees what was written by now, and not what it saw the last time. */
	if (error == 0 && vfs_sync_device(bd))
		error = bufcache_raw_settle(bd);
	if (error == 0 && fp->f_exclusive)
		error = bufcache_claim(bd);
	if (error != 0)
		return error;
	fp->f_ops = &blk_fileops;
	return 0;
}

int
spec_open(struct vnode *vp, struct file *fp)
{
	switch (vp->v_type) {
	case VCHR:
		return chr_open(vp, fp);
	case VBLK:
		return blk_open(vp, fp);
	case VFIFO:
		return fifo_open != NULL ? fifo_open(vp, fp) : -ENXIO;
	case VSOCK:
		return -ENXIO;
	default:
		return 0;
	}
}
