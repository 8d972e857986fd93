/* SPDX-License-Identifier: MIT */
/*
 * sys/include/machine/cpu.h: the instructions the rest of the kernel needs.
 *
 * The host tests have a file of this name with the same functions.
 */
#ifndef MACHINE_CPU_H
#define MACHINE_CPU_H

#include "base/types.h"

struct cpu;
struct thread;

/* This CPU and its running thread. A thread may move when it sleeps. */
static __always_inline struct cpu *
curcpu(void)
{
	struct cpu *c;

	__asm__ volatile("movq %%gs:0, %0" : "=r"(c));
	return c;
}

static __always_inline struct thread *
curthread(void)
{
	struct thread *td;

	__asm__ volatile("movq %%gs:8, %0" : "=r"(td));
	return td;
}

static inline void
cpu_pause(void)
{
	__asm__ volatile("pause" ::: "memory");
}

static inline uint64_t
intr_disable(void)
{
	uint64_t flags;

	__asm__ volatile("pushfq; popq %0; cli" : "=r"(flags)::"memory");
	return flags;
}

static inline void
intr_restore(uint64_t flags)
{
	if (flags & 0x200)
		__asm__ volatile("sti" ::: "memory");
}

static inline void
intr_enable(void)
{
	__asm__ volatile("sti" ::: "memory");
}

static inline bool
intr_enabled(void)
{
	uint64_t flags;

	__asm__ volatile("pushfq; popq %0" : "=r"(flags)::"memory");
	return (flags & 0x200) != 0;
}

/* Interrupts on and halt until one comes; returns with them on. */
static inline void
cpu_idle_wait(void)
{
	__asm__ volatile("sti; hlt" ::: "memory");
}

static inline uint64_t
cpu_ticks(void)
{
	uint32_t lo, hi;

	__asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi));
	return ((uint64_t)hi << 32) | lo;
}

/* Order of device memory and ring accesses. */
#define mb()  __asm__ volatile("mfence" ::: "memory")
#define rmb() __asm__ volatile("lfence" ::: "memory")
#define wmb() __asm__ volatile("sfence" ::: "memory")

#endif
