/* SPDX-License-Identifier: MIT */
/*
 * boot/pages.c - memory from the firmware, remembered.
 *
 * Why: the kernel's memory map needs to know what the loader leaves behind,
 * and a failed start must leave nothing.
 */
#include "loader.h"

static UINTN
pages_in(size_t bytes)
{
	return (bytes + EFI_PAGE_SIZE - 1) / EFI_PAGE_SIZE;
}

static EFI_STATUS
pages_remember(struct loader *ld, uint64_t base, UINTN count,
    enum memmap_class class, void **result)
{
	ld->ld_pages[ld->ld_npages++] = (struct pages) { base, count, class };
	*result = (void *)base;
	return EFI_SUCCESS;
}

static EFI_STATUS
pages_get(struct loader *ld, UINTN count, uint64_t limit, EFI_MEMORY_TYPE type,
    EFI_PHYSICAL_ADDRESS *base)
{
	EFI_STATUS status = EFI_OUT_OF_RESOURCES;

	*base = limit;
	if (ld->ld_npages < PAGES_MAX)
		status = BS->AllocatePages(AllocateMaxAddress, type, count,
		    base);
	if (EFI_ERROR(status))
		Print(L"RSE: there is no room for %ld KiB of memory: %r.\n",
		    (UINT64)count * EFI_PAGE_SIZE / 1024, status);
	return status;
}

/* Whole pages, not cleared, that end at or below limit. */
EFI_STATUS
pages_alloc(struct loader *ld, size_t bytes, uint64_t limit,
    enum memmap_class class, void **result)
{
	EFI_PHYSICAL_ADDRESS base;
	EFI_STATUS status;

	/* What is kept below 4 GiB is the stub, and that will be executed. */
	status = pages_get(ld, pages_in(bytes), limit,
	    limit == ~0ULL ? EfiLoaderData : EfiLoaderCode, &base);
	if (EFI_ERROR(status))
		return status;
	return pages_remember(ld, base, pages_in(bytes), class, result);
}

/* The same at a multiple of 2 MiB, anywhere. */
EFI_STATUS
pages_alloc_2m(struct loader *ld, size_t bytes, enum memmap_class class,
    void **result)
{
	UINTN count = pages_in(bytes), spare = pages_in(PAGE_SIZE_2M), head;
	EFI_PHYSICAL_ADDRESS base;
	EFI_STATUS status;

	status = pages_get(ld, count + spare, ~0ULL, EfiLoaderData, &base);
	if (EFI_ERROR(status))
		return status;
	head = pages_in(-base & (PAGE_SIZE_2M - 1));
	if (head > 0)
		BS->FreePages(base, head);
	base += head * EFI_PAGE_SIZE;
	if (spare > head)
		BS->FreePages(base + count * EFI_PAGE_SIZE, spare - head);
	return pages_remember(ld, base, count, class, result);
}

void
pages_free_all(struct loader *ld)
{
	while (ld->ld_npages-- > 0)
		BS->FreePages(ld->ld_pages[ld->ld_npages].pg_base,
		    ld->ld_pages[ld->ld_npages].pg_count);
	ld->ld_npages = 0;
}
