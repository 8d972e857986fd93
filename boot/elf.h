/* SPDX-License-Identifier: MIT */
/*
 * boot/elf.h - judges and relocates a kernel ELF file, as pure functions.
 *
 * Use: elf_header_check on the first bytes of the file, elf_sections_check on
 * its section headers if el_shsize is not 0, read the segments into zeroed
 * memory, elf_relocate.  Each returns NULL or why the file is refused.
 */
#ifndef BOOT_ELF_H
#define BOOT_ELF_H

#include <machine/bootinfo.h>
#include <stdbool.h>
#include <stddef.h>

#define ELF_HEAD_SIZE	4096	/* bytes that hold ELF and program headers */
#define ELF_SEGMENT_MAX	8	/* PT_LOAD segments */
#define ELF_SECTION_MAX	256
#define ELF_SYMBOLS_MAX	(64ULL << 20)	/* bytes, symbols and names each */
#define ELF_PAGE	4096ULL

/* A PT_LOAD segment; addresses are offsets from BI_KERNEL_BASE. */
struct elf_segment {
	uint64_t	es_start;	/* multiple of ELF_PAGE */
	uint64_t	es_memsz;	/* bytes, > 0 */
	uint64_t	es_offset;	/* in the file */
	uint64_t	es_filesz;	/* bytes, <= es_memsz */
	bool		es_write;
	bool		es_exec;	/* never with es_write */
};

/*
 * What a sound file says.
 *  (1) Segments ascend and share no page; each lies in the file and in
 *	[0, el_size).
 *  (2) The entry lies in the file part of an executable segment.
 *  (3) The dynamic section lies in the file part of a segment.
 */
struct elf {
	struct elf_segment el_segment[ELF_SEGMENT_MAX];
	size_t		el_nsegments;
	uint64_t	el_size;	/* bytes in memory, ELF_PAGE multiple */
	uint64_t	el_entry;	/* offset from BI_KERNEL_BASE */
	uint64_t	el_dynamic;	/* likewise */
	uint64_t	el_dynsize;
	uint64_t	el_shoff;	/* section headers, in the file */
	uint64_t	el_shsize;	/* bytes; 0: none */
	uint64_t	el_symoff;	/* symbols, in the file */
	uint64_t	el_symsize;	/* bytes; 0: none */
	uint64_t	el_stroff;	/* their names, in the file */
	uint64_t	el_strsize;
};

const char *elf_header_check(struct elf *, const void *head, size_t headlen,
	    uint64_t filesize);
const char *elf_sections_check(struct elf *, const void *headers,
	    uint64_t filesize);
const char *elf_relocate(const struct elf *, void *image, uint64_t slide);

#endif
