/* SPDX-License-Identifier: MIT */
/*
 * sys/include/machine/io.h: port I/O and device registers in memory.
 *
 * Registers are mapped with kva_map_phys(..., PMAP_UC) and touched only
 * through mmio_*(), so that each access is one instruction of that width, in
 * program order.
 */
#ifndef MACHINE_IO_H
#define MACHINE_IO_H

#include "base/types.h"

static inline uint8_t
inb(uint16_t port)
{
	uint8_t v;

	__asm__ volatile("inb %1, %0" : "=a"(v) : "Nd"(port) : "memory");
	return v;
}

static inline uint16_t
inw(uint16_t port)
{
	uint16_t v;

	__asm__ volatile("inw %1, %0" : "=a"(v) : "Nd"(port) : "memory");
	return v;
}

static inline uint32_t
inl(uint16_t port)
{
	uint32_t v;

	__asm__ volatile("inl %1, %0" : "=a"(v) : "Nd"(port) : "memory");
	return v;
}

static inline void
outb(uint16_t port, uint8_t v)
{
	__asm__ volatile("outb %0, %1" ::"a"(v), "Nd"(port) : "memory");
}

static inline void
outw(uint16_t port, uint16_t v)
{
	__asm__ volatile("outw %0, %1" ::"a"(v), "Nd"(port) : "memory");
}

static inline void
outl(uint16_t port, uint32_t v)
{
	__asm__ volatile("outl %0, %1" ::"a"(v), "Nd"(port) : "memory");
}

static inline uint8_t
mmio_read8(const volatile void *reg)
{
	uint8_t v = *(const volatile uint8_t *)reg;

	__asm__ volatile("" ::: "memory");
	return v;
}

static inline void
mmio_write8(volatile void *reg, uint8_t v)
{
	__asm__ volatile("" ::: "memory");
	*(volatile uint8_t *)reg = v;
}

static inline uint16_t
mmio_read16(const volatile void *reg)
{
	uint16_t v = *(const volatile uint16_t *)reg;

	__asm__ volatile("" ::: "memory");
	return v;
}

static inline void
mmio_write16(volatile void *reg, uint16_t v)
{
	__asm__ volatile("" ::: "memory");
	*(volatile uint16_t *)reg = v;
}

static inline uint32_t
mmio_read32(const volatile void *reg)
{
	uint32_t v = *(const volatile uint32_t *)reg;

	__asm__ volatile("" ::: "memory");
	return v;
}

static inline void
mmio_write32(volatile void *reg, uint32_t v)
{
	__asm__ volatile("" ::: "memory");
	*(volatile uint32_t *)reg = v;
}

static inline uint64_t
mmio_read64(const volatile void *reg)
{
	uint64_t v = *(const volatile uint64_t *)reg;

	__asm__ volatile("" ::: "memory");
	return v;
}

static inline void
mmio_write64(volatile void *reg, uint64_t v)
{
	__asm__ volatile("" ::: "memory");
	*(volatile uint64_t *)reg = v;
}

#endif
