/* SPDX-License-Identifier: MIT */
/*
 * boot/efimap.c - the firmware's memory map, before and after the hand-over.
 *
 * Invariants: all memory the conversion needs is there before boot services
 * end, sized so that it cannot fail afterwards.
 */
#include "loader.h"

/* Entries the map may gain between its first reading and the last. */
#define SPARE	64

EFI_STATUS
efimap_alloc(struct loader *ld)
{
	struct efimap *em = &ld->ld_efimap;
	size_t nranges, nevents;
	UINT32 version;
	EFI_STATUS status;
	void *map, *events, *ranges;

	em->em_size = 0;
	status = BS->GetMemoryMap(&em->em_size, NULL, &em->em_key,
	    &em->em_step, &version);
	if (status != EFI_BUFFER_TOO_SMALL ||
	    em->em_step < sizeof(EFI_MEMORY_DESCRIPTOR)) {
		Print(L"RSE: the firmware has no memory map: %r.\n", status);
		return EFI_UNSUPPORTED;
	}
	em->em_room = em->em_size + SPARE * em->em_step;
	nranges = em->em_room / em->em_step + PAGES_MAX;
	nevents = MEMMAP_EVENTS(nranges);
	ld->ld_maxranges = nevents + 1;
	status = pages_alloc(ld, em->em_room, ~0ULL, MEMMAP_NONE, &map);
	if (EFI_ERROR(status))
		return status;
	status = pages_alloc(ld, nevents * sizeof(struct memmap_event), ~0ULL,
	    MEMMAP_NONE, &events);
	if (EFI_ERROR(status))
		return status;
	status = pages_alloc(ld, ld->ld_maxranges * sizeof(struct bi_memrange),
	    ~0ULL, MEMMAP_LOADER, &ranges);
	if (EFI_ERROR(status))
		return status;
	em->em_map = map;
	memmap_init(&ld->ld_memmap, events, nevents);
	ld->ld_ranges = ranges;
	return EFI_SUCCESS;
}

/* Says nothing: it is called when there may be no console any more. */
EFI_STATUS
efimap_read(struct loader *ld)
{
	struct efimap *em = &ld->ld_efimap;
	UINT32 version;

	em->em_size = em->em_room;
	return BS->GetMemoryMap(&em->em_size, (EFI_MEMORY_DESCRIPTOR *)
	    em->em_map, &em->em_key, &em->em_step, &version);
}

static const EFI_MEMORY_DESCRIPTOR *
efimap_entry(const struct efimap *em, UINTN i)
{
	return (const EFI_MEMORY_DESCRIPTOR *)(em->em_map + i * em->em_step);
}

/* The end of the highest range. */
uint64_t
efimap_top(const struct loader *ld)
{
	const struct efimap *em = &ld->ld_efimap;
	const EFI_MEMORY_DESCRIPTOR *d;
	uint64_t top = 0, end;

	for (UINTN i = 0; i < em->em_size / em->em_step; i++) {
		d = efimap_entry(em, i);
		end = d->PhysicalStart + d->NumberOfPages * EFI_PAGE_SIZE;
		if (end > top)
			top = end;
	}
	return top;
}

/* Makes the kernel's map of the firmware's and of what the loader keeps. */
void
efimap_convert(struct loader *ld)
{
	struct bootinfo *bi = &ld->ld_info->in_bootinfo;
	const struct efimap *em = &ld->ld_efimap;
	const EFI_MEMORY_DESCRIPTOR *d;
	const struct pages *pg;

	for (UINTN i = 0; i < em->em_size / em->em_step; i++) {
		d = efimap_entry(em, i);
		memmap_add_efi(&ld->ld_memmap, d->PhysicalStart,
		    d->NumberOfPages, d->Type);
	}
	for (size_t i = 0; i < ld->ld_npages; i++) {
		pg = &ld->ld_pages[i];
		if (pg->pg_class != MEMMAP_NONE)
			memmap_add(&ld->ld_memmap, pg->pg_base,
			    pg->pg_count * EFI_PAGE_SIZE, pg->pg_class);
	}
	bi->bi_memmap = (uint64_t)ld->ld_ranges;
	bi->bi_memmap_count = memmap_build(&ld->ld_memmap, ld->ld_ranges,
	    ld->ld_maxranges);
}
