/* SPDX-License-Identifier: MIT */
/*
 * sys/base/lock.h: spin locks, mutexes and reader-writer locks.
 *
 * Use: spin_lock() where no interrupt handler takes the lock, spin_lock_irq()
 * everywhere where one does. A holder of a spin lock never sleeps. The kernel
 * is not preempted (docs/adr/0002): a thread gives up its CPU only where it
 * sleeps, yields or returns to user mode, so spin locks need not disable
 * preemption and per-CPU data need no lock against other threads of the CPU.
 * Invariants: (1) locks are taken in the order of lockrank.def; debug builds
 * (LOCKDEBUG) check it for every acquisition. (2) mutexes and rwlocks sleep,
 * so no spin lock may be held when one is taken.
 */
#ifndef BASE_LOCK_H
#define BASE_LOCK_H

#include "base/atomic.h"
#include "base/list.h"
#include "base/types.h"

enum lockrank {
#define LOCKRANK(name, doc) LR_##name,
#include "base/lockrank.def"
#undef LOCKRANK
	LR_COUNT
};

struct thread;

struct spinlock {
	uint32_t sl_locked; /* [a] 0 free, 1 taken */
	uint16_t sl_rank;   /* [I] */
	uint8_t sl_cpu;	    /* holder + 1, debug builds */
	uint8_t sl_use;	    /* debug builds: how it was ever taken */
	const char *sl_name; /* [I] */
};

#define SPINLOCK_INIT(rank, name) { 0, rank, 0, 0, name }

void spin_init(struct spinlock *, enum lockrank, const char *name);
void spin_contended(struct spinlock *); /* inside spin_lock() */
#if defined(_KERNEL) && !defined(LOCKDEBUG)
/* Inline: taking a free lock is less than calling a function. */
static inline void
spin_lock(struct spinlock *sl)
{
	if (unlikely(atomic_xchg(&sl->sl_locked, 1) != 0))
		spin_contended(sl);
}

static inline bool
spin_trylock(struct spinlock *sl)
{
	return atomic_xchg(&sl->sl_locked, 1) == 0;
}

static inline void
spin_unlock(struct spinlock *sl)
{
	atomic_store(&sl->sl_locked, 0);
}
#else
void spin_lock(struct spinlock *);
bool spin_trylock(struct spinlock *);
void spin_unlock(struct spinlock *);
#endif
/* With interrupts off; returns the state spin_unlock_irq() restores. */
uint64_t spin_lock_irq(struct spinlock *);
void spin_unlock_irq(struct spinlock *, uint64_t flags);
bool spin_held(const struct spinlock *); /* by this CPU; true if unknown */

struct mutex {
	struct thread *mx_owner;   /* [a] */
	struct spinlock mx_wlock;  /* guards mx_waiters */
	struct list mx_waiters;
	uint32_t mx_nwaiters; /* [a] */
	uint16_t mx_rank;     /* [I] */
	const char *mx_name;  /* [I] */
};

void mutex_init(struct mutex *, enum lockrank, const char *name);
void mutex_lock(struct mutex *);
bool mutex_trylock(struct mutex *);
void mutex_unlock(struct mutex *);
bool mutex_held(const struct mutex *); /* by this thread */

/* Sleeping reader-writer lock; writers are not starved. */
struct rwlock {
	int32_t rw_count; /* readers, or -1 with a writer; guarded by rw_lock */
	struct thread *rw_owner; /* the writer */
	struct spinlock rw_lock;
	struct list rw_waiters;
	uint16_t rw_rank;
	const char *rw_name;
};

void rwlock_init(struct rwlock *, enum lockrank, const char *name);
void rwlock_rdlock(struct rwlock *);
void rwlock_wrlock(struct rwlock *);
bool rwlock_tryrdlock(struct rwlock *);
bool rwlock_trywrlock(struct rwlock *);
void rwlock_unlock(struct rwlock *);
void rwlock_downgrade(struct rwlock *);
bool rwlock_wrheld(const struct rwlock *);

#endif
