/* SPDX-License-Identifier: MIT */
/*
 * sys/fs/ext2_trunc.c: freeing the blocks of a range of a file.
 *
 * Pointers go first, blocks afterwards. Where an indirect block is freed, the
 * pointer to it is off the disk before, so that after a power cut nothing
 * reads another file's data as pointers. An indirect block that lost all its
 * pointers is freed too.
 */
#include "fs/ext2.h"

#include "base/slab.h"
#include "base/string.h"
#include "base/thread.h"

/* Data blocks that follow each other are freed in one go. */
struct freeing {
	struct ext2_node *fr_node;
	uint32_t fr_block, fr_count;
	uint32_t fr_nerrors; /* of the file system when it began */
	int fr_error;
};

static void
freeing_flush(struct freeing *fr)
{
	if (fr->fr_count != 0)
		ext2_bfree(fr->fr_node->n_fs, fr->fr_block, fr->fr_count);
	fr->fr_count = 0;
}

static void
freeing_add(struct freeing *fr, uint32_t block, bool meta)
{
	struct ext2_node *n = fr->fr_node;
	uint64_t units = n->n_fs->es_bsize / 512;

	n->n_blocks -= MIN(n->n_blocks, units);
	if (meta)
		buf_forget(n->n_fs->es_bc, block);
	if (fr->fr_count != 0 && block == fr->fr_block + fr->fr_count) {
		fr->fr_count++;
		return;
	}
	freeing_flush(fr);
	fr->fr_block = block;
	fr->fr_count = 1;
}

static bool
pointer_ok(struct freeing *fr, uint32_t block)
{
	if (ext2_block_ok(fr->fr_node->n_fs, block))
		return true;
	fr->fr_error = ext2_error(fr->fr_node->n_fs,
	    "inode %llu: block %u is freed",
	    (unsigned long long)fr->fr_node->n_vnode.v_ino, block);
	return false;
}

/* Everything below a pointer that stands nowhere any more. Recursion is three
 * deep by form. */
static void
tree_free(struct freeing *fr, uint32_t block, int level)
{
	struct ext2_mount *es = fr->fr_node->n_fs;
	bool meta = level > 0 || fr->fr_node->n_vnode.v_type != VREG;
	struct buf b;
	uint32_t i;

	/* In a broken tree one block may hang on a million pointers: the first
	 * error found ends it. */
	if (fr->fr_nerrors != es->es_nerrors || !pointer_ok(fr, block))
		return;
	if (level > 0) {
		int error = buf_read(es->es_bc, block, &b);

		if (error != 0) {
			fr->fr_error = error;
			return;
		}
		for (i = 0; i < es->es_ptrs; i++) {
			uint32_t child = ((uint32_t *)b.b_data)[i];

			if (child != NOBLOCK)
				tree_free(fr, child, level - 1);
		}
		buf_release(&b);
		sched_point();
	}
	freeing_add(fr, block, meta);
}

/* Blocks below one pointer of this level. */
static uint64_t
span_of(const struct ext2_mount *es, int level)
{
	uint64_t span = 1;

	while (level-- > 0)
		span *= es->es_ptrs;
	return span;
}

static bool
all_zero(const uint32_t *ptr, uint32_t n)
{
	while (n-- > 0) {
		if (*ptr++ != NOBLOCK)
			return false;
	}
	return true;
}

static void range_free(struct freeing *, uint32_t *ptrs, uint32_t nptrs,
    int level, uint64_t base, uint64_t first, uint64_t end, struct buf *);

/*
 * A pointer whose tree lies only in part in the range. True if nothing is left
 * below it.
 */
static bool
part_free(struct freeing *fr, uint32_t block, int level, uint64_t base,
    uint64_t first, uint64_t end)
{
	struct ext2_mount *es = fr->fr_node->n_fs;
	struct buf b;
	bool empty;
	int error;

	if (!pointer_ok(fr, block))
		return false;
	error = buf_read(es->es_bc, block, &b);
	if (error != 0) {
		fr->fr_error = error;
		return false;
	}
	range_free(fr, b.b_data, es->es_ptrs, level - 1, base, first, end, &b);
	empty = all_zero(b.b_data, es->es_ptrs);
	buf_release(&b);
	return empty;
}

/* Takes the pointers out, and puts what held them on the disk if an indirect
 * block is to be freed. holder NULL: the inode. */
static bool
holder_write(struct freeing *fr, struct buf *holder, bool indirect)
{
	int error = 0;

	if (holder == NULL) {
		/* Into its buffer at least: who gets the blocks and calls
		 * fsync(2) brings it to the disk together with his own. */
		fr->fr_node->n_dirty = 1;
		mutex_unlock(&fr->fr_node->n_lock);
		error = ext2_iupdate(fr->fr_node, indirect);
		mutex_lock(&fr->fr_node->n_lock);
	} else if (indirect) {
		error = buf_write(holder);
	} else {
		buf_dirty(holder);
	}
	if (error != 0)
		fr->fr_error = error;
	return error == 0;
}

static void
range_free(struct freeing *fr, uint32_t *ptrs, uint32_t nptrs, int level,
    uint64_t base, uint64_t first, uint64_t end, struct buf *holder)
{
	uint64_t span = span_of(fr->fr_node->n_fs, level);
	uint32_t i, lo = nptrs, hi = 0, *gone;

	gone = kmalloc(nptrs * sizeof(*gone), KM_ZERO);
	if (gone == NULL) {
		fr->fr_error = -ENOMEM;
		return;
	}
	for (i = 0; i < nptrs; i++) {
		uint64_t at = base + i * span;

		if (ptrs[i] == NOBLOCK || at >= end || at + span <= first)
			continue;
		if ((at < first || at + span > end) &&
		    !part_free(fr, ptrs[i], level, at, first, end))
			continue;
		gone[i] = ptrs[i];
		lo = MIN(lo, i);
		hi = i + 1;
	}
	for (i = lo; i < hi; i++) {
		if (gone[i] != NOBLOCK)
			ptrs[i] = NOBLOCK;
	}
	/* If the disk still has the pointers the blocks stay used: lost until
	 * e2fsck, but nobody else's. */
	if (lo < hi && holder_write(fr, holder, level > 0)) {
		for (i = lo; i < hi; i++) {
			if (gone[i] != NOBLOCK)
				tree_free(fr, gone[i], level);
		}
		freeing_flush(fr);
	}
	kfree(gone);
}

int
ext2_free_range(struct ext2_node *n, uint32_t first, uint32_t end)
{
	struct freeing fr = { .fr_node = n,
		.fr_nerrors = n->n_fs->es_nerrors };
	uint64_t base = EXT2_NDIRECT;
	int level;

	if (n->n_fs->es_rdonly)
		return -EROFS;
	mutex_lock(&n->n_lock);
	ext2_prealloc_drop(n);
	range_free(&fr, n->n_block, EXT2_NDIRECT, 0, 0, first, end, NULL);
	for (level = 1; level <= 3; level++) {
		range_free(&fr, &n->n_block[EXT2_NDIRECT + level - 1], 1,
		    level, base, first, end, NULL);
		base += span_of(n->n_fs, level);
	}
	freeing_flush(&fr);
	n->n_dirty = 1;
	mutex_unlock(&n->n_lock);
	if (fr.fr_error == 0 && fr.fr_nerrors != n->n_fs->es_nerrors)
		fr.fr_error = -EUCLEAN;
	return fr.fr_error;
}
