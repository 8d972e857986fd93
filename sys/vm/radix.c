/* SPDX-License-Identifier: MIT */
/*
 * sys/vm/radix.c: the tree from page index to page of a vm_object.
 *
 * 64-way nodes, as high as the largest index needs. Each node has a bit for
 * each child below which something is dirty, so that write-out finds dirty
 * pages of a large file without looking at clean ones.
 * Invariants: (1) a node other than the root has a child; (2) a dirty bit is
 * set only above a page, and then in each node from the root down to it.
 * Locks: the owner's vo_lock.
 */
#include "base/panic.h"
#include "base/slab.h"
#include "base/string.h"

#include <abi/errno.h>

#include "vm/vm_internal.h"

#define BITS 6u
#define WAYS (1u << BITS)

struct radix_node {
	uint64_t rn_dirty;  /* bit a slot */
	uint8_t rn_shift;   /* of the index, for this node's slot */
	uint8_t rn_slot;    /* its place in its parent */
	uint16_t rn_count;  /* slots in use */
	struct radix_node *rn_parent;
	void *rn_child[WAYS]; /* nodes, or pages if rn_shift is 0 */
};

static struct kmem_cache *node_cache;

void
radix_init(void)
{
	node_cache = kmem_cache_create("radix_node",
	    sizeof(struct radix_node), 64);
	KASSERT(node_cache != NULL);
}

static inline unsigned
slot_of(const struct radix_node *rn, uint64_t index)
{
	return (index >> rn->rn_shift) & (WAYS - 1);
}

/* Does the tree below rn have a place for index? */
static inline bool
node_covers(const struct radix_node *rn, uint64_t index)
{
	return rn->rn_shift + BITS >= 64 ||
	    index >> (rn->rn_shift + BITS) == 0;
}

/* The leaf node of index, or NULL. */
static inline struct radix_node *
leaf_find(void *root, uint64_t index)
{
	struct radix_node *rn = root;

	if (rn == NULL || !node_covers(rn, index))
		return NULL;
	while (rn != NULL && rn->rn_shift > 0)
		rn = rn->rn_child[slot_of(rn, index)];
	return rn;
}

struct page *
radix_lookup(void *root, uint64_t index)
{
	struct radix_node *rn = leaf_find(root, index);

	return rn == NULL ? NULL : rn->rn_child[index & (WAYS - 1)];
}

int
radix_refill(struct radix_spare *rs)
{
	struct radix_node *rn = kmem_cache_alloc(node_cache, KM_ZERO);

	if (rn == NULL)
		return -ENOMEM;
	rn->rn_parent = rs->rs_first;
	rs->rs_first = rn;
	return 0;
}

void
radix_spare_free(struct radix_spare *rs)
{
	struct radix_node *rn;

	while ((rn = rs->rs_first) != NULL) {
		rs->rs_first = rn->rn_parent;
		kmem_cache_free(node_cache, rn);
	}
}

static struct radix_node *
node_take(struct radix_spare *rs)
{
	struct radix_node *rn = rs->rs_first;

	if (rn == NULL)
		return kmem_cache_alloc(node_cache, KM_ZERO | KM_NOWAIT);
	rs->rs_first = rn->rn_parent;
	rn->rn_parent = NULL;
	return rn;
}

/* Puts nodes on top until index has a place. */
static int
root_grow(void **root, uint64_t index, struct radix_spare *rs)
{
	struct radix_node *rn, *top = *root;

	while (top == NULL || !node_covers(top, index)) {
		rn = node_take(rs);
		if (rn == NULL)
			return -EAGAIN;
		if (top == NULL) {
			while (!node_covers(rn, index))
				rn->rn_shift += BITS;
		} else {
			rn->rn_shift = top->rn_shift + BITS;
			rn->rn_child[0] = top;
			rn->rn_count = 1;
			rn->rn_dirty = top->rn_dirty != 0;
			top->rn_parent = rn;
			top->rn_slot = 0;
		}
		*root = top = rn;
	}
	return 0;
}

/* Frees empty nodes from rn upwards. */
static void
node_prune(void **root, struct radix_node *rn)
{
	struct radix_node *up;

	while (rn != NULL && rn->rn_count == 0) {
		up = rn->rn_parent;
		if (up == NULL) {
			*root = NULL;
		} else {
			up->rn_child[rn->rn_slot] = NULL;
			up->rn_count--;
		}
		kmem_cache_free(node_cache, rn);
		rn = up;
	}
}

int
radix_insert(void **root, uint64_t index, struct page *pg,
    struct radix_spare *rs)
{
	struct radix_node *rn, *child;
	unsigned slot;

	if (root_grow(root, index, rs) != 0) {
		node_prune(root, *root);
		return -EAGAIN;
	}
	for (rn = *root; rn->rn_shift > 0; rn = child) {
		slot = slot_of(rn, index);
		child = rn->rn_child[slot];
		if (child != NULL)
			continue;
		child = node_take(rs);
		if (child == NULL) {
			node_prune(root, rn);
			return -EAGAIN;
		}
		child->rn_shift = rn->rn_shift - BITS;
		child->rn_slot = slot;
		child->rn_parent = rn;
		rn->rn_child[slot] = child;
		rn->rn_count++;
	}
	slot = slot_of(rn, index);
	if (rn->rn_child[slot] != NULL)
		return -EEXIST;
	rn->rn_child[slot] = pg;
	rn->rn_count++;
	return 0;
}

void
radix_dirty_set(void *root, uint64_t index, bool dirty)
{
	struct radix_node *rn = leaf_find(root, index);
	uint64_t bit = UINT64_C(1) << (index & (WAYS - 1)), before;

	while (rn != NULL) {
		before = rn->rn_dirty;
		rn->rn_dirty = dirty ? before | bit : before & ~bit;
		/* The levels above change only with the first or last bit. */
		if ((before != 0) == (rn->rn_dirty != 0))
			break;
		bit = UINT64_C(1) << rn->rn_slot;
		rn = rn->rn_parent;
	}
}

void
radix_remove(void **root, uint64_t index)
{
	struct radix_node *rn = leaf_find(*root, index);

	radix_dirty_set(*root, index, false);
	rn->rn_child[index & (WAYS - 1)] = NULL;
	rn->rn_count--;
	node_prune(root, rn);
}

/* The first slot at or after `slot` that has what is looked for, or WAYS. */
static unsigned
slot_next(const struct radix_node *rn, unsigned slot, bool dirty)
{
	uint64_t left;

	if (dirty) {
		left = slot < WAYS ? rn->rn_dirty >> slot << slot : 0;
		return left == 0 ? WAYS : (unsigned)__builtin_ctzll(left);
	}
	while (slot < WAYS && rn->rn_child[slot] == NULL)
		slot++;
	return slot;
}

struct page *
radix_next(void *root, uint64_t *index, bool dirty)
{
	struct radix_node *rn = root;
	uint64_t at = *index;
	unsigned slot, shift;

	if (rn == NULL || !node_covers(rn, at))
		return NULL;
	for (;;) {
		shift = rn->rn_shift;
		slot = slot_next(rn, slot_of(rn, at), dirty);
		if (slot == WAYS) {
			/* On to the next slot of the nearest ancestor. */
			do {
				slot = rn->rn_slot + 1;
				rn = rn->rn_parent;
			} while (rn != NULL && slot == WAYS);
			if (rn == NULL)
				return NULL;
			shift = rn->rn_shift;
			at = ((at >> shift) + 1) << shift;
			continue;
		}
		if (slot != slot_of(rn, at))
			at = (((at >> shift) & ~(uint64_t)(WAYS - 1)) + slot)
			    << shift;
		if (shift == 0) {
			*index = at;
			return rn->rn_child[slot];
		}
		rn = rn->rn_child[slot];
	}
}
