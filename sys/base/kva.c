/* SPDX-License-Identifier: MIT */
/*
 * sys/base/kva.c: kernel virtual addresses outside the direct map.
 *
 * Addresses are handed out upwards; a freed range is kept by its length in
 * pages and used again for the same length (stacks, mostly). With 32 TiB to
 * give, ranges of odd sizes are never joined.
 * Invariant: every range has an unmapped page before it, so that running off
 * the end of the one below, or down from the start of a stack, faults.
 * Locks: kva_lock guards ranges; page tables have their own lock.
 */
#include <machine/layout.h>
#include <machine/pmap.h>

#include "base/kva.h"
#include "base/lock.h"
#include "base/page.h"
#include "base/panic.h"
#include "base/slab.h"
#include "base/thread.h"

#define CLASSES	    64 /* free lists for ranges of 1 ... 63 pages */
#define STACK_CACHE 64
#define TURN	    256 /* pages of a large range between two yields */

struct kva_range {
	struct kva_range *kr_next;
	vaddr_t kr_start;
	uint64_t kr_pages;
};

static struct spinlock kva_lock = SPINLOCK_INIT(LR_KVA, "kva");
static vaddr_t kva_next = KVA_BASE + PAGE_SIZE;
static struct kva_range *kva_free_lists[CLASSES]; /* [0]: long ones */

static struct spinlock stack_lock = SPINLOCK_INIT(LR_KVA, "kstack");
static void *stacks[STACK_CACHE];
static unsigned nstacks;

static struct kva_range **
class_of(uint64_t npages)
{
	return &kva_free_lists[npages < CLASSES ? npages : 0];
}

static vaddr_t
range_take(uint64_t npages)
{
	struct kva_range **link, *kr;
	vaddr_t va = 0;
	uint64_t irq = spin_lock_irq(&kva_lock);

	for (link = class_of(npages); (kr = *link) != NULL;
	     link = &kr->kr_next) {
		if (kr->kr_pages == npages) {
			*link = kr->kr_next;
			break;
		}
	}
	if (kr != NULL) {
		va = kr->kr_start;
	} else if ((KVA_END - kva_next) / PAGE_SIZE > npages + 1) {
		va = kva_next;
		kva_next += (npages + 1) * PAGE_SIZE;
	}
	spin_unlock_irq(&kva_lock, irq);
	kfree(kr);
	return va;
}

/* If there is no memory to remember the range by, its addresses are lost. */
static void
range_give(vaddr_t va, uint64_t npages)
{
	struct kva_range *kr = kmalloc(sizeof(*kr), KM_NOWAIT);
	uint64_t irq;

	if (kr == NULL)
		return;
	kr->kr_start = va;
	kr->kr_pages = npages;
	irq = spin_lock_irq(&kva_lock);
	kr->kr_next = *class_of(npages);
	*class_of(npages) = kr;
	spin_unlock_irq(&kva_lock, irq);
}

/*
 * The pages are remembered on a list while the range is unmapped at once:
 * each unmapping is a round of interrupts to the other CPUs.
 */
static void
unmap_some(vaddr_t va, uint64_t npages)
{
	struct list gone = LIST_INIT(gone);
	struct page *pg, *tmp;

	for (uint64_t i = 0; i < npages; i++) {
		paddr_t pa;

		if (pmap_query(&kernel_pmap, va + i * PAGE_SIZE, &pa) == 0)
			continue;
		pg = phys_to_page(pa);
		list_add_tail(&gone, &pg->pg_link);
	}
	pmap_kremove(va, va + npages * PAGE_SIZE);
	list_foreach_safe(pg, tmp, &gone, pg_link)
		page_free(pg, 0);
}

static void
unmap_and_free(vaddr_t va, uint64_t npages)
{
	uint64_t n;

	for (; npages > 0; npages -= n, va += n * PAGE_SIZE) {
		n = MIN(npages, TURN);
		unmap_some(va, n);
		if (n == TURN)
			sched_point();
	}
}

void *
kva_alloc(size_t size)
{
	uint64_t npages = howmany(size, PAGE_SIZE);
	vaddr_t va = range_take(npages);

	if (va == 0)
		return NULL;
	for (uint64_t i = 0; i < npages; i++) {
		struct page *pg = page_alloc(0, PA_ZERO);

		if (pg == NULL)
			goto fail;
		if (pmap_kenter(va + i * PAGE_SIZE, page_to_phys(pg),
			PMAP_READ | PMAP_WRITE) != 0) {
			page_free(pg, 0);
			goto fail;
		}
		if (i % TURN == TURN - 1)
			sched_point();
	}
	return (void *)va;
fail:
	unmap_and_free(va, npages);
	range_give(va, npages);
	return NULL;
}

void
kva_free(void *p, size_t size)
{
	uint64_t npages = howmany(size, PAGE_SIZE);

	unmap_and_free((vaddr_t)p, npages);
	range_give((vaddr_t)p, npages);
}

void *
kva_map_phys(paddr_t pa, size_t size, unsigned cache)
{
	paddr_t start = page_trunc(pa);
	uint64_t npages = howmany(pa + size - start, PAGE_SIZE);
	vaddr_t va = range_take(npages);

	if (va == 0)
		return NULL;
	for (uint64_t i = 0; i < npages; i++) {
		if (pmap_kenter(va + i * PAGE_SIZE, start + i * PAGE_SIZE,
			PMAP_READ | PMAP_WRITE | cache) != 0) {
			pmap_kremove(va, va + i * PAGE_SIZE);
			range_give(va, npages);
			return NULL;
		}
	}
	return (void *)(va + (pa - start));
}

void
kva_unmap_phys(void *p, size_t size)
{
	vaddr_t va = page_trunc((vaddr_t)p);
	uint64_t npages = howmany((vaddr_t)p + size - va, PAGE_SIZE);

	pmap_kremove(va, va + npages * PAGE_SIZE);
	range_give(va, npages);
}

void *
kstack_alloc(void)
{
	void *p = NULL;
	uint64_t irq = spin_lock_irq(&stack_lock);

	if (nstacks > 0)
		p = stacks[--nstacks];
	spin_unlock_irq(&stack_lock, irq);
	return p != NULL ? p : kva_alloc(KSTACK_SIZE);
}

void
kstack_free(void *p)
{
	uint64_t irq = spin_lock_irq(&stack_lock);

	if (nstacks < STACK_CACHE) {
		stacks[nstacks++] = p;
		p = NULL;
	}
	spin_unlock_irq(&stack_lock, irq);
	if (p != NULL)
		kva_free(p, KSTACK_SIZE);
}

bool
kva_is_guard(vaddr_t addr)
{
	return addr >= KVA_BASE && addr < kva_next &&
	    pmap_query(&kernel_pmap, addr, NULL) == 0;
}
