/* SPDX-License-Identifier: MIT */
/*
 * sys/fs/ext2_check.c: is what stands on the disk an ext2 that can be worked
 * with? Nothing else in ext2 looks at the superblock or at a group descriptor
 * before this has passed.
 */
#include "fs/ext2.h"

#include "base/kprintf.h"
#include "base/slab.h"
#include "base/string.h"
#include "base/thread.h"

#define BAD(es, ...)                                                         \
	(klog(KLOG_ERR, "ext2: " __VA_ARGS__), -EINVAL)

static int
features_check(struct ext2_mount *es)
{
	struct ext2_disk_super *sb = es->es_sb;
	uint32_t unknown;

	es->es_isize = EXT2_OLD_INODE_SIZE;
	es->es_first_ino = 11;
	if (sb->s_rev_level == 0)
		return 0;
	unknown = sb->s_feature_incompat & ~EXT2_INCOMPAT_KNOWN;
	if (unknown != 0)
		return BAD(es, "incompatible features 0x%x are not known\n",
		    unknown);
	unknown = sb->s_feature_ro_compat & ~EXT2_RO_KNOWN;
	if (unknown != 0 && !es->es_rdonly) {
		klog(KLOG_WARNING, "ext2: features 0x%x are not known: "
		    "mounted read-only\n", unknown);
		es->es_rdonly = true;
	}
	es->es_isize = sb->s_inode_size;
	es->es_first_ino = sb->s_first_ino;
	es->es_filetype = sb->s_feature_incompat & EXT2_INCOMPAT_FILETYPE;
	return 0;
}

static int
geometry_check(struct ext2_mount *es, uint64_t dev_sectors)
{
	struct ext2_disk_super *sb = es->es_sb;
	uint32_t bits = es->es_bsize * 8;

	if (es->es_isize < EXT2_OLD_INODE_SIZE || es->es_isize > es->es_bsize ||
	    (es->es_isize & (es->es_isize - 1)) != 0)
		return BAD(es, "inode size %u\n", es->es_isize);
	if (sb->s_first_data_block != (es->es_bsize == 1024))
		return BAD(es, "first data block %u\n",
		    sb->s_first_data_block);
	if (sb->s_blocks_per_group < 64 || sb->s_blocks_per_group > bits ||
	    sb->s_blocks_per_group % 8 != 0)
		return BAD(es, "%u blocks in a group\n",
		    sb->s_blocks_per_group);
	if (sb->s_inodes_per_group == 0 || sb->s_inodes_per_group > bits ||
	    sb->s_inodes_per_group % 8 != 0)
		return BAD(es, "%u inodes in a group\n",
		    sb->s_inodes_per_group);
	if (sb->s_blocks_count <= sb->s_first_data_block + 8 ||
	    sb->s_blocks_count > dev_sectors >> (es->es_bshift - 9))
		return BAD(es, "%u blocks on a device of %llu sectors\n",
		    sb->s_blocks_count, (unsigned long long)dev_sectors);
	if (es->es_first_ino < 11 || es->es_first_ino > sb->s_inodes_count)
		return BAD(es, "first inode %u\n", es->es_first_ino);
	if (sb->s_r_blocks_count > sb->s_blocks_count)
		return BAD(es, "%u reserved blocks\n", sb->s_r_blocks_count);
	return 0;
}

/* Bytes a file can have: by its pointers, by i_blocks, by the page cache. */
static uint64_t
max_size(const struct ext2_mount *es)
{
	uint64_t p = es->es_ptrs, blocks = EXT2_NDIRECT + p + p * p + p * p * p;
	uint64_t by_count = (UINT64_C(0xffffffff) << 9) >> es->es_bshift;

	/* i_blocks counts the indirect blocks too: leave room for them. */
	by_count -= by_count / p + by_count / p / p + 4;
	return MIN(blocks, by_count) << es->es_bshift;
}

int
ext2_super_check(struct ext2_mount *es, uint64_t dev_sectors)
{
	struct ext2_disk_super *sb = es->es_sb;
	uint32_t per;
	int error;

	if (sb->s_magic != EXT2_MAGIC)
		return BAD(es, "no magic number\n");
	if (sb->s_rev_level > 1 || sb->s_log_block_size > 2)
		return BAD(es, "revision %u, block size 2^%u KiB\n",
		    sb->s_rev_level, sb->s_log_block_size);
	es->es_bshift = 10 + sb->s_log_block_size;
	es->es_bsize = 1u << es->es_bshift;
	error = features_check(es);
	if (error == 0)
		error = geometry_check(es, dev_sectors);
	if (error != 0)
		return error;
	es->es_ptrs = es->es_bsize / 4;
	es->es_first_block = sb->s_first_data_block;
	es->es_nblocks = sb->s_blocks_count;
	es->es_bpg = sb->s_blocks_per_group;
	es->es_ipg = sb->s_inodes_per_group;
	es->es_ninodes = sb->s_inodes_count;
	es->es_ngroups = howmany(es->es_nblocks - es->es_first_block,
	    es->es_bpg);
	per = es->es_bsize / sizeof(struct ext2_disk_group);
	es->es_gdt_blocks = howmany(es->es_ngroups, per);
	es->es_itable_blocks = howmany((uint64_t)es->es_ipg * es->es_isize,
	    es->es_bsize);
	es->es_super_blocks = 1 + es->es_gdt_blocks;
	if (sb->s_rev_level > 0 && sb->s_reserved_gdt_blocks <= es->es_ptrs)
		es->es_super_blocks += sb->s_reserved_gdt_blocks;
	if (es->es_ninodes != (uint64_t)es->es_ngroups * es->es_ipg)
		return BAD(es, "%u inodes in %u groups\n", es->es_ninodes,
		    es->es_ngroups);
	if ((uint64_t)es->es_super_blocks + es->es_itable_blocks + 2 >
	    es->es_bpg)
		return BAD(es, "groups too small for their tables\n");
	es->es_max_size = max_size(es);
	es->es_nsec = es->es_isize >= sizeof(struct ext2_disk_inode);
	return 0;
}

static bool
power_of(uint32_t n, uint32_t base)
{
	while (n % base == 0)
		n /= base;
	return n == 1;
}

static bool
group_has_super(const struct ext2_mount *es, uint32_t g)
{
	if (es->es_sb->s_rev_level == 0 ||
	    !(es->es_sb->s_feature_ro_compat & EXT2_RO_SPARSE_SUPER))
		return true;
	return g <= 1 || power_of(g, 3) || power_of(g, 5) || power_of(g, 7);
}

/* First block of a group, and how many it has. */
static uint32_t
group_first(const struct ext2_mount *es, uint32_t g)
{
	return es->es_first_block + g * es->es_bpg;
}

static bool
group_check(const struct ext2_mount *es, uint32_t g)
{
	const struct ext2_group *eg = &es->es_groups[g];
	uint32_t first = group_first(es, g);
	uint64_t end = MIN((uint64_t)first + es->es_bpg, es->es_nblocks);
	uint64_t tend = (uint64_t)eg->eg_itable + es->es_itable_blocks;
	uint32_t low = first + (eg->eg_has_super ? es->es_super_blocks : 0);

	if (eg->eg_bitmap < low || eg->eg_bitmap >= end ||
	    eg->eg_ibitmap < low || eg->eg_ibitmap >= end ||
	    eg->eg_itable < low || tend > end)
		return false;
	if (eg->eg_bitmap == eg->eg_ibitmap)
		return false;
	return !(eg->eg_bitmap >= eg->eg_itable && eg->eg_bitmap < tend) &&
	    !(eg->eg_ibitmap >= eg->eg_itable && eg->eg_ibitmap < tend) &&
	    eg->eg_bfree <= es->es_bpg && eg->eg_ifree <= es->es_ipg &&
	    eg->eg_dirs <= es->es_ipg;
}

static int
group_load(struct ext2_mount *es, uint32_t g, const struct ext2_disk_group *d)
{
	struct ext2_group *eg = &es->es_groups[g];

	eg->eg_bitmap = d->bg_block_bitmap;
	eg->eg_ibitmap = d->bg_inode_bitmap;
	eg->eg_itable = d->bg_inode_table;
	eg->eg_bfree = d->bg_free_blocks_count;
	eg->eg_ifree = d->bg_free_inodes_count;
	eg->eg_dirs = d->bg_used_dirs_count;
	eg->eg_has_super = group_has_super(es, g);
	if (!group_check(es, g))
		return BAD(es, "descriptor of group %u is not sound\n", g);
	es->es_bfree += eg->eg_bfree;
	es->es_ifree += eg->eg_ifree;
	return 0;
}

int
ext2_groups_load(struct ext2_mount *es)
{
	uint32_t per = es->es_bsize / sizeof(struct ext2_disk_group), g = 0, i;
	struct buf b;
	int error = 0;

	es->es_groups = kzalloc((size_t)es->es_ngroups *
	    sizeof(*es->es_groups));
	if (es->es_groups == NULL)
		return -ENOMEM;
	while (error == 0 && g < es->es_ngroups) {
		error = buf_read(es->es_bc,
		    es->es_first_block + 1 + g / per, &b);
		if (error != 0)
			break;
		for (i = 0; error == 0 && i < per && g < es->es_ngroups; i++)
			error = group_load(es, g++,
			    (struct ext2_disk_group *)b.b_data + i);
		buf_release(&b);
		sched_point();
	}
	return error;
}

bool
ext2_block_ok(const struct ext2_mount *es, uint32_t block)
{
	const struct ext2_group *eg;
	uint32_t g;

	if (block < es->es_first_block || block >= es->es_nblocks)
		return false;
	g = (block - es->es_first_block) / es->es_bpg;
	eg = &es->es_groups[g];
	if (block == eg->eg_bitmap || block == eg->eg_ibitmap ||
	    block - eg->eg_itable < es->es_itable_blocks)
		return false;
	return !eg->eg_has_super ||
	    block - group_first(es, g) >= es->es_super_blocks;
}
