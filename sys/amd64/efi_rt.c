/* SPDX-License-Identifier: MIT */
/*
 * sys/amd64/efi_rt.c: calls EFI runtime services.
 *
 * They are called with the addresses they were loaded at (the loader did not
 * call SetVirtualAddressMap), under page tables of their own in which these
 * addresses are mapped; kernel threads cannot reach them otherwise.
 * Locks: efi_lock, as the firmware is not re-entrant.
 */
#include "base/init.h"
#include "base/kprintf.h"
#include "base/lock.h"
#include "base/page.h"
#include "base/thread.h"

#include <abi/errno.h>
#include <machine/pmap.h>

#include "amd64/amd64.h"
#include "amd64/efi_rt.h"
#include "amd64/rtc_time.h"

#define EFIAPI		__attribute__((ms_abi))
#define EFI_RT_SIGNATURE UINT64_C(0x56524553544e5552) /* "RUNTSERV" */
#define EFI_UNSPECIFIED	0x07ff /* the time zone of the hardware clock */
#define RANGES_MAX	64
#define MMIO_MAX	(UINT64_C(16) << 20) /* longer ranges are PCI's */

enum efi_reset_type { EFI_RESET_COLD, EFI_RESET_WARM, EFI_RESET_SHUTDOWN };

struct efi_time {
	uint16_t et_year;
	uint8_t et_month, et_day, et_hour, et_minute, et_second, et_pad1;
	uint32_t et_nanosecond;
	int16_t et_timezone; /* minutes: local = UTC - timezone */
	uint8_t et_daylight, et_pad2;
};

struct efi_runtime {
	uint64_t er_signature;
	uint32_t er_revision, er_size, er_crc, er_reserved;
	uint64_t(EFIAPI *er_get_time)(struct efi_time *, void *caps);
	uint64_t(EFIAPI *er_set_time)(const struct efi_time *);
	uint64_t er_wakeup[2], er_map[2], er_variable[3], er_monotonic;
	void(EFIAPI *er_reset)(uint64_t type, uint64_t status, uint64_t size,
	    const void *data);
};

_Static_assert(offsetof(struct efi_runtime, er_reset) == 104, "UEFI 4.5");

struct range {
	paddr_t r_base;
	uint64_t r_length;
	unsigned r_prot;
};

static paddr_t services; /* of the table; 0: none */
static struct range ranges[RANGES_MAX];
static unsigned nranges;
static struct pmap efi_pmap;
static bool mapped; /* [I] after INIT_LATE */
static struct spinlock efi_lock = SPINLOCK_INIT(LR_NONE, "efi");

void
efi_rt_init(const struct bootinfo *bi)
{
	const struct bi_memrange *mr = phys_to_virt(bi->bi_memmap);

	for (uint64_t i = 0; i < bi->bi_memmap_count; i++) {
		unsigned prot = PMAP_READ | PMAP_WRITE;

		if (mr[i].mr_type == BI_MEM_RUNTIME)
			prot |= PMAP_EXEC;
		else if (mr[i].mr_type == BI_MEM_MMIO &&
		    mr[i].mr_length <= MMIO_MAX)
			prot |= PMAP_UC;
		else if (mr[i].mr_type != BI_MEM_ACPI_NVS)
			continue;
		if (nranges == RANGES_MAX) {
			klog(KLOG_WARNING, "efi: too many ranges\n");
			return;
		}
		ranges[nranges++] = (struct range){ mr[i].mr_base,
			mr[i].mr_length, prot };
	}
	services = bi->bi_efi_runtime;
}

static int
range_map(const struct range *r)
{
	for (uint64_t o = 0; o < r->r_length; o += PAGE_SIZE) {
		paddr_t pa = r->r_base + o;

		if (pmap_enter(&efi_pmap, pa, pa, r->r_prot, NULL) != 0)
			return -ENOMEM;
	}
	return 0;
}

static void
services_map(void)
{
	if (services == 0)
		return;
	if (pmap_init(&efi_pmap) != 0)
		goto fail;
	for (unsigned i = 0; i < nranges; i++) {
		if (range_map(&ranges[i]) != 0)
			goto fail;
	}
	mapped = pmap_query(&efi_pmap, page_trunc(services), NULL) != 0;
	if (mapped)
		return;
fail:
	klog(KLOG_WARNING, "efi: runtime services cannot be mapped\n");
}
INIT(INIT_LATE, 10, services_map);

/*
 * Runs fn with the firmware's memory in reach, interrupts off and the vector
 * registers its own. fn gets the services; false if they cannot be had.
 */
static bool
services_call(uint64_t (*fn)(struct efi_runtime *, void *), void *arg)
{
	struct efi_runtime *er = (struct efi_runtime *)services;
	struct pmap *before;
	uint64_t flags, status = 1;

	if (!mapped)
		return false;
	flags = spin_lock_irq(&efi_lock);
	before = curcpu()->c_pmap;
	fpu_kernel_begin();
	pmap_activate(&efi_pmap);
	if (er->er_signature == EFI_RT_SIGNATURE)
		status = fn(er, arg);
	pmap_activate(before);
	fpu_kernel_end();
	spin_unlock_irq(&efi_lock, flags);
	return status == 0;
}

/*
 * Arguments given by address must lie where the firmware's tables map them:
 * they map the kernel half too, so a static object will do.
 */
static struct efi_time shared_time; /* [efi_lock] */

static uint64_t
time_get(struct efi_runtime *er, void *arg)
{
	uint64_t status = er->er_get_time(&shared_time, NULL);

	*(struct efi_time *)arg = shared_time;
	return status;
}

static uint64_t
time_set(struct efi_runtime *er, void *arg)
{
	shared_time = *(struct efi_time *)arg;
	return er->er_set_time(&shared_time);
}

static uint64_t
reset(struct efi_runtime *er, void *arg)
{
	er->er_reset(*(bool *)arg ? EFI_RESET_SHUTDOWN : EFI_RESET_COLD, 0, 0,
	    NULL);
	return 1;
}

bool
efi_time_get(int64_t *unix_time)
{
	struct efi_time et;
	struct rtc_time rt;

	if (!services_call(time_get, &et))
		return false;
	rt = (struct rtc_time){ .rt_year = et.et_year,
		.rt_month = et.et_month, .rt_day = et.et_day,
		.rt_hour = et.et_hour, .rt_minute = et.et_minute,
		.rt_second = et.et_second };
	if (!rtc_time_valid(&rt))
		return false;
	*unix_time = rtc_time_to_unix(&rt);
	if (et.et_timezone != EFI_UNSPECIFIED)
		*unix_time += et.et_timezone * 60;
	return true;
}

bool
efi_time_set(int64_t unix_time)
{
	struct rtc_time rt;
	struct efi_time et = { .et_timezone = EFI_UNSPECIFIED };

	rtc_time_from_unix(unix_time, &rt);
	et.et_year = (uint16_t)rt.rt_year;
	et.et_month = rt.rt_month;
	et.et_day = rt.rt_day;
	et.et_hour = rt.rt_hour;
	et.et_minute = rt.rt_minute;
	et.et_second = rt.rt_second;
	return services_call(time_set, &et);
}

void
efi_reset(bool poweroff)
{
	(void)services_call(reset, &poweroff);
}
