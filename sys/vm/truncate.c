/* SPDX-License-Identifier: MIT */
/*
 * sys/vm/truncate.c: taking pages out of an object and out of every address
 * space that maps them.
 *
 * Invariant: a page leaves the tree (pg_object is cleared) before its mappings
 * are looked for; a fault maps first and looks at pg_object then. Whichever
 * comes later in the order of pm_lock removes the mapping.
 * Locks: vo_lock finds the areas; vo_io_lock keeps write-outs away.
 */
#include "base/string.h"
#include "base/thread.h"

#include "vm/vm_internal.h"

/* The addresses at which area maps [first, end) of its object; false: none. */
static bool
area_window(const struct vm_area *a, uint64_t first, uint64_t end,
    vaddr_t *start, vaddr_t *stop)
{
	uint64_t afirst = a->va_offset >> PAGE_SHIFT;
	uint64_t aend = afirst + ((a->va_end - a->va_start) >> PAGE_SHIFT);

	first = MAX(first, afirst);
	end = MIN(end, aend);
	if (first >= end)
		return false;
	*start = a->va_start + ((first - afirst) << PAGE_SHIFT);
	*stop = a->va_start + ((end - afirst) << PAGE_SHIFT);
	return true;
}

/* Private copies stay, unless the file has shrunk below them. */
static void
area_unmap_window(struct vm_area *a, vaddr_t start, vaddr_t stop,
    bool even_copies)
{
	struct pmap *pm = &a->va_vs->vs_pmap;
	struct page *pg;
	paddr_t pa;
	vaddr_t va;

	if (even_copies ||
	    (atomic_load(&a->va_flags) & VA_COPIED) == 0) {
		pmap_remove(pm, start, stop, fault_unmapped, a);
		return;
	}
	for (va = start; va < stop; va += PAGE_SIZE) {
		if (pmap_query(pm, va, &pa) == 0)
			continue;
		pg = phys_to_page(pa);
		/* Only pages of objects count their mappings. */
		if (atomic_load(&pg->pg_mapped) != 0)
			pmap_remove(pm, va, va + PAGE_SIZE, fault_unmapped,
			    a);
	}
}

void
object_unmap_locked(struct vm_object *obj, uint64_t first, uint64_t end,
    bool even_copies)
{
	vaddr_t start, stop;
	struct vm_area *a;

	list_foreach(a, &obj->vo_areas, va_obj_link)
		if (area_window(a, first, end, &start, &stop))
			area_unmap_window(a, start, stop, even_copies);
}

void
object_wrprotect_locked(struct vm_object *obj, uint64_t index)
{
	vaddr_t start, stop;
	struct vm_area *a;

	list_foreach(a, &obj->vo_areas, va_obj_link)
		if ((a->va_flags & VA_SHARED) &&
		    area_window(a, index, index + 1, &start, &stop) &&
		    pmap_query(&a->va_vs->vs_pmap, start, NULL) & PMAP_WRITE)
			pmap_protect(&a->va_vs->vs_pmap, start, stop,
			    area_pmap_prot(a) & ~PMAP_WRITE);
}

/* Takes out all pages of [first, end), waiting for those that are busy. */
static void
pages_drop(struct vm_object *obj, uint64_t first, uint64_t end)
{
	uint64_t index = first;
	struct page *pg;

	for (;;) {
		spin_lock(&obj->vo_lock);
		pg = radix_next(obj->vo_tree, &index, false);
		if (pg == NULL || index >= end)
			break;
		if (atomic_load(&pg->pg_flags) & PG_BUSY) {
			page_ref(pg);
			spin_unlock(&obj->vo_lock);
			page_wait_unbusy(pg);
			page_unref(pg);
			continue;
		}
		object_remove_locked(obj, pg);
		if (atomic_load(&pg->pg_mapped) != 0)
			object_unmap_locked(obj, index, index + 1, false);
		spin_unlock(&obj->vo_lock);
		page_unref(pg);
		sched_point();
	}
	spin_unlock(&obj->vo_lock);
}

static void
range_drop(struct vm_object *obj, uint64_t first, uint64_t end,
    bool even_copies)
{
	pages_drop(obj, first, end);
	if (list_empty(&obj->vo_areas))
		return;
	spin_lock(&obj->vo_lock);
	object_unmap_locked(obj, first, end, even_copies);
	spin_unlock(&obj->vo_lock);
}

void
vm_object_drop(struct vm_object *obj, uint64_t start, uint64_t end)
{
	mutex_lock(&obj->vo_io_lock);
	range_drop(obj, howmany(start, PAGE_SIZE), end >> PAGE_SHIFT, false);
	mutex_unlock(&obj->vo_io_lock);
}

/*
 * Bytes from size on in its page become zeroes, in the store too, so that they
 * read as such if the file grows again. The page is taken before the size
 * changes, while op_read still gives what the store has there.
 */
static int
tail_get(struct vm_object *obj, uint64_t size, struct page **out)
{
	*out = NULL;
	if ((size & PAGE_MASK) == 0)
		return 0;
	if (obj->vo_ops != NULL)
		return vm_object_getpage(obj, size >> PAGE_SHIFT, GP_WRITE,
		    out);
	spin_lock(&obj->vo_lock);
	*out = radix_lookup(obj->vo_tree, size >> PAGE_SHIFT);
	if (*out != NULL)
		page_ref(*out);
	spin_unlock(&obj->vo_lock);
	return 0;
}

static void
tail_zero(struct vm_object *obj, uint64_t size, struct page *pg)
{
	uint8_t *p = page_to_virt(pg);
	uint64_t i;

	/* In a hole nothing is reserved, and nothing need be written. */
	for (i = size & PAGE_MASK; i < PAGE_SIZE && p[i] == 0; i++)
		continue;
	if (i < PAGE_SIZE) {
		memset(p + i, 0, PAGE_SIZE - i);
		vm_object_dirty(obj, pg);
	}
	page_unref(pg);
}

int
object_tail_clear(struct vm_object *obj, uint64_t size)
{
	struct page *pg;
	int error = tail_get(obj, size, &pg);

	if (error == 0 && pg != NULL)
		tail_zero(obj, size, pg);
	return error;
}

int
vm_object_resize(struct vm_object *obj, uint64_t size)
{
	uint64_t old = obj->vo_size, last = MIN(size, old);
	struct page *tail;
	int error;

	error = tail_get(obj, last, &tail);
	if (error != 0)
		return error;
	mutex_lock(&obj->vo_io_lock);
	spin_lock(&obj->vo_lock);
	atomic_store_relaxed(&obj->vo_size, size);
	spin_unlock(&obj->vo_lock);
	/* A mapping may have written beyond the old end. */
	if (tail != NULL)
		tail_zero(obj, last, tail);
	if (size < old)
		range_drop(obj, howmany(size, PAGE_SIZE),
		    UINT64_MAX >> PAGE_SHIFT, true);
	mutex_unlock(&obj->vo_io_lock);
	return 0;
}

void
vm_object_invalidate(struct vm_object *obj, uint64_t start, uint64_t end)
{
	uint64_t index = start >> PAGE_SHIFT, stop = howmany(end, PAGE_SIZE);
	struct page *pg;

	if (obj->vo_ops == NULL)
		return;
	for (;; index++) {
		spin_lock(&obj->vo_lock);
		pg = radix_next(obj->vo_tree, &index, false);
		if (pg == NULL || index >= stop)
			break;
		if ((atomic_load(&pg->pg_flags) & (PG_BUSY | PG_DIRTY)) != 0 ||
		    atomic_load(&pg->pg_mapped) != 0) {
			spin_unlock(&obj->vo_lock);
			continue;
		}
		object_remove_locked(obj, pg);
		spin_unlock(&obj->vo_lock);
		page_unref(pg);
		sched_point();
	}
	spin_unlock(&obj->vo_lock);
}
