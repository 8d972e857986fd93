/* SPDX-License-Identifier: MIT */
/*
 * sys/amd64/vdso/vdso.c: system calls about time that need no system call.
 * This code runs in user mode, in every process.
 *
 * Names, version and results are those of Linux's vDSO, as C libraries look
 * them up. Whatever cannot be answered from the data page goes to the kernel.
 * Invariants: (1) no relocations: nothing here has an address in its data;
 * (2) what was read from the page counts only if vd_seq was even and is still
 * the same.
 */
#include "base/clock.h"

#define EXPORT __attribute__((visibility("default")))

#define CLOCK_REALTIME	       0
#define CLOCK_MONOTONIC	       1
#define CLOCK_MONOTONIC_RAW    4
#define CLOCK_REALTIME_COARSE  5
#define CLOCK_MONOTONIC_COARSE 6
#define CLOCK_BOOTTIME	       7

#define SYS_gettimeofday  96
#define SYS_time	  201
#define SYS_clock_gettime 228
#define SYS_clock_getres  229
#define SYS_getcpu	  309

struct timespec64 {
	int64_t tv_sec;
	int64_t tv_nsec;
};

struct timeval64 {
	int64_t tv_sec;
	int64_t tv_usec;
};

struct timezone {
	int tz_minuteswest;
	int tz_dsttime;
};

extern const volatile struct vdso_data vdso_data
    __attribute__((visibility("hidden")));

int __vdso_clock_gettime(int, struct timespec64 *);
int __vdso_gettimeofday(struct timeval64 *, struct timezone *);
int __vdso_clock_getres(int, struct timespec64 *);
int64_t __vdso_time(int64_t *);
int64_t __vdso_getcpu(unsigned *, unsigned *, void *);

static inline int64_t
syscall3(int64_t number, int64_t a, int64_t b, int64_t c)
{
	__asm__ volatile("syscall"
	    : "+a"(number)
	    : "D"(a), "S"(b), "d"(c)
	    : "rcx", "r11", "memory");
	return number;
}

/* Not before earlier loads: the sequence number must be older. */
static inline uint64_t
ticks_read(void)
{
	uint32_t lo, hi;

	__asm__ volatile("lfence; rdtsc" : "=a"(lo), "=d"(hi)::"memory");
	return (uint64_t)hi << 32 | lo;
}

/* Nanoseconds since boot, with `real` of Unix time; false: ask the kernel. */
static inline bool
now(bool real, int64_t *ns)
{
	const volatile struct vdso_data *vd = &vdso_data;
	uint32_t seq;

	do {
		uint64_t ticks;

		seq = vd->vd_seq;
		__asm__ volatile("" ::: "memory");
		if (!vd->vd_usable)
			return false;
		ticks = ticks_read() - vd->vd_base_ticks;
		*ns = vd->vd_base_mono + (int64_t)(
		    ((unsigned __int128)ticks * vd->vd_mult) >> vd->vd_shift);
		if (real)
			*ns += vd->vd_real_offset;
		__asm__ volatile("" ::: "memory");
	} while ((seq & 1) || seq != vd->vd_seq);
	return *ns >= 0;
}

EXPORT int
__vdso_clock_gettime(int clock, struct timespec64 *ts)
{
	bool real = false;
	int64_t ns;

	switch (clock) {
	case CLOCK_REALTIME:
	case CLOCK_REALTIME_COARSE:
		real = true;
		break;
	case CLOCK_MONOTONIC:
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_MONOTONIC_COARSE:
	case CLOCK_BOOTTIME:
		break;
	default:
		return (int)syscall3(SYS_clock_gettime, clock, (int64_t)ts, 0);
	}
	if (!now(real, &ns))
		return (int)syscall3(SYS_clock_gettime, clock, (int64_t)ts, 0);
	ts->tv_sec = (int64_t)((uint64_t)ns / NSEC_PER_SEC);
	ts->tv_nsec = (int64_t)((uint64_t)ns % NSEC_PER_SEC);
	return 0;
}

EXPORT int
__vdso_gettimeofday(struct timeval64 *tv, struct timezone *tz)
{
	int64_t ns;

	if (tz != NULL || !now(true, &ns))
		return (int)syscall3(SYS_gettimeofday, (int64_t)tv, (int64_t)tz,
		    0);
	if (tv != NULL) {
		tv->tv_sec = (int64_t)((uint64_t)ns / NSEC_PER_SEC);
		tv->tv_usec = (int64_t)((uint64_t)ns % NSEC_PER_SEC / 1000);
	}
	return 0;
}

EXPORT int
__vdso_clock_getres(int clock, struct timespec64 *res)
{
	return (int)syscall3(SYS_clock_getres, clock, (int64_t)res, 0);
}

EXPORT int64_t
__vdso_time(int64_t *t)
{
	int64_t ns;

	if (!now(true, &ns))
		return syscall3(SYS_time, (int64_t)t, 0, 0);
	ns = (int64_t)((uint64_t)ns / NSEC_PER_SEC);
	if (t != NULL)
		*t = ns;
	return ns;
}

EXPORT int64_t
__vdso_getcpu(unsigned *cpu, unsigned *node, void *unused)
{
	uint32_t aux;

	if (!vdso_data.vd_rdtscp)
		return syscall3(SYS_getcpu, (int64_t)cpu, (int64_t)node, 0);
	__asm__ volatile("rdtscp" : "=c"(aux)::"eax", "edx");
	if (cpu != NULL)
		*cpu = aux;
	if (node != NULL)
		*node = 0;
	return 0;
}

/* The names without prefix are Linux's, too. */
#define ALIAS(name) __attribute__((weak, alias("__vdso_" #name))) EXPORT

ALIAS(clock_gettime) int clock_gettime(int, struct timespec64 *);
ALIAS(gettimeofday) int gettimeofday(struct timeval64 *, struct timezone *);
ALIAS(clock_getres) int clock_getres(int, struct timespec64 *);
ALIAS(time) int64_t time(int64_t *);
ALIAS(getcpu) int64_t getcpu(unsigned *, unsigned *, void *);
