/* SPDX-License-Identifier: MIT */
/*
 * sys/include/machine/usercopy.h: the only way to user memory.
 *
 * All check the range against USER_MAX, open SMAP for the copy only, and
 * return -EFAULT when a page cannot be had. They may sleep (page faults), so
 * no spin lock may be held, but for the _nofault ones.
 */
#ifndef MACHINE_USERCOPY_H
#define MACHINE_USERCOPY_H

#include "base/types.h"

int copyin(vaddr_t uaddr, void *kaddr, size_t n) __must_check;
int copyout(const void *kaddr, vaddr_t uaddr, size_t n) __must_check;
/* Copy as far as it goes; the number of bytes NOT copied is returned. */
size_t copyin_some(vaddr_t uaddr, void *kaddr, size_t n) __must_check;
size_t copyout_some(const void *kaddr, vaddr_t uaddr, size_t n) __must_check;
/* A NUL-terminated string of at most size bytes with its NUL: the length
 * without it, -ENAMETOOLONG, or -EFAULT. */
ssize_t copyinstr(vaddr_t uaddr, char *kaddr, size_t size) __must_check;
int user_zero(vaddr_t uaddr, size_t n) __must_check;
int user_load32(vaddr_t uaddr, uint32_t *out) __must_check;
int user_load64(vaddr_t uaddr, uint64_t *out) __must_check;
int user_store32(vaddr_t uaddr, uint32_t v) __must_check;
int user_store64(vaddr_t uaddr, uint64_t v) __must_check;
/* Compare and swap; *old is what was there. */
int user_cas32(vaddr_t uaddr, uint32_t *old, uint32_t v) __must_check;
/* Without taking faults: -EFAULT if the page is not there just now; usable
 * under spin locks. */
int user_load32_nofault(vaddr_t uaddr, uint32_t *out) __must_check;

#endif
