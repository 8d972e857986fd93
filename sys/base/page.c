/* SPDX-License-Identifier: MIT */
/*
 * sys/base/page.c: physical pages: a buddy allocator below caches of single
 * pages on each CPU.
 *
 * Invariants: (1) a free block of order o begins at a frame that is a multiple
 * of 2^o, has PG_FREE and pg_order o in its first page only; (2) its buddy is
 * not free with the same order; (3) a page in a CPU's cache is not PG_FREE.
 * Locks: page_lock guards the free lists. A CPU's cache is used only outside
 * interrupt handlers, so it needs no lock (the kernel is not preempted).
 */
#include <machine/bootinfo.h>
#include <machine/cpu.h>

#include "base/kprintf.h"
#include "base/lock.h"
#include "base/page.h"
#include "base/panic.h"
#include "base/string.h"
#include "base/thread.h"

#define ORDERS	     11 /* blocks up to 4 MiB */
#define CACHE_MAX    64 /* pages on a CPU */
#define CACHE_BATCH  32
#define RESERVE_PCT  1  /* of memory, which PA_USER may not take */

struct page_cache {
	struct page *pc_pages[CACHE_MAX];
	unsigned pc_n;
	int64_t pc_kernel; /* pages taken less pages given, kernel's */
};

struct page *pages;
uint64_t page_frames;

static struct spinlock page_lock = SPINLOCK_INIT(LR_PAGE, "page");
/* Blocks below and from 4 GiB up. */
static struct list free_lists[2][ORDERS];
static uint64_t nfree, ntotal, nimage, reserve;
static int64_t boot_kernel; /* taken where there was no CPU cache */
static struct page_cache caches[MAXCPU];
static struct list reclaimers = LIST_INIT(reclaimers);

#define ZONE_SPLIT (UINT64_C(1) << (32 - PAGE_SHIFT))

static unsigned
zone_of(uint64_t frame)
{
	return frame >= ZONE_SPLIT;
}

/* page_lock held. */
static void
block_insert(uint64_t frame, unsigned order)
{
	struct page *pg = &pages[frame];

	pg->pg_flags = PG_FREE;
	pg->pg_order = order;
	list_add_head(&free_lists[zone_of(frame)][order], &pg->pg_link);
}

/* page_lock held. */
static void
block_free(uint64_t frame, unsigned order)
{
	nfree += UINT64_C(1) << order;
	while (order < ORDERS - 1) {
		uint64_t buddy = frame ^ (UINT64_C(1) << order);

		if (buddy >= page_frames ||
		    !(pages[buddy].pg_flags & PG_FREE) ||
		    pages[buddy].pg_order != order)
			break;
		list_del(&pages[buddy].pg_link);
		pages[buddy].pg_flags = 0;
		frame &= ~(UINT64_C(1) << order);
		order++;
	}
	block_insert(frame, order);
}

/* page_lock held. */
static struct page *
block_alloc_zone(unsigned zone, unsigned order)
{
	for (unsigned o = order; o < ORDERS; o++) {
		struct page *pg;
		uint64_t frame;

		if (list_empty(&free_lists[zone][o]))
			continue;
		pg = list_first(&free_lists[zone][o], struct page, pg_link);
		list_del(&pg->pg_link);
		pg->pg_flags = 0;
		frame = (uint64_t)(pg - pages);
		while (o > order) {
			o--;
			block_insert(frame + (UINT64_C(1) << o), o);
		}
		nfree -= UINT64_C(1) << order;
		return pg;
	}
	return NULL;
}

static struct page *
block_alloc(unsigned order, unsigned flags)
{
	struct page *pg = NULL;

	if ((flags & PA_USER) && nfree <= reserve)
		return NULL;
	if (!(flags & PA_DMA32))
		pg = block_alloc_zone(1, order);
	if (pg == NULL)
		pg = block_alloc_zone(0, order);
	return pg;
}

/* The cache of this CPU, or NULL where it may not be used. */
static struct page_cache *
this_cache(void)
{
	struct cpu *c = curcpu();

	return c->c_intr_depth == 0 ? c->c_pages : NULL;
}

/*
 * The largest free block of at most 2^*order pages, or else a piece of a
 * larger one: what is in pieces already is used up first.
 */
static struct page *
block_alloc_upto(unsigned *order, unsigned flags)
{
	for (unsigned zone = 2; zone-- > 0;) {
		for (unsigned o = *order + 1; o-- > 0;) {
			if (list_empty(&free_lists[zone][o]))
				continue;
			*order = o;
			return block_alloc(o, flags);
		}
	}
	return block_alloc(*order, flags);
}

/* Whole blocks: pages taken one by one would split and search for each. */
static struct page *
cache_refill(struct page_cache *pc, unsigned flags)
{
	uint64_t irq = spin_lock_irq(&page_lock);

	while (pc->pc_n < CACHE_BATCH) {
		unsigned order = 31u -
		    (unsigned)__builtin_clz(CACHE_BATCH - pc->pc_n);
		struct page *pg = block_alloc_upto(&order, flags);

		if (pg == NULL)
			break;
		for (unsigned i = 1u << order; i-- > 0;)
			pc->pc_pages[pc->pc_n++] = pg + i;
	}
	spin_unlock_irq(&page_lock, irq);
	return pc->pc_n > 0 ? pc->pc_pages[--pc->pc_n] : NULL;
}

static void
cache_drain(struct page_cache *pc, unsigned keep)
{
	uint64_t irq = spin_lock_irq(&page_lock);

	while (pc->pc_n > keep)
		block_free((uint64_t)(pc->pc_pages[--pc->pc_n] - pages), 0);
	spin_unlock_irq(&page_lock, irq);
}

static struct page *
alloc_once(unsigned order, unsigned flags)
{
	struct page_cache *pc = this_cache();
	struct page *pg;
	uint64_t irq;

	if (order == 0 && pc != NULL && !(flags & PA_DMA32)) {
		if (likely(pc->pc_n > 0))
			return pc->pc_pages[--pc->pc_n];
		return cache_refill(pc, flags);
	}
	irq = spin_lock_irq(&page_lock);
	pg = block_alloc(order, flags);
	spin_unlock_irq(&page_lock, irq);
	return pg;
}

static bool
reclaim(unsigned order)
{
	struct page_reclaimer *pr;
	uint64_t got = 0, want = MAX(UINT64_C(1) << order, CACHE_BATCH);

	if (this_cache() != NULL)
		cache_drain(this_cache(), 0);
	list_foreach(pr, &reclaimers, pr_link)
		got += pr->pr_reclaim(want);
	return got > 0;
}

static void
count_kernel(struct page_cache *pc, int64_t n)
{
	if (pc != NULL)
		pc->pc_kernel += n;
	else
		atomic_add_relaxed(&boot_kernel, n);
}

struct page *
page_alloc(unsigned order, unsigned flags)
{
	struct page *pg;

	KASSERT(order < ORDERS);
	pg = alloc_once(order, flags);
	for (int tries = 0; unlikely(pg == NULL) && tries < 8; tries++) {
		if ((flags & PA_NOWAIT) || !reclaim(order))
			return NULL;
		pg = alloc_once(order, flags);
	}
	if (pg == NULL)
		return NULL;
	pg->pg_ref = 1;
	pg->pg_mapped = 0;
	pg->pg_object = NULL;
	pg->pg_flags = 0;
	if (!(flags & PA_USER)) {
		pg->pg_flags = PG_KERNEL;
		count_kernel(this_cache(), INT64_C(1) << order);
	}
	if (flags & PA_ZERO) {
		for (uint64_t i = 0; i < UINT64_C(1) << order; i++)
			page_zero(page_to_virt(pg + i));
	}
	return pg;
}

void
page_free(struct page *pg, unsigned order)
{
	struct page_cache *pc = this_cache();
	uint64_t irq;

	DASSERT(!(pg->pg_flags & (PG_FREE | PG_RESERVED)));
	if (pg->pg_flags & PG_KERNEL)
		count_kernel(pc, -(INT64_C(1) << order));
	pg->pg_flags = 0;
	if (order == 0 && pc != NULL) {
		if (unlikely(pc->pc_n == CACHE_MAX))
			cache_drain(pc, CACHE_MAX - CACHE_BATCH);
		pc->pc_pages[pc->pc_n++] = pg;
		return;
	}
	irq = spin_lock_irq(&page_lock);
	block_free((uint64_t)(pg - pages), order);
	spin_unlock_irq(&page_lock, irq);
}

bool
page_is_ram(paddr_t pa)
{
	uint64_t frame = pa >> PAGE_SHIFT;

	return frame < page_frames && !(pages[frame].pg_flags & PG_RESERVED);
}

void
page_stats_get(struct page_stats *ps)
{
	ps->ps_total = ntotal;
	ps->ps_free = nfree;
	ps->ps_kernel = nimage + (uint64_t)boot_kernel;
	for (unsigned i = 0; i < ncpus; i++) {
		ps->ps_free += caches[i].pc_n;
		ps->ps_kernel += (uint64_t)caches[i].pc_kernel;
	}
	ps->ps_slab = 0;
	ps->ps_image = nimage;
}

void
page_reclaimer_register(struct page_reclaimer *pr)
{
	list_add_tail(&reclaimers, &pr->pr_link);
}

void
page_cpu_init(struct cpu *c)
{
	c->c_pages = &caches[c->c_id];
}

static const struct bi_memrange *
memmap_of(const struct bootinfo *bi)
{
	return phys_to_virt(bi->bi_memmap);
}

/* RAM for the array of pages: the first usable range that has room. */
static paddr_t
steal(const struct bootinfo *bi, uint64_t bytes)
{
	const struct bi_memrange *mr = memmap_of(bi);

	for (uint32_t i = 0; i < bi->bi_memmap_count; i++) {
		uint64_t base = MAX(page_round(mr[i].mr_base), 1ul << 20);

		if (mr[i].mr_type == BI_MEM_USABLE &&
		    base + bytes <= mr[i].mr_base + mr[i].mr_length)
			return base;
	}
	panic("no room for the page array: %llu bytes",
	    (unsigned long long)bytes);
}

static bool
range_is_ram(const struct bi_memrange *mr)
{
	return mr->mr_type == BI_MEM_USABLE || mr->mr_type == BI_MEM_KERNEL ||
	    mr->mr_type == BI_MEM_LOADER;
}

/*
 * Everything is reserved until it is found to be RAM; usable RAM that the
 * array itself does not occupy is freed into the buddy lists.
 */
void
page_init(const struct bootinfo *bi)
{
	const struct bi_memrange *mr = memmap_of(bi);
	uint64_t bytes, top = 0;
	paddr_t array;

	for (int z = 0; z < 2; z++) {
		for (int o = 0; o < ORDERS; o++)
			list_init(&free_lists[z][o]);
	}
	for (uint32_t i = 0; i < bi->bi_memmap_count; i++) {
		if (range_is_ram(&mr[i]))
			top = MAX(top, mr[i].mr_base + mr[i].mr_length);
	}
	page_frames = top >> PAGE_SHIFT;
	bytes = page_round(page_frames * sizeof(struct page));
	array = steal(bi, bytes);
	pages = phys_to_virt(array);
	memset(pages, 0, bytes);
	for (uint64_t f = 0; f < page_frames; f++)
		pages[f].pg_flags = PG_RESERVED;
	for (uint32_t i = 0; i < bi->bi_memmap_count; i++) {
		uint64_t f = page_round(mr[i].mr_base) >> PAGE_SHIFT;
		uint64_t e = (mr[i].mr_base + mr[i].mr_length) >> PAGE_SHIFT;

		if (!range_is_ram(&mr[i]))
			continue;
		for (; f < e; f++) {
			paddr_t pa = f << PAGE_SHIFT;

			pages[f].pg_flags = 0;
			ntotal++;
			if (mr[i].mr_type != BI_MEM_USABLE ||
			    (pa >= array && pa < array + bytes) ||
			    pa < (1ul << 20)) {
				pages[f].pg_ref = 1;
				nimage++;
				continue;
			}
			block_free(f, 0);
		}
	}
	reserve = ntotal * RESERVE_PCT / 100 + 64;
}
