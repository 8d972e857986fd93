/* SPDX-License-Identifier: MIT */
/*
 * sys/fs/ext2_data.c: the contents of files: between the page cache and the
 * disk, and changing sizes.
 *
 * Blocks are allocated when a page is about to be dirtied (op_reserve), from a
 * window kept ahead of the file, so that what is written in sequence lies in
 * sequence and goes out in long requests.
 */
#include "fs/ext2.h"

#include "base/string.h"

#include "fs/blkio.h"
#include "fs/cred.h"
#include "fs/file.h"

#define FALLOC_KEEP_SIZE  0x1
#define FALLOC_PUNCH_HOLE 0x2

static struct ext2_node *
node_of(struct vm_object *o)
{
	return o->vo_owner;
}

static bool
is_zero(const void *p, size_t n)
{
	const uint64_t *w = p;

	for (; n > 0; n -= sizeof(*w)) {
		if (*w++ != 0)
			return false;
	}
	return true;
}

/* Where block lbn of a page goes; a hole that a mapping wrote to beyond the
 * end the file had then gets its block now. n_lock held. */
static int
write_place(struct ext2_node *n, uint32_t lbn, const void *data,
    uint32_t *block, uint32_t *run)
{
	bool fresh;
	int error = ext2_bmap(n, lbn, block, run);

	if (error != 0 || *block != NOBLOCK)
		return error;
	*run = 1;
	if ((uint64_t)lbn << n->n_fs->es_bshift >=
	    n->n_vnode.v_object.vo_size || is_zero(data, n->n_fs->es_bsize))
		return 0;
	return ext2_bmap_alloc(n, lbn, false, block, &fresh);
}

static int
pages_io(struct ext2_node *n, enum bio_op op, struct page **pages,
    unsigned npages)
{
	struct ext2_mount *es = n->n_fs;
	uint32_t per = PAGE_SIZE >> es->es_bshift, lbn, block = 0, run = 0;
	uint32_t last = n->n_fs->es_max_size >> es->es_bshift;
	struct blkio io;
	unsigned i;
	int error = 0, ioerror;

	blkio_init(&io, es->es_bdev, op);
	mutex_lock(&n->n_lock);
	for (i = 0; error == 0 && i < npages * per; i++) {
		struct page *pg = pages[i / per];
		uint32_t off = (i % per) << es->es_bshift;
		char *data = (char *)page_to_virt(pg) + off;

		lbn = pg->pg_index * per + i % per;
		if (run == 0 && pg->pg_index * per < last) {
			error = op == BIO_READ
			    ? ext2_bmap(n, lbn, &block, &run)
			    : write_place(n, lbn, data, &block, &run);
			if (error != 0)
				break;
		} else if (run == 0) {
			block = NOBLOCK;
			run = 1;
		}
		if (block != NOBLOCK) {
			blkio_add(&io, (uint64_t)block << (es->es_bshift - 9),
			    page_to_phys(pg) + off, es->es_bsize);
			block++;
		} else if (op == BIO_READ) {
			memset(data, 0, es->es_bsize);
		}
		run--;
	}
	mutex_unlock(&n->n_lock);
	ioerror = blkio_finish(&io);
	return error != 0 ? error : ioerror;
}

/* In the last page what lies behind the end of the file is nobody's data. */
static void
tail_zero(struct vm_object *o, struct page **pages, unsigned n)
{
	uint64_t size = atomic_load_relaxed(&o->vo_size);
	unsigned i;

	for (i = 0; i < n; i++) {
		uint64_t at = pages[i]->pg_index * PAGE_SIZE;

		if (at + PAGE_SIZE > size)
			memset((char *)page_to_virt(pages[i]) +
			    (size > at ? size - at : 0), 0,
			    PAGE_SIZE - (size > at ? size - at : 0));
	}
}

static int
ext2_op_read(struct vm_object *o, struct page **pages, unsigned n)
{
	int error = pages_io(node_of(o), BIO_READ, pages, n);

	if (error == 0)
		tail_zero(o, pages, n);
	return error == 0 || error == -ENOMEM ? error : -EIO;
}

static int
ext2_op_write(struct vm_object *o, struct page **pages, unsigned n)
{
	struct ext2_node *node = node_of(o);
	int error;

	if (node->n_fs->es_rdonly)
		return -EROFS;
	error = pages_io(node, BIO_WRITE, pages, n);
	if (error == -EIO)
		(void)ext2_error(node->n_fs, "data of inode %llu not written",
		    (unsigned long long)node->n_vnode.v_ino);
	return error;
}

static int
ext2_op_reserve(struct vm_object *o, uint64_t off, uint64_t len)
{
	struct ext2_node *n = node_of(o);
	struct ext2_mount *es = n->n_fs;
	uint64_t lbn = off >> es->es_bshift, end, got[2];
	uint32_t block;
	bool fresh;
	int error = 0;

	if (off + len > es->es_max_size)
		return -EFBIG;
	end = (off + len + es->es_bsize - 1) >> es->es_bshift;
	got[0] = got[1] = 0;
	mutex_lock(&n->n_lock);
	if (ext2_readonly(es))
		error = -EROFS;
	for (; error == 0 && lbn < end; lbn++) {
		error = ext2_bmap_alloc(n, lbn, false, &block, &fresh);
		if (error == 0 && fresh) {
			if (got[1] != lbn)
				got[0] = lbn;
			got[1] = lbn + 1;
		}
	}
	mutex_unlock(&n->n_lock);
	/* Stores through a mapping are seen here only. */
	if (error == 0) {
		n->n_mtime = n->n_ctime = ext2_now(es);
		atomic_store_relaxed(&n->n_dirty, 1);
	}
	/* A fresh block whose page will not be written would show what was on
	 * the disk before: give back the last run of them. */
	if (error != 0 && got[0] != got[1] &&
	    ext2_free_range(n, got[0], got[1]) != 0)
		return -EIO;
	return error;
}

const struct vm_object_ops ext2_object_ops = {
	.op_read = ext2_op_read,
	.op_write = ext2_op_write,
	.op_reserve = ext2_op_reserve,
	.op_hold = vnode_object_hold,
	.op_drop = vnode_object_drop,
};

int
ext2_write(struct vnode *vp, struct uio *uio, struct file *fp)
{
	struct ext2_node *n = VTOE(vp);
	size_t resid = uio->uio_resid, cut = 0;
	int error;

	if (ext2_readonly(n->n_fs))
		return -EROFS;
	if (n->n_flags & EXT2_FL_IMMUTABLE)
		return -EPERM;
	if (uio->uio_offset < 0)
		return -EINVAL;
	if ((uint64_t)uio->uio_offset >= n->n_fs->es_max_size)
		return -EFBIG;
	if (resid > n->n_fs->es_max_size - uio->uio_offset) {
		cut = resid - (n->n_fs->es_max_size - uio->uio_offset);
		uio->uio_resid -= cut;
	}
	n->n_reserved = fp != NULL &&
	    (cred_capable(fp->f_cred, CAP_SYS_RESOURCE) ||
		fp->f_cred->cr_fsuid == n->n_fs->es_sb->s_def_resuid);
	error = vm_object_write(&vp->v_object, uio);
	n->n_reserved = false;
	uio->uio_resid += cut;
	if (uio->uio_resid != resid) {
		n->n_size = MAX(n->n_size, vp->v_object.vo_size);
		n->n_mtime = n->n_ctime = ext2_now(n->n_fs);
		n->n_dirty = 1;
	}
	return error;
}

/* Zeroes in [at, end), within one page, where there is data. */
static int
zero_bytes(struct ext2_node *n, uint64_t at, uint64_t end)
{
	struct vm_object *o = &n->n_vnode.v_object;
	struct page *pg;
	int error = vm_object_getpage(o, at >> PAGE_SHIFT, GP_WRITE, &pg);

	if (error != 0)
		return error;
	memset((char *)page_to_virt(pg) + (at & PAGE_MASK), 0, end - at);
	vm_object_dirty(o, pg);
	page_unref(pg);
	return 0;
}

int
ext2_resize(struct ext2_node *n, uint64_t size)
{
	struct ext2_mount *es = n->n_fs;
	uint64_t old = n->n_size;
	int error;

	if (n->n_vnode.v_type != VREG)
		return n->n_vnode.v_type == VDIR ? -EISDIR : -EINVAL;
	if (size > es->es_max_size)
		return -EFBIG;
	if (n->n_flags & (EXT2_FL_IMMUTABLE | EXT2_FL_APPEND))
		return -EPERM;
	if (ext2_readonly(es))
		return -EROFS;
	/* What is cut off in the last page must not be on the disk when the
	 * file grows again: the page is dirty from here. */
	if (size < old && size % PAGE_SIZE != 0) {
		error = zero_bytes(n, size, MIN(old, page_round(size)));
		if (error != 0)
			return error;
	}
	vm_object_resize(&n->n_vnode.v_object, size);
	n->n_size = size;
	n->n_dirty = 1;
	if (size >= old)
		return 0;
	return ext2_free_range(n, (size + es->es_bsize - 1) >> es->es_bshift,
	    UINT32_MAX);
}

/* Whole blocks go; of those in part the bytes become zero. */
static int
punch_hole(struct ext2_node *n, uint64_t off, uint64_t end)
{
	struct ext2_mount *es = n->n_fs;
	struct vm_object *o = &n->n_vnode.v_object;
	uint64_t first, last, at;
	int error = 0;

	end = MIN(end, n->n_size);
	for (at = off; error == 0 && at < end;) {
		uint64_t stop = MIN(end, (at | PAGE_MASK) + 1);

		/* Whole pages are dropped below. */
		if (stop - at < PAGE_SIZE)
			error = zero_bytes(n, at, stop);
		at = stop;
		if (at % PAGE_SIZE == 0 && end - at >= PAGE_SIZE)
			at = page_trunc(end);
	}
	if (error != 0 || off >= end)
		return error;
	vm_object_drop(o, page_round(off), page_trunc(end));
	first = (page_round(off)) >> es->es_bshift;
	last = page_trunc(end) >> es->es_bshift;
	return first < last ? ext2_free_range(n, first, last) : 0;
}

/* A block of zeroes in a hole; the page it is in becomes dirty. */
static int
fill_block(struct ext2_node *n, uint64_t lbn)
{
	uint64_t off = lbn << n->n_fs->es_bshift;
	struct vm_object *o = &n->n_vnode.v_object;
	struct page *pg;
	int error = vm_object_getpage(o, off >> PAGE_SHIFT, GP_WRITE, &pg);

	if (error != 0)
		return error;
	error = ext2_op_reserve(o, off, n->n_fs->es_bsize);
	if (error == 0)
		vm_object_dirty(o, pg);
	page_unref(pg);
	return error;
}

static int
allocate_range(struct ext2_node *n, uint64_t off, uint64_t end)
{
	struct ext2_mount *es = n->n_fs;
	uint64_t lbn = off >> es->es_bshift;
	int error = 0;

	/* Blocks without written contents have no mark in ext2: each is
	 * written with zeroes through the page cache. */
	for (; error == 0 && lbn << es->es_bshift < end; lbn++) {
		uint32_t block, run;

		mutex_lock(&n->n_lock);
		error = ext2_bmap(n, lbn, &block, &run);
		mutex_unlock(&n->n_lock);
		if (error == 0 && block == NOBLOCK)
			error = fill_block(n, lbn);
	}
	return error;
}

int
ext2_allocate(struct vnode *vp, int mode, uint64_t off, uint64_t len)
{
	struct ext2_node *n = VTOE(vp);
	uint64_t end = off + len;
	int error;

	if (ext2_readonly(n->n_fs))
		return -EROFS;
	if (n->n_flags & (EXT2_FL_IMMUTABLE | EXT2_FL_APPEND))
		return -EPERM;
	if (mode == (FALLOC_PUNCH_HOLE | FALLOC_KEEP_SIZE)) {
		error = punch_hole(n, off, end);
	} else if (mode == 0) {
		if (end > n->n_fs->es_max_size)
			return -EFBIG;
		if (end > n->n_size) {
			error = ext2_resize(n, end);
			if (error != 0)
				return error;
		}
		error = allocate_range(n, off, end);
	} else {
		return -EOPNOTSUPP;
	}
	n->n_mtime = n->n_ctime = ext2_now(n->n_fs);
	n->n_dirty = 1;
	return error;
}

int
ext2_seek(struct vnode *vp, off_t *off, bool hole)
{
	struct ext2_node *n = VTOE(vp);
	uint32_t shift = n->n_fs->es_bshift, block, run;
	uint64_t at;
	int error = 0;

	if (*off < 0 || (uint64_t)*off >= n->n_size)
		return -ENXIO;
	at = *off;
	mutex_lock(&n->n_lock);
	while (at < n->n_size) {
		error = ext2_bmap(n, at >> shift, &block, &run);
		if (error != 0 || (block == NOBLOCK) == hole)
			break;
		at = ((at >> shift) + run) << shift;
	}
	mutex_unlock(&n->n_lock);
	if (error != 0)
		return error;
	if (at >= n->n_size && !hole)
		return -ENXIO;
	*off = MIN(at, n->n_size);
	return 0;
}

int
ext2_fsync(struct vnode *vp, bool data_only)
{
	struct ext2_node *n = VTOE(vp);
	struct ext2_mount *es = n->n_fs;
	int error = 0;

	if (es->es_rdonly)
		return es->es_nerrors != 0 ? -EROFS : 0;
	if (vp->v_type == VREG)
		error = vm_object_sync(&vp->v_object, 0, 0);
	/* fdatasync may leave out times only, and they are in one block with
	 * the size and the pointers. */
	if (error == 0)
		error = ext2_iupdate(n, false);
	if (error == 0)
		error = bufcache_sync(es->es_bc);
	if (error == 0)
		error = bdev_flush(es->es_bdev);
	if (error != 0 && error != -EROFS)
		(void)ext2_error(es, "fsync of inode %llu: %d",
		    (unsigned long long)vp->v_ino, error);
	return error;
}
