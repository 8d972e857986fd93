/* SPDX-License-Identifier: MIT */
/*
 * sys/fs/tmpfs_attr.c: what files in memory are like, and those that are not
 * directories: regular files, symbolic links, devices, pipes and sockets.
 */
#include "fs/tmpfs.h"

#include "base/clock.h"
#include "base/page.h"
#include "base/string.h"
#include "base/thread.h"

#include "fs/vfs_internal.h"

#include <abi/errno.h>

#define FALLOC_FL_KEEP_SIZE  0x1
#define FALLOC_FL_PUNCH_HOLE 0x2
#define DIRENT_SIZE	     20 /* what Linux adds to st_size for an entry */

void
tmpnode_changed(struct tmpnode *tn)
{
	tn->tn_mtime = tn->tn_ctime = clock_real();
}

int
tmpfs_getattr(struct vnode *vp, struct vattr *va)
{
	struct tmpnode *tn = tmpnode_of(vp);

	va->va_type = vp->v_type;
	va->va_mode = tn->tn_mode;
	va->va_nlink = tn->tn_nlink;
	va->va_uid = tn->tn_uid;
	va->va_gid = tn->tn_gid;
	va->va_dev = vp->v_mount->mnt_dev;
	va->va_rdev = vp->v_rdev;
	va->va_ino = vp->v_ino;
	va->va_blksize = PAGE_SIZE;
	va->va_blocks = 0;
	va->va_size = 0;
	va->va_atime = tn->tn_atime;
	va->va_mtime = tn->tn_mtime;
	va->va_ctime = tn->tn_ctime;
	va->va_btime = tn->tn_btime;
	if (vp->v_type == VREG) {
		va->va_size = atomic_load_relaxed(&vp->v_object.vo_size);
		va->va_blocks = (PAGE_SIZE / 512) *
		    atomic_load_relaxed(&vp->v_object.vo_npages);
	} else if (vp->v_type == VDIR) {
		va->va_size = (tn->tn_entries + 2) * DIRENT_SIZE;
	} else if (vp->v_type == VLNK) {
		va->va_size = strlen(tn->tn_target);
	}
	return 0;
}

int
tmpfs_setattr(struct vnode *vp, const struct vattr *va, unsigned which)
{
	struct tmpnode *tn = tmpnode_of(vp);
	int error;

	if (which & VSA_SIZE) {
		if (vp->v_type != VREG)
			return vp->v_type == VDIR ? -EISDIR : -EINVAL;
		error = vm_object_resize(&vp->v_object, va->va_size);
		tmpfs_charge(tn, 0);
		if (error != 0)
			return error;
	}
	if (which & VSA_MODE)
		tn->tn_mode = va->va_mode & 07777;
	if (which & VSA_UID)
		tn->tn_uid = va->va_uid;
	if (which & VSA_GID)
		tn->tn_gid = va->va_gid;
	if (which & VSA_ATIME)
		tn->tn_atime = va->va_atime;
	if (which & VSA_MTIME)
		tn->tn_mtime = va->va_mtime;
	if (which & VSA_CTIME)
		tn->tn_ctime = va->va_ctime;
	return 0;
}

static bool
page_present(struct vm_object *o, uint64_t index)
{
	uint64_t at = index;

	return vm_object_next(o, &at) && at == index;
}

/* There is no room for every page the write could need: one after another,
 * asking only for those that are not there. */
static int
write_page(struct tmpnode *tn, struct uio *uio)
{
	struct vm_object *o = &tn->tn_vnode.v_object;
	uint64_t off = (uint64_t)uio->uio_offset;
	size_t n = MIN(PAGE_SIZE - (off & PAGE_MASK), uio->uio_resid);
	size_t rest = uio->uio_resid - n;
	bool there = page_present(o, off >> PAGE_SHIFT);
	int error;

	if (!there) {
		error = tmpfs_reserve(tmpmount_of(tn), 1);
		if (error != 0)
			return error;
	}
	uio->uio_resid = n;
	error = vm_object_write(o, uio);
	uio->uio_resid += rest;
	tmpfs_charge(tn, there ? 0 : 1);
	return error;
}

static int
tmpfs_write(struct vnode *vp, struct uio *uio, struct file *fp)
{
	struct tmpnode *tn = tmpnode_of(vp);
	size_t resid = uio->uio_resid;
	uint64_t pages;
	int error = 0;

	if (uio->uio_offset < 0)
		return -EINVAL;
	pages = howmany((uio->uio_offset & PAGE_MASK) + resid, PAGE_SIZE);
	if (tmpfs_reserve(tmpmount_of(tn), pages) == 0) {
		error = vm_object_write(&vp->v_object, uio);
		tmpfs_charge(tn, pages);
	} else {
		while (uio->uio_resid > 0 && error == 0)
			error = write_page(tn, uio);
	}
	if (uio->uio_resid != resid)
		tmpnode_changed(tn);
	return error;
}

static int
tmpfs_seek(struct vnode *vp, off_t *off, bool hole)
{
	struct vm_object *o = &vp->v_object;
	uint64_t size = atomic_load_relaxed(&o->vo_size);
	uint64_t first, index;

	if (*off < 0 || (uint64_t)*off >= size)
		return -ENXIO;
	first = index = (uint64_t)*off >> PAGE_SHIFT;
	if (!hole) {
		if (!vm_object_next(o, &index) || index << PAGE_SHIFT >= size)
			return -ENXIO;
	} else {
		while (index << PAGE_SHIFT < size && page_present(o, index)) {
			index++;
			sched_point();
		}
	}
	if (index != first)
		*off = MIN(index << PAGE_SHIFT, size);
	return 0;
}

static void
zero_piece(struct vm_object *o, uint64_t off, uint64_t end)
{
	struct page *pg;

	if (off >= end || vm_object_getpage(o, off >> PAGE_SHIFT, GP_NOWAIT,
	    &pg) != 0)
		return;
	memset((char *)page_to_virt(pg) + (off & PAGE_MASK), 0, end - off);
	page_unref(pg);
}

static void
punch(struct vm_object *o, uint64_t off, uint64_t end)
{
	uint64_t first = page_round(off), last = page_trunc(end);

	if (first > last) { /* within one page */
		zero_piece(o, off, end);
		return;
	}
	zero_piece(o, off, first);
	vm_object_drop(o, first, last);
	zero_piece(o, last, end);
}

static uint64_t
pages_missing(struct vm_object *o, uint64_t index, uint64_t end)
{
	uint64_t missing = end - index;

	while (vm_object_next(o, &index) && index < end) {
		missing--;
		index++;
		sched_point();
	}
	return missing;
}

static int
fill(struct vm_object *o, uint64_t index, uint64_t end)
{
	struct page *pg;
	int error = 0;

	for (; index < end && error == 0; index++) {
		error = vm_object_getpage(o, index, GP_WRITE, &pg);
		if (error == 0)
			page_unref(pg);
		if (thread_signalled(curthread()))
			error = -EINTR;
		sched_point();
	}
	return error;
}

static int
tmpfs_allocate(struct vnode *vp, int mode, uint64_t off, uint64_t len)
{
	struct vm_object *o = &vp->v_object;
	struct tmpnode *tn = tmpnode_of(vp);
	uint64_t end = off + len, need;
	int error;

	if (mode == (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE)) {
		punch(o, off, end);
		tmpfs_charge(tn, 0);
		tmpnode_changed(tn);
		return 0;
	}
	if (mode & ~FALLOC_FL_KEEP_SIZE)
		return -EOPNOTSUPP;
	need = pages_missing(o, off >> PAGE_SHIFT, howmany(end, PAGE_SIZE));
	error = tmpfs_reserve(tmpmount_of(tn), need);
	if (error != 0)
		return error;
	error = fill(o, off >> PAGE_SHIFT, howmany(end, PAGE_SIZE));
	if (error == 0 && mode == 0 && end > o->vo_size)
		error = vm_object_resize(o, end);
	tmpfs_charge(tn, need);
	tn->tn_ctime = clock_real();
	return error;
}

static int
tmpfs_readlink(struct vnode *vp, struct uio *uio)
{
	char *target = tmpnode_of(vp)->tn_target;

	return uiomove(target, MIN(strlen(target), uio->uio_resid), uio);
}

const struct vnodeops tmpfs_file_ops = {
	.vop_getattr = tmpfs_getattr,
	.vop_setattr = tmpfs_setattr,
	.vop_write = tmpfs_write,
	.vop_allocate = tmpfs_allocate,
	.vop_seek = tmpfs_seek,
	.vop_reclaim = tmpfs_reclaim,
};

const struct vnodeops tmpfs_link_ops = {
	.vop_readlink = tmpfs_readlink,
	.vop_getattr = tmpfs_getattr,
	.vop_setattr = tmpfs_setattr,
	.vop_reclaim = tmpfs_reclaim,
};

/* Devices, named pipes and sockets. */
const struct vnodeops tmpfs_node_ops = {
	.vop_getattr = tmpfs_getattr,
	.vop_setattr = tmpfs_setattr,
	.vop_reclaim = tmpfs_reclaim,
};
