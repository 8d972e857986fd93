/* SPDX-License-Identifier: MIT */
/*
 * sys/dev/pci.c: walks the PCI buses, reads what is there, and brings drivers
 * and devices together.
 *
 * Firmware has numbered the buses and given addresses; both are taken as they
 * are. A bridge leads to its secondary bus if that has not been seen yet, so
 * that no wrong numbering can make the walk go round.
 */
#include "base/init.h"
#include "base/kprintf.h"
#include "base/kva.h"
#include "base/slab.h"
#include "base/string.h"

#include <abi/errno.h>
#include <machine/platform.h>

#include "dev/pci.h"

#define SLOTS	       32
#define FUNCS	       8
#define HEADER_MULTI   0x80
#define HEADER_BRIDGE  1
#define CLASS_HOST     0x0600
#define BRIDGE_BUSES   0x18 /* primary, secondary, subordinate, timer */
#define STATUS_CAPS    0x10
#define CAPS_MAX       48 /* as many as fit into 256 bytes */
#define BAR_IO	       0x1u
#define BAR_64	       0x4u
#define BAR_PREFETCH   0x8u

static struct list devices = LIST_INIT(devices);
static uint64_t bus_seen[4]; /* of the segment being walked */

/* The size a BAR decodes: the bits that do not stick. Decoding is off. */
static uint64_t
bar_size(struct pci_dev *pd, unsigned i, bool wide, bool io)
{
	unsigned off = PCI_BAR(i);
	uint32_t lo = pci_read32(pd, off), hi = 0;
	uint64_t mask;

	pci_write32(pd, off, ~0u);
	mask = pci_read32(pd, off) & (io ? ~0x3u : ~0xfu);
	pci_write32(pd, off, lo);
	if (wide) {
		hi = pci_read32(pd, off + 4);
		pci_write32(pd, off + 4, ~0u);
		mask |= (uint64_t)pci_read32(pd, off + 4) << 32;
		pci_write32(pd, off + 4, hi);
	} else if (mask != 0) {
		mask |= ~(uint64_t)UINT32_MAX;
		if (io)
			mask |= 0xffff0000u; /* may be wired to 0 */
	}
	return mask == 0 ? 0 : ~mask + 1;
}

static void
bars_read(struct pci_dev *pd, unsigned count)
{
	uint16_t command = pci_read16(pd, PCI_COMMAND);

	pci_write16(pd, PCI_COMMAND,
	    command & ~(PCI_COMMAND_IO | PCI_COMMAND_MEMORY));
	for (unsigned i = 0; i < count; i++) {
		struct pci_bar *pb = &pd->pd_bar[i];
		uint32_t lo = pci_read32(pd, PCI_BAR(i));
		bool io = (lo & BAR_IO) != 0;
		bool wide = !io && (lo & BAR_64) && i + 1 < count;

		pb->pb_size = bar_size(pd, i, wide, io);
		if (pb->pb_size != 0) {
			pb->pb_io = io;
			pb->pb_prefetch = !io && (lo & BAR_PREFETCH);
			pb->pb_addr = lo & (io ? ~0x3u : ~0xfu);
			if (wide)
				pb->pb_addr |= (uint64_t)pci_read32(pd,
				    PCI_BAR(i + 1)) << 32;
		}
		if (wide)
			i++;
	}
	pci_write16(pd, PCI_COMMAND, command);
}

unsigned
pci_cap_find(struct pci_dev *pd, uint8_t id, unsigned after)
{
	unsigned at = after != 0 ? after + 1 : PCI_CAPS;

	if (!(pci_read16(pd, PCI_STATUS) & STATUS_CAPS))
		return 0;
	for (unsigned n = 0; n < CAPS_MAX; n++) {
		at = pci_read8(pd, at) & 0xfc;
		if (at < 0x40)
			return 0;
		if (pci_read8(pd, at) == id)
			return at;
		at++;
	}
	return 0;
}

static void bus_walk(uint16_t segment, uint8_t bus);

static void
device_add(struct pci_dev *pd)
{
	uint8_t type = pci_read8(pd, PCI_HEADER) & 0x7f;

	pd->pd_class = pci_read32(pd, PCI_CLASS) >> 8;
	/* A host bridge's own windows must not be switched off to size it. */
	if (pd->pd_class >> 8 != CLASS_HOST && type <= HEADER_BRIDGE)
		bars_read(pd, type == HEADER_BRIDGE ? 2 : PCI_BARS);
	pd->pd_msix = (uint16_t)pci_cap_find(pd, PCI_CAP_MSIX, 0);
	pd->pd_msi = (uint16_t)pci_cap_find(pd, PCI_CAP_MSI, 0);
	if (pd->pd_msix != 0)
		pd->pd_msix_count =
		    (pci_read16(pd, pd->pd_msix + 2) & 0x7ff) + 1u;
	list_add_tail(&devices, &pd->pd_link);
	if (type == HEADER_BRIDGE)
		bus_walk(pd->pd_segment, pci_read8(pd, BRIDGE_BUSES + 1));
}

/* Is there a device at that place? where->pd_config is set. */
static bool
device_probe(struct pci_dev *where)
{
	struct pci_dev *pd;

	where->pd_vendor = pci_read16(where, PCI_VENDOR);
	where->pd_device = pci_read16(where, PCI_DEVICE);
	if (where->pd_vendor == 0xffff || where->pd_vendor == 0)
		return false;
	pd = kmalloc(sizeof(*pd), 0);
	if (pd == NULL)
		return false;
	*pd = *where;
	device_add(pd);
	return true;
}

static void
slot_walk(uint16_t segment, uint8_t bus, volatile uint8_t *config, uint8_t slot)
{
	for (unsigned func = 0; func < FUNCS; func++) {
		struct pci_dev where = { .pd_segment = segment, .pd_bus = bus,
			.pd_slot = slot, .pd_func = (uint8_t)func };

		if (config != NULL)
			where.pd_config = config + (slot << 15) + (func << 12);
		if (!device_probe(&where) && func == 0)
			return;
		if (func == 0 &&
		    !(pci_read8(&where, PCI_HEADER) & HEADER_MULTI))
			return;
	}
}

static void
bus_walk(uint16_t segment, uint8_t bus)
{
	volatile uint8_t *config;

	if (bus_seen[bus / 64] >> (bus % 64) & 1)
		return;
	bus_seen[bus / 64] |= UINT64_C(1) << (bus % 64);
	config = pci_config_bus(segment, bus);
	if (config == NULL && segment != 0)
		return;
	for (unsigned slot = 0; slot < SLOTS; slot++)
		slot_walk(segment, bus, config, (uint8_t)slot);
}

static void
pci_init(void)
{
	const struct md_ecam *me;
	struct pci_dev *pd;
	unsigned n = 0;

	for (unsigned i = 0; (me = md_pci_ecam(i)) != NULL; i++) {
		memset(bus_seen, 0, sizeof(bus_seen));
		bus_walk(me->me_segment, me->me_first);
	}
	if (md_pci_ecam(0) == NULL)
		bus_walk(0, 0);
	list_foreach(pd, &devices, pd_link)
		n++;
	kprintf("pci: %u devices\n", n);
}
INIT(INIT_DRIVER, 10, pci_init);

static bool
driver_matches(const struct pci_driver *pdr, const struct pci_dev *pd)
{
	if (pdr->pdr_vendor == PCI_ANY)
		return (pd->pd_class & pdr->pdr_class_mask) == pdr->pdr_class;
	return pd->pd_vendor == pdr->pdr_vendor &&
	    pd->pd_device >= pdr->pdr_first && pd->pd_device <= pdr->pdr_last;
}

void
pci_driver_register(const struct pci_driver *pdr)
{
	struct pci_dev *pd;
	int error;

	list_foreach(pd, &devices, pd_link) {
		if (pd->pd_driver != NULL || !driver_matches(pdr, pd))
			continue;
		pd->pd_driver = pdr->pdr_name;
		error = pdr->pdr_probe(pd);
		if (error == 0)
			continue;
		pd->pd_driver = NULL;
		klog(KLOG_ERR, "%s: %02x:%02x.%x does not attach: %d\n",
		    pdr->pdr_name, pd->pd_bus, pd->pd_slot, pd->pd_func,
		    error);
	}
}

void
pci_foreach(void (*fn)(struct pci_dev *, void *), void *arg)
{
	struct pci_dev *pd;

	list_foreach(pd, &devices, pd_link)
		fn(pd, arg);
}

void
pci_enable(struct pci_dev *pd)
{
	pci_write16(pd, PCI_COMMAND, pci_read16(pd, PCI_COMMAND) |
		PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_NO_INTX);
}

volatile void *
pci_bar_map(struct pci_dev *pd, unsigned bar, uint64_t off, uint64_t len)
{
	const struct pci_bar *pb;

	if (bar >= PCI_BARS)
		return NULL;
	pb = &pd->pd_bar[bar];
	if (pb->pb_addr == 0 || pb->pb_io || off >= pb->pb_size)
		return NULL;
	if (len == 0)
		len = pb->pb_size - off;
	if (len > pb->pb_size - off)
		return NULL;
	return kva_map_phys(pb->pb_addr + off, len, PMAP_UC);
}
