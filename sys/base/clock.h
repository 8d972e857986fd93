/* SPDX-License-Identifier: MIT */
/*
 * sys/base/clock.h: what time it is, and being called back later.
 *
 * clock_mono() never goes back and counts from boot; clock_real() is Unix
 * time, set with clock_set_real(). Both are exact to the counter below
 * (TSC where it is invariant, otherwise HPET): machine code supplies it
 * through clock_source_set(). Timers run their function in interrupt context
 * on the CPU they were armed on, with interrupts off; it must not sleep.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include "base/rbtree.h"
#include "base/types.h"

struct cpu;

nsec_t clock_mono(void);
nsec_t clock_real(void);
void clock_set_real(nsec_t unix_time);

/*
 * A counter of `hz` ticks a second. cs_vdso: user space may read it itself
 * (rdtsc). The conversion ns = (ticks * mult) >> shift is computed here.
 */
struct clock_source {
	const char *cs_name;
	uint64_t (*cs_read)(void);
	uint64_t cs_hz;
	bool cs_vdso;
};
void clock_source_set(const struct clock_source *);
const struct clock_source *clock_source_get(void);

/*
 * What the vDSO needs; seq is odd while it changes. Lives on a page of its
 * own that is mapped read-only into every process (VDSO data page).
 * mono = base_mono + ((ticks - base_ticks) * mult >> shift)
 */
struct vdso_data {
	uint32_t vd_seq;
	uint32_t vd_usable; /* 0: make the system call */
	uint64_t vd_base_ticks;
	int64_t vd_base_mono; /* ns */
	int64_t vd_real_offset; /* real - mono, ns */
	uint32_t vd_mult;
	uint32_t vd_shift;
	uint32_t vd_rdtscp; /* RDTSCP is there and gives the CPU's number */
};
struct vdso_data *clock_vdso_page(void); /* page-aligned kernel address */

struct timer {
	struct rbnode tm_node;
	nsec_t tm_deadline;
	void (*tm_func)(struct timer *);
	void *tm_arg;
	uint32_t tm_cpu;   /* where it is armed */
	uint32_t tm_armed; /* [TIMER lock] */
};

void timer_init(struct timer *, void (*fn)(struct timer *), void *arg);
/* Arms or re-arms on this CPU for clock_mono() time `deadline`. */
void timer_set(struct timer *, nsec_t deadline);
/* Returns true if it had not fired; on return it is not running anywhere. */
bool timer_cancel(struct timer *);
void timer_init_cpu(struct cpu *);
/* From the machine's timer interrupt. */
void timer_interrupt(void);
/* Earliest deadline of this CPU, NSEC_NEVER if none. */
nsec_t timer_next(void);

#endif
