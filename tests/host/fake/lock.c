/* SPDX-License-Identifier: MIT */
/*
 * tests/host/fake/lock.c: locks of a single-threaded world: each acquisition
 * must succeed at once, and in the order of lockrank.def.
 */
#include "base/lock.h"
#include "base/thread.h"

#include "fake.h"

#define MAXHELD 64

static const char *const rank_name[] = {
#define LOCKRANK(name, doc) #name,
#include "base/lockrank.def"
#undef LOCKRANK
};

static struct held {
	const void *h_lock;
	unsigned h_rank;
	const char *h_name;
	bool h_spin;
} held[MAXHELD];
static unsigned nheld, nspin;

/* Locks of these ranks may be held in pairs. */
static bool
rank_pairs(unsigned rank)
{
	return rank == LR_VNODE || rank == LR_EPOLL || rank == LR_SOCKET ||
	    rank == LR_FUTEX || rank == LR_RUNQ;
}

static void
held_add(const void *lock, unsigned rank, const char *name, bool spin,
    bool try)
{
	unsigned i;

	if (!spin)
		fake_may_sleep(name);
	for (i = 0; i < nheld; i++) {
		if (held[i].h_lock == lock)
			fake_fail("lock %s taken twice", name);
		if (try || rank == LR_NONE || held[i].h_rank < rank ||
		    (held[i].h_rank == rank && rank_pairs(rank)))
			continue;
		fake_fail("lock %s (%s) taken while holding %s (%s)", name,
		    rank_name[rank], held[i].h_name,
		    rank_name[held[i].h_rank]);
	}
	if (nheld == MAXHELD)
		fake_fail("too many locks held");
	held[nheld++] = (struct held){ lock, rank, name, spin };
	nspin += spin;
}

static void
held_remove(const void *lock, const char *name)
{
	unsigned i;

	for (i = nheld; i-- > 0;)
		if (held[i].h_lock == lock) {
			nspin -= held[i].h_spin;
			held[i] = held[--nheld];
			return;
		}
	fake_fail("lock %s released but not held", name);
}

void
fake_locks_assert_none(void)
{
	if (nheld != 0)
		fake_fail("%u locks still held, one is %s", nheld,
		    held[0].h_name);
}

bool
fake_spin_held_any(void)
{
	return nspin != 0;
}

void
fake_may_sleep(const char *what)
{
	if (nspin != 0)
		fake_fail("%s may sleep, but a spin lock is held", what);
}

void
spin_init(struct spinlock *sl, enum lockrank rank, const char *name)
{
	*sl = (struct spinlock)SPINLOCK_INIT(rank, name);
}

void
spin_lock(struct spinlock *sl)
{
	held_add(sl, sl->sl_rank, sl->sl_name, true, false);
	sl->sl_locked = 1;
}

bool
spin_trylock(struct spinlock *sl)
{
	if (sl->sl_locked)
		return false;
	held_add(sl, sl->sl_rank, sl->sl_name, true, true);
	sl->sl_locked = 1;
	return true;
}

void
spin_unlock(struct spinlock *sl)
{
	held_remove(sl, sl->sl_name);
	sl->sl_locked = 0;
}

uint64_t
spin_lock_irq(struct spinlock *sl)
{
	spin_lock(sl);
	return 0;
}

void
spin_unlock_irq(struct spinlock *sl, uint64_t flags)
{
	spin_unlock(sl);
}

bool
spin_held(const struct spinlock *sl)
{
	return sl->sl_locked != 0;
}

void
mutex_init(struct mutex *mx, enum lockrank rank, const char *name)
{
	*mx = (struct mutex){ .mx_rank = rank, .mx_name = name };
	list_init(&mx->mx_waiters);
}

void
mutex_lock(struct mutex *mx)
{
	held_add(mx, mx->mx_rank, mx->mx_name, false, false);
	mx->mx_owner = curthread();
}

bool
mutex_trylock(struct mutex *mx)
{
	if (mx->mx_owner != NULL)
		return false;
	held_add(mx, mx->mx_rank, mx->mx_name, false, true);
	mx->mx_owner = curthread();
	return true;
}

void
mutex_unlock(struct mutex *mx)
{
	held_remove(mx, mx->mx_name);
	mx->mx_owner = NULL;
}

bool
mutex_held(const struct mutex *mx)
{
	return mx->mx_owner == curthread();
}

void
rwlock_init(struct rwlock *rw, enum lockrank rank, const char *name)
{
	*rw = (struct rwlock){ .rw_rank = rank, .rw_name = name };
	list_init(&rw->rw_waiters);
}

/* A second read lock by the same thread deadlocks once a writer waits. */
void
rwlock_rdlock(struct rwlock *rw)
{
	held_add(rw, rw->rw_rank, rw->rw_name, false, false);
	rw->rw_count = 1;
}

void
rwlock_wrlock(struct rwlock *rw)
{
	held_add(rw, rw->rw_rank, rw->rw_name, false, false);
	rw->rw_count = -1;
	rw->rw_owner = curthread();
}

bool
rwlock_tryrdlock(struct rwlock *rw)
{
	if (rw->rw_count != 0)
		return false;
	held_add(rw, rw->rw_rank, rw->rw_name, false, true);
	rw->rw_count = 1;
	return true;
}

bool
rwlock_trywrlock(struct rwlock *rw)
{
	if (rw->rw_count != 0)
		return false;
	held_add(rw, rw->rw_rank, rw->rw_name, false, true);
	rw->rw_count = -1;
	rw->rw_owner = curthread();
	return true;
}

void
rwlock_unlock(struct rwlock *rw)
{
	held_remove(rw, rw->rw_name);
	rw->rw_count = 0;
	rw->rw_owner = NULL;
}

void
rwlock_downgrade(struct rwlock *rw)
{
	if (rw->rw_count != -1)
		fake_fail("%s downgraded but not held to write", rw->rw_name);
	rw->rw_count = 1;
	rw->rw_owner = NULL;
}

bool
rwlock_wrheld(const struct rwlock *rw)
{
	return rw->rw_count == -1;
}
