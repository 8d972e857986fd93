/* SPDX-License-Identifier: MIT */
/*
 * sys/include/machine/layout.h: the map of the 48-bit address space.
 *
 *   0x0000000000000000  not mapped below mmap_min_addr (64 KiB)
 *   ... 0x00007fffffffefff  user space (the last page is never mapped)
 *   0xffff800000000000  direct map of all physical memory, RW NX, 64 TiB
 *   0xffffc00000000000  kva: stacks, buffers, device registers, 32 TiB
 *   0xffffffff80000000  kernel image plus slide (loader), W^X, 1 GiB
 */
#ifndef MACHINE_LAYOUT_H
#define MACHINE_LAYOUT_H

#define USER_MIN	 0x0000000000010000UL
#define USER_MAX	 0x00007ffffffff000UL /* first address not allowed */
#define DIRECT_MAP_BASE	 0xffff800000000000UL
#define KVA_BASE	 0xffffc00000000000UL
#define KVA_END		 0xffffe00000000000UL
#define KERNEL_IMAGE_BASE 0xffffffff80000000UL

#endif
