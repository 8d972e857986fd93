/* SPDX-License-Identifier: MIT */
/*
 * sys/fs/ext2_reload.c: reading a file system again before it is written to.
 *
 * While it is mounted read-only a checker may repair it through /dev: that is
 * how the root is checked at boot. What was read before is then not what is on
 * the disk, and what is written from it would undo the repair. So on the way
 * from read-only to writing nothing is believed that was read: blocks, names
 * and files out of use are forgotten, superblock and descriptors are read
 * again, and files in use get what their inodes say now.
 * A file in use cannot become another one. If its inode was freed or given
 * away the file system stays read-only; mounting it anew (a restart, for the
 * root) is the way out. The same goes for a file system of another shape.
 */
#include "fs/ext2.h"

#include "base/kprintf.h"
#include "base/slab.h"
#include "base/string.h"

#include "fs/vfs_internal.h"

/* What every file in use and every other field of ext2_mount rests on. */
static bool
shape_same(const struct ext2_mount *a, const struct ext2_mount *b)
{
	return a->es_bsize == b->es_bsize && a->es_nblocks == b->es_nblocks &&
	    a->es_first_block == b->es_first_block &&
	    a->es_bpg == b->es_bpg && a->es_ipg == b->es_ipg &&
	    a->es_ninodes == b->es_ninodes && a->es_isize == b->es_isize &&
	    a->es_first_ino == b->es_first_ino &&
	    a->es_super_blocks == b->es_super_blocks &&
	    a->es_filetype == b->es_filetype;
}

/* Errors found since it was mounted are still there unless a checker has been
 * at work: it takes the mark off, or tells when it looked. */
static bool
errors_left(const struct ext2_mount *es, const struct ext2_disk_super *now)
{
	if (es->es_nerrors == 0)
		return false;
	return (now->s_state & EXT2_ERROR_FS) != 0 ||
	    (!(es->es_sb->s_state & EXT2_ERROR_FS) &&
		now->s_lastcheck == es->es_sb->s_lastcheck);
}

/* Refused, and marked on the disk so that the next check is a whole one. */
static int
errors_mark(struct ext2_mount *es)
{
	int error = 0;

	klog(KLOG_ERR, "ext2: %s has errors: read-only until e2fsck has "
	    "repaired it\n", es->es_bdev->bd_name);
	if (!(es->es_sb->s_state & EXT2_ERROR_FS)) {
		es->es_sb->s_state |= EXT2_ERROR_FS;
		error = ext2_super_write(es, true);
	}
	return error != 0 ? error : -EROFS;
}

/* Takes over what `now` read; its places in memory stay. */
static void
super_take(struct ext2_mount *es, const struct ext2_mount *now)
{
	uint32_t g;

	mutex_lock(&es->es_lock);
	memcpy(es->es_sb, now->es_sb, sizeof(*es->es_sb));
	for (g = 0; g < es->es_ngroups; g++)
		es->es_groups[g] = now->es_groups[g];
	es->es_bfree = now->es_bfree;
	es->es_ifree = now->es_ifree;
	es->es_sb_dirty = false;
	mutex_unlock(&es->es_lock);
}

static int
super_reload(struct ext2_mount *es)
{
	struct ext2_mount *now = kzalloc(sizeof(*now));
	int error = -ENOMEM;
	bool refused = false;

	if (now == NULL)
		return error;
	now->es_bdev = es->es_bdev;
	now->es_bc = es->es_bc;
	now->es_rdonly = true;
	error = ext2_super_load(now);
	if (error == 0 && !shape_same(es, now)) {
		klog(KLOG_ERR, "ext2: %s has another shape than when it was "
		    "mounted\n", es->es_bdev->bd_name);
		error = -EBUSY;
	}
	if (error == 0)
		error = ext2_groups_load(now);
	if (error == 0) {
		refused = errors_left(es, now->es_sb);
		super_take(es, now);
	}
	kfree(now->es_groups);
	kfree(now->es_sb);
	kfree(now);
	return refused ? errors_mark(es) : error;
}

static int
node_reload(struct vnode *vp, void *arg)
{
	struct ext2_node *n = VTOE(vp);
	int error;

	if (n->n_gone)
		return 0;
	rwlock_wrlock(&vp->v_lock);
	error = ext2_inode_reload(n);
	/* Pages go after the block map has changed: whoever reads one now
	 * reads it from the new place. */
	if (error == 0 && vp->v_type == VREG) {
		vm_object_drop(&vp->v_object, 0, UINT64_MAX);
		atomic_store_relaxed(&vp->v_object.vo_size, n->n_size);
	}
	vnode_perm_forget(vp);
	rwlock_unlock(&vp->v_lock);
	return error;
}

int
ext2_reload(struct ext2_mount *es)
{
	struct mount *m = es->es_mount;
	int error = bufcache_reload(es->es_bc);

	if (error == 0)
		error = super_reload(es);
	if (error != 0)
		return error;
	dcache_purge(m->mnt_root_dentry);
	error = vnode_flush_mount(m);
	if (error == -EBUSY)
		error = vnode_foreach(m, node_reload, NULL);
	if (error == 0)
		es->es_nerrors = 0;
	return error;
}
