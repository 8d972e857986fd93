/* SPDX-License-Identifier: MIT */
/*
 * sys/fs/vfs_rename.c: renameat2(2).
 *
 * Locks: the file system's rename mutex if two directories are involved, so
 * that no directory moves while ancestry is judged; then the directories, the
 * upper one first; then what is renamed and what is replaced, by address. A
 * broken file system may show one vnode in two roles: each is locked once.
 */
#include "fs/vfs_internal.h"

#include "base/lock.h"

#include <abi/errno.h>

struct rename {
	struct nameidata rn_from, rn_to;
	struct dentry *rn_fd, *rn_td;	/* the two names */
	struct vnode *rn_locked[4];
	unsigned rn_nlocked;
	unsigned rn_flags;
	bool rn_two;			/* two directories: mutex held */
};

static void
rename_lock_one(struct rename *rn, struct vnode *vp)
{
	unsigned i;

	for (i = 0; i < rn->rn_nlocked; i++) {
		if (rn->rn_locked[i] == vp)
			return;
	}
	rwlock_wrlock(&vp->v_lock);
	rn->rn_locked[rn->rn_nlocked++] = vp;
}

static void
rename_lock_pair(struct rename *rn, struct vnode *a, struct vnode *b)
{
	rename_lock_one(rn, a < b ? a : b);
	rename_lock_one(rn, a < b ? b : a);
}

static void
rename_unlock(struct rename *rn)
{
	while (rn->rn_nlocked > 0)
		rwlock_unlock(&rn->rn_locked[--rn->rn_nlocked]->v_lock);
	if (rn->rn_two)
		mutex_unlock(&rn->rn_from.nd_mount->mnt_super->mnt_rename);
	rn->rn_two = false;
}

static void
rename_lock_dirs(struct rename *rn)
{
	struct dentry *f = rn->rn_from.nd_dentry, *t = rn->rn_to.nd_dentry;

	if (f->d_vnode == t->d_vnode) {
		rename_lock_one(rn, f->d_vnode);
		return;
	}
	rn->rn_two = true;
	mutex_lock(&rn->rn_from.nd_mount->mnt_super->mnt_rename);
	if (dentry_is_above(f, t)) {
		rename_lock_one(rn, f->d_vnode);
		rename_lock_one(rn, t->d_vnode);
	} else if (dentry_is_above(t, f)) {
		rename_lock_one(rn, t->d_vnode);
		rename_lock_one(rn, f->d_vnode);
	} else {
		rename_lock_pair(rn, f->d_vnode, t->d_vnode);
	}
}

/* Names and shapes, before anybody's permissions. */
static int
rename_check_names(struct rename *rn)
{
	struct vnode *fvp = rn->rn_fd->d_vnode, *tvp = rn->rn_td->d_vnode;
	bool exchange = rn->rn_flags & RENAME_EXCHANGE;

	if (fvp == NULL || (exchange && tvp == NULL))
		return -ENOENT;
	if (dir_removed(rn->rn_from.nd_mount, rn->rn_fd) ||
	    dir_removed(rn->rn_to.nd_mount, rn->rn_td))
		return -ENOENT;
	if ((rn->rn_flags & RENAME_NOREPLACE) && tvp != NULL)
		return -EEXIST;
	if (fvp->v_type != VDIR) {
		if (rn->rn_from.nd_slash)
			return -ENOTDIR;
		if (!exchange && rn->rn_to.nd_slash)
			return -ENOTDIR;
	}
	if (exchange && tvp->v_type != VDIR && rn->rn_to.nd_slash)
		return -ENOTDIR;
	/* Into itself, or over what it lies in. */
	if (dentry_is_above(rn->rn_fd, rn->rn_to.nd_dentry))
		return -EINVAL;
	if (tvp != NULL &&
	    dentry_is_above(rn->rn_td, rn->rn_from.nd_dentry))
		return exchange ? -EINVAL : -ENOTEMPTY;
	if (rn->rn_fd->d_mounts != 0 || rn->rn_td->d_mounts != 0)
		return -EBUSY;
	return 0;
}

static int
rename_check_access(struct rename *rn)
{
	const struct cred *cr = rn->rn_from.nd_ctx->lc_cred;
	struct vnode *fdvp = rn->rn_from.nd_dentry->d_vnode;
	struct vnode *tdvp = rn->rn_to.nd_dentry->d_vnode;
	struct vnode *fvp = rn->rn_fd->d_vnode, *tvp = rn->rn_td->d_vnode;
	bool exchange = rn->rn_flags & RENAME_EXCHANGE;
	int error;

	error = vnode_may_delete(fdvp, fvp, fvp->v_type == VDIR, cr);
	if (error != 0)
		return error;
	if (tvp == NULL)
		error = vnode_access(tdvp, 3, cr);
	else
		error = vnode_may_delete(tdvp, tvp,
		    (exchange ? tvp : fvp)->v_type == VDIR, cr);
	/* A directory that gets another parent has its ".." written. */
	if (error == 0 && fdvp != tdvp && fvp->v_type == VDIR)
		error = vnode_access(fvp, 2, cr);
	if (error == 0 && fdvp != tdvp && exchange && tvp->v_type == VDIR)
		error = vnode_access(tvp, 2, cr);
	return error;
}

/* The dentries follow what the file system did; cannot fail. */
static void
rename_dentries(struct rename *rn, struct dentry_name *tn,
    struct dentry_name *fn)
{
	if (rn->rn_flags & RENAME_EXCHANGE) {
		dcache_exchange(rn->rn_fd, rn->rn_td, fn, tn);
		return;
	}
	dcache_drop(rn->rn_td);
	dcache_move(rn->rn_fd, rn->rn_to.nd_dentry, tn);
}

static int
rename_do(struct rename *rn)
{
	struct nameidata *f = &rn->rn_from, *t = &rn->rn_to;
	struct vnode *fvp = rn->rn_fd->d_vnode, *tvp = rn->rn_td->d_vnode;
	struct dentry_name tn, fn;
	int error;

	if (tvp != NULL)
		rename_lock_pair(rn, fvp, tvp);
	else
		rename_lock_one(rn, fvp);
	error = rename_check_access(rn);
	if (error != 0)
		return error;
	if (fvp == tvp)
		return 0; /* two names of one file: nothing happens */
	error = dentry_name_prepare(&tn, t->nd_dentry, t->nd_last,
	    t->nd_lastlen);
	if (error != 0)
		return error;
	error = dentry_name_prepare(&fn, f->nd_dentry, f->nd_last,
	    f->nd_lastlen);
	if (error == 0) {
		error = VOP_RENAME(f->nd_dentry->d_vnode, f->nd_last,
		    f->nd_lastlen, fvp, t->nd_dentry->d_vnode, t->nd_last,
		    t->nd_lastlen, tvp, rn->rn_flags & RENAME_EXCHANGE);
		if (error == 0)
			rename_dentries(rn, &tn, &fn);
		dentry_name_release(&fn);
	}
	dentry_name_release(&tn);
	return error;
}

static int
rename_locked(struct rename *rn)
{
	int error = namei_dentry(&rn->rn_from, true, &rn->rn_fd);

	if (error != 0) {
		rn->rn_fd = NULL;
		return error;
	}
	error = namei_dentry(&rn->rn_to, true, &rn->rn_td);
	if (error != 0) {
		rn->rn_td = NULL;
		return error;
	}
	error = rename_check_names(rn);
	if (error == 0)
		error = mount_writable(rn->rn_from.nd_mount);
	return error == 0 ? rename_do(rn) : error;
}

static int
rename_between(struct rename *rn)
{
	int error;

	if (rn->rn_from.nd_mount != rn->rn_to.nd_mount)
		return -EXDEV;
	if (rn->rn_from.nd_last_type != LAST_NORM)
		return -EBUSY;
	if (rn->rn_to.nd_last_type != LAST_NORM)
		return (rn->rn_flags & RENAME_NOREPLACE) ? -EEXIST : -EBUSY;
	rename_lock_dirs(rn);
	error = rename_locked(rn);
	rename_unlock(rn);
	if (rn->rn_fd != NULL)
		dentry_unref(rn->rn_fd);
	if (rn->rn_td != NULL)
		dentry_unref(rn->rn_td);
	return error;
}

int
vfs_rename(const struct lookup_ctx *from, const char *oldpath,
    const struct lookup_ctx *to, const char *newpath, unsigned flags)
{
	struct rename rn = { .rn_flags = flags };
	int error;

	if ((flags & ~(RENAME_NOREPLACE | RENAME_EXCHANGE)) ||
	    flags == (RENAME_NOREPLACE | RENAME_EXCHANGE))
		return -EINVAL;
	error = namei_parent(&rn.rn_from, from, oldpath);
	if (error == 0) {
		error = namei_parent(&rn.rn_to, to, newpath);
		if (error == 0)
			error = rename_between(&rn);
		namei_release(&rn.rn_to);
	}
	namei_release(&rn.rn_from);
	return error;
}
