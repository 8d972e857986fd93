/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/memfd.h: seals of memory files, for fcntl.
 */
#ifndef KERN_MEMFD_H
#define KERN_MEMFD_H

#include "base/types.h"

struct file;

/* F_ADD_SEALS, F_GET_SEALS; -EINVAL if it is no memory file. */
long memfd_fcntl(struct file *, bool add, unsigned long seals);

#endif
