/* SPDX-License-Identifier: MIT */
/*
 * sys/amd64/pmap_internal.h: page table entries, shared by pmap.c,
 * pmap_kernel.c and tlb.c.
 */
#ifndef AMD64_PMAP_INTERNAL_H
#define AMD64_PMAP_INTERNAL_H

#include "base/page.h"
#include "base/types.h"

#include <machine/pmap.h>

typedef uint64_t pte_t;

#define PTE_P	 0x001UL
#define PTE_W	 0x002UL
#define PTE_U	 0x004UL
#define PTE_PWT	 0x008UL
#define PTE_PCD	 0x010UL
#define PTE_A	 0x020UL
#define PTE_D	 0x040UL
#define PTE_PS	 0x080UL /* above the lowest level: a large page */
#define PTE_PAT	 0x080UL /* at the lowest level */
#define PTE_G	 0x100UL
/* Software: a page is there, but nobody may touch it now (PTE_P is off). */
#define PTE_HELD 0x200UL
#define PTE_NX	 (1UL << 63)
#define PTE_ADDR 0x000ffffffffff000UL
#define PTE_USED (PTE_P | PTE_HELD)

#define PT_SHIFT   12
#define PD_SHIFT   21
#define PDPT_SHIFT 30
#define PML4_SHIFT 39
#define PT_ENTRIES 512
#define PML4_KERNEL 256 /* first slot of the upper half */

static inline unsigned
pt_index(vaddr_t va, unsigned shift)
{
	return va >> shift & (PT_ENTRIES - 1);
}

static inline pte_t *
pt_virt(pte_t e)
{
	return phys_to_virt(e & PTE_ADDR);
}

/* Rights and cache bits; the user bit and the rest come from prot, too. */
static inline pte_t
pte_rights(unsigned prot)
{
	pte_t e = prot & (PMAP_READ | PMAP_WRITE | PMAP_EXEC) ? PTE_P :
								PTE_HELD;

	if (prot & PMAP_WRITE)
		e |= PTE_W;
	if (!(prot & PMAP_EXEC))
		e |= PTE_NX;
	if (prot & PMAP_USER)
		e |= PTE_U;
	return e;
}

static inline pte_t
pte_make(paddr_t pa, unsigned prot)
{
	pte_t e = pa | pte_rights(prot);

	if (prot & PMAP_ACCESSED)
		e |= PTE_A;
	if (prot & PMAP_DIRTY)
		e |= PTE_D;
	if (prot & PMAP_UC)
		e |= PTE_PCD | PTE_PWT;
	else if (prot & PMAP_WC)
		e |= PTE_PAT; /* entry 4 of PAT_VALUE in cpuid.c */
	return e;
}

/*
 * The lowest-level table that covers *va, or the next one before end, with
 * *va moved there; NULL: no more.
 */
pte_t *pt_find(struct pmap *, vaddr_t *va, vaddr_t end);

/* tlb.c: forget [start, end) on every CPU that may have it; waits. */
void tlb_flush(struct pmap *, vaddr_t start, vaddr_t end);
void tlb_flush_kernel(vaddr_t start, vaddr_t end);
/* No CPU has it loaded afterwards. */
void tlb_evict(struct pmap *);

#endif
