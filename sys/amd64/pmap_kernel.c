/* SPDX-License-Identifier: MIT */
/*
 * sys/amd64/pmap_kernel.c: the kernel's half of every address space.
 *
 * Invariants: (1) all entries here are global where the CPU has that; (2) the
 * root's upper slots for the direct map, kva and the image are filled before
 * the first pmap_init() and never change; (3) tables of kva are never freed;
 * (4) nothing is both writable and executable, and the lower half is empty.
 * The root lies below 4 GiB: other CPUs load it in 32-bit mode.
 */
#include "base/page.h"
#include "base/panic.h"
#include "base/thread.h"

#include <abi/errno.h>
#include <machine/bootinfo.h>
#include <machine/layout.h>
#include <machine/pmap.h>

#include "amd64/amd64.h"
#include "amd64/pmap_internal.h"

#define GIB	   (1UL << PDPT_SHIFT)
#define LOW_LIMIT  (4 * GIB) /* below: RAM and registers share a GiB */

struct pmap kernel_pmap = {
	.pm_lock = SPINLOCK_INIT(LR_PMAP, "kernel_pmap"),
};

extern const char __text_start[], __text_end[];
extern const char __rodata_start[], __rodata_end[];
extern const char __relro_start[], __relro_end[];
extern const char __kernel_end[];

/* The entry of va at the level of `shift`, making tables; NULL: no memory. */
static pte_t *
kernel_pte(vaddr_t va, unsigned shift)
{
	pte_t *t = pt_virt(kernel_pmap.pm_root);

	for (unsigned at = PML4_SHIFT; at > shift; at -= 9) {
		pte_t *p = &t[pt_index(va, at)];

		if (!(*p & PTE_P)) {
			struct page *pg = page_alloc(0, PA_ZERO | PA_NOWAIT);

			if (pg == NULL)
				return NULL;
			kernel_pmap.pm_tables++;
			*p = page_to_phys(pg) | PTE_P | PTE_W | PTE_A;
		}
		t = pt_virt(*p);
	}
	return &t[pt_index(va, shift)];
}

static pte_t
global(void)
{
	return cpu_has(CPU_PGE) ? PTE_G : 0;
}

static void
boot_map(vaddr_t va, unsigned shift, pte_t e)
{
	pte_t *p = kernel_pte(va, shift);

	if (p == NULL)
		panic("no memory for the kernel's page tables");
	*p = e | PTE_P | PTE_A | PTE_D | global() |
	    (shift > PT_SHIFT ? PTE_PS : 0);
}

/* As the loader's: no page spans RAM and device registers. */
static void
direct_map(uint64_t size)
{
	paddr_t pa = 0;

	for (; pa < MIN(size, LOW_LIMIT); pa += 1UL << PD_SHIFT)
		boot_map(DIRECT_MAP_BASE + pa, PD_SHIFT, pa | PTE_W | PTE_NX);
	while (pa < size) {
		unsigned shift = cpu_has(CPU_GIBPAGES) ? PDPT_SHIFT : PD_SHIFT;

		boot_map(DIRECT_MAP_BASE + pa, shift, pa | PTE_W | PTE_NX);
		pa += 1UL << shift;
	}
}

static bool
inside(vaddr_t va, const char *start, const char *end)
{
	return va >= (vaddr_t)start && va < (vaddr_t)end;
}

static void
image_map(const struct bootinfo *bi)
{
	for (vaddr_t va = bi->bi_kernel_virt; va < (vaddr_t)__kernel_end;
	     va += PAGE_SIZE) {
		pte_t e = bi->bi_kernel_phys + (va - bi->bi_kernel_virt);

		if (!inside(va, __text_start, __text_end))
			e |= PTE_NX;
		if (!inside(va, __text_start, __text_end) &&
		    !inside(va, __rodata_start, __rodata_end) &&
		    !inside(va, __relro_start, __relro_end))
			e |= PTE_W;
		boot_map(va, PT_SHIFT, e);
	}
}

/* With interrupts off, on CPU 0, when pages can be had. */
void
pmap_bootstrap(const struct bootinfo *bi)
{
	struct page *pg = page_alloc(0, PA_ZERO | PA_DMA32);

	if (pg == NULL)
		panic("no page below 4 GiB for the kernel's page tables");
	kernel_pmap.pm_root = page_to_phys(pg);
	kernel_pmap.pm_tables = 1;
	for (vaddr_t va = KVA_BASE; va < KVA_END; va += 1UL << PML4_SHIFT) {
		if (kernel_pte(va, PDPT_SHIFT) == NULL)
			panic("no memory for the kernel's page tables");
	}
	direct_map(bi->bi_direct_size);
	image_map(bi);
	wrcr3(kernel_pmap.pm_root);
	if (cpu_has(CPU_PCID))
		wrcr4(rdcr4() | CR4_PCIDE);
}

int
pmap_kenter(vaddr_t va, paddr_t pa, unsigned prot)
{
	pte_t *p;

	KASSERT(va >= KVA_BASE && va < KVA_END);
	spin_lock(&kernel_pmap.pm_lock);
	p = kernel_pte(va, PT_SHIFT);
	if (p != NULL) {
		KASSERT(!(*p & PTE_P));
		*p = pte_make(pa, prot & ~PMAP_USER) | PTE_A | global();
		if (prot & PMAP_WRITE)
			*p |= PTE_D;
	}
	spin_unlock(&kernel_pmap.pm_lock);
	return p == NULL ? -ENOMEM : 0;
}

void
pmap_kremove(vaddr_t start, vaddr_t end)
{
	vaddr_t va = start;
	pte_t *t;

	KASSERT(start >= KVA_BASE && end <= KVA_END);
	spin_lock(&kernel_pmap.pm_lock);
	while ((t = pt_find(&kernel_pmap, &va, end)) != NULL) {
		vaddr_t stop = MIN(end, (va | ((1UL << PD_SHIFT) - 1)) + 1);

		for (; va < stop; va += PAGE_SIZE)
			t[pt_index(va, PT_SHIFT)] = 0;
	}
	spin_unlock(&kernel_pmap.pm_lock);
	tlb_flush_kernel(start, end);
}
