/* SPDX-License-Identifier: MIT */
/*
 * sys/include/machine/pmap.h: page tables.
 *
 * A pmap is the hardware's view of one address space. The vm layer decides
 * what is mapped and owns the page references; the pmap tells it which pages
 * it let go of, after no CPU can reach them any more.
 * Locks: callers of the user functions hold the vmspace lock (read suffices
 * for pmap_enter, which takes pm_lock); pm_lock guards table pages.
 */
#ifndef MACHINE_PMAP_H
#define MACHINE_PMAP_H

#include "base/lock.h"
#include "base/types.h"

struct page;

struct pmap {
	struct spinlock pm_lock;
	paddr_t pm_root;	/* [I] PML4 */
	uint64_t pm_cpus;	/* [a] CPUs that have it loaded */
	uint64_t pm_gen;	/* [a] bumped to void stale PCIDs */
	uint64_t pm_resident;	/* [a] user pages mapped */
	uint64_t pm_tables;	/* [a] page table pages */
	uint16_t pm_pcid[MAXCPU]; /* [c] PCID on each CPU, 0: none */
	uint64_t pm_pcid_gen[MAXCPU];
};

#define PMAP_READ  0x01
#define PMAP_WRITE 0x02
#define PMAP_EXEC  0x04
#define PMAP_USER  0x08
#define PMAP_UC	   0x10 /* device registers */
#define PMAP_WC	   0x20 /* frame buffers */
/* Found in entries by the query functions. */
#define PMAP_ACCESSED 0x100
#define PMAP_DIRTY    0x200

extern struct pmap kernel_pmap;

int pmap_init(struct pmap *) __must_check; /* shares the kernel half */
/* Frees table pages; no user mapping may be left. */
void pmap_destroy(struct pmap *);
/* Load it on this CPU; NULL: keep whatever is loaded (kernel threads). */
void pmap_activate(struct pmap *);

/* Map one page, replacing what is there. *old (if not NULL) gets the page
 * that was replaced, ~0 if none; it has been flushed from all TLBs. -ENOMEM. */
int pmap_enter(struct pmap *, vaddr_t, paddr_t, unsigned prot, paddr_t *old)
    __must_check;
/* The same only if nothing is mapped there: -EEXIST. For fault-around. */
int pmap_enter_new(struct pmap *, vaddr_t, paddr_t, unsigned prot)
    __must_check;
/*
 * The same for n pages side by side, up to the first place that is taken (or
 * where a table would have to be made): how many, or -EEXIST or -ENOMEM for
 * the first. PMAP_ACCESSED and PMAP_DIRTY in prot: marked so beforehand, which
 * spares the CPU doing it.
 */
int pmap_enter_run(struct pmap *, vaddr_t, struct page *const *, unsigned n,
    unsigned prot) __must_check;

/*
 * Unmap [start, end): clears entries, flushes every CPU, then calls fn for
 * each page that was mapped (flags: PMAP_DIRTY, PMAP_ACCESSED), in batches.
 * Table pages that became empty are freed.
 */
void pmap_remove(struct pmap *, vaddr_t start, vaddr_t end,
    void (*fn)(void *arg, vaddr_t, paddr_t, unsigned flags), void *arg);
/* Lower or raise the rights of what is mapped; raising to write is left out
 * (the fault does it, so that copy-on-write stays right). */
void pmap_protect(struct pmap *, vaddr_t start, vaddr_t end, unsigned prot);
/* Copy mappings of [start, end) to dst for fork, calling fn for each page so
 * that it takes a reference. cow: both lose write. The caller flushes src
 * once with pmap_flush_all() when it is through. -ENOMEM. */
int pmap_fork(struct pmap *dst, struct pmap *src, vaddr_t start, vaddr_t end,
    bool cow, void (*fn)(void *arg, vaddr_t, paddr_t), void *arg)
    __must_check;
void pmap_flush_all(struct pmap *);
/* What is mapped at va: PMAP_ flags, 0 if nothing; pa may be NULL. */
unsigned pmap_query(struct pmap *, vaddr_t, paddr_t *pa);
/* Clear and return the DIRTY/ACCESSED bits named in which; flushes. */
unsigned pmap_clear_bits(struct pmap *, vaddr_t, unsigned which);

/* Kernel half; new upper-level tables are pre-made so all pmaps share them. */
int pmap_kenter(vaddr_t, paddr_t, unsigned prot) __must_check;
void pmap_kremove(vaddr_t start, vaddr_t end); /* flushes all CPUs */

#endif
