/* SPDX-License-Identifier: MIT */
/*
 * tests/host/fake/machine/layout.h: the address space of a host test: the
 * direct map begins wherever the fake memory happens to lie.
 */
#ifndef MACHINE_LAYOUT_H
#define MACHINE_LAYOUT_H

#include <stdint.h>

extern uint64_t fake_direct_map; /* address of physical page 0 */

#define USER_MIN	 0x0000000000010000UL
#define USER_MAX	 0x00007ffffffff000UL
#define DIRECT_MAP_BASE	 fake_direct_map
#define KVA_BASE	 0xffffc00000000000UL
#define KVA_END		 0xffffe00000000000UL
#define KERNEL_IMAGE_BASE 0xffffffff80000000UL

#endif
