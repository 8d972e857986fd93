/* SPDX-License-Identifier: MIT */
/*
 * sys/vm/protect.c: mprotect(2) and mlock(2): changing what areas allow.
 * Locks: vs_lock to write.
 */
#include "base/thread.h"

#include <abi/errno.h>

#include "vm/vm_internal.h"

/* Applies prot to a part of a that begins at its start, at most up to end. */
static int
area_protect(struct vmspace *vs, struct vm_area *a, unsigned prot)
{
	if (prot & ~a->va_maxprot)
		return -EACCES;
	if (a->va_prot == prot)
		return 0;
	if ((prot & PROT_WRITE) && (a->va_prot & PROT_WRITE) == 0 &&
	    (a->va_flags & (VA_SHARED | VA_PHYS)) == 0 &&
	    map_overcommits(a->va_end - a->va_start))
		return -ENOMEM;
	a->va_prot = prot;
	pmap_protect(&vs->vs_pmap, a->va_start, a->va_end, area_pmap_prot(a));
	return 0;
}

static int
protect_locked(struct vmspace *vs, vaddr_t start, vaddr_t end, unsigned prot,
    struct list *dead)
{
	struct vm_area *a = vm_area_find(vs, start);
	vaddr_t at = start;
	int error;

	while (at < end) {
		if (a == NULL || a->va_start > at)
			return -ENOMEM;
		if (prot & ~a->va_maxprot)
			return -EACCES;
		if (a->va_prot != prot) {
			error = area_clip(&a, at, end);
			if (error != 0)
				return error;
			error = area_protect(vs, a, prot);
			a = area_merge(a, dead);
			if (error != 0)
				return error;
		}
		at = a->va_end;
		a = vm_area_next(a);
	}
	return 0;
}

int
vm_protect(struct vmspace *vs, vaddr_t va, uint64_t len, unsigned prot)
{
	struct list dead = LIST_INIT(dead);
	bool grows = (prot & PROT_GROWSDOWN) != 0;
	vaddr_t start = va, end;
	struct vm_area *a;
	int error = 0;

	prot &= ~PROT_GROWSDOWN;
	if ((va & PAGE_MASK) || (prot & ~(PROT_READ | PROT_WRITE | PROT_EXEC)))
		return -EINVAL;
	if (len == 0)
		return 0;
	if (map_check_range(va, len) != 0)
		return -ENOMEM;
	end = va + page_round(len);
	rwlock_wrlock(&vs->vs_lock);
	if (grows) {
		a = area_at_or_after(vs, va);
		if (a == NULL || a->va_start >= end)
			error = -ENOMEM;
		else if ((a->va_flags & VA_STACK) == 0)
			error = -EINVAL;
		else
			start = a->va_start;
	}
	if (error == 0)
		error = protect_locked(vs, start, end, prot, &dead);
	rwlock_unlock(&vs->vs_lock);
	area_release(&dead);
	return error;
}

/* Brings pages in, as the program's own accesses would; errors show there. */
void
map_populate(struct vmspace *vs, vaddr_t start, vaddr_t end)
{
	struct vm_area *a;
	unsigned access;
	vaddr_t va;

	for (va = start; va < end; va += PAGE_SIZE) {
		rwlock_rdlock(&vs->vs_lock);
		a = vm_area_find(vs, va);
		access = a == NULL || a->va_prot == 0 ||
		    (a->va_flags & VA_PHYS) ? 0 :
		    (a->va_prot & PROT_WRITE) && (a->va_flags & VA_SHARED) == 0
		    ? VF_WRITE : VF_READ;
		rwlock_unlock(&vs->vs_lock);
		if (access != 0 && vm_fault(vs, va, access) != 0)
			return;
		sched_point();
	}
}

static int
lock_locked(struct vmspace *vs, vaddr_t start, vaddr_t end, bool lock,
    struct list *dead)
{
	uint32_t want = lock ? VA_LOCKED : 0;
	struct vm_area *a;
	vaddr_t at = start;
	int error;

	for (a = vm_area_find(vs, start); at < end; a = vm_area_next(a)) {
		if (a == NULL || a->va_start > at)
			return -ENOMEM;
		if ((a->va_flags & VA_LOCKED) != want &&
		    (a->va_flags & VA_PHYS) == 0) {
			error = area_clip(&a, at, end);
			if (error != 0)
				return error;
			a->va_flags ^= VA_LOCKED;
			if (lock)
				vs->vs_locked += a->va_end - a->va_start;
			else
				vs->vs_locked -= a->va_end - a->va_start;
			a = area_merge(a, dead);
		}
		at = a->va_end;
	}
	return 0;
}

int
vm_lock(struct vmspace *vs, vaddr_t va, uint64_t len, bool lock)
{
	struct list dead = LIST_INIT(dead);
	vaddr_t start = page_trunc(va), end;
	int error;

	if (va + len < va)
		return -EINVAL;
	if (len == 0)
		return 0;
	if (va + len > USER_MAX)
		return -ENOMEM;
	end = page_round(va + len);
	rwlock_wrlock(&vs->vs_lock);
	error = lock_locked(vs, start, end, lock, &dead);
	rwlock_unlock(&vs->vs_lock);
	area_release(&dead);
	if (error == 0 && lock)
		map_populate(vs, start, end);
	return error;
}
