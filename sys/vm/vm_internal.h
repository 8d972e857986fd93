/* SPDX-License-Identifier: MIT */
/*
 * sys/vm/vm_internal.h: what the files of vm/ share with each other only.
 */
#ifndef VM_INTERNAL_H
#define VM_INTERNAL_H

#include "base/page.h"
#include "base/types.h"

#include "vm/object.h"
#include "vm/vmspace.h"

/* --- radix.c: index to page; the owner's vo_lock gives exclusion --------- */
struct radix_node;

/* Nodes got before the lock was taken, linked through their first slot. */
struct radix_spare {
	struct radix_node *rs_first;
};

void radix_init(void);
struct page *radix_lookup(void *root, uint64_t index);
/* 0, -EEXIST, or -EAGAIN: drop the lock, radix_refill(), try again. */
int radix_insert(void **root, uint64_t index, struct page *,
    struct radix_spare *) __must_check;
int radix_refill(struct radix_spare *) __must_check; /* sleeps; -ENOMEM */
void radix_spare_free(struct radix_spare *);
void radix_remove(void **root, uint64_t index);
void radix_dirty_set(void *root, uint64_t index, bool dirty);
/* The first page at or after *index (dirty: the first dirty one), NULL: none.
 * *index gets its place. */
struct page *radix_next(void *root, uint64_t *index, bool dirty);

/* --- pagewait.c: PG_BUSY ------------------------------------------------- */
void page_wait_init(void);
void page_wait_unbusy(struct page *); /* the caller holds a reference */
void page_unbusy(struct page *, unsigned flags_to_clear);

/* --- object.c ------------------------------------------------------------ */
/* Puts pg (busy or uptodate, the caller's reference stays) at index, with
 * vo_lock held only inside. sized: -EFBIG beyond vo_size. -EEXIST -ENOMEM. */
int object_insert(struct vm_object *, uint64_t index, struct page *,
    bool sized) __must_check;
/* Takes pg out and drops the tree's reference later, by the caller. vo_lock
 * held. */
void object_remove_locked(struct vm_object *, struct page *);
/* vm_object_getpage() for want pages read ahead; *read says if I/O was done. */
int object_getpage(struct vm_object *, uint64_t index, unsigned flags,
    unsigned want, struct page **out, bool *read) __must_check;
void object_wait_flushers(struct vm_object *);

/* --- writeback.c --------------------------------------------------------- */
#define OBJECT_BATCH 32u /* pages of one op_read or op_write at most */

void writeback_init(void);
void object_dirty_locked(struct vm_object *, struct page *);
void object_clean_locked(struct vm_object *, struct page *);
/* Dirty pages of [first, end) are written; vo_io_lock is taken. */
int object_write_range(struct vm_object *, uint64_t first, uint64_t end)
    __must_check;
/* A writer has made pages dirty: wakes the flusher, helps if too many. */
void writeback_balance(struct vm_object *);
/* Wakes the flusher; true if something was cleaned within a short time. */
bool writeback_wait(void);
uint64_t writeback_dirty_pages(void);
uint64_t writeback_busy_pages(void);

/* --- truncate.c ---------------------------------------------------------- */
/* Unmaps, or takes write permission from, each mapping of pages [first, end).
 * vo_lock held. even_copies: private copies of them too. */
void object_unmap_locked(struct vm_object *, uint64_t first, uint64_t end,
    bool even_copies);
/* Zeroes from size to the end of its page: before writing far beyond it. */
int object_tail_clear(struct vm_object *, uint64_t size) __must_check;
void object_wrprotect_locked(struct vm_object *, uint64_t index);

/* --- reclaim.c ----------------------------------------------------------- */
void reclaim_init(void);
void lru_insert(struct page *);
void lru_remove(struct page *);
void cache_count(struct vm_object *, int64_t pages);

static inline void
lru_touch(struct page *pg)
{
	if ((atomic_load_relaxed(&pg->pg_flags) & PG_ACCESSED) == 0)
		atomic_or(&pg->pg_flags, PG_ACCESSED);
}

/* --- area.c: vs_lock held to write --------------------------------------- */
#define VM_MAXAREAS   65530u
#define VM_STACK_GAP  (256 * PAGE_SIZE)

void area_init(void);
struct vm_area *area_alloc(void) __must_check;
void area_free(struct vm_area *);
/* Copies of the description take references of their own. */
struct vm_area *area_clone(const struct vm_area *, struct vmspace *)
    __must_check;
void area_link(struct vmspace *, struct vm_area *);
/* Off the tree and the object, on to `dead`; area_release() does the rest,
 * when no lock is held. */
void area_unlink(struct vm_area *, struct list *dead);
void area_release(struct list *dead);
/* Cuts a in two at `at`; a keeps the lower part. *upper gets the other. */
int area_split(struct vm_area *, vaddr_t at, struct vm_area **upper)
    __must_check;
/* What of *ap lies in [start, end), cut off on both sides; *ap is that. */
int area_clip(struct vm_area **ap, vaddr_t start, vaddr_t end) __must_check;
void area_resize(struct vm_area *, vaddr_t start, vaddr_t end);
/* Joins a with equal neighbours; returns the area that is left. */
struct vm_area *area_merge(struct vm_area *, struct list *dead);
struct vm_area *area_prev(struct vm_area *);
/* The first area that ends after va. */
struct vm_area *area_at_or_after(struct vmspace *, vaddr_t);
/* Makes va a border of areas; *out: the first area at or after va. */
int area_cut(struct vmspace *, vaddr_t va, struct vm_area **out) __must_check;
static inline bool
area_private_anon(const struct vm_area *a)
{
	return a->va_object == NULL && (a->va_flags & VA_PHYS) == 0;
}
const struct vm_file_ops *vm_file_ops(void);

/* --- map.c, with vs_lock held to write ----------------------------------- */
int map_check_range(vaddr_t, uint64_t len) __must_check;
bool map_overcommits(uint64_t len);
vaddr_t map_find_gap(struct vmspace *, vaddr_t hint, uint64_t len,
    vaddr_t floor, vaddr_t ceiling);
int unmap_locked(struct vmspace *, vaddr_t start, vaddr_t end,
    struct list *dead) __must_check;
void map_populate(struct vmspace *, vaddr_t start, vaddr_t end);

/* --- fault.c ------------------------------------------------------------- */
unsigned area_pmap_prot(const struct vm_area *);
/* pmap_remove() callback; arg is the area: drops what a mapping held. */
void fault_unmapped(void *area, vaddr_t, paddr_t, unsigned flags);
void fault_init(void);
bool page_is_shared_zero(paddr_t);
/* Between these, what is mapped in area stays; see fault.c. Spin locks. */
void fault_freeze(struct vmspace *, struct vm_area *);
void fault_thaw(struct vmspace *, struct vm_area *);

#endif
