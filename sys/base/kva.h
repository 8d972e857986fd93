/* SPDX-License-Identifier: MIT */
/*
 * sys/base/kva.h: kernel virtual addresses outside the direct map: stacks
 * with guard pages, large buffers, device registers.
 */
#ifndef BASE_KVA_H
#define BASE_KVA_H

#include "base/types.h"

#include <machine/pmap.h>

/*
 * Zeroed pages, mapped contiguously, an unmapped page at either end. More than
 * a megabyte, either way, may yield in between: hold no spin lock.
 */
void *kva_alloc(size_t size) __must_check;
void kva_free(void *, size_t size);
/* Device memory, default PMAP_UC; pa need not be page-aligned. */
void *kva_map_phys(paddr_t pa, size_t size, unsigned pmap_cache)
    __must_check;
void kva_unmap_phys(void *, size_t size);

/* Kernel stacks: KSTACK_SIZE bytes, guard page below; cached per CPU. */
#define KSTACK_SIZE (16 * 1024)
void *kstack_alloc(void) __must_check; /* lowest address */
void kstack_free(void *);
/* Is addr in the guard page of a kernel stack? For the double fault message. */
bool kva_is_guard(vaddr_t addr);

#endif
