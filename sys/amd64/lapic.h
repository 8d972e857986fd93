/* SPDX-License-Identifier: MIT */
/*
 * sys/amd64/lapic.h: what the platform files know about the local APIC beyond
 * amd64.h.
 */
#ifndef AMD64_LAPIC_H
#define AMD64_LAPIC_H

#include "base/types.h"

/* Maps the registers, or decides for x2APIC; then lapic_init_cpu(). */
void lapic_init(void);
uint32_t lapic_id(void); /* of this CPU */

/* Starting another CPU. page: of the first instruction, below 1 MiB. */
void lapic_ipi_init(uint32_t id);
void lapic_ipi_startup(uint32_t id, paddr_t page);

/* The timer as a bare counter, for calibration: counts down from ~0. */
void lapic_timer_start_raw(void);
uint32_t lapic_timer_count(void);
/* Choose the way md_timer_arm() works. hz 0: by TSC deadline. */
void lapic_timer_init(uint64_t lapic_hz, uint64_t tsc_hz);

#endif
