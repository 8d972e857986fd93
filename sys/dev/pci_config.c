/* SPDX-License-Identifier: MIT */
/*
 * sys/dev/pci_config.c: PCI configuration space, in memory (ECAM) where ACPI
 * says so, otherwise through the ports of old.
 *
 * Locks: port_lock guards the address port.
 */
#include "base/kva.h"
#include "base/lock.h"

#include <machine/io.h>
#include <machine/platform.h>

#include "dev/pci.h"

#define CONFIG_SIZE    256  /* by ports */
#define ECAM_SIZE      4096 /* a function */
#define ECAM_BUS       (UINT64_C(1) << 20)
#define CONFIG_ADDRESS 0xcf8
#define CONFIG_DATA    0xcfc
#define CONFIG_ENABLE  0x80000000u

static struct spinlock port_lock = SPINLOCK_INIT(LR_DRIVER, "pciconf");

volatile uint8_t *
pci_config_bus(uint16_t segment, uint8_t bus)
{
	const struct md_ecam *me;

	for (unsigned i = 0; (me = md_pci_ecam(i)) != NULL; i++) {
		if (me->me_segment == segment && bus >= me->me_first &&
		    bus <= me->me_last)
			return kva_map_phys(me->me_base + bus * ECAM_BUS,
			    ECAM_BUS, PMAP_UC);
	}
	return NULL;
}

static uint64_t
port_select(struct pci_dev *pd, unsigned off)
{
	uint64_t flags = spin_lock_irq(&port_lock);

	outl(CONFIG_ADDRESS, CONFIG_ENABLE | (uint32_t)pd->pd_bus << 16 |
		(uint32_t)pd->pd_slot << 11 | (uint32_t)pd->pd_func << 8 |
		(off & 0xfc));
	return flags;
}

uint32_t
pci_read32(struct pci_dev *pd, unsigned off)
{
	uint64_t flags;
	uint32_t v;

	off &= ~3u;
	if (pd->pd_config != NULL)
		return off < ECAM_SIZE ? mmio_read32(pd->pd_config + off) : ~0u;
	if (off >= CONFIG_SIZE)
		return ~0u;
	flags = port_select(pd, off);
	v = inl(CONFIG_DATA);
	spin_unlock_irq(&port_lock, flags);
	return v;
}

uint16_t
pci_read16(struct pci_dev *pd, unsigned off)
{
	return (uint16_t)(pci_read32(pd, off) >> (off & 2) * 8);
}

uint8_t
pci_read8(struct pci_dev *pd, unsigned off)
{
	return (uint8_t)(pci_read32(pd, off) >> (off & 3) * 8);
}

void
pci_write32(struct pci_dev *pd, unsigned off, uint32_t v)
{
	uint64_t flags;

	if (pd->pd_config != NULL) {
		if (off + 4 <= ECAM_SIZE)
			mmio_write32(pd->pd_config + off, v);
		return;
	}
	if (off + 4 > CONFIG_SIZE)
		return;
	flags = port_select(pd, off);
	outl(CONFIG_DATA, v);
	spin_unlock_irq(&port_lock, flags);
}

/* Widths matter: next to a command register lie bits cleared by writing 1. */
void
pci_write16(struct pci_dev *pd, unsigned off, uint16_t v)
{
	uint64_t flags;

	if (pd->pd_config != NULL) {
		if (off + 2 <= ECAM_SIZE)
			mmio_write16(pd->pd_config + off, v);
		return;
	}
	if (off + 2 > CONFIG_SIZE)
		return;
	flags = port_select(pd, off);
	outw(CONFIG_DATA + (off & 2), v);
	spin_unlock_irq(&port_lock, flags);
}

void
pci_write8(struct pci_dev *pd, unsigned off, uint8_t v)
{
	uint64_t flags;

	if (pd->pd_config != NULL) {
		if (off < ECAM_SIZE)
			mmio_write8(pd->pd_config + off, v);
		return;
	}
	if (off >= CONFIG_SIZE)
		return;
	flags = port_select(pd, off);
	outb(CONFIG_DATA + (off & 3), v);
	spin_unlock_irq(&port_lock, flags);
}
