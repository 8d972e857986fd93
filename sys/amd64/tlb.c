/* SPDX-License-Identifier: MIT */
/*
 * sys/amd64/tlb.c: which address space a CPU has loaded, and making CPUs
 * forget translations.
 *
 * pm_cpus has the bit of every CPU that has the pmap in CR3. A CPU that runs
 * a kernel thread keeps the last one (lazily) until somebody flushes it; then
 * it moves to the kernel's tables instead and hears no more.
 *
 * PCIDs: a CPU remembers the last few address spaces in slots (the PCID is
 * the slot's number, 0 is the kernel's). A slot is good if its owner is the
 * pmap and nothing was flushed since the CPU last ran it: pm_pcid_gen[cpu] ==
 * pm_gen, which each flush bumps.
 * Why it is safe: the activating CPU sets its bit, then reads pm_gen; the
 * flushing CPU bumps pm_gen, then reads pm_cpus; all are locked instructions.
 * So either the flusher sees the bit and sends a call, or the activator sees
 * the new generation and flushes.
 */
#include "base/atomic.h"
#include "base/thread.h"

#include <machine/md.h>
#include <machine/pmap.h>

#include "amd64/amd64.h"
#include "amd64/pmap_internal.h"

#define FLUSH_PAGES 32 /* more than these: everything at once */

struct tlb_request {
	struct pmap *tr_pmap; /* NULL: kernel addresses */
	vaddr_t tr_start;
	vaddr_t tr_end;
	uint64_t tr_gen;
};

/* The slot for pm on this CPU; *keep: its translations are good. */
static unsigned
pcid_take(struct cpu *c, struct pmap *pm, bool *keep)
{
	struct cpu_md *cm = c->c_md;
	unsigned pcid = pm->pm_pcid[c->c_id];
	uint64_t gen = atomic_load(&pm->pm_gen);

	*keep = true;
	if (pcid == 0 || cm->cm_pcid_owner[pcid] != pm) {
		if (++cm->cm_pcid_next >= PCID_COUNT)
			cm->cm_pcid_next = 1;
		pcid = cm->cm_pcid_next;
		cm->cm_pcid_owner[pcid] = pm;
		pm->pm_pcid[c->c_id] = pcid;
		*keep = false;
	} else if (pm->pm_pcid_gen[c->c_id] != gen) {
		*keep = false;
	}
	pm->pm_pcid_gen[c->c_id] = gen;
	return pcid;
}

void
pmap_activate(struct pmap *pm)
{
	struct cpu *c = curcpu();
	struct pmap *old = c->c_pmap;
	uint64_t flags, cr3;
	bool keep;

	if (pm == NULL || pm == old)
		return;
	flags = intr_disable();
	cr3 = pm->pm_root;
	if (pm != &kernel_pmap) {
		atomic_or(&pm->pm_cpus, 1UL << c->c_id);
		if (cpu_has(CPU_PCID)) {
			cr3 |= pcid_take(c, pm, &keep);
			if (keep)
				cr3 |= CR3_NOFLUSH;
		}
	} else if (cpu_has(CPU_PCID)) {
		cr3 |= CR3_NOFLUSH;
	}
	c->c_pmap = pm;
	wrcr3(cr3);
	if (old != &kernel_pmap)
		atomic_and(&old->pm_cpus, ~(1UL << c->c_id));
	intr_restore(flags);
}

/* Interrupts off; pm is what CR3 has. */
static void
flush_loaded(struct cpu *c, const struct tlb_request *tr)
{
	struct pmap *pm = tr->tr_pmap;

	if (tr->tr_end - tr->tr_start > FLUSH_PAGES * PAGE_SIZE) {
		wrcr3(rdcr3());
	} else {
		for (vaddr_t va = tr->tr_start; va < tr->tr_end;
		     va += PAGE_SIZE)
			invlpg(va);
	}
	/* Seen in order; otherwise the next activation flushes. */
	if (pm->pm_pcid_gen[c->c_id] + 1 == tr->tr_gen)
		pm->pm_pcid_gen[c->c_id] = tr->tr_gen;
}

/* On each CPU that was in pm_cpus. */
static void
flush_call(void *arg)
{
	const struct tlb_request *tr = arg;
	struct cpu *c = curcpu();
	struct thread *td = c->c_thread;

	if (c->c_pmap != tr->tr_pmap)
		return;
	if (td == NULL || td->td_pmap != tr->tr_pmap)
		pmap_activate(&kernel_pmap);
	else
		flush_loaded(c, tr);
}

void
tlb_flush(struct pmap *pm, vaddr_t start, vaddr_t end)
{
	struct tlb_request tr = { pm, start, end, 0 };
	struct cpu *c = curcpu();
	uint64_t cpumask, flags;

	if (cpu_has(CPU_PCID))
		tr.tr_gen = atomic_add(&pm->pm_gen, 1);
	else if (ncpus > 1)
		atomic_fence(); /* entries written before pm_cpus is read */
	cpumask = atomic_load(&pm->pm_cpus);
	if (c->c_pmap == pm) {
		flags = intr_disable();
		flush_loaded(c, &tr);
		intr_restore(flags);
	}
	cpumask &= ~(1UL << c->c_id);
	if (cpumask != 0)
		md_ipi_call(cpumask, flush_call, &tr);
}

void
pmap_flush_all(struct pmap *pm)
{
	tlb_flush(pm, 0, USER_MAX);
}

static void
evict_call(void *arg)
{
	struct pmap *pm = arg;

	if (curcpu()->c_pmap == pm)
		pmap_activate(&kernel_pmap);
}

void
tlb_evict(struct pmap *pm)
{
	uint64_t cpumask;

	evict_call(pm);
	cpumask = atomic_load(&pm->pm_cpus);
	if (cpumask != 0)
		md_ipi_call(cpumask, evict_call, pm);
}

/* Global entries: INVLPG reaches them under every PCID. */
static void
kernel_call(void *arg)
{
	const struct tlb_request *tr = arg;
	uint64_t cr4;

	if (tr->tr_end - tr->tr_start <= FLUSH_PAGES * PAGE_SIZE) {
		for (vaddr_t va = tr->tr_start; va < tr->tr_end;
		     va += PAGE_SIZE)
			invlpg(va);
		return;
	}
	cr4 = rdcr4();
	if (cr4 & CR4_PGE) {
		wrcr4(cr4 & ~(uint64_t)CR4_PGE);
		wrcr4(cr4);
	} else {
		wrcr3(rdcr3());
	}
}

void
tlb_flush_kernel(vaddr_t start, vaddr_t end)
{
	struct tlb_request tr = { NULL, start, end, 0 };
	uint64_t flags = intr_disable();

	kernel_call(&tr);
	intr_restore(flags);
	if (ncpus > 1)
		md_ipi_call(~0UL, kernel_call, &tr);
}
