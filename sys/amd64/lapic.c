/* SPDX-License-Identifier: MIT */
/*
 * sys/amd64/lapic.c: the local APIC: interrupts between CPUs and the timer.
 *
 * Registers are MSRs in x2APIC mode and memory otherwise; which of the two is
 * decided once, for all CPUs, by what CPUID says.
 * Why one-shot and not periodic: the kernel is tickless; every deadline is
 * programmed when it is known (base/timer.c).
 */
#include "base/clock.h"
#include "base/kprintf.h"
#include "base/kva.h"
#include "base/panic.h"

#include "amd64/acpi.h"
#include "amd64/amd64.h"
#include "amd64/lapic.h"
#include "amd64/smp.h"

#define REG_ID	      0x020
#define REG_TPR	      0x080
#define REG_EOI	      0x0b0
#define REG_LDR	      0x0d0
#define REG_DFR	      0x0e0
#define REG_SVR	      0x0f0
#define REG_ESR	      0x280
#define REG_ICR	      0x300
#define REG_ICR_HIGH  0x310
#define REG_LVT_TIMER 0x320
#define REG_LVT_THERMAL 0x330
#define REG_LVT_PERF  0x340
#define REG_LVT_LINT0 0x350
#define REG_LVT_LINT1 0x360
#define REG_LVT_ERROR 0x370
#define REG_TIMER_INIT 0x380
#define REG_TIMER_NOW 0x390
#define REG_TIMER_DIV 0x3e0

#define MSR_X2APIC    0x800
#define APIC_BASE_ENABLE (1u << 11)
#define APIC_BASE_X2  (1u << 10)
#define LAPIC_DEFAULT 0xfee00000u

#define SVR_ENABLE    (1u << 8)
#define LVT_MASKED    (1u << 16)
#define LVT_NMI	      (4u << 8)
#define TIMER_DEADLINE (2u << 17)
#define DIVIDE_BY_1   0xb
#define ICR_NMI	      (4u << 8)
#define ICR_INIT      (5u << 8)
#define ICR_STARTUP   (6u << 8)
#define ICR_PENDING   (1u << 12)
#define ICR_ASSERT    (1u << 14)

static volatile uint8_t *registers; /* [I] NULL: x2APIC */
static bool deadline_mode;	    /* [I] */
static uint64_t ticks_per_ns;	    /* [I] of the timer or TSC, << 32 */

static inline uint32_t
reg_read(unsigned reg)
{
	if (registers != NULL)
		return mmio_read32(registers + reg);
	return (uint32_t)rdmsr(MSR_X2APIC + (reg >> 4));
}

static inline void
reg_write(unsigned reg, uint32_t v)
{
	if (registers != NULL)
		mmio_write32(registers + reg, v);
	else
		wrmsr(MSR_X2APIC + (reg >> 4), v);
}

uint32_t
lapic_id(void)
{
	uint32_t id = reg_read(REG_ID);

	return registers != NULL ? id >> 24 : id;
}

void
lapic_init(void)
{
	paddr_t pa = acpi.inf_lapic;

	if (!cpu_has(CPU_X2APIC)) {
		if (pa == 0)
			pa = LAPIC_DEFAULT;
		registers = kva_map_phys(pa, PAGE_SIZE, PMAP_UC);
		if (registers == NULL)
			panic("lapic: no room to map its registers");
	}
	lapic_init_cpu();
}

void
lapic_init_cpu(void)
{
	uint64_t base = rdmsr(MSR_APIC_BASE) | APIC_BASE_ENABLE;

	smp_tsc_compare();
	wrmsr(MSR_APIC_BASE, base); /* x2APIC needs two steps if it was off */
	if (registers == NULL)
		wrmsr(MSR_APIC_BASE, base | APIC_BASE_X2);
	reg_write(REG_TPR, 0);
	if (registers != NULL) {
		reg_write(REG_DFR, 0xffffffff);
		reg_write(REG_LDR, 0);
	}
	reg_write(REG_LVT_TIMER, LVT_MASKED);
	reg_write(REG_LVT_THERMAL, LVT_MASKED);
	reg_write(REG_LVT_PERF, LVT_MASKED);
	reg_write(REG_LVT_LINT0, LVT_MASKED);
	reg_write(REG_LVT_LINT1, LVT_NMI);
	reg_write(REG_LVT_ERROR, VECTOR_ERROR);
	reg_write(REG_SVR, SVR_ENABLE | VECTOR_SPURIOUS);
	reg_write(REG_ESR, 0);
	lapic_eoi();
	reg_write(REG_TIMER_DIV, DIVIDE_BY_1);
	reg_write(REG_LVT_TIMER,
	    VECTOR_TIMER | (deadline_mode ? TIMER_DEADLINE : 0));
	if (deadline_mode)
		mb(); /* the mode must be set before the MSR is written */
}

void
lapic_eoi(void)
{
	if (likely(registers != NULL))
		mmio_write32(registers + REG_EOI, 0);
	else
		wrmsr(MSR_X2APIC + (REG_EOI >> 4), 0);
}

void
lapic_error(void)
{
	uint32_t esr;

	reg_write(REG_ESR, 0);
	esr = reg_read(REG_ESR);
	klog(KLOG_WARNING, "lapic: CPU %u: error status 0x%x\n",
	    curcpu()->c_id, esr);
}

/*
 * Both halves of the command register must come from the same sender, so
 * interrupts are off between the two. Other CPUs must see what was stored
 * before the IPI: an uncached write does that, the MSR needs a fence.
 */
static void
icr_send(uint32_t id, uint32_t command)
{
	uint64_t flags;

	if (registers == NULL) {
		mb();
		wrmsr(MSR_X2APIC + (REG_ICR >> 4),
		    (uint64_t)id << 32 | command);
		return;
	}
	flags = intr_disable();
	while (mmio_read32(registers + REG_ICR) & ICR_PENDING)
		cpu_pause();
	mmio_write32(registers + REG_ICR_HIGH, id << 24);
	mmio_write32(registers + REG_ICR, command);
	intr_restore(flags);
}

void
lapic_ipi(uint32_t id, unsigned vector)
{
	icr_send(id, vector | ICR_ASSERT);
}

void
lapic_ipi_nmi(uint32_t id)
{
	icr_send(id, ICR_NMI | ICR_ASSERT);
}

void
lapic_ipi_init(uint32_t id)
{
	icr_send(id, ICR_INIT | ICR_ASSERT);
}

void
lapic_ipi_startup(uint32_t id, paddr_t page)
{
	icr_send(id, ICR_STARTUP | ICR_ASSERT | (uint32_t)(page >> PAGE_SHIFT));
}

/* Message address of the xAPIC form: numbers up to 254 without remapping. */
void
lapic_msi(uint32_t id, unsigned vector, uint64_t *addr, uint32_t *data)
{
	*addr = LAPIC_DEFAULT | (uint64_t)(id & 0xff) << 12;
	*data = vector;
}

void
lapic_timer_start_raw(void)
{
	reg_write(REG_LVT_TIMER, LVT_MASKED | VECTOR_TIMER);
	reg_write(REG_TIMER_INIT, 0xffffffff);
}

uint32_t
lapic_timer_count(void)
{
	return reg_read(REG_TIMER_NOW);
}

void
lapic_timer_init(uint64_t lapic_hz, uint64_t tsc_hz)
{
	deadline_mode = lapic_hz == 0;
	/* In two steps, as 2^32 times a fast clock overflows 64 bits. */
	ticks_per_ns = (((deadline_mode ? tsc_hz : lapic_hz) << 30) /
	    NSEC_PER_SEC) << 2;
	reg_write(REG_TIMER_INIT, 0);
	reg_write(REG_LVT_TIMER,
	    VECTOR_TIMER | (deadline_mode ? TIMER_DEADLINE : 0));
	if (deadline_mode)
		mb();
}

/*
 * Rounded up: an interrupt a tick early would only come again. A deadline
 * that does not fit the counter fires early, and base/timer.c goes on.
 */
void
md_timer_arm(nsec_t deadline)
{
	nsec_t now, span;
	uint64_t ticks;

	if (deadline == NSEC_NEVER) {
		if (deadline_mode)
			wrmsr(MSR_TSC_DEADLINE, 0);
		else
			reg_write(REG_TIMER_INIT, 0);
		return;
	}
	now = clock_mono();
	span = MIN(MAX(deadline - now, (nsec_t)0), 3600 * NSEC_PER_SEC);
	ticks = (uint64_t)(((unsigned __int128)span * ticks_per_ns) >> 32) + 1;
	if (deadline_mode)
		wrmsr(MSR_TSC_DEADLINE, cpu_ticks() + ticks);
	else
		reg_write(REG_TIMER_INIT,
		    (uint32_t)MIN(ticks, (uint64_t)UINT32_MAX));
}
