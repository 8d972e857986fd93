/* SPDX-License-Identifier: MIT */
/*
 * sys/fs/ext2_vnops.c: attributes, and the table of what ext2 does.
 */
#include "fs/ext2.h"

#include "base/string.h"

static int
ext2_getattr(struct vnode *vp, struct vattr *va)
{
	struct ext2_node *n = VTOE(vp);

	va->va_type = vp->v_type;
	va->va_mode = n->n_mode;
	va->va_nlink = n->n_nlink;
	va->va_uid = n->n_uid;
	va->va_gid = n->n_gid;
	va->va_dev = vp->v_mount->mnt_dev;
	va->va_rdev = vp->v_rdev;
	va->va_ino = vp->v_ino;
	va->va_size = n->n_size;
	va->va_blocks = atomic_load_relaxed(&n->n_blocks);
	va->va_blksize = n->n_fs->es_bsize;
	va->va_atime = n->n_atime;
	va->va_mtime = n->n_mtime;
	va->va_ctime = n->n_ctime;
	va->va_btime = n->n_btime;
	return 0;
}

static int
ext2_setattr(struct vnode *vp, const struct vattr *va, unsigned which)
{
	struct ext2_node *n = VTOE(vp);
	struct ext2_mount *es = n->n_fs;
	int error;

	if (ext2_readonly(es))
		return -EROFS;
	if ((n->n_flags & (EXT2_FL_IMMUTABLE | EXT2_FL_APPEND)) &&
	    (which & ~(VSA_ATIME | VSA_CTIME)))
		return -EPERM;
	if (which & VSA_SIZE) {
		error = ext2_resize(n, va->va_size);
		if (error != 0)
			return error;
	}
	if (which & VSA_MODE)
		n->n_mode = va->va_mode & 07777;
	if (which & VSA_UID)
		n->n_uid = va->va_uid;
	if (which & VSA_GID)
		n->n_gid = va->va_gid;
	if ((which & VSA_ATIME) && !(n->n_flags & EXT2_FL_NOATIME))
		n->n_atime = ext2_time(es, va->va_atime);
	if (which & VSA_MTIME)
		n->n_mtime = ext2_time(es, va->va_mtime);
	if (which & VSA_CTIME)
		n->n_ctime = ext2_time(es, va->va_ctime);
	atomic_store(&n->n_dirty, 1);
	return 0;
}

const struct vnodeops ext2_vnodeops = {
	.vop_lookup = ext2_lookup,
	.vop_create = ext2_create,
	.vop_symlink = ext2_symlink,
	.vop_link = ext2_link,
	.vop_remove = ext2_remove,
	.vop_rename = ext2_rename,
	.vop_readdir = ext2_readdir,
	.vop_readlink = ext2_readlink,
	.vop_getattr = ext2_getattr,
	.vop_setattr = ext2_setattr,
	.vop_write = ext2_write,
	.vop_allocate = ext2_allocate,
	.vop_seek = ext2_seek,
	.vop_fsync = ext2_fsync,
	.vop_close = ext2_close,
	.vop_inactive = ext2_inactive,
	.vop_reclaim = ext2_reclaim,
};
