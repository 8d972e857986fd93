/* SPDX-License-Identifier: MIT */
/*
 * boot/main.c - the loader from its first line to the hand-over.
 */
#include "loader.h"
#include "bytes.h"

#define KEY_WAIT	10	/* s to read an error message */

/* The address the firmware's table has for a configuration table, or 0. */
static uint64_t
table_find(EFI_GUID *guid)
{
	for (UINTN i = 0; i < ST->NumberOfTableEntries; i++)
		if (bytes_equal(&ST->ConfigurationTable[i].VendorGuid, guid,
		    sizeof(*guid)))
			return (uint64_t)ST->ConfigurationTable[i].VendorTable;
	return 0;
}

/* The kernel's struct bootinfo, but for what handover_run alone can know. */
static void
info_fill(struct loader *ld, uint64_t tsc_entry)
{
	EFI_GUID acpi20 = ACPI_20_TABLE_GUID, acpi10 = ACPI_TABLE_GUID;
	struct bootinfo *bi = &ld->ld_info->in_bootinfo;

	bi->bi_magic = BI_MAGIC;
	bi->bi_version = BI_VERSION;
	bi->bi_size = sizeof(*bi);
	bi->bi_tsc_entry = tsc_entry;
	bi->bi_rsdp = table_find(&acpi20);
	if (bi->bi_rsdp == 0)
		bi->bi_rsdp = table_find(&acpi10);
	bi->bi_efi_systab = (uint64_t)ST;
	bi->bi_efi_runtime = (uint64_t)RT;
	bytes_copy(ld->ld_info->in_cmdline, ld->ld_config.cf_cmdline,
	    BI_CMDLINE_MAX);
	bi->bi_cmdline = (uint64_t)ld->ld_info->in_cmdline;
	gop_find(&bi->bi_fb);
	bi->bi_unix_time = clock_read();
	seed_absorb(&ld->ld_seed, &bi->bi_unix_time, sizeof(int64_t));
	seed_squeeze(&ld->ld_seed, bi->bi_seed, BI_SEED_SIZE);
}

static EFI_STATUS
loader_run(struct loader *ld, uint64_t tsc_entry)
{
	EFI_STATUS status;
	void *info;

	status = paging_check();
	if (EFI_ERROR(status))
		return status;
	status = settings_read(ld);
	if (EFI_ERROR(status))
		return status;
	status = pages_alloc(ld, sizeof(*ld->ld_info), ~0ULL, MEMMAP_LOADER,
	    &info);
	if (EFI_ERROR(status))
		return status;
	ld->ld_info = info;
	bytes_zero(info, sizeof(*ld->ld_info));
	seed_init(&ld->ld_seed);
	seed_gather(&ld->ld_seed);
	status = kernel_load(ld);
	if (EFI_ERROR(status))
		return status;
	status = ramdisk_load(ld);
	if (EFI_ERROR(status))
		return status;
	info_fill(ld, tsc_entry);
	status = handover_prepare(ld);
	if (EFI_ERROR(status))
		return status;
	return handover_run(ld);
}

/* Leaves an error message on the screen until somebody has read it. */
static void
key_wait(void)
{
	EFI_EVENT events[2];
	UINTN which;

	Print(L"RSE: press a key, or wait %d s, to return to the firmware.\n",
	    KEY_WAIT);
	ST->ConIn->Reset(ST->ConIn, FALSE);
	if (EFI_ERROR(BS->CreateEvent(EVT_TIMER, 0, NULL, NULL, &events[0])))
		return;
	BS->SetTimer(events[0], TimerRelative, KEY_WAIT * 10000000ULL);
	events[1] = ST->ConIn->WaitForKey;
	BS->WaitForEvent(2, events, &which);
	BS->CloseEvent(events[0]);
}

EFI_STATUS
efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *systab)
{
	static struct loader loader;
	uint64_t tsc_entry = tsc_read();
	EFI_STATUS status;

	InitializeLib(image, systab);
	loader.ld_image = image;
	status = loader_run(&loader, tsc_entry);
	key_wait();
	pages_free_all(&loader);
	return status;
}
