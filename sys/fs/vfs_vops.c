/* SPDX-License-Identifier: MIT */
/*
 * sys/fs/vfs_vops.c: the VOP_ wrappers: locks asserted, default errors
 * supplied, what the VFS remembers of a vnode kept right.
 */
#include "fs/vfs_internal.h"

#include "base/clock.h"
#include "base/panic.h"

#include <abi/errno.h>

#define ASSERT_X(vp) DASSERT(rwlock_wrheld(&(vp)->v_lock))

/* mtime or ctime moved: the next read has an atime to write. */
static void
vnode_changed(struct vnode *vp)
{
	if (vp->v_atime_fresh != 0)
		atomic_store_relaxed(&vp->v_atime_fresh, 0);
}

int
VOP_LOOKUP(struct vnode *dvp, const char *name, size_t len, struct vnode **vpp)
{
	if (dvp->v_ops->vop_lookup == NULL)
		return -ENOTDIR;
	return dvp->v_ops->vop_lookup(dvp, name, len, vpp);
}

int
VOP_CREATE(struct vnode *dvp, const char *name, size_t len,
    const struct vattr *va, struct vnode **vpp)
{
	ASSERT_X(dvp);
	if (dvp->v_ops->vop_create == NULL)
		return va->va_type == VREG ? -EACCES : -EPERM;
	vnode_changed(dvp);
	return dvp->v_ops->vop_create(dvp, name, len, va, vpp);
}

int
VOP_SYMLINK(struct vnode *dvp, const char *name, size_t len,
    const struct vattr *va, const char *target, struct vnode **vpp)
{
	ASSERT_X(dvp);
	if (dvp->v_ops->vop_symlink == NULL)
		return -EPERM;
	vnode_changed(dvp);
	return dvp->v_ops->vop_symlink(dvp, name, len, va, target, vpp);
}

int
VOP_LINK(struct vnode *dvp, const char *name, size_t len, struct vnode *vp)
{
	ASSERT_X(dvp);
	ASSERT_X(vp);
	if (dvp->v_ops->vop_link == NULL)
		return -EPERM;
	vnode_changed(dvp);
	return dvp->v_ops->vop_link(dvp, name, len, vp);
}

int
VOP_REMOVE(struct vnode *dvp, const char *name, size_t len, struct vnode *vp)
{
	ASSERT_X(dvp);
	ASSERT_X(vp);
	if (dvp->v_ops->vop_remove == NULL)
		return -EPERM;
	vnode_changed(dvp);
	return dvp->v_ops->vop_remove(dvp, name, len, vp);
}

int
VOP_RENAME(struct vnode *fdvp, const char *fname, size_t flen,
    struct vnode *fvp, struct vnode *tdvp, const char *tname, size_t tlen,
    struct vnode *tvp, bool exchange)
{
	ASSERT_X(fdvp);
	ASSERT_X(tdvp);
	if (fdvp->v_ops->vop_rename == NULL)
		return -EPERM;
	vnode_changed(fdvp);
	vnode_changed(tdvp);
	return fdvp->v_ops->vop_rename(fdvp, fname, flen, fvp, tdvp, tname,
	    tlen, tvp, exchange);
}

int
VOP_READDIR(struct vnode *vp, off_t *cookie, struct dirsink *sink)
{
	if (vp->v_ops->vop_readdir == NULL)
		return -ENOTDIR;
	return vp->v_ops->vop_readdir(vp, cookie, sink);
}

int
VOP_READLINK(struct vnode *vp, struct uio *uio)
{
	if (vp->v_ops->vop_readlink == NULL)
		return -EINVAL;
	return vp->v_ops->vop_readlink(vp, uio);
}

int
VOP_GETATTR(struct vnode *vp, struct vattr *va)
{
	if (vp->v_ops->vop_getattr == NULL)
		return -EOPNOTSUPP;
	return vp->v_ops->vop_getattr(vp, va);
}

int
VOP_SETATTR(struct vnode *vp, const struct vattr *va, unsigned which)
{
	int error;

	ASSERT_X(vp);
	if (vp->v_ops->vop_setattr == NULL)
		return -EPERM;
	error = vp->v_ops->vop_setattr(vp, va, which);
	if (which & (VSA_MODE | VSA_UID | VSA_GID))
		vnode_perm_forget(vp);
	vnode_changed(vp);
	return error;
}

/* Without a vop_read the page cache answers, and needs no vnode lock: it has
 * its own against truncation. */
int
VOP_READ(struct vnode *vp, struct uio *uio, struct file *fp)
{
	int error;

	if (vp->v_ops->vop_read == NULL) {
		if (vp->v_type == VDIR)
			return -EISDIR;
		return vp->v_type == VREG ? vm_object_read(&vp->v_object, uio)
					  : -EINVAL;
	}
	rwlock_rdlock(&vp->v_lock);
	error = vp->v_ops->vop_read(vp, uio, fp);
	rwlock_unlock(&vp->v_lock);
	return error;
}

int
VOP_WRITE(struct vnode *vp, struct uio *uio, struct file *fp)
{
	struct vattr va;
	size_t resid = uio->uio_resid;
	int error;

	ASSERT_X(vp);
	vnode_changed(vp);
	if (vp->v_ops->vop_write != NULL)
		return vp->v_ops->vop_write(vp, uio, fp);
	if (vp->v_type != VREG)
		return -EINVAL;
	error = vm_object_write(&vp->v_object, uio);
	if (uio->uio_resid != resid && vp->v_ops->vop_setattr != NULL) {
		va.va_mtime = va.va_ctime = clock_real();
		(void)vp->v_ops->vop_setattr(vp, &va, VSA_MTIME | VSA_CTIME);
	}
	return error;
}

int
VOP_ALLOCATE(struct vnode *vp, int mode, uint64_t off, uint64_t len)
{
	ASSERT_X(vp);
	if (vp->v_ops->vop_allocate == NULL)
		return -EOPNOTSUPP;
	vnode_changed(vp);
	return vp->v_ops->vop_allocate(vp, mode, off, len);
}

int
VOP_SEEK(struct vnode *vp, off_t *off, bool hole)
{
	struct vattr va;
	int error;

	if (vp->v_ops->vop_seek != NULL)
		return vp->v_ops->vop_seek(vp, off, hole);
	/* No holes but the one at the end. */
	error = VOP_GETATTR(vp, &va);
	if (error != 0)
		return error;
	if (*off < 0 || (uint64_t)*off >= va.va_size)
		return -ENXIO;
	if (hole)
		*off = va.va_size;
	return 0;
}

/* Without a vop_fsync there is nothing that could be lost with the power. */
int
VOP_FSYNC(struct vnode *vp, bool data_only)
{
	if (vp->v_ops->vop_fsync == NULL)
		return 0;
	return vp->v_ops->vop_fsync(vp, data_only);
}
