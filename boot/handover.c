/* SPDX-License-Identifier: MIT */
/*
 * boot/handover.c - leaves the firmware and enters the kernel.
 */
#include "loader.h"
#include "bytes.h"

#define CR3_LIMIT	0xffffffffULL	/* the stub must be mapped 1:1 */
#define EXIT_TRIES	8

extern const uint8_t handover_stub[], handover_stub_end[];

typedef void handover_fn(uint64_t cr3, uint64_t entry, uint64_t stack,
    uint64_t bootinfo);

static uint64_t
direct(const void *p)
{
	return BI_DIRECT_MAP_BASE + (uint64_t)p;
}

/* Everything that needs memory or may complain. */
EFI_STATUS
handover_prepare(struct loader *ld)
{
	size_t size = handover_stub_end - handover_stub;
	EFI_STATUS status;

	status = efimap_alloc(ld);
	if (EFI_ERROR(status))
		return status;
	status = pages_alloc(ld, size, CR3_LIMIT, MEMMAP_LOADER, &ld->ld_stub);
	if (EFI_ERROR(status))
		return status;
	bytes_copy(ld->ld_stub, handover_stub, size);
	status = efimap_read(ld);
	if (EFI_ERROR(status)) {
		Print(L"RSE: the memory map cannot be read: %r.\n", status);
		return status;
	}
	return paging_build(ld);
}

/*
 * Ends boot services.  The first try may itself run events that change the
 * map; the specification then allows these two calls and no other.
 */
static EFI_STATUS
boot_services_exit(struct loader *ld)
{
	EFI_STATUS status = EFI_SUCCESS;

	for (int try = 0; try < EXIT_TRIES; try++) {
		status = efimap_read(ld);
		if (EFI_ERROR(status))
			return status;
		status = BS->ExitBootServices(ld->ld_image,
		    ld->ld_efimap.em_key);
		if (status != EFI_INVALID_PARAMETER)
			return status;
	}
	return status;
}

/* Returns only if the firmware does not let go. */
EFI_STATUS
handover_run(struct loader *ld)
{
	struct bootinfo *bi = &ld->ld_info->in_bootinfo;
	handover_fn *stub = (handover_fn *)ld->ld_stub;
	EFI_STATUS status;

	status = boot_services_exit(ld);
	if (EFI_ERROR(status)) {
		Print(L"RSE: boot services do not end: %r.\n", status);
		return status;
	}
	efimap_convert(ld);
	bytes_zero(&ld->ld_seed, sizeof(ld->ld_seed));
	bi->bi_tsc_handover = tsc_read();
	stub((uint64_t)ld->ld_pml4, bi->bi_kernel_virt + ld->ld_elf.el_entry,
	    direct(ld->ld_info->in_stack + BI_STACK_SIZE), direct(bi));
	__builtin_unreachable();
}
