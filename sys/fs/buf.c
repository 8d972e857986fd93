/* SPDX-License-Identifier: MIT */
/*
 * sys/fs/buf.c: blocks of a device in memory (see buf.h).
 *
 * Locks: bufcache_lock for which device has which cache; the pages are the
 * vm_object's.
 */
#include "fs/buf.h"

#include "base/lock.h"
#include "base/slab.h"
#include "base/string.h"

#include "fs/blkio.h"
#include "vm/object.h"

#include <abi/errno.h>

struct bufcache {
	struct vm_object bc_object;
	struct bdev *bc_dev;	  /* [I] */
	uint32_t bc_size;	  /* [I] bytes of a block */
	uint64_t bc_nblocks;	  /* [I] */
	bool bc_raw;		  /* [I] may end in the middle of a block */
	bool bc_claimed;	  /* [bufcache_lock] raw: somebody's own */
	unsigned bc_parts;	  /* [bufcache_lock] raw: partitions claimed */
};

/* bd_fs of every bdev that was ever opened or mounted is its raw cache. */
static struct spinlock bufcache_lock = SPINLOCK_INIT(LR_VNODEHASH, "bdevs");

static uint64_t
block_sector(const struct bufcache *bc, uint64_t block)
{
	return block * (bc->bc_size / SECTOR_SIZE);
}

/* Bytes of the block that the device really has. */
static uint32_t
block_len(const struct bufcache *bc, uint64_t block)
{
	uint64_t sector = block_sector(bc, block), end = bc->bc_dev->bd_sectors;

	if (sector >= end)
		return 0;
	return MIN((uint64_t)bc->bc_size, (end - sector) * SECTOR_SIZE);
}

static int
bufcache_io(struct bufcache *bc, enum bio_op op, struct page **pages,
    unsigned n)
{
	struct blkio io;
	unsigned i;

	blkio_init(&io, bc->bc_dev, op);
	for (i = 0; i < n; i++) {
		uint64_t block = pages[i]->pg_index;
		uint32_t len = block_len(bc, block);

		if (op == BIO_READ && len < PAGE_SIZE)
			memset((char *)page_to_virt(pages[i]) + len, 0,
			    PAGE_SIZE - len);
		if (len != 0)
			blkio_add(&io, block_sector(bc, block),
			    page_to_phys(pages[i]), len);
	}
	return blkio_finish(&io);
}

static int
bufcache_op_read(struct vm_object *o, struct page **pages, unsigned n)
{
	return bufcache_io(o->vo_owner, BIO_READ, pages, n);
}

static int
bufcache_op_write(struct vm_object *o, struct page **pages, unsigned n)
{
	return bufcache_io(o->vo_owner, BIO_WRITE, pages, n);
}

static const struct vm_object_ops bufcache_ops = {
	.op_read = bufcache_op_read,
	.op_write = bufcache_op_write,
};

int
bufcache_create(struct bdev *bd, uint32_t size, struct bufcache **out)
{
	struct bufcache *bc = kzalloc(sizeof(*bc));

	if (bc == NULL)
		return -ENOMEM;
	bc->bc_dev = bd;
	bc->bc_size = size;
	bc->bc_nblocks = bd->bd_sectors / (size / SECTOR_SIZE);
	/* Page n is block n: the object is as long as it has pages. */
	vm_object_init(&bc->bc_object, &bufcache_ops, bc,
	    bc->bc_nblocks * PAGE_SIZE);
	/* Metadata is read and written below a file system's locks, which are
	 * below those of file contents. */
	mutex_init(&bc->bc_object.vo_io_lock, LR_BUF, "metadata io");
	*out = bc;
	return 0;
}

void
bufcache_destroy(struct bufcache *bc)
{
	vm_object_destroy(&bc->bc_object);
	kfree(bc);
}

int
bufcache_raw(struct bdev *bd, struct bufcache **out)
{
	struct bufcache *bc = NULL;
	int error;

	if (atomic_load(&bd->bd_fs) == NULL) {
		error = bufcache_create(bd, PAGE_SIZE, &bc);
		if (error != 0)
			return error;
		bc->bc_raw = true;
		bc->bc_object.vo_size = bd->bd_sectors * SECTOR_SIZE;
		spin_lock(&bufcache_lock);
		if (bd->bd_fs == NULL) {
			atomic_store(&bd->bd_fs, bc);
			bc = NULL;
		}
		spin_unlock(&bufcache_lock);
		if (bc != NULL)
			bufcache_destroy(bc);
	}
	*out = bd->bd_fs;
	return 0;
}

int
bufcache_raw_settle(struct bdev *bd)
{
	struct bufcache *bc = atomic_load(&bd->bd_fs);
	int error;

	if (bc == NULL)
		return 0;
	error = vm_object_sync(&bc->bc_object, 0, 0);
	if (error == 0)
		vm_object_invalidate(&bc->bc_object, 0,
		    bc->bc_object.vo_size);
	return error;
}

int
bufcache_claim(struct bdev *bd)
{
	struct bufcache *bc, *whole = NULL;
	int error = bufcache_raw(bd, &bc);

	if (error == 0 && bd->bd_parent != NULL)
		error = bufcache_raw(bd->bd_parent, &whole);
	if (error != 0)
		return error;
	spin_lock(&bufcache_lock);
	if (bc->bc_claimed || bc->bc_parts != 0 ||
	    (whole != NULL && whole->bc_claimed)) {
		error = -EBUSY;
	} else {
		bc->bc_claimed = true;
		if (whole != NULL)
			whole->bc_parts++;
	}
	spin_unlock(&bufcache_lock);
	if (error != 0)
		return error;
	error = bufcache_raw_settle(bd);
	if (error != 0)
		bufcache_unclaim(bd);
	return error;
}

void
bufcache_unclaim(struct bdev *bd)
{
	struct bufcache *bc = bd->bd_fs;

	vm_object_invalidate(&bc->bc_object, 0, bc->bc_object.vo_size);
	spin_lock(&bufcache_lock);
	bc->bc_claimed = false;
	if (bd->bd_parent != NULL)
		((struct bufcache *)bd->bd_parent->bd_fs)->bc_parts--;
	spin_unlock(&bufcache_lock);
}

struct vm_object *
bufcache_object(struct bufcache *bc)
{
	return &bc->bc_object;
}

struct bdev *
bufcache_bdev(struct bufcache *bc)
{
	return bc->bc_dev;
}

int
bufcache_sync(struct bufcache *bc)
{
	return vm_object_sync(&bc->bc_object, 0, 0);
}

int
bufcache_reload(struct bufcache *bc)
{
	int error = bufcache_raw_settle(bc->bc_dev);

	if (error == 0)
		vm_object_drop(&bc->bc_object, 0, bc->bc_object.vo_size);
	return error;
}

static int
buf_get(struct bufcache *bc, uint64_t block, unsigned flags, struct buf *b)
{
	int error;

	b->b_page = NULL;
	if (block >= bc->bc_nblocks)
		return -EUCLEAN;
	error = vm_object_getpage(&bc->bc_object, block, flags, &b->b_page);
	if (error != 0) {
		b->b_page = NULL;
		return error;
	}
	b->b_cache = bc;
	b->b_block = block;
	b->b_data = page_to_virt(b->b_page);
	return 0;
}

int
buf_read(struct bufcache *bc, uint64_t block, struct buf *b)
{
	return buf_get(bc, block, 0, b);
}

/*
 * Whatever the device holds does not matter, but the object has no call for a
 * page that need not be read; a new block of metadata is rare enough for the
 * read it costs, and what was read also proves that the place is readable.
 */
int
buf_zero(struct bufcache *bc, uint64_t block, struct buf *b)
{
	int error = buf_get(bc, block, GP_WRITE, b);

	if (error == 0)
		memset(b->b_data, 0, bc->bc_size);
	return error;
}

void
buf_release(struct buf *b)
{
	if (b->b_page != NULL)
		page_unref(b->b_page);
	b->b_page = NULL;
}

void
buf_dirty(struct buf *b)
{
	vm_object_dirty(&b->b_cache->bc_object, b->b_page);
}

int
buf_write(struct buf *b)
{
	uint64_t off = b->b_block * PAGE_SIZE;

	buf_dirty(b);
	return vm_object_sync(&b->b_cache->bc_object, off, off + PAGE_SIZE);
}

void
buf_forget(struct bufcache *bc, uint64_t block)
{
	vm_object_drop(&bc->bc_object, block * PAGE_SIZE,
	    (block + 1) * PAGE_SIZE);
}
