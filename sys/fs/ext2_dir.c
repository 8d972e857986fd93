/* SPDX-License-Identifier: MIT */
/*
 * sys/fs/ext2_dir.c: directories: lists of entries in blocks.
 *
 * Entries cover a block without gaps; free room is at the end of an entry
 * (d_rec_len) or an entry with inode 0. A block is believed only as far as its
 * entries are whole. A directory may carry a hash index in what looks like
 * free room; it is read in sequence, and the index given up when it is changed.
 */
#include "fs/ext2.h"

#include "base/string.h"
#include "base/thread.h"

#define DIRENT_SIZE(len) roundup2((uint32_t)(len) + 8u, 4u)

static uint32_t
dir_blocks(const struct ext2_node *dir)
{
	return dir->n_size >> dir->n_fs->es_bshift;
}

static int
dir_bad(struct ext2_node *dir, uint32_t lbn, uint32_t off)
{
	return ext2_error(dir->n_fs, "directory %llu: block %u, byte %u",
	    (unsigned long long)dir->n_vnode.v_ino, lbn, off);
}

static int
dir_block(struct ext2_node *dir, uint32_t lbn, struct buf *b)
{
	uint32_t block, run;
	int error;

	mutex_lock(&dir->n_lock);
	error = ext2_bmap(dir, lbn, &block, &run);
	mutex_unlock(&dir->n_lock);
	if (error != 0)
		return error;
	if (block == NOBLOCK)
		return dir_bad(dir, lbn, 0);
	return buf_read(dir->n_fs->es_bc, block, b);
}

/* The entry at off, or NULL if it is not whole. */
static struct ext2_dirent *
entry_at(struct ext2_node *dir, const struct buf *b, uint32_t off)
{
	uint32_t size = dir->n_fs->es_bsize;
	struct ext2_dirent *de;

	if (off + 8 > size)
		return NULL;
	de = (struct ext2_dirent *)((char *)b->b_data + off);
	if (de->d_rec_len < 8 || de->d_rec_len % 4 != 0 ||
	    de->d_rec_len > size - off ||
	    DIRENT_SIZE(de->d_name_len) > de->d_rec_len)
		return NULL;
	/* Without the feature the type is the high byte of the length. */
	if (!dir->n_fs->es_filetype && de->d_type != 0)
		return NULL;
	return de;
}

static uint8_t
type_to_disk(const struct ext2_mount *es, enum vtype type)
{
	static const uint8_t types[] = { [VREG] = 1, [VDIR] = 2, [VCHR] = 3,
		[VBLK] = 4, [VFIFO] = 5, [VSOCK] = 6, [VLNK] = 7 };

	return es->es_filetype ? types[type] : 0;
}

static enum vtype
type_from_disk(uint8_t type)
{
	static const uint8_t types[] = { VNON, VREG, VDIR, VCHR, VBLK, VFIFO,
		VSOCK, VLNK };

	return type < nitems(types) ? types[type] : VNON;
}

static int
block_find(struct ext2_node *dir, const char *name, size_t len,
    struct ext2_slot *sl)
{
	uint32_t off = 0;

	sl->sl_prev = NULL;
	while (off < dir->n_fs->es_bsize) {
		struct ext2_dirent *de = entry_at(dir, &sl->sl_buf, off);

		if (de == NULL)
			return dir_bad(dir, sl->sl_lbn, off);
		if (de->d_ino != 0 && de->d_name_len == len &&
		    memcmp(de->d_name, name, len) == 0) {
			sl->sl_de = de;
			return 0;
		}
		sl->sl_prev = de;
		off += de->d_rec_len;
	}
	return -ENOENT;
}

int
ext2_dir_find(struct ext2_node *dir, const char *name, size_t len,
    struct ext2_slot *sl)
{
	uint32_t n = dir_blocks(dir);
	int error;

	for (sl->sl_lbn = 0; sl->sl_lbn < n; sl->sl_lbn++) {
		error = dir_block(dir, sl->sl_lbn, &sl->sl_buf);
		if (error != 0)
			return error;
		error = block_find(dir, name, len, sl);
		if (error != -ENOENT) {
			if (error != 0)
				buf_release(&sl->sl_buf);
			return error;
		}
		buf_release(&sl->sl_buf);
		sched_point();
	}
	return -ENOENT;
}

/* The change of a block, and of the directory's times. */
static int
dir_changed(struct ext2_node *dir, struct buf *b, bool wait)
{
	dir->n_flags &= ~EXT2_FL_INDEX;
	dir->n_mtime = dir->n_ctime = ext2_now(dir->n_fs);
	dir->n_dirty = 1;
	if (wait)
		return buf_write(b);
	buf_dirty(b);
	return 0;
}

static void
entry_fill(struct ext2_node *dir, struct ext2_dirent *de, const char *name,
    size_t len, uint32_t ino, enum vtype type)
{
	de->d_ino = ino;
	de->d_name_len = len;
	de->d_type = type_to_disk(dir->n_fs, type);
	memcpy(de->d_name, name, len);
}

/* An index stands in what looks like free room of the first block, and looks
 * like an empty entry in others: after the flag is gone it is free room. */
static int
block_add(struct ext2_node *dir, struct buf *b, uint32_t lbn,
    const char *name, size_t len, uint32_t ino, enum vtype type)
{
	uint32_t off = 0, need = DIRENT_SIZE(len), used;

	while (off < dir->n_fs->es_bsize) {
		struct ext2_dirent *de = entry_at(dir, b, off), *rest;

		if (de == NULL)
			return dir_bad(dir, lbn, off);
		used = de->d_ino != 0 ? DIRENT_SIZE(de->d_name_len) : 0;
		if (de->d_rec_len >= used + need) {
			rest = (struct ext2_dirent *)((char *)de + used);
			if (used != 0) {
				rest->d_rec_len = de->d_rec_len - used;
				de->d_rec_len = used;
			}
			entry_fill(dir, rest, name, len, ino, type);
			return 0;
		}
		off += de->d_rec_len;
	}
	return -ENOSPC;
}

/* One block more at the end, with the entry in it. On the disk before the
 * size says that it is there. */
static int
dir_grow(struct ext2_node *dir, const char *name, size_t len, uint32_t ino,
    enum vtype type)
{
	struct ext2_mount *es = dir->n_fs;
	uint32_t lbn = dir_blocks(dir), block;
	struct ext2_dirent *de;
	struct buf b;
	bool fresh;
	int error;

	if (((uint64_t)lbn + 1) << es->es_bshift > INT32_MAX)
		return -EFBIG;
	mutex_lock(&dir->n_lock);
	error = ext2_bmap_alloc(dir, lbn, true, &block, &fresh);
	mutex_unlock(&dir->n_lock);
	if (error != 0)
		return error;
	error = buf_zero(es->es_bc, block, &b);
	if (error == 0) {
		de = b.b_data;
		de->d_rec_len = es->es_bsize;
		entry_fill(dir, de, name, len, ino, type);
		error = dir_changed(dir, &b, true);
		buf_release(&b);
	}
	if (error != 0) {
		if (ext2_free_range(dir, lbn, lbn + 1) != 0)
			(void)dir_bad(dir, lbn, 0);
		return error;
	}
	dir->n_size += es->es_bsize;
	ext2_iupdate_soon(dir);
	return 0;
}

int
ext2_dir_add(struct ext2_node *dir, const char *name, size_t len,
    uint32_t ino, enum vtype type, bool wait)
{
	uint32_t n = dir_blocks(dir), lbn;
	struct buf b;
	int error;

	for (lbn = dir->n_dir_room; lbn < n; lbn++) {
		error = dir_block(dir, lbn, &b);
		if (error != 0)
			return error;
		error = block_add(dir, &b, lbn, name, len, ino, type);
		if (error == 0)
			error = dir_changed(dir, &b, wait);
		buf_release(&b);
		if (error != -ENOSPC)
			return error;
		/* Not even for the shortest name? Then never look again. */
		if (dir->n_dir_room == lbn && len <= 16)
			dir->n_dir_room = lbn + 1;
		sched_point();
	}
	error = dir_grow(dir, name, len, ino, type);
	if (error == 0 && wait)
		error = ext2_iupdate(dir, true);
	return error;
}

int
ext2_dir_remove(struct ext2_node *dir, struct ext2_slot *sl)
{
	/* The entry before takes the room, unless it is the first. */
	if (sl->sl_prev != NULL)
		sl->sl_prev->d_rec_len += sl->sl_de->d_rec_len;
	sl->sl_de->d_ino = 0;
	dir->n_dir_room = MIN(dir->n_dir_room, sl->sl_lbn);
	return dir_changed(dir, &sl->sl_buf, false);
}

int
ext2_dir_set(struct ext2_node *dir, struct ext2_slot *sl, uint32_t ino,
    enum vtype type, bool wait)
{
	sl->sl_de->d_ino = ino;
	sl->sl_de->d_type = type_to_disk(dir->n_fs, type);
	return dir_changed(dir, &sl->sl_buf, wait);
}

/* The first block of a new directory. */
int
ext2_dir_make(struct ext2_node *dir, uint32_t parent)
{
	struct ext2_mount *es = dir->n_fs;
	struct ext2_dirent *de;
	struct buf b;
	uint32_t block;
	bool fresh;
	int error;

	mutex_lock(&dir->n_lock);
	error = ext2_bmap_alloc(dir, 0, true, &block, &fresh);
	mutex_unlock(&dir->n_lock);
	if (error == 0)
		error = buf_zero(es->es_bc, block, &b);
	if (error != 0)
		return error;
	de = b.b_data;
	de->d_rec_len = DIRENT_SIZE(1);
	entry_fill(dir, de, ".", 1, dir->n_vnode.v_ino, VDIR);
	de = (struct ext2_dirent *)((char *)de + DIRENT_SIZE(1));
	de->d_rec_len = es->es_bsize - DIRENT_SIZE(1);
	entry_fill(dir, de, "..", 2, parent, VDIR);
	buf_dirty(&b);
	buf_release(&b);
	dir->n_size = es->es_bsize;
	dir->n_dirty = 1;
	return 0;
}

static bool
is_dots(const struct ext2_dirent *de)
{
	return de->d_name_len <= 2 && de->d_name[0] == '.' &&
	    (de->d_name_len == 1 || de->d_name[1] == '.');
}

int
ext2_dir_empty(struct ext2_node *dir)
{
	uint32_t n = dir_blocks(dir), lbn, off;
	struct ext2_dirent *de;
	struct buf b;
	int error;

	for (lbn = 0; lbn < n; lbn++) {
		error = dir_block(dir, lbn, &b);
		if (error != 0)
			return error;
		for (off = 0; error == 0 && off < dir->n_fs->es_bsize;
		     off += de->d_rec_len) {
			de = entry_at(dir, &b, off);
			if (de == NULL)
				error = dir_bad(dir, lbn, off);
			else if (de->d_ino != 0 && !is_dots(de))
				error = -ENOTEMPTY;
			if (error != 0)
				break;
		}
		buf_release(&b);
		if (error != 0)
			return error;
		sched_point();
	}
	return 0;
}

/* Emits the entries of a block from `from` on. 1: the buffer is full. */
static int
block_emit(struct ext2_node *dir, struct buf *b, uint32_t lbn, uint32_t from,
    off_t *cookie, struct dirsink *sink)
{
	struct ext2_mount *es = dir->n_fs;
	off_t base = (off_t)lbn << es->es_bshift;
	struct ext2_dirent *de;
	uint32_t off, next;

	for (off = 0; off < es->es_bsize; off = next) {
		de = entry_at(dir, b, off);
		if (de == NULL)
			return dir_bad(dir, lbn, off);
		next = off + de->d_rec_len;
		/* Entries may have been joined since the cookie was given. */
		if (off >= from) {
			if (de->d_ino != 0 && sink->ds_emit(sink, de->d_name,
			    de->d_name_len, de->d_ino,
			    type_from_disk(de->d_type), base + next) != 0)
				return 1;
			*cookie = base + next;
		}
	}
	*cookie = base + es->es_bsize;
	return 0;
}

int
ext2_readdir(struct vnode *vp, off_t *cookie, struct dirsink *sink)
{
	struct ext2_node *dir = VTOE(vp);
	struct ext2_mount *es = dir->n_fs;
	int error = 0;

	if (*cookie < 0)
		return -EINVAL;
	while (error == 0 && (uint64_t)*cookie < dir->n_size) {
		uint32_t lbn = *cookie >> es->es_bshift;
		struct buf b;

		error = dir_block(dir, lbn, &b);
		if (error != 0)
			return error;
		error = block_emit(dir, &b, lbn,
		    *cookie & (es->es_bsize - 1), cookie, sink);
		buf_release(&b);
		sched_point();
	}
	return error == 1 ? 0 : error;
}
