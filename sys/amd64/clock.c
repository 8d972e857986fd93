/* SPDX-License-Identifier: MIT */
/*
 * sys/amd64/clock.c: chooses the counter that time is kept with, and finds
 * out how fast the TSC and the local APIC's timer run.
 *
 * The TSC is by far the cheapest and programs can read it themselves, so it
 * is taken where it runs at one rate whatever the CPU does: the CPU says so
 * (invariant), or a hypervisor is below, which hides that bit although its
 * TSC never stops. smp.c compares the CPUs' and may withdraw that.
 * CPUID says the frequency on some machines; on others it is measured in
 * CALIBRATE_NS against a counter of known rate, each end of the span being
 * the tightest of several readings, so that an interruption by a hypervisor
 * does not count.
 */
#include "base/bootopt.h"
#include "base/clock.h"
#include "base/init.h"
#include "base/kprintf.h"
#include "base/string.h"

#include "amd64/amd64.h"
#include "amd64/clock.h"
#include "amd64/lapic.h"
#include "amd64/refclock.h"

#define CALIBRATE_NS (5 * NSEC_PER_MSEC)
#define READINGS     8
#define TSC_HZ_MIN   UINT64_C(100000000)
#define TSC_HZ_MAX   UINT64_C(20000000000)

uint64_t tsc_hz;

static const struct refclock *ref;
static uint64_t wide_last; /* [a] what wide_read() returned last */
static struct timer wide_timer;

/* One instant on all counters. */
struct instant {
	uint64_t in_ref, in_tsc;
	uint64_t in_tsc_lapic; /* TSC when in_lapic was read */
	uint32_t in_lapic;
};

static uint64_t
ref_mask(void)
{
	return ref->rc_bits == 64 ? ~UINT64_C(0) :
	    (UINT64_C(1) << ref->rc_bits) - 1;
}

static struct instant
instant_take(void)
{
	struct instant best = { 0 };
	uint64_t width = ~UINT64_C(0);

	for (unsigned i = 0; i < READINGS; i++) {
		uint64_t r, t0, t1, t2;
		uint32_t l;

		rmb();
		t0 = cpu_ticks();
		r = ref->rc_read();
		rmb();
		t1 = cpu_ticks();
		l = lapic_timer_count();
		rmb();
		t2 = cpu_ticks();
		if (t2 - t0 >= width)
			continue;
		width = t2 - t0;
		best.in_ref = r;
		best.in_tsc = t0 + (t1 - t0) / 2;
		best.in_lapic = l;
		best.in_tsc_lapic = t1 + (t2 - t1) / 2;
	}
	return best;
}

/* a * b / c by a 128-bit product; the quotient must fit in 64 bits. */
static uint64_t
scale(uint64_t a, uint64_t b, uint64_t c)
{
	uint64_t lo, hi;

	__asm__("mulq %2" : "=a"(lo), "=d"(hi) : "r"(b), "0"(a) : "cc");
	__asm__("divq %2" : "+a"(lo), "+d"(hi) : "r"(c) : "cc");
	return lo;
}

/* Measures what is still 0 of the two. */
static void
calibrate(uint64_t *tsc, uint64_t *lapic)
{
	uint64_t span = scale(ref->rc_hz, CALIBRATE_NS, NSEC_PER_SEC);
	struct instant a, b;

	lapic_timer_start_raw();
	a = instant_take();
	while (((ref->rc_read() - a.in_ref) & ref_mask()) < span)
		cpu_pause();
	b = instant_take();
	if (*tsc == 0)
		*tsc = scale(b.in_tsc - a.in_tsc, ref->rc_hz,
		    (b.in_ref - a.in_ref) & ref_mask());
	if (*lapic == 0)
		*lapic = scale(a.in_lapic - b.in_lapic, *tsc,
		    b.in_tsc_lapic - a.in_tsc_lapic);
}

/* The crystal's frequency, which the LAPIC timer counts, and the TSC's. */
static void
cpuid_frequencies(uint64_t *tsc, uint64_t *lapic)
{
	struct cpuid_regs r;

	if (cpuid(0, 0).eax >= 0x15) {
		r = cpuid(0x15, 0);
		if (r.eax != 0 && r.ebx != 0 && r.ecx != 0) {
			*tsc = scale(r.ecx, r.ebx, r.eax);
			*lapic = r.ecx;
		}
	} else if (cpu_has(CPU_HYPERVISOR) &&
	    cpuid(0x40000000, 0).eax >= 0x40000010) {
		r = cpuid(0x40000010, 0);
		*tsc = (uint64_t)r.eax * 1000;
		*lapic = (uint64_t)r.ebx * 1000;
	}
	if (*tsc < TSC_HZ_MIN || *tsc > TSC_HZ_MAX)
		*tsc = *lapic = 0;
}

/*
 * A counter of less than 64 bits made into one of 64: the high part moves on
 * when the low one is smaller than last time. wide_timer reads it often
 * enough for that to be seen.
 */
static uint64_t
wide_read(void)
{
	uint64_t last = atomic_load(&wide_last), now;

	do {
		now = (last & ~ref_mask()) | ref->rc_read();
		if (now < last) {
			/* Either it wrapped, or another CPU was ahead of us. */
			if (last - now < ref_mask() / 2)
				return last;
			now += ref_mask() + 1;
		}
	} while (!atomic_cas(&wide_last, &last, now));
	return now;
}

static void
wide_refresh(struct timer *tm)
{
	(void)wide_read();
	timer_set(tm, clock_mono() +
	    (nsec_t)scale(ref_mask() / 4, NSEC_PER_SEC, ref->rc_hz));
}

static const struct clock_source *
source_tsc(void)
{
	static struct clock_source cs = { .cs_name = "tsc",
		.cs_read = cpu_ticks, .cs_vdso = true };

	cs.cs_hz = tsc_hz;
	return &cs;
}

/* The PIT is too short to be a clock: TSC then, whatever it is worth. */
static const struct clock_source *
source_ref(void)
{
	static struct clock_source cs;

	if (ref->rc_bits < 24)
		return source_tsc();
	cs.cs_name = ref->rc_name;
	cs.cs_hz = ref->rc_hz;
	cs.cs_read = ref->rc_bits == 64 ? ref->rc_read : wide_read;
	return &cs;
}

static bool
tsc_is_steady(void)
{
	const char *opt = boot_option("clock");

	if (opt != NULL)
		return strcmp(opt, "tsc") == 0;
	return cpu_has(CPU_TSC_INVARIANT) || cpu_has(CPU_HYPERVISOR);
}

void
clock_init(void)
{
	uint64_t lapic_hz = 0;
	bool steady = tsc_is_steady();
	/* Deadlines are in TSC ticks: only if that is what time is. */
	bool deadline = cpu_has(CPU_TSC_DEADLINE) && steady;

	cpuid_frequencies(&tsc_hz, &lapic_hz);
	ref = refclock_probe();
	if (tsc_hz == 0 || (lapic_hz == 0 && !deadline))
		calibrate(&tsc_hz, &lapic_hz);
	lapic_timer_init(deadline ? 0 : lapic_hz, tsc_hz);
	clock_source_set(steady ? source_tsc() : source_ref());
}

/* Once timers work: keep a narrow counter from wrapping unseen. */
static void
clock_wide_init(void)
{
	if (clock_source_get()->cs_read != wide_read)
		return;
	timer_init(&wide_timer, wide_refresh, NULL);
	wide_refresh(&wide_timer);
}
INIT(INIT_DRIVER, 1, clock_wide_init);

void
clock_tsc_distrust(void)
{
	if (clock_source_get()->cs_read != cpu_ticks)
		return;
	klog(KLOG_WARNING, "clock: the CPUs' TSCs differ\n");
	clock_source_set(source_ref());
}

void
clock_spin(nsec_t span)
{
	uint64_t start = cpu_ticks();
	uint64_t ticks = scale(tsc_hz, (uint64_t)span, NSEC_PER_SEC);

	while (cpu_ticks() - start < ticks)
		cpu_pause();
}

unsigned
md_cpu_mhz(void)
{
	return (unsigned)(tsc_hz / 1000000);
}
