/* SPDX-License-Identifier: MIT */
/*
 * boot/paging.c - the page tables the kernel wakes up in.
 *
 * Invariants: see (4) and (5) of <machine/bootinfo.h>.  Every table comes from
 * one MEMMAP_LOADER allocation, counted beforehand.
 */
#include "loader.h"
#include "bytes.h"

#define GIB		(1ULL << 30)
#define LOW		(4 * GIB)	/* mapped twice, by 2 MiB */
#define DIRECT_MAX	(64ULL << 40)	/* of the 128 TiB of addresses */
#define ENTRIES		512

#define SHIFT_4K	12
#define SHIFT_2M	21
#define SHIFT_1G	30
#define SHIFT_PML4	39

#define PTE_P		(1ULL << 0)
#define PTE_W		(1ULL << 1)
#define PTE_A		(1ULL << 5)
#define PTE_D		(1ULL << 6)
#define PTE_PS		(1ULL << 7)	/* a leaf above 4 KiB */
#define PTE_NX		(1ULL << 63)
#define PTE_ADDR	0x000ffffffffff000ULL
#define PTE_LEAF	(PTE_P | PTE_A | PTE_D)

#define CR4_LA57	(1ULL << 12)
#define CPUID_EXT	0x80000001u
#define CPUID_EXT_NX	(1u << 20)	/* in EDX */
#define CPUID_EXT_1G	(1u << 26)

/* Where the next table comes from. */
struct arena {
	uint64_t	*ar_pml4;
	uint64_t	*ar_next;
};

static uint32_t
cpuid_ext_edx(void)
{
	uint32_t reg[4];

	cpuid_read(0x80000000u, reg);
	if (reg[0] < CPUID_EXT)
		return 0;
	cpuid_read(CPUID_EXT, reg);
	return reg[3];
}

EFI_STATUS
paging_check(void)
{
	uint64_t cr4;

	__asm__ volatile("mov %%cr4, %0" : "=r"(cr4));
	if (cr4 & CR4_LA57) {
		Print(L"RSE: the firmware has turned on 5-level paging, which "
		    L"the kernel does not know; turn it off in the setup.\n");
		return EFI_UNSUPPORTED;
	}
	if ((cpuid_ext_edx() & CPUID_EXT_NX) == 0) {
		Print(L"RSE: the CPU has no NX bit, or it is turned off in "
		    L"the setup.\n");
		return EFI_UNSUPPORTED;
	}
	return EFI_SUCCESS;
}

/* The entry for an address at a level, with the tables above it. */
static uint64_t *
entry_find(struct arena *ar, uint64_t virt, int shift)
{
	uint64_t *table = ar->ar_pml4, *entry;

	for (int level = SHIFT_PML4;; level -= 9) {
		entry = &table[virt >> level & (ENTRIES - 1)];
		if (level == shift)
			return entry;
		if ((*entry & PTE_P) == 0) {
			*entry = (uint64_t)ar->ar_next | PTE_P | PTE_W;
			ar->ar_next += ENTRIES;
		}
		table = (uint64_t *)(*entry & PTE_ADDR);
	}
}

static void
range_map(struct arena *ar, uint64_t virt, uint64_t phys, uint64_t length,
    int shift, uint64_t bits)
{
	if (shift > SHIFT_4K)
		bits |= PTE_PS;
	for (uint64_t at = 0; at < length; at += 1ULL << shift)
		*entry_find(ar, virt + at, shift) = (phys + at) | bits;
}

static void
kernel_map(struct arena *ar, const struct loader *ld)
{
	const struct bootinfo *bi = &ld->ld_info->in_bootinfo;
	const struct elf_segment *es;
	uint64_t bits;

	for (size_t i = 0; i < ld->ld_elf.el_nsegments; i++) {
		es = &ld->ld_elf.el_segment[i];
		bits = PTE_LEAF;
		if (es->es_write)
			bits |= PTE_W;
		if (!es->es_exec)
			bits |= PTE_NX;
		range_map(ar, bi->bi_kernel_virt + es->es_start,
		    bi->bi_kernel_phys + es->es_start, es->es_memsz, SHIFT_4K,
		    bits);
	}
}

/* How many tables at most paging_build needs. */
static size_t
tables_count(const struct bootinfo *bi, bool giant)
{
	uint64_t gib = bi->bi_direct_size / GIB;
	size_t pml4 = 1, identity = 1 + LOW / GIB;
	size_t direct = (gib + ENTRIES - 1) / ENTRIES +
	    (giant ? LOW / GIB : gib);
	size_t kernel = 2 + (bi->bi_kernel_size + PAGE_SIZE_2M - 1) /
	    PAGE_SIZE_2M;

	return pml4 + identity + direct + kernel;
}

static uint64_t
direct_size(const struct loader *ld)
{
	const struct bi_framebuffer *fb = &ld->ld_info->in_bootinfo.bi_fb;
	uint64_t fbend = fb->fb_phys + (uint64_t)fb->fb_stride * fb->fb_height;
	uint64_t top = efimap_top(ld);

	if (top < fbend)
		top = fbend;
	if (top < LOW)
		top = LOW;
	return top > DIRECT_MAX ? 0 : (top + GIB - 1) & ~(GIB - 1);
}

/*
 * Why 2 MiB pages below 4 GiB even where larger ones exist: RAM and device
 * registers meet there, and a page must not have two memory types.
 */
EFI_STATUS
paging_build(struct loader *ld)
{
	struct bootinfo *bi = &ld->ld_info->in_bootinfo;
	bool giant = (cpuid_ext_edx() & CPUID_EXT_1G) != 0;
	uint64_t bits = PTE_LEAF | PTE_W;
	struct arena ar;
	EFI_STATUS status;
	size_t bytes;
	void *room;

	bi->bi_direct_size = direct_size(ld);
	if (bi->bi_direct_size == 0) {
		Print(L"RSE: the memory map goes beyond 64 TiB.\n");
		return EFI_UNSUPPORTED;
	}
	bytes = tables_count(bi, giant) * ENTRIES * sizeof(uint64_t);
	status = pages_alloc(ld, bytes, ~0ULL, MEMMAP_LOADER, &room);
	if (EFI_ERROR(status))
		return status;
	bytes_zero(room, bytes);
	ar.ar_pml4 = room;
	ar.ar_next = ar.ar_pml4 + ENTRIES;
	range_map(&ar, 0, 0, LOW, SHIFT_2M, bits);
	range_map(&ar, BI_DIRECT_MAP_BASE, 0, LOW, SHIFT_2M, bits | PTE_NX);
	range_map(&ar, BI_DIRECT_MAP_BASE + LOW, LOW, bi->bi_direct_size - LOW,
	    giant ? SHIFT_1G : SHIFT_2M, bits | PTE_NX);
	kernel_map(&ar, ld);
	ld->ld_pml4 = ar.ar_pml4;
	return EFI_SUCCESS;
}
