/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/syscall.h: what system call handlers share.
 *
 * syscalls.master declares each call once; makesyscalls.awk writes from it
 * syscall_proto.h (prototypes: `long sys_NAME(typed arguments)`, a user
 * pointer is a vaddr_t), syscall_table.c (one wrapper a call that takes its
 * arguments from the frame, and the table) and syscall_names.h.
 * A handler returns a result >= 0 or -Exxx.
 */
#ifndef KERN_SYSCALL_H
#define KERN_SYSCALL_H

#include "base/string.h"
#include "base/types.h"

#include <abi/errno.h>
#include <machine/usercopy.h>

#include "kern/proc.h"
#include "syscall_proto.h"

#define AT_FDCWD (-100)
#define PATH_MAX 4096

#endif
