/* SPDX-License-Identifier: MIT */
/*
 * sys/vm/reclaim.c: giving back cached pages when memory is short.
 *
 * One clock over all pages of objects with a store. A page begins without
 * PG_ACCESSED; a hit sets it; the hand clears it, or takes the page if it is
 * clean, unmapped and nobody's else. So what was read once goes before what
 * was read twice.
 * Locks: lru_lock (rank LRU, inside vo_lock). The hand goes the other way, so
 * it only tries vo_lock; a page on the list keeps its object alive.
 */
#include "base/panic.h"
#include "base/string.h"
#include "base/thread.h"

#include "vm/vm_internal.h"

static struct spinlock lru_lock = SPINLOCK_INIT(LR_LRU, "page lru");
static struct list lru = LIST_INIT(lru);
static uint64_t lru_pages;	 /* [lru_lock] */
static uint64_t ncached, nshmem; /* [a] */

static uint64_t cache_reclaim(uint64_t wanted);

static struct page_reclaimer reclaimer = {
	.pr_name = "page cache",
	.pr_reclaim = cache_reclaim,
};

void
reclaim_init(void)
{
	page_reclaimer_register(&reclaimer);
}

void
lru_insert(struct page *pg)
{
	spin_lock(&lru_lock);
	list_add_tail(&lru, &pg->pg_link);
	lru_pages++;
	atomic_or(&pg->pg_flags, PG_LRU);
	spin_unlock(&lru_lock);
}

void
lru_remove(struct page *pg)
{
	spin_lock(&lru_lock);
	if (atomic_and(&pg->pg_flags, ~PG_LRU) & PG_LRU) {
		list_del(&pg->pg_link);
		lru_pages--;
	}
	spin_unlock(&lru_lock);
}

void
cache_count(struct vm_object *obj, int64_t n)
{
	atomic_add_relaxed(obj->vo_ops != NULL ? &ncached : &nshmem,
	    (uint64_t)n);
}

/*
 * Looks at the page under the hand, with lru_lock held, and moves on. If it
 * can go, its object is returned locked, and the page is off the list.
 */
static struct vm_object *
hand_step(struct page **out)
{
	struct page *pg = list_first(&lru, struct page, pg_link);
	struct vm_object *obj = pg->pg_object;

	list_del(&pg->pg_link);
	list_add_tail(&lru, &pg->pg_link);
	if (atomic_and(&pg->pg_flags, ~PG_ACCESSED) & PG_ACCESSED)
		return NULL;
	if (atomic_load(&pg->pg_ref) != 1 ||
	    (atomic_load(&pg->pg_flags) & (PG_DIRTY | PG_BUSY)) != 0 ||
	    !spin_trylock(&obj->vo_lock))
		return NULL;
	/* References come from the tree with vo_lock held: look again. */
	if (atomic_load(&pg->pg_ref) != 1 ||
	    (atomic_load(&pg->pg_flags) & (PG_DIRTY | PG_BUSY)) != 0) {
		spin_unlock(&obj->vo_lock);
		return NULL;
	}
	list_del(&pg->pg_link);
	lru_pages--;
	atomic_and(&pg->pg_flags, ~PG_LRU);
	*out = pg;
	return obj;
}

static uint64_t
hand_sweep(uint64_t wanted)
{
	struct vm_object *obj;
	uint64_t got = 0, steps;
	struct page *pg;

	/* Twice round: the first may only clear PG_ACCESSED. */
	spin_lock(&lru_lock);
	for (steps = lru_pages * 2; steps > 0 && got < wanted; steps--) {
		if (list_empty(&lru))
			break;
		obj = hand_step(&pg);
		if (obj == NULL)
			continue;
		spin_unlock(&lru_lock);
		object_remove_locked(obj, pg);
		spin_unlock(&obj->vo_lock);
		page_unref(pg);
		got++;
		spin_lock(&lru_lock);
	}
	spin_unlock(&lru_lock);
	return got;
}

static uint64_t
cache_reclaim(uint64_t wanted)
{
	uint64_t got = hand_sweep(wanted);

	if (got == 0 && writeback_wait())
		got = hand_sweep(wanted);
	return got;
}

void
vm_cache_stats_get(struct vm_cache_stats *cs)
{
	uint64_t i;

	memset(cs, 0, sizeof(*cs));
	cs->cs_cached = atomic_load_relaxed(&ncached);
	cs->cs_shmem = atomic_load_relaxed(&nshmem);
	cs->cs_dirty = writeback_dirty_pages();
	cs->cs_writeback = writeback_busy_pages();
	/* Counted when asked, so that mapping a page touches no total. */
	for (i = 0; i < page_frames; i++)
		if ((pages[i].pg_flags & (PG_FREE | PG_RESERVED)) == 0 &&
		    atomic_load_relaxed(&pages[i].pg_mapped) != 0)
			cs->cs_mapped++;
}

void
vm_cache_drop(void)
{
	while (hand_sweep(UINT64_MAX) > 0)
		sched_point();
}
