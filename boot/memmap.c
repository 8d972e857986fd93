/* SPDX-License-Identifier: MIT */
/*
 * boot/memmap.c - makes the kernel's memory map from the firmware's.
 *
 * Why a sweep: firmware maps come unsorted and, on bad days, overlapping, and
 * the loader's own ranges must be cut out of what the firmware calls loader
 * data.  Counting how many ranges of each class cover an address answers all
 * three with one rule.
 */
#include "memmap.h"

#define PAGE	4096ULL
#define LOW_END	(1ULL << 20)

/* EFI_MEMORY_TYPE, by number. */
static const enum memmap_class efi_class[] = {
	[0] = MEMMAP_RESERVED,		/* reserved */
	[1] = MEMMAP_USABLE,		/* loader code */
	[2] = MEMMAP_USABLE,		/* loader data */
	[3] = MEMMAP_USABLE,		/* boot services code */
	[4] = MEMMAP_USABLE,		/* boot services data */
	[5] = MEMMAP_RUNTIME_CODE,
	[6] = MEMMAP_RUNTIME_DATA,
	[7] = MEMMAP_USABLE,		/* conventional */
	[8] = MEMMAP_RESERVED,		/* unusable: bad RAM */
	[9] = MEMMAP_ACPI_RECLAIM,
	[10] = MEMMAP_ACPI_NVS,
	[11] = MEMMAP_MMIO,
	[12] = MEMMAP_MMIO,		/* I/O port space */
	[13] = MEMMAP_RESERVED,		/* processor firmware */
	[14] = MEMMAP_RESERVED,		/* persistent memory */
};

#define EFI_CONVENTIONAL	7

static const struct {
	uint32_t	type, flags;
} class_range[MEMMAP_NCLASSES] = {
	[MEMMAP_USABLE] = { BI_MEM_USABLE, 0 },
	[MEMMAP_ACPI_RECLAIM] = { BI_MEM_ACPI_RECLAIM, 0 },
	[MEMMAP_RUNTIME_CODE] = { BI_MEM_RUNTIME, BI_MEM_F_CODE },
	[MEMMAP_RUNTIME_DATA] = { BI_MEM_RUNTIME, BI_MEM_F_DATA },
	[MEMMAP_ACPI_NVS] = { BI_MEM_ACPI_NVS, 0 },
	[MEMMAP_MMIO] = { BI_MEM_MMIO, 0 },
	[MEMMAP_RESERVED] = { BI_MEM_RESERVED, 0 },
	[MEMMAP_LOADER] = { BI_MEM_LOADER, 0 },
	[MEMMAP_KERNEL] = { BI_MEM_KERNEL, 0 },
};

void
memmap_init(struct memmap *mm, struct memmap_event *event, size_t max)
{
	mm->mm_event = event;
	mm->mm_count = 0;
	mm->mm_max = max;
}

/*
 * Adds a range; false if there is no room.  Insertion keeps the events
 * sorted: maps are nearly sorted and have a few hundred ranges.
 */
static bool
memmap_event_add(struct memmap *mm, uint64_t at, enum memmap_class class,
    int delta)
{
	size_t i = mm->mm_count;

	if (i == mm->mm_max)
		return false;
	for (; i > 0 && mm->mm_event[i - 1].me_at > at; i--)
		mm->mm_event[i] = mm->mm_event[i - 1];
	mm->mm_event[i] = (struct memmap_event) { at, class, delta };
	mm->mm_count++;
	return true;
}

/* The range shrinks to whole pages if it is free, and grows otherwise. */
bool
memmap_add(struct memmap *mm, uint64_t base, uint64_t length,
    enum memmap_class class)
{
	uint64_t end, top = ~0ULL & ~(PAGE - 1);

	end = length > top - (base < top ? base : top) ? top : base + length;
	if (class == MEMMAP_USABLE) {
		base = base > top ? top : (base + PAGE - 1) & ~(PAGE - 1);
		end &= ~(PAGE - 1);
	} else {
		base &= ~(PAGE - 1);
		end = (end + PAGE - 1) & ~(PAGE - 1);
	}
	if (base >= end)
		return true;
	return memmap_event_add(mm, base, class, 1) &&
	    memmap_event_add(mm, end, class, -1);
}

/*
 * Adds a range of the firmware's map.  Below 1 MiB only what was free all
 * along is taken: firmware leaves things there that it does not declare.
 */
bool
memmap_add_efi(struct memmap *mm, uint64_t base, uint64_t pages,
    uint32_t efitype)
{
	enum memmap_class class = MEMMAP_RESERVED;
	uint64_t length, low;

	if (efitype < sizeof(efi_class) / sizeof(efi_class[0]))
		class = efi_class[efitype];
	length = pages > ~0ULL / PAGE ? ~0ULL : pages * PAGE;
	if (class == MEMMAP_USABLE && efitype != EFI_CONVENTIONAL &&
	    base < LOW_END) {
		low = length < LOW_END - base ? length : LOW_END - base;
		if (!memmap_add(mm, base, low, MEMMAP_RESERVED))
			return false;
		base += low;
		length -= low;
	}
	return memmap_add(mm, base, length, class);
}

/* Appends to the map, joining what touches; false if there is no room. */
static bool
range_append(struct bi_memrange *map, size_t *count, size_t max,
    uint64_t base, uint64_t end, enum memmap_class class)
{
	struct bi_memrange *last = *count > 0 ? &map[*count - 1] : NULL;

	if (last != NULL && last->mr_base + last->mr_length == base &&
	    last->mr_type == class_range[class].type &&
	    last->mr_flags == class_range[class].flags) {
		last->mr_length += end - base;
		return true;
	}
	if (*count == max)
		return false;
	map[(*count)++] = (struct bi_memrange) {
		.mr_base = base,
		.mr_length = end - base,
		.mr_type = class_range[class].type,
		.mr_flags = class_range[class].flags,
	};
	return true;
}

/* Writes the map; returns the number of ranges, 0 if max is too few. */
size_t
memmap_build(struct memmap *mm, struct bi_memrange *map, size_t max)
{
	int cover[MEMMAP_NCLASSES] = { 0 };
	size_t count = 0, i;
	uint64_t next;
	int class;

	for (i = 0; i + 1 < mm->mm_count; i++) {
		cover[mm->mm_event[i].me_class] += mm->mm_event[i].me_delta;
		next = mm->mm_event[i + 1].me_at;
		if (next == mm->mm_event[i].me_at)
			continue;
		for (class = MEMMAP_NCLASSES - 1; class > MEMMAP_NONE; class--)
			if (cover[class] > 0)
				break;
		/* Page 0 may mean "none" to the kernel. */
		if (class == MEMMAP_USABLE && mm->mm_event[i].me_at == 0) {
			if (!range_append(map, &count, max, 0, PAGE,
			    MEMMAP_RESERVED))
				return 0;
			if (next > PAGE && !range_append(map, &count, max,
			    PAGE, next, MEMMAP_USABLE))
				return 0;
		} else if (class != MEMMAP_NONE && !range_append(map, &count,
		    max, mm->mm_event[i].me_at, next, class))
			return 0;
	}
	return count;
}
