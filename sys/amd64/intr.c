/* SPDX-License-Identifier: MIT */
/*
 * sys/amd64/intr.c: gives out interrupt vectors and calls their handlers.
 *
 * A vector belongs to one CPU; its number is used on no other, so a source is
 * found by the number alone.
 * Locks: is_fn is published last and never changes; is_count is the CPU's.
 */
#include "base/clock.h"
#include "base/kprintf.h"
#include "base/lock.h"
#include "base/panic.h"
#include "base/thread.h"

#include <abi/errno.h>

#include "amd64/amd64.h"

struct intr_source {
	intr_fn is_fn;	     /* [a] NULL: free */
	void *is_arg;	     /* [I] */
	const char *is_name; /* [I] */
	uint32_t is_cpu;     /* [I] */
	uint64_t is_count;   /* [c] */
};

static struct intr_source sources[VECTOR_END - VECTOR_FIRST];
static struct spinlock sources_lock = SPINLOCK_INIT(LR_DRIVER, "vectors");

int
intr_vector_alloc(unsigned cpu, intr_fn fn, void *arg, const char *name)
{
	uint64_t flags;
	int vector = -ENOSPC;

	if (cpu >= ncpus)
		return -EINVAL;
	flags = spin_lock_irq(&sources_lock);
	for (unsigned i = 0; i < nitems(sources); i++) {
		struct intr_source *is = &sources[i];

		if (is->is_fn != NULL)
			continue;
		is->is_arg = arg;
		is->is_name = name;
		is->is_cpu = cpu;
		atomic_store(&is->is_fn, fn);
		vector = VECTOR_FIRST + (int)i;
		break;
	}
	spin_unlock_irq(&sources_lock, flags);
	return vector;
}

int
md_msi_alloc(unsigned cpu, intr_fn fn, void *arg, uint64_t *addr,
    uint32_t *data)
{
	int vector = intr_vector_alloc(cpu, fn, arg, "msi");

	if (vector < 0)
		return vector;
	lapic_msi(cpus[cpu]->c_lapic_id, vector, addr, data);
	return 0;
}

/*
 * The time since the last tick, or since the thread came on the CPU, goes to
 * whatever the tick interrupted.
 */
static void
tick_account(struct cpu *c, struct trapframe *tf)
{
	struct thread *td = c->c_thread;
	nsec_t now = clock_mono();
	nsec_t span = now - MAX(c->c_md->cm_tick, td->td_switched);

	c->c_md->cm_tick = now;
	if (span <= 0 || td == c->c_idle)
		return;
	if (FRAME_IS_USER(tf)) {
		td->td_utime += span;
		c->c_user_time += span;
	} else
		c->c_sys_time += span;
}

static void
source_run(struct intr_source *is)
{
	intr_fn fn = atomic_load(&is->is_fn);

	if (fn == NULL) {
		WARN_ONCE("interrupt on a vector nobody has");
		return;
	}
	is->is_count++;
	fn(is->is_arg);
}

void
intr_dispatch(struct trapframe *tf, unsigned vector)
{
	struct cpu *c = curcpu();

	c->c_nintr++;
	c->c_intr_depth++;
	switch (vector) {
	case VECTOR_FIRST ... VECTOR_END - 1:
		source_run(&sources[vector - VECTOR_FIRST]);
		break;
	case VECTOR_TIMER:
		tick_account(c, tf);
		timer_interrupt();
		break;
	case VECTOR_RESCHED:
		sched_ipi();
		break;
	case VECTOR_CALL:
		cpu_call_serve();
		break;
	case VECTOR_STOP:
		cpu_stop_self();
	case VECTOR_ERROR:
		lapic_error();
		break;
	default: /* spurious, of the LAPIC or the old PIC: no EOI */
		c->c_intr_depth--;
		return;
	}
	lapic_eoi();
	c->c_intr_depth--;
}

/* One line for each vector in use, its counts in its CPU's column. */
void
md_interrupts_format(char *buf, size_t size)
{
	size_t at = 0;

#define ADD(...)                                                             \
	do {                                                                 \
		if (at < size)                                               \
			at += ksnprintf(buf + at, size - at, __VA_ARGS__);   \
	} while (0)
	if (size == 0)
		return;
	buf[0] = '\0';
	ADD("    ");
	for (unsigned i = 0; i < ncpus; i++)
		ADD("       CPU%-2u", i);
	ADD("\n");
	for (unsigned v = 0; v < nitems(sources); v++) {
		const struct intr_source *is = &sources[v];

		if (atomic_load(&is->is_fn) == NULL)
			continue;
		ADD("%3u:", v + VECTOR_FIRST);
		for (unsigned i = 0; i < ncpus; i++) {
			ADD(" %11llu", (unsigned long long)(i == is->is_cpu ?
				    is->is_count : 0));
		}
		ADD("  %s\n", is->is_name);
	}
	ADD("TOT:");
	for (unsigned i = 0; i < ncpus; i++)
		ADD(" %11llu", (unsigned long long)cpus[i]->c_nintr);
	ADD("  all\n");
#undef ADD
}
