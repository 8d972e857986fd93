/* SPDX-License-Identifier: MIT */
/*
 * sys/fs/buf.h: blocks of a device in memory: a file system's metadata, and a
 * raw device.
 *
 * A bufcache is a vm_object in which page n holds block n, however small the
 * block. So each block is clean or dirty by itself, and a block that becomes
 * file data can be forgotten without touching its neighbours.
 * Use: buf_read() or buf_zero(), look at or change b_data, buf_dirty() or
 * buf_write() after a change, buf_release(). A buf is a handle on the stack;
 * the page keeps the contents. Who may change a block is the file system's
 * matter (its allocator lock, the lock of the file the block belongs to).
 */
#ifndef FS_BUF_H
#define FS_BUF_H

#include "base/page.h"
#include "base/types.h"

#include "dev/bdev.h"

struct bufcache;
struct vm_object;

struct buf {
	struct bufcache *b_cache;
	struct page *b_page;
	void *b_data;
	uint64_t b_block;
};

/* block_size: a power of two from 512 to PAGE_SIZE. */
int bufcache_create(struct bdev *, uint32_t block_size, struct bufcache **)
    __must_check;
/* Drops everything; what should be on the disk must have been synced. */
void bufcache_destroy(struct bufcache *);
/* The cache through which /dev shows the device; made on first use. */
int bufcache_raw(struct bdev *, struct bufcache **) __must_check;
/* What was written through /dev is on the device, and /dev shows the device as
 * it is from now on. */
int bufcache_raw_settle(struct bdev *) __must_check;
/* A file system, or who opens it with O_EXCL, takes the device for itself:
 * -EBUSY if somebody has it, the disk it is a part of, or a part of it. The
 * raw cache is written and emptied, so that neither sees old blocks. */
int bufcache_claim(struct bdev *) __must_check;
void bufcache_unclaim(struct bdev *);
struct vm_object *bufcache_object(struct bufcache *);
struct bdev *bufcache_bdev(struct bufcache *);
int bufcache_sync(struct bufcache *) __must_check; /* without the flush */
/* A file system that does not write begins to: no block stays as it was read
 * before. */
int bufcache_reload(struct bufcache *) __must_check;

int buf_read(struct bufcache *, uint64_t block, struct buf *) __must_check;
/* All zero without reading it: a block that is new. Not yet dirty. */
int buf_zero(struct bufcache *, uint64_t block, struct buf *) __must_check;
void buf_release(struct buf *);
void buf_dirty(struct buf *); /* written some time */
int buf_write(struct buf *) __must_check; /* written when it returns */
/* The block is no metadata any more: never written again from here. */
void buf_forget(struct bufcache *, uint64_t block);

#endif
