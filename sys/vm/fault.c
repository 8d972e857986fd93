/* SPDX-License-Identifier: MIT */
/*
 * sys/vm/fault.c: page faults.
 *
 * A read of untouched private memory maps one page of zeroes that all share;
 * the first write brings a page of its own. Writes that go upwards page by page
 * bring more at once, as many as the run has had up to RUN_MAX, so that less
 * than half of what a run has is untouched. A read of a file maps up to AROUND
 * cached neighbours with the page asked for.
 *
 * Invariants: (1) a mapped page holds a reference for the mapping, but for the
 * shared zero page and VA_PHYS. (2) pg_mapped counts mappings of pages that
 * came from an object; those of private pages are counted by pg_ref alone.
 * (3) A private page with one reference is this address space's own and is
 * written in place. (4) A page of an object is mapped first and checked to be
 * still in the object then (see truncate.c), and made dirty after it is
 * mapped writable (see writeback.c).
 * Locks: vs_lock to read; fault_freeze() makes looking at and replacing a
 * present entry one step, so that of two threads that copy only one wins.
 */
#include "base/panic.h"
#include "base/string.h"

#include <abi/errno.h>

#include "vm/vm_internal.h"

#define AROUND 16u /* pages of a file that a fault maps */
#define RUN_MAX 8u /* fresh pages that a fault brings */

static paddr_t zero_page; /* [I] */

void
fault_init(void)
{
	struct page *pg = page_alloc(0, PA_ZERO);

	KASSERT(pg != NULL);
	zero_page = page_to_phys(pg);
}

bool
page_is_shared_zero(paddr_t pa)
{
	return pa == zero_page;
}

unsigned
area_pmap_prot(const struct vm_area *a)
{
	unsigned prot = 0;

	if (a->va_prot & (PROT_READ | PROT_WRITE | PROT_EXEC))
		prot = PMAP_USER | PMAP_READ;
	if (a->va_prot & PROT_WRITE)
		prot |= PMAP_WRITE;
	if (a->va_prot & PROT_EXEC)
		prot |= PMAP_EXEC;
	if (a->va_flags & VA_UC)
		prot |= PMAP_UC;
	return prot;
}

static inline void
mapping_drop(struct page *pg)
{
	if (atomic_load_relaxed(&pg->pg_mapped) != 0)
		atomic_sub(&pg->pg_mapped, 1);
	page_unref(pg);
}

void
fault_unmapped(void *arg, vaddr_t va, paddr_t pa, unsigned flags)
{
	struct vm_area *a = arg;

	if (unlikely(a->va_flags & VA_PHYS) || pa == zero_page)
		return;
	mapping_drop(phys_to_page(pa));
}

/* Is the mapping that is there enough for the access? */
static inline bool
entry_allows(unsigned entry, unsigned access)
{
	return (entry & PMAP_USER) &&
	    ((access & VF_WRITE) == 0 || (entry & PMAP_WRITE)) &&
	    ((access & VF_EXEC) == 0 || (entry & PMAP_EXEC));
}

/* --- private pages ------------------------------------------------------- */

/* How many pages to bring at va. What threads lose to each other here are
 * only guesses. */
static unsigned
run_length(struct vmspace *vs, struct vm_area *a, vaddr_t va)
{
	unsigned n = 1;

	if (atomic_load_relaxed(&vs->vs_run_next) == va)
		n = MIN(atomic_load_relaxed(&vs->vs_run_pages) * 2, RUN_MAX);
	n = (unsigned)MIN(n, (a->va_end - va) >> PAGE_SHIFT);
	atomic_store_relaxed(&vs->vs_run_next, va + n * PAGE_SIZE);
	atomic_store_relaxed(&vs->vs_run_pages, n);
	return n;
}

/* -EEXIST: something is mapped there. */
static int
fault_anon(struct vmspace *vs, struct vm_area *a, vaddr_t va, unsigned access)
{
	struct page *pg[RUN_MAX] __attribute__((uninitialized));
	unsigned prot = area_pmap_prot(a) | PMAP_ACCESSED, n, i;
	int done;

	if ((access & VF_WRITE) == 0)
		return pmap_enter_new(&vs->vs_pmap, va, zero_page,
		    prot & ~PMAP_WRITE);
	pg[0] = page_alloc(0, PA_USER | PA_ZERO);
	if (unlikely(pg[0] == NULL))
		return -ENOMEM;
	n = run_length(vs, a, va);
	for (i = 1; i < n; i++) {
		pg[i] = page_alloc(0, PA_USER | PA_ZERO | PA_NOWAIT);
		if (pg[i] == NULL)
			break;
	}
	done = pmap_enter_run(&vs->vs_pmap, va, pg, i, prot | PMAP_DIRTY);
	while (unlikely((int)i > MAX(done, 0)))
		page_unref(pg[--i]);
	return MIN(done, 0);
}

/* Only this address space has it, and no object does. */
static inline bool
page_is_own(paddr_t pa)
{
	struct page *pg = phys_to_page(pa);

	return pa != zero_page && atomic_load(&pg->pg_ref) == 1 &&
	    atomic_load_relaxed(&pg->pg_mapped) == 0 && pg->pg_object == NULL;
}

/*
 * What is mapped at va stays mapped, or is replaced by the holder: other
 * threads replace with vs_cow_lock held, a truncation unmaps with vo_lock
 * held, everything else has vs_lock to write.
 */
void
fault_freeze(struct vmspace *vs, struct vm_area *a)
{
	if (a->va_object != NULL)
		spin_lock(&a->va_object->vo_lock);
	spin_lock(&vs->vs_cow_lock);
}

void
fault_thaw(struct vmspace *vs, struct vm_area *a)
{
	spin_unlock(&vs->vs_cow_lock);
	if (a->va_object != NULL)
		spin_unlock(&a->va_object->vo_lock);
}

/* Replaces the page at `from`, which the caller has pinned, by a copy. */
static int
cow_copy(struct vmspace *vs, struct vm_area *a, vaddr_t va, paddr_t from)
{
	struct page *pg = page_alloc(0, PA_USER);
	paddr_t pa, old = ~(paddr_t)0;
	unsigned entry;
	int error = 0;

	if (unlikely(pg == NULL))
		return -ENOMEM;
	if (from == zero_page)
		page_zero(page_to_virt(pg));
	else
		page_copy(page_to_virt(pg), phys_to_virt(from));
	if (a->va_object != NULL)
		atomic_or(&a->va_flags, VA_COPIED);
	fault_freeze(vs, a);
	entry = pmap_query(&vs->vs_pmap, va, &pa);
	/* Another thread may have been faster; then look again. */
	if (entry != 0 && (entry & PMAP_WRITE) == 0 && pa == from) {
		error = pmap_enter(&vs->vs_pmap, va, page_to_phys(pg),
		    area_pmap_prot(a), &old);
		if (error == 0)
			pg = NULL;
	}
	fault_thaw(vs, a);
	if (pg != NULL)
		page_unref(pg);
	if (old != ~(paddr_t)0)
		fault_unmapped(a, va, old, 0);
	return error;
}

/* A write to a present page of a private area. */
static int
fault_cow(struct vmspace *vs, struct vm_area *a, vaddr_t va)
{
	bool pinned = false;
	unsigned entry;
	int error = 0;
	paddr_t pa;

	fault_freeze(vs, a);
	entry = pmap_query(&vs->vs_pmap, va, &pa);
	if (entry != 0 && (entry & PMAP_WRITE) == 0) {
		if (page_is_own(pa)) {
			error = pmap_enter(&vs->vs_pmap, va, pa,
			    area_pmap_prot(a), NULL);
		} else {
			pinned = true;
			if (pa != zero_page)
				page_ref(phys_to_page(pa));
		}
	}
	fault_thaw(vs, a);
	if (!pinned)
		return error;
	error = cow_copy(vs, a, va, pa);
	if (pa != zero_page)
		page_unref(phys_to_page(pa));
	return error;
}

/* --- pages of objects ---------------------------------------------------- */

/*
 * Maps a page of obj whose reference the caller gives away. -EEXIST: something
 * is mapped there; -EAGAIN: the page has left the object.
 */
static int
object_page_enter(struct vmspace *vs, struct vm_area *a, vaddr_t va,
    struct page *pg, unsigned prot)
{
	int error;

	atomic_add_relaxed(&pg->pg_mapped, 1);
	error = pmap_enter_new(&vs->vs_pmap, va, page_to_phys(pg), prot);
	if (unlikely(error != 0)) {
		mapping_drop(pg);
		return error;
	}
	if (unlikely(atomic_load(&pg->pg_object) != a->va_object)) {
		pmap_remove(&vs->vs_pmap, va, va + PAGE_SIZE, fault_unmapped,
		    a);
		return -EAGAIN;
	}
	return 0;
}

/* Maps cached neighbours of va, in the same aligned window, read-only. */
static void
fault_around(struct vmspace *vs, struct vm_area *a, vaddr_t va)
{
	struct vm_object *obj = a->va_object;
	vaddr_t low = MAX(a->va_start, rounddown2(va, AROUND * PAGE_SIZE));
	vaddr_t high = MIN(a->va_end,
	    rounddown2(va, AROUND * PAGE_SIZE) + AROUND * PAGE_SIZE);
	uint64_t first = (low - a->va_start + a->va_offset) >> PAGE_SHIFT;
	uint64_t end = first + ((high - low) >> PAGE_SHIFT), index;
	struct page *found[AROUND], *pg;
	uint64_t where[AROUND];
	unsigned n = 0, i, prot;

	spin_lock(&obj->vo_lock);
	end = MIN(end, howmany(obj->vo_size, PAGE_SIZE));
	for (index = first; n < AROUND && index < end; index++) {
		pg = radix_next(obj->vo_tree, &index, false);
		if (pg == NULL || index >= end)
			break;
		if ((atomic_load(&pg->pg_flags) & (PG_UPTODATE | PG_BUSY)) !=
		    PG_UPTODATE)
			continue;
		page_ref(pg);
		found[n] = pg;
		where[n++] = index;
	}
	spin_unlock(&obj->vo_lock);
	prot = area_pmap_prot(a) & ~PMAP_WRITE;
	/* A neighbour that cannot be mapped will fault by itself. */
	for (i = 0; i < n; i++)
		(void)object_page_enter(vs, a, low +
		    ((where[i] - first) << PAGE_SHIFT), found[i], prot);
}

/* A private write to an object's page that is not mapped: copy at once. */
static int
private_copy(struct vmspace *vs, struct vm_area *a, vaddr_t va,
    struct page *from)
{
	struct page *pg = page_alloc(0, PA_USER);
	int error;

	if (pg == NULL)
		return -ENOMEM;
	page_copy(page_to_virt(pg), page_to_virt(from));
	atomic_or(&a->va_flags, VA_COPIED);
	error = pmap_enter_new(&vs->vs_pmap, va, page_to_phys(pg),
	    area_pmap_prot(a));
	if (error != 0)
		page_unref(pg);
	return error == -EEXIST ? 0 : error;
}

/* The file system must have room before a shared page becomes writable. */
static int
shared_reserve(struct vm_object *obj, uint64_t index)
{
	uint64_t off = index << PAGE_SHIFT;
	uint64_t size = atomic_load_relaxed(&obj->vo_size);

	if (obj->vo_ops == NULL || obj->vo_ops->op_reserve == NULL ||
	    off >= size)
		return 0;
	return obj->vo_ops->op_reserve(obj, off, MIN(PAGE_SIZE, size - off));
}

static int
fault_object(struct vmspace *vs, struct vm_area *a, vaddr_t va,
    unsigned access, bool *major)
{
	struct vm_object *obj = a->va_object;
	uint64_t index = (va - a->va_start + a->va_offset) >> PAGE_SHIFT;
	bool shared = (a->va_flags & VA_SHARED) != 0;
	bool write = (access & VF_WRITE) != 0;
	unsigned prot = area_pmap_prot(a);
	struct page *pg;
	int error;

	/* Without a store nothing is ever written back: writable at once. */
	if (!shared || (!write && obj->vo_ops != NULL))
		prot &= ~PMAP_WRITE;
	error = object_getpage(obj, index, GP_SIZED, AROUND, &pg, major);
	if (error != 0)
		return error == -EFBIG ? -EIO : error;
	if (write && !shared) {
		error = private_copy(vs, a, va, pg);
		page_unref(pg);
		return error;
	}
	if (write && (error = shared_reserve(obj, index)) != 0) {
		page_unref(pg);
		return error == -ENOMEM ? error : -EIO;
	}
	page_ref(pg);
	error = object_page_enter(vs, a, va, pg, prot);
	if (error == 0 && write)
		vm_object_dirty(obj, pg);
	page_unref(pg);
	if (error == 0 && !write)
		fault_around(vs, a, va);
	return error == -EEXIST || error == -EAGAIN ? 0 : error;
}

/* A write to a present, shared, so far clean page. */
static int
fault_shared_write(struct vmspace *vs, struct vm_area *a, vaddr_t va)
{
	struct vm_object *obj = a->va_object;
	uint64_t index = (va - a->va_start + a->va_offset) >> PAGE_SHIFT;
	struct page *pg;
	paddr_t pa;
	bool read;
	int error;

	error = object_getpage(obj, index, GP_SIZED, 1, &pg, &read);
	if (error != 0)
		return error == -EFBIG ? -EIO : error;
	error = shared_reserve(obj, index);
	if (error != 0) {
		page_unref(pg);
		return error == -ENOMEM ? error : -EIO;
	}
	fault_freeze(vs, a);
	/* If it has changed meanwhile, the access faults again. */
	if (pmap_query(&vs->vs_pmap, va, &pa) != 0 && pa == page_to_phys(pg))
		error = pmap_enter(&vs->vs_pmap, va, pa, area_pmap_prot(a),
		    NULL);
	fault_thaw(vs, a);
	if (error == 0)
		vm_object_dirty(obj, pg);
	page_unref(pg);
	return error;
}

/* --- the fault ----------------------------------------------------------- */

/* An access below a stack makes it longer. vs_lock held to write. */
static int
stack_grow(struct vmspace *vs, vaddr_t va)
{
	struct vm_area *a = area_at_or_after(vs, va), *below;
	vaddr_t start = page_trunc(va);

	if (a == NULL || va < USER_MIN)
		return -EFAULT;
	if (a->va_start <= va)
		return 0;
	if ((a->va_flags & VA_STACK) == 0 ||
	    a->va_end - start > vs->vs_stack_limit ||
	    vs->vs_size + (a->va_start - start) > vs->vs_as_limit)
		return -EFAULT;
	below = area_prev(a);
	if (below != NULL && (below->va_flags & VA_STACK) == 0 &&
	    below->va_prot != 0 && start - below->va_end < VM_STACK_GAP)
		return -EFAULT;
	area_resize(a, start, a->va_end);
	return 0;
}

static int
area_allows(const struct vm_area *a, unsigned access)
{
	if ((access & VF_WRITE) && (a->va_prot & PROT_WRITE) == 0)
		return -EACCES;
	if ((access & VF_EXEC) && (a->va_prot & PROT_EXEC) == 0)
		return -EACCES;
	return a->va_prot == 0 ? -EACCES : 0;
}

static int
fault_present(struct vmspace *vs, struct vm_area *a, vaddr_t va,
    unsigned entry, unsigned access)
{
	if (entry_allows(entry, access))
		return 0;
	if (unlikely(a->va_flags & VA_PHYS))
		return pmap_enter(&vs->vs_pmap, va,
		    a->va_offset + (va - a->va_start), area_pmap_prot(a),
		    NULL);
	if ((access & VF_WRITE) == 0) {
		/* Rights were raised after it was mapped. */
		pmap_protect(&vs->vs_pmap, va, va + PAGE_SIZE,
		    area_pmap_prot(a));
		return 0;
	}
	if (a->va_flags & VA_SHARED)
		return fault_shared_write(vs, a, va);
	return fault_cow(vs, a, va);
}

static int
fault_absent(struct vmspace *vs, struct vm_area *a, vaddr_t va,
    unsigned access, bool *major)
{
	int error;

	if (a->va_object != NULL)
		return fault_object(vs, a, va, access, major);
	if (likely((a->va_flags & VA_PHYS) == 0))
		error = fault_anon(vs, a, va, access);
	else
		error = pmap_enter_new(&vs->vs_pmap, va,
		    a->va_offset + (va - a->va_start), area_pmap_prot(a));
	return error == -EEXIST ? 0 : error;
}

/* A count for getrusage(2); a lost one does not matter, a lock prefix does. */
static inline void
fault_count(uint64_t *counter)
{
	atomic_store_relaxed(counter, atomic_load_relaxed(counter) + 1);
}

int
vm_fault(struct vmspace *vs, vaddr_t va, unsigned access)
{
	struct vm_area *a;
	bool major = false;
	unsigned entry;
	uint64_t rss;
	int error;

	if (unlikely(va >= USER_MAX))
		return -EFAULT;
	va = page_trunc(va);
	rwlock_rdlock(&vs->vs_lock);
	a = vm_area_find(vs, va);
	if (unlikely(a == NULL)) {
		rwlock_unlock(&vs->vs_lock);
		rwlock_wrlock(&vs->vs_lock);
		error = stack_grow(vs, va);
		rwlock_downgrade(&vs->vs_lock);
		a = vm_area_find(vs, va);
		if (error == 0 && a == NULL)
			error = -EFAULT;
		if (error != 0)
			goto out;
	}
	error = area_allows(a, access);
	if (unlikely(error != 0))
		goto out;
	if ((access & VF_ABSENT) && area_private_anon(a)) {
		error = fault_anon(vs, a, va, access);
		if (likely(error != -EEXIST))
			goto out;
	}
	entry = pmap_query(&vs->vs_pmap, va, NULL);
	if (entry != 0)
		error = fault_present(vs, a, va, entry, access);
	else
		error = fault_absent(vs, a, va, access, &major);
out:
	rwlock_unlock(&vs->vs_lock);
	fault_count(major ? &vs->vs_maj_flt : &vs->vs_min_flt);
	rss = atomic_load_relaxed(&vs->vs_pmap.pm_resident);
	if (rss > atomic_load_relaxed(&vs->vs_peak_rss))
		atomic_store_relaxed(&vs->vs_peak_rss, rss);
	return error;
}
