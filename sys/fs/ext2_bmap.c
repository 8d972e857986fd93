/* SPDX-License-Identifier: MIT */
/*
 * sys/fs/ext2_bmap.c: from a block of a file to a block of the device.
 *
 * Twelve pointers in the inode, then trees of one, two and three levels. A
 * pointer is looked at only if it points to where file blocks can be, so a
 * broken tree ends a walk and never leads it into the tables; its depth is
 * bounded by its form.
 */
#include "fs/ext2.h"

#include "base/string.h"

#define PREALLOC_BYTES 65536u

int
ext2_path(struct ext2_mount *es, uint32_t lbn, uint32_t idx[4], int *depth)
{
	uint64_t p = es->es_ptrs, rest = lbn;

	if (rest < EXT2_NDIRECT) {
		idx[0] = rest;
		*depth = 0;
		return 0;
	}
	rest -= EXT2_NDIRECT;
	if (rest < p) {
		idx[0] = EXT2_NDIRECT;
		idx[1] = rest;
		*depth = 1;
		return 0;
	}
	rest -= p;
	if (rest < p * p) {
		idx[0] = EXT2_NDIRECT + 1;
		idx[1] = rest / p;
		idx[2] = rest % p;
		*depth = 2;
		return 0;
	}
	rest -= p * p;
	if (rest >= p * p * p)
		return -EFBIG;
	idx[0] = EXT2_NDIRECT + 2;
	idx[1] = rest / (p * p);
	idx[2] = rest / p % p;
	idx[3] = rest % p;
	*depth = 3;
	return 0;
}

static int
bad_pointer(struct ext2_node *n, uint32_t lbn, uint32_t block)
{
	return ext2_error(n->n_fs, "inode %llu: block %u of it at %u",
	    (unsigned long long)n->n_vnode.v_ino, lbn, block);
}

/* How many pointers from ptr[0] on, at most max, continue what it says. */
static uint32_t
run_length(const struct ext2_mount *es, const uint32_t *ptr, uint32_t max)
{
	uint32_t i;

	for (i = 1; i < max; i++) {
		if (ptr[0] == NOBLOCK ? ptr[i] != NOBLOCK
				      : ptr[i] != ptr[0] + i ||
			!ext2_block_ok(es, ptr[i]))
			break;
	}
	return i;
}

int
ext2_bmap(struct ext2_node *n, uint32_t lbn, uint32_t *block, uint32_t *run)
{
	struct ext2_mount *es = n->n_fs;
	uint32_t idx[4], *ptr;
	struct buf b;
	int depth, level, error = ext2_path(es, lbn, idx, &depth);

	if (error != 0)
		return error;
	*block = n->n_block[idx[0]];
	*run = 1;
	if (*block != NOBLOCK && !ext2_block_ok(es, *block))
		return bad_pointer(n, lbn, *block);
	if (depth == 0) {
		*run = run_length(es, &n->n_block[idx[0]],
		    EXT2_NDIRECT - idx[0]);
		return 0;
	}
	for (level = 1; level <= depth && *block != NOBLOCK; level++) {
		error = buf_read(es->es_bc, *block, &b);
		if (error != 0)
			return error;
		ptr = (uint32_t *)b.b_data + idx[level];
		*block = *ptr;
		if (level == depth)
			*run = run_length(es, ptr, es->es_ptrs - idx[level]);
		buf_release(&b);
		if (*block != NOBLOCK && !ext2_block_ok(es, *block))
			return bad_pointer(n, lbn, *block);
	}
	return 0;
}

void
ext2_prealloc_drop(struct ext2_node *n)
{
	if (n->n_pre_count != 0)
		ext2_bfree(n->n_fs, n->n_pre_block, n->n_pre_count);
	n->n_pre_count = 0;
}

/* Near its directory's group at first: the group of the inode. */
static uint32_t
goal_default(const struct ext2_node *n)
{
	const struct ext2_mount *es = n->n_fs;
	uint32_t g = (n->n_vnode.v_ino - 1) / es->es_ipg;

	return es->es_first_block + g * es->es_bpg;
}

static int
alloc_one(struct ext2_node *n, uint32_t goal, bool meta, uint32_t *block)
{
	uint32_t one = 1;
	int error = ext2_balloc(n->n_fs, goal, meta || n->n_reserved, block,
	    &one);

	/* What is kept ahead is for need. */
	if (error == -ENOSPC && n->n_pre_count != 0) {
		ext2_prealloc_drop(n);
		error = ext2_balloc(n->n_fs, goal, meta || n->n_reserved,
		    block, &one);
	}
	if (error == 0)
		n->n_blocks += n->n_fs->es_bsize / 512;
	return error;
}

/* A data block: from the window if it continues there, else a new window. */
static int
alloc_data(struct ext2_node *n, uint32_t lbn, uint32_t goal, uint32_t *block)
{
	struct ext2_mount *es = n->n_fs;
	uint32_t count = PREALLOC_BYTES >> es->es_bshift;
	int error;

	if (n->n_pre_count != 0 && n->n_pre_lbn == lbn) {
		*block = n->n_pre_block;
		n->n_pre_block++;
		n->n_pre_lbn++;
		n->n_pre_count--;
		n->n_blocks += es->es_bsize / 512;
		return 0;
	}
	ext2_prealloc_drop(n);
	error = ext2_balloc(es, goal, n->n_reserved, block, &count);
	if (error != 0)
		return error;
	n->n_blocks += es->es_bsize / 512;
	n->n_pre_lbn = lbn + 1;
	n->n_pre_block = *block + 1;
	n->n_pre_count = count - 1;
	return 0;
}

/* A new indirect block: zero on the disk before anything points to it. */
static int
alloc_indirect(struct ext2_node *n, uint32_t goal, bool meta,
    uint32_t *block)
{
	struct ext2_mount *es = n->n_fs;
	struct buf b;
	int error = alloc_one(n, goal, meta, block);

	if (error != 0)
		return error;
	error = buf_zero(es->es_bc, *block, &b);
	if (error == 0) {
		error = buf_write(&b);
		buf_release(&b);
	}
	if (error != 0) {
		buf_forget(es->es_bc, *block);
		ext2_bfree(es, *block, 1);
		n->n_blocks -= es->es_bsize / 512;
	}
	return error;
}

/*
 * One pointer of the way: what it points to, allocated if it is a hole. The
 * pointer is set; the caller marks what holds it dirty (*fresh).
 */
static int
pointer_fill(struct ext2_node *n, uint32_t lbn, uint32_t *ptr, bool leaf,
    bool meta, uint32_t goal, bool *fresh)
{
	uint32_t block;
	int error;

	*fresh = false;
	if (*ptr != NOBLOCK)
		return ext2_block_ok(n->n_fs, *ptr) ? 0
						    : bad_pointer(n, lbn, *ptr);
	if (!leaf)
		error = alloc_indirect(n, goal, meta, &block);
	else if (meta)
		error = alloc_one(n, goal, true, &block);
	else
		error = alloc_data(n, lbn, goal, &block);
	if (error != 0)
		return error;
	*ptr = block;
	*fresh = true;
	return 0;
}

int
ext2_bmap_alloc(struct ext2_node *n, uint32_t lbn, bool meta, uint32_t *block,
    bool *fresh)
{
	struct ext2_mount *es = n->n_fs;
	uint32_t idx[4], goal = goal_default(n), *ptr;
	struct buf b, next;
	int depth, level, error = ext2_path(es, lbn, idx, &depth);

	if (error != 0)
		return error;
	b.b_page = NULL;
	ptr = &n->n_block[idx[0]];
	if (idx[0] > 0 && n->n_block[idx[0] - 1] != NOBLOCK)
		goal = n->n_block[idx[0] - 1] + 1;
	for (level = 0;; level++) {
		error = pointer_fill(n, lbn, ptr, level == depth, meta, goal,
		    fresh);
		if (error != 0)
			break;
		*block = *ptr;
		if (*fresh) {
			atomic_store_relaxed(&n->n_dirty, 1);
			if (b.b_page != NULL)
				buf_dirty(&b);
		}
		if (level == depth)
			break;
		error = buf_read(es->es_bc, *block, &next);
		if (error != 0)
			break;
		buf_release(&b);
		b = next;
		ptr = (uint32_t *)b.b_data + idx[level + 1];
		goal = idx[level + 1] > 0 && ptr[-1] != NOBLOCK ? ptr[-1] + 1
								: *block + 1;
	}
	buf_release(&b);
	return error;
}
