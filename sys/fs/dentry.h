/* SPDX-License-Identifier: MIT */
/*
 * sys/fs/dentry.h: names in memory: the cache of directory entries, positive
 * and negative.
 *
 * A dentry says what one name in one directory stands for. It keeps its parent
 * and its vnode referenced and stays in the cache when nobody uses it.
 * Invariants: (1) d_vnode never changes; a name that comes or goes gets a new
 * dentry. (2) Name and parent change only in dcache_move(), with the tree
 * locked and the dentry on no chain. (3) A change of a directory happens with
 * its vnode locked exclusively, an insertion with it locked at least shared.
 * (4) d_ref goes from 1 to 0, and D_UNHASHED is set, only under the lock of the
 * chain, so that exactly one thread frees an unhashed dentry.
 */
#ifndef FS_DENTRY_H
#define FS_DENTRY_H

#include "base/atomic.h"
#include "base/list.h"
#include "base/types.h"

struct mount;
struct vnode;

#define DENTRY_INLINE 32

struct dentry {
	struct dentry *d_next;	  /* [chain] */
	uint32_t d_hash;	  /* [chain and tree] */
	uint32_t d_ref;		  /* [a] */
	struct dentry *d_parent;  /* [tree] itself at a root */
	struct vnode *d_vnode;	  /* [I] NULL: the name does not exist */
	const char *d_name;	  /* [tree] */
	uint16_t d_namelen;	  /* [tree] */
	uint16_t d_flags;	  /* [chain] D_ */
	uint32_t d_mounts;	  /* [MOUNT] mounts on it */
	uint32_t d_used;	  /* [a] found since the last sweep */
	char d_inline[DENTRY_INLINE];
	struct list d_alias;	  /* [tree] v_dentries */
	struct list d_children;	  /* [tree] */
	struct list d_sibling;	  /* [tree] */
	struct list d_all;	  /* [tree] for the sweep */
};

#define D_UNHASHED 0x1
#define D_DEAD	   0x2 /* being freed */
#define D_ROOT	   0x4

void dcache_init(void);
/* All return a reference. */
struct dentry *dcache_root(struct vnode *) __must_check;
/* Consumes the caller's reference of vp (NULL: negative). If the name came in
 * meanwhile that one is returned. NULL: no memory (vp was let go). */
struct dentry *dcache_enter(struct dentry *parent, const char *name,
    size_t len, struct vnode *vp) __must_check;
struct dentry *dcache_find(struct dentry *parent, const char *name,
    size_t len);
struct dentry *dcache_parent(struct dentry *);

static inline void
dentry_ref(struct dentry *d)
{
	atomic_add_relaxed(&d->d_ref, 1);
}

void dentry_unref(struct dentry *); /* may sleep */

/* The name is gone: nobody finds it any more. Its children go too if they
 * are not in use. */
void dcache_drop(struct dentry *);
/* Forget that this name does not exist. */
void dcache_drop_name(struct dentry *parent, const char *name, size_t len);
/* from takes the name and the parent of a rename; whatever was cached there is
 * dropped. -ENOMEM must be impossible at that point: name is ready before. */
struct dentry_name {
	char *dn_long; /* NULL: fits inline */
	const char *dn_text;
	size_t dn_len;
	uint32_t dn_hash;
};
int dentry_name_prepare(struct dentry_name *, struct dentry *parent,
    const char *, size_t) __must_check;
void dentry_name_release(struct dentry_name *);
void dcache_move(struct dentry *from, struct dentry *to_parent,
    struct dentry_name *);
void dcache_exchange(struct dentry *a, struct dentry *b, struct dentry_name *,
    struct dentry_name *);
/* "/name" in front of what is at buf + *at; false: no room. */
bool dentry_prepend_name(struct dentry *, char *buf, size_t *at);
/* Is a the same as or above d? */
bool dentry_is_above(struct dentry *a, struct dentry *d);
/* Drops every unused dentry below and including root. */
void dcache_purge(struct dentry *root);
/* Frees up to n unused ones; how many it freed. */
uint64_t dcache_shrink(uint64_t n);
/* For file systems whose names go by themselves (a process ends): drops every
 * cached name of vp. */
void dcache_drop_vnode(struct vnode *);

#endif
