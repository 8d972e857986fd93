/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/exec_elf_check.c: is this an ELF file that can be run?
 *
 * Why apart: every byte of a program is somebody else's. These functions
 * decide alone, over memory, so that a host test can throw millions of broken
 * files at them; the loader then only uses what has passed.
 */
#include "base/string.h"

#include <abi/errno.h>

#include "kern/exec_elf_check.h"

#define EM_X86_64 62
#define ALIGN_MAX (UINT64_C(1) << 30)

int
elf_header_check(const void *bytes, size_t n, struct elf_header *eh)
{
	static const uint8_t ident[7] = { 0x7f, 'E', 'L', 'F', 2 /* 64 bits */,
		1 /* little endian */, 1 /* version */ };

	if (n < sizeof(*eh))
		return -ENOEXEC;
	memcpy(eh, bytes, sizeof(*eh));
	if (memcmp(eh->e_ident, ident, sizeof(ident)) != 0 ||
	    (eh->e_ident[7] != 0 && eh->e_ident[7] != 3)) /* SysV, GNU */
		return -ENOEXEC;
	if ((eh->e_type != ET_EXEC && eh->e_type != ET_DYN) ||
	    eh->e_machine != EM_X86_64 || eh->e_version != 1)
		return -ENOEXEC;
	if (eh->e_phentsize != sizeof(struct elf_phdr) || eh->e_phnum == 0 ||
	    eh->e_phnum > ELF_PHNUM_MAX)
		return -ENOEXEC;
	if (eh->e_phoff > INT64_MAX - ELF_PHNUM_MAX * sizeof(struct elf_phdr))
		return -ENOEXEC;
	return 0;
}

/* One PT_LOAD behind those that end at *end. */
static int
load_check(const struct elf_phdr *ph, uint64_t addr_max, struct elf_image *ei,
    uint64_t *end)
{
	if (ph->p_memsz < ph->p_filesz || ph->p_filesz > INT64_MAX ||
	    ph->p_offset > INT64_MAX - ph->p_filesz)
		return -ENOEXEC;
	if (ph->p_vaddr >= addr_max || ph->p_memsz > addr_max - ph->p_vaddr)
		return -ENOEXEC;
	if (ph->p_vaddr < *end)
		return -ENOEXEC;
	if ((ph->p_vaddr & PAGE_MASK) != (ph->p_offset & PAGE_MASK))
		return -ENOEXEC;
	if (ph->p_align > ALIGN_MAX || (ph->p_align & (ph->p_align - 1)) != 0)
		return -ENOEXEC;
	if (ph->p_align > ei->ei_align)
		ei->ei_align = ph->p_align;
	*end = ph->p_vaddr + ph->p_memsz;
	return 0;
}

static int
interp_check(const struct elf_phdr *ph, struct elf_image *ei)
{
	if (ei->ei_interp_len != 0 || ph->p_filesz < 2 ||
	    ph->p_filesz > 4096 || ph->p_offset > INT64_MAX - 4096)
		return -ENOEXEC;
	ei->ei_interp_off = ph->p_offset;
	ei->ei_interp_len = (uint32_t)ph->p_filesz;
	return 0;
}

/* Where the program headers are in memory, if a segment holds them. */
static uint64_t
phdr_address(const struct elf_header *eh, const struct elf_phdr *ph)
{
	uint64_t size = (uint64_t)eh->e_phnum * sizeof(*ph);

	for (unsigned i = 0; i < eh->e_phnum; i++) {
		if (ph[i].p_type != PT_LOAD || eh->e_phoff < ph[i].p_offset)
			continue;
		if (eh->e_phoff - ph[i].p_offset <= ph[i].p_filesz &&
		    size <= ph[i].p_filesz - (eh->e_phoff - ph[i].p_offset))
			return ph[i].p_vaddr + eh->e_phoff - ph[i].p_offset;
	}
	return 0;
}

int
elf_phdrs_check(const struct elf_header *eh, const struct elf_phdr *ph,
    uint64_t addr_max, struct elf_image *ei)
{
	uint64_t end = 0;
	bool any = false;
	int error;

	memset(ei, 0, sizeof(*ei));
	ei->ei_pie = eh->e_type == ET_DYN;
	ei->ei_entry = eh->e_entry;
	ei->ei_align = PAGE_SIZE;
	for (unsigned i = 0; i < eh->e_phnum; i++) {
		error = 0;
		switch (ph[i].p_type) {
		case PT_LOAD:
			if (ph[i].p_memsz == 0)
				break;
			error = load_check(&ph[i], addr_max, ei, &end);
			if (!any)
				ei->ei_start = page_trunc(ph[i].p_vaddr);
			any = true;
			break;
		case PT_INTERP:
			error = interp_check(&ph[i], ei);
			break;
		case PT_GNU_STACK:
			ei->ei_exec_stack = (ph[i].p_flags & PF_X) != 0;
			break;
		}
		if (error != 0)
			return error;
	}
	if (!any || page_round(end) > addr_max || eh->e_entry >= addr_max)
		return -ENOEXEC;
	ei->ei_end = page_round(end);
	ei->ei_phdr = phdr_address(eh, ph);
	return 0;
}
