/* SPDX-License-Identifier: MIT */
/*
 * sys/amd64/rtc.c: the clock that runs while the machine is off: CMOS, or
 * the firmware's where ACPI says there is no CMOS clock.
 *
 * Locks: cmos_lock, for the index port.
 */
#include "base/clock.h"
#include "base/init.h"
#include "base/lock.h"
#include "base/string.h"

#include "amd64/acpi.h"
#include "amd64/amd64.h"
#include "amd64/clock.h"
#include "amd64/efi_rt.h"
#include "amd64/rtc_time.h"

#define CMOS_INDEX 0x70
#define CMOS_DATA  0x71
#define REG_A	   0x0a
#define REG_B	   0x0b
#define A_UPDATE   0x80
#define UPDATE_TRIES 300 /* of 10 us: an update takes 2 ms at most */
#define READ_TRIES 5

static struct spinlock cmos_lock = SPINLOCK_INIT(LR_DRIVER, "cmos");

static uint8_t
cmos_read(uint8_t index)
{
	outb(CMOS_INDEX, index);
	return inb(CMOS_DATA);
}

static void
cmos_write(uint8_t index, uint8_t v)
{
	outb(CMOS_INDEX, index);
	outb(CMOS_DATA, v);
}

static void
regs_read(struct rtc_regs *rr)
{
	for (unsigned i = 0; i < UPDATE_TRIES &&
	     (cmos_read(REG_A) & A_UPDATE); i++)
		clock_spin(10 * NSEC_PER_USEC);
	rr->rr_second = cmos_read(0);
	rr->rr_minute = cmos_read(2);
	rr->rr_hour = cmos_read(4);
	rr->rr_day = cmos_read(7);
	rr->rr_month = cmos_read(8);
	rr->rr_year = cmos_read(9);
	rr->rr_century = acpi.inf_century ? cmos_read(acpi.inf_century) : 0;
	rr->rr_status_b = cmos_read(REG_B);
}

/* Twice the same, so that no update fell in between. */
static bool
cmos_time_get(int64_t *unix_time)
{
	struct rtc_regs a, b;
	struct rtc_time rt;
	uint64_t flags = spin_lock_irq(&cmos_lock);

	regs_read(&a);
	for (unsigned i = 0; i < READ_TRIES; i++) {
		regs_read(&b);
		if (memcmp(&a, &b, sizeof(a)) == 0)
			break;
		a = b;
	}
	spin_unlock_irq(&cmos_lock, flags);
	if (!rtc_regs_decode(&b, &rt))
		return false;
	*unix_time = rtc_time_to_unix(&rt);
	return true;
}

static void
cmos_time_set(int64_t unix_time)
{
	struct rtc_time rt;
	struct rtc_regs rr;
	uint64_t flags;

	rtc_time_from_unix(unix_time, &rt);
	if (!rtc_time_valid(&rt))
		return;
	flags = spin_lock_irq(&cmos_lock);
	rr.rr_status_b = cmos_read(REG_B);
	rr.rr_century = acpi.inf_century ? cmos_read(acpi.inf_century) : 0;
	rtc_regs_encode(&rt, &rr);
	cmos_write(REG_B, rr.rr_status_b | RTC_B_SET);
	cmos_write(0, rr.rr_second);
	cmos_write(2, rr.rr_minute);
	cmos_write(4, rr.rr_hour);
	cmos_write(7, rr.rr_day);
	cmos_write(8, rr.rr_month);
	cmos_write(9, rr.rr_year);
	if (rr.rr_century != 0)
		cmos_write(acpi.inf_century, rr.rr_century);
	cmos_write(REG_B, rr.rr_status_b);
	spin_unlock_irq(&cmos_lock, flags);
}

static bool
has_cmos(void)
{
	return (acpi.inf_boot & ACPI_BOOT_NO_CMOS) == 0;
}

nsec_t
md_rtc_read(void)
{
	int64_t t = 0;

	if (!has_cmos() || !cmos_time_get(&t))
		(void)efi_time_get(&t);
	return t * NSEC_PER_SEC;
}

void
md_rtc_write(nsec_t unix_time)
{
	if (has_cmos())
		cmos_time_set(unix_time / NSEC_PER_SEC);
	else
		(void)efi_time_set(unix_time / NSEC_PER_SEC);
}

/* The loader tells the time as a rule; ask the clock if it did not. */
static void
rtc_clock_init(void)
{
	nsec_t now;

	if (clock_real() - clock_mono() > 0)
		return;
	now = md_rtc_read();
	if (now > 0)
		clock_set_real(now);
}
INIT(INIT_SUBSYS, 10, rtc_clock_init);
