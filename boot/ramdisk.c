/* SPDX-License-Identifier: MIT */
/*
 * boot/ramdisk.c - a disk image from the loader's volume into memory.
 *
 * Why: a kernel on a CD or a stick needs no driver for what it came from.
 */
#include "loader.h"

EFI_STATUS
ramdisk_load(struct loader *ld)
{
	struct bootinfo *bi = &ld->ld_info->in_bootinfo;
	const char *path = ld->ld_config.cf_ramdisk;
	EFI_STATUS status;
	EFI_FILE *file;
	uint64_t size;
	void *image;

	if (path[0] == '\0')
		return EFI_SUCCESS;
	status = file_open(ld, path, &file, &size);
	if (status == EFI_NOT_FOUND)
		Print(L"RSE: %a does not exist.\n", path);
	if (EFI_ERROR(status))
		return status;
	status = pages_alloc(ld, size, ~0ULL, MEMMAP_LOADER, &image);
	if (!EFI_ERROR(status)) {
		status = file_read(file, 0, image, size);
		if (EFI_ERROR(status))
			Print(L"RSE: %a cannot be read: %r.\n", path, status);
	}
	file->Close(file);
	bi->bi_ramdisk = (uint64_t)image;
	bi->bi_ramdisk_size = size;
	return status;
}
