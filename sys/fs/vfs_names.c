/* SPDX-License-Identifier: MIT */
/*
 * sys/fs/vfs_names.c: making and removing names: mknod, mkdir, symlink, link,
 * unlink, rmdir.
 *
 * All work alike: walk to the directory, lock it exclusively, look the name up
 * again under the lock, check, do, and set the dentry cache right before the
 * lock goes.
 */
#include "fs/vfs_internal.h"

#include "base/lock.h"
#include "base/string.h"

#include <abi/errno.h>

/*
 * For names that are to be made: the directory locked, the name known not to
 * exist and writable. dir: a trailing slash is right.
 */
static int
make_begin(struct nameidata *nd, const struct lookup_ctx *ctx,
    const char *path, bool dir)
{
	struct vnode *dvp;
	struct dentry *d;
	int error = namei_parent(nd, ctx, path);

	if (error != 0)
		return error;
	if (nd->nd_last_type != LAST_NORM)
		return -EEXIST;
	dvp = nd->nd_dentry->d_vnode;
	rwlock_wrlock(&dvp->v_lock);
	error = namei_dentry(nd, true, &d);
	if (error != 0)
		goto fail;
	if (d->d_vnode != NULL)
		error = -EEXIST;
	else if (nd->nd_slash && !dir)
		error = -ENOENT;
	dentry_unref(d);
	if (error == 0)
		error = mount_writable(nd->nd_mount);
	if (error == 0 && (nd->nd_dentry->d_flags & D_UNHASHED) &&
	    nd->nd_dentry != nd->nd_mount->mnt_root_dentry &&
	    !(dvp->v_flags & VNF_NOCACHE))
		error = -ENOENT; /* the directory itself was removed */
	if (error == 0)
		error = vnode_access(dvp, 3, ctx->lc_cred);
	if (error == 0)
		return 0;
fail:
	rwlock_unlock(&dvp->v_lock);
	return error;
}

/* The negative dentry goes, and the new one is entered; vp is consumed. */
static void
make_end(struct nameidata *nd, struct vnode *vp)
{
	struct dentry *d;

	dcache_drop_name(nd->nd_dentry, nd->nd_last, nd->nd_lastlen);
	if (vp != NULL) {
		d = dcache_enter(nd->nd_dentry, nd->nd_last, nd->nd_lastlen,
		    vp);
		if (d != NULL)
			dentry_unref(d);
	}
	rwlock_unlock(&nd->nd_dentry->d_vnode->v_lock);
}

static int
make_node(const struct lookup_ctx *ctx, const char *path, enum vtype type,
    mode_t mode, dev_t rdev, struct vnode **vpp)
{
	struct nameidata nd;
	struct vnode *dvp, *vp;
	struct vattr va;
	int error = make_begin(&nd, ctx, path, type == VDIR);

	if (error == 0) {
		dvp = nd.nd_dentry->d_vnode;
		error = vnode_new_attr(dvp, type, mode, ctx, &va);
		va.va_rdev = rdev;
		if (error == 0)
			error = VOP_CREATE(dvp, nd.nd_last, nd.nd_lastlen, &va,
			    &vp);
		if (error == 0) {
			if (vpp != NULL) {
				vnode_ref(vp);
				*vpp = vp;
			}
			make_end(&nd, vp);
		} else {
			rwlock_unlock(&dvp->v_lock);
		}
	}
	namei_release(&nd);
	return error;
}

int
vfs_mknod(const struct lookup_ctx *ctx, const char *path, mode_t mode,
    dev_t rdev)
{
	enum vtype type = vtype_of_mode(mode & 0170000);

	if ((mode & 0170000) == 0)
		type = VREG;
	if (type == VDIR)
		return -EPERM;
	if (type == VNON || type == VLNK)
		return -EINVAL;
	if ((type == VCHR || type == VBLK) &&
	    !cred_capable(ctx->lc_cred, CAP_MKNOD))
		return -EPERM;
	return make_node(ctx, path, type, mode, rdev, NULL);
}

int
vfs_mksock(const struct lookup_ctx *ctx, const char *path, mode_t mode,
    struct vnode **vpp)
{
	return make_node(ctx, path, VSOCK, mode, 0, vpp);
}

int
vfs_mkdir(const struct lookup_ctx *ctx, const char *path, mode_t mode)
{
	return make_node(ctx, path, VDIR, mode & 01777, 0, NULL);
}

int
vfs_symlink(const struct lookup_ctx *ctx, const char *target,
    const char *path)
{
	struct nameidata nd;
	struct vnode *dvp, *vp;
	struct vattr va;
	int error;

	if (*target == '\0')
		return -ENOENT;
	error = make_begin(&nd, ctx, path, false);
	if (error == 0) {
		dvp = nd.nd_dentry->d_vnode;
		error = vnode_new_attr(dvp, VLNK, 0777, ctx, &va);
		va.va_mode = 0777;
		if (error == 0)
			error = VOP_SYMLINK(dvp, nd.nd_last, nd.nd_lastlen,
			    &va, target, &vp);
		if (error == 0)
			make_end(&nd, vp);
		else
			rwlock_unlock(&dvp->v_lock);
	}
	namei_release(&nd);
	return error;
}

/* dvp is locked. */
static int
link_locked(struct nameidata *nd, const struct path *from)
{
	struct vnode *dvp = nd->nd_dentry->d_vnode, *vp = path_vnode(from);
	struct vattr va;
	int error;

	if (vp->v_type == VDIR)
		return -EPERM;
	if (vp == dvp || vp->v_mount != dvp->v_mount ||
	    from->p_mount != nd->nd_mount)
		return -EXDEV;
	rwlock_wrlock(&vp->v_lock);
	error = VOP_GETATTR(vp, &va);
	if (error == 0 && va.va_nlink == 0)
		error = -ENOENT; /* what is unlinked stays so */
	if (error == 0)
		error = VOP_LINK(dvp, nd->nd_last, nd->nd_lastlen, vp);
	rwlock_unlock(&vp->v_lock);
	if (error == 0)
		vnode_ref(vp);
	return error;
}

int
vfs_link(const struct lookup_ctx *from, const char *name,
    const struct lookup_ctx *to, const char *newname, unsigned at_flags)
{
	struct nameidata nd;
	struct path p;
	unsigned flags = LOOKUP_NOFOLLOW;
	int error;

	if (at_flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (at_flags & AT_SYMLINK_FOLLOW)
		flags = 0;
	if (at_flags & AT_EMPTY_PATH) {
		if (*name == '\0' &&
		    !cred_capable(from->lc_cred, CAP_DAC_READ_SEARCH))
			return -ENOENT;
		flags |= LOOKUP_EMPTY;
	}
	error = vfs_lookup(from, name, flags, &p);
	if (error != 0)
		return error;
	error = make_begin(&nd, to, newname, false);
	if (error == 0) {
		error = link_locked(&nd, &p);
		if (error == 0)
			make_end(&nd, path_vnode(&p));
		else
			rwlock_unlock(&nd.nd_dentry->d_vnode->v_lock);
	}
	namei_release(&nd);
	path_unref(&p);
	return error;
}

/* dvp is locked, d is the victim's dentry. */
static int
remove_locked(struct nameidata *nd, struct dentry *d, bool dir)
{
	struct vnode *dvp = nd->nd_dentry->d_vnode, *vp = d->d_vnode;
	int error;

	if (vp == NULL)
		return -ENOENT;
	if (!dir && nd->nd_slash)
		return vp->v_type == VDIR ? -EISDIR : -ENOTDIR;
	error = mount_writable(nd->nd_mount);
	if (error != 0)
		return error;
	if (vp == dvp)
		return -EUCLEAN; /* a directory that contains itself */
	rwlock_wrlock(&vp->v_lock);
	error = vnode_may_delete(dvp, vp, dir, nd->nd_ctx->lc_cred);
	if (error == 0 && d->d_mounts != 0)
		error = -EBUSY;
	if (error == 0)
		error = VOP_REMOVE(dvp, nd->nd_last, nd->nd_lastlen, vp);
	rwlock_unlock(&vp->v_lock);
	if (error == 0)
		dcache_drop(d);
	return error;
}

int
vfs_unlink(const struct lookup_ctx *ctx, const char *path, bool dir)
{
	struct nameidata nd;
	struct dentry *d = NULL;
	struct vnode *dvp;
	int error = namei_parent(&nd, ctx, path);

	if (error == 0 && nd.nd_last_type != LAST_NORM) {
		if (!dir)
			error = -EISDIR;
		else if (nd.nd_last_type == LAST_DOT)
			error = -EINVAL;
		else
			error = nd.nd_last_type == LAST_DOTDOT ? -ENOTEMPTY
							       : -EBUSY;
	}
	if (error == 0) {
		dvp = nd.nd_dentry->d_vnode;
		rwlock_wrlock(&dvp->v_lock);
		error = namei_dentry(&nd, true, &d);
		if (error == 0)
			error = remove_locked(&nd, d, dir);
		else
			d = NULL;
		rwlock_unlock(&dvp->v_lock);
	}
	/* With the directory unlocked: this may free a file's blocks. */
	if (d != NULL)
		dentry_unref(d);
	namei_release(&nd);
	return error;
}
