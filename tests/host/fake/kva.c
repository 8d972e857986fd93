/* SPDX-License-Identifier: MIT */
/*
 * tests/host/fake/kva.c: kernel address ranges as plain zeroed memory, so
 * that the sanitizer sees their ends and those that are never given back.
 */
#include "base/kva.h"

#include "fake.h"

#include <stdlib.h>

static size_t live;

void *
kva_alloc(size_t size)
{
	fake_may_sleep("kva_alloc");
	if (!fake_alloc_may())
		return NULL;
	live += size;
	return calloc(1, size);
}

void
kva_free(void *p, size_t size)
{
	live -= size;
	free(p);
}

size_t
fake_kva_live(void)
{
	return live;
}
