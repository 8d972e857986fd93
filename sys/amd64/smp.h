/* SPDX-License-Identifier: MIT */
/*
 * sys/amd64/smp.h: how another CPU comes from its first instruction to the
 * kernel; shared by smp.c and ap_trampoline.S.
 *
 * Several CPUs run the trampoline at once, without stacks. Each finds its
 * ap_slot by its local APIC number, says that it has arrived, and waits at
 * the gate, which is in the kernel's own text, until CPU 0 gives it a stack.
 */
#ifndef AMD64_SMP_H
#define AMD64_SMP_H

/* Offsets in struct ap_slot and struct ap_params. */
#define SLOT_LAPIC	0
#define SLOT_ARRIVED	4
#define SLOT_STACK	8
#define SLOT_CPU	16
#define SLOT_SIZE	24

#define PARAM_CR3	0
#define PARAM_GATE	8
#define PARAM_SLOTS	16
#define PARAM_COUNT	24
#define PARAM_SIZE	32

#ifndef __ASSEMBLER__

#include "base/types.h"

struct bootinfo;
struct cpu;

struct ap_slot {
	uint32_t as_lapic_id;
	uint32_t as_arrived; /* [a] */
	uint64_t as_stack;   /* [a] the gate opens when it is not 0 */
	struct cpu *as_cpu;  /* set before as_stack */
};

struct ap_params {
	uint64_t ap_cr3;
	uint64_t ap_gate;  /* kernel address of ap_gate */
	uint64_t ap_slots; /* kernel address of the slots */
	uint64_t ap_count;
};

/* Chooses the page below 1 MiB for the trampoline. */
void smp_page_find(const struct bootinfo *);
/* Part of the comparison of the CPUs' time stamp counters; each runs it. */
void smp_tsc_compare(void);

#endif
#endif
