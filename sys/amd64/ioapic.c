/* SPDX-License-Identifier: MIT */
/*
 * sys/amd64/ioapic.c: I/O APICs: interrupts that come over wires. The old
 * 8259 pair is moved out of the way and masked.
 *
 * Locks: ioapic_lock guards the index register of each, and the pins.
 */
#include "base/kprintf.h"
#include "base/kva.h"
#include "base/lock.h"
#include "base/panic.h"

#include <abi/errno.h>

#include "amd64/acpi.h"
#include "amd64/amd64.h"
#include "amd64/ioapic.h"

#define IOREGSEL    0x00
#define IOWIN	    0x10
#define IOAPICVER   0x01
#define IOREDTBL(n) (0x10 + 2 * (n))

#define RTE_ACTIVE_LOW (1u << 13)
#define RTE_LEVEL   (1u << 15)
#define RTE_MASKED  (1u << 16)

#define PIC1	    0x20
#define PIC2	    0xa0
#define PIC_VECTOR  0x20 /* below VECTOR_FIRST: handled as spurious */
#define IOAPIC_DEFAULT 0xfec00000u

struct ioapic {
	volatile uint8_t *io_regs;
	uint32_t io_gsi; /* of pin 0 */
	unsigned io_pins;
	uint64_t io_used[4]; /* a bit for each pin that has a handler */
};

static struct ioapic ioapics[ACPI_IOAPIC_MAX];
static unsigned nioapics;
static struct spinlock ioapic_lock = SPINLOCK_INIT(LR_DRIVER, "ioapic");

static uint32_t
reg_read(struct ioapic *io, unsigned reg)
{
	mmio_write32(io->io_regs + IOREGSEL, reg);
	return mmio_read32(io->io_regs + IOWIN);
}

static void
reg_write(struct ioapic *io, unsigned reg, uint32_t v)
{
	mmio_write32(io->io_regs + IOREGSEL, reg);
	mmio_write32(io->io_regs + IOWIN, v);
}

/*
 * All of it has to be told, in order, before it can be masked for good; the
 * vectors matter because a spurious interrupt comes even when all are masked.
 */
static void
pic_mask(void)
{
	outb(PIC1, 0x11);
	outb(PIC2, 0x11);
	outb(PIC1 + 1, PIC_VECTOR);
	outb(PIC2 + 1, PIC_VECTOR + 8);
	outb(PIC1 + 1, 1 << 2);
	outb(PIC2 + 1, 2);
	outb(PIC1 + 1, 1);
	outb(PIC2 + 1, 1);
	outb(PIC1 + 1, 0xff);
	outb(PIC2 + 1, 0xff);
}

static void
ioapic_add(uint32_t addr, uint32_t gsi)
{
	struct ioapic *io = &ioapics[nioapics];

	io->io_regs = kva_map_phys(addr, 0x20, PMAP_UC);
	if (io->io_regs == NULL)
		panic("ioapic: no room to map its registers");
	io->io_gsi = gsi;
	io->io_pins = ((reg_read(io, IOAPICVER) >> 16) & 0xff) + 1;
	for (unsigned i = 0; i < io->io_pins; i++) {
		reg_write(io, IOREDTBL(i), RTE_MASKED);
		reg_write(io, IOREDTBL(i) + 1, 0);
	}
	nioapics++;
}

void
ioapic_init(void)
{
	if (acpi.inf_8259)
		pic_mask();
	for (unsigned i = 0; i < acpi.inf_nioapics; i++)
		ioapic_add(acpi.inf_ioapic[i].ai_addr,
		    acpi.inf_ioapic[i].ai_gsi);
	if (nioapics == 0 && !acpi.inf_fadt)
		ioapic_add(IOAPIC_DEFAULT, 0);
}

static struct ioapic *
ioapic_of(uint32_t gsi)
{
	for (unsigned i = 0; i < nioapics; i++) {
		struct ioapic *io = &ioapics[i];

		if (gsi >= io->io_gsi && gsi - io->io_gsi < io->io_pins)
			return io;
	}
	return NULL;
}

static uint32_t
rte_mode(uint32_t irq, uint16_t flags)
{
	bool pci = irq >= ACPI_ISA_IRQS; /* the bus's habit: level, low */
	uint32_t rte = 0;

	if ((flags & ACPI_POLARITY) != 0)
		rte |= (flags & ACPI_POLARITY) == ACPI_ACTIVE_LOW ?
		    RTE_ACTIVE_LOW : 0;
	else if (pci)
		rte |= RTE_ACTIVE_LOW;
	if ((flags & ACPI_TRIGGER) != 0)
		rte |= (flags & ACPI_TRIGGER) == ACPI_LEVEL ? RTE_LEVEL : 0;
	else if (pci)
		rte |= RTE_LEVEL;
	return rte;
}

/* One handler a pin; it is on CPU 0, as few things come this way. */
int
md_irq_register(unsigned irq, intr_fn fn, void *arg, const char *name)
{
	uint32_t gsi = irq, rte;
	struct ioapic *io;
	uint16_t mode = 0;
	unsigned pin;
	uint64_t irqf;
	int vector;

	if (irq < ACPI_ISA_IRQS) {
		gsi = acpi.inf_isa[irq].irq_gsi;
		mode = acpi.inf_isa[irq].irq_flags;
	}
	io = ioapic_of(gsi);
	if (io == NULL)
		return -ENODEV;
	pin = gsi - io->io_gsi;
	irqf = spin_lock_irq(&ioapic_lock);
	if (io->io_used[pin / 64] & (1ull << (pin % 64))) {
		spin_unlock_irq(&ioapic_lock, irqf);
		return -EBUSY;
	}
	io->io_used[pin / 64] |= 1ull << (pin % 64);
	spin_unlock_irq(&ioapic_lock, irqf);

	vector = intr_vector_alloc(0, fn, arg, name);
	irqf = spin_lock_irq(&ioapic_lock);
	if (vector < 0) {
		io->io_used[pin / 64] &= ~(1ull << (pin % 64));
	} else {
		rte = rte_mode(irq, mode) | (uint32_t)vector;
		reg_write(io, IOREDTBL(pin) + 1, cpus[0]->c_lapic_id << 24);
		reg_write(io, IOREDTBL(pin), rte);
	}
	spin_unlock_irq(&ioapic_lock, irqf);
	return vector < 0 ? vector : 0;
}
