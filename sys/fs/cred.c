/* SPDX-License-Identifier: MIT */
/*
 * sys/fs/cred.c: who may do what with a file. Linux's rules.
 */
#include "fs/vfs_internal.h"

#include "base/atomic.h"
#include "base/clock.h"
#include "base/slab.h"

#include <abi/errno.h>

const struct cred cred_kernel = {
	.cr_ref = 1,
	.cr_cap_eff = CAP_FULL,
	.cr_cap_perm = CAP_FULL,
	.cr_cap_bset = CAP_FULL,
};

/* Counted, although const to all who only look; the kernel's is not. */
static struct cred *
cred_mutable(const struct cred *cr)
{
	return (struct cred *)(uintptr_t)cr;
}

struct cred *
cred_ref(const struct cred *cr)
{
	if (cr != &cred_kernel)
		atomic_add_relaxed(&cred_mutable(cr)->cr_ref, 1);
	return cred_mutable(cr);
}

void
cred_unref(const struct cred *cr)
{
	if (cr == &cred_kernel ||
	    atomic_sub(&cred_mutable(cr)->cr_ref, 1) != 0)
		return;
	kfree(cr->cr_groups);
	kfree(cred_mutable(cr));
}

bool
cred_in_group(const struct cred *cr, gid_t gid)
{
	uint32_t lo = 0, hi = cr->cr_ngroups;

	if (cr->cr_fsgid == gid)
		return true;
	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (cr->cr_groups[mid] == gid)
			return true;
		if (cr->cr_groups[mid] < gid)
			lo = mid + 1;
		else
			hi = mid;
	}
	return false;
}

void
vnode_perm_forget(struct vnode *vp)
{
	atomic_store(&vp->v_perm_seq, 0);
}

/*
 * Mode and owner. The copy in the vnode is filled by whoever holds the vnode
 * lock, so that no change of the file runs at the same time, and read with no
 * lock under its sequence number. Two fillers have the same facts.
 */
int
vnode_perm_get(struct vnode *vp, struct vnode_perm *perm, bool locked)
{
	struct vattr va;
	uint32_t seq = atomic_load(&vp->v_perm_seq);
	int error;

	if (likely(seq != 0)) {
		perm->vp_mode = atomic_load(&vp->v_perm_mode);
		perm->vp_uid = atomic_load(&vp->v_perm_uid);
		perm->vp_gid = atomic_load(&vp->v_perm_gid);
		if (likely(atomic_load(&vp->v_perm_seq) == seq))
			return 0;
	}
	if (!locked)
		rwlock_rdlock(&vp->v_lock);
	error = VOP_GETATTR(vp, &va);
	if (error == 0) {
		perm->vp_mode = va.va_mode;
		perm->vp_uid = va.va_uid;
		perm->vp_gid = va.va_gid;
		if (!(vp->v_flags & VNF_NOCACHE) && vp->v_perm_seq == 0) {
			static uint32_t next;

			vp->v_perm_mode = va.va_mode;
			vp->v_perm_uid = va.va_uid;
			vp->v_perm_gid = va.va_gid;
			atomic_store(&vp->v_perm_seq,
			    atomic_add_relaxed(&next, 1) | 1);
		}
	}
	if (!locked)
		rwlock_unlock(&vp->v_lock);
	return error;
}

static int
perm_check(const struct vnode *vp, const struct vnode_perm *perm, int want,
    const struct cred *cr)
{
	mode_t mode = perm->vp_mode;

	if (cr->cr_fsuid == perm->vp_uid)
		mode >>= 6;
	else if (cred_in_group(cr, perm->vp_gid))
		mode >>= 3;
	if ((want & ~mode & 7) == 0)
		return 0;
	if (vp->v_type == VDIR) {
		if (cred_capable(cr, CAP_DAC_OVERRIDE))
			return 0;
		if (!(want & 2) && cred_capable(cr, CAP_DAC_READ_SEARCH))
			return 0;
		return -EACCES;
	}
	if (want == 4 && cred_capable(cr, CAP_DAC_READ_SEARCH))
		return 0;
	/* Nobody executes what has no x bit at all. */
	if ((!(want & 1) || (perm->vp_mode & 0111)) &&
	    cred_capable(cr, CAP_DAC_OVERRIDE))
		return 0;
	return -EACCES;
}

int
vnode_access(struct vnode *vp, int want, const struct cred *cr)
{
	struct vnode_perm perm;
	int error = vnode_perm_get(vp, &perm, true);

	return error != 0 ? error : perm_check(vp, &perm, want, cr);
}

int
vnode_access_unlocked(struct vnode *vp, int want, const struct cred *cr)
{
	struct vnode_perm perm;
	int error = vnode_perm_get(vp, &perm, false);

	return error != 0 ? error : perm_check(vp, &perm, want, cr);
}

bool
vnode_owner_or_capable(struct vnode *vp, const struct cred *cr)
{
	struct vnode_perm perm;

	if (cred_capable(cr, CAP_FOWNER))
		return true;
	return vnode_perm_get(vp, &perm, true) == 0 &&
	    perm.vp_uid == cr->cr_fsuid;
}

/* In a sticky directory only the owner of the file or of the directory
 * removes. */
static int
sticky_check(struct vnode *dvp, struct vnode *victim, const struct cred *cr)
{
	struct vnode_perm d, v;
	int error = vnode_perm_get(dvp, &d, true);

	if (error != 0 || !(d.vp_mode & S_ISVTX) || d.vp_uid == cr->cr_fsuid)
		return error;
	error = vnode_perm_get(victim, &v, true);
	if (error != 0 || v.vp_uid == cr->cr_fsuid ||
	    cred_capable(cr, CAP_FOWNER))
		return error;
	return -EPERM;
}

int
vnode_may_delete(struct vnode *dvp, struct vnode *victim, bool dir,
    const struct cred *cr)
{
	int error = vnode_access(dvp, 3, cr);

	if (error == 0)
		error = sticky_check(dvp, victim, cr);
	if (error != 0)
		return error;
	if (dir && victim->v_type != VDIR)
		return -ENOTDIR;
	if (!dir && victim->v_type == VDIR)
		return -EISDIR;
	return 0;
}

int
vnode_new_attr(struct vnode *dvp, enum vtype type, mode_t mode,
    const struct lookup_ctx *ctx, struct vattr *va)
{
	const struct cred *cr = ctx->lc_cred;
	struct vnode_perm d;
	int error = vnode_perm_get(dvp, &d, true);

	if (error != 0)
		return error;
	va->va_type = type;
	va->va_mode = mode & 07777 & ~ctx->lc_umask;
	va->va_uid = cr->cr_fsuid;
	va->va_gid = cr->cr_fsgid;
	va->va_rdev = 0;
	if (d.vp_mode & S_ISGID) {
		va->va_gid = d.vp_gid;
		if (type == VDIR)
			va->va_mode |= S_ISGID;
		else if ((va->va_mode & (S_ISGID | 010)) == (S_ISGID | 010) &&
		    !cred_in_group(cr, d.vp_gid) &&
		    !cred_capable(cr, CAP_FSETID))
			va->va_mode &= ~S_ISGID;
	}
	return 0;
}

int
vnode_clear_suid(struct vnode *vp, const struct cred *cr)
{
	struct vnode_perm perm;
	struct vattr va;
	mode_t drop = 0;
	int error;

	if (vp->v_type != VREG)
		return 0;
	error = vnode_perm_get(vp, &perm, true);
	if (error != 0)
		return error;
	if (perm.vp_mode & S_ISUID)
		drop |= S_ISUID;
	if ((perm.vp_mode & (S_ISGID | 010)) == (S_ISGID | 010))
		drop |= S_ISGID;
	if (likely(drop == 0) || cred_capable(cr, CAP_FSETID))
		return 0;
	va.va_mode = perm.vp_mode & ~drop;
	va.va_ctime = clock_real();
	return VOP_SETATTR(vp, &va, VSA_MODE | VSA_CTIME);
}

int
vnode_resize(struct vnode *vp, uint64_t size, const struct cred *cr)
{
	struct vattr va;
	int error = vnode_clear_suid(vp, cr);

	if (error != 0)
		return error;
	va.va_size = size;
	va.va_mtime = va.va_ctime = clock_real();
	return VOP_SETATTR(vp, &va, VSA_SIZE | VSA_MTIME | VSA_CTIME);
}
