/* SPDX-License-Identifier: MIT */
/*
 * sys/dev/ramdisk.h: the disk image the loader left in memory, ram0.
 */
#ifndef DEV_RAMDISK_H
#define DEV_RAMDISK_H

#include "base/types.h"

/* From the machine, before INIT_DRIVER. size 0: there is none. */
void ramdisk_set(paddr_t, uint64_t size);

#endif
