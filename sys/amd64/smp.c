/* SPDX-License-Identifier: MIT */
/*
 * sys/amd64/smp.c: starts the other CPUs.
 *
 * All are woken at once and come to the gate (smp.h) by themselves. Numbers
 * and stacks, made before, are given out in the order of arrival, so that
 * cpus[] has no holes even if a CPU is dead; the gate opens for each at once,
 * as a CPU that waits takes time from the others if they are virtual.
 * Meanwhile the CPUs' time stamp counters are compared.
 */
#include "base/bootopt.h"
#include "base/clock.h"
#include "base/kprintf.h"
#include "base/page.h"
#include "base/panic.h"
#include "base/string.h"

#include <machine/pmap.h>

#include "amd64/acpi.h"
#include "amd64/amd64.h"
#include "amd64/clock.h"
#include "amd64/lapic.h"
#include "amd64/smp.h"

#define LOW_MEMORY    0x9f000 /* SIPI reaches 1 MiB; above is ROM and EBDA */
#define ARRIVE_RETRY  (2 * NSEC_PER_MSEC) /* then a second SIPI */
#define ARRIVE_LIMIT  (10 * NSEC_PER_SEC) /* a host may be that busy */
#define ONLINE_LIMIT  (60 * NSEC_PER_SEC)
#define WARP_ROUNDS   16

_Static_assert(offsetof(struct ap_slot, as_arrived) == SLOT_ARRIVED, "smp.h");
_Static_assert(offsetof(struct ap_slot, as_stack) == SLOT_STACK, "smp.h");
_Static_assert(offsetof(struct ap_slot, as_cpu) == SLOT_CPU, "smp.h");
_Static_assert(sizeof(struct ap_slot) == SLOT_SIZE, "smp.h");
_Static_assert(offsetof(struct ap_params, ap_gate) == PARAM_GATE, "smp.h");
_Static_assert(offsetof(struct ap_params, ap_slots) == PARAM_SLOTS, "smp.h");
_Static_assert(offsetof(struct ap_params, ap_count) == PARAM_COUNT, "smp.h");
_Static_assert(sizeof(struct ap_params) == PARAM_SIZE, "smp.h");

extern const char ap_trampoline[], ap_trampoline_end[];
void ap_gate(void); /* not called: an address */

static struct ap_slot slots[MAXCPU];
static unsigned nslots;
static paddr_t page; /* 0: none */
static uint64_t warp_last; /* [a] the latest TSC anybody read */
static uint32_t warps;	   /* [a] readings that were before it */

/* RAM the firmware no longer needs and page.c gives to nobody. */
void
smp_page_find(const struct bootinfo *bi)
{
	const struct bi_memrange *mr = phys_to_virt(bi->bi_memmap);

	for (uint64_t i = 0; i < bi->bi_memmap_count; i++) {
		paddr_t pa = MAX(page_round(mr[i].mr_base), PAGE_SIZE);

		if (mr[i].mr_type != BI_MEM_USABLE ||
		    pa + PAGE_SIZE > mr[i].mr_base + mr[i].mr_length ||
		    pa >= LOW_MEMORY)
			continue;
		page = pa;
		return;
	}
}

static void
trampoline_install(void)
{
	size_t size = (size_t)(ap_trampoline_end - ap_trampoline);
	struct ap_params params = {
		.ap_cr3 = kernel_pmap.pm_root,
		.ap_gate = (uint64_t)ap_gate,
		.ap_slots = (uint64_t)slots,
		.ap_count = nslots,
	};

	KASSERT(size + sizeof(params) <= PAGE_SIZE);
	KASSERT(kernel_pmap.pm_root < UINT64_C(1) << 32);
	memcpy(phys_to_virt(page), ap_trampoline, size);
	memcpy((char *)phys_to_virt(page) + size, &params, sizeof(params));
	if (pmap_enter(&kernel_pmap, page, page, PMAP_READ | PMAP_EXEC,
		NULL) != 0)
		panic("smp: no memory to map the trampoline");
}

static void
page_keep(void *arg, vaddr_t va, paddr_t pa, unsigned flags)
{
	/* It was never anybody's: no reference to give back. */
}

static void
trampoline_remove(void)
{
	pmap_remove(&kernel_pmap, page, page + PAGE_SIZE, page_keep, NULL);
	memset(phys_to_virt(page), 0, PAGE_SIZE);
}

/* Opens the gate for those that have come; true: nobody is missing. */
static bool
arrivals_serve(void)
{
	bool all = true;

	for (unsigned i = 0; i < nslots; i++) {
		struct ap_slot *as = &slots[i];

		if (as->as_cpu != NULL)
			continue;
		if (!atomic_load(&as->as_arrived)) {
			all = false;
			continue;
		}
		as->as_cpu = cpus[ncpus];
		as->as_cpu->c_lapic_id = as->as_lapic_id;
		ncpus++;
		atomic_store(&as->as_stack, as->as_cpu->c_md->cm_boot_stack);
	}
	return all;
}

/*
 * Old processors wanted 10 ms between INIT and SIPI; those that run this
 * kernel do not. The second SIPI is for one that was not ready for the first.
 */
static void
wake_all(void)
{
	nsec_t start = clock_mono();
	bool again = false;

	for (unsigned i = 0; i < nslots; i++)
		lapic_ipi_init(slots[i].as_lapic_id);
	if (!cpu_has(CPU_HYPERVISOR))
		clock_spin(200 * NSEC_PER_USEC);
	for (unsigned i = 0; i < nslots; i++)
		lapic_ipi_startup(slots[i].as_lapic_id, page);
	while (!arrivals_serve() && clock_mono() - start < ARRIVE_LIMIT) {
		cpu_pause();
		if (again || clock_mono() - start < ARRIVE_RETRY)
			continue;
		again = true;
		for (unsigned i = 0; i < nslots; i++) {
			if (!atomic_load(&slots[i].as_arrived))
				lapic_ipi_startup(slots[i].as_lapic_id, page);
		}
	}
}

/* As many as can be had; those beyond are not woken. */
static void
create_all(void)
{
	for (unsigned i = 0; i < nslots; i++) {
		if (cpu_create(ncpus + i, slots[i].as_lapic_id) != NULL)
			continue;
		klog(KLOG_ERR, "smp: no memory for %u CPUs\n", nslots - i);
		nslots = i;
	}
}

/* Those that did not come are put to sleep for good. */
static void
missing_forget(void)
{
	for (unsigned i = 0; i < nslots; i++) {
		if (slots[i].as_cpu != NULL)
			continue;
		lapic_ipi_init(slots[i].as_lapic_id);
		klog(KLOG_ERR, "smp: CPU with APIC %u does not start\n",
		    slots[i].as_lapic_id);
	}
	for (unsigned i = ncpus; i < MAXCPU; i++)
		cpus[i] = NULL;
}

/*
 * Every CPU reads the latest TSC anybody has seen, then its own, which must
 * not be before it.
 */
void
smp_tsc_compare(void)
{
	for (unsigned i = 0; i < WARP_ROUNDS; i++) {
		uint64_t last = atomic_load(&warp_last), now;

		rmb();
		now = cpu_ticks();
		rmb();
		if (now < last)
			atomic_add(&warps, 1);
		while (now > last && !atomic_cas(&warp_last, &last, now))
			cpu_pause();
	}
}

static void
online_wait(void)
{
	nsec_t start = clock_mono();

	for (unsigned i = 1; i < ncpus; i++) {
		while (!atomic_load(&cpus[i]->c_online)) {
			smp_tsc_compare();
			if (clock_mono() - start > ONLINE_LIMIT)
				panic("smp: CPU %u is lost in its start", i);
		}
	}
	smp_tsc_compare();
	if (atomic_load(&warps) != 0)
		clock_tsc_distrust();
}

void
smp_start(void)
{
	const char *opt = boot_option("maxcpus");
	uint64_t max = MAXCPU;
	nsec_t start = clock_mono();

	if (opt != NULL && str_to_u64(opt, NULL, 10, &max) != 0)
		max = MAXCPU;
	for (unsigned i = 0; i < acpi.inf_ncpus && nslots + 1 < max; i++) {
		if (acpi.inf_cpu[i] != boot_cpu.c_lapic_id)
			slots[nslots++].as_lapic_id = acpi.inf_cpu[i];
	}
	if (nslots == 0)
		return;
	if (page == 0) {
		klog(KLOG_ERR, "smp: no page below 1 MiB: one CPU\n");
		return;
	}
	create_all();
	trampoline_install();
	wake_all();
	missing_forget();
	online_wait();
	trampoline_remove();
	kprintf("smp: %u CPUs, started in %lld us\n", ncpus,
	    (long long)((clock_mono() - start) / NSEC_PER_USEC));
}
