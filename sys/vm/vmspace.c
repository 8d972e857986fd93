/* SPDX-License-Identifier: MIT */
/*
 * sys/vm/vmspace.c: the life of an address space: made, forked, switched to,
 * emptied, freed; and vm_init() for the whole folder.
 *
 * fork copies page table entries of private memory, read-only on both sides.
 * What can be found again in the page cache (shared mappings, and private ones
 * of which no copy was made) is not copied; the child's faults map it, many
 * pages at a time.
 */
#include "base/panic.h"
#include "base/slab.h"
#include "base/thread.h"

#include <abi/errno.h>

#include "vm/vm_internal.h"

static struct kmem_cache *vmspace_cache;

void
vm_init(void)
{
	page_wait_init();
	radix_init();
	area_init();
	writeback_init();
	reclaim_init();
	fault_init();
	vmspace_cache = kmem_cache_create("vmspace", sizeof(struct vmspace),
	    64);
	KASSERT(vmspace_cache != NULL);
}

struct vmspace *
vmspace_create(void)
{
	struct vmspace *vs = kmem_cache_alloc(vmspace_cache, KM_ZERO);

	if (vs == NULL)
		return NULL;
	if (pmap_init(&vs->vs_pmap) != 0) {
		kmem_cache_free(vmspace_cache, vs);
		return NULL;
	}
	rwlock_init(&vs->vs_lock, LR_VMSPACE, "vmspace");
	spin_init(&vs->vs_cow_lock, LR_COW, "vmspace cow");
	rb_init(&vs->vs_areas);
	vs->vs_ref = 1;
	vs->vs_mmap_top = vs->vs_full = USER_MAX;
	vs->vs_stack_limit = vs->vs_as_limit = vs->vs_data_limit = UINT64_MAX;
	return vs;
}

void
vmspace_ref(struct vmspace *vs)
{
	atomic_add_relaxed(&vs->vs_ref, 1);
}

void
vm_unmap_all(struct vmspace *vs)
{
	struct list dead = LIST_INIT(dead);
	struct vm_area *a;

	rwlock_wrlock(&vs->vs_lock);
	while ((a = vm_area_first(vs)) != NULL) {
		pmap_remove(&vs->vs_pmap, a->va_start, a->va_end,
		    fault_unmapped, a);
		area_unlink(a, &dead);
		sched_point();
	}
	rwlock_unlock(&vs->vs_lock);
	area_release(&dead);
}

void
vmspace_unref(struct vmspace *vs)
{
	if (atomic_sub(&vs->vs_ref, 1) != 0)
		return;
	vm_unmap_all(vs);
	if (vs->vs_exe != NULL)
		vm_file_ops()->vf_unref(vs->vs_exe);
	pmap_destroy(&vs->vs_pmap);
	kmem_cache_free(vmspace_cache, vs);
}

struct vmspace *
vmspace_switch(struct vmspace *vs)
{
	struct thread *td = curthread();
	struct vmspace *old = td->td_vm;

	td->td_vm = vs;
	td->td_pmap = vs != NULL ? &vs->vs_pmap : NULL;
	/* Not "whatever is loaded": the old one may be freed next. */
	pmap_activate(vs != NULL ? &vs->vs_pmap : &kernel_pmap);
	return old;
}

static void
fork_page(void *arg, vaddr_t va, paddr_t pa)
{
	struct page *pg = phys_to_page(pa);

	if (page_is_shared_zero(pa))
		return;
	page_ref(pg);
	if (atomic_load_relaxed(&pg->pg_mapped) != 0)
		atomic_add_relaxed(&pg->pg_mapped, 1);
}

/* Must the child get page table entries of a, or do its faults find all? */
static bool
area_needs_copy(const struct vm_area *a)
{
	if (a->va_flags & (VA_SHARED | VA_PHYS | VA_WIPEFORK))
		return false;
	return a->va_object == NULL || (a->va_flags & VA_COPIED);
}

static int
fork_area(struct vmspace *dst, struct vmspace *src, struct vm_area *a,
    bool *cow)
{
	struct vm_area *b;

	if (a->va_flags & VA_DONTFORK)
		return 0;
	b = area_clone(a, dst);
	if (b == NULL)
		return -ENOMEM;
	b->va_flags &= ~VA_LOCKED;
	area_link(dst, b);
	if (!area_needs_copy(a))
		return 0;
	*cow = true;
	return pmap_fork(&dst->vs_pmap, &src->vs_pmap, a->va_start, a->va_end,
	    true, fork_page, NULL);
}

static void
fork_layout(struct vmspace *dst, const struct vmspace *src)
{
	dst->vs_brk_start = src->vs_brk_start;
	dst->vs_brk = src->vs_brk;
	dst->vs_mmap_top = src->vs_mmap_top;
	dst->vs_stack_top = src->vs_stack_top;
	dst->vs_arg_start = src->vs_arg_start;
	dst->vs_arg_end = src->vs_arg_end;
	dst->vs_env_start = src->vs_env_start;
	dst->vs_env_end = src->vs_env_end;
	dst->vs_code_start = src->vs_code_start;
	dst->vs_code_end = src->vs_code_end;
	dst->vs_data_start = src->vs_data_start;
	dst->vs_data_end = src->vs_data_end;
	dst->vs_vdso = src->vs_vdso;
	dst->vs_stack_limit = src->vs_stack_limit;
	dst->vs_as_limit = src->vs_as_limit;
	dst->vs_data_limit = src->vs_data_limit;
	dst->vs_exe = src->vs_exe;
	if (dst->vs_exe != NULL)
		vm_file_ops()->vf_ref(dst->vs_exe);
}

struct vmspace *
vmspace_fork(struct vmspace *src)
{
	struct vmspace *dst = vmspace_create();
	struct vm_area *a;
	bool cow = false;
	int error = 0;

	if (dst == NULL)
		return NULL;
	rwlock_wrlock(&src->vs_lock);
	fork_layout(dst, src);
	for (a = vm_area_first(src); a != NULL && error == 0;
	     a = vm_area_next(a))
		error = fork_area(dst, src, a, &cow);
	/* Also after an error: some entries may have lost write by then. */
	if (cow)
		pmap_flush_all(&src->vs_pmap);
	rwlock_unlock(&src->vs_lock);
	if (error != 0) {
		vmspace_unref(dst);
		return NULL;
	}
	dst->vs_peak_rss = dst->vs_pmap.pm_resident;
	return dst;
}
