/* SPDX-License-Identifier: MIT */
/*
 * sys/amd64/amd64.h: what the files of this folder share: the CPU part
 * (entry, traps, page tables, switching) and the platform part (ACPI, APICs,
 * clocks, other CPUs).
 *
 * Order of start: start.c (CPU 0, page_init, slab_init, pmap_bootstrap,
 * FPU) -> platform_init() -> kernel_main(); smp_start() runs last of
 * stage INIT_SUBSYS.
 */
#ifndef AMD64_AMD64_H
#define AMD64_AMD64_H

#include "base/thread.h"
#include "base/types.h"

#include <machine/bootinfo.h>
#include <machine/frame.h>
#include <machine/md.h>

#include "amd64/cpureg.h"

/* --- features (cpuid.c) -------------------------------------------------- */

enum cpu_feature {
	CPU_PGE,
	CPU_PAT,
	CPU_FXSR,
	CPU_GIBPAGES,	/* 1 GiB pages */
	CPU_RDTSCP,
	CPU_PCID,
	CPU_INVPCID,
	CPU_X2APIC,
	CPU_TSC_DEADLINE,
	CPU_TSC_INVARIANT,
	CPU_ARAT,	/* LAPIC timer runs in deep sleep */
	CPU_XSAVE,
	CPU_XSAVEOPT,
	CPU_RDRAND,
	CPU_RDSEED,
	CPU_FSGSBASE,
	CPU_SMEP,
	CPU_SMAP,
	CPU_UMIP,
	CPU_HYPERVISOR,	/* somebody else owns the machine */
	CPU_FEATURE_COUNT
};

extern uint64_t cpu_features; /* [I] 1 << enum cpu_feature, of CPU 0 */

static inline bool
cpu_has(enum cpu_feature f)
{
	return (cpu_features >> f & 1) != 0;
}

void cpuid_init(void); /* fills cpu_features; CPU 0 only */
void cpu_control_init(void); /* CR0, CR4, EFER, XCR0, PAT of this CPU */

/* --- one CPU (percpu.c, gdt.c, idt.c) ------------------------------------ */

#define IST_COUNT	4  /* #DF, NMI, #MC, #DB */
#define IST_DF		1
#define IST_NMI		2
#define IST_MC		3
#define IST_DB		4
#define IST_SIZE	8192
#define GDT_COUNT	10
#define PCID_COUNT	8  /* address spaces a CPU remembers; 0 is the kernel */

struct tss {
	uint32_t	ts_reserved0;
	uint64_t	ts_rsp[3];
	uint64_t	ts_reserved1;
	uint64_t	ts_ist[7];
	uint64_t	ts_reserved2;
	uint16_t	ts_reserved3;
	uint16_t	ts_iomap;
} __packed;

/* A function somebody wants run here, or there; see ipi.c. */
struct cpu_call {
	void		(*cc_fn)(void *);
	void		*cc_arg;
	uint64_t	cc_pending; /* [a] CPUs that have not run it yet */
};

/* The machine's part of a CPU. [c] unless marked. */
struct cpu_md {
	struct tss	cm_tss __aligned(64);
	uint64_t	cm_gdt[GDT_COUNT];
	uint64_t	cm_call_from __cacheline; /* [a] CPUs that call us */
	struct cpu_call	cm_call;	/* ours to the others */
	struct thread	*cm_fpu_owner;	/* whose registers were loaded last */
	struct pmap	*cm_pcid_owner[PCID_COUNT];
	unsigned	cm_pcid_next;
	nsec_t		cm_tick;	/* last timer interrupt */
	uint64_t	cm_boot_stack;	/* [I] top; an AP's first stack */
};

extern struct cpu boot_cpu;
struct console;

/*
 * Makes CPU `id` (cpus[id] is set, ncpus not touched): the AP needs %rsp =
 * c_md->cm_boot_stack - 8, CR3 = kernel_pmap.pm_root (below 4 GiB), EFER.NXE
 * and LME, CR4.PAE, %rdi = the result, and a jump to ap_entry().
 * Code below 1 MiB is mapped at itself for the while by
 * pmap_enter(&kernel_pmap, pa, pa, PMAP_READ|PMAP_EXEC, NULL).
 */
struct cpu *cpu_create(unsigned id, uint32_t lapic_id) __must_check;
void ap_entry(struct cpu *) __noreturn; /* sets c_online when it is ready */

void gdt_init(struct cpu *);
int ist_init(struct cpu *) __must_check; /* guarded stacks; needs kva */
void idt_init(void);		/* CPU 0: fills the table */
void idt_load(void);
void syscall_init_cpu(void);

/* --- interrupts (intr.c, ipi.c) ------------------------------------------ */

#define VECTOR_FIRST	0x30	/* allocatable: [VECTOR_FIRST, VECTOR_END) */
#define VECTOR_END	0xf0
#define VECTOR_RESCHED	0xf0
#define VECTOR_CALL	0xf2	/* functions, TLB shoot-downs among them */
#define VECTOR_STOP	0xf3
#define VECTOR_TIMER	0xf4
#define VECTOR_ERROR	0xfe	/* the LAPIC complains: lapic_error() */
#define VECTOR_SPURIOUS	0xff

/* A vector on that CPU for fn: its number, or -ENOSPC. name is kept. */
int intr_vector_alloc(unsigned cpu, intr_fn fn, void *arg, const char *name)
    __must_check;
void intr_dispatch(struct trapframe *, unsigned vector);
void cpu_call_serve(void);	/* run what others asked of this CPU */
void cpu_stop_self(void) __noreturn;

/* --- the platform's side ------------------------------------------------- */

/* Interrupts off, kva and slab work, one CPU: ACPI, LAPIC of this CPU, I/O
 * APIC, clock source, LAPIC timer, in the order the platform likes. */
void platform_init(const struct bootinfo *);
void acpi_init(const struct bootinfo *);
void clock_init(void);
void lapic_init_cpu(void);	/* also on each AP, from ap_entry() */
void smp_start(void);		/* starts the other CPUs; sets ncpus */
void lapic_eoi(void);
void lapic_error(void);
void lapic_ipi(uint32_t lapic_id, unsigned vector);
void lapic_ipi_nmi(uint32_t lapic_id);
/* MSI address and data that deliver vector to that CPU. */
void lapic_msi(uint32_t lapic_id, unsigned vector, uint64_t *addr,
    uint32_t *data);

/* --- memory (pmap_kernel.c) ---------------------------------------------- */

void pmap_bootstrap(const struct bootinfo *); /* own tables, and CR3 */

/* --- others -------------------------------------------------------------- */

void smap_patch(const struct bootinfo *); /* usercopy.c */
extern struct console uart_early_console;
void uart_early_init(void);	/* console "uart0" by polling COM1 */
struct trapframe *trap(struct trapframe *, unsigned vector);
void ast_loop(struct trapframe *); /* trap.c; interrupts off in and out */

/* --- FPU (fpu.c) --------------------------------------------------------- */

/*
 * Between these the kernel (firmware calls) may use all vector registers; no
 * sleeping, not in interrupts.
 */
void fpu_kernel_begin(void);
void fpu_kernel_end(void);

#endif
