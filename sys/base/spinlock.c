/* SPDX-License-Identifier: MIT */
/*
 * sys/base/spinlock.c: spin locks.
 *
 * Why test-and-set and not tickets: as a guest, the CPU next in line may be
 * one the host does not run just now, and a ticket would make all wait for it.
 */
#include <machine/cpu.h>

#include "base/lock.h"
#include "base/lockdebug.h"
#include "base/panic.h"
#include "base/thread.h"

void
spin_init(struct spinlock *sl, enum lockrank rank, const char *name)
{
	sl->sl_locked = 0;
	sl->sl_rank = (uint16_t)rank;
	sl->sl_cpu = 0;
	sl->sl_use = 0;
	sl->sl_name = name;
}

/* The lock is taken: wait until it is ours. */
__noinline void
spin_contended(struct spinlock *sl)
{
	do {
		while (atomic_load_relaxed(&sl->sl_locked) != 0)
			cpu_pause();
	} while (atomic_xchg(&sl->sl_locked, 1) != 0);
}

#ifdef LOCKDEBUG
static void
note_taken(struct spinlock *sl, bool try_only)
{
	sl->sl_cpu = (uint8_t)(curcpu()->c_id + 1);
	lockdebug_note_use(sl);
	lockdebug_push(sl, sl->sl_name, sl->sl_rank, true, try_only);
}

void
spin_lock(struct spinlock *sl)
{
	if (unlikely(atomic_xchg(&sl->sl_locked, 1) != 0))
		spin_contended(sl);
	note_taken(sl, false);
}

bool
spin_trylock(struct spinlock *sl)
{
	if (atomic_xchg(&sl->sl_locked, 1) != 0)
		return false;
	note_taken(sl, true);
	return true;
}

void
spin_unlock(struct spinlock *sl)
{
	lockdebug_pop(sl, true);
	sl->sl_cpu = 0;
	atomic_store(&sl->sl_locked, 0);
}
#endif

uint64_t
spin_lock_irq(struct spinlock *sl)
{
	uint64_t flags = intr_disable();

	spin_lock(sl);
	return flags;
}

void
spin_unlock_irq(struct spinlock *sl, uint64_t flags)
{
	spin_unlock(sl);
	intr_restore(flags);
}

bool
spin_held(const struct spinlock *sl)
{
#ifdef LOCKDEBUG
	return sl->sl_cpu == curcpu()->c_id + 1;
#else
	return sl->sl_locked != 0;
#endif
}
