/* SPDX-License-Identifier: MIT */
/*
 * sys/dev/pci.h: PCI devices: finding them, their registers and interrupts.
 *
 * Use: a driver has a struct pci_driver and gives it to pci_driver_register()
 * from an INIT_DRIVER function of order 20 or later (the buses are walked at
 * order 10); pd_probe is called for every device that matches. It runs in a
 * thread and may sleep.
 * Locks: none: devices are found at boot and never go away.
 */
#ifndef DEV_PCI_H
#define DEV_PCI_H

#include "base/list.h"
#include "base/types.h"

#include <machine/md.h>

#define PCI_VENDOR	0x00
#define PCI_DEVICE	0x02
#define PCI_COMMAND	0x04
#define PCI_STATUS	0x06
#define PCI_CLASS	0x08 /* revision, interface, subclass, class */
#define PCI_HEADER	0x0e
#define PCI_BAR(n)	(0x10 + 4 * (n))
#define PCI_SUBVENDOR	0x2c
#define PCI_SUBDEVICE	0x2e
#define PCI_CAPS	0x34

#define PCI_COMMAND_IO	   0x001
#define PCI_COMMAND_MEMORY 0x002
#define PCI_COMMAND_MASTER 0x004
#define PCI_COMMAND_NO_INTX 0x400

#define PCI_CAP_MSI	0x05
#define PCI_CAP_VENDOR	0x09
#define PCI_CAP_MSIX	0x11

#define PCI_ANY 0xffff
#define PCI_BARS 6

struct pci_bar {
	paddr_t pb_addr;   /* 0: none, or nobody gave it an address */
	uint64_t pb_size;
	bool pb_io;
	bool pb_prefetch;
};

struct pci_dev {
	struct list pd_link;
	uint16_t pd_segment;
	uint8_t pd_bus, pd_slot, pd_func;
	uint16_t pd_vendor, pd_device;
	uint32_t pd_class; /* 0xCCSSII */
	struct pci_bar pd_bar[PCI_BARS];
	volatile uint8_t *pd_config; /* ECAM page; NULL: by ports */
	uint16_t pd_msix, pd_msi;    /* capabilities, 0: none */
	volatile uint8_t *pd_msix_table; /* once it was needed */
	unsigned pd_msix_count;
	const char *pd_driver; /* who has it, NULL: nobody */
};

struct pci_driver {
	const char *pdr_name;
	uint16_t pdr_vendor;	/* PCI_ANY: see pdr_class */
	uint16_t pdr_first, pdr_last; /* device numbers */
	uint32_t pdr_class, pdr_class_mask; /* (class & mask) == pdr_class */
	int (*pdr_probe)(struct pci_dev *); /* 0: it is ours now */
};

void pci_driver_register(const struct pci_driver *);
void pci_foreach(void (*fn)(struct pci_dev *, void *), void *arg);

uint8_t pci_read8(struct pci_dev *, unsigned off);
uint16_t pci_read16(struct pci_dev *, unsigned off);
uint32_t pci_read32(struct pci_dev *, unsigned off);
void pci_write8(struct pci_dev *, unsigned off, uint8_t);
void pci_write16(struct pci_dev *, unsigned off, uint16_t);
void pci_write32(struct pci_dev *, unsigned off, uint32_t);

/* The next capability of that number after `after` (0: the first); 0: none. */
unsigned pci_cap_find(struct pci_dev *, uint8_t id, unsigned after);
/* Memory decoding and bus mastering on, INTx off. */
void pci_enable(struct pci_dev *);
/* Maps [off, off + len) of a memory BAR uncached; len 0: to its end. NULL. */
volatile void *pci_bar_map(struct pci_dev *, unsigned bar, uint64_t off,
    uint64_t len);

/* Message-signalled interrupts; MSI gives one, MSI-X pd_msix_count. */
unsigned pci_msi_count(struct pci_dev *);
/* Message number `index` calls fn(arg) on that CPU. */
int pci_msi_setup(struct pci_dev *, unsigned index, unsigned cpu, intr_fn,
    void *arg) __must_check;

/* Maps a bus's configuration space, 4 KiB a function; NULL: use the ports. */
volatile uint8_t *pci_config_bus(uint16_t segment, uint8_t bus);

#endif
