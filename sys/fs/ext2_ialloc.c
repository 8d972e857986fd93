/* SPDX-License-Identifier: MIT */
/*
 * sys/fs/ext2_ialloc.c: free inodes.
 *
 * A file goes into its directory's group, or the next with room. A directory
 * in the root goes into the emptiest of the groups that are above average in
 * free inodes and blocks, so that top directories spread; one further down
 * stays with its parent unless that group is crowded (after Orlov).
 */
#include "fs/ext2.h"

#include "base/string.h"

/* es_lock held. */
static int
bitmap_get(struct ext2_mount *es, uint32_t g, struct buf *b)
{
	struct ext2_group *eg = &es->es_groups[g];
	uint32_t n, reserved = g == 0 ? es->es_first_ino - 1 : 0, i;
	int error = buf_read(es->es_bc, eg->eg_ibitmap, b);

	if (error != 0 || eg->eg_ichecked)
		return error;
	for (i = 0; i < MIN(reserved, es->es_ipg); i++) {
		if (!ext2_bit_test(b->b_data, i)) {
			buf_release(b);
			return ext2_error(es, "reserved inode %u is free",
			    i + 1);
		}
	}
	n = ext2_bit_count_zero(b->b_data, es->es_ipg);
	if (n != eg->eg_ifree) {
		(void)ext2_error(es, "group %u has %u free inodes, not %u", g,
		    n, eg->eg_ifree);
		es->es_ifree += n;
		es->es_ifree -= eg->eg_ifree;
		eg->eg_ifree = n;
		eg->eg_dirty = true;
	}
	eg->eg_ichecked = true;
	return 0;
}

static uint32_t
dir_group_top(struct ext2_mount *es)
{
	uint64_t ifree = es->es_ifree / es->es_ngroups;
	uint64_t bfree = es->es_bfree / es->es_ngroups;
	uint32_t best = es->es_ngroups, g = es->es_rotor % es->es_ngroups, i;

	for (i = 0; i < es->es_ngroups; i++) {
		struct ext2_group *eg = &es->es_groups[g];

		if (eg->eg_ifree != 0 && eg->eg_ifree >= ifree &&
		    eg->eg_bfree >= bfree &&
		    (best == es->es_ngroups ||
			eg->eg_dirs < es->es_groups[best].eg_dirs))
			best = g;
		g = g + 1 < es->es_ngroups ? g + 1 : 0;
	}
	es->es_rotor = best + 1;
	return best;
}

static uint32_t
group_choose(struct ext2_mount *es, uint32_t parent_ino, bool dir)
{
	uint32_t g = (parent_ino - 1) / es->es_ipg, best, i;

	if (dir && parent_ino == EXT2_ROOT_INO) {
		best = dir_group_top(es);
		if (best != es->es_ngroups)
			return best;
	}
	for (i = 0; dir && i < es->es_ngroups; i++) {
		struct ext2_group *eg = &es->es_groups[g];

		/* A quarter of a group is room enough to stay together. */
		if (eg->eg_ifree > es->es_ipg / 4 &&
		    eg->eg_bfree > es->es_bpg / 4)
			return g;
		g = g + 1 < es->es_ngroups ? g + 1 : 0;
	}
	return g;
}

/* es_lock held; -ENOSPC: none in this group. */
static int
group_ialloc(struct ext2_mount *es, uint32_t g, bool dir, uint32_t *ino)
{
	struct ext2_group *eg = &es->es_groups[g];
	uint32_t bit;
	uint8_t *map;
	struct buf b;
	int error;

	if (eg->eg_ifree == 0)
		return -ENOSPC;
	error = bitmap_get(es, g, &b);
	if (error != 0)
		return error;
	map = b.b_data;
	bit = ext2_bit_find_zero(map, eg->eg_ihint, es->es_ipg);
	if (bit == es->es_ipg)
		bit = ext2_bit_find_zero(map, 0, es->es_ipg);
	if (bit == es->es_ipg) {
		buf_release(&b);
		return -ENOSPC;
	}
	map[bit / 8] |= 1u << (bit % 8);
	*ino = g * es->es_ipg + bit + 1;
	eg->eg_ihint = bit + 1;
	eg->eg_ifree--;
	eg->eg_dirs += dir;
	eg->eg_dirty = true;
	es->es_ifree--;
	es->es_sb_dirty = true;
	buf_dirty(&b);
	buf_release(&b);
	return 0;
}

int
ext2_ialloc(struct ext2_node *dir, enum vtype type, uint32_t *ino)
{
	struct ext2_mount *es = dir->n_fs;
	int error = -ENOSPC;
	uint32_t g, i;

	if (es->es_rdonly)
		return -EROFS;
	mutex_lock(&es->es_lock);
	g = group_choose(es, dir->n_vnode.v_ino, type == VDIR);
	for (i = 0; i < es->es_ngroups && error == -ENOSPC; i++) {
		error = group_ialloc(es, g, type == VDIR, ino);
		g = g + 1 < es->es_ngroups ? g + 1 : 0;
	}
	mutex_unlock(&es->es_lock);
	return error;
}

void
ext2_ifree(struct ext2_mount *es, uint32_t ino, bool dir)
{
	uint32_t g = (ino - 1) / es->es_ipg, bit = (ino - 1) % es->es_ipg;
	struct ext2_group *eg = &es->es_groups[g];
	uint8_t *map;
	struct buf b;

	if (es->es_rdonly)
		return;
	mutex_lock(&es->es_lock);
	if (bitmap_get(es, g, &b) == 0) {
		map = b.b_data;
		if (!ext2_bit_test(map, bit)) {
			(void)ext2_error(es, "inode %u is freed twice", ino);
		} else {
			map[bit / 8] &= ~(1u << (bit % 8));
			eg->eg_ifree++;
			eg->eg_ihint = MIN(eg->eg_ihint, bit);
			if (dir && eg->eg_dirs > 0)
				eg->eg_dirs--;
			eg->eg_dirty = true;
			es->es_ifree++;
			es->es_sb_dirty = true;
			buf_dirty(&b);
		}
		buf_release(&b);
	}
	mutex_unlock(&es->es_lock);
}
