/* SPDX-License-Identifier: MIT */
/*
 * sys/amd64/ipi.c: CPUs that make others do something.
 *
 * Each CPU has one call to give (cm_call) and a mask of CPUs that have one for
 * it (cm_call_from); there is no lock and no queue. The caller waits, and
 * serves others meanwhile, so that two CPUs may call each other with
 * interrupts off.
 * Invariants: (1) never from an interrupt handler, nor from a function that
 * was called this way: cm_call is in use. (2) Never under a lock that others
 * take with interrupts off: they would not answer.
 */
#include "base/panic.h"
#include "base/thread.h"

#include "amd64/amd64.h"

#define STOP_WAIT 20000000 /* TSC ticks until the NMI: some milliseconds */

void
md_ipi_resched(unsigned cpu)
{
	lapic_ipi(cpus[cpu]->c_lapic_id, VECTOR_RESCHED);
}

static uint64_t
cpus_online_others(void)
{
	uint64_t mask = 0;

	for (unsigned i = 0; i < ncpus; i++) {
		if (cpus[i] != NULL && cpus[i] != curcpu() &&
		    atomic_load(&cpus[i]->c_online))
			mask |= 1UL << i;
	}
	return mask;
}

void
md_ipi_call(uint64_t mask, void (*fn)(void *), void *arg)
{
	struct cpu *c = curcpu();
	struct cpu_call *cc = &c->c_md->cm_call;

	mask &= cpus_online_others();
	if (mask == 0)
		return;
	KASSERT(c->c_intr_depth == 0);
	KASSERT(atomic_load_relaxed(&cc->cc_pending) == 0);
	cc->cc_fn = fn;
	cc->cc_arg = arg;
	atomic_store(&cc->cc_pending, mask);
	for (uint64_t m = mask; m != 0; m &= m - 1) {
		struct cpu *to = cpus[__builtin_ctzl(m)];

		atomic_or(&to->c_md->cm_call_from, 1UL << c->c_id);
		lapic_ipi(to->c_lapic_id, VECTOR_CALL);
	}
	while (atomic_load(&cc->cc_pending) != 0) {
		cpu_call_serve();
		cpu_pause();
		if (panic_is_under_way())
			return;
	}
}

void
cpu_call_serve(void)
{
	struct cpu *c = curcpu();
	uint64_t from, flags;

	if (atomic_load_relaxed(&c->c_md->cm_call_from) == 0)
		return;
	flags = intr_disable();
	from = atomic_xchg(&c->c_md->cm_call_from, 0);
	for (; from != 0; from &= from - 1) {
		struct cpu *caller = cpus[__builtin_ctzl(from)];
		struct cpu_call *cc = &caller->c_md->cm_call;

		cc->cc_fn(cc->cc_arg);
		atomic_and(&cc->cc_pending, ~(1UL << c->c_id));
	}
	intr_restore(flags);
}

void
cpu_stop_self(void)
{
	atomic_store(&curcpu()->c_online, 0);
	for (;;)
		__asm__ volatile("cli; hlt");
}

/* Politely first; a CPU that spins with interrupts off gets an NMI. */
void
md_ipi_stop_others(void)
{
	uint64_t mask = cpus_online_others(), start = cpu_ticks();

	for (uint64_t m = mask; m != 0; m &= m - 1)
		lapic_ipi(cpus[__builtin_ctzl(m)]->c_lapic_id, VECTOR_STOP);
	while (cpus_online_others() != 0 && cpu_ticks() - start < STOP_WAIT)
		cpu_pause();
	for (uint64_t m = cpus_online_others(); m != 0; m &= m - 1)
		lapic_ipi_nmi(cpus[__builtin_ctzl(m)]->c_lapic_id);
}
