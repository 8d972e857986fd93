/* SPDX-License-Identifier: MIT */
/*
 * sys/amd64/platform.c: starts the machine around CPU 0, in order.
 */
#include "base/kprintf.h"

#include <machine/platform.h>

#include "amd64/acpi.h"
#include "amd64/amd64.h"
#include "amd64/efi_rt.h"
#include "amd64/ioapic.h"
#include "amd64/lapic.h"
#include "amd64/smp.h"

void
platform_init(const struct bootinfo *bi)
{
	acpi_init(bi);
	efi_rt_init(bi);
	smp_page_find(bi);
	lapic_init();
	boot_cpu.c_lapic_id = lapic_id();
	ioapic_init();
	clock_init();
}

void
md_early_console_stop(void)
{
	console_unregister(&uart_early_console);
}
