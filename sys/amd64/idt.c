/* SPDX-License-Identifier: MIT */
/*
 * sys/amd64/idt.c: the interrupt descriptor table, one for all CPUs.
 */
#include "base/types.h"

#include "amd64/amd64.h"

#define GATE_INTR 0x8e /* present, ring 0, interrupts off */
#define GATE_USER 0x60 /* INT n from ring 3 may use it */
#define STUB_SIZE 16

struct gate {
	uint16_t g_low;
	uint16_t g_selector;
	uint8_t g_ist;
	uint8_t g_type;
	uint16_t g_middle;
	uint32_t g_high;
	uint32_t g_reserved;
};

extern const uint8_t vector_stubs[];

static struct gate idt[256] __aligned(16); /* [I] */

static void
gate_set(unsigned vector, unsigned ist, unsigned type)
{
	uint64_t at = (uint64_t)vector_stubs + vector * STUB_SIZE;

	idt[vector] = (struct gate) {
		.g_low = at & 0xffff,
		.g_selector = SEL_KCODE,
		.g_ist = ist,
		.g_type = type,
		.g_middle = at >> 16 & 0xffff,
		.g_high = at >> 32,
	};
}

void
idt_init(void)
{
	for (unsigned v = 0; v < nitems(idt); v++)
		gate_set(v, 0, GATE_INTR);
	gate_set(1, IST_DB, GATE_INTR);
	gate_set(2, IST_NMI, GATE_INTR);
	gate_set(3, 0, GATE_INTR | GATE_USER);
	gate_set(4, 0, GATE_INTR | GATE_USER);
	gate_set(8, IST_DF, GATE_INTR);
	gate_set(18, IST_MC, GATE_INTR);
}

void
idt_load(void)
{
	struct {
		uint16_t limit;
		uint64_t base;
	} __packed tp = { sizeof(idt) - 1, (uint64_t)idt };

	__asm__ volatile("lidt %0" ::"m"(tp));
}
