/* SPDX-License-Identifier: MIT */
/*
 * sys/include/machine/platform.h: what firmware told about the machine, for
 * drivers. Valid from stage INIT_SUBSYS on and never changed.
 */
#ifndef MACHINE_PLATFORM_H
#define MACHINE_PLATFORM_H

#include "base/types.h"

#include <machine/bootinfo.h>

/* PCI configuration space in memory: 1 MiB a bus, from bus 0's address on. */
struct md_ecam {
	paddr_t me_base; /* of bus 0, even if me_first is not 0 */
	uint16_t me_segment;
	uint8_t me_first, me_last; /* buses */
};

/* The i-th window, NULL after the last. */
const struct md_ecam *md_pci_ecam(unsigned i);
/* The frame buffer the loader found; NULL if none. */
const struct bi_framebuffer *md_framebuffer(void);
/* May there be an 8042 keyboard controller? Probing is safe only then. */
bool md_has_i8042(void);
/* Is PCI's message-signalled interrupt forbidden (ACPI says so)? */
bool md_msi_forbidden(void);
/* Messages no longer go to the first serial line by themselves: its driver
 * has taken over. */
void md_early_console_stop(void);

#endif
