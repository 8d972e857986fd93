/* SPDX-License-Identifier: MIT */
/*
 * sys/amd64/acpi.c: this machine's ACPI tables, and what they tell drivers.
 */
#include "base/kprintf.h"
#include "base/page.h"

#include <machine/platform.h>

#include "amd64/acpi.h"
#include "amd64/amd64.h"

struct acpi_info acpi;

static struct bi_framebuffer framebuffer;

/* Tables lie in RAM that the firmware keeps: the direct map reaches it. */
static const void *
table_memory(const struct acpi_memory *am, paddr_t pa, size_t len)
{
	const struct bootinfo *bi = am->am_arg;

	if (pa >= bi->bi_direct_size || len > bi->bi_direct_size - pa)
		return NULL;
	return phys_to_virt(pa);
}

void
acpi_init(const struct bootinfo *bi)
{
	struct acpi_memory am = { table_memory, (void *)bi };

	framebuffer = bi->bi_fb;
	if (acpi_parse(&acpi, &am, bi->bi_rsdp) != 0)
		klog(KLOG_WARNING, "acpi: no tables: one CPU, no power off\n");
	if (acpi.inf_cpus_seen > acpi.inf_ncpus)
		klog(KLOG_WARNING, "acpi: %u CPUs, %u of them used\n",
		    acpi.inf_cpus_seen, acpi.inf_ncpus);
}

const struct md_ecam *
md_pci_ecam(unsigned i)
{
	return i < acpi.inf_necams ? &acpi.inf_ecam[i] : NULL;
}

const struct bi_framebuffer *
md_framebuffer(void)
{
	return framebuffer.fb_phys != 0 ? &framebuffer : NULL;
}

bool
md_has_i8042(void)
{
	return (acpi.inf_boot & ACPI_BOOT_8042) != 0;
}

bool
md_msi_forbidden(void)
{
	return (acpi.inf_boot & ACPI_BOOT_NO_MSI) != 0;
}
