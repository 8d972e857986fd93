/* SPDX-License-Identifier: MIT */
/*
 * sys/base/mutex.c: mutexes and reader-writer locks that sleep.
 *
 * A mutex is one compare-and-swap when nobody waits. A rwlock is a count
 * under a spin lock: readers add one, a writer makes it -1; a waiting writer
 * keeps new readers out.
 */
#include <machine/cpu.h>

#include "base/lock.h"
#include "base/lockdebug.h"
#include "base/panic.h"
#include "base/thread.h"
#include "base/waitq.h"

/* One sleeper of a mutex or rwlock, on its stack. */
struct lock_waiter {
	struct list lw_link;
	struct thread *lw_thread;
	bool lw_writer;
	bool lw_granted; /* [the lock's spin lock] */
};

void
mutex_init(struct mutex *mx, enum lockrank rank, const char *name)
{
	mx->mx_owner = NULL;
	spin_init(&mx->mx_wlock, LR_LOCKWAIT, name);
	list_init(&mx->mx_waiters);
	mx->mx_nwaiters = 0;
	mx->mx_rank = (uint16_t)rank;
	mx->mx_name = name;
}

static bool
mutex_take(struct mutex *mx)
{
	struct thread *nobody = NULL;

	return atomic_cas(&mx->mx_owner, &nobody, curthread());
}

/*
 * The waiter counts itself before it looks again, the owner looks at the
 * count after it let go (both order fully), so one of them sees the other.
 */
static __noinline void
mutex_lock_contended(struct mutex *mx)
{
	struct lock_waiter w = { .lw_thread = curthread() };
	uint64_t flags = spin_lock_irq(&mx->mx_wlock);

	list_add_tail(&mx->mx_waiters, &w.lw_link);
	atomic_add(&mx->mx_nwaiters, 1);
	for (;;) {
		thread_prepare_sleep(TS_SLEEPING);
		if (mutex_take(mx))
			break;
		spin_unlock_irq(&mx->mx_wlock, flags);
		(void)thread_sleep(NSEC_NEVER);
		flags = spin_lock_irq(&mx->mx_wlock);
	}
	thread_finish_sleep();
	list_del(&w.lw_link);
	atomic_sub(&mx->mx_nwaiters, 1);
	spin_unlock_irq(&mx->mx_wlock, flags);
}

void
mutex_lock(struct mutex *mx)
{
	lockdebug_push(mx, mx->mx_name, mx->mx_rank, false, false);
	if (unlikely(!mutex_take(mx)))
		mutex_lock_contended(mx);
}

bool
mutex_trylock(struct mutex *mx)
{
	if (!mutex_take(mx))
		return false;
	lockdebug_push(mx, mx->mx_name, mx->mx_rank, false, true);
	return true;
}

void
mutex_unlock(struct mutex *mx)
{
	DASSERT(mx->mx_owner == curthread());
	lockdebug_pop(mx, false);
	(void)atomic_xchg(&mx->mx_owner, NULL); /* full fence */
	if (unlikely(atomic_load(&mx->mx_nwaiters) != 0)) {
		uint64_t flags = spin_lock_irq(&mx->mx_wlock);

		if (!list_empty(&mx->mx_waiters))
			thread_wake(list_first(&mx->mx_waiters,
			    struct lock_waiter, lw_link)->lw_thread);
		spin_unlock_irq(&mx->mx_wlock, flags);
	}
}

bool
mutex_held(const struct mutex *mx)
{
	return mx->mx_owner == curthread();
}

void
rwlock_init(struct rwlock *rw, enum lockrank rank, const char *name)
{
	rw->rw_count = 0;
	rw->rw_owner = NULL;
	spin_init(&rw->rw_lock, LR_LOCKWAIT, name);
	list_init(&rw->rw_waiters);
	rw->rw_rank = (uint16_t)rank;
	rw->rw_name = name;
}

/* rw_lock held: hand the lock to whoever is first in line. */
static void
rwlock_grant(struct rwlock *rw)
{
	struct lock_waiter *w;

	while (!list_empty(&rw->rw_waiters)) {
		w = list_first(&rw->rw_waiters, struct lock_waiter, lw_link);
		if (w->lw_writer ? rw->rw_count != 0 : rw->rw_count < 0)
			return;
		list_del(&w->lw_link);
		if (w->lw_writer) {
			rw->rw_count = -1;
			rw->rw_owner = w->lw_thread;
		} else {
			rw->rw_count++;
		}
		atomic_store(&w->lw_granted, true);
		thread_wake(w->lw_thread);
	}
}

/* rw_lock held with `flags`; returns with the rwlock granted, unlocked. */
static __noinline void
rwlock_wait(struct rwlock *rw, bool writer, uint64_t flags)
{
	struct lock_waiter w = { .lw_thread = curthread(),
		.lw_writer = writer };

	list_add_tail(&rw->rw_waiters, &w.lw_link);
	for (;;) {
		thread_prepare_sleep(TS_SLEEPING);
		if (atomic_load(&w.lw_granted))
			break;
		spin_unlock_irq(&rw->rw_lock, flags);
		(void)thread_sleep(NSEC_NEVER);
		flags = spin_lock_irq(&rw->rw_lock);
	}
	thread_finish_sleep();
	spin_unlock_irq(&rw->rw_lock, flags);
}

bool
rwlock_tryrdlock(struct rwlock *rw)
{
	bool ok;

	spin_lock(&rw->rw_lock);
	ok = rw->rw_count >= 0 && list_empty(&rw->rw_waiters);
	if (ok)
		rw->rw_count++;
	spin_unlock(&rw->rw_lock);
	if (ok)
		lockdebug_push(rw, rw->rw_name, rw->rw_rank, false, true);
	return ok;
}

bool
rwlock_trywrlock(struct rwlock *rw)
{
	bool ok;

	spin_lock(&rw->rw_lock);
	ok = rw->rw_count == 0;
	if (ok) {
		rw->rw_count = -1;
		rw->rw_owner = curthread();
	}
	spin_unlock(&rw->rw_lock);
	if (ok)
		lockdebug_push(rw, rw->rw_name, rw->rw_rank, false, true);
	return ok;
}

void
rwlock_rdlock(struct rwlock *rw)
{
	lockdebug_push(rw, rw->rw_name, rw->rw_rank, false, false);
	spin_lock(&rw->rw_lock);
	if (likely(rw->rw_count >= 0 && list_empty(&rw->rw_waiters))) {
		rw->rw_count++;
		spin_unlock(&rw->rw_lock);
		return;
	}
	rwlock_wait(rw, false, intr_disable());
}

void
rwlock_wrlock(struct rwlock *rw)
{
	lockdebug_push(rw, rw->rw_name, rw->rw_rank, false, false);
	spin_lock(&rw->rw_lock);
	if (likely(rw->rw_count == 0)) {
		rw->rw_count = -1;
		rw->rw_owner = curthread();
		spin_unlock(&rw->rw_lock);
		return;
	}
	rwlock_wait(rw, true, intr_disable());
}

void
rwlock_unlock(struct rwlock *rw)
{
	lockdebug_pop(rw, false);
	spin_lock(&rw->rw_lock);
	if (rw->rw_count < 0) {
		rw->rw_count = 0;
		rw->rw_owner = NULL;
	} else {
		DASSERT(rw->rw_count > 0);
		rw->rw_count--;
	}
	if (!list_empty(&rw->rw_waiters)) {
		uint64_t flags = intr_disable();

		rwlock_grant(rw);
		intr_restore(flags);
	}
	spin_unlock(&rw->rw_lock);
}

void
rwlock_downgrade(struct rwlock *rw)
{
	spin_lock(&rw->rw_lock);
	rw->rw_count = 1;
	rw->rw_owner = NULL;
	if (!list_empty(&rw->rw_waiters)) {
		uint64_t flags = intr_disable();

		rwlock_grant(rw);
		intr_restore(flags);
	}
	spin_unlock(&rw->rw_lock);
}

bool
rwlock_wrheld(const struct rwlock *rw)
{
	return rw->rw_count < 0 && rw->rw_owner == curthread();
}
