/* SPDX-License-Identifier: MIT */
/*
 * boot/memmap.h - makes the kernel's memory map from the firmware's, as pure
 * functions.
 *
 * Use: give memmap_init room for MEMMAP_EVENTS(ranges), add every firmware
 * range and every range the loader keeps, memmap_build into as many entries.
 */
#ifndef BOOT_MEMMAP_H
#define BOOT_MEMMAP_H

#include <machine/bootinfo.h>
#include <stdbool.h>
#include <stddef.h>

/* A firmware range may be split in two, and each half has two ends. */
#define MEMMAP_EVENTS(ranges)	(4 * (ranges))

/* What a byte can be; where ranges overlap, the highest one wins. */
enum memmap_class {
	MEMMAP_NONE,
	MEMMAP_USABLE,
	MEMMAP_ACPI_RECLAIM,
	MEMMAP_RUNTIME_CODE,
	MEMMAP_RUNTIME_DATA,
	MEMMAP_ACPI_NVS,
	MEMMAP_MMIO,
	MEMMAP_RESERVED,
	MEMMAP_LOADER,
	MEMMAP_KERNEL,
	MEMMAP_NCLASSES,
};

/* At this address a range of this class begins (+1) or ends (-1). */
struct memmap_event {
	uint64_t		me_at;
	enum memmap_class	me_class;
	int			me_delta;
};

struct memmap {
	struct memmap_event	*mm_event;
	size_t			 mm_count;
	size_t			 mm_max;
};

void	memmap_init(struct memmap *, struct memmap_event *, size_t max);
bool	memmap_add(struct memmap *, uint64_t base, uint64_t length,
	    enum memmap_class);
bool	memmap_add_efi(struct memmap *, uint64_t base, uint64_t pages,
	    uint32_t efitype);
size_t	memmap_build(struct memmap *, struct bi_memrange *, size_t max);

#endif
