/* SPDX-License-Identifier: MIT */
/*
 * boot/settings.c - fills the configuration from boot.conf and the load
 * options.
 */
#include "loader.h"

#define SETTINGS_PATH	"\\rse\\boot.conf"

static EFI_STATUS
file_settings_read(struct loader *ld)
{
	static char text[CONFIG_FILE_MAX];
	struct config_error error;
	EFI_STATUS status;
	EFI_FILE *file;
	uint64_t size;

	status = file_open(ld, SETTINGS_PATH, &file, &size);
	if (status == EFI_NOT_FOUND)
		return EFI_SUCCESS;
	if (EFI_ERROR(status))
		return status;
	if (size > sizeof(text))
		status = EFI_BUFFER_TOO_SMALL;
	else
		status = file_read(file, 0, text, size);
	file->Close(file);
	if (EFI_ERROR(status)) {
		Print(L"RSE: %a cannot be read: %r.\n", SETTINGS_PATH, status);
		return status;
	}
	if (!config_parse(&ld->ld_config, text, size, &error)) {
		Print(L"RSE: %a, line %d: %a.\n", SETTINGS_PATH,
		    error.ce_line, error.ce_why);
		return EFI_INVALID_PARAMETER;
	}
	return EFI_SUCCESS;
}

static EFI_STATUS
options_read(struct loader *ld)
{
	EFI_GUID guid = LOADED_IMAGE_PROTOCOL;
	EFI_LOADED_IMAGE *image;
	EFI_STATUS status;
	const char *why;

	status = BS->HandleProtocol(ld->ld_image, &guid, (void **)&image);
	if (EFI_ERROR(status) || image->LoadOptions == NULL)
		return EFI_SUCCESS;
	if (!config_options_append(&ld->ld_config, image->LoadOptions,
	    image->LoadOptionsSize, &why)) {
		Print(L"RSE: %a.\n", why);
		return EFI_INVALID_PARAMETER;
	}
	return EFI_SUCCESS;
}

EFI_STATUS
settings_read(struct loader *ld)
{
	EFI_STATUS status;

	config_init(&ld->ld_config);
	status = file_settings_read(ld);
	if (EFI_ERROR(status))
		return status;
	return options_read(ld);
}
