/* SPDX-License-Identifier: MIT */
/*
 * sys/base/page.h: physical pages.
 *
 * Every page of RAM has a struct page. page_alloc() takes 2^order of them
 * from a buddy allocator (single pages from a cache of the CPU). A page is
 * born with one reference; page_unref() of the last one frees it. Mappings in
 * page tables and the page cache each hold one.
 * Locks: [a] atomic, [o] the lock of pg_object, otherwise the owner.
 */
#ifndef BASE_PAGE_H
#define BASE_PAGE_H

#include "base/atomic.h"
#include "base/list.h"
#include "base/types.h"

#include <machine/layout.h>

struct vm_object;

struct page {
	uint32_t pg_ref;    /* [a] references */
	uint32_t pg_flags;  /* [a] PG_ */
	uint32_t pg_order;  /* free: its order; slab: owner's use */
	uint32_t pg_mapped; /* [a] page table entries of user space */
	struct list pg_link; /* owner's: free list, LRU, slab list */
	void *pg_object;    /* [o] struct vm_object, or slab cache */
	uint64_t pg_index;  /* [o] page number in the object */
};

#define PG_FREE	    0x001 /* in the buddy allocator */
#define PG_RESERVED 0x002 /* never RAM for us */
#define PG_SLAB	    0x004
#define PG_UPTODATE 0x008 /* contents valid */
#define PG_DIRTY    0x010 /* must be written before it can go */
#define PG_BUSY	    0x020 /* I/O under way: wait */
#define PG_ERROR    0x040 /* the last read failed */
#define PG_LRU	    0x080 /* on a reclaim list */
#define PG_ACCESSED 0x100
#define PG_WRITEBACK 0x200
#define PG_KERNEL   0x400 /* counted as kernel memory */

/* Flags of page_alloc(). */
#define PA_ZERO	  0x1
#define PA_DMA32  0x2 /* below 4 GiB */
#define PA_NOWAIT 0x4 /* no reclaim: interrupt context, or under spin locks */
#define PA_USER	  0x8 /* for user space or its cache: may not eat reserves */

struct bootinfo;
struct cpu;

extern struct page *pages; /* [I] index: page frame number */
extern uint64_t page_frames; /* [I] entries of pages */

void page_init(const struct bootinfo *);
void page_cpu_init(struct cpu *); /* from then on it caches pages */
struct page *page_alloc(unsigned order, unsigned flags) __must_check;
void page_free(struct page *, unsigned order);

static inline paddr_t
page_to_phys(const struct page *pg)
{
	return (paddr_t)(pg - pages) << PAGE_SHIFT;
}

static inline struct page *
phys_to_page(paddr_t pa)
{
	return &pages[pa >> PAGE_SHIFT];
}

static inline void *
phys_to_virt(paddr_t pa)
{
	return (void *)(pa + DIRECT_MAP_BASE);
}

/* Of a direct-map address only. */
static inline paddr_t
virt_to_phys(const void *p)
{
	return (paddr_t)p - DIRECT_MAP_BASE;
}

static inline void *
page_to_virt(const struct page *pg)
{
	return phys_to_virt(page_to_phys(pg));
}

static inline struct page *
virt_to_page(const void *p)
{
	return phys_to_page(virt_to_phys(p));
}

/* Is this physical address RAM with a struct page that counts references? */
bool page_is_ram(paddr_t);

static inline void
page_ref(struct page *pg)
{
	atomic_add_relaxed(&pg->pg_ref, 1);
}

static inline void
page_unref(struct page *pg)
{
	if (atomic_sub(&pg->pg_ref, 1) == 0)
		page_free(pg, 0);
}

struct page_stats {
	uint64_t ps_total;  /* pages of RAM managed */
	uint64_t ps_free;
	uint64_t ps_kernel; /* taken without PA_USER, and boot's own */
	uint64_t ps_slab;
	uint64_t ps_image;  /* kernel image and page array */
};
void page_stats_get(struct page_stats *);

/*
 * Called without locks when memory is short; gives back what it can and says
 * how many pages. Registered by the page cache and others.
 */
struct page_reclaimer {
	struct list pr_link;
	const char *pr_name;
	uint64_t (*pr_reclaim)(uint64_t pages_wanted);
};
void page_reclaimer_register(struct page_reclaimer *);

#endif
