/* SPDX-License-Identifier: MIT */
/*
 * sys/fs/ext2_names.c: finding, making and removing names; symbolic links.
 *
 * A new inode is made whole before its name is entered, and a name goes before
 * the link count does: what a power cut leaves is an inode without a name,
 * never a name without an inode that was there before.
 */
#include "fs/ext2.h"

#include "base/string.h"

int
ext2_lookup(struct vnode *dvp, const char *name, size_t len,
    struct vnode **vpp)
{
	struct ext2_node *dir = VTOE(dvp);
	struct ext2_slot sl;
	uint32_t ino;
	int error;

	if (dvp->v_type != VDIR)
		return -ENOTDIR;
	if (len > EXT2_NAME_MAX)
		return -ENAMETOOLONG;
	error = ext2_dir_find(dir, name, len, &sl);
	if (error != 0)
		return error;
	ino = sl.sl_de->d_ino;
	buf_release(&sl.sl_buf);
	if (ino == dvp->v_ino)
		return ext2_error(dir->n_fs, "directory %u contains itself",
		    ino);
	error = ext2_vget(dir->n_fs, ino, vpp);
	/* ".." alone leads up; the root is in no directory. */
	if (error == 0 && ino == EXT2_ROOT_INO &&
	    !(len == 2 && memcmp(name, "..", 2) == 0)) {
		vnode_unref(*vpp);
		error = ext2_error(dir->n_fs, "a name in %llu is the root",
		    (unsigned long long)dvp->v_ino);
	}
	return error;
}

static int
dir_writable(const struct ext2_node *dir, size_t len)
{
	if (ext2_readonly(dir->n_fs))
		return -EROFS;
	if (len > EXT2_NAME_MAX)
		return -ENAMETOOLONG;
	if (dir->n_flags & EXT2_FL_IMMUTABLE)
		return -EPERM;
	if (dir->n_nlink == 0)
		return -ENOENT;
	return 0;
}

/* A new inode that got no name: gone when it is let go. */
static void
inode_give_up(struct vnode *vp)
{
	VTOE(vp)->n_nlink = 0;
	VTOE(vp)->n_dirty = 1;
	vnode_unref(vp);
}

int
ext2_create(struct vnode *dvp, const char *name, size_t len,
    const struct vattr *va, struct vnode **vpp)
{
	struct ext2_node *dir = VTOE(dvp);
	bool isdir = va->va_type == VDIR;
	struct vnode *vp;
	int error = dir_writable(dir, len);

	if (error == 0 && isdir && dir->n_nlink >= EXT2_LINK_MAX)
		error = -EMLINK;
	if (error == 0)
		error = ext2_inode_new(dir, va, &vp);
	if (error != 0)
		return error;
	if (isdir) {
		error = ext2_dir_make(VTOE(vp), dvp->v_ino);
		VTOE(vp)->n_nlink = 2;
	}
	VTOE(vp)->n_dirty = 1;
	if (error == 0)
		error = ext2_iupdate(VTOE(vp), false);
	if (error == 0)
		error = ext2_dir_add(dir, name, len, vp->v_ino, va->va_type,
		    false);
	if (error != 0) {
		inode_give_up(vp);
		return error;
	}
	if (isdir) {
		dir->n_nlink++;
		dir->n_dirty = 1;
	}
	*vpp = vp;
	return 0;
}

/* The text of a link that does not fit the inode, into a block. */
static int
link_store(struct ext2_node *n, const char *target, size_t len)
{
	uint32_t block;
	struct buf b;
	bool fresh;
	int error;

	mutex_lock(&n->n_lock);
	error = ext2_bmap_alloc(n, 0, true, &block, &fresh);
	mutex_unlock(&n->n_lock);
	if (error == 0)
		error = buf_zero(n->n_fs->es_bc, block, &b);
	if (error != 0)
		return error;
	memcpy(b.b_data, target, len);
	buf_dirty(&b);
	buf_release(&b);
	return 0;
}

int
ext2_symlink(struct vnode *dvp, const char *name, size_t len,
    const struct vattr *va, const char *target, struct vnode **vpp)
{
	struct ext2_node *dir = VTOE(dvp), *n;
	size_t size = strlen(target);
	struct vattr lva = *va;
	struct vnode *vp;
	int error = dir_writable(dir, len);

	if (error == 0 && size >= dir->n_fs->es_bsize)
		error = -ENAMETOOLONG;
	lva.va_type = VLNK;
	if (error == 0)
		error = ext2_inode_new(dir, &lva, &vp);
	if (error != 0)
		return error;
	n = VTOE(vp);
	n->n_size = size;
	n->n_dirty = 1;
	if (size < sizeof(n->n_block))
		memcpy(n->n_block, target, size);
	else
		error = link_store(n, target, size);
	if (error == 0)
		error = ext2_iupdate(n, false);
	if (error == 0)
		error = ext2_dir_add(dir, name, len, vp->v_ino, VLNK, false);
	if (error != 0)
		inode_give_up(vp);
	else
		*vpp = vp;
	return error;
}

int
ext2_readlink(struct vnode *vp, struct uio *uio)
{
	struct ext2_node *n = VTOE(vp);
	uint32_t block, run;
	struct buf b;
	int error;

	if (vp->v_type != VLNK)
		return -EINVAL;
	if (n->n_size < sizeof(n->n_block))
		return uiomove(n->n_block, MIN(n->n_size, uio->uio_resid),
		    uio);
	mutex_lock(&n->n_lock);
	error = ext2_bmap(n, 0, &block, &run);
	mutex_unlock(&n->n_lock);
	if (error == 0 && block == NOBLOCK)
		error = ext2_error(n->n_fs, "link %llu has no text",
		    (unsigned long long)vp->v_ino);
	if (error == 0)
		error = buf_read(n->n_fs->es_bc, block, &b);
	if (error != 0)
		return error;
	error = uiomove(b.b_data, MIN(n->n_size, uio->uio_resid), uio);
	buf_release(&b);
	return error;
}

int
ext2_link(struct vnode *dvp, const char *name, size_t len, struct vnode *vp)
{
	struct ext2_node *dir = VTOE(dvp), *n = VTOE(vp);
	int error = dir_writable(dir, len);

	if (error != 0)
		return error;
	if (n->n_flags & (EXT2_FL_IMMUTABLE | EXT2_FL_APPEND))
		return -EPERM;
	if (n->n_nlink >= EXT2_LINK_MAX)
		return -EMLINK;
	/* The count first: too high is harmless, too low is not. */
	n->n_nlink++;
	n->n_ctime = ext2_now(n->n_fs);
	n->n_dirty = 1;
	error = ext2_iupdate(n, false);
	if (error == 0)
		error = ext2_dir_add(dir, name, len, vp->v_ino, vp->v_type,
		    false);
	if (error != 0) {
		n->n_nlink--;
		n->n_dirty = 1;
	}
	return error;
}

int
ext2_remove(struct vnode *dvp, const char *name, size_t len,
    struct vnode *vp)
{
	struct ext2_node *dir = VTOE(dvp), *n = VTOE(vp);
	struct ext2_slot sl;
	int error = dir_writable(dir, len);

	if (error != 0)
		return error;
	if (n->n_flags & (EXT2_FL_IMMUTABLE | EXT2_FL_APPEND))
		return -EPERM;
	if (vp->v_type == VDIR) {
		error = ext2_dir_empty(n);
		if (error != 0)
			return error;
	}
	error = ext2_dir_find(dir, name, len, &sl);
	if (error != 0)
		return error;
	if (sl.sl_de->d_ino != vp->v_ino)
		error = ext2_error(dir->n_fs, "a name changed its file");
	else
		error = ext2_dir_remove(dir, &sl);
	buf_release(&sl.sl_buf);
	if (error != 0)
		return error;
	ext2_unlinked(dir, n);
	return 0;
}
