/* SPDX-License-Identifier: MIT */
/*
 * sys/dev/pci_msi.c: message-signalled interrupts of PCI devices.
 *
 * MSI-X has a table of messages in a BAR; MSI has one message in
 * configuration space (a device may offer more; one is enough for us).
 */
#include "base/kva.h"

#include <abi/errno.h>
#include <machine/io.h>
#include <machine/platform.h>

#include "dev/pci.h"

#define MSIX_CONTROL  2
#define MSIX_TABLE    4
#define MSIX_ENABLE   0x8000
#define MSIX_MASK_ALL 0x4000
#define MSIX_ENTRY    16
#define ENTRY_ADDR_LO 0
#define ENTRY_ADDR_HI 4
#define ENTRY_DATA    8
#define ENTRY_CONTROL 12
#define ENTRY_MASKED  1u

#define MSI_CONTROL   2
#define MSI_ADDR_LO   4
#define MSI_ENABLE    0x0001
#define MSI_MULTIPLE  0x0070
#define MSI_64	      0x0080

unsigned
pci_msi_count(struct pci_dev *pd)
{
	if (md_msi_forbidden())
		return 0;
	return pd->pd_msix != 0 ? pd->pd_msix_count : pd->pd_msi != 0;
}

/* All entries masked, then the whole on: nothing comes until it is set up. */
static int
msix_enable(struct pci_dev *pd)
{
	uint32_t where = pci_read32(pd, pd->pd_msix + MSIX_TABLE);
	uint16_t control = pci_read16(pd, pd->pd_msix + MSIX_CONTROL);

	pd->pd_msix_table = pci_bar_map(pd, where & 7, where & ~7u,
	    (uint64_t)pd->pd_msix_count * MSIX_ENTRY);
	if (pd->pd_msix_table == NULL)
		return -ENODEV;
	pci_enable(pd); /* the table is memory of the device */
	pci_write16(pd, pd->pd_msix + MSIX_CONTROL,
	    control | MSIX_ENABLE | MSIX_MASK_ALL);
	for (unsigned i = 0; i < pd->pd_msix_count; i++)
		mmio_write32(pd->pd_msix_table + i * MSIX_ENTRY +
			ENTRY_CONTROL, ENTRY_MASKED);
	pci_write16(pd, pd->pd_msix + MSIX_CONTROL,
	    (control | MSIX_ENABLE) & ~MSIX_MASK_ALL);
	return 0;
}

static void
msi_write(struct pci_dev *pd, uint64_t addr, uint32_t data)
{
	uint16_t control = pci_read16(pd, pd->pd_msi + MSI_CONTROL);
	unsigned data_off = pd->pd_msi + ((control & MSI_64) ? 12 : 8);

	pci_write32(pd, pd->pd_msi + MSI_ADDR_LO, (uint32_t)addr);
	if (control & MSI_64)
		pci_write32(pd, pd->pd_msi + MSI_ADDR_LO + 4,
		    (uint32_t)(addr >> 32));
	pci_write16(pd, data_off, (uint16_t)data);
	pci_write16(pd, pd->pd_msi + MSI_CONTROL,
	    (control & ~MSI_MULTIPLE) | MSI_ENABLE);
}

int
pci_msi_setup(struct pci_dev *pd, unsigned index, unsigned cpu, intr_fn fn,
    void *arg)
{
	volatile uint8_t *entry;
	uint64_t addr;
	uint32_t data;
	int error;

	if (index >= pci_msi_count(pd))
		return -EINVAL;
	if (pd->pd_msix != 0 && pd->pd_msix_table == NULL) {
		error = msix_enable(pd);
		if (error != 0)
			return error;
	}
	error = md_msi_alloc(cpu, fn, arg, &addr, &data);
	if (error != 0)
		return error;
	if (pd->pd_msix == 0) {
		msi_write(pd, addr, data);
		return 0;
	}
	entry = pd->pd_msix_table + index * MSIX_ENTRY;
	mmio_write32(entry + ENTRY_ADDR_LO, (uint32_t)addr);
	mmio_write32(entry + ENTRY_ADDR_HI, (uint32_t)(addr >> 32));
	mmio_write32(entry + ENTRY_DATA, data);
	mmio_write32(entry + ENTRY_CONTROL, 0);
	return 0;
}
