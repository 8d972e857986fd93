/* SPDX-License-Identifier: MIT */
/*
 * sys/base/symbols.c: names for addresses in the kernel image, from the ELF
 * symbol table the loader kept.
 */
#include <machine/bootinfo.h>

#include "base/page.h"
#include "base/panic.h"

struct elf_sym {
	uint32_t st_name;
	uint8_t st_info;
	uint8_t st_other;
	uint16_t st_shndx;
	uint64_t st_value;
	uint64_t st_size;
};

#define STT_OBJECT 1
#define STT_FUNC   2

static const struct elf_sym *syms;
static uint64_t nsyms, slide, strings_size;
static const char *strings;

void
symbols_init(const struct bootinfo *bi)
{
	if (bi->bi_symtab == 0 || bi->bi_strtab == 0)
		return;
	syms = phys_to_virt(bi->bi_symtab);
	nsyms = bi->bi_symtab_size / sizeof(*syms);
	strings = phys_to_virt(bi->bi_strtab);
	strings_size = bi->bi_strtab_size;
	slide = bi->bi_slide;
}

/* The nearest function at or below addr. Linear: only messages need it. */
const char *
symbol_lookup(uint64_t addr, uint64_t *offset)
{
	const struct elf_sym *best = NULL;

	for (uint64_t i = 0; i < nsyms; i++) {
		if ((syms[i].st_info & 0xf) != STT_FUNC ||
		    syms[i].st_name >= strings_size ||
		    syms[i].st_value + slide > addr)
			continue;
		if (best == NULL || syms[i].st_value > best->st_value)
			best = &syms[i];
	}
	if (best == NULL)
		return NULL;
	*offset = addr - (best->st_value + slide);
	if (best->st_size != 0 && *offset > best->st_size)
		return NULL;
	return &strings[best->st_name];
}

void
symbol_foreach(void (*fn)(uint64_t, bool, const char *, void *), void *arg)
{
	for (uint64_t i = 0; i < nsyms; i++) {
		unsigned type = syms[i].st_info & 0xf;

		if ((type == STT_FUNC || type == STT_OBJECT) &&
		    syms[i].st_name < strings_size)
			fn(syms[i].st_value + slide, type == STT_FUNC,
			    &strings[syms[i].st_name], arg);
	}
}
