/* SPDX-License-Identifier: MIT */
/*
 * sys/base/slab.h: small pieces of kernel memory.
 *
 * Caches of equal objects with a magazine on each CPU; kmalloc() rounds up to
 * one of a set of sizes and goes to whole pages above. Memory comes from the
 * direct map, so it is physically contiguous. May be called in any context
 * with KM_NOWAIT, and without it wherever page reclaim is allowed.
 */
#ifndef BASE_SLAB_H
#define BASE_SLAB_H

#include "base/types.h"

#define KM_ZERO	  0x1
#define KM_NOWAIT 0x4

struct kmem_cache;

void slab_init(void);
struct kmem_cache *kmem_cache_create(const char *name, size_t size,
    size_t align);
void *kmem_cache_alloc(struct kmem_cache *, unsigned flags) __must_check;
void kmem_cache_free(struct kmem_cache *, void *);

void *kmalloc(size_t size, unsigned flags) __must_check;
static inline void *kzalloc(size_t size) { return kmalloc(size, KM_ZERO); }
void kfree(void *); /* NULL is fine */
size_t kmalloc_usable(const void *);
char *kstrdup(const char *);

/* Calls fn for each cache: for /proc/slabinfo. */
struct slab_stat {
	const char *ss_name;
	size_t ss_size;
	uint64_t ss_inuse;
	uint64_t ss_total;
	uint64_t ss_pages;
};
void slab_foreach(void (*fn)(const struct slab_stat *, void *), void *arg);

#endif
