/* SPDX-License-Identifier: MIT */
/*
 * sys/vm/access.c: the memory of another process, and the name of a futex.
 *
 * Use: /proc/PID/mem, cmdline, environ, ptrace. Rights are those of the area.
 */
#include "base/string.h"

#include <abi/errno.h>

#include "vm/vm_internal.h"

/* The page mapped at va, referenced. -EAGAIN: a fault is needed first. */
static int
page_pin(struct vmspace *vs, vaddr_t va, bool write, struct page **out,
    struct vm_area **area)
{
	struct vm_area *a = vm_area_find(vs, va);
	unsigned entry;
	int error = 0;
	paddr_t pa;

	if (a == NULL || a->va_prot == 0 ||
	    (write && (a->va_prot & PROT_WRITE) == 0))
		return -EFAULT;
	/* Device registers are not for reading byte by byte. */
	if ((a->va_flags & VA_PHYS) && !page_is_ram(a->va_offset))
		return -EFAULT;
	fault_freeze(vs, a);
	entry = pmap_query(&vs->vs_pmap, page_trunc(va), &pa);
	if (entry == 0 || (write && (entry & PMAP_WRITE) == 0)) {
		error = -EAGAIN;
	} else {
		*out = phys_to_page(pa);
		page_ref(*out);
		*area = a;
	}
	fault_thaw(vs, a);
	return error;
}

/* At most to the end of va's page. */
static int
access_piece(struct vmspace *vs, vaddr_t va, void *buf, size_t n, bool write)
{
	struct vm_area *a;
	struct page *pg;
	uint8_t *p;
	int error;

	for (;;) {
		rwlock_rdlock(&vs->vs_lock);
		error = page_pin(vs, va, write, &pg, &a);
		if (error == 0)
			break;
		rwlock_unlock(&vs->vs_lock);
		if (error == -EAGAIN)
			error = vm_fault(vs, va, write ? VF_WRITE : VF_READ);
		if (error != 0)
			return error;
	}
	p = (uint8_t *)page_to_virt(pg) + (va & PAGE_MASK);
	if (write) {
		memcpy(p, buf, n);
		if (a->va_flags & VA_SHARED && a->va_object != NULL)
			vm_object_dirty(a->va_object, pg);
	} else {
		memcpy(buf, p, n);
	}
	rwlock_unlock(&vs->vs_lock);
	page_unref(pg);
	return 0;
}

ssize_t
vm_access(struct vmspace *vs, vaddr_t va, void *buf, size_t n, bool write)
{
	size_t done = 0, piece;

	while (done < n && va + done < USER_MAX && va + done >= va) {
		piece = PAGE_SIZE - ((va + done) & PAGE_MASK);
		piece = MIN(piece, n - done);
		if (access_piece(vs, va + done, (char *)buf + done, piece,
		    write) != 0)
			break;
		done += piece;
	}
	return done > 0 || n == 0 ? (ssize_t)done : -EFAULT;
}

int
vm_futex_key(struct vmspace *vs, vaddr_t va, bool shared,
    struct vm_futex_key *key)
{
	struct vm_area *a;

	key->fk_owner = vs;
	key->fk_offset = va;
	if (va >= USER_MAX)
		return -EFAULT;
	/* Private futexes: the word itself is looked at by the caller. */
	if (!shared)
		return 0;
	rwlock_rdlock(&vs->vs_lock);
	a = vm_area_find(vs, va);
	if (a != NULL && (a->va_flags & VA_SHARED) && a->va_object != NULL) {
		key->fk_owner = a->va_object;
		key->fk_offset = a->va_offset + (va - a->va_start);
	}
	rwlock_unlock(&vs->vs_lock);
	return a == NULL ? -EFAULT : 0;
}
