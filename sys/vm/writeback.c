/* SPDX-License-Identifier: MIT */
/*
 * sys/vm/writeback.c: dirty pages, and writing them: on request, by age, and
 * when there are too many.
 *
 * The thread `pageflush` sleeps while nothing is dirty. It writes an object
 * FLUSH_AGE after its first page became dirty, and all of them while dirty
 * pages are more than a tenth of memory. A writer that meets more than a
 * fifth writes its own file itself, which paces it to the disk.
 *
 * Invariants: (1) an object is on dirty_objects if and only if vo_ndirty > 0;
 * but for VO_NODIRTY ones. (2) A page loses PG_DIRTY before its mappings lose
 * write permission, and a write fault maps first and sets PG_DIRTY then, so a
 * store is either seen by the write-out or leaves the page dirty. (3) A page
 * that could not be written stays dirty, and vo_error says so once.
 * Locks: dirty_lock for the list and [d] fields; vo_io_lock: one write-out of
 * an object at a time.
 */
#include "base/clock.h"
#include "base/init.h"
#include "base/panic.h"
#include "base/thread.h"
#include "base/waitq.h"

#include <abi/errno.h>

#include "vm/vm_internal.h"

#define FLUSH_AGE (5 * NSEC_PER_SEC)
#define HELP_WAIT (100 * NSEC_PER_MSEC) /* of an allocation, for a write-out */

static struct spinlock dirty_lock = SPINLOCK_INIT(LR_LRU, "dirty objects");
static struct list dirty_objects = LIST_INIT(dirty_objects);
static uint64_t nobjects; /* [dirty_lock] on it */
static struct waitq flush_wq = WAITQ_INIT(flush_wq); /* the flusher */
static struct waitq clean_wq = WAITQ_INIT(clean_wq); /* who waits for it */
static uint64_t ndirty, nwriteback;	/* [a] pages */
static uint64_t ncleaned;		/* [a] pages ever written */
static uint32_t flush_asked;		/* [a] do not wait for the age */
static uint64_t limit_flush, limit_help; /* [I] pages */

void
writeback_init(void)
{
	struct page_stats ps;

	page_stats_get(&ps);
	limit_flush = ps.ps_total / 10;
	limit_help = ps.ps_total / 5;
}

uint64_t
writeback_dirty_pages(void)
{
	return atomic_load_relaxed(&ndirty);
}

uint64_t
writeback_busy_pages(void)
{
	return atomic_load_relaxed(&nwriteback);
}

void
object_dirty_locked(struct vm_object *obj, struct page *pg)
{
	if (pg->pg_object != obj || (obj->vo_flags & VO_NODIRTY) ||
	    (atomic_or(&pg->pg_flags, PG_DIRTY) & PG_DIRTY))
		return;
	radix_dirty_set(obj->vo_tree, pg->pg_index, true);
	atomic_add_relaxed(&ndirty, 1);
	if (obj->vo_ndirty++ > 0)
		return;
	spin_lock(&dirty_lock);
	if (!list_linked(&obj->vo_dirty_link)) {
		obj->vo_dirtied = clock_mono();
		list_add_tail(&dirty_objects, &obj->vo_dirty_link);
		nobjects++;
	}
	spin_unlock(&dirty_lock);
	atomic_fence(); /* the flusher queues itself, then looks at the list */
	if (waitq_has_sleepers(&flush_wq))
		waitq_wake_all(&flush_wq);
}

void
object_clean_locked(struct vm_object *obj, struct page *pg)
{
	if ((atomic_load_relaxed(&pg->pg_flags) & PG_DIRTY) == 0)
		return;
	atomic_and(&pg->pg_flags, ~PG_DIRTY);
	radix_dirty_set(obj->vo_tree, pg->pg_index, false);
	atomic_sub(&ndirty, 1);
	if (--obj->vo_ndirty > 0)
		return;
	spin_lock(&dirty_lock);
	list_del(&obj->vo_dirty_link);
	nobjects--;
	spin_unlock(&dirty_lock);
}

void
vm_object_dirty(struct vm_object *obj, struct page *pg)
{
	if ((obj->vo_flags & VO_NODIRTY) ||
	    (atomic_load(&pg->pg_flags) & PG_DIRTY))
		return;
	spin_lock(&obj->vo_lock);
	object_dirty_locked(obj, pg);
	spin_unlock(&obj->vo_lock);
}

/*
 * The next run of dirty pages in [*index, end), made busy and clean. Returns
 * its length; 0: none left. A busy page at its head is waited for.
 */
static unsigned
run_take(struct vm_object *obj, uint64_t *index, uint64_t end,
    struct page **run)
{
	struct page *pg;
	uint64_t at;
	unsigned n;

again:
	n = 0;
	at = *index;
	spin_lock(&obj->vo_lock);
	while (n < OBJECT_BATCH &&
	    (pg = radix_next(obj->vo_tree, &at, true)) != NULL && at < end &&
	    (n == 0 || at == run[0]->pg_index + n)) {
		page_ref(pg);
		if (atomic_load(&pg->pg_flags) & PG_BUSY) {
			spin_unlock(&obj->vo_lock);
			if (n == 0)
				page_wait_unbusy(pg);
			page_unref(pg);
			if (n == 0)
				goto again;
			*index = run[0]->pg_index + n;
			return n;
		}
		object_clean_locked(obj, pg);
		atomic_or(&pg->pg_flags, PG_BUSY | PG_WRITEBACK);
		if (atomic_load(&pg->pg_mapped) != 0)
			object_wrprotect_locked(obj, at);
		run[n++] = pg;
		at++;
	}
	spin_unlock(&obj->vo_lock);
	if (n > 0)
		*index = run[0]->pg_index + n;
	return n;
}

static int
run_write(struct vm_object *obj, struct page **run, unsigned n)
{
	unsigned i;
	int error;

	atomic_add_relaxed(&nwriteback, n);
	error = obj->vo_ops->op_write(obj, run, n);
	if (error != 0) {
		spin_lock(&obj->vo_lock);
		for (i = 0; i < n; i++)
			object_dirty_locked(obj, run[i]);
		if (obj->vo_error == 0)
			obj->vo_error = error;
		spin_unlock(&obj->vo_lock);
	} else {
		atomic_add_relaxed(&ncleaned, n);
	}
	for (i = 0; i < n; i++) {
		page_unbusy(run[i], PG_WRITEBACK);
		page_unref(run[i]);
	}
	atomic_sub(&nwriteback, n);
	if (waitq_has_sleepers(&clean_wq))
		waitq_wake_all(&clean_wq);
	return error;
}

int
object_write_range(struct vm_object *obj, uint64_t first, uint64_t end)
{
	struct page *run[OBJECT_BATCH];
	uint64_t index = first;
	int error, result = 0;
	unsigned n;

	if (obj->vo_ops == NULL || obj->vo_ops->op_write == NULL)
		return 0;
	mutex_lock(&obj->vo_io_lock);
	while ((n = run_take(obj, &index, end, run)) > 0) {
		error = run_write(obj, run, n);
		if (result == 0)
			result = error;
		sched_point();
	}
	mutex_unlock(&obj->vo_io_lock);
	return result;
}

int
vm_object_sync(struct vm_object *obj, uint64_t start, uint64_t end)
{
	uint64_t last = end == 0 ? UINT64_MAX : howmany(end, PAGE_SIZE);
	int error, earlier;

	error = object_write_range(obj, start >> PAGE_SHIFT, last);
	if (atomic_load_relaxed(&obj->vo_error) == 0)
		return error;
	spin_lock(&obj->vo_lock);
	earlier = obj->vo_error;
	obj->vo_error = 0;
	spin_unlock(&obj->vo_lock);
	return error != 0 ? error : earlier;
}

/*
 * Takes the first object that became dirty by `until` for the caller to
 * write; it cannot be destroyed before flush_put().
 */
static struct vm_object *
flush_get(nsec_t until)
{
	struct vm_object *obj = NULL;

	spin_lock(&dirty_lock);
	if (!list_empty(&dirty_objects)) {
		obj = list_first(&dirty_objects, struct vm_object,
		    vo_dirty_link);
		if (obj->vo_dirtied > until) {
			obj = NULL;
		} else {
			/* If pages stay dirty it has another turn later. */
			list_del(&obj->vo_dirty_link);
			list_add_tail(&dirty_objects, &obj->vo_dirty_link);
			obj->vo_dirtied = clock_mono();
			obj->vo_flushers++;
		}
	}
	spin_unlock(&dirty_lock);
	return obj;
}

static void
flush_put(struct vm_object *obj)
{
	spin_lock(&dirty_lock);
	obj->vo_flushers--;
	spin_unlock(&dirty_lock);
	waitq_wake_all(&clean_wq);
}

static bool
flushers_gone(struct vm_object *obj)
{
	bool gone;

	spin_lock(&dirty_lock);
	gone = obj->vo_flushers == 0;
	spin_unlock(&dirty_lock);
	return gone;
}

void
object_wait_flushers(struct vm_object *obj)
{
	/* Nothing is dirty any more, so no new ones come. */
	WAIT_EVENT(&clean_wq, flushers_gone(obj));
}

static void
flush_older_than(nsec_t until)
{
	struct vm_object *obj;
	uint64_t left;

	/* Each object once, even if its pages stay dirty. */
	spin_lock(&dirty_lock);
	left = nobjects;
	spin_unlock(&dirty_lock);
	for (; left > 0 && (obj = flush_get(until)) != NULL; left--) {
		if (object_write_range(obj, 0, UINT64_MAX) != 0)
			WARN_ONCE("pages could not be written back");
		flush_put(obj);
	}
}

void
vm_sync_all(void)
{
	flush_older_than(clock_mono());
	/* What the flusher had taken is in flight, not on the list. */
	WAIT_EVENT(&clean_wq, atomic_load(&nwriteback) == 0);
}

void
writeback_balance(struct vm_object *obj)
{
	uint64_t n = atomic_load_relaxed(&ndirty);

	if (likely(n <= limit_flush))
		return;
	atomic_store(&flush_asked, 1);
	waitq_wake_all(&flush_wq);
	/* An error stays in vo_error for fsync(2). */
	if (n > limit_help && obj->vo_ndirty > 0 &&
	    object_write_range(obj, 0, UINT64_MAX) != 0)
		WARN_ONCE("a writer could not write back its pages");
}

bool
writeback_wait(void)
{
	uint64_t before = atomic_load(&ncleaned);

	if (atomic_load_relaxed(&ndirty) + atomic_load_relaxed(&nwriteback) ==
	    0)
		return false;
	atomic_store(&flush_asked, 1);
	waitq_wake_all(&flush_wq);
	return WAIT_EVENT_UNTIL(&clean_wq, atomic_load(&ncleaned) != before,
	    clock_mono() + HELP_WAIT) == 0;
}

/* When the oldest object is due. */
static nsec_t
flush_deadline(void)
{
	nsec_t when = NSEC_NEVER;

	spin_lock(&dirty_lock);
	if (!list_empty(&dirty_objects))
		when = list_first(&dirty_objects, struct vm_object,
		    vo_dirty_link)->vo_dirtied + FLUSH_AGE;
	spin_unlock(&dirty_lock);
	return when;
}

static void
pageflush(void *arg)
{
	nsec_t when;

	for (;;) {
		when = flush_deadline();
		/* Early if asked, or if the first object comes. */
		(void)WAIT_EVENT_UNTIL(&flush_wq,
		    atomic_load(&flush_asked) != 0 ||
		    (when == NSEC_NEVER && !list_empty(&dirty_objects)),
		    when);
		if (atomic_xchg(&flush_asked, 0) != 0)
			flush_older_than(clock_mono());
		else
			flush_older_than(clock_mono() - FLUSH_AGE);
	}
}

static void
pageflush_start(void)
{
	kthread_start("pageflush", pageflush, NULL);
}
INIT(INIT_DRIVER, 10, pageflush_start);
