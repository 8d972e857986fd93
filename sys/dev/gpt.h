/* SPDX-License-Identifier: MIT */
/*
 * sys/dev/gpt.h: what bdev.c and the partition tables want of each other.
 */
#ifndef DEV_GPT_H
#define DEV_GPT_H

#include "dev/bdev.h"

#define BDEV_MAX_PARTS 64u /* minors of a disk, itself included */

int bdev_add(struct bdev *) __must_check;
/* Registers the partitions of a disk; a table that cannot be read or is not
 * sound gives none, and a message. */
void part_scan(struct bdev *);

#endif
