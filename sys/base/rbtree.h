/* SPDX-License-Identifier: MIT */
/*
 * sys/base/rbtree.h: a red-black tree whose nodes live inside the things.
 *
 * Use: descend yourself from rb_root, link with rb_insert() at the found
 * place, or let rb_insert_cmp() do both. Iterate with rb_first/rb_next.
 * Locks: none; the owner of the tree gives exclusion.
 */
#ifndef BASE_RBTREE_H
#define BASE_RBTREE_H

#include "base/types.h"

struct rbnode {
	struct rbnode *rb_parent;
	struct rbnode *rb_left;
	struct rbnode *rb_right;
	uint32_t rb_red;
};

struct rbtree {
	struct rbnode *rb_root;
};

#define rb_entry(n, type, member) container_of(n, type, member)

static inline void
rb_init(struct rbtree *t)
{
	t->rb_root = NULL;
}

/* Links n under parent (NULL: as root) at *link, then rebalances. */
void rb_insert(struct rbtree *, struct rbnode *n, struct rbnode *parent,
    struct rbnode **link);
/* cmp(a, b) < 0: a before b. Equal ones go behind those already there. */
void rb_insert_cmp(struct rbtree *, struct rbnode *n,
    int (*cmp)(const struct rbnode *, const struct rbnode *));
void rb_remove(struct rbtree *, struct rbnode *n);
struct rbnode *rb_first(const struct rbtree *);
struct rbnode *rb_last(const struct rbtree *);
struct rbnode *rb_next(const struct rbnode *);
struct rbnode *rb_prev(const struct rbnode *);

#endif
