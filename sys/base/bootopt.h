/* SPDX-License-Identifier: MIT */
/*
 * sys/base/bootopt.h: the kernel's command line.
 */
#ifndef BASE_BOOTOPT_H
#define BASE_BOOTOPT_H

#include "base/types.h"

void boot_options_set(const char *cmdline); /* copies it */
const char *boot_cmdline(void);		    /* whole, for /proc/cmdline */
/*
 * The value of the last `key=value`, "" for a bare `key`, NULL if it is not
 * there. The pointer stays valid.
 */
const char *boot_option(const char *key);

#endif
