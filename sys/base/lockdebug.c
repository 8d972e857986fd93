/* SPDX-License-Identifier: MIT */
/*
 * sys/base/lockdebug.c: the order of locks, checked at each acquisition.
 *
 * Why equal ranks pass: some ranks allow pairs (see lockrank.def), ordered by
 * address or number by their users; taking one lock twice is always wrong.
 */
#include "base/kprintf.h"
#include "base/lockdebug.h"
#include "base/panic.h"
#include "base/thread.h"

#ifdef LOCKDEBUG
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
	for (unsigned i = 0; i < ls->ls_n; i++) {
		if (ls->ls_held[i].lh_lock == lock)
			panic("lock %s taken twice", name);
		if (!try_only && rank != LR_NONE &&
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

	if (ls == NULL || panic_is_under_way())
		return;
	if (!spin && curcpu()->c_locks->ls_n > 0)
		panic("%s (sleeps) taken while spin lock %s is held", name,
		    curcpu()->c_locks->ls_held[0].lh_name);
	check_order(ls, lock, name, rank, try_only);
	if (ls->ls_n == LOCKS_HELD_MAX)
		panic("too many locks held at %s", name);
	ls->ls_held[ls->ls_n].lh_lock = lock;
	ls->ls_held[ls->ls_n].lh_name = name;
	ls->ls_held[ls->ls_n++].lh_rank = (uint16_t)rank;
}

void
lockdebug_pop(const void *lock, bool spin)
{
	struct lockstack *ls = stack_of(spin);

	if (ls == NULL || panic_is_under_way())
		return;
	for (unsigned i = ls->ls_n; i-- > 0;) {
		if (ls->ls_held[i].lh_lock != lock)
			continue;
		for (; i + 1 < ls->ls_n; i++)
			ls->ls_held[i] = ls->ls_held[i + 1];
		ls->ls_n--;
		return;
	}
	panic("lock %p released but not held", lock);
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
