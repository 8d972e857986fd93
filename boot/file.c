/* SPDX-License-Identifier: MIT */
/*
 * boot/file.c - files of the volume the loader came from.
 */
#include "loader.h"

static EFI_STATUS
volume_open(struct loader *ld, EFI_FILE **root)
{
	EFI_GUID image_guid = LOADED_IMAGE_PROTOCOL;
	EFI_GUID volume_guid = SIMPLE_FILE_SYSTEM_PROTOCOL;
	EFI_SIMPLE_FILE_SYSTEM_PROTOCOL *volume;
	EFI_LOADED_IMAGE *image;
	EFI_STATUS status;

	status = BS->HandleProtocol(ld->ld_image, &image_guid,
	    (void **)&image);
	if (!EFI_ERROR(status))
		status = BS->HandleProtocol(image->DeviceHandle, &volume_guid,
		    (void **)&volume);
	if (!EFI_ERROR(status))
		status = volume->OpenVolume(volume, root);
	if (EFI_ERROR(status))
		Print(L"RSE: the volume the loader is on cannot be opened: "
		    L"%r.\n", status);
	return status;
}

/*
 * Opens a file to read and tells its size.  EFI_NOT_FOUND is the caller's to
 * report, since a file may be optional; this reports all else.
 */
EFI_STATUS
file_open(struct loader *ld, const char *path, EFI_FILE **file,
    uint64_t *size)
{
	CHAR16 wide[CONFIG_PATH_MAX];
	EFI_STATUS status;
	EFI_FILE *root;
	size_t i = 0;

	status = volume_open(ld, &root);
	if (EFI_ERROR(status))
		return status;
	do
		wide[i] = path[i];
	while (path[i++] != '\0');
	status = root->Open(root, file, wide, EFI_FILE_MODE_READ, 0);
	root->Close(root);
	if (status == EFI_NOT_FOUND)
		return status;
	if (!EFI_ERROR(status)) {
		/* All ones means the end; a directory refuses that. */
		status = (*file)->SetPosition(*file, ~0ULL);
		if (!EFI_ERROR(status))
			status = (*file)->GetPosition(*file, size);
		if (EFI_ERROR(status))
			(*file)->Close(*file);
	}
	if (EFI_ERROR(status))
		Print(L"RSE: %s cannot be opened: %r.\n", wide, status);
	return status;
}

/* Reads exactly that much; the caller reports errors. */
EFI_STATUS
file_read(EFI_FILE *file, uint64_t offset, void *to, size_t len)
{
	EFI_STATUS status;
	UINTN got = len;

	status = file->SetPosition(file, offset);
	if (!EFI_ERROR(status))
		status = file->Read(file, &got, to);
	if (!EFI_ERROR(status) && got != len)
		status = EFI_END_OF_FILE;
	return status;
}
