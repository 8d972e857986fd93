/* SPDX-License-Identifier: MIT */
/*
 * sys/fs/ext2_rename.c: renaming.
 *
 * The file has two names before it loses the old one, and the new one is on
 * the disk by then, together with the inode it leads to. So after a power cut
 * the file has its old name, its new name or both.
 */
#include "fs/ext2.h"

#include "base/string.h"

/* A name of n in dir is gone. */
void
ext2_unlinked(struct ext2_node *dir, struct ext2_node *n)
{
	if (n->n_vnode.v_type == VDIR) {
		n->n_nlink = 0;
		if (dir->n_nlink > 2)
			dir->n_nlink--;
		dir->n_dirty = 1;
	} else if (n->n_nlink > 0) {
		n->n_nlink--;
	}
	n->n_ctime = ext2_now(n->n_fs);
	n->n_dirty = 1;
}

/* Moves ".." of a directory. */
static int
dotdot_set(struct ext2_node *n, uint32_t parent)
{
	struct ext2_slot sl;
	int error = ext2_dir_find(n, "..", 2, &sl);

	if (error == -ENOENT)
		return ext2_error(n->n_fs, "directory %llu has no ..",
		    (unsigned long long)n->n_vnode.v_ino);
	if (error != 0)
		return error;
	error = ext2_dir_set(n, &sl, parent, VDIR, false);
	buf_release(&sl.sl_buf);
	return error;
}

/* The new name, on the disk. */
static int
name_enter(struct ext2_node *dir, const char *name, size_t len,
    struct ext2_node *n, struct ext2_node *old)
{
	struct ext2_slot sl;
	int error;

	n->n_ctime = ext2_now(n->n_fs);
	n->n_dirty = 1;
	error = ext2_iupdate(n, true);
	if (error != 0)
		return error;
	if (old == NULL)
		return ext2_dir_add(dir, name, len, n->n_vnode.v_ino,
		    n->n_vnode.v_type, true);
	error = ext2_dir_find(dir, name, len, &sl);
	if (error != 0)
		return error;
	error = ext2_dir_set(dir, &sl, n->n_vnode.v_ino, n->n_vnode.v_type,
	    true);
	buf_release(&sl.sl_buf);
	return error;
}

static int
name_leave(struct ext2_node *dir, const char *name, size_t len)
{
	struct ext2_slot sl;
	int error = ext2_dir_find(dir, name, len, &sl);

	if (error != 0)
		return error;
	error = ext2_dir_remove(dir, &sl);
	buf_release(&sl.sl_buf);
	return error;
}

static int
may_rename(const struct ext2_node *dir, const struct ext2_node *n)
{
	if (ext2_readonly(dir->n_fs))
		return -EROFS;
	if (((dir->n_flags | n->n_flags) & EXT2_FL_IMMUTABLE) ||
	    (n->n_flags & EXT2_FL_APPEND))
		return -EPERM;
	return dir->n_nlink == 0 ? -ENOENT : 0;
}

/* Both names exist and change what they lead to. */
static int
exchange(struct ext2_node *fdir, const char *fname, size_t flen,
    struct ext2_node *f, struct ext2_node *tdir, const char *tname,
    size_t tlen, struct ext2_node *t)
{
	bool fd = f->n_vnode.v_type == VDIR, td = t->n_vnode.v_type == VDIR;
	int error = name_enter(tdir, tname, tlen, f, t);

	if (error != 0)
		return error;
	error = name_enter(fdir, fname, flen, t, f);
	if (error != 0 || fdir == tdir)
		return error;
	if (fd)
		error = dotdot_set(f, tdir->n_vnode.v_ino);
	if (td && error == 0)
		error = dotdot_set(t, fdir->n_vnode.v_ino);
	if (fd != td) {
		fdir->n_nlink += td ? 1 : -1;
		tdir->n_nlink += fd ? 1 : -1;
		fdir->n_dirty = tdir->n_dirty = 1;
	}
	return error;
}

int
ext2_rename(struct vnode *fdvp, const char *fname, size_t flen,
    struct vnode *fvp, struct vnode *tdvp, const char *tname, size_t tlen,
    struct vnode *tvp, bool swap)
{
	struct ext2_node *fdir = VTOE(fdvp), *f = VTOE(fvp);
	struct ext2_node *tdir = VTOE(tdvp), *t = tvp ? VTOE(tvp) : NULL;
	bool dir = fvp->v_type == VDIR;
	int error;

	if (tlen > EXT2_NAME_MAX)
		return -ENAMETOOLONG;
	error = may_rename(fdir, f);
	if (error == 0)
		error = may_rename(tdir, t != NULL ? t : f);
	if (error == 0 && dir && fdir != tdir && t == NULL &&
	    tdir->n_nlink >= EXT2_LINK_MAX)
		error = -EMLINK;
	if (error != 0)
		return error;
	if (swap)
		return exchange(fdir, fname, flen, f, tdir, tname, tlen, t);
	if (t != NULL && tvp->v_type == VDIR) {
		error = ext2_dir_empty(t);
		if (error != 0)
			return error;
	}
	error = name_enter(tdir, tname, tlen, f, t);
	if (error == 0)
		error = name_leave(fdir, fname, flen);
	if (error == 0 && dir && fdir != tdir) {
		error = dotdot_set(f, tdvp->v_ino);
		if (fdir->n_nlink > 2)
			fdir->n_nlink--;
		tdir->n_nlink++;
		fdir->n_dirty = tdir->n_dirty = 1;
	}
	if (t != NULL)
		ext2_unlinked(tdir, t);
	return error;
}
