/* SPDX-License-Identifier: MIT */
/*
 * tests/host/fake/machine/cpu.h: one CPU and the running thread of a host
 * test; shadows sys/include/machine/cpu.h.
 */
#ifndef MACHINE_CPU_H
#define MACHINE_CPU_H

#include "base/types.h"

struct cpu;
struct thread;

extern struct cpu *fake_curcpu;
extern struct thread *fake_curthread;

static inline struct cpu *
curcpu(void)
{
	return fake_curcpu;
}

static inline struct thread *
curthread(void)
{
	return fake_curthread;
}

static inline void
cpu_pause(void)
{
}

static inline uint64_t
intr_disable(void)
{
	return 0;
}

static inline void
intr_restore(uint64_t flags)
{
	(void)flags;
}

static inline void
intr_enable(void)
{
}

static inline bool
intr_enabled(void)
{
	return true;
}

static inline void
cpu_idle_wait(void)
{
}

static inline uint64_t
cpu_ticks(void)
{
	return __builtin_ia32_rdtsc();
}

#define mb()  __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define rmb() __atomic_thread_fence(__ATOMIC_ACQUIRE)
#define wmb() __atomic_thread_fence(__ATOMIC_RELEASE)

#endif
