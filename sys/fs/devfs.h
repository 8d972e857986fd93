/* SPDX-License-Identifier: MIT */
/*
 * sys/fs/devfs.h: /dev.
 */
#ifndef FS_DEVFS_H
#define FS_DEVFS_H

#include "base/types.h"

struct cdev;

/* Mounts the devices on /dev of the root file system, which must have that
 * folder, and keeps them up to date from then on. For boot, once. */
int devfs_start(void) __must_check;

/* devpts.c: a terminal came; gives it the mode and group the last mount of
 * devpts asked for. */
void devpts_adopt(struct cdev *);

#define DEVPTS_PREFIX "pts/"

#endif
