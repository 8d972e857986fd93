/* SPDX-License-Identifier: MIT */
/*
 * sys/amd64/refclock.c: the HPET, ACPI's power management timer and the PIT
 * as plain counters.
 */
#include "base/kprintf.h"
#include "base/kva.h"

#include "amd64/acpi.h"
#include "amd64/amd64.h"
#include "amd64/refclock.h"

#define HPET_SIZE     0x400
#define HPET_CAP      0x000
#define HPET_CONFIG   0x010
#define HPET_COUNTER  0x0f0
#define HPET_CAP_64   (1u << 13)
#define HPET_ENABLE   0x1u
#define HPET_LEGACY   0x2u
#define HPET_PERIOD_MAX 100000000u /* fs: the specification's limit */
#define FS_PER_SEC    UINT64_C(1000000000000000)

#define PM_TIMER_HZ   3579545
#define PIT_HZ	      1193182
#define PIT_CH2	      0x42
#define PIT_COMMAND   0x43
#define PIT_GATE      0x61 /* bit 0: channel 2 counts; bit 1: speaker */

static volatile uint8_t *hpet;
static volatile uint8_t *pm_timer_mem;
static uint16_t pm_timer_port;

static uint64_t
hpet_read(void)
{
	return mmio_read64(hpet + HPET_COUNTER);
}

static uint64_t
hpet_read32(void)
{
	return mmio_read32(hpet + HPET_COUNTER);
}

static bool
hpet_probe(struct refclock *rc)
{
	uint64_t cap, period;

	if (acpi.inf_hpet == 0)
		return false;
	hpet = kva_map_phys(acpi.inf_hpet, HPET_SIZE, PMAP_UC);
	if (hpet == NULL)
		return false;
	cap = mmio_read64(hpet + HPET_CAP);
	period = cap >> 32;
	if (period == 0 || period > HPET_PERIOD_MAX || (uint32_t)cap == ~0u) {
		kva_unmap_phys((void *)hpet, HPET_SIZE);
		return false;
	}
	mmio_write64(hpet + HPET_CONFIG, (mmio_read64(hpet + HPET_CONFIG) &
	    ~(uint64_t)HPET_LEGACY) | HPET_ENABLE);
	rc->rc_name = "hpet";
	rc->rc_bits = (cap & HPET_CAP_64) ? 64 : 32;
	rc->rc_read = rc->rc_bits == 64 ? hpet_read : hpet_read32;
	rc->rc_hz = (FS_PER_SEC + period / 2) / period;
	return true;
}

static uint64_t
pm_timer_read(void)
{
	if (pm_timer_mem != NULL)
		return mmio_read32(pm_timer_mem);
	return inl(pm_timer_port);
}

static uint64_t
pm_timer_read24(void)
{
	return pm_timer_read() & 0xffffff;
}

static bool
pm_timer_probe(struct refclock *rc)
{
	const struct acpi_reg *r = &acpi.inf_pm_timer;
	uint64_t a, b;

	if (r->ar_addr == 0)
		return false;
	if (r->ar_space == ACPI_MEMORY) {
		pm_timer_mem = kva_map_phys(r->ar_addr, 4, PMAP_UC);
		if (pm_timer_mem == NULL)
			return false;
	} else if (r->ar_space == ACPI_IO && r->ar_addr <= 0xfffc) {
		pm_timer_port = (uint16_t)r->ar_addr;
	} else
		return false;
	a = pm_timer_read24();
	for (unsigned i = 0; i < 1000; i++) {
		b = pm_timer_read24();
		if (a != b) {
			rc->rc_name = "pmtimer";
			rc->rc_bits = acpi.inf_pm_timer_32 ? 32 : 24;
			rc->rc_read = acpi.inf_pm_timer_32 ? pm_timer_read :
			    pm_timer_read24;
			rc->rc_hz = PM_TIMER_HZ;
			return true;
		}
	}
	return false; /* it stands still */
}

static uint64_t
pit_read(void)
{
	uint16_t v;

	outb(PIT_COMMAND, 0x80); /* latch channel 2 */
	v = inb(PIT_CH2);
	v |= (uint16_t)inb(PIT_CH2) << 8;
	return (uint16_t)-v;
}

/* Channel 2, which only the speaker uses, as a divider by 65536. */
static void
pit_start(struct refclock *rc)
{
	outb(PIT_GATE, (inb(PIT_GATE) & ~2) | 1);
	outb(PIT_COMMAND, 0xb4);
	outb(PIT_CH2, 0);
	outb(PIT_CH2, 0);
	rc->rc_name = "pit";
	rc->rc_bits = 16;
	rc->rc_read = pit_read;
	rc->rc_hz = PIT_HZ;
}

const struct refclock *
refclock_probe(void)
{
	static struct refclock rc;

	if (!hpet_probe(&rc) && !pm_timer_probe(&rc))
		pit_start(&rc);
	return &rc;
}
