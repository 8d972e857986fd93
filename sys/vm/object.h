/* SPDX-License-Identifier: MIT */
/*
 * sys/vm/object.h: the page cache. A vm_object is a sequence of pages that
 * read(2), write(2) and mmap(2) share: a file's contents, a block device's,
 * shared anonymous memory, a tmpfs file.
 *
 * Use: a file system embeds or allocates one per file, gives ops, and does all
 * file I/O through vm_object_read/write. An object without ops is memory only
 * (tmpfs, shared anonymous memory): its pages are never written anywhere and
 * never reclaimed.
 * Locks: [I] immutable, [o] vo_lock, [d] the list of dirty objects. PG_BUSY
 * owns a page during I/O. vo_io_lock (mutex, rank OBJECT_IO): one write-out or
 * truncation of an object at a time; a writer of pages must not take it.
 * Invariants: (1) a page in the tree holds a reference; (2) PG_DIRTY only if
 * PG_UPTODATE; (3) a page mapped writable shared is or becomes PG_DIRTY before
 * the write is visible to sync (write fault marks it).
 */
#ifndef VM_OBJECT_H
#define VM_OBJECT_H

#include "base/list.h"
#include "base/lock.h"
#include "base/page.h"
#include "base/types.h"
#include "base/uio.h"

struct vm_object;

struct vm_object_ops {
	/*
	 * Fill n pages with consecutive indexes, all PG_BUSY, from the store;
	 * beyond the end of the file and in holes: zeroes. Waits for the I/O.
	 * 0 or -EIO.
	 */
	int (*op_read)(struct vm_object *, struct page **, unsigned n);
	/*
	 * Write n consecutive dirty pages, busy, to the store and wait.
	 */
	int (*op_write)(struct vm_object *, struct page **, unsigned n);
	/*
	 * [off, off+len) is about to be dirtied by write(2) or a write fault:
	 * make sure it can be written later (allocate blocks). -ENOSPC,
	 * -EDQUOT, -EIO, -EROFS. NULL: nothing to do.
	 */
	int (*op_reserve)(struct vm_object *, uint64_t off, uint64_t len);
	/* The object is referenced for the first time by a mapping, or the
	 * last mapping has gone: lets a vnode hold itself. NULL: nothing. */
	void (*op_hold)(struct vm_object *);
	void (*op_drop)(struct vm_object *);
};

struct vm_object {
	struct spinlock vo_lock;
	struct mutex vo_io_lock;
	const struct vm_object_ops *vo_ops; /* [I] NULL: memory only */
	void *vo_owner;			    /* [I] e.g. the vnode */
	uint64_t vo_size; /* [o] bytes; faults beyond the page of it: SIGBUS */
	void *vo_tree;	  /* [o] radix tree: index to page */
	uint64_t vo_npages;    /* [o] */
	uint64_t vo_ndirty;    /* [o] */
	struct list vo_areas;  /* [o] vm_area.va_obj_link: who maps it */
	struct list vo_dirty_link; /* [d] of all objects with dirty pages */
	nsec_t vo_dirtied;     /* [d] when it came on that list */
	uint32_t vo_flushers;  /* [d] write-behind is at it: may not die */
	uint32_t vo_ref;       /* [a] anonymous objects; files use the vnode */
	uint32_t vo_flags;
	int vo_error;	       /* [o] first write-out error not yet reported */
	uint64_t vo_ra_next;   /* [o] read-ahead: next index if sequential */
	uint32_t vo_ra_pages;  /* [o] read-ahead window */
};

#define VO_ANON	   0x1 /* dies with its last vo_ref */
#define VO_NODIRTY 0x2 /* never put on the write-behind list */

void vm_object_init(struct vm_object *, const struct vm_object_ops *,
    void *owner, uint64_t size);
/* Frees every page without writing it; no mapping may be left. */
void vm_object_destroy(struct vm_object *);

/* Anonymous shared memory; size in bytes. NULL: no memory. */
struct vm_object *vm_object_anon(uint64_t size) __must_check;
void vm_object_ref(struct vm_object *);
void vm_object_unref(struct vm_object *);

/*
 * The page at index, valid and referenced (the caller page_unref()s it).
 * GP_WRITE: it will be modified (reserve is NOT called). GP_NOWAIT: only if it
 * is there: -EAGAIN. GP_SIZED: only below vo_size: -EFBIG.
 * -EIO, -ENOMEM.
 */
#define GP_WRITE  0x1
#define GP_SIZED  0x2
#define GP_NOWAIT 0x4
int vm_object_getpage(struct vm_object *, uint64_t index, unsigned flags,
    struct page **out) __must_check;
/* The first page at or after *index that is in memory; false: none. For
 * memory-only objects that is where data is. */
bool vm_object_next(struct vm_object *, uint64_t *index);
/* Marks a page of the object dirty, and the object for write-behind. */
void vm_object_dirty(struct vm_object *, struct page *);

/*
 * File reading and writing for file systems. Both advance uio_offset. read
 * stops at vo_size. write calls op_reserve, extends vo_size as it goes (the
 * caller holds the vnode exclusively and then updates its inode size from
 * vo_size) and marks pages dirty. Short counts happen only with an error
 * after progress; 0 or -Exxx where progress shows in uio_resid.
 */
int vm_object_read(struct vm_object *, struct uio *) __must_check;
int vm_object_write(struct vm_object *, struct uio *) __must_check;

/* Write dirty pages of [start, end) bytes (end 0: all) and wait; reports and
 * clears vo_error. */
int vm_object_sync(struct vm_object *, uint64_t start, uint64_t end)
    __must_check;
/*
 * New size: unmaps and frees pages beyond, zeroes the tail of the last, in the
 * store too. Call it before the inode's size changes and blocks are freed: the
 * tail may have to be read. -EIO, -ENOMEM: nothing has changed.
 */
int vm_object_resize(struct vm_object *, uint64_t size);
/* Free clean, unmapped pages of [start, end). For O_DIRECT and BLKFLSBUF. */
void vm_object_invalidate(struct vm_object *, uint64_t start, uint64_t end);
/* Punch: unmap and drop pages of [start,end), dirty or not (hole, tmpfs). */
void vm_object_drop(struct vm_object *, uint64_t start, uint64_t end);

/* Frees the clean cached pages that nobody has mapped: drop_caches. */
void vm_cache_drop(void);

/* Everything dirty in the system; sync(2) calls it before the file systems. */
void vm_sync_all(void);

struct vm_cache_stats {
	uint64_t cs_cached;  /* pages in objects with a store */
	uint64_t cs_shmem;   /* pages in memory-only objects */
	uint64_t cs_dirty;
	uint64_t cs_writeback;
	uint64_t cs_mapped;
};
void vm_cache_stats_get(struct vm_cache_stats *);

#endif
