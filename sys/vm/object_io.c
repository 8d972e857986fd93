/* SPDX-License-Identifier: MIT */
/*
 * sys/vm/object_io.c: read(2) and write(2) through the page cache.
 *
 * Neither holds a lock or a busy page while it copies to or from user memory,
 * only references, so a fault in the copy may use the same page. A page to be
 * overwritten whole is filled first and put into the cache afterwards; what
 * is in the cache is always whole.
 * Locks: a writer's caller holds the vnode exclusively.
 */
#include "base/string.h"
#include "base/thread.h"

#include <abi/errno.h>

#include "vm/vm_internal.h"

#define RA_FIRST 4u /* pages of the first read-ahead */

/* How many pages to read at a miss at index, left of which are asked for. */
static unsigned
readahead_window(struct vm_object *obj, uint64_t index, uint64_t left)
{
	unsigned window;

	spin_lock(&obj->vo_lock);
	if (index == obj->vo_ra_next)
		window = obj->vo_ra_pages == 0 ? RA_FIRST :
		    MIN(obj->vo_ra_pages * 2, OBJECT_BATCH);
	else
		window = 1;
	obj->vo_ra_pages = window == 1 ? 0 : window;
	window = MAX(window, MIN(left, OBJECT_BATCH));
	obj->vo_ra_next = index + window;
	spin_unlock(&obj->vo_lock);
	return window;
}

/* The page for a read: found, or read with what follows it. NULL in *out: a
 * hole of a memory-only object, which reads as zeroes. */
static int
page_for_read(struct vm_object *obj, uint64_t index, size_t resid,
    struct page **out)
{
	struct page *pg;
	uint64_t left;
	bool read;

	spin_lock(&obj->vo_lock);
	pg = radix_lookup(obj->vo_tree, index);
	if (pg != NULL)
		page_ref(pg);
	spin_unlock(&obj->vo_lock);
	*out = pg;
	if (pg != NULL) {
		if (likely(atomic_load(&pg->pg_flags) & PG_UPTODATE)) {
			lru_touch(pg);
			return 0;
		}
		page_unref(pg);
	} else if (obj->vo_ops == NULL) {
		return 0;
	}
	left = howmany(resid, PAGE_SIZE);
	return object_getpage(obj, index, 0,
	    pg != NULL ? 1 : readahead_window(obj, index, left), out, &read);
}

int
vm_object_read(struct vm_object *obj, struct uio *uio)
{
	uint64_t size, off, n;
	struct page *pg;
	int error;

	if (uio->uio_offset < 0)
		return -EINVAL;
	while (uio->uio_resid > 0) {
		size = atomic_load_relaxed(&obj->vo_size);
		off = (uint64_t)uio->uio_offset;
		if (off >= size)
			return 0;
		n = MIN(PAGE_SIZE - (off & PAGE_MASK), uio->uio_resid);
		n = MIN(n, size - off);
		error = page_for_read(obj, off >> PAGE_SHIFT,
		    MIN(uio->uio_resid, size - off), &pg);
		if (error != 0)
			return error;
		if (pg == NULL) {
			error = uiomove_zero(n, uio);
		} else {
			error = uiomove((char *)page_to_virt(pg) +
			    (off & PAGE_MASK), n, uio);
			page_unref(pg);
		}
		if (error != 0)
			return error;
		if (uio->uio_resid > 0)
			sched_point();
	}
	return 0;
}

static int
object_reserve(struct vm_object *obj, uint64_t off, uint64_t n)
{
	if (obj->vo_ops == NULL || obj->vo_ops->op_reserve == NULL)
		return 0;
	return obj->vo_ops->op_reserve(obj, off, n);
}

static void
size_extend(struct vm_object *obj, uint64_t end)
{
	if (end <= atomic_load_relaxed(&obj->vo_size))
		return;
	spin_lock(&obj->vo_lock);
	if (end > obj->vo_size)
		atomic_store_relaxed(&obj->vo_size, end);
	spin_unlock(&obj->vo_lock);
}

/*
 * A page nothing of which need be read: made aside, then put in. -EAGAIN: go
 * the long way (the copy was cut short, or somebody put a page there).
 */
static int
write_fresh(struct vm_object *obj, uint64_t off, uint64_t n, struct uio *uio)
{
	struct uio saved = *uio;
	struct page *pg;
	int error;

	pg = page_alloc(0, PA_USER | (n < PAGE_SIZE ? PA_ZERO : 0));
	if (pg == NULL)
		return -ENOMEM;
	error = uiomove((char *)page_to_virt(pg) + (off & PAGE_MASK), n, uio);
	if (error != 0) {
		*uio = saved;
		page_unref(pg);
		return -EAGAIN;
	}
	atomic_or(&pg->pg_flags, PG_BUSY);
	error = object_insert(obj, off >> PAGE_SHIFT, pg, false);
	if (error != 0) {
		atomic_and(&pg->pg_flags, ~PG_BUSY);
		*uio = saved;
		page_unref(pg);
		return error == -EEXIST ? -EAGAIN : error;
	}
	error = object_reserve(obj, off, n);
	spin_lock(&obj->vo_lock);
	if (error != 0) {
		object_remove_locked(obj, pg);
	} else {
		atomic_or(&pg->pg_flags, PG_UPTODATE);
		object_dirty_locked(obj, pg);
	}
	spin_unlock(&obj->vo_lock);
	page_unbusy(pg, 0);
	if (error != 0) {
		*uio = saved;
		page_unref(pg);
	}
	page_unref(pg);
	return error;
}

/* Into a page that has its contents. Dirty even if the copy fails, because
 * the reserved blocks must be written. */
static int
write_into(struct vm_object *obj, uint64_t off, uint64_t n, struct uio *uio)
{
	size_t before = uio->uio_resid;
	struct page *pg;
	bool read;
	int error;

	error = object_getpage(obj, off >> PAGE_SHIFT, GP_WRITE, 1, &pg,
	    &read);
	if (error != 0)
		return error;
	error = object_reserve(obj, off, n);
	if (error == 0) {
		error = uiomove((char *)page_to_virt(pg) + (off & PAGE_MASK),
		    n, uio);
		vm_object_dirty(obj, pg);
		n = before - uio->uio_resid;
		if (n > 0)
			size_extend(obj, off + n);
	}
	page_unref(pg);
	return error;
}

/* May the page at off be made without reading, for a write of n there? */
static bool
write_is_fresh(struct vm_object *obj, uint64_t off, uint64_t n)
{
	struct page *pg;

	if (n < PAGE_SIZE && page_trunc(off) < obj->vo_size)
		return false;
	spin_lock(&obj->vo_lock);
	pg = radix_lookup(obj->vo_tree, off >> PAGE_SHIFT);
	spin_unlock(&obj->vo_lock);
	return pg == NULL;
}

int
vm_object_write(struct vm_object *obj, struct uio *uio)
{
	uint64_t off, n;
	int error = 0;

	if (uio->uio_offset < 0)
		return -EINVAL;
	if ((uint64_t)uio->uio_offset > obj->vo_size && uio->uio_resid > 0)
		error = object_tail_clear(obj, obj->vo_size);
	while (uio->uio_resid > 0 && error == 0) {
		off = (uint64_t)uio->uio_offset;
		if (off >= INT64_MAX) {
			error = -EFBIG;
			break;
		}
		n = MIN(PAGE_SIZE - (off & PAGE_MASK), uio->uio_resid);
		n = MIN(n, INT64_MAX - off);
		error = -EAGAIN;
		if (write_is_fresh(obj, off, n))
			error = write_fresh(obj, off, n, uio);
		if (error == 0)
			size_extend(obj, off + n);
		else if (error == -EAGAIN)
			error = write_into(obj, off, n, uio);
		sched_point();
	}
	writeback_balance(obj);
	return error;
}
