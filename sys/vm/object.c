/* SPDX-License-Identifier: MIT */
/*
 * sys/vm/object.c: vm_objects: their life, and getting at their pages.
 *
 * A page that is being read is in the tree, PG_BUSY and not PG_UPTODATE. If
 * the read fails it leaves the tree again; whoever waited for it finds neither
 * bit and looks it up anew.
 * Locks: vo_lock for the tree; it is not held over I/O, allocation or copies.
 */
#include "base/panic.h"
#include "base/slab.h"
#include "base/string.h"

#include <abi/errno.h>

#include "vm/vm_internal.h"

void
vm_object_init(struct vm_object *obj, const struct vm_object_ops *ops,
    void *owner, uint64_t size)
{
	memset(obj, 0, sizeof(*obj));
	spin_init(&obj->vo_lock, LR_OBJECT, "vm_object");
	mutex_init(&obj->vo_io_lock, LR_OBJECT_IO, "vm_object io");
	list_init(&obj->vo_areas);
	list_init(&obj->vo_dirty_link);
	obj->vo_ops = ops;
	obj->vo_owner = owner;
	obj->vo_size = size;
	obj->vo_ref = 1;
	if (ops == NULL)
		obj->vo_flags = VO_NODIRTY;
}

void
vm_object_destroy(struct vm_object *obj)
{
	KASSERT(list_empty(&obj->vo_areas));
	vm_object_drop(obj, 0, UINT64_MAX);
	object_wait_flushers(obj);
	KASSERT(obj->vo_npages == 0);
}

struct vm_object *
vm_object_anon(uint64_t size)
{
	struct vm_object *obj = kmalloc(sizeof(*obj), 0);

	if (obj == NULL)
		return NULL;
	vm_object_init(obj, NULL, NULL, size);
	obj->vo_flags |= VO_ANON;
	return obj;
}

void
vm_object_ref(struct vm_object *obj)
{
	atomic_add_relaxed(&obj->vo_ref, 1);
}

void
vm_object_unref(struct vm_object *obj)
{
	if (atomic_sub(&obj->vo_ref, 1) != 0)
		return;
	KASSERT(obj->vo_flags & VO_ANON);
	vm_object_destroy(obj);
	kfree(obj);
}

int
object_insert(struct vm_object *obj, uint64_t index, struct page *pg,
    bool sized)
{
	struct radix_spare spare = { NULL };
	int error;

	for (;;) {
		spin_lock(&obj->vo_lock);
		if (sized && index >= howmany(obj->vo_size, PAGE_SIZE))
			error = -EFBIG;
		else
			error = radix_insert(&obj->vo_tree, index, pg,
			    &spare);
		if (error == 0) {
			page_ref(pg);
			pg->pg_object = obj;
			pg->pg_index = index;
			obj->vo_npages++;
			if (obj->vo_ops != NULL)
				lru_insert(pg);
			cache_count(obj, 1);
		}
		spin_unlock(&obj->vo_lock);
		if (error != -EAGAIN || (error = radix_refill(&spare)) != 0)
			break;
	}
	radix_spare_free(&spare);
	return error;
}

void
object_remove_locked(struct vm_object *obj, struct page *pg)
{
	object_clean_locked(obj, pg);
	radix_remove(&obj->vo_tree, pg->pg_index);
	obj->vo_npages--;
	if (obj->vo_ops != NULL)
		lru_remove(pg);
	pg->pg_object = NULL;
	cache_count(obj, -1);
}

/* Takes a page whose read failed, or that nothing came of, out again. */
static void
page_abandon(struct vm_object *obj, struct page *pg)
{
	spin_lock(&obj->vo_lock);
	object_remove_locked(obj, pg);
	spin_unlock(&obj->vo_lock);
	page_unbusy(pg, 0);
	page_unref(pg);
	page_unref(pg);
}

/* A new page for index, busy, in the tree; one reference is the caller's. */
static int
page_make(struct vm_object *obj, uint64_t index, unsigned flags,
    struct page **out)
{
	bool zero = obj->vo_ops == NULL;
	struct page *pg;
	int error;

	pg = page_alloc(0, PA_USER | (zero ? PA_ZERO : 0));
	if (pg == NULL)
		return -ENOMEM;
	atomic_or(&pg->pg_flags, zero ? PG_UPTODATE : PG_BUSY);
	error = object_insert(obj, index, pg, (flags & GP_SIZED) != 0);
	if (error != 0) {
		atomic_and(&pg->pg_flags, ~(PG_BUSY | PG_UPTODATE));
		page_unref(pg);
		return error;
	}
	*out = pg;
	return 0;
}

/*
 * Fills pgs[0..n) from the store in one call. If that fails, the first alone,
 * so that a bad block spoils only its own page.
 */
static int
pages_read(struct vm_object *obj, struct page **pgs, unsigned n)
{
	unsigned i, good = n;
	int error;

	error = obj->vo_ops->op_read(obj, pgs, n);
	if (error != 0) {
		good = 0;
		if (n > 1 && (error = obj->vo_ops->op_read(obj, pgs, 1)) == 0)
			good = 1;
	}
	for (i = 0; i < n; i++) {
		if (i >= good) {
			page_abandon(obj, pgs[i]);
			continue;
		}
		atomic_or(&pgs[i]->pg_flags, PG_UPTODATE);
		page_unbusy(pgs[i], 0);
		if (i > 0)
			page_unref(pgs[i]);
	}
	return error;
}

/* The page is not in the tree: makes it, and up to want - 1 after it. */
static int
page_fill(struct vm_object *obj, uint64_t index, unsigned flags,
    unsigned want, struct page **out)
{
	struct page *pgs[OBJECT_BATCH];
	unsigned n;
	int error;

	error = page_make(obj, index, flags, &pgs[0]);
	*out = pgs[0];
	if (error != 0 || obj->vo_ops == NULL)
		return error;
	/* Pages ahead are a bonus: no lack of them is an error. */
	for (n = 1; n < MIN(want, OBJECT_BATCH); n++)
		if (page_make(obj, index + n, GP_SIZED, &pgs[n]) != 0)
			break;
	return pages_read(obj, pgs, n);
}

int
object_getpage(struct vm_object *obj, uint64_t index, unsigned flags,
    unsigned want, struct page **out, bool *read)
{
	struct page *pg;
	int error;

	for (;;) {
		spin_lock(&obj->vo_lock);
		pg = radix_lookup(obj->vo_tree, index);
		if (pg != NULL)
			page_ref(pg);
		if ((flags & GP_SIZED) &&
		    index >= howmany(obj->vo_size, PAGE_SIZE)) {
			spin_unlock(&obj->vo_lock);
			if (pg != NULL)
				page_unref(pg);
			return -EFBIG;
		}
		spin_unlock(&obj->vo_lock);
		if (pg == NULL) {
			if (flags & GP_NOWAIT)
				return -EAGAIN;
			*read = obj->vo_ops != NULL;
			error = page_fill(obj, index, flags, want, out);
			if (error == -EEXIST)
				continue;
			return error;
		}
		if (atomic_load(&pg->pg_flags) & PG_UPTODATE) {
			lru_touch(pg);
			*out = pg;
			return 0;
		}
		if ((flags & GP_NOWAIT) == 0)
			page_wait_unbusy(pg);
		page_unref(pg);
		if (flags & GP_NOWAIT)
			return -EAGAIN;
	}
}

int
vm_object_getpage(struct vm_object *obj, uint64_t index, unsigned flags,
    struct page **out)
{
	bool read;

	return object_getpage(obj, index, flags, 1, out, &read);
}

bool
vm_object_next(struct vm_object *obj, uint64_t *index)
{
	struct page *pg;

	spin_lock(&obj->vo_lock);
	pg = radix_next(obj->vo_tree, index, false);
	spin_unlock(&obj->vo_lock);
	return pg != NULL;
}
