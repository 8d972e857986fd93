/* SPDX-License-Identifier: MIT */
/*
 * sys/vm/remap.c: mremap(2).
 *
 * A move enters every private page at its new place before anything leaves
 * the old one, so running out of memory halfway loses nothing. Pages of shared
 * objects are found again by faults.
 * Locks: vs_lock to write.
 */
#include "base/thread.h"

#include <abi/errno.h>

#include "vm/vm_internal.h"

/* Maps what is mapped in [from, from + len) at `to` as well. */
static int
pages_enter_again(struct vmspace *vs, struct vm_area *b, vaddr_t from,
    vaddr_t to, uint64_t len)
{
	unsigned entry, prot = area_pmap_prot(b), now;
	struct page *pg;
	uint64_t at;
	paddr_t pa;
	int error;

	for (at = 0; at < len; at += PAGE_SIZE) {
		pg = NULL;
		fault_freeze(vs, b);
		entry = pmap_query(&vs->vs_pmap, from + at, &pa);
		if (entry != 0 && !page_is_shared_zero(pa)) {
			pg = phys_to_page(pa);
			page_ref(pg);
			if (atomic_load_relaxed(&pg->pg_mapped) != 0)
				atomic_add_relaxed(&pg->pg_mapped, 1);
		}
		fault_thaw(vs, b);
		if (entry == 0)
			continue;
		/* Entered readable, so that a PROT_NONE page is kept too. */
		now = prot == 0 ? PMAP_READ | PMAP_USER : prot;
		if ((entry & PMAP_WRITE) == 0)
			now &= ~PMAP_WRITE;
		error = pmap_enter_new(&vs->vs_pmap, to + at, pa, now);
		if (error != 0) {
			fault_unmapped(b, to + at, pa, 0);
			return error;
		}
		sched_point();
	}
	if (prot == 0)
		pmap_protect(&vs->vs_pmap, to, to + len, 0);
	return 0;
}

/* A twin of [old, old + oldlen) of area a, newlen long, at `to`. */
static int
area_move(struct vmspace *vs, struct vm_area *a, vaddr_t old, uint64_t oldlen,
    vaddr_t to, uint64_t newlen, bool keep, struct list *dead)
{
	struct vm_area *b = area_clone(a, vs);
	int error = 0;

	if (b == NULL)
		return -ENOMEM;
	b->va_start = to;
	b->va_end = to + newlen;
	if (b->va_object != NULL || (b->va_flags & VA_PHYS))
		b->va_offset += old - a->va_start;
	area_link(vs, b);
	if ((a->va_flags & (VA_SHARED | VA_PHYS)) == 0)
		error = pages_enter_again(vs, b, old, to,
		    MIN(oldlen, newlen));
	if (error == 0 && !keep)
		error = unmap_locked(vs, old, old + oldlen, dead);
	if (error != 0) {
		pmap_remove(&vs->vs_pmap, to, to + newlen, fault_unmapped, b);
		area_unlink(b, dead);
		return error;
	}
	if (keep)
		pmap_remove(&vs->vs_pmap, old, old + oldlen, fault_unmapped,
		    a);
	area_merge(b, dead);
	return 0;
}

static int
remap_check(vaddr_t old, uint64_t oldlen, uint64_t newlen, unsigned flags,
    vaddr_t to)
{
	if ((flags & ~(MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP)) ||
	    ((flags & (MREMAP_FIXED | MREMAP_DONTUNMAP)) &&
	    (flags & MREMAP_MAYMOVE) == 0) ||
	    ((flags & MREMAP_DONTUNMAP) && oldlen != newlen) ||
	    (old & PAGE_MASK) || newlen == 0 || newlen > USER_MAX)
		return -EINVAL;
	if ((flags & MREMAP_FIXED) &&
	    (map_check_range(to, newlen) != 0 ||
	    (to + newlen > old && old + oldlen > to)))
		return -EINVAL;
	if ((flags & MREMAP_FIXED) && to < USER_MIN)
		return -EPERM;
	return 0;
}

/* May a grow to newlen bytes from `old` on where it is? */
static bool
grows_in_place(struct vm_area *a, vaddr_t old, uint64_t oldlen,
    uint64_t newlen)
{
	struct vm_area *next = vm_area_next(a);
	vaddr_t end = old + newlen;

	if (a->va_end != old + oldlen || end < old || end > USER_MAX)
		return false;
	if (next == NULL)
		return true;
	return next->va_start >= end && ((next->va_flags & VA_STACK) == 0 ||
	    next->va_start - end >= VM_STACK_GAP);
}

static int
remap_limits(struct vmspace *vs, const struct vm_area *a, uint64_t more)
{
	if (vs->vs_size + more > vs->vs_as_limit)
		return -ENOMEM;
	if ((a->va_flags & (VA_SHARED | VA_PHYS)) == 0 &&
	    map_overcommits(more))
		return -ENOMEM;
	return 0;
}

static int
remap_locked(struct vmspace *vs, vaddr_t old, uint64_t oldlen,
    uint64_t newlen, unsigned flags, vaddr_t *where, struct list *dead)
{
	struct vm_area *a = vm_area_find(vs, old);
	uint64_t offset;
	vaddr_t to;
	int error;

	if (a == NULL)
		return -EFAULT;
	/* oldlen 0 makes a second mapping, of shared memory only. */
	if (oldlen == 0 && (a->va_flags & VA_SHARED) == 0)
		return -EINVAL;
	if ((flags & (MREMAP_FIXED | MREMAP_DONTUNMAP)) == 0 &&
	    newlen <= oldlen && oldlen != 0) {
		*where = old;
		return newlen == oldlen ? 0 :
		    unmap_locked(vs, old + newlen, old + oldlen, dead);
	}
	if (a->va_end - old < oldlen)
		return -EFAULT;
	if (newlen > oldlen && (a->va_flags & VA_PHYS))
		return -EFAULT;
	offset = a->va_offset + (old - a->va_start);
	if (a->va_object != NULL && offset + newlen < offset)
		return -EINVAL;
	error = remap_limits(vs, a, newlen > oldlen ? newlen - oldlen : 0);
	if (error != 0)
		return error;
	if ((flags & (MREMAP_FIXED | MREMAP_DONTUNMAP)) == 0 && oldlen != 0 &&
	    grows_in_place(a, old, oldlen, newlen)) {
		area_resize(a, a->va_start, old + newlen);
		area_merge(a, dead);
		*where = old;
		return 0;
	}
	if ((flags & MREMAP_MAYMOVE) == 0 || vs->vs_nareas >= VM_MAXAREAS)
		return -ENOMEM;
	to = *where;
	if (flags & MREMAP_FIXED) {
		error = unmap_locked(vs, to, to + newlen, dead);
		if (error != 0)
			return error;
		a = vm_area_find(vs, old);
	} else {
		to = map_find_gap(vs, 0, newlen, USER_MIN, vs->vs_mmap_top);
		if (to == 0)
			return -ENOMEM;
	}
	*where = to;
	return area_move(vs, a, old, oldlen, to, newlen,
	    oldlen == 0 || (flags & MREMAP_DONTUNMAP) != 0, dead);
}

int
vm_remap(struct vmspace *vs, vaddr_t old, uint64_t oldlen, uint64_t newlen,
    unsigned flags, vaddr_t *newaddr)
{
	struct list dead = LIST_INIT(dead);
	bool locked = false;
	struct vm_area *a;
	int error;

	error = remap_check(old, oldlen, newlen, flags, *newaddr);
	if (error != 0)
		return error;
	oldlen = page_round(oldlen);
	newlen = page_round(newlen);
	if (old > USER_MAX || oldlen > USER_MAX - old)
		return -EINVAL;
	rwlock_wrlock(&vs->vs_lock);
	error = remap_locked(vs, old, oldlen, newlen, flags, newaddr, &dead);
	if (error == 0) {
		a = vm_area_find(vs, *newaddr);
		locked = a != NULL && (a->va_flags & VA_LOCKED) != 0;
	}
	rwlock_unlock(&vs->vs_lock);
	area_release(&dead);
	if (locked)
		map_populate(vs, *newaddr, *newaddr + newlen);
	return error;
}
