/* SPDX-License-Identifier: MIT */
/*
 * tests/host/fake/pmap.c: page tables as an unordered table of entries.
 * Allocations that the real one makes may fail here too.
 */
#include "base/page.h"
#include "base/string.h"

#include <abi/errno.h>

#include "fake.h"
#include "pmap.h"

#include <stdlib.h>

struct entry {
	vaddr_t e_va;
	paddr_t e_pa;
	unsigned e_prot;
};

struct table {
	struct entry *t_entry;
	unsigned t_count, t_size;
};

struct pmap kernel_pmap;

static struct table *
table_of(struct pmap *pm)
{
	return (struct table *)pm->pm_root;
}

static struct entry *
entry_find(struct pmap *pm, vaddr_t va)
{
	struct table *t = table_of(pm);
	unsigned i;

	for (i = 0; i < t->t_count; i++)
		if (t->t_entry[i].e_va == va)
			return &t->t_entry[i];
	return NULL;
}

static void
entry_add(struct pmap *pm, vaddr_t va, paddr_t pa, unsigned prot)
{
	struct table *t = table_of(pm);

	if (t->t_count == t->t_size) {
		t->t_size = t->t_size * 2 + 64;
		t->t_entry = realloc(t->t_entry,
		    t->t_size * sizeof(struct entry));
	}
	t->t_entry[t->t_count++] = (struct entry){ va, pa, prot };
	pm->pm_resident++;
}

int
pmap_init(struct pmap *pm)
{
	if (!fake_alloc_may())
		return -ENOMEM;
	memset(pm, 0, sizeof(*pm));
	spin_init(&pm->pm_lock, LR_PMAP, "pmap");
	pm->pm_root = (paddr_t)calloc(1, sizeof(struct table));
	return 0;
}

void
pmap_destroy(struct pmap *pm)
{
	struct table *t = table_of(pm);

	if (t->t_count != 0)
		fake_fail("pmap destroyed with %u pages mapped", t->t_count);
	free(t->t_entry);
	free(t);
	pm->pm_root = 0;
}

void
pmap_activate(struct pmap *pm)
{
}

void
pmap_flush_all(struct pmap *pm)
{
}

static void
enter_check(struct pmap *pm, vaddr_t va, paddr_t pa)
{
	if ((va | pa) & PAGE_MASK || va < USER_MIN || va >= USER_MAX)
		fake_fail("pmap_enter of %#lx at %#lx", (long)pa, (long)va);
	spin_lock(&pm->pm_lock);
	spin_unlock(&pm->pm_lock);
}

int
pmap_enter(struct pmap *pm, vaddr_t va, paddr_t pa, unsigned prot,
    paddr_t *old)
{
	struct entry *e = entry_find(pm, va);

	enter_check(pm, va, pa);
	if (old != NULL)
		*old = e != NULL ? e->e_pa : ~(paddr_t)0;
	if (e != NULL) {
		e->e_pa = pa;
		e->e_prot = prot;
		return 0;
	}
	if (!fake_alloc_may())
		return -ENOMEM;
	entry_add(pm, va, pa, prot);
	return 0;
}

int
pmap_enter_new(struct pmap *pm, vaddr_t va, paddr_t pa, unsigned prot)
{
	enter_check(pm, va, pa);
	if (entry_find(pm, va) != NULL)
		return -EEXIST;
	if (!fake_alloc_may())
		return -ENOMEM;
	entry_add(pm, va, pa, prot);
	return 0;
}

int
pmap_enter_run(struct pmap *pm, vaddr_t va, struct page *const *pg, unsigned n,
    unsigned prot)
{
	unsigned i;
	int error = 0;

	for (i = 0; i < n && error == 0; i++, va += PAGE_SIZE)
		error = pmap_enter_new(pm, va, page_to_phys(pg[i]), prot);
	if (error != 0)
		i--;
	return i == 0 ? error : (int)i;
}

void
pmap_remove(struct pmap *pm, vaddr_t start, vaddr_t end,
    void (*fn)(void *, vaddr_t, paddr_t, unsigned), void *arg)
{
	struct table *t = table_of(pm);
	struct entry e;
	unsigned i;

	spin_lock(&pm->pm_lock);
	for (i = 0; i < t->t_count;) {
		e = t->t_entry[i];
		if (e.e_va < start || e.e_va >= end) {
			i++;
			continue;
		}
		t->t_entry[i] = t->t_entry[--t->t_count];
		pm->pm_resident--;
		fn(arg, e.e_va, e.e_pa, e.e_prot);
	}
	spin_unlock(&pm->pm_lock);
}

void
pmap_protect(struct pmap *pm, vaddr_t start, vaddr_t end, unsigned prot)
{
	struct table *t = table_of(pm);
	unsigned i, keep, now;

	spin_lock(&pm->pm_lock);
	for (i = 0; i < t->t_count; i++) {
		struct entry *e = &t->t_entry[i];

		if (e->e_va < start || e->e_va >= end)
			continue;
		keep = e->e_prot & (PMAP_UC | PMAP_WC | PMAP_ACCESSED |
		    PMAP_DIRTY);
		now = prot & (PMAP_READ | PMAP_WRITE | PMAP_EXEC |
		    PMAP_USER);
		if ((e->e_prot & PMAP_WRITE) == 0)
			now &= ~PMAP_WRITE;
		e->e_prot = keep | now;
	}
	spin_unlock(&pm->pm_lock);
}

int
pmap_fork(struct pmap *dst, struct pmap *src, vaddr_t start, vaddr_t end,
    bool cow, void (*fn)(void *, vaddr_t, paddr_t), void *arg)
{
	struct table *t = table_of(src);
	unsigned i;

	for (i = 0; i < t->t_count; i++) {
		struct entry *e = &t->t_entry[i];

		if (e->e_va < start || e->e_va >= end)
			continue;
		if (!fake_alloc_may())
			return -ENOMEM;
		if (cow)
			e->e_prot &= ~PMAP_WRITE;
		fn(arg, e->e_va, e->e_pa);
		entry_add(dst, e->e_va, e->e_pa, e->e_prot);
	}
	return 0;
}

unsigned
pmap_query(struct pmap *pm, vaddr_t va, paddr_t *pa)
{
	struct entry *e = entry_find(pm, page_trunc(va));

	if (e == NULL)
		return 0;
	if (pa != NULL)
		*pa = e->e_pa;
	return e->e_prot;
}

unsigned
pmap_clear_bits(struct pmap *pm, vaddr_t va, unsigned which)
{
	struct entry *e = entry_find(pm, page_trunc(va));
	unsigned had;

	if (e == NULL)
		return 0;
	had = e->e_prot & which;
	e->e_prot &= ~which;
	return had;
}

void *
fake_mmu(struct pmap *pm, vaddr_t va, bool write)
{
	struct entry *e = entry_find(pm, page_trunc(va));

	if (e == NULL || (e->e_prot & PMAP_USER) == 0 ||
	    (write && (e->e_prot & PMAP_WRITE) == 0))
		return NULL;
	e->e_prot |= PMAP_ACCESSED | (write ? PMAP_DIRTY : 0);
	return (char *)phys_to_virt(e->e_pa) + (va & PAGE_MASK);
}

unsigned
fake_pmap_count(struct pmap *pm)
{
	return table_of(pm)->t_count;
}
