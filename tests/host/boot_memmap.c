/* SPDX-License-Identifier: MIT */
/*
 * tests/host/boot_memmap.c - boot/memmap.c: known maps, and random ones
 * compared page by page with a slow and obvious model.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "memmap.h"

#define PAGES	600	/* of the model: beyond 1 MiB */
#define MAX	400

static int tests, failures;
static struct memmap_event events[MAX];
static struct bi_memrange map[MAX];
static struct memmap mm;

static void
check(int ok, const char *what)
{
	printf("%s %d - %s\n", ok ? "ok" : "not ok", ++tests, what);
	failures += !ok;
}

static int
is_range(size_t i, uint64_t base, uint64_t end, uint32_t type, uint32_t flags)
{
	return map[i].mr_base == base && map[i].mr_length == end - base &&
	    map[i].mr_type == type && map[i].mr_flags == flags;
}

static void
known_check(void)
{
	size_t n;

	memmap_init(&mm, events, MAX);
	memmap_add_efi(&mm, 0x200000, 0x200, 2);	/* loader data */
	memmap_add_efi(&mm, 0x100000, 0x100, 7);
	memmap_add_efi(&mm, 0, 0x9f, 7);
	memmap_add_efi(&mm, 0x400000, 1, 5);
	memmap_add_efi(&mm, 0x401000, 1, 6);
	memmap_add_efi(&mm, 0x402000, 1, 99);		/* of tomorrow */
	memmap_add(&mm, 0x280000, 0x3001, MEMMAP_KERNEL);
	n = memmap_build(&mm, map, MAX);
	check(n == 8 && is_range(0, 0, 0x1000, BI_MEM_RESERVED, 0) &&
	    is_range(1, 0x1000, 0x9f000, BI_MEM_USABLE, 0) &&
	    is_range(2, 0x100000, 0x280000, BI_MEM_USABLE, 0) &&
	    is_range(3, 0x280000, 0x284000, BI_MEM_KERNEL, 0) &&
	    is_range(4, 0x284000, 0x400000, BI_MEM_USABLE, 0) &&
	    is_range(5, 0x400000, 0x401000, BI_MEM_RUNTIME, BI_MEM_F_CODE) &&
	    is_range(6, 0x401000, 0x402000, BI_MEM_RUNTIME, BI_MEM_F_DATA) &&
	    is_range(7, 0x402000, 0x403000, BI_MEM_RESERVED, 0), "a machine");
	memmap_init(&mm, events, MAX);
	memmap_add_efi(&mm, 0x80000, 0x100, 4);	/* across 1 MiB */
	n = memmap_build(&mm, map, MAX);
	check(n == 2 && is_range(0, 0x80000, 0x100000, BI_MEM_RESERVED, 0) &&
	    is_range(1, 0x100000, 0x180000, BI_MEM_USABLE, 0),
	    "boot services below 1 MiB");
	memmap_init(&mm, events, MAX);
	check(memmap_build(&mm, map, MAX) == 0, "no map");
	memmap_add_efi(&mm, 0xfffffffffffff000, ~0ULL, 0);
	memmap_add_efi(&mm, 0x1000, ~0ULL, 0);
	n = memmap_build(&mm, map, MAX);
	check(n == 1 && is_range(0, 0x1000, 0xfffffffffffff000,
	    BI_MEM_RESERVED, 0), "ranges that overflow");
	memmap_init(&mm, events, 3);
	check(memmap_add(&mm, 0x1000, 0x1000, MEMMAP_MMIO) &&
	    !memmap_add(&mm, 0x4000, 0x1000, MEMMAP_MMIO), "no room to add");
	memmap_init(&mm, events, MAX);
	memmap_add(&mm, 0x1000, 0x1000, MEMMAP_MMIO);
	memmap_add(&mm, 0x4000, 0x1000, MEMMAP_MMIO);
	check(memmap_build(&mm, map, 1) == 0, "no room to build");
}

/* Rank as the header orders it, of what a page of the result is. */
static enum memmap_class
class_of(uint64_t page)
{
	static const enum memmap_class of[] = { MEMMAP_NONE, MEMMAP_USABLE,
		MEMMAP_KERNEL, MEMMAP_LOADER, MEMMAP_ACPI_RECLAIM,
		MEMMAP_ACPI_NVS, MEMMAP_NONE, MEMMAP_MMIO, MEMMAP_RESERVED };

	for (size_t i = 0; i < MAX && map[i].mr_length != 0; i++)
		if (page * 4096 - map[i].mr_base < map[i].mr_length) {
			if (map[i].mr_type == BI_MEM_RUNTIME)
				return map[i].mr_flags == BI_MEM_F_CODE ?
				    MEMMAP_RUNTIME_CODE : MEMMAP_RUNTIME_DATA;
			return of[map[i].mr_type];
		}
	return MEMMAP_NONE;
}

static int
random_check(void)
{
	enum memmap_class model[PAGES] = { MEMMAP_NONE };
	uint64_t end = 0;
	size_t n, ranges = rand() % 40;

	memmap_init(&mm, events, MAX);
	for (size_t i = 0; i < ranges; i++) {
		uint64_t base = rand() % PAGES, len = rand() % 60;
		enum memmap_class class = 1 + rand() % (MEMMAP_NCLASSES - 1);

		if (base + len > PAGES)
			len = PAGES - base;
		memmap_add(&mm, base * 4096, len * 4096, class);
		for (; len > 0; len--, base++)
			if (class > model[base])
				model[base] = class;
	}
	if (model[0] == MEMMAP_USABLE)
		model[0] = MEMMAP_RESERVED;
	memset(map, 0, sizeof(map));
	n = memmap_build(&mm, map, MAX);
	for (size_t i = 0; i < n; i++) {
		if (map[i].mr_base < end || map[i].mr_length == 0)
			return 0;
		if (i > 0 && map[i].mr_base == end && map[i].mr_type ==
		    map[i - 1].mr_type && map[i].mr_flags ==
		    map[i - 1].mr_flags)
			return 0;
		end = map[i].mr_base + map[i].mr_length;
	}
	for (uint64_t page = 0; page < PAGES; page++)
		if (class_of(page) != model[page])
			return 0;
	return 1;
}

int
main(void)
{
	int sound = 1;

	puts("TAP version 13");
	known_check();
	srand(1);
	for (int i = 0; i < 2000; i++)
		sound &= random_check();
	check(sound, "2000 random maps equal the model");
	printf("1..%d\n", tests);
	return failures != 0;
}
