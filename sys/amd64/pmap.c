/* SPDX-License-Identifier: MIT */
/*
 * sys/amd64/pmap.c: the page tables of user address spaces.
 *
 * Invariants:
 *  (1) A table page's struct page counts its used entries in pg_index; an
 *	empty table below the root is unlinked and freed when pmap_remove()
 *	emptied it.
 *  (2) A page or table is given back only after tlb_flush().
 *  (3) The upper half of every root is a copy of the kernel's and never
 *	changes (pmap_kernel.c makes all its tables beforehand).
 * Locks: pm_lock for all entries. The CPUs set A and D by themselves, so an
 * entry that another CPU may be using changes by one atomic instruction.
 */
#include "base/atomic.h"
#include "base/list.h"
#include "base/page.h"
#include "base/panic.h"
#include "base/string.h"
#include "base/thread.h"

#include <abi/errno.h>
#include <machine/layout.h>
#include <machine/pmap.h>

#include "amd64/pmap_internal.h"

#define BATCH 48 /* pages pmap_remove() flushes at once; on the stack */

static unsigned
pte_flags(pte_t e)
{
	unsigned flags = 0;

	if (e & PTE_P)
		flags |= PMAP_READ | ((e & PTE_NX) ? 0 : PMAP_EXEC);
	if (e & PTE_W)
		flags |= PMAP_WRITE;
	if (e & PTE_U)
		flags |= PMAP_USER;
	if (e & PTE_PCD)
		flags |= PMAP_UC;
	if (e & PTE_PAT)
		flags |= PMAP_WC;
	if (e & PTE_A)
		flags |= PMAP_ACCESSED;
	if (e & PTE_D)
		flags |= PMAP_DIRTY;
	return flags;
}

/* May a CPU other than this one be walking these tables? */
static inline bool
pmap_shared(const struct pmap *pm)
{
	return (atomic_load_relaxed(&pm->pm_cpus) &
		   ~(1UL << curcpu()->c_id)) != 0;
}

static inline pte_t
pte_swap(pte_t *p, pte_t e, bool shared)
{
	pte_t old;

	if (shared)
		return atomic_xchg(p, e);
	old = *p;
	*p = e;
	return old;
}

int
pmap_init(struct pmap *pm)
{
	struct page *pg = page_alloc(0, PA_ZERO);
	pte_t *root;

	if (pg == NULL)
		return -ENOMEM;
	memset(pm, 0, sizeof(*pm));
	spin_init(&pm->pm_lock, LR_PMAP, "pmap");
	pg->pg_index = 0;
	pm->pm_root = page_to_phys(pg);
	root = pt_virt(pm->pm_root);
	memcpy(root + PML4_KERNEL,
	    pt_virt(kernel_pmap.pm_root) + PML4_KERNEL,
	    (PT_ENTRIES - PML4_KERNEL) * sizeof(pte_t));
	pm->pm_tables = 1;
	return 0;
}

/* Frees the tables below one entry, which may be empty but not yet freed. */
static void
tables_free(pte_t e, unsigned shift)
{
	pte_t *t = pt_virt(e);

	if (shift > PD_SHIFT) {
		for (unsigned i = 0; i < PT_ENTRIES; i++) {
			if (t[i] & PTE_P)
				tables_free(t[i], shift - 9);
		}
	}
	page_free(phys_to_page(e & PTE_ADDR), 0);
}

void
pmap_destroy(struct pmap *pm)
{
	pte_t *root = pt_virt(pm->pm_root);

	KASSERT(pm->pm_resident == 0);
	tlb_evict(pm);
	for (unsigned i = 0; i < PML4_KERNEL; i++) {
		if (root[i] & PTE_P)
			tables_free(root[i], PML4_SHIFT);
	}
	page_free(phys_to_page(pm->pm_root), 0);
	pm->pm_root = 0;
}

/* The table below an entry of t, NULL if there is none (or a large page). */
static inline pte_t *
table_below(const pte_t *t, vaddr_t va, unsigned shift)
{
	pte_t e = t[pt_index(va, shift)];

	return (e & (PTE_P | PTE_PS)) == PTE_P ? pt_virt(e) : NULL;
}

/* The entry of va, NULL if there is no table for it. Each fault comes here:
 * no loop, so that the compiler knows the shifts. */
static inline pte_t *
pte_find(struct pmap *pm, vaddr_t va)
{
	pte_t *t = table_below(pt_virt(pm->pm_root), va, PML4_SHIFT);

	if (likely(t != NULL))
		t = table_below(t, va, PDPT_SHIFT);
	if (likely(t != NULL))
		t = table_below(t, va, PD_SHIFT);
	return likely(t != NULL) ? &t[pt_index(va, PT_SHIFT)] : NULL;
}

/* The same, making tables; NULL: no memory. */
static __noinline pte_t *
pte_make_tables(struct pmap *pm, vaddr_t va)
{
	pte_t *t = pt_virt(pm->pm_root);

	for (unsigned shift = PML4_SHIFT; shift > PT_SHIFT; shift -= 9) {
		pte_t *p = &t[pt_index(va, shift)];

		if (unlikely(!(*p & PTE_P))) {
			struct page *pg = page_alloc(0, PA_ZERO | PA_NOWAIT);

			if (pg == NULL)
				return NULL;
			pg->pg_index = 0;
			virt_to_page(t)->pg_index++;
			pm->pm_tables++;
			*p = page_to_phys(pg) | PTE_P | PTE_W | PTE_U | PTE_A;
		}
		t = pt_virt(*p);
	}
	return &t[pt_index(va, PT_SHIFT)];
}

static inline pte_t *
pte_get(struct pmap *pm, vaddr_t va)
{
	pte_t *p = pte_find(pm, va);

	return likely(p != NULL) ? p : pte_make_tables(pm, va);
}

/*
 * pte_get() with pm_lock taken. The lock forbids to wait for memory under it,
 * so that is done outside: a page is had once and given back for the retry.
 */
static pte_t *
pte_get_locked(struct pmap *pm, vaddr_t va)
{
	struct page *pg;
	pte_t *p;

	spin_lock(&pm->pm_lock);
	p = pte_get(pm, va);
	if (likely(p != NULL))
		return p;
	spin_unlock(&pm->pm_lock);
	pg = page_alloc(2, 0);
	if (pg == NULL)
		return NULL;
	page_free(pg, 2);
	spin_lock(&pm->pm_lock);
	p = pte_get(pm, va);
	if (p == NULL)
		spin_unlock(&pm->pm_lock);
	return p;
}

static inline void
pte_count(struct pmap *pm, pte_t *p)
{
	virt_to_page(p)->pg_index++;
	pm->pm_resident++;
}

/* Raising rights needs no flush: the fault itself drops the old entry. */
static bool
flush_needed(pte_t old, pte_t new)
{
	if (!(old & PTE_P))
		return false;
	return ((old ^ new) & PTE_ADDR) != 0 ||
	    (old & ~new & (PTE_P | PTE_W | PTE_U)) != 0 ||
	    (new & ~old & PTE_NX) != 0;
}

int
pmap_enter(struct pmap *pm, vaddr_t va, paddr_t pa, unsigned prot,
    paddr_t *old)
{
	pte_t e = pte_make(pa, prot) | PTE_A, was, *p;

	if (prot & PMAP_WRITE)
		e |= PTE_D; /* spares the CPU setting it */
	p = pte_get_locked(pm, va);
	if (p == NULL)
		return -ENOMEM;
	was = pte_swap(p, e, (*p & PTE_P) && pmap_shared(pm));
	if (!(was & PTE_USED))
		pte_count(pm, p);
	spin_unlock(&pm->pm_lock);
	if (flush_needed(was, e))
		tlb_flush(pm, va, va + PAGE_SIZE);
	if (old != NULL)
		*old = (was & PTE_USED) ? was & PTE_ADDR : ~(paddr_t)0;
	return 0;
}

int
pmap_enter_new(struct pmap *pm, vaddr_t va, paddr_t pa, unsigned prot)
{
	pte_t *p = pte_get_locked(pm, va);
	int error = 0;

	if (p == NULL)
		return -ENOMEM;
	if (*p & PTE_USED) {
		error = -EEXIST;
	} else {
		*p = pte_make(pa, prot);
		pte_count(pm, p);
	}
	spin_unlock(&pm->pm_lock);
	return error;
}

int
pmap_enter_run(struct pmap *pm, vaddr_t va, struct page *const *pg, unsigned n,
    unsigned prot)
{
	unsigned room = PT_ENTRIES - pt_index(va, PT_SHIFT), i = 0;
	pte_t *p = pte_get_locked(pm, va);

	if (p == NULL)
		return -ENOMEM;
	n = MIN(n, room);
	for (; i < n && !(p[i] & PTE_USED); i++)
		p[i] = pte_make(page_to_phys(pg[i]), prot);
	virt_to_page(p)->pg_index += i;
	pm->pm_resident += i;
	spin_unlock(&pm->pm_lock);
	return i == 0 ? -EEXIST : (int)i;
}

pte_t *
pt_find(struct pmap *pm, vaddr_t *va, vaddr_t end)
{
	while (*va < end) {
		pte_t *t = pt_virt(pm->pm_root);
		unsigned shift;

		for (shift = PML4_SHIFT; shift > PT_SHIFT; shift -= 9) {
			pte_t e = t[pt_index(*va, shift)];

			if (!(e & PTE_P))
				break;
			t = pt_virt(e);
		}
		if (shift == PT_SHIFT)
			return t;
		*va = (*va | ((1UL << shift) - 1)) + 1;
		if (*va == 0)
			break;
	}
	return NULL;
}

/* Unlinks the table of va, and those above it, if they are empty now. */
static void
tables_unlink(struct pmap *pm, vaddr_t va, struct list *freed)
{
	pte_t *t[4], *p;
	unsigned level = 0, shift;

	t[0] = pt_virt(pm->pm_root);
	for (shift = PML4_SHIFT; shift > PT_SHIFT; shift -= 9, level++)
		t[level + 1] = pt_virt(t[level][pt_index(va, shift)]);
	for (shift = PD_SHIFT; level > 0; shift += 9, level--) {
		struct page *pg = virt_to_page(t[level]);

		if (pg->pg_index != 0)
			return;
		p = &t[level - 1][pt_index(va, shift)];
		*p = 0;
		virt_to_page(t[level - 1])->pg_index--;
		pm->pm_tables--;
		list_add_tail(freed, &pg->pg_link);
	}
}

struct batch {
	unsigned ba_count;
	vaddr_t ba_va[BATCH];
	pte_t ba_pte[BATCH];
	struct list ba_tables;
};

/* Takes entries from *va on until the batch is full; pm_lock held. */
static void
batch_fill(struct batch *ba, struct pmap *pm, vaddr_t *va, vaddr_t end)
{
	bool shared = pmap_shared(pm);
	pte_t *t, e;

	while (ba->ba_count < BATCH && (t = pt_find(pm, va, end)) != NULL) {
		struct page *pg = virt_to_page(t);
		vaddr_t table_va = *va;
		vaddr_t stop = MIN(end, (*va | ((1UL << PD_SHIFT) - 1)) + 1);

		for (; *va < stop && ba->ba_count < BATCH;
		     *va += PAGE_SIZE) {
			pte_t *p = &t[pt_index(*va, PT_SHIFT)];

			if (!(*p & PTE_USED))
				continue;
			e = pte_swap(p, 0, shared);
			ba->ba_va[ba->ba_count] = *va;
			ba->ba_pte[ba->ba_count++] = e;
			pg->pg_index--;
			pm->pm_resident--;
		}
		if (pg->pg_index == 0)
			tables_unlink(pm, table_va, &ba->ba_tables);
	}
}

static void
batch_release(struct batch *ba, struct pmap *pm,
    void (*fn)(void *, vaddr_t, paddr_t, unsigned), void *arg)
{
	struct list *l;

	if (ba->ba_count != 0)
		tlb_flush(pm, ba->ba_va[0],
		    ba->ba_va[ba->ba_count - 1] + PAGE_SIZE);
	for (unsigned i = 0; i < ba->ba_count; i++) {
		fn(arg, ba->ba_va[i], ba->ba_pte[i] & PTE_ADDR,
		    pte_flags(ba->ba_pte[i]));
	}
	while (!list_empty(&ba->ba_tables)) {
		l = ba->ba_tables.l_next;
		list_del(l);
		page_free(container_of(l, struct page, pg_link), 0);
	}
}

/*
 * A table that was empty before (after -ENOMEM half way) may be freed with no
 * flush: no CPU can have gone through it to a page.
 */
void
pmap_remove(struct pmap *pm, vaddr_t start, vaddr_t end,
    void (*fn)(void *arg, vaddr_t, paddr_t, unsigned flags), void *arg)
{
	struct batch ba __attribute__((uninitialized)); /* 800 bytes */

	do {
		ba.ba_count = 0;
		list_init(&ba.ba_tables);
		spin_lock(&pm->pm_lock);
		batch_fill(&ba, pm, &start, end);
		spin_unlock(&pm->pm_lock);
		batch_release(&ba, pm, fn, arg);
	} while (ba.ba_count == BATCH);
}

/* New rights for one entry; writing is never added. */
static pte_t
pte_protect(pte_t e, unsigned prot)
{
	const pte_t bits = PTE_P | PTE_HELD | PTE_U | PTE_NX;
	pte_t new = (e & ~bits) | (pte_rights(prot) & bits);

	if (!(prot & PMAP_WRITE))
		new &= ~PTE_W;
	return new;
}

void
pmap_protect(struct pmap *pm, vaddr_t start, vaddr_t end, unsigned prot)
{
	vaddr_t first = ~0UL, last = 0, va = start;
	pte_t *t, e;

	spin_lock(&pm->pm_lock);
	for (; (t = pt_find(pm, &va, end)) != NULL;) {
		vaddr_t stop = MIN(end, (va | ((1UL << PD_SHIFT) - 1)) + 1);

		for (; va < stop; va += PAGE_SIZE) {
			pte_t *p = &t[pt_index(va, PT_SHIFT)];

			e = atomic_load_relaxed(p);
			if (!(e & PTE_USED) || pte_protect(e, prot) == e)
				continue;
			while (!atomic_cas(p, &e, pte_protect(e, prot)))
				;
			if (!flush_needed(e, pte_protect(e, prot)))
				continue;
			first = MIN(first, va);
			last = va + PAGE_SIZE;
		}
	}
	spin_unlock(&pm->pm_lock);
	if (first < last)
		tlb_flush(pm, first, last);
}

/* dst is new: nobody else knows it, so its lock is not needed. */
int
pmap_fork(struct pmap *dst, struct pmap *src, vaddr_t start, vaddr_t end,
    bool cow, void (*fn)(void *arg, vaddr_t, paddr_t), void *arg)
{
	bool shared = pmap_shared(src);
	vaddr_t va = start;
	int error = 0;
	pte_t *t, *d;

	spin_lock(&src->pm_lock);
	while (error == 0 && (t = pt_find(src, &va, end)) != NULL) {
		vaddr_t stop = MIN(end, (va | ((1UL << PD_SHIFT) - 1)) + 1);

		d = NULL;
		for (; va < stop; va += PAGE_SIZE) {
			unsigned i = pt_index(va, PT_SHIFT);
			pte_t e = t[i];

			if (!(e & PTE_USED))
				continue;
			if (d == NULL) {
				d = pte_get(dst, va);
				if (d == NULL) {
					error = -ENOMEM;
					break;
				}
				d -= i;
			}
			if (cow && (e & PTE_W)) {
				e &= ~PTE_W;
				if (shared)
					atomic_and(&t[i], ~PTE_W);
				else
					t[i] = e;
			}
			d[i] = e;
			pte_count(dst, d);
			fn(arg, va, e & PTE_ADDR);
		}
	}
	spin_unlock(&src->pm_lock);
	return error;
}

unsigned
pmap_query(struct pmap *pm, vaddr_t va, paddr_t *pa)
{
	unsigned flags = 0;
	pte_t *p, e = 0;

	spin_lock(&pm->pm_lock);
	p = pte_find(pm, va);
	if (p != NULL)
		e = atomic_load_relaxed(p);
	spin_unlock(&pm->pm_lock);
	if (e & PTE_USED) {
		flags = pte_flags(e);
		if (pa != NULL)
			*pa = e & PTE_ADDR;
	}
	return flags;
}

unsigned
pmap_clear_bits(struct pmap *pm, vaddr_t va, unsigned which)
{
	pte_t *p, clear = 0, e = 0;

	if (which & PMAP_ACCESSED)
		clear |= PTE_A;
	if (which & PMAP_DIRTY)
		clear |= PTE_D;
	spin_lock(&pm->pm_lock);
	p = pte_find(pm, va);
	if (p != NULL && (*p & PTE_USED) && (*p & clear))
		e = atomic_and(p, ~clear);
	spin_unlock(&pm->pm_lock);
	if ((e & PTE_P) && (e & clear))
		tlb_flush(pm, va, va + PAGE_SIZE);
	return pte_flags(e & clear) & which;
}
