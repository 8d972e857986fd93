/* SPDX-License-Identifier: MIT */
/*
 * sys/base/rbtree.c: red-black tree.
 *
 * Invariants: (1) the root is black; (2) a red node has black children;
 * (3) every way from a node down to a NULL passes equally many black nodes.
 * The case numbers are those of Cormen, Leiserson, Rivest and Stein.
 */
#include "base/rbtree.h"

static void
rotate_left(struct rbtree *t, struct rbnode *x)
{
	struct rbnode *y = x->rb_right;

	x->rb_right = y->rb_left;
	if (y->rb_left != NULL)
		y->rb_left->rb_parent = x;
	y->rb_parent = x->rb_parent;
	if (x->rb_parent == NULL)
		t->rb_root = y;
	else if (x == x->rb_parent->rb_left)
		x->rb_parent->rb_left = y;
	else
		x->rb_parent->rb_right = y;
	y->rb_left = x;
	x->rb_parent = y;
}

static void
rotate_right(struct rbtree *t, struct rbnode *x)
{
	struct rbnode *y = x->rb_left;

	x->rb_left = y->rb_right;
	if (y->rb_right != NULL)
		y->rb_right->rb_parent = x;
	y->rb_parent = x->rb_parent;
	if (x->rb_parent == NULL)
		t->rb_root = y;
	else if (x == x->rb_parent->rb_right)
		x->rb_parent->rb_right = y;
	else
		x->rb_parent->rb_left = y;
	y->rb_right = x;
	x->rb_parent = y;
}

void
rb_insert(struct rbtree *t, struct rbnode *n, struct rbnode *parent,
    struct rbnode **link)
{
	n->rb_parent = parent;
	n->rb_left = n->rb_right = NULL;
	n->rb_red = 1;
	*link = n;
	while (n->rb_parent != NULL && n->rb_parent->rb_red) {
		struct rbnode *p = n->rb_parent, *g = p->rb_parent;
		bool left = p == g->rb_left;
		struct rbnode *uncle = left ? g->rb_right : g->rb_left;

		if (uncle != NULL && uncle->rb_red) { /* case 1 */
			p->rb_red = uncle->rb_red = 0;
			g->rb_red = 1;
			n = g;
			continue;
		}
		if (n == (left ? p->rb_right : p->rb_left)) { /* case 2 */
			if (left)
				rotate_left(t, p);
			else
				rotate_right(t, p);
			n = p;
			p = n->rb_parent;
		}
		p->rb_red = 0; /* case 3 */
		g->rb_red = 1;
		if (left)
			rotate_right(t, g);
		else
			rotate_left(t, g);
	}
	t->rb_root->rb_red = 0;
}

void
rb_insert_cmp(struct rbtree *t, struct rbnode *n,
    int (*cmp)(const struct rbnode *, const struct rbnode *))
{
	struct rbnode **link = &t->rb_root, *parent = NULL;

	while (*link != NULL) {
		parent = *link;
		link = cmp(n, parent) < 0 ? &parent->rb_left
					  : &parent->rb_right;
	}
	rb_insert(t, n, parent, link);
}

static void
replace(struct rbtree *t, struct rbnode *old, struct rbnode *new)
{
	if (old->rb_parent == NULL)
		t->rb_root = new;
	else if (old == old->rb_parent->rb_left)
		old->rb_parent->rb_left = new;
	else
		old->rb_parent->rb_right = new;
	if (new != NULL)
		new->rb_parent = old->rb_parent;
}

static bool
is_black(const struct rbnode *n)
{
	return n == NULL || !n->rb_red;
}

/* x (may be NULL), a child of p, is short of one black node. */
static void
remove_fixup(struct rbtree *t, struct rbnode *x, struct rbnode *p)
{
	while (x != t->rb_root && is_black(x)) {
		bool left = x == p->rb_left;
		struct rbnode *w = left ? p->rb_right : p->rb_left;
		struct rbnode *near, *far;

		if (w->rb_red) { /* case 1 */
			w->rb_red = 0;
			p->rb_red = 1;
			if (left)
				rotate_left(t, p);
			else
				rotate_right(t, p);
			w = left ? p->rb_right : p->rb_left;
		}
		near = left ? w->rb_left : w->rb_right;
		far = left ? w->rb_right : w->rb_left;
		if (is_black(near) && is_black(far)) { /* case 2 */
			w->rb_red = 1;
			x = p;
			p = x->rb_parent;
			continue;
		}
		if (is_black(far)) { /* case 3 */
			near->rb_red = 0;
			w->rb_red = 1;
			if (left)
				rotate_right(t, w);
			else
				rotate_left(t, w);
			w = left ? p->rb_right : p->rb_left;
			far = left ? w->rb_right : w->rb_left;
		}
		w->rb_red = p->rb_red; /* case 4 */
		p->rb_red = 0;
		far->rb_red = 0;
		if (left)
			rotate_left(t, p);
		else
			rotate_right(t, p);
		x = t->rb_root;
	}
	if (x != NULL)
		x->rb_red = 0;
}

void
rb_remove(struct rbtree *t, struct rbnode *n)
{
	struct rbnode *x, *p;
	bool black;

	if (n->rb_left == NULL || n->rb_right == NULL) {
		x = n->rb_left != NULL ? n->rb_left : n->rb_right;
		p = n->rb_parent;
		black = !n->rb_red;
		replace(t, n, x);
	} else {
		struct rbnode *s = n->rb_right; /* successor */

		while (s->rb_left != NULL)
			s = s->rb_left;
		black = !s->rb_red;
		x = s->rb_right;
		if (s->rb_parent == n) {
			p = s;
		} else {
			p = s->rb_parent;
			replace(t, s, x);
			s->rb_right = n->rb_right;
			s->rb_right->rb_parent = s;
		}
		replace(t, n, s);
		s->rb_left = n->rb_left;
		s->rb_left->rb_parent = s;
		s->rb_red = n->rb_red;
	}
	if (black)
		remove_fixup(t, x, p);
}

struct rbnode *
rb_first(const struct rbtree *t)
{
	struct rbnode *n = t->rb_root;

	while (n != NULL && n->rb_left != NULL)
		n = n->rb_left;
	return n;
}

struct rbnode *
rb_last(const struct rbtree *t)
{
	struct rbnode *n = t->rb_root;

	while (n != NULL && n->rb_right != NULL)
		n = n->rb_right;
	return n;
}

struct rbnode *
rb_next(const struct rbnode *n)
{
	struct rbnode *p;

	if (n->rb_right != NULL) {
		p = n->rb_right;
		while (p->rb_left != NULL)
			p = p->rb_left;
		return p;
	}
	p = n->rb_parent;
	while (p != NULL && n == p->rb_right) {
		n = p;
		p = p->rb_parent;
	}
	return p;
}

struct rbnode *
rb_prev(const struct rbnode *n)
{
	struct rbnode *p;

	if (n->rb_left != NULL) {
		p = n->rb_left;
		while (p->rb_right != NULL)
			p = p->rb_right;
		return p;
	}
	p = n->rb_parent;
	while (p != NULL && n == p->rb_left) {
		n = p;
		p = p->rb_parent;
	}
	return p;
}
