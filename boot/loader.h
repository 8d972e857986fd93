/* SPDX-License-Identifier: MIT */
/*
 * boot/loader.h - the loader's state and the steps that fill it.
 *
 * Use: a step returns EFI_SUCCESS, or an error after it has said on the
 * console, in a sentence, what is wrong.  Everything a step allocates is
 * entered in ld_pages, so that a failed start can give all of it back.
 */
#ifndef BOOT_LOADER_H
#define BOOT_LOADER_H

#include <efi.h>
#include <efilib.h>
#include <machine/bootinfo.h>
#include "config.h"
#include "elf.h"
#include "memmap.h"

#define PAGES_MAX	16
#define PAGE_SIZE_2M	(2ULL << 20)

/* Pages got from the firmware. */
struct pages {
	uint64_t		pg_base;
	uint64_t		pg_count;
	enum memmap_class	pg_class;	/* MEMMAP_NONE: not kept */
};

/* The firmware's memory map, as last read. */
struct efimap {
	uint8_t		*em_map;
	UINTN		 em_room;	/* bytes em_map can hold */
	UINTN		 em_size;	/* bytes it holds */
	UINTN		 em_key;
	UINTN		 em_step;	/* bytes from entry to entry */
};

/* A sponge over the ChaCha20 permutation: 32 bytes a turn in and out. */
struct seed {
	uint32_t	sd_state[16];
};

/* What the kernel keeps, apart from page tables and symbols. */
struct info {
	struct bootinfo	in_bootinfo;
	char		in_cmdline[BI_CMDLINE_MAX];
	uint8_t		in_stack[BI_STACK_SIZE] __attribute__((aligned(4096)));
};

struct loader {
	EFI_HANDLE		 ld_image;
	struct config		 ld_config;
	struct seed		 ld_seed;
	struct pages		 ld_pages[PAGES_MAX];
	size_t			 ld_npages;

	struct elf		 ld_elf;
	struct info		*ld_info;

	struct efimap		 ld_efimap;
	struct memmap		 ld_memmap;
	struct bi_memrange	*ld_ranges;
	size_t			 ld_maxranges;

	uint64_t		*ld_pml4;
	void			*ld_stub;	/* copy of handover_stub */
};

EFI_STATUS	pages_alloc(struct loader *, size_t bytes, uint64_t limit,
		    enum memmap_class, void **);
EFI_STATUS	pages_alloc_2m(struct loader *, size_t bytes,
		    enum memmap_class, void **);
void		pages_free_all(struct loader *);

EFI_STATUS	file_open(struct loader *, const char *path, EFI_FILE **,
		    uint64_t *size);
EFI_STATUS	file_read(EFI_FILE *, uint64_t offset, void *, size_t);

EFI_STATUS	settings_read(struct loader *);
EFI_STATUS	kernel_load(struct loader *);
EFI_STATUS	ramdisk_load(struct loader *);

void		seed_init(struct seed *);
void		seed_gather(struct seed *);
void		seed_absorb(struct seed *, const void *, size_t);
void		seed_squeeze(struct seed *, void *, size_t);

void		gop_find(struct bi_framebuffer *);
int64_t		clock_read(void);

EFI_STATUS	efimap_alloc(struct loader *);
EFI_STATUS	efimap_read(struct loader *);
uint64_t	efimap_top(const struct loader *);
void		efimap_convert(struct loader *);

EFI_STATUS	paging_check(void);
EFI_STATUS	paging_build(struct loader *);

EFI_STATUS	handover_prepare(struct loader *);
EFI_STATUS	handover_run(struct loader *);

static inline uint64_t
tsc_read(void)
{
	uint32_t lo, hi;

	__asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi));
	return (uint64_t)hi << 32 | lo;
}

static inline void
cpuid_read(uint32_t leaf, uint32_t reg[4])
{
	__asm__ volatile("cpuid" : "=a"(reg[0]), "=b"(reg[1]), "=c"(reg[2]),
	    "=d"(reg[3]) : "a"(leaf), "c"(0));
}

#endif
