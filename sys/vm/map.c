/* SPDX-License-Identifier: MIT */
/*
 * sys/vm/map.c: mmap(2), munmap(2) and brk(2).
 *
 * Places are searched downwards from vs_mmap_top, as Linux does, so that the
 * heap can grow. Where the last search has shown that all is full down to
 * vs_full, the next begins there: a program with thousands of areas would
 * otherwise walk over all of them at each mmap. Overcommit is refused only
 * where it is obvious: one private mapping larger than all memory, without
 * MAP_NORESERVE.
 * Locks: vs_lock to write.
 */
#include "base/page.h"
#include "base/panic.h"

#include <abi/errno.h>

#include "vm/vm_internal.h"

#define LOW_TOP 0x80000000UL /* MAP_32BIT: below it */

int
map_check_range(vaddr_t va, uint64_t len)
{
	if ((va & PAGE_MASK) != 0 || len > USER_MAX || va > USER_MAX - len)
		return -EINVAL;
	return 0;
}

bool
map_overcommits(uint64_t len)
{
	struct page_stats ps;

	if (len < (UINT64_C(64) << 20))
		return false;
	page_stats_get(&ps);
	return len >> PAGE_SHIFT > ps.ps_total;
}

/* Is [start, start + len) free, with the gap that a stack above it needs? */
static bool
range_is_free(struct vmspace *vs, vaddr_t start, uint64_t len)
{
	struct vm_area *a = area_at_or_after(vs, start);
	uint64_t gap;

	if (a == NULL)
		return true;
	gap = a->va_flags & VA_STACK ? VM_STACK_GAP : 0;
	return a->va_start >= start + len && a->va_start - start - len >= gap;
}

vaddr_t
map_find_gap(struct vmspace *vs, vaddr_t hint, uint64_t len, vaddr_t floor,
    vaddr_t ceiling)
{
	bool usual = floor == USER_MIN && ceiling == vs->vs_mmap_top;
	struct vm_area *a;
	uint64_t hole = 0;
	vaddr_t end;

	hint = page_trunc(hint);
	if (hint >= USER_MIN && hint <= USER_MAX - len &&
	    range_is_free(vs, hint, len))
		return hint;
	if (usual && len > vs->vs_hole && vs->vs_full < ceiling) {
		ceiling = vs->vs_full;
		hole = vs->vs_hole;
	}
	end = ceiling;
	/* The last area that begins below the ceiling, then downwards. */
	a = area_at_or_after(vs, ceiling);
	if (a == NULL) {
		struct rbnode *n = rb_last(&vs->vs_areas);

		a = n == NULL ? NULL : rb_entry(n, struct vm_area, va_node);
	} else {
		if (a->va_flags & VA_STACK)
			end = MIN(end, a->va_start - VM_STACK_GAP);
		if (a->va_start >= ceiling)
			a = area_prev(a);
	}
	for (; a != NULL; a = area_prev(a)) {
		if (end > a->va_end && end - a->va_end >= len)
			break;
		if (end > a->va_end)
			hole = MAX(hole, end - a->va_end);
		end = MIN(end, a->va_start);
		if (a->va_flags & VA_STACK)
			end -= MIN(end, VM_STACK_GAP);
		if (end < floor + len)
			return 0;
	}
	if (end < floor + len)
		return 0;
	if (usual) {
		vs->vs_full = end;
		vs->vs_hole = hole;
	}
	return end - len;
}

/* Takes [start, end) off areas and page tables. */
int
unmap_locked(struct vmspace *vs, vaddr_t start, vaddr_t end,
    struct list *dead)
{
	struct vm_area *a, *first, *next;
	int error;

	if ((error = area_cut(vs, start, &first)) != 0 ||
	    (error = area_cut(vs, end, &next)) != 0)
		return error;
	first = area_at_or_after(vs, start);
	for (a = first; a != NULL && a->va_start < end; a = next) {
		next = vm_area_next(a);
		pmap_remove(&vs->vs_pmap, a->va_start, a->va_end,
		    fault_unmapped, a);
		area_unlink(a, dead);
	}
	return 0;
}

/* What mmap must find right before it looks for a place. */
static int
map_check(vaddr_t addr, uint64_t len, unsigned prot, unsigned maxprot,
    unsigned flags, struct vm_object *obj, uint64_t off)
{
	unsigned type = flags & MAP_SHARED_VALIDATE;

	if (len == 0 || type == 0)
		return -EINVAL;
	if (len > USER_MAX)
		return -ENOMEM;
	if ((off & PAGE_MASK) != 0)
		return -EINVAL;
	if (obj != NULL && off + page_round(len) < off)
		return -EOVERFLOW;
	if (flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) {
		if (addr & PAGE_MASK)
			return -EINVAL;
		if (page_round(len) > USER_MAX - MIN(addr, USER_MAX))
			return -ENOMEM;
		if (addr < USER_MIN)
			return -EPERM;
	}
	if ((prot & ~maxprot & (PROT_READ | PROT_WRITE | PROT_EXEC)) != 0)
		return -EACCES;
	/* There is no pool of huge pages, so it is always exhausted. */
	if (flags & MAP_HUGETLB)
		return -ENOMEM;
	return 0;
}

/* Chooses the place; with MAP_FIXED clears it. */
static int
map_place(struct vmspace *vs, vaddr_t *addr, uint64_t len, unsigned flags,
    struct list *dead)
{
	vaddr_t va = *addr;

	if (flags & MAP_FIXED_NOREPLACE) {
		struct vm_area *a = area_at_or_after(vs, va);

		if (a != NULL && a->va_start < va + len)
			return -EEXIST;
		return 0;
	}
	if (flags & MAP_FIXED)
		return unmap_locked(vs, va, va + len, dead);
	if (flags & MAP_32BIT)
		va = map_find_gap(vs, va + len <= LOW_TOP ? va : 0, len,
		    LOW_TOP / 2, LOW_TOP);
	else
		va = map_find_gap(vs, va, len, USER_MIN, vs->vs_mmap_top);
	if (va == 0 && (flags & MAP_32BIT) == 0)
		va = map_find_gap(vs, 0, len, vs->vs_mmap_top, USER_MAX);
	if (va == 0)
		return -ENOMEM;
	*addr = va;
	return 0;
}

/* The bytes of [addr, addr + len) that a MAP_FIXED would replace. */
static uint64_t
mapped_bytes(struct vmspace *vs, vaddr_t start, vaddr_t end)
{
	struct vm_area *a = area_at_or_after(vs, start);
	uint64_t n = 0;

	for (; a != NULL && a->va_start < end; a = vm_area_next(a))
		n += MIN(a->va_end, end) - MAX(a->va_start, start);
	return n;
}

static int
map_limits(struct vmspace *vs, vaddr_t addr, uint64_t len, unsigned flags)
{
	uint64_t replaced = 0;

	if ((flags & MAP_FIXED) && (flags & MAP_FIXED_NOREPLACE) == 0)
		replaced = mapped_bytes(vs, addr, addr + len);
	if (vs->vs_size - replaced + len > vs->vs_as_limit ||
	    vs->vs_nareas >= VM_MAXAREAS)
		return -ENOMEM;
	return 0;
}

static unsigned
area_flags_of(unsigned flags)
{
	return (flags & MAP_SHARED ? VA_SHARED : 0) |
	    (flags & MAP_GROWSDOWN ? VA_STACK : 0) |
	    (flags & MAP_LOCKED ? VA_LOCKED : 0);
}

/* Places and links the area `a`, whose length and contents are set. */
static int
area_place(struct vmspace *vs, struct vm_area *a, vaddr_t *addr, uint64_t len,
    unsigned flags)
{
	struct list dead = LIST_INIT(dead);
	int error;

	rwlock_wrlock(&vs->vs_lock);
	error = map_limits(vs, *addr, len, flags);
	if (error == 0)
		error = map_place(vs, addr, len, flags, &dead);
	if (error == 0) {
		a->va_start = *addr;
		a->va_end = *addr + len;
		area_link(vs, a);
		area_merge(a, &dead);
	}
	rwlock_unlock(&vs->vs_lock);
	area_release(&dead);
	return error;
}

int
vm_map(struct vmspace *vs, vaddr_t *addr, uint64_t len, unsigned prot,
    unsigned maxprot, unsigned flags, struct vm_object *obj, uint64_t off,
    void *file, const char *name)
{
	struct list dead = LIST_INIT(dead);
	struct vm_object *shm = NULL;
	struct vm_area *a;
	int error;

	error = map_check(*addr, len, prot, maxprot, flags, obj, off);
	if (error != 0)
		return error;
	len = page_round(len);
	if ((flags & MAP_NORESERVE) == 0 &&
	    (obj == NULL || ((flags & MAP_SHARED) == 0 &&
	    (prot & PROT_WRITE))) && map_overcommits(len))
		return -ENOMEM;
	if (obj == NULL && (flags & MAP_SHARED)) {
		obj = shm = vm_object_anon(len);
		off = 0;
		if (obj == NULL)
			return -ENOMEM;
	}
	a = area_alloc();
	if (a == NULL) {
		if (shm != NULL)
			vm_object_unref(shm);
		return -ENOMEM;
	}
	a->va_vs = vs;
	a->va_prot = prot & (PROT_READ | PROT_WRITE | PROT_EXEC);
	a->va_maxprot = maxprot;
	a->va_flags = area_flags_of(flags);
	a->va_object = obj;
	a->va_offset = obj != NULL ? off : 0;
	a->va_file = file;
	a->va_name = name;
	list_init(&a->va_obj_link);
	if (file != NULL)
		vm_file_ops()->vf_ref(file);
	if (obj != NULL && (obj->vo_flags & VO_ANON))
		vm_object_ref(obj);
	error = area_place(vs, a, addr, len, flags);
	if (error != 0) {
		list_add_tail(&dead, &a->va_obj_link);
		area_release(&dead);
	} else if ((flags & MAP_LOCKED) ||
	    (flags & (MAP_POPULATE | MAP_NONBLOCK)) == MAP_POPULATE) {
		map_populate(vs, *addr, *addr + len);
	}
	if (shm != NULL)
		vm_object_unref(shm);
	return error;
}

int
vm_map_phys(struct vmspace *vs, vaddr_t *addr, uint64_t len, unsigned prot,
    unsigned flags, paddr_t pa, bool uncached, const char *name)
{
	struct vm_area *a;
	int error;

	error = map_check(*addr, len, prot, prot, flags, NULL, pa);
	if (error != 0)
		return error;
	len = page_round(len);
	a = area_alloc();
	if (a == NULL)
		return -ENOMEM;
	a->va_vs = vs;
	a->va_prot = prot & (PROT_READ | PROT_WRITE | PROT_EXEC);
	a->va_maxprot = a->va_prot;
	a->va_flags = VA_PHYS | (flags & MAP_SHARED ? VA_SHARED : 0) |
	    (uncached ? VA_UC : 0);
	a->va_offset = pa;
	a->va_name = name;
	error = area_place(vs, a, addr, len, flags);
	if (error != 0)
		area_free(a);
	return error;
}

int
vm_unmap(struct vmspace *vs, vaddr_t va, uint64_t len)
{
	struct list dead = LIST_INIT(dead);
	int error;

	if (len == 0 || map_check_range(va, len) != 0)
		return -EINVAL;
	rwlock_wrlock(&vs->vs_lock);
	error = unmap_locked(vs, va, va + page_round(len), &dead);
	rwlock_unlock(&vs->vs_lock);
	area_release(&dead);
	return error;
}

/* Room for [old, new) of the heap, and a page between it and what follows? */
static bool
brk_may_grow(struct vmspace *vs, vaddr_t brk, vaddr_t old, vaddr_t new)
{
	struct vm_area *a;
	uint64_t data = brk - vs->vs_brk_start;

	if (new < old || new > USER_MAX ||
	    data + (vs->vs_data_end - vs->vs_data_start) > vs->vs_data_limit)
		return false;
	if (vs->vs_size + (new - old) > vs->vs_as_limit ||
	    map_overcommits(new - old))
		return false;
	a = area_at_or_after(vs, old);
	return a == NULL || (a->va_start >= new + PAGE_SIZE &&
	    ((a->va_flags & VA_STACK) == 0 ||
	    a->va_start - new >= VM_STACK_GAP));
}

static bool
brk_grow(struct vmspace *vs, vaddr_t old, vaddr_t new, struct list *dead)
{
	struct vm_area *a;

	if (vs->vs_nareas >= VM_MAXAREAS || (a = area_alloc()) == NULL)
		return false;
	a->va_vs = vs;
	a->va_start = old;
	a->va_end = new;
	a->va_prot = PROT_READ | PROT_WRITE;
	a->va_maxprot = PROT_READ | PROT_WRITE | PROT_EXEC;
	a->va_flags = VA_HEAP;
	a->va_name = "[heap]";
	list_init(&a->va_obj_link);
	area_link(vs, a);
	area_merge(a, dead);
	return true;
}

vaddr_t
vm_brk(struct vmspace *vs, vaddr_t brk)
{
	struct list dead = LIST_INIT(dead);
	vaddr_t old, new, result;
	bool ok = true;

	rwlock_wrlock(&vs->vs_lock);
	if (brk >= vs->vs_brk_start && brk <= USER_MAX) {
		old = page_round(vs->vs_brk);
		new = page_round(brk);
		if (new < old)
			ok = unmap_locked(vs, new, old, &dead) == 0;
		else if (new > old)
			ok = brk_may_grow(vs, brk, old, new) &&
			    brk_grow(vs, old, new, &dead);
		if (ok)
			vs->vs_brk = brk;
	}
	result = vs->vs_brk;
	rwlock_unlock(&vs->vs_lock);
	area_release(&dead);
	return result;
}
