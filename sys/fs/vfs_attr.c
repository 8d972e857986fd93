/* SPDX-License-Identifier: MIT */
/*
 * sys/fs/vfs_attr.c: what is known about a file, and changing it: stat, chmod,
 * chown, truncate, utimes, access, readlink, statfs.
 */
#include "fs/vfs_internal.h"

#include "base/clock.h"
#include "base/lock.h"
#include "base/string.h"

#include <abi/errno.h>

#define UTIME_NOW_NS  NSEC_NEVER
#define UTIME_OMIT_NS (NSEC_NEVER - 1)

int
vfs_getattr(const struct path *p, struct vattr *va)
{
	struct vnode *vp = path_vnode(p);
	int error;

	rwlock_rdlock(&vp->v_lock);
	error = VOP_GETATTR(vp, va);
	rwlock_unlock(&vp->v_lock);
	return error;
}

int
vfs_chmod(const struct path *p, mode_t mode, const struct cred *cr)
{
	struct vnode *vp = path_vnode(p);
	struct vnode_perm perm;
	struct vattr va;
	int error = mount_writable(p->p_mount);

	if (error != 0)
		return error;
	if (vp->v_type == VLNK)
		return -EOPNOTSUPP;
	rwlock_wrlock(&vp->v_lock);
	error = vnode_perm_get(vp, &perm, true);
	if (error == 0 && !vnode_owner_or_capable(vp, cr))
		error = -EPERM;
	if (error == 0) {
		va.va_mode = mode & 07777;
		if (!cred_in_group(cr, perm.vp_gid) &&
		    !cred_capable(cr, CAP_FSETID))
			va.va_mode &= ~S_ISGID;
		va.va_ctime = clock_real();
		error = VOP_SETATTR(vp, &va, VSA_MODE | VSA_CTIME);
	}
	rwlock_unlock(&vp->v_lock);
	return error;
}

/* vp is locked exclusively. */
static int
chown_locked(struct vnode *vp, uid_t uid, gid_t gid, const struct cred *cr)
{
	struct vnode_perm perm;
	struct vattr va;
	unsigned which = VSA_CTIME;
	int error = vnode_perm_get(vp, &perm, true);
	bool mine = error == 0 && perm.vp_uid == cr->cr_fsuid;

	if (error != 0)
		return error;
	if (!cred_capable(cr, CAP_CHOWN)) {
		if (uid != (uid_t)-1 && !(mine && uid == perm.vp_uid))
			return -EPERM;
		if (gid != (gid_t)-1 && !(mine &&
			(gid == perm.vp_gid || cred_in_group(cr, gid))))
			return -EPERM;
	}
	va.va_uid = uid;
	va.va_gid = gid;
	va.va_ctime = clock_real();
	if (uid != (uid_t)-1)
		which |= VSA_UID;
	if (gid != (gid_t)-1)
		which |= VSA_GID;
	/* As Linux: whoever does it, the set-id bits of a file go. */
	if (vp->v_type != VDIR && (which & (VSA_UID | VSA_GID))) {
		va.va_mode = perm.vp_mode & ~S_ISUID;
		if (perm.vp_mode & 010)
			va.va_mode &= ~S_ISGID;
		if (va.va_mode != perm.vp_mode)
			which |= VSA_MODE;
	}
	return VOP_SETATTR(vp, &va, which);
}

int
vfs_chown(const struct path *p, uid_t uid, gid_t gid, const struct cred *cr)
{
	struct vnode *vp = path_vnode(p);
	int error = mount_writable(p->p_mount);

	if (error != 0)
		return error;
	rwlock_wrlock(&vp->v_lock);
	error = chown_locked(vp, uid, gid, cr);
	rwlock_unlock(&vp->v_lock);
	return error;
}

int
vfs_truncate(const struct path *p, off_t size, const struct cred *cr)
{
	struct vnode *vp = path_vnode(p);
	int error;

	if (size < 0)
		return -EINVAL;
	if (vp->v_type == VDIR)
		return -EISDIR;
	if (vp->v_type != VREG)
		return -EINVAL;
	error = mount_writable(p->p_mount);
	if (error != 0)
		return error;
	rwlock_wrlock(&vp->v_lock);
	error = vnode_access(vp, 2, cr);
	if (error == 0 && atomic_load(&vp->v_execs) != 0)
		error = -ETXTBSY;
	if (error == 0)
		error = vnode_resize(vp, (uint64_t)size, cr);
	rwlock_unlock(&vp->v_lock);
	return error;
}

int
vfs_utimes(const struct path *p, nsec_t atime, nsec_t mtime,
    const struct cred *cr)
{
	struct vnode *vp = path_vnode(p);
	struct vattr va;
	unsigned which = VSA_CTIME;
	bool both_now = atime == UTIME_NOW_NS && mtime == UTIME_NOW_NS;
	int error;

	if (atime == UTIME_OMIT_NS && mtime == UTIME_OMIT_NS)
		return 0;
	error = mount_writable(p->p_mount);
	if (error != 0)
		return error;
	va.va_ctime = clock_real();
	va.va_atime = atime == UTIME_NOW_NS ? va.va_ctime : atime;
	va.va_mtime = mtime == UTIME_NOW_NS ? va.va_ctime : mtime;
	if (atime != UTIME_OMIT_NS)
		which |= VSA_ATIME;
	if (mtime != UTIME_OMIT_NS)
		which |= VSA_MTIME;
	rwlock_wrlock(&vp->v_lock);
	/* Who may write may say "now"; only the owner may lie. */
	if (!vnode_owner_or_capable(vp, cr))
		error = both_now ? vnode_access(vp, 2, cr) : -EPERM;
	if (error == 0)
		error = VOP_SETATTR(vp, &va, which);
	rwlock_unlock(&vp->v_lock);
	return error;
}

int
vfs_access(const struct path *p, int want, const struct cred *cr)
{
	struct vnode *vp = path_vnode(p);
	unsigned f = p->p_mount->mnt_flags | p->p_mount->mnt_super->mnt_flags;

	if ((want & 2) && (f & MNT_RDONLY) &&
	    (vp->v_type == VREG || vp->v_type == VDIR || vp->v_type == VLNK))
		return -EROFS;
	if ((want & 1) && (f & MNT_NOEXEC) && vp->v_type == VREG)
		return -EACCES;
	return want == 0 ? 0 : vnode_access_unlocked(vp, want, cr);
}

ssize_t
vfs_readlink(const struct path *p, struct uio *uio)
{
	struct vnode *vp = path_vnode(p);
	size_t resid = uio->uio_resid;
	int error;

	if (vp->v_type != VLNK)
		return -EINVAL;
	rwlock_rdlock(&vp->v_lock);
	error = VOP_READLINK(vp, uio);
	rwlock_unlock(&vp->v_lock);
	if (error != 0)
		return error;
	vnode_touch_atime(p);
	return resid - uio->uio_resid;
}

/* ST_ flags of statfs(2). */
#define ST_VALID 0x20

int
vfs_statfs(const struct path *p, struct statfs_info *sf)
{
	struct mount *super = p->p_mount->mnt_super;
	unsigned f = p->p_mount->mnt_flags | super->mnt_flags;
	int error;

	if (super->mnt_ops->vo_statfs == NULL)
		return -ENOSYS;
	memset(sf, 0, sizeof(*sf));
	error = super->mnt_ops->vo_statfs(super, sf);
	if (error != 0)
		return error;
	/* Most mount flags have the values statfs shows. */
	sf->sf_flags = (f & (MNT_RDONLY | MNT_NOSUID | MNT_NODEV | MNT_NOEXEC |
	    MNT_SYNC | MNT_NOATIME | MNT_NODIRATIME)) | ST_VALID;
	if (!(f & MNT_NOATIME))
		sf->sf_flags |= 0x1000; /* ST_RELATIME */
	return 0;
}
