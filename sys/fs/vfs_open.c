/* SPDX-License-Identifier: MIT */
/*
 * sys/fs/vfs_open.c: open(2) by name and by place, and opening for exec.
 */
#include "fs/vfs_internal.h"

#include "base/clock.h"
#include "base/lock.h"

#include <abi/errno.h>

/* O_TMPFILE without the O_DIRECTORY it contains. */
#define O_TMPFILE_BIT (O_TMPFILE & ~O_DIRECTORY)

static int
open_want(unsigned oflags)
{
	static const uint8_t want[] = { 4, 2, 6, 6 };

	return want[oflags & O_ACCMODE] | ((oflags & O_TRUNC) ? 2 : 0);
}

static int
open_check_type(const struct path *p, struct vnode *vp, unsigned oflags,
    int want)
{
	switch (vp->v_type) {
	case VLNK:
		return -ELOOP;
	case VDIR:
		if (want & 2)
			return -EISDIR;
		break;
	case VBLK:
	case VCHR:
		if ((p->p_mount->mnt_flags | p->p_mount->mnt_super->mnt_flags) &
		    MNT_NODEV)
			return -EACCES;
		break;
	case VSOCK:
		return -ENXIO;
	default:
		break;
	}
	if ((oflags & O_DIRECTORY) && vp->v_type != VDIR)
		return -ENOTDIR;
	/* Devices, pipes and sockets are written elsewhere. */
	if ((want & 2) && vp->v_type == VREG)
		return mount_writable(p->p_mount);
	return 0;
}

static int
open_truncate(struct vnode *vp, const struct cred *cr)
{
	int error;

	rwlock_wrlock(&vp->v_lock);
	error = vnode_resize(vp, 0, cr);
	rwlock_unlock(&vp->v_lock);
	return error;
}

/* The file system's and the device's say. fp has its path. */
static int
open_vnode(struct vnode *vp, struct file *fp)
{
	int error = 0;

	if (vp->v_ops->vop_open != NULL) {
		error = vp->v_ops->vop_open(vp, fp);
		if (error != 0)
			return error;
	}
	fp->f_opened = true;
	/* The file system may have put its own operations there. */
	if (fp->f_ops == &vnode_fileops)
		error = spec_open(vp, fp);
	return error;
}

/* p was found and may be used as oflags say; consumes nothing. */
static int
open_place(const struct path *p, unsigned oflags, const struct cred *cr,
    bool check, struct file **fpp)
{
	struct vnode *vp = path_vnode(p);
	int want = open_want(oflags), error = 0;
	struct file *fp;

	if (oflags & O_PATH) {
		if ((oflags & O_DIRECTORY) && vp->v_type != VDIR)
			return -ENOTDIR;
	} else {
		error = open_check_type(p, vp, oflags, want);
		if (error == 0 && check)
			error = vnode_access_unlocked(vp, want, cr);
		if (error != 0)
			return error;
	}
	fp = file_alloc((oflags & O_PATH) ? &path_fileops : &vnode_fileops,
	    NULL, oflags & ~(O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC |
		       O_CLOEXEC), cr);
	if (fp == NULL)
		return -ENFILE;
	fp->f_path.ps_mount = p->p_mount;
	fp->f_path.ps_dentry = p->p_dentry;
	path_ref(p);
	fp->f_vnode = vp;
	fp->f_exclusive = (oflags & O_EXCL) != 0;
	if (!(oflags & O_PATH)) {
		if ((oflags & O_NOATIME) && !vnode_owner_or_capable(vp, cr))
			error = -EPERM;
		else if ((want & 2) && vp->v_type == VREG)
			error = vnode_writer_add(vp, fp);
		if (error == 0)
			error = open_vnode(vp, fp);
		if (error == 0 && (oflags & O_TRUNC) && vp->v_type == VREG)
			error = open_truncate(vp, cr);
	}
	if (error != 0) {
		file_unref(fp);
		return error;
	}
	*fpp = fp;
	return 0;
}

int
vfs_open_path(const struct path *p, unsigned oflags, const struct cred *cr,
    struct file **fpp)
{
	return open_place(p, oflags, cr, true, fpp);
}

/* Creates the last component. The directory is locked exclusively and the
 * name was not there. */
static int
create_locked(struct nameidata *nd, mode_t mode, struct dentry **out)
{
	struct vnode *dvp = nd->nd_dentry->d_vnode, *vp;
	struct vattr va;
	int error = mount_writable(nd->nd_mount);

	if (error == 0)
		error = vnode_access(dvp, 3, nd->nd_ctx->lc_cred);
	if (error == 0)
		error = vnode_new_attr(dvp, VREG, mode, nd->nd_ctx, &va);
	if (error == 0)
		error = VOP_CREATE(dvp, nd->nd_last, nd->nd_lastlen, &va, &vp);
	if (error != 0)
		return error;
	dcache_drop_name(nd->nd_dentry, nd->nd_last, nd->nd_lastlen);
	*out = dcache_enter(nd->nd_dentry, nd->nd_last, nd->nd_lastlen, vp);
	return *out != NULL ? 0 : -ENOMEM;
}

/* The dentry of the last component, which is made if it is not there. */
static int
open_or_create(struct nameidata *nd, unsigned oflags, mode_t mode,
    struct dentry **out, bool *created)
{
	struct vnode *dvp = nd->nd_dentry->d_vnode;
	struct dentry *d;
	int error;

	*created = false;
	error = namei_dentry(nd, false, out);
	if (error != 0 || (*out)->d_vnode != NULL)
		return error;
	dentry_unref(*out);
	rwlock_wrlock(&dvp->v_lock);
	error = namei_dentry(nd, true, &d);
	if (error == 0 && d->d_vnode == NULL) {
		dentry_unref(d);
		if (nd->nd_dentry->d_flags & D_UNHASHED &&
		    nd->nd_dentry != nd->nd_mount->mnt_root_dentry)
			error = -ENOENT;
		else
			error = create_locked(nd, mode, &d);
		*created = error == 0;
	}
	rwlock_unlock(&dvp->v_lock);
	*out = d;
	return error;
}

/* One try at the last component; 1: a link was followed. */
static int
open_last(struct nameidata *nd, unsigned oflags, mode_t mode, bool *created)
{
	struct dentry *d;
	int error;
	bool follow = !(oflags & O_NOFOLLOW);

	*created = false;
	if (!(oflags & O_CREAT))
		return namei_last(nd, follow);
	if (nd->nd_last_type != LAST_NORM || nd->nd_slash)
		return nd->nd_last_type == LAST_NORM || !(oflags & O_EXCL)
		    ? -EISDIR : -EEXIST;
	error = open_or_create(nd, oflags, mode, &d, created);
	if (error != 0)
		return error;
	if (!*created && (oflags & O_EXCL)) {
		dentry_unref(d);
		return -EEXIST;
	}
	if (d->d_vnode->v_type == VLNK && follow) {
		error = namei_follow(nd, d);
		if (error != 0)
			return error;
		return nd->nd_last_type == LAST_DOT ? 0 : 1;
	}
	namei_enter(nd, d);
	/* Linux: an existing directory is not what O_CREAT can give. */
	return nd->nd_dentry->d_vnode->v_type == VDIR ? -EISDIR : 0;
}

int
vfs_open(const struct lookup_ctx *ctx, const char *path, unsigned oflags,
    mode_t mode, struct file **fpp)
{
	return vfs_open_within(ctx, path, oflags, mode, 0, fpp);
}

int
vfs_open_within(const struct lookup_ctx *ctx, const char *path,
    unsigned oflags, mode_t mode, unsigned resolve, struct file **fpp)
{
	struct nameidata nd;
	struct path p;
	bool created = false;
	int error;

	if (oflags & O_PATH)
		oflags &= O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	if ((oflags & O_TMPFILE_BIT) != 0 && !(oflags & O_PATH)) {
		if ((oflags & O_TMPFILE) != O_TMPFILE ||
		    !(open_want(oflags) & 2))
			return -EINVAL;
		return -EOPNOTSUPP;
	}
	if ((oflags & (O_CREAT | O_DIRECTORY)) == (O_CREAT | O_DIRECTORY))
		return -EINVAL;
	if ((oflags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL))
		oflags |= O_NOFOLLOW;
	error = namei_parent_within(&nd, ctx, path, resolve);
	while (error == 0) {
		error = open_last(&nd, oflags, mode, &created);
		if (error >= 0 && unlikely(resolve != 0) &&
		    namei_resolve_check(&nd) != 0)
			error = -EXDEV;
		if (error != 1)
			break;
		error = namei_again(&nd);
	}
	if (error == 0 && nd.nd_file != NULL) {
		*fpp = nd.nd_file;
		nd.nd_file = NULL;
	} else if (error == 0) {
		p.p_mount = nd.nd_mount;
		p.p_dentry = nd.nd_dentry;
		error = open_place(&p, created ? oflags & ~O_TRUNC : oflags,
		    ctx->lc_cred, !created, fpp);
	}
	namei_release(&nd);
	return error;
}

int
vfs_open_exec_path(const struct path *p, const struct cred *cr,
    struct file **fpp)
{
	struct vnode *vp = path_vnode(p);
	struct file *fp;
	int error;

	if (vp->v_type != VREG ||
	    ((p->p_mount->mnt_flags | p->p_mount->mnt_super->mnt_flags) &
		MNT_NOEXEC))
		return -EACCES;
	error = vnode_access_unlocked(vp, 1, cr);
	if (error == 0)
		error = open_place(p, O_RDONLY, cr, false, &fp);
	if (error != 0)
		return error;
	error = vnode_exec_add(vp, fp);
	if (error != 0)
		file_unref(fp);
	else
		*fpp = fp;
	return error;
}

int
vfs_open_exec(const struct lookup_ctx *ctx, const char *path,
    struct file **fpp)
{
	struct path p;
	int error = vfs_lookup(ctx, path, 0, &p);

	if (error != 0)
		return error;
	error = vfs_open_exec_path(&p, ctx->lc_cred, fpp);
	path_unref(&p);
	return error;
}
