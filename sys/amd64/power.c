/* SPDX-License-Identifier: MIT */
/*
 * sys/amd64/power.c: the ways a machine is switched off or starts again,
 * from the politest to the rudest. Callers have written their disks.
 */
#include "base/kprintf.h"
#include "base/kva.h"
#include "base/thread.h"

#include "amd64/acpi.h"
#include "amd64/amd64.h"
#include "amd64/clock.h"
#include "amd64/efi_rt.h"

#define PM1_SCI_ENABLE 1u
#define PM1_SLP_TYP(t) ((uint32_t)(t) << 10)
#define PM1_SLP_MASK   (7u << 10)
#define PM1_SLP_ENABLE (1u << 13)
#define SLEEP_TYP(t)   ((uint8_t)((t) << 2))
#define SLEEP_ENABLE   0x20
#define KBD_COMMAND    0x64
#define KBD_BUSY       0x02
#define KBD_RESET      0xfe
#define RESET_PORT     0xcf9
#define DEBUG_EXIT     0xf4 /* QEMU's isa-debug-exit, where it is fitted */
#define SETTLE	       (100 * NSEC_PER_MSEC)

/* Registers in memory are mapped for good: they are used once. */
static bool
reg_write(const struct acpi_reg *r, unsigned width, uint32_t v)
{
	volatile void *p;

	if (r->ar_addr == 0)
		return false;
	if (r->ar_space == ACPI_IO && r->ar_addr <= 0xffff) {
		if (width == 16)
			outw((uint16_t)r->ar_addr, (uint16_t)v);
		else
			outb((uint16_t)r->ar_addr, (uint8_t)v);
		return true;
	}
	if (r->ar_space != ACPI_MEMORY)
		return false;
	p = kva_map_phys(r->ar_addr, width / 8, PMAP_UC);
	if (p == NULL)
		return false;
	if (width == 16)
		mmio_write16(p, (uint16_t)v);
	else
		mmio_write8(p, (uint8_t)v);
	return true;
}

static uint16_t
pm1_read(const struct acpi_reg *r)
{
	volatile void *p;

	if (r->ar_addr == 0)
		return 0;
	if (r->ar_space == ACPI_IO)
		return inw((uint16_t)r->ar_addr);
	p = kva_map_phys(r->ar_addr, 2, PMAP_UC);
	return p != NULL ? mmio_read16(p) : 0;
}

/* Firmware may still own the power registers: take them. */
static void
acpi_enable(void)
{
	if (pm1_read(&acpi.inf_pm1a) & PM1_SCI_ENABLE)
		return;
	if (acpi.inf_smi_cmd == 0 || acpi.inf_smi_cmd > 0xffff ||
	    acpi.inf_acpi_enable == 0)
		return;
	outb((uint16_t)acpi.inf_smi_cmd, acpi.inf_acpi_enable);
	for (unsigned i = 0; i < 300; i++) {
		if (pm1_read(&acpi.inf_pm1a) & PM1_SCI_ENABLE)
			return;
		clock_spin(10 * NSEC_PER_MSEC);
	}
}

static void
pm1_sleep(const struct acpi_reg *r, uint8_t type)
{
	uint32_t v = pm1_read(r) & ~(PM1_SLP_MASK | PM1_SLP_ENABLE);

	(void)reg_write(r, 16, v | PM1_SLP_TYP(type));
	(void)reg_write(r, 16, v | PM1_SLP_TYP(type) | PM1_SLP_ENABLE);
}

static void
acpi_poweroff(void)
{
	if (!acpi.inf_s5)
		return;
	if (acpi.inf_flags & ACPI_FADT_HW_REDUCED) {
		if (reg_write(&acpi.inf_sleep, 8,
			SLEEP_TYP(acpi.inf_s5_a) | SLEEP_ENABLE))
			clock_spin(SETTLE);
		return;
	}
	if (acpi.inf_pm1a.ar_addr == 0)
		return;
	acpi_enable();
	pm1_sleep(&acpi.inf_pm1a, acpi.inf_s5_a);
	if (acpi.inf_pm1b.ar_addr != 0)
		pm1_sleep(&acpi.inf_pm1b, acpi.inf_s5_b);
	clock_spin(SETTLE);
}

static void
halt(void) __noreturn;

static void
halt(void)
{
	for (;;)
		__asm__ volatile("cli; hlt");
}

void
md_poweroff(void)
{
	acpi_poweroff();
	efi_reset(true);
	klog(KLOG_EMERG, "power: this machine cannot switch itself off\n");
	halt();
}

static void
kbd_reset(void)
{
	if (!md_has_i8042())
		return;
	for (unsigned i = 0; i < 1000 && (inb(KBD_COMMAND) & KBD_BUSY); i++)
		clock_spin(10 * NSEC_PER_USEC);
	outb(KBD_COMMAND, KBD_RESET);
	clock_spin(SETTLE);
}

/* With no IDT the first exception is the third. */
static void
triple_fault(void) __noreturn;

static void
triple_fault(void)
{
	struct {
		uint16_t limit;
		uint64_t base;
	} __packed idt = { 0, 0 };

	__asm__ volatile("lidt %0; int3" ::"m"(idt) : "memory");
	halt();
}

void
md_reboot(void)
{
	if (reg_write(&acpi.inf_reset, 8, acpi.inf_reset_value))
		clock_spin(SETTLE);
	efi_reset(false);
	kbd_reset();
	outb(RESET_PORT, 0x02);
	outb(RESET_PORT, 0x06);
	clock_spin(SETTLE);
	triple_fault();
}

/* Where the port is not decoded the write goes nowhere. */
void
md_panic_stop(int code)
{
	(void)intr_disable();
	outb(DEBUG_EXIT, (uint8_t)code);
	halt();
}
