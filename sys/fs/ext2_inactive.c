/* SPDX-License-Identifier: MIT */
/*
 * sys/fs/ext2_inactive.c: the end of an inode's use, and of the inode.
 *
 * A file whose last name went while it was open keeps its inode and blocks, in
 * the bitmaps too; here they go. After a power cut e2fsck finds an inode with
 * no links and frees it.
 */
#include "fs/ext2.h"

#include "base/clock.h"
#include "base/slab.h"

#include "fs/file.h"

#define XATTR_MAGIC 0xea020000

struct xattr_header {
	uint32_t xh_magic, xh_refs, xh_blocks;
};

/* The block of extended attributes, which files may share. */
static void
xattr_drop(struct ext2_node *n)
{
	struct ext2_mount *es = n->n_fs;
	struct xattr_header *xh;
	uint32_t block = n->n_file_acl;
	bool last = false;
	struct buf b;

	n->n_file_acl = 0;
	if (block == 0)
		return;
	if (!ext2_block_ok(es, block)) {
		(void)ext2_error(es, "attributes in block %u", block);
		return;
	}
	if (buf_read(es->es_bc, block, &b) != 0)
		return;
	xh = b.b_data;
	if (xh->xh_magic != XATTR_MAGIC || xh->xh_refs == 0) {
		(void)ext2_error(es, "attributes in block %u", block);
	} else if (--xh->xh_refs == 0) {
		last = true;
	} else {
		buf_dirty(&b);
	}
	buf_release(&b);
	if (last) {
		buf_forget(es->es_bc, block);
		ext2_bfree(es, block, 1);
	}
}

/* Only these have block numbers where blocks could be. */
static bool
has_blocks(const struct ext2_node *n)
{
	enum vtype type = n->n_vnode.v_type;

	if (type == VLNK)
		return n->n_size >= sizeof(n->n_block);
	return type == VREG || type == VDIR;
}

/* From here on nobody can reach the file. */
static void
inode_delete(struct ext2_node *n)
{
	struct vnode *vp = &n->n_vnode;
	struct ext2_mount *es = n->n_fs;
	int error = 0;

	if (vp->v_type == VREG)
		vm_object_resize(&vp->v_object, 0);
	if (has_blocks(n))
		error = ext2_free_range(n, 0, UINT32_MAX);
	xattr_drop(n);
	n->n_size = 0;
	n->n_dtime = (uint32_t)(clock_real() / NSEC_PER_SEC);
	n->n_dirty = 1;
	ext2_iupdate_soon(n);
	vnode_hash_remove(vp);
	/* If blocks could not be freed e2fsck has to look at the inode. */
	if (error == 0)
		ext2_ifree(es, vp->v_ino, vp->v_type == VDIR);
	n->n_gone = true;
}

/* The window kept ahead of a file is for who is writing it. */
void
ext2_close(struct vnode *vp, struct file *fp)
{
	struct ext2_node *n = VTOE(vp);

	if (!fp->f_counted_writer || atomic_load(&vp->v_writers) != 0)
		return;
	mutex_lock(&n->n_lock);
	ext2_prealloc_drop(n);
	mutex_unlock(&n->n_lock);
}

void
ext2_inactive(struct vnode *vp)
{
	struct ext2_node *n = VTOE(vp);

	if (n->n_gone || n->n_fs->es_rdonly)
		return;
	if (n->n_nlink == 0) {
		inode_delete(n);
		return;
	}
	if (n->n_pre_count != 0) {
		mutex_lock(&n->n_lock);
		ext2_prealloc_drop(n);
		mutex_unlock(&n->n_lock);
	}
	if (n->n_dirty)
		ext2_iupdate_soon(n);
}

void
ext2_reclaim(struct vnode *vp)
{
	vm_object_destroy(&vp->v_object);
	kfree(VTOE(vp));
}
