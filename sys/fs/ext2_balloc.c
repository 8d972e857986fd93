/* SPDX-License-Identifier: MIT */
/*
 * sys/fs/ext2_balloc.c: free blocks.
 *
 * A run is looked for at the goal, behind it in the same group, then group
 * after group. A bitmap is counted when it is first used; the descriptor is
 * not believed where the two differ.
 */
#include "fs/ext2.h"

#include "base/string.h"

bool
ext2_bit_test(const uint8_t *map, uint32_t bit)
{
	return (map[bit / 8] >> (bit % 8)) & 1;
}

static void
bit_set(uint8_t *map, uint32_t bit)
{
	map[bit / 8] |= 1u << (bit % 8);
}

static void
bit_clear(uint8_t *map, uint32_t bit)
{
	map[bit / 8] &= ~(1u << (bit % 8));
}

uint32_t
ext2_bit_find_zero(const uint8_t *map, uint32_t from, uint32_t end)
{
	while (from < end) {
		if (from % 64 == 0 && from + 64 <= end) {
			uint64_t w;

			memcpy(&w, map + from / 8, sizeof(w));
			if (w == UINT64_MAX) {
				from += 64;
				continue;
			}
			return from + __builtin_ctzll(~w);
		}
		if (!ext2_bit_test(map, from))
			return from;
		from++;
	}
	return end;
}

uint32_t
ext2_bit_count_zero(const uint8_t *map, uint32_t n)
{
	uint32_t i, zero = 0;

	for (i = 0; i + 64 <= n; i += 64) {
		uint64_t w;

		memcpy(&w, map + i / 8, sizeof(w));
		zero += 64 - __builtin_popcountll(w);
	}
	for (; i < n; i++)
		zero += !ext2_bit_test(map, i);
	return zero;
}

static uint32_t
group_first(const struct ext2_mount *es, uint32_t g)
{
	return es->es_first_block + g * es->es_bpg;
}

static uint32_t
group_size(const struct ext2_mount *es, uint32_t g)
{
	return MIN(es->es_bpg, es->es_nblocks - group_first(es, g));
}

/* Whatever holds the file system itself must be marked as used, or it would
 * be given away. */
static bool
own_blocks_used(const struct ext2_mount *es, uint32_t g, const uint8_t *map)
{
	uint32_t first = group_first(es, g), n = group_size(es, g), i;

	for (i = 0; i < n; i++) {
		if (!ext2_bit_test(map, i) && !ext2_block_ok(es, first + i))
			return false;
	}
	return true;
}

/* es_lock held. The group's bitmap, counted once. */
static int
bitmap_get(struct ext2_mount *es, uint32_t g, struct buf *b)
{
	struct ext2_group *eg = &es->es_groups[g];
	uint32_t n;
	int error = buf_read(es->es_bc, eg->eg_bitmap, b);

	if (error != 0 || eg->eg_bchecked)
		return error;
	if (!own_blocks_used(es, g, b->b_data)) {
		buf_release(b);
		return ext2_error(es, "bitmap of group %u frees tables", g);
	}
	n = ext2_bit_count_zero(b->b_data, group_size(es, g));
	if (n != eg->eg_bfree) {
		(void)ext2_error(es, "group %u has %u free blocks, not %u", g,
		    n, eg->eg_bfree);
		es->es_bfree += n;
		es->es_bfree -= eg->eg_bfree;
		eg->eg_bfree = n;
		eg->eg_dirty = true;
	}
	eg->eg_bchecked = true;
	return 0;
}

/* Takes a run of free bits that starts at `bit`. */
static uint32_t
run_take(uint8_t *map, uint32_t bit, uint32_t end, uint32_t want)
{
	uint32_t n = 0;

	while (n < want && bit + n < end && !ext2_bit_test(map, bit + n))
		bit_set(map, bit + n++);
	return n;
}

/* es_lock held; -ENOSPC: nothing in this group. */
static int
group_alloc(struct ext2_mount *es, uint32_t g, uint32_t from, uint32_t *block,
    uint32_t *count)
{
	struct ext2_group *eg = &es->es_groups[g];
	uint32_t n = group_size(es, g), bit;
	struct buf b;
	int error;

	if (eg->eg_bfree == 0)
		return -ENOSPC;
	error = bitmap_get(es, g, &b);
	if (error != 0)
		return error;
	from = from != 0 ? from : eg->eg_bhint;
	bit = ext2_bit_find_zero(b.b_data, from < n ? from : 0, n);
	if (bit == n)
		bit = ext2_bit_find_zero(b.b_data, 0, n);
	if (bit == n) {
		buf_release(&b);
		return -ENOSPC;
	}
	*count = run_take(b.b_data, bit, n, *count);
	*block = group_first(es, g) + bit;
	eg->eg_bhint = bit + *count;
	eg->eg_bfree -= *count;
	eg->eg_dirty = true;
	es->es_bfree -= *count;
	es->es_sb_dirty = true;
	buf_dirty(&b);
	buf_release(&b);
	return 0;
}

int
ext2_balloc(struct ext2_mount *es, uint32_t goal, bool reserved,
    uint32_t *block, uint32_t *count)
{
	uint32_t g = 0, from = 0, i;
	int error = -ENOSPC;

	if (es->es_rdonly)
		return -EROFS;
	if (goal >= es->es_first_block && goal < es->es_nblocks) {
		g = (goal - es->es_first_block) / es->es_bpg;
		from = (goal - es->es_first_block) % es->es_bpg;
	}
	mutex_lock(&es->es_lock);
	/* The last blocks are the superuser's. */
	if (!reserved && es->es_bfree <= es->es_sb->s_r_blocks_count) {
		mutex_unlock(&es->es_lock);
		return -ENOSPC;
	}
	for (i = 0; i < es->es_ngroups && error == -ENOSPC; i++) {
		error = group_alloc(es, g, from, block, count);
		from = 0;
		g = g + 1 < es->es_ngroups ? g + 1 : 0;
	}
	mutex_unlock(&es->es_lock);
	return error;
}

/* es_lock held; all within group g. */
static void
group_free(struct ext2_mount *es, uint32_t g, uint32_t bit, uint32_t count)
{
	struct ext2_group *eg = &es->es_groups[g];
	uint32_t freed = 0, i;
	struct buf b;

	if (bitmap_get(es, g, &b) != 0)
		return; /* lost until e2fsck; never given away twice */
	for (i = bit; i < bit + count; i++) {
		if (!ext2_block_ok(es, group_first(es, g) + i) ||
		    !ext2_bit_test(b.b_data, i)) {
			(void)ext2_error(es, "block %u is freed twice",
			    group_first(es, g) + i);
			continue;
		}
		bit_clear(b.b_data, i);
		freed++;
	}
	if (freed != 0) {
		eg->eg_bfree += freed;
		eg->eg_bhint = MIN(eg->eg_bhint, bit);
		eg->eg_dirty = true;
		es->es_bfree += freed;
		es->es_sb_dirty = true;
		buf_dirty(&b);
	}
	buf_release(&b);
}

void
ext2_bfree(struct ext2_mount *es, uint32_t block, uint32_t count)
{
	if (es->es_rdonly)
		return;
	mutex_lock(&es->es_lock);
	while (count > 0) {
		uint32_t g, bit, n;

		if (block < es->es_first_block || block >= es->es_nblocks) {
			(void)ext2_error(es, "block %u is freed", block);
			break;
		}
		g = (block - es->es_first_block) / es->es_bpg;
		bit = (block - es->es_first_block) % es->es_bpg;
		n = MIN(count, group_size(es, g) - bit);
		group_free(es, g, bit, n);
		block += n;
		count -= n;
	}
	mutex_unlock(&es->es_lock);
}
