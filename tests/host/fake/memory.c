/* SPDX-License-Identifier: MIT */
/*
 * tests/host/fake/memory.c: pages and kmalloc over the C library, with
 * failures on demand, counts of what lives, and junk in what is not zeroed.
 *
 * Free pages are poisoned for ASan; kmalloc's pieces are malloc's own.
 */
#include "base/page.h"
#include "base/slab.h"
#include "base/string.h"

#include "fake.h"

#include <malloc.h>
#include <stdlib.h>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#define POISON(p, n)   __asan_poison_memory_region((p), (n))
#define UNPOISON(p, n) __asan_unpoison_memory_region((p), (n))
#else
#define POISON(p, n)   ((void)(p))
#define UNPOISON(p, n) ((void)(p))
#endif

struct kmem_cache {
	const char *kc_name;
	size_t kc_size, kc_align;
	uint64_t kc_inuse;
};

uint64_t fake_direct_map;
struct page *pages;
uint64_t page_frames;

static struct list reclaimers = LIST_INIT(reclaimers);
static uint64_t nfree, next_fit = 1;
static unsigned long allocations, fail_at;
static bool failed;
static size_t kmem_live;

void
fake_mem_init(unsigned npages)
{
	uint64_t i;

	page_frames = npages + 1; /* page 0 is nobody's */
	pages = calloc(page_frames, sizeof(*pages));
	fake_direct_map = (uint64_t)aligned_alloc(PAGE_SIZE,
	    page_frames * PAGE_SIZE);
	if (pages == NULL || fake_direct_map == 0)
		fake_fail("no memory for %u pages", npages);
	POISON((void *)fake_direct_map, page_frames * PAGE_SIZE);
	pages[0].pg_flags = PG_RESERVED;
	for (i = 1; i < page_frames; i++)
		pages[i].pg_flags = PG_FREE;
	nfree = npages;
}

void
fake_fail_at(unsigned long n)
{
	fail_at = n == 0 ? 0 : allocations + n;
	failed = false;
}

bool
fake_failed(void)
{
	return failed;
}

unsigned long
fake_allocations(void)
{
	return allocations;
}

size_t
fake_kmem_live(void)
{
	return kmem_live;
}

size_t
fake_pages_live(void)
{
	return page_frames - 1 - nfree;
}

/* Counts one allocation; false: this is the one that fails. */
bool
fake_alloc_may(void)
{
	if (++allocations != fail_at)
		return true;
	failed = true;
	return false;
}

uint64_t
fake_reclaim(uint64_t npages)
{
	struct page_reclaimer *pr;
	uint64_t got = 0;

	list_foreach(pr, &reclaimers, pr_link)
		got += pr->pr_reclaim(npages);
	return got;
}

void
page_reclaimer_register(struct page_reclaimer *pr)
{
	list_add_tail(&reclaimers, &pr->pr_link);
}

/* First frame of a run of n free ones, aligned to n; 0: none. */
static uint64_t
run_find(uint64_t n)
{
	uint64_t tried, i, k;

	for (tried = 0; tried < page_frames; tried += n) {
		i = roundup2(next_fit, n);
		next_fit = i + n;
		if (i + n > page_frames) {
			next_fit = n == 1 ? 1 : n;
			i = next_fit;
			next_fit += n;
			if (i + n > page_frames)
				return 0;
		}
		for (k = 0; k < n && (pages[i + k].pg_flags & PG_FREE); k++)
			continue;
		if (k == n)
			return i;
	}
	return 0;
}

struct page *
page_alloc(unsigned order, unsigned flags)
{
	uint64_t n = UINT64_C(1) << order, i, k;
	void *p;

	if ((flags & PA_NOWAIT) == 0)
		fake_may_sleep("page_alloc");
	if (!fake_alloc_may())
		return NULL;
	i = run_find(n);
	if (i == 0 && (flags & PA_NOWAIT) == 0 && fake_reclaim(n) > 0)
		i = run_find(n);
	if (i == 0)
		return NULL;
	for (k = 0; k < n; k++) {
		memset(&pages[i + k], 0, sizeof(pages[0]));
		list_init(&pages[i + k].pg_link);
		pages[i + k].pg_flags = flags & PA_USER ? 0 : PG_KERNEL;
	}
	pages[i].pg_ref = 1;
	pages[i].pg_order = order;
	nfree -= n;
	p = page_to_virt(&pages[i]);
	UNPOISON(p, n * PAGE_SIZE);
	memset(p, flags & PA_ZERO ? 0 : 0xa5, n * PAGE_SIZE);
	return &pages[i];
}

void
page_free(struct page *pg, unsigned order)
{
	uint64_t n = UINT64_C(1) << order, k;

	if (pg->pg_mapped != 0)
		fake_fail("page freed with %u mappings", pg->pg_mapped);
	if (pg->pg_flags & (PG_FREE | PG_RESERVED | PG_BUSY | PG_LRU))
		fake_fail("page freed with flags %#x", pg->pg_flags);
	POISON(page_to_virt(pg), n * PAGE_SIZE);
	for (k = 0; k < n; k++)
		pg[k].pg_flags = PG_FREE;
	pg->pg_ref = 0;
	nfree += n;
}

bool
page_is_ram(paddr_t pa)
{
	return pa >= PAGE_SIZE && pa >> PAGE_SHIFT < page_frames;
}

void
page_stats_get(struct page_stats *ps)
{
	memset(ps, 0, sizeof(*ps));
	ps->ps_total = page_frames - 1;
	ps->ps_free = nfree;
}

static void *
piece_alloc(size_t size, size_t align, unsigned flags)
{
	void *p;

	if ((flags & KM_NOWAIT) == 0)
		fake_may_sleep("kmalloc");
	if (!fake_alloc_may())
		return NULL;
	p = align > 16 ? aligned_alloc(align, roundup2(size, align)) :
	    malloc(size);
	if (p == NULL)
		fake_fail("the host has no memory");
	memset(p, flags & KM_ZERO ? 0 : 0xa5, size);
	kmem_live++;
	return p;
}

void *
kmalloc(size_t size, unsigned flags)
{
	return piece_alloc(size, 16, flags);
}

void
kfree(void *p)
{
	if (p == NULL)
		return;
	kmem_live--;
	free(p);
}

size_t
kmalloc_usable(const void *p)
{
	return malloc_usable_size((void *)p);
}

char *
kstrdup(const char *s)
{
	size_t n = strlen(s) + 1;
	char *p = kmalloc(n, 0);

	return p == NULL ? NULL : memcpy(p, s, n);
}

struct kmem_cache *
kmem_cache_create(const char *name, size_t size, size_t align)
{
	struct kmem_cache *kc = malloc(sizeof(*kc));

	*kc = (struct kmem_cache){ name, size, align, 0 };
	return kc;
}

void *
kmem_cache_alloc(struct kmem_cache *kc, unsigned flags)
{
	void *p = piece_alloc(kc->kc_size, kc->kc_align, flags);

	kc->kc_inuse += p != NULL;
	return p;
}

void
kmem_cache_free(struct kmem_cache *kc, void *p)
{
	if (kc->kc_inuse-- == 0)
		fake_fail("cache %s: more frees than allocations",
		    kc->kc_name);
	kfree(p);
}

void
page_zero(void *page)
{
	memset(page, 0, PAGE_SIZE);
}

void
page_copy(void *dst, const void *src)
{
	memcpy(dst, src, PAGE_SIZE);
}
