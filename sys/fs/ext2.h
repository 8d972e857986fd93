/* SPDX-License-Identifier: MIT */
/*
 * sys/fs/ext2.h: the second extended file system: its forms on the disk and in
 * memory, and what its files share.
 *
 * Locks: v_lock of a vnode for its attributes, size and directory contents;
 * n_lock (rank FSINODE) for its block map, which write faults and write-out
 * change and read without v_lock; es_lock (rank FSALLOC), inside n_lock, for
 * bitmaps, group descriptors and the superblock.
 * Invariants: (1) no number from the disk is used as a block or inode number
 * before ext2_block_ok() or ext2_ino_ok() has seen it. (2) A block is zero or
 * whole on the disk before a pointer to it as an indirect block is. (3) No
 * pointer to an indirect block is on the disk when the block is free for
 * others. (4) A name is on the disk before the name it replaces goes.
 */
#ifndef FS_EXT2_H
#define FS_EXT2_H

#include "base/lock.h"
#include "base/types.h"

#include "fs/buf.h"
#include "fs/vfs.h"
#include "fs/vnode.h"

#include <abi/errno.h>

#define EXT2_MAGIC     0xef53
#define EXT2_ROOT_INO  2u
#define EXT2_NDIRECT   12u
#define EXT2_NBLOCKS   15u
#define EXT2_LINK_MAX  32000u
#define EXT2_NAME_MAX  255u
#define EXT2_SB_OFFSET 1024u

#define EXT2_VALID_FS 0x1
#define EXT2_ERROR_FS 0x2

#define EXT2_COMPAT_HAS_JOURNAL	  0x0004
#define EXT2_INCOMPAT_FILETYPE	  0x0002
#define EXT2_RO_SPARSE_SUPER	  0x0001
#define EXT2_RO_LARGE_FILE	  0x0002
#define EXT2_RO_BTREE_DIR	  0x0004
#define EXT2_RO_EXTRA_ISIZE	  0x0040
#define EXT2_INCOMPAT_KNOWN	  EXT2_INCOMPAT_FILETYPE
#define EXT2_RO_KNOWN                                                        \
	(EXT2_RO_SPARSE_SUPER | EXT2_RO_LARGE_FILE | EXT2_RO_BTREE_DIR |     \
	    EXT2_RO_EXTRA_ISIZE)

#define EXT2_FL_SYNC	  0x00000008
#define EXT2_FL_IMMUTABLE 0x00000010
#define EXT2_FL_APPEND	  0x00000020
#define EXT2_FL_NOATIME	  0x00000080
#define EXT2_FL_INDEX	  0x00001000
#define EXT2_FL_INHERITED                                                    \
	(0x1 | 0x2 | 0x4 | EXT2_FL_SYNC | 0x40 | EXT2_FL_NOATIME)

struct ext2_disk_super {
	uint32_t s_inodes_count, s_blocks_count, s_r_blocks_count;
	uint32_t s_free_blocks_count, s_free_inodes_count;
	uint32_t s_first_data_block, s_log_block_size, s_log_frag_size;
	uint32_t s_blocks_per_group, s_frags_per_group, s_inodes_per_group;
	uint32_t s_mtime, s_wtime;
	uint16_t s_mnt_count, s_max_mnt_count, s_magic, s_state, s_errors;
	uint16_t s_minor_rev_level;
	uint32_t s_lastcheck, s_checkinterval, s_creator_os, s_rev_level;
	uint16_t s_def_resuid, s_def_resgid;
	uint32_t s_first_ino;
	uint16_t s_inode_size, s_block_group_nr;
	uint32_t s_feature_compat, s_feature_incompat, s_feature_ro_compat;
	uint8_t s_uuid[16];
	char s_volume_name[16], s_last_mounted[64];
	uint32_t s_algorithm_usage_bitmap;
	uint8_t s_prealloc_blocks, s_prealloc_dir_blocks;
	uint16_t s_reserved_gdt_blocks;
	uint8_t s_pad[816];
} __packed;

struct ext2_disk_group {
	uint32_t bg_block_bitmap, bg_inode_bitmap, bg_inode_table;
	uint16_t bg_free_blocks_count, bg_free_inodes_count;
	uint16_t bg_used_dirs_count, bg_flags;
	uint32_t bg_reserved[3];
} __packed;

struct ext2_disk_inode {
	uint16_t i_mode, i_uid;
	uint32_t i_size, i_atime, i_ctime, i_mtime, i_dtime;
	uint16_t i_gid, i_links_count;
	uint32_t i_blocks, i_flags, i_osd1;
	uint32_t i_block[EXT2_NBLOCKS];
	uint32_t i_generation, i_file_acl, i_size_high, i_faddr;
	uint16_t i_osd2, i_osd2b, i_uid_high, i_gid_high;
	uint32_t i_osd2c;
	/* From here only if the inode is larger than 128 bytes. */
	uint16_t i_extra_isize, i_checksum_hi;
	uint32_t i_ctime_extra, i_mtime_extra, i_atime_extra;
	uint32_t i_crtime, i_crtime_extra;
} __packed;

#define EXT2_OLD_INODE_SIZE 128u

struct ext2_dirent {
	uint32_t d_ino;
	uint16_t d_rec_len;
	uint8_t d_name_len, d_type; /* d_type: with FILETYPE, else length */
	char d_name[];
} __packed;

struct ext2_group {
	uint32_t eg_bitmap, eg_ibitmap, eg_itable; /* [I] blocks */
	uint32_t eg_bfree, eg_ifree, eg_dirs;	   /* [es_lock] */
	uint32_t eg_bhint, eg_ihint; /* [es_lock] search from these bits */
	bool eg_has_super;	     /* [I] */
	bool eg_bchecked, eg_ichecked; /* bitmap seen and counted */
	bool eg_dirty;		     /* descriptor to be written */
};

struct ext2_mount {
	struct mount *es_mount;
	struct bdev *es_bdev;
	struct bufcache *es_bc;
	struct mutex es_lock;
	struct ext2_disk_super *es_sb; /* [es_lock] */
	struct ext2_group *es_groups;
	uint32_t es_ngroups, es_bsize, es_bshift, es_ptrs; /* [I] from here */
	uint32_t es_isize, es_first_ino, es_first_block, es_nblocks;
	uint32_t es_bpg, es_ipg, es_ninodes, es_itable_blocks, es_gdt_blocks;
	uint32_t es_super_blocks; /* super, descriptors, those reserved */
	uint64_t es_max_size;
	bool es_filetype, es_nsec; /* to here */
	uint64_t es_bfree, es_ifree; /* [es_lock] */
	uint32_t es_errors;	     /* policy: 1 continue, 2 ro, 3 panic */
	uint32_t es_nerrors;	     /* found so far */
	uint32_t es_rotor;	     /* [es_lock] for a new top directory */
	bool es_rdonly;		     /* also after an error */
	bool es_ending;		     /* no new changes: it becomes read-only */
	bool es_sb_dirty;
	bool es_clean; /* it was when writing began */
};

struct ext2_node {
	struct vnode n_vnode;
	struct ext2_mount *n_fs;
	struct mutex n_lock;
	mode_t n_mode; /* 07777 */
	uid_t n_uid;
	gid_t n_gid;
	uint32_t n_nlink, n_flags, n_generation, n_file_acl, n_dtime;
	uint16_t n_extra;	/* i_extra_isize */
	uint64_t n_size;
	nsec_t n_atime, n_mtime, n_ctime, n_btime;
	uint32_t n_block[EXT2_NBLOCKS]; /* [n_lock] */
	uint64_t n_blocks;		/* [n_lock] of 512 bytes */
	uint32_t n_pre_lbn, n_pre_block, n_pre_count; /* [n_lock] window */
	uint32_t n_dir_room;	/* directory: no room in blocks below */
	uint32_t n_dirty;	/* [a] differs from the inode table */
	bool n_gone;		/* freed on the disk */
	bool n_reserved;	/* [n_vnode.v_lock] may use the reserve */
};

/* Asked by whatever begins a change, with the lock of a file held that it
 * keeps until it is through: ext2_super.c waits for it there. */
static inline bool
ext2_readonly(const struct ext2_mount *es)
{
	return es->es_rdonly || es->es_ending;
}

#define VTOE(vp)    ((struct ext2_node *)(vp))
#define MTOE(m)	    ((struct ext2_mount *)(m)->mnt_data)
#define NOBLOCK	    0u

/* ext2_super.c */
extern const struct vfsops ext2_vfsops;
/* Says what is wrong, marks the file system, and does as errors= says.
 * Returns -EUCLEAN. */
int ext2_error(struct ext2_mount *, const char *fmt, ...)
    __printflike(2, 3);
int ext2_super_write(struct ext2_mount *, bool wait) __must_check;
int ext2_sync(struct mount *, bool wait);
void ext2_stop_writing(struct ext2_mount *);
/* es_bdev's superblock into es_sb, found sound. */
int ext2_super_load(struct ext2_mount *) __must_check;

/* ext2_reload.c */
/* Read-only: nothing that was read is believed any more. -EROFS: errors that
 * were found are still there; -EBUSY: a file in use is another now. */
int ext2_reload(struct ext2_mount *) __must_check;

/* ext2_check.c */
int ext2_super_check(struct ext2_mount *, uint64_t dev_blocks) __must_check;
int ext2_groups_load(struct ext2_mount *) __must_check;
bool ext2_block_ok(const struct ext2_mount *, uint32_t block);
static inline bool
ext2_ino_ok(const struct ext2_mount *es, uint32_t ino)
{
	return ino == EXT2_ROOT_INO ||
	    (ino >= es->es_first_ino && ino <= es->es_ninodes);
}

/* ext2_balloc.c; es_lock is taken inside */
/* Up to *count blocks that follow each other, near goal. reserved: from those
 * kept for the superuser too. */
int ext2_balloc(struct ext2_mount *, uint32_t goal, bool reserved,
    uint32_t *block, uint32_t *count) __must_check;
void ext2_bfree(struct ext2_mount *, uint32_t block, uint32_t count);
bool ext2_bit_test(const uint8_t *map, uint32_t bit);
uint32_t ext2_bit_find_zero(const uint8_t *map, uint32_t from, uint32_t end);
uint32_t ext2_bit_count_zero(const uint8_t *map, uint32_t n);

/* ext2_ialloc.c */
int ext2_ialloc(struct ext2_node *dir, enum vtype, uint32_t *ino)
    __must_check;
void ext2_ifree(struct ext2_mount *, uint32_t ino, bool dir);

/* ext2_inode.c, ext2_inactive.c */
extern const struct vnodeops ext2_vnodeops;
int ext2_vget(struct ext2_mount *, uint32_t ino, struct vnode **) __must_check;
/* A vnode in use gets what the table says now. -EBUSY: it is another file. */
int ext2_inode_reload(struct ext2_node *) __must_check;
/* A new inode in memory and in the table, with the vnode; va as given. */
int ext2_inode_new(struct ext2_node *dir, const struct vattr *,
    struct vnode **) __must_check;
int ext2_iupdate(struct ext2_node *, bool wait) __must_check;
/* The same for those who have nobody to tell; ext2_error() knows. */
void ext2_iupdate_soon(struct ext2_node *);
void ext2_close(struct vnode *, struct file *);
void ext2_inactive(struct vnode *);
void ext2_reclaim(struct vnode *);
nsec_t ext2_now(struct ext2_mount *);
nsec_t ext2_time(struct ext2_mount *, nsec_t);

/* ext2_bmap.c; n_lock held */
/* Block of lbn, NOBLOCK in a hole; *run blocks follow each other (or are
 * holes). */
int ext2_bmap(struct ext2_node *, uint32_t lbn, uint32_t *block,
    uint32_t *run) __must_check;
/* The same, allocating it if need be (*fresh); meta: a directory's. */
int ext2_bmap_alloc(struct ext2_node *, uint32_t lbn, bool meta,
    uint32_t *block, bool *fresh) __must_check;
void ext2_prealloc_drop(struct ext2_node *);
/* How a logical block is reached: depth, and the index at each level. */
int ext2_path(struct ext2_mount *, uint32_t lbn, uint32_t idx[4], int *depth)
    __must_check;

/* ext2_trunc.c: frees blocks of lbn >= first and < end; n_lock is taken */
int ext2_free_range(struct ext2_node *, uint32_t first, uint32_t end)
    __must_check;

/* ext2_data.c */
extern const struct vm_object_ops ext2_object_ops;
int ext2_write(struct vnode *, struct uio *, struct file *);
int ext2_resize(struct ext2_node *, uint64_t size) __must_check;
int ext2_allocate(struct vnode *, int mode, uint64_t off, uint64_t len);
int ext2_seek(struct vnode *, off_t *, bool hole);
int ext2_fsync(struct vnode *, bool data_only);

/* ext2_dir.c; the directory's v_lock is held */
struct ext2_slot { /* an entry found */
	struct buf sl_buf;
	struct ext2_dirent *sl_de, *sl_prev;
	uint32_t sl_lbn;
};
int ext2_dir_find(struct ext2_node *, const char *, size_t,
    struct ext2_slot *) __must_check;
int ext2_dir_add(struct ext2_node *, const char *, size_t, uint32_t ino,
    enum vtype, bool wait) __must_check;
int ext2_dir_remove(struct ext2_node *, struct ext2_slot *) __must_check;
int ext2_dir_set(struct ext2_node *, struct ext2_slot *, uint32_t ino,
    enum vtype, bool wait) __must_check;
int ext2_dir_make(struct ext2_node *, uint32_t parent) __must_check;
int ext2_dir_empty(struct ext2_node *) __must_check; /* 0 or -ENOTEMPTY */
int ext2_readdir(struct vnode *, off_t *, struct dirsink *);

/* ext2_names.c, ext2_rename.c */
void ext2_unlinked(struct ext2_node *dir, struct ext2_node *);
int ext2_lookup(struct vnode *, const char *, size_t, struct vnode **);
int ext2_create(struct vnode *, const char *, size_t, const struct vattr *,
    struct vnode **);
int ext2_symlink(struct vnode *, const char *, size_t, const struct vattr *,
    const char *, struct vnode **);
int ext2_link(struct vnode *, const char *, size_t, struct vnode *);
int ext2_remove(struct vnode *, const char *, size_t, struct vnode *);
int ext2_readlink(struct vnode *, struct uio *);
int ext2_rename(struct vnode *, const char *, size_t, struct vnode *,
    struct vnode *, const char *, size_t, struct vnode *, bool);

#endif
