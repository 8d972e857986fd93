/* SPDX-License-Identifier: MIT */
/*
 * tests/host/fake/pmap.h: a pmap that is a table, and the MMU over it.
 */
#ifndef FAKE_PMAP_H
#define FAKE_PMAP_H

#include <machine/pmap.h>

/* Where user address va lies for this access, NULL: it would fault. Sets the
 * accessed and dirty bits as the hardware does. */
void *fake_mmu(struct pmap *, vaddr_t va, bool write);
unsigned fake_pmap_count(struct pmap *); /* entries */

#endif
