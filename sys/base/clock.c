/* SPDX-License-Identifier: MIT */
/*
 * sys/base/clock.c: time, from a counter that only goes up.
 *
 * mono = base_mono + (ticks - base_ticks) * mult / 2^shift. The bases are set
 * when the source is; the product is taken in 128 bits, so there is no need
 * to move them later. Real time is mono plus an offset that only setting the
 * clock changes.
 * Locks: writers hold clock_lock; vd_seq is odd while they change the page.
 */
#include <machine/cpu.h>

#include "base/clock.h"
#include "base/kprintf.h"
#include "base/lock.h"

static union {
	struct vdso_data vd;
	uint8_t page[PAGE_SIZE];
} shared __aligned(PAGE_SIZE);

static const struct clock_source *source; /* [clock_lock] to change */
static struct spinlock clock_lock = SPINLOCK_INIT(LR_TIMER, "clock");

static nsec_t
mono_at(uint64_t ticks)
{
	const struct vdso_data *vd = &shared.vd;
	unsigned __int128 p = ticks - vd->vd_base_ticks;

	return vd->vd_base_mono + (nsec_t)((p * vd->vd_mult) >> vd->vd_shift);
}

nsec_t
clock_mono(void)
{
	if (unlikely(source == NULL))
		return 0;
	return mono_at(source->cs_read());
}

nsec_t
clock_real(void)
{
	return clock_mono() + atomic_load_relaxed(&shared.vd.vd_real_offset);
}

static void
change_begin(void)
{
	atomic_add(&shared.vd.vd_seq, 1);
	atomic_fence();
}

static void
change_end(void)
{
	atomic_fence();
	atomic_add(&shared.vd.vd_seq, 1);
}

void
clock_set_real(nsec_t unix_time)
{
	uint64_t irq = spin_lock_irq(&clock_lock);

	change_begin();
	shared.vd.vd_real_offset = unix_time - clock_mono();
	change_end();
	spin_unlock_irq(&clock_lock, irq);
}

void
clock_source_set(const struct clock_source *cs)
{
	uint64_t irq = spin_lock_irq(&clock_lock);
	nsec_t now = clock_mono();
	uint32_t shift = 32;

	/* 10^9 << 32 fits in 64 bits. */
	while (((uint64_t)NSEC_PER_SEC << shift) / cs->cs_hz > UINT32_MAX)
		shift--;
	change_begin();
	shared.vd.vd_mult = (uint32_t)(
	    ((uint64_t)NSEC_PER_SEC << shift) / cs->cs_hz);
	shared.vd.vd_shift = shift;
	shared.vd.vd_base_mono = now;
	shared.vd.vd_base_ticks = cs->cs_read();
	shared.vd.vd_usable = cs->cs_vdso;
	source = cs;
	change_end();
	spin_unlock_irq(&clock_lock, irq);
	kprintf("clock: %s, %llu.%03llu MHz\n", cs->cs_name,
	    (unsigned long long)(cs->cs_hz / 1000000),
	    (unsigned long long)(cs->cs_hz / 1000 % 1000));
}

const struct clock_source *
clock_source_get(void)
{
	return source;
}

struct vdso_data *
clock_vdso_page(void)
{
	return &shared.vd;
}
