/* SPDX-License-Identifier: MIT */
/*
 * sys/amd64/cpureg.h: control registers, MSRs, CPUID and port I/O, named as
 * in the data sheets. The constants serve assembly, too.
 */
#ifndef AMD64_CPUREG_H
#define AMD64_CPUREG_H

#define CR0_MP		(1 << 1)
#define CR0_EM		(1 << 2)
#define CR0_TS		(1 << 3)
#define CR0_NE		(1 << 5)
#define CR0_WP		(1 << 16)
#define CR0_AM		(1 << 18)

#define CR3_NOFLUSH	(1UL << 63)

#define CR4_PAE		(1 << 5)
#define CR4_PGE		(1 << 7)
#define CR4_OSFXSR	(1 << 9)
#define CR4_OSXMMEXCPT	(1 << 10)
#define CR4_UMIP	(1 << 11)
#define CR4_FSGSBASE	(1 << 16)
#define CR4_PCIDE	(1 << 17)
#define CR4_OSXSAVE	(1 << 18)
#define CR4_SMEP	(1 << 20)
#define CR4_SMAP	(1 << 21)

#define RFLAGS_CF	0x000001
#define RFLAGS_FIXED	0x000002
#define RFLAGS_TF	0x000100
#define RFLAGS_IF	0x000200
#define RFLAGS_DF	0x000400
#define RFLAGS_IOPL	0x003000
#define RFLAGS_NT	0x004000
#define RFLAGS_RF	0x010000
#define RFLAGS_AC	0x040000
#define RFLAGS_ID	0x200000
/* What a program may set: CF PF AF ZF SF TF DF OF RF AC. */
#define RFLAGS_USER	0x050dd5

#define MSR_APIC_BASE	0x0000001b
#define MSR_PAT		0x00000277
#define MSR_TSC_DEADLINE 0x000006e0
#define MSR_EFER	0xc0000080
#define MSR_STAR	0xc0000081
#define MSR_LSTAR	0xc0000082
#define MSR_CSTAR	0xc0000083
#define MSR_SFMASK	0xc0000084
#define MSR_FS_BASE	0xc0000100
#define MSR_GS_BASE	0xc0000101
#define MSR_KERNEL_GS_BASE 0xc0000102
#define MSR_TSC_AUX	0xc0000103

#define EFER_SCE	0x001
#define EFER_LME	0x100
#define EFER_NXE	0x800

/* Selectors; user space sees Linux's numbers in signal frames. */
#define SEL_KCODE	0x10
#define SEL_KDATA	0x18
#define SEL_UBASE	0x23	/* SYSRET: SS is 8, CS is 16 above */
#define SEL_UDATA	0x2b
#define SEL_UCODE	0x33
#define SEL_TSS		0x40

/* Offsets in struct cpu, struct thread and struct trapframe; percpu.c has
 * the compiler compare them. */
#define CPU_SELF	0
#define CPU_THREAD	8
#define CPU_KSTACK	16
#define CPU_USER_RSP	24
#define CPU_CANARY	40
#define TD_RSP		0
#define TD_FLAGS	48
#define TF_RDI		112
#define TF_RAX		80
#define TF_R11		48
#define TF_RCX		88
#define TF_RIP		128
#define TF_CS		136
#define TF_RFLAGS	144
#define TF_RSP		152
#define TF_SIZE		168

#ifndef __ASSEMBLER__

#include "base/types.h"

#include <machine/io.h>

struct cpuid_regs {
	uint32_t eax, ebx, ecx, edx;
};

static inline struct cpuid_regs
cpuid(uint32_t leaf, uint32_t subleaf)
{
	struct cpuid_regs r;

	__asm__ volatile("cpuid"
	    : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx)
	    : "a"(leaf), "c"(subleaf));
	return r;
}

static inline uint64_t
rdmsr(uint32_t msr)
{
	uint32_t lo, hi;

	__asm__ volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr));
	return ((uint64_t)hi << 32) | lo;
}

static inline void
wrmsr(uint32_t msr, uint64_t v)
{
	__asm__ volatile("wrmsr" ::"c"(msr), "a"((uint32_t)v),
	    "d"((uint32_t)(v >> 32))
	    : "memory");
}

#define CR_ACCESS(n)                                                         \
	static inline uint64_t                                               \
	rdcr##n(void)                                                        \
	{                                                                    \
		uint64_t v;                                                  \
                                                                             \
		__asm__ volatile("mov %%cr" #n ", %0" : "=r"(v)::"memory");  \
		return v;                                                    \
	}                                                                    \
	static inline void                                                   \
	wrcr##n(uint64_t v)                                                  \
	{                                                                    \
		__asm__ volatile("mov %0, %%cr" #n ::"r"(v) : "memory");     \
	}
CR_ACCESS(0)
CR_ACCESS(2)
CR_ACCESS(3)
CR_ACCESS(4)
#undef CR_ACCESS

static inline void
invlpg(vaddr_t va)
{
	__asm__ volatile("invlpg (%0)" ::"r"(va) : "memory");
}

static inline void
xsetbv(uint32_t reg, uint64_t v)
{
	__asm__ volatile("xsetbv" ::"c"(reg), "a"((uint32_t)v),
	    "d"((uint32_t)(v >> 32)));
}

#endif
#endif
