/* SPDX-License-Identifier: MIT */
/*
 * sys/include/machine/bootinfo.h - what the loader hands to the kernel.
 *
 * Shared by boot/ and sys/amd64; needs nothing but fixed-width integers.
 *
 * Use: the loader jumps to the ELF entry with %rdi = the direct-map address
 * of a struct bootinfo.  Every other address in here is *physical*; add
 * BI_DIRECT_MAP_BASE to read it.
 *
 * State of the machine at the entry:
 *  (1) Long mode with 4-level paging, CPL 0, boot services gone, IF and DF
 *	clear, %rdi as above, %rbp 0, other general registers undefined.
 *  (2) %rsp lies in a 16 KiB stack in the direct map and is 8 mod 16, as if
 *	the entry had been called; the return address there is 0.
 *  (3) CS, SS, DS and ES are flat ring-0 segments of a GDT in BI_MEM_LOADER
 *	memory, FS and GS null; the IDT is empty, so that an exception before
 *	the kernel has one of its own resets the machine.
 *  (4) CR0.WP and EFER.NXE are on; CR4.PGE and CR4.PCIDE are off and no
 *	entry is global, so one write to CR3 leaves the loader's tables.
 *	The PAT is as after reset.
 *  (5) Mapped: the kernel's segments at their slid addresses with their own
 *	permissions, none both writable and executable (4 KiB pages);
 *	[0, bi_direct_size) at BI_DIRECT_MAP_BASE, writable, never executable;
 *	[0, 4 GiB) at itself, writable and executable: it serves firmware
 *	pointers and the first instructions of other CPUs, and the kernel
 *	drops it (PML4 slot 0) when these are done.
 *  (6) Page tables, stack, symbols, this struct and what it points to lie in
 *	BI_MEM_LOADER memory, the kernel's to reclaim when it has moved off.
 */
#ifndef MACHINE_BOOTINFO_H
#define MACHINE_BOOTINFO_H

#include <stdint.h>

#define BI_MAGIC		0x544f4f4245535221ULL	/* "!RSEBOOT" */
#define BI_VERSION		2

#define BI_KERNEL_BASE		0xffffffff80000000ULL	/* link address */
#define BI_DIRECT_MAP_BASE	0xffff800000000000ULL	/* of physical 0 */
#define BI_SLIDE_MAX		(512ULL << 20)	/* bi_slide is below it */
#define BI_SLIDE_STEP		(2ULL << 20)	/* and a multiple of it */
#define BI_KERNEL_SIZE_MAX	(256ULL << 20)	/* largest image in memory */
#define BI_STACK_SIZE		(16 << 10)	/* of the stack in (2) */
#define BI_CMDLINE_MAX		1024		/* bytes, with the NUL */
#define BI_SEED_SIZE		64		/* bytes */

/* mr_type: what a range of physical memory is. */
enum bi_mem {
	BI_MEM_USABLE = 1,	/* free RAM */
	BI_MEM_KERNEL,		/* the kernel image */
	BI_MEM_LOADER,		/* see (6): RAM, free when the kernel says so */
	BI_MEM_ACPI_RECLAIM,	/* ACPI tables: RAM, free when they are read */
	BI_MEM_ACPI_NVS,	/* the firmware's, for good */
	BI_MEM_RUNTIME,		/* EFI runtime services; see mr_flags */
	BI_MEM_MMIO,		/* device registers the firmware told of */
	BI_MEM_RESERVED,	/* anything else: leave alone */
};

/* mr_flags: of BI_MEM_RUNTIME ranges; 0 in all others. */
#define BI_MEM_F_CODE		0x1u	/* runtime services code */
#define BI_MEM_F_DATA		0x2u	/* runtime services data */

/*
 * One range of the memory map.  The map is sorted by mr_base; ranges do not
 * overlap, are not empty, are multiples of 4 KiB, and neighbours that touch
 * differ in type or flags.  What no range covers is not RAM.  Page 0 is never
 * BI_MEM_USABLE, so the physical address 0 may mean "none".
 */
struct bi_memrange {
	uint64_t	mr_base;
	uint64_t	mr_length;	/* bytes */
	uint32_t	mr_type;	/* enum bi_mem */
	uint32_t	mr_flags;	/* BI_MEM_F_* */
};

/*
 * The linear framebuffer, in the mode the firmware had; fb_phys is 0 if there
 * is none.  A channel's value stands at bits [shift, shift + size).
 */
struct bi_framebuffer {
	uint64_t	fb_phys;
	uint32_t	fb_width;	/* pixels */
	uint32_t	fb_height;	/* pixels */
	uint32_t	fb_stride;	/* bytes from one line to the next */
	uint32_t	fb_bpp;		/* bits a pixel: 32 */
	uint8_t		fb_red_shift;
	uint8_t		fb_red_size;
	uint8_t		fb_green_shift;
	uint8_t		fb_green_size;
	uint8_t		fb_blue_shift;
	uint8_t		fb_blue_size;
	uint8_t		fb_pad[2];	/* 0 */
};

struct bootinfo {
	uint64_t	bi_magic;	/* BI_MAGIC */
	uint32_t	bi_version;	/* BI_VERSION */
	uint32_t	bi_size;	/* sizeof(struct bootinfo) */

	uint64_t	bi_memmap;	/* bi_memmap_count bi_memranges */
	uint64_t	bi_memmap_count;
	uint64_t	bi_direct_size;	/* bytes mapped from physical 0 on */

	uint64_t	bi_kernel_phys;	/* of BI_KERNEL_BASE; 2 MiB aligned */
	uint64_t	bi_kernel_virt;	/* BI_KERNEL_BASE + bi_slide */
	uint64_t	bi_kernel_size;	/* bytes with .bss; 4 KiB multiple */
	uint64_t	bi_slide;	/* bytes; 0 with "nokaslr" */

	/* Elf64_Sym[] with link addresses (add bi_slide) and its names,
	 * the last byte of which is NUL.  All 0 in a stripped kernel. */
	uint64_t	bi_symtab;
	uint64_t	bi_symtab_size;	/* bytes; multiple of 24 */
	uint64_t	bi_strtab;
	uint64_t	bi_strtab_size;	/* bytes */

	uint64_t	bi_rsdp;	/* ACPI RSDP, 2.0 preferred; 0: none */
	uint64_t	bi_efi_systab;	/* EFI_SYSTEM_TABLE */
	uint64_t	bi_efi_runtime;	/* EFI_RUNTIME_SERVICES, physical */

	struct bi_framebuffer bi_fb;

	uint8_t		bi_seed[BI_SEED_SIZE];	/* wipe after use */

	uint64_t	bi_tsc_entry;	/* TSC at the loader's first line */
	uint64_t	bi_tsc_handover; /* TSC just before the jump */
	int64_t		bi_unix_time;	/* s since 1970, UTC; 0: unknown */

	uint64_t	bi_cmdline;	/* NUL-terminated printable ASCII */

	/* A disk image in BI_MEM_LOADER memory; both 0: none. */
	uint64_t	bi_ramdisk;	/* page-aligned */
	uint64_t	bi_ramdisk_size; /* bytes */
};

#endif
