/* SPDX-License-Identifier: MIT */
/*
 * sys/base/lockdebug.c: the order of locks, checked at each acquisition.
 *
 * Why equal ranks pass: some ranks allow pairs (see lockrank.def), ordered by
 * address or number by their users; taking one lock twice is always wrong.
 * Handlers: what a handler takes is not ordered after the locks of the code
 * that it came upon. Instead a spin lock that a handler ever took must always
 * be taken with interrupts off, and with it held no lock may be taken that is
 * ever taken with them on; either could make two CPUs wait for each other.
 * Locks: a CPU's stack is changed with interrupts off, because handlers push
 * and pop too, on the same stack.
 */
#include <machine/cpu.h>

#include "base/kprintf.h"
#include "base/lockdebug.h"
#include "base/panic.h"
#include "base/thread.h"

#ifdef LOCKDEBUG
#define USED_IN_HANDLER	0x1
#define USED_WITH_INTR	0x2	/* with interrupts on */

static struct lockstack *
stack_of(bool spin)
{
	if (spin)
		return curcpu()->c_locks;
	return curthread() == NULL ? NULL : curthread()->td_locks;
}

static void
check_order(const struct lockstack *ls, const void *lock, const char *name,
    unsigned rank, bool try_only)
{
	uint32_t depth = curcpu()->c_intr_depth;

	for (unsigned i = 0; i < ls->ls_n; i++) {
		if (ls->ls_held[i].lh_lock == lock)
			panic("lock %s taken twice", name);
		if (!try_only && rank != LR_NONE &&
		    ls->ls_held[i].lh_depth == depth &&
		    ls->ls_held[i].lh_rank > rank)
			panic("lock order: %s taken while %s is held", name,
			    ls->ls_held[i].lh_name);
	}
}

void
lockdebug_push(const void *lock, const char *name, unsigned rank, bool spin,
    bool try_only)
{
	struct lockstack *ls = stack_of(spin);
	uint64_t flags;

	if (ls == NULL || panic_is_under_way())
		return;
	flags = intr_disable();
	if (!spin && curcpu()->c_locks->ls_n > 0)
		panic("%s (sleeps) taken while spin lock %s is held", name,
		    curcpu()->c_locks->ls_held[0].lh_name);
	check_order(ls, lock, name, rank, try_only);
	if (ls->ls_n == LOCKS_HELD_MAX)
		panic("too many locks held at %s", name);
	ls->ls_held[ls->ls_n].lh_lock = lock;
	ls->ls_held[ls->ls_n].lh_name = name;
	ls->ls_held[ls->ls_n].lh_depth = (uint8_t)curcpu()->c_intr_depth;
	ls->ls_held[ls->ls_n].lh_use = spin ?
	    ((const struct spinlock *)lock)->sl_use : 0;
	ls->ls_held[ls->ls_n++].lh_rank = (uint16_t)rank;
	intr_restore(flags);
}

void
lockdebug_note_use(struct spinlock *sl)
{
	const struct lockstack *ls = stack_of(true);

	if (ls == NULL || panic_is_under_way())
		return;
	if (intr_enabled())
		sl->sl_use |= USED_WITH_INTR;
	else if (curcpu()->c_intr_depth > 0)
		sl->sl_use |= USED_IN_HANDLER;
	if (sl->sl_use == (USED_IN_HANDLER | USED_WITH_INTR))
		panic("lock %s taken by handlers and with interrupts on",
		    sl->sl_name);
	if (!(sl->sl_use & USED_WITH_INTR))
		return;
	for (unsigned i = 0; i < ls->ls_n; i++)
		if (ls->ls_held[i].lh_use & USED_IN_HANDLER)
			panic("lock %s, taken with interrupts on elsewhere, "
			    "taken under %s of handlers", sl->sl_name,
			    ls->ls_held[i].lh_name);
}

void
lockdebug_pop(const void *lock, bool spin)
{
	struct lockstack *ls = stack_of(spin);
	uint64_t flags;
	unsigned i;

	if (ls == NULL || panic_is_under_way())
		return;
	flags = intr_disable();
	for (i = ls->ls_n; i-- > 0;)
		if (ls->ls_held[i].lh_lock == lock)
			break;
	if (i >= ls->ls_n)
		panic("lock %p released but not held", lock);
	for (; i + 1 < ls->ls_n; i++)
		ls->ls_held[i] = ls->ls_held[i + 1];
	ls->ls_n--;
	intr_restore(flags);
}
#endif

static void
print_stack(const char *who, const struct lockstack *ls)
{
	if (ls == NULL)
		return;
	for (unsigned i = 0; i < ls->ls_n; i++)
		klog(KLOG_EMERG, "  %s holds %s (%p)\n", who,
		    ls->ls_held[i].lh_name, ls->ls_held[i].lh_lock);
}

void
lockdebug_print(void)
{
	struct cpu *c = curcpu();

	print_stack("cpu", c->c_locks);
	if (c->c_thread != NULL)
		print_stack("thread", c->c_thread->td_locks);
}
