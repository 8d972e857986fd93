/* SPDX-License-Identifier: MIT */
/*
 * sys/amd64/ioapic.h: start of the I/O APICs; the rest is md_irq_register().
 */
#ifndef AMD64_IOAPIC_H
#define AMD64_IOAPIC_H

void ioapic_init(void);

#endif
