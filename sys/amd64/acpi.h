/* SPDX-License-Identifier: MIT */
/*
 * sys/amd64/acpi.h: what the kernel wants to know from the ACPI tables.
 *
 * acpi_parse() is a pure function over foreign bytes (tests/host/acpi.c runs
 * it on the host); acpi.c gives it this machine's memory.
 */
#ifndef AMD64_ACPI_H
#define AMD64_ACPI_H

#include "base/types.h"

#include <machine/platform.h>

#define ACPI_IOAPIC_MAX 8
#define ACPI_ECAM_MAX	8
#define ACPI_ISA_IRQS	16

/* Flags of an interrupt source, as in the MADT. */
#define ACPI_POLARITY	0x3
#define ACPI_ACTIVE_LOW	0x3
#define ACPI_TRIGGER	0xc
#define ACPI_LEVEL	0xc

/* fi_boot: the FADT's IAPC_BOOT_ARCH. */
#define ACPI_BOOT_8042	   0x02
#define ACPI_BOOT_NO_MSI   0x08
#define ACPI_BOOT_NO_CMOS  0x20

/* FADT flags. */
#define ACPI_FADT_RESET	   (1u << 10)
#define ACPI_FADT_HW_REDUCED (1u << 20)

/* A register, in ACPI's generic form. */
enum acpi_space { ACPI_MEMORY = 0, ACPI_IO = 1, ACPI_PCI = 2 };

struct acpi_reg {
	uint8_t ar_space; /* enum acpi_space */
	uint8_t ar_width; /* bits */
	uint64_t ar_addr; /* 0: there is none */
};

struct acpi_ioapic {
	uint32_t ai_addr;
	uint32_t ai_gsi; /* of its first pin */
};

struct acpi_irq {
	uint32_t irq_gsi;
	uint16_t irq_flags; /* ACPI_POLARITY, ACPI_TRIGGER; 0: the bus's */
};

struct acpi_info {
	/* MADT */
	paddr_t inf_lapic;
	bool inf_8259;
	unsigned inf_ncpus;
	uint32_t inf_cpu[MAXCPU]; /* local APIC numbers of usable CPUs */
	unsigned inf_cpus_seen;	  /* usable ones, beyond MAXCPU too */
	unsigned inf_nioapics;
	struct acpi_ioapic inf_ioapic[ACPI_IOAPIC_MAX];
	struct acpi_irq inf_isa[ACPI_ISA_IRQS];
	/* FADT */
	bool inf_fadt;
	uint8_t inf_revision;
	uint16_t inf_boot; /* ACPI_BOOT_ */
	uint32_t inf_flags; /* ACPI_FADT_ */
	uint32_t inf_smi_cmd;
	uint8_t inf_acpi_enable; /* written to inf_smi_cmd */
	uint8_t inf_century; /* CMOS index, 0: none */
	struct acpi_reg inf_pm1a, inf_pm1b; /* control */
	struct acpi_reg inf_pm_timer;
	bool inf_pm_timer_32; /* bits; otherwise 24 */
	struct acpi_reg inf_reset;
	uint8_t inf_reset_value;
	struct acpi_reg inf_sleep; /* hardware-reduced machines */
	/* DSDT and SSDTs: \_S5 */
	bool inf_s5;
	uint8_t inf_s5_a, inf_s5_b; /* SLP_TYP */
	/* HPET */
	paddr_t inf_hpet;
	/* MCFG */
	unsigned inf_necams;
	struct md_ecam inf_ecam[ACPI_ECAM_MAX];
};

/*
 * Where tables are read from: am_map() gives a pointer to len bytes at
 * physical address pa, or NULL if they are not all readable. It stays valid.
 */
struct acpi_memory {
	const void *(*am_map)(const struct acpi_memory *, paddr_t pa,
	    size_t len);
	void *am_arg;
};

/*
 * Fills info with what could be read. 0; -ENOENT: no valid root table (info
 * then describes a machine without ACPI).
 */
int acpi_parse(struct acpi_info *info, const struct acpi_memory *,
    paddr_t rsdp);
/* Looks for \_S5 in n bytes of AML; fills inf_s5*. True if it was there. */
bool acpi_s5_find(struct acpi_info *info, const uint8_t *aml, size_t n);

extern struct acpi_info acpi; /* [I] of this machine */

#endif
