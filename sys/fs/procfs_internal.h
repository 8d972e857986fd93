/* SPDX-License-Identifier: MIT */
/*
 * sys/fs/procfs_internal.h: what the files of procfs share.
 */
#ifndef FS_PROCFS_INTERNAL_H
#define FS_PROCFS_INTERNAL_H

#include "fs/procfs.h"
#include "fs/vfs_internal.h"

struct procnode {
	struct vnode pn_vnode;
	const struct procent *pn_ent; /* [I] */
	struct prockey pn_key;	      /* [I] */
	ino_t pn_parent;	      /* [I] number of the folder */
};

static inline struct procnode *
procnode_of(struct vnode *vp)
{
	return container_of(vp, struct procnode, pn_vnode);
}

/* procfs.c */
int procnode_create(struct mount *, const struct procent *,
    const struct prockey *, ino_t parent, struct vnode **) __must_check;
ino_t procnode_number(const struct procent *, const struct prockey *);
/* The i-th entry of a folder's tables, or NULL. */
const struct procent *procfs_table_entry(const struct procent *, unsigned i);
extern struct procent procfs_root;

/* procfs_file.c */
extern const struct vnodeops procfs_file_ops, procfs_link_ops;
int procfs_getattr(struct vnode *, struct vattr *);
void procfs_reclaim(struct vnode *);
/* procfs_dir.c */
extern const struct vnodeops procfs_dir_ops;

#endif
