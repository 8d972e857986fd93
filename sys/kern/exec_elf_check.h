/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/exec_elf_check.h: ELF64 structures and their validation, pure
 * functions over bytes: nothing of the kernel is needed to test them.
 */
#ifndef KERN_EXEC_ELF_CHECK_H
#define KERN_EXEC_ELF_CHECK_H

#include "base/types.h"

struct elf_header {
	uint8_t e_ident[16];
	uint16_t e_type, e_machine;
	uint32_t e_version;
	uint64_t e_entry, e_phoff, e_shoff;
	uint32_t e_flags;
	uint16_t e_ehsize, e_phentsize, e_phnum;
	uint16_t e_shentsize, e_shnum, e_shstrndx;
};

struct elf_phdr {
	uint32_t p_type, p_flags;
	uint64_t p_offset, p_vaddr, p_paddr, p_filesz, p_memsz, p_align;
};

#define ET_EXEC 2
#define ET_DYN	3
#define PT_LOAD 1
#define PT_INTERP 3
#define PT_PHDR 6
#define PT_GNU_STACK 0x6474e551u
#define PF_X 1u
#define PF_W 2u
#define PF_R 4u

/* More is nothing a linker makes; it bounds the memory for the table. */
#define ELF_PHNUM_MAX 128

/* What the segments say, addresses before any bias. */
struct elf_image {
	bool ei_pie;
	bool ei_exec_stack;
	uint64_t ei_entry;
	uint64_t ei_start, ei_end; /* page bounds of all PT_LOAD */
	uint64_t ei_align;	   /* largest p_align, a power of two */
	uint64_t ei_phdr;	   /* address of the program headers, 0: none */
	uint64_t ei_interp_off;    /* PT_INTERP; ei_interp_len 0: none */
	uint32_t ei_interp_len;
};

/* The header at the start of a file of which n bytes are given. 0, or
 * -ENOEXEC: not an ELF file this machine runs. */
int elf_header_check(const void *bytes, size_t n, struct elf_header *)
    __must_check;
/* The e_phnum program headers. 0 or -ENOEXEC. After 0 every PT_LOAD is in
 * bounds: no sum of its fields overflows, all rise in address, and they lie
 * below addr_max. */
int elf_phdrs_check(const struct elf_header *, const struct elf_phdr *,
    uint64_t addr_max, struct elf_image *) __must_check;

#endif
