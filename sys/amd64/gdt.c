/* SPDX-License-Identifier: MIT */
/*
 * sys/amd64/gdt.c: segments, the TSS and its stacks, SYSCALL's registers.
 *
 * Selectors are Linux's, since user programs see them in signal frames. The
 * place of the 32-bit user segment is empty: there is no 32-bit mode.
 * Why stacks of their own: #DF because the kernel stack may be the reason
 * (its guard page was hit), the others because they come at any instruction,
 * also before the SYSCALL entry has a stack.
 */
#include "base/kva.h"
#include "base/thread.h"

#include <abi/errno.h>

#include "amd64/amd64.h"

#define DESC_KCODE 0x00af9b000000ffffUL
#define DESC_KDATA 0x00cf93000000ffffUL
#define DESC_UCODE 0x00affb000000ffffUL
#define DESC_UDATA 0x00cff3000000ffffUL
#define DESC_TSS   0x0000890000000000UL

struct table_pointer {
	uint16_t tp_limit;
	uint64_t tp_base;
} __packed;

/* For CPU 0 until it can have guarded ones. */
static uint8_t early_stack[IST_SIZE] __aligned(16);

/* The word above the frame says which CPU it is: vectors.S. */
static void
ist_set(struct cpu *c, unsigned ist, uint8_t *stack)
{
	uint64_t *top = (uint64_t *)(stack + IST_SIZE - 16);

	top[0] = (uint64_t)c;
	c->c_md->cm_tss.ts_ist[ist - 1] = (uint64_t)top;
}

int
ist_init(struct cpu *c)
{
	for (unsigned ist = 1; ist <= IST_COUNT; ist++) {
		uint8_t *stack = kva_alloc(IST_SIZE);

		if (stack == NULL)
			return -ENOMEM;
		ist_set(c, ist, stack);
	}
	return 0;
}

/* Of this CPU; %gs keeps its base, which loading the selector clears. */
void
gdt_init(struct cpu *c)
{
	struct cpu_md *cm = c->c_md;
	uint64_t base = (uint64_t)&cm->cm_tss;
	struct table_pointer tp = { sizeof(cm->cm_gdt) - 1,
		(uint64_t)cm->cm_gdt };

	if (cm->cm_tss.ts_ist[0] == 0) {
		for (unsigned ist = 1; ist <= IST_COUNT; ist++)
			ist_set(c, ist, early_stack);
	}
	cm->cm_tss.ts_iomap = sizeof(cm->cm_tss);
	cm->cm_gdt[SEL_KCODE / 8] = DESC_KCODE;
	cm->cm_gdt[SEL_KDATA / 8] = DESC_KDATA;
	cm->cm_gdt[SEL_UDATA / 8] = DESC_UDATA;
	cm->cm_gdt[SEL_UCODE / 8] = DESC_UCODE;
	cm->cm_gdt[SEL_TSS / 8] = DESC_TSS | (sizeof(cm->cm_tss) - 1) |
	    (base & 0xffffff) << 16 | (base >> 24 & 0xff) << 56;
	cm->cm_gdt[SEL_TSS / 8 + 1] = base >> 32;

	__asm__ volatile("lgdt %0" ::"m"(tp));
	__asm__ volatile("pushq %0\n\t"
			 "leaq 1f(%%rip), %%rax\n\t"
			 "pushq %%rax\n\t"
			 "lretq\n"
			 "1:"
	    ::"i"(SEL_KCODE) : "rax", "memory");
	__asm__ volatile("mov %0, %%ss" ::"r"(SEL_KDATA));
	__asm__ volatile("mov %0, %%ds; mov %0, %%es" ::"r"(0));
	__asm__ volatile("mov %0, %%fs; mov %0, %%gs" ::"r"(0));
	wrmsr(MSR_GS_BASE, (uint64_t)c);
	wrmsr(MSR_KERNEL_GS_BASE, 0);
	wrmsr(MSR_FS_BASE, 0);
	__asm__ volatile("ltr %w0" ::"r"(SEL_TSS));
}

extern const char syscall_entry[];

void
syscall_init_cpu(void)
{
	wrmsr(MSR_STAR, (uint64_t)SEL_UBASE << 48 | (uint64_t)SEL_KCODE << 32);
	wrmsr(MSR_LSTAR, (uint64_t)syscall_entry);
	wrmsr(MSR_SFMASK, RFLAGS_TF | RFLAGS_IF | RFLAGS_DF | RFLAGS_IOPL |
	    RFLAGS_NT | RFLAGS_RF | RFLAGS_AC);
	if (cpu_has(CPU_RDTSCP))
		wrmsr(MSR_TSC_AUX, curcpu()->c_id);
}
