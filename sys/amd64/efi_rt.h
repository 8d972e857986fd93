/* SPDX-License-Identifier: MIT */
/*
 * sys/amd64/efi_rt.h: EFI runtime services.
 */
#ifndef AMD64_EFI_RT_H
#define AMD64_EFI_RT_H

#include "base/types.h"

struct bootinfo;

void efi_rt_init(const struct bootinfo *);
/* Unix time, UTC; false: the firmware would not say. */
bool efi_time_get(int64_t *unix_time);
bool efi_time_set(int64_t unix_time);
/* Returns if the firmware did not do it. */
void efi_reset(bool poweroff);

#endif
