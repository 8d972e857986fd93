/* SPDX-License-Identifier: MIT */
/*
 * sys/fs/vfs_vnode.c: the life of vnodes.
 *
 *	vnode_init -> used (v_ref > 0) <-> unused (v_ref 0, on the free list)
 *	used, in no hash, or VNF_DEAD -> last vnode_unref -> reclaimed
 *
 * Invariants: (1) v_ref goes from 1 to 0 only with vnode_lock held, so that
 * whoever finds a vnode by number cannot lose it. (2) vop_inactive runs with
 * one reference, the last one, and that reference goes afterwards.
 */
#include "fs/vfs_internal.h"

#include "base/kprintf.h"
#include "base/lock.h"
#include "base/page.h"
#include "base/panic.h"
#include "base/slab.h"
#include "base/thread.h"

#include "vm/vmspace.h"

#include <abi/errno.h>

#define VNODE_CHAINS 4096u

static struct spinlock vnode_lock = SPINLOCK_INIT(LR_VNODEHASH, "vnodes");
static struct list vnode_chains[VNODE_CHAINS];
static struct list vnode_unused = LIST_INIT(vnode_unused);
static uint64_t vnode_nunused;
static uint64_t vnode_limit; /* of unused ones */

static struct list *
vnode_chain(struct mount *m, ino_t ino)
{
	uint64_t h = ((uintptr_t)m >> 6) + ino * UINT64_C(0x9e3779b97f4a7c15);

	return &vnode_chains[(h ^ (h >> 29)) % VNODE_CHAINS];
}

void
vnode_init(struct vnode *vp, struct mount *m, enum vtype type,
    const struct vnodeops *ops, ino_t ino)
{
	rwlock_init(&vp->v_lock, LR_VNODE, "vnode");
	vp->v_ref = 1;
	vp->v_type = type;
	vp->v_flags = 0;
	vp->v_ops = ops;
	vp->v_mount = m;
	vp->v_ino = ino;
	vp->v_rdev = 0;
	vp->v_pipe = NULL;
	vp->v_socket = NULL;
	vp->v_writers = 0;
	vp->v_execs = 0;
	vp->v_perm_seq = 0;
	vp->v_atime_fresh = 0;
	list_init(&vp->v_hash);
	list_init(&vp->v_free);
	list_init(&vp->v_dentries);
	list_init(&vp->v_flocks);
	list_init(&vp->v_mntlink);
	if (m != NULL) {
		spin_lock(&vnode_lock);
		list_add_tail(&m->mnt_vnodes, &vp->v_mntlink);
		spin_unlock(&vnode_lock);
	}
}

void
vnode_ref(struct vnode *vp)
{
	atomic_add_relaxed(&vp->v_ref, 1);
}

/* Off every list; vnode_lock held, v_ref 0. */
static void
vnode_unlist(struct vnode *vp)
{
	if (list_linked(&vp->v_free)) {
		list_del(&vp->v_free);
		vnode_nunused--;
	}
	list_del(&vp->v_hash);
	vp->v_flags &= ~VNF_HASHED;
	list_del(&vp->v_mntlink);
}

/* The last reference is this one. */
static void
vnode_unref_last(struct vnode *vp)
{
	bool gone;

	if (vp->v_ops->vop_inactive != NULL)
		vp->v_ops->vop_inactive(vp);
	spin_lock(&vnode_lock);
	if (atomic_sub(&vp->v_ref, 1) != 0) {
		spin_unlock(&vnode_lock);
		return;
	}
	gone = (vp->v_flags & VNF_DEAD) || !(vp->v_flags & VNF_HASHED);
	if (gone) {
		vnode_unlist(vp);
	} else if (!list_linked(&vp->v_free)) {
		list_add_tail(&vnode_unused, &vp->v_free);
		vnode_nunused++;
	}
	spin_unlock(&vnode_lock);
	if (gone)
		vp->v_ops->vop_reclaim(vp);
	else if (vnode_nunused > vnode_limit)
		(void)vnode_shrink(16);
}

void
vnode_unref(struct vnode *vp)
{
	uint32_t ref = atomic_load_relaxed(&vp->v_ref);

	while (ref > 1) {
		if (atomic_cas(&vp->v_ref, &ref, ref - 1))
			return;
	}
	KASSERT(ref == 1);
	vnode_unref_last(vp);
}

/* vnode_lock held: one more user of what may be unused. */
static void
vnode_revive(struct vnode *vp)
{
	atomic_add(&vp->v_ref, 1);
	if (list_linked(&vp->v_free)) {
		list_del(&vp->v_free);
		vnode_nunused--;
	}
}

static struct vnode *
vnode_find_locked(struct mount *m, ino_t ino)
{
	struct vnode *vp;

	list_foreach(vp, vnode_chain(m, ino), v_hash) {
		if (vp->v_ino == ino && vp->v_mount == m &&
		    !(vp->v_flags & VNF_DEAD))
			return vp;
	}
	return NULL;
}

struct vnode *
vnode_hash_find(struct mount *m, ino_t ino)
{
	struct vnode *vp;

	spin_lock(&vnode_lock);
	vp = vnode_find_locked(m, ino);
	if (vp != NULL)
		vnode_revive(vp);
	spin_unlock(&vnode_lock);
	return vp;
}

struct vnode *
vnode_hash_insert(struct vnode *vp)
{
	struct vnode *there;

	spin_lock(&vnode_lock);
	there = vnode_find_locked(vp->v_mount, vp->v_ino);
	if (there != NULL && there != vp) {
		vnode_revive(there);
	} else {
		there = vp;
		list_add_head(vnode_chain(vp->v_mount, vp->v_ino), &vp->v_hash);
		vp->v_flags |= VNF_HASHED;
	}
	spin_unlock(&vnode_lock);
	return there;
}

void
vnode_hash_remove(struct vnode *vp)
{
	spin_lock(&vnode_lock);
	list_del(&vp->v_hash);
	vp->v_flags &= ~VNF_HASHED;
	spin_unlock(&vnode_lock);
}

/* vp is referenced by us alone and was unused: reclaim, unless somebody came
 * while its pages were written. */
static bool
vnode_reclaim(struct vnode *vp)
{
	bool gone;

	if (vp->v_type == VREG &&
	    vm_object_sync(&vp->v_object, 0, 0) != 0)
		klog(KLOG_ERR, "vfs: data of inode %llu lost\n",
		    (unsigned long long)vp->v_ino);
	if (vp->v_ops->vop_inactive != NULL)
		vp->v_ops->vop_inactive(vp);
	spin_lock(&vnode_lock);
	gone = atomic_sub(&vp->v_ref, 1) == 0;
	if (gone)
		vnode_unlist(vp);
	spin_unlock(&vnode_lock);
	if (gone)
		vp->v_ops->vop_reclaim(vp);
	return gone;
}

uint64_t
vnode_shrink(uint64_t want)
{
	uint64_t freed = 0, look = vnode_nunused;

	while (freed < want && look-- > 0) {
		struct vnode *vp;

		spin_lock(&vnode_lock);
		if (list_empty(&vnode_unused)) {
			spin_unlock(&vnode_lock);
			break;
		}
		vp = list_first(&vnode_unused, struct vnode, v_free);
		vnode_revive(vp);
		spin_unlock(&vnode_lock);
		if (vnode_reclaim(vp))
			freed++;
	}
	return freed;
}

int
vnode_flush_mount(struct mount *m)
{
	for (;;) {
		struct vnode *vp, *found = NULL;
		bool busy = false;

		spin_lock(&vnode_lock);
		list_foreach(vp, &m->mnt_vnodes, v_mntlink) {
			if (atomic_load_relaxed(&vp->v_ref) != 0) {
				busy = true;
				continue;
			}
			found = vp;
			vnode_revive(vp);
			break;
		}
		spin_unlock(&vnode_lock);
		if (found == NULL)
			return busy ? -EBUSY : 0;
		(void)vnode_reclaim(found);
		sched_point();
	}
}

int
vnode_foreach(struct mount *m, int (*fn)(struct vnode *, void *), void *arg)
{
	struct vnode *vp, *prev = NULL;
	struct list *link;
	int error = 0;

	/* The vnode we stand on is referenced, so its link stays. */
	spin_lock(&vnode_lock);
	link = m->mnt_vnodes.l_next;
	while (error == 0 && link != &m->mnt_vnodes) {
		vp = list_entry(link, struct vnode, v_mntlink);
		vnode_revive(vp);
		spin_unlock(&vnode_lock);
		if (prev != NULL)
			vnode_unref(prev);
		error = fn(vp, arg);
		prev = vp;
		spin_lock(&vnode_lock);
		link = vp->v_mntlink.l_next;
	}
	spin_unlock(&vnode_lock);
	if (prev != NULL)
		vnode_unref(prev);
	return error;
}

void
vnode_object_hold(struct vm_object *o)
{
	vnode_ref(o->vo_owner);
}

void
vnode_object_drop(struct vm_object *o)
{
	vnode_unref(o->vo_owner);
}

static void
area_file_ref(void *fp)
{
	file_ref(fp);
}

static void
area_file_unref(void *fp)
{
	file_unref(fp);
}

const struct vm_file_ops vnode_file_ops = {
	.vf_ref = area_file_ref,
	.vf_unref = area_file_unref,
};

static const uint8_t type_to_mode[] = {
	[VREG] = 010, [VDIR] = 004, [VBLK] = 006, [VCHR] = 002, [VLNK] = 012,
	[VSOCK] = 014, [VFIFO] = 001,
};

enum vtype
vtype_of_mode(mode_t mode)
{
	unsigned i;

	for (i = VREG; i < nitems(type_to_mode); i++) {
		if (type_to_mode[i] == (mode >> 12))
			return i;
	}
	return VNON;
}

mode_t
mode_of_vtype(enum vtype type)
{
	return (mode_t)type_to_mode[type] << 12;
}

void
vnode_init_subsys(void)
{
	struct page_stats ps;
	unsigned i;

	for (i = 0; i < VNODE_CHAINS; i++)
		list_init(&vnode_chains[i]);
	page_stats_get(&ps);
	vnode_limit = MAX(ps.ps_total / 8, 256);
	vm_file_ops_register(&vnode_file_ops);
}
