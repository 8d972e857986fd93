/* SPDX-License-Identifier: MIT */
/*
 * sys/base/lockdebug.h: which locks a CPU or a thread holds, and whether they
 * were taken in the order of lockrank.def. Only with LOCKDEBUG; otherwise all
 * of it compiles to nothing.
 */
#ifndef BASE_LOCKDEBUG_H
#define BASE_LOCKDEBUG_H

#include "base/lock.h"

#define LOCKS_HELD_MAX 24

struct lockstack {
	unsigned ls_n;
	struct {
		const void *lh_lock;
		const char *lh_name;
		uint16_t lh_rank;
		uint8_t lh_depth; /* of interrupts when it was taken */
		uint8_t lh_use;
	} ls_held[LOCKS_HELD_MAX];
};

#ifdef LOCKDEBUG
void lockdebug_push(const void *lock, const char *name, unsigned rank,
    bool spin, bool try_only);
void lockdebug_pop(const void *lock, bool spin);
/* A spin lock was just taken: may it be taken like this? */
void lockdebug_note_use(struct spinlock *);
#else
static inline void
lockdebug_push(const void *lock, const char *name, unsigned rank, bool spin,
    bool try_only)
{
}
static inline void
lockdebug_pop(const void *lock, bool spin)
{
}
#endif

/* For panic: what this CPU and its thread hold. */
void lockdebug_print(void);

#endif
