/* SPDX-License-Identifier: MIT */
/*
 * sys/fs/tmpfs.h: files in memory, as tmpfs itself and devfs use them.
 *
 * Locks: [I] immutable, [m] tm_lock, [v] the node's vnode lock.
 * Invariants: (1) each entry of a directory holds a reference of its node's
 * vnode, so that a node with a name is never unused; a node is in no vnode
 * hash, so that it goes with its last reference. (2) tm_pages is the sum of
 * tn_charged plus what is reserved by writes under way.
 */
#ifndef FS_TMPFS_H
#define FS_TMPFS_H

#include "base/list.h"
#include "base/lock.h"
#include "base/rbtree.h"

#include "fs/vfs.h"

struct tmpmount {
	struct mutex tm_lock;
	uint64_t tm_max_pages; /* [m] UINT64_MAX: no limit */
	uint64_t tm_pages;     /* [m] */
	uint64_t tm_max_nodes; /* [m] */
	uint64_t tm_nodes;     /* [m] nodes, and names beyond the first */
	ino_t tm_next_ino;     /* [m] */
};

struct tmpent {
	struct rbnode te_by_name;
	struct rbnode te_by_place;
	struct tmpnode *te_node; /* [v] of the directory */
	off_t te_place;		 /* [v] its readdir position */
	uint32_t te_hash;	 /* [I] */
	uint16_t te_len;	 /* [I] */
	char te_name[];
};

struct tmpnode {
	struct vnode tn_vnode;
	mode_t tn_mode; /* [v] and all to tn_btime */
	uid_t tn_uid;
	gid_t tn_gid;
	uint32_t tn_nlink;
	nsec_t tn_atime, tn_mtime, tn_ctime, tn_btime;
	uint64_t tn_charged; /* [m] pages of the object that are counted */
	/* Directories. */
	struct rbtree tn_names;	 /* [v] of tmpent */
	struct rbtree tn_places; /* [v] of tmpent */
	off_t tn_next_place;	 /* [v] */
	uint64_t tn_entries;	 /* [v] */
	struct tmpnode *tn_parent; /* [v] NULL once removed */
	struct list tn_doomed;	 /* the file system is taken down */
	/* Symbolic links. */
	char *tn_target; /* [I] */
};

extern const struct vnodeops tmpfs_dir_ops, tmpfs_file_ops, tmpfs_link_ops,
    tmpfs_node_ops;

static inline struct tmpnode *
tmpnode_of(struct vnode *vp)
{
	return vp->v_data;
}

static inline struct tmpmount *
tmpmount_of(const struct tmpnode *tn)
{
	return tn->tn_vnode.v_mount->mnt_data;
}

/* tmpfs.c */
/* vo_mount for a tmpfs whose root has that mode unless data says otherwise. */
int tmpfs_start(struct mount *, const char *data, mode_t) __must_check;
int tmpfs_unmount(struct mount *);
int tmpfs_remount(struct mount *, unsigned flags, const char *data);
int tmpfs_statfs(struct mount *, struct statfs_info *);
/* A node without a name; one reference. -ENOSPC -ENOMEM. */
int tmpnode_create(struct mount *, const struct vattr *, struct tmpnode **)
    __must_check;
/* One more name, or one less, of a node that has others. */
int tmpfs_name_add(struct tmpmount *) __must_check;
void tmpfs_name_del(struct tmpmount *);
/* Room for n pages is set aside. -ENOSPC. Then tmpfs_charge(). */
int tmpfs_reserve(struct tmpmount *, uint64_t n) __must_check;
/* Counts what the node has now and gives n reserved pages back. */
void tmpfs_charge(struct tmpnode *, uint64_t n);

/* tmpfs_attr.c */
int tmpfs_getattr(struct vnode *, struct vattr *);
int tmpfs_setattr(struct vnode *, const struct vattr *, unsigned which);
void tmpnode_changed(struct tmpnode *); /* mtime and ctime are now */

/* tmpfs.c, for all kinds */
void tmpfs_inactive(struct vnode *);
void tmpfs_reclaim(struct vnode *);
/* tmpfs_dir.c */
void tmpfs_dir_doom(struct tmpnode *root);

#endif
