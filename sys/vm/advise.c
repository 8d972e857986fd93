/* SPDX-License-Identifier: MIT */
/*
 * sys/vm/advise.c: madvise(2), msync(2) and mincore(2).
 *
 * A hole in the range gives -ENOMEM after the rest of it was done. MADV_FREE
 * frees at once, which its contract allows. There is no swap, so MADV_COLD and
 * MADV_PAGEOUT have nothing to do, and no huge pages to make.
 */
#include "base/string.h"
#include "base/thread.h"

#include <abi/errno.h>

#include "vm/vm_internal.h"

static bool
advice_known(int advice)
{
	switch (advice) {
	case MADV_NORMAL: case MADV_RANDOM: case MADV_SEQUENTIAL:
	case MADV_WILLNEED: case MADV_DONTNEED: case MADV_FREE:
	case MADV_REMOVE: case MADV_DONTFORK: case MADV_DOFORK:
	case MADV_HUGEPAGE: case MADV_NOHUGEPAGE: case MADV_DONTDUMP:
	case MADV_DODUMP: case MADV_WIPEONFORK: case MADV_KEEPONFORK:
	case MADV_COLD: case MADV_PAGEOUT: case MADV_POPULATE_READ:
	case MADV_POPULATE_WRITE:
		return true;
	}
	return false;
}

/* Reads ahead what is not cached yet; failures will show in the faults. */
static void
area_willneed(struct vm_area *a, vaddr_t start, vaddr_t end)
{
	struct vm_object *obj = a->va_object;
	uint64_t index, last;
	struct page *pg;
	bool read;

	if (obj == NULL || obj->vo_ops == NULL)
		return;
	index = (start - a->va_start + a->va_offset) >> PAGE_SHIFT;
	last = (end - a->va_start + a->va_offset) >> PAGE_SHIFT;
	for (; index < last; index++) {
		if (object_getpage(obj, index, GP_SIZED, (unsigned)MIN(
		    last - index, OBJECT_BATCH), &pg, &read) != 0)
			return;
		page_unref(pg);
		sched_point();
	}
}

/* Punches [start, end) out of a shared object without a store. */
static int
area_punch(struct vm_area *a, vaddr_t start, vaddr_t end)
{
	uint64_t off = start - a->va_start + a->va_offset;

	if ((a->va_flags & VA_SHARED) == 0 || (a->va_prot & PROT_WRITE) == 0)
		return -EACCES;
	if (a->va_object == NULL || (a->va_flags & VA_LOCKED))
		return -EINVAL;
	/* A file system would have to free blocks. */
	if (a->va_object->vo_ops != NULL)
		return -EOPNOTSUPP;
	vm_object_drop(a->va_object, off, off + (end - start));
	return 0;
}

/* The advice that changes no area. vs_lock held. */
static int
area_advise(struct vmspace *vs, struct vm_area *a, vaddr_t start, vaddr_t end,
    int advice)
{
	switch (advice) {
	case MADV_WILLNEED:
		area_willneed(a, start, end);
		return 0;
	case MADV_FREE:
		if (!area_private_anon(a))
			return -EINVAL;
		/* FALLTHROUGH */
	case MADV_DONTNEED:
		if (a->va_flags & (VA_LOCKED | VA_PHYS))
			return -EINVAL;
		pmap_remove(&vs->vs_pmap, start, end, fault_unmapped, a);
		return 0;
	case MADV_REMOVE:
		return area_punch(a, start, end);
	case MADV_COLD:
	case MADV_PAGEOUT:
		return a->va_flags & (VA_LOCKED | VA_PHYS) ? -EINVAL : 0;
	}
	return 0;
}

static uint32_t
advice_flag(int advice)
{
	switch (advice) {
	case MADV_DONTFORK: case MADV_DOFORK:
		return VA_DONTFORK;
	case MADV_WIPEONFORK: case MADV_KEEPONFORK:
		return VA_WIPEFORK;
	}
	return 0;
}

/* Sets or clears one flag in [start, end) of a; returns what is left of a. */
static int
area_flag(struct vmspace *vs, struct vm_area **ap, vaddr_t start, vaddr_t end,
    int advice, struct list *dead)
{
	uint32_t flag = advice_flag(advice);
	bool set = advice == MADV_DONTFORK || advice == MADV_WIPEONFORK;
	struct vm_area *a = *ap;
	int error;

	if (advice == MADV_WIPEONFORK && !area_private_anon(a))
		return -EINVAL;
	if (advice == MADV_DOFORK && (a->va_flags & VA_PHYS))
		return -EINVAL;
	if (((a->va_flags & flag) != 0) == set)
		return 0;
	error = area_clip(&a, start, end);
	if (error != 0)
		return error;
	a->va_flags ^= flag;
	*ap = area_merge(a, dead);
	return 0;
}

static int
advise_locked(struct vmspace *vs, vaddr_t start, vaddr_t end, int advice,
    struct list *dead)
{
	struct vm_area *a;
	vaddr_t at = start, stop;
	int error, hole = 0;

	while (at < end) {
		a = area_at_or_after(vs, at);
		if (a == NULL || a->va_start >= end)
			return -ENOMEM;
		if (a->va_start > at) {
			hole = -ENOMEM;
			at = a->va_start;
		}
		stop = MIN(end, a->va_end);
		if (advice_flag(advice) != 0)
			error = area_flag(vs, &a, at, stop, advice, dead);
		else
			error = area_advise(vs, a, at, stop, advice);
		if (error != 0)
			return error;
		at = stop;
	}
	return hole;
}

static int
advise_populate(struct vmspace *vs, vaddr_t start, vaddr_t end, bool write)
{
	vaddr_t va;
	int error;

	for (va = start; va < end; va += PAGE_SIZE) {
		error = vm_fault(vs, va, write ? VF_WRITE : VF_READ);
		if (error == 0) {
			sched_point();
			continue;
		}
		if (error == -EFAULT)
			return -ENOMEM;
		return error == -EIO ? -EFAULT :
		    error == -EACCES ? -EINVAL : error;
	}
	return 0;
}

int
vm_advise(struct vmspace *vs, vaddr_t va, uint64_t len, int advice)
{
	struct list dead = LIST_INIT(dead);
	vaddr_t end;
	int error;

	if (!advice_known(advice) || (va & PAGE_MASK) ||
	    (len != 0 && page_round(len) == 0) || va + page_round(len) < va)
		return -EINVAL;
	if (len == 0)
		return 0;
	if (map_check_range(va, len) != 0)
		return -ENOMEM;
	end = va + page_round(len);
	if (advice == MADV_POPULATE_READ || advice == MADV_POPULATE_WRITE)
		return advise_populate(vs, va, end,
		    advice == MADV_POPULATE_WRITE);
	/* Private pages may only go when no other thread copies them. */
	if (advice_flag(advice) != 0 || advice == MADV_DONTNEED ||
	    advice == MADV_FREE)
		rwlock_wrlock(&vs->vs_lock);
	else
		rwlock_rdlock(&vs->vs_lock);
	error = advise_locked(vs, va, end, advice, &dead);
	rwlock_unlock(&vs->vs_lock);
	area_release(&dead);
	return error;
}

static int
area_sync(struct vm_area *a, vaddr_t start, vaddr_t end, int flags)
{
	uint64_t off = start - a->va_start + a->va_offset;

	if ((flags & MS_INVALIDATE) && (a->va_flags & VA_LOCKED))
		return -EBUSY;
	if ((flags & MS_SYNC) == 0 || (a->va_flags & VA_SHARED) == 0 ||
	    a->va_object == NULL)
		return 0;
	return vm_object_sync(a->va_object, off, off + (end - start));
}

int
vm_sync(struct vmspace *vs, vaddr_t va, uint64_t len, int flags)
{
	vaddr_t at = va, end = va + page_round(len), stop;
	struct vm_area *a;
	int error = 0, hole = 0;

	if ((flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC)) ||
	    (va & PAGE_MASK) ||
	    (flags & (MS_ASYNC | MS_SYNC)) == (MS_ASYNC | MS_SYNC))
		return -EINVAL;
	if (end < va || page_round(len) < len)
		return -ENOMEM;
	rwlock_rdlock(&vs->vs_lock);
	while (at < end && error == 0) {
		a = area_at_or_after(vs, at);
		if (a == NULL || a->va_start >= end) {
			hole = -ENOMEM;
			break;
		}
		if (a->va_start > at) {
			hole = -ENOMEM;
			at = a->va_start;
		}
		stop = MIN(end, a->va_end);
		error = area_sync(a, at, stop, flags);
		at = stop;
	}
	rwlock_unlock(&vs->vs_lock);
	return error != 0 ? error : hole;
}

static uint8_t
page_incore(struct vmspace *vs, struct vm_area *a, vaddr_t va)
{
	struct page *pg;

	if (pmap_query(&vs->vs_pmap, va, NULL) != 0)
		return 1;
	if (a->va_object == NULL || vm_object_getpage(a->va_object,
	    (va - a->va_start + a->va_offset) >> PAGE_SHIFT,
	    GP_NOWAIT, &pg) != 0)
		return 0;
	page_unref(pg);
	return 1;
}

int
vm_incore(struct vmspace *vs, vaddr_t va, uint64_t len, uint8_t *vec,
    size_t off)
{
	struct vm_area *a;
	int error = 0;
	vaddr_t at;

	if (va & PAGE_MASK)
		return -EINVAL;
	if (map_check_range(va, len) != 0)
		return -ENOMEM;
	rwlock_rdlock(&vs->vs_lock);
	for (at = va; at < va + page_round(len); at += PAGE_SIZE) {
		a = vm_area_find(vs, at);
		if (a == NULL) {
			error = -ENOMEM;
			break;
		}
		vec[off++] = page_incore(vs, a, at);
	}
	rwlock_unlock(&vs->vs_lock);
	return error;
}
