/* SPDX-License-Identifier: MIT */
/*
 * boot/kernel.c - brings the kernel file into memory.
 *
 * Why these reads: one for the headers, one a segment straight to its place,
 * one for the section headers and one or two for the symbols.  What a debugger
 * wants, most of the file, stays on the disk.
 */
#include "loader.h"
#include "bytes.h"

static EFI_STATUS
kernel_refuse(struct loader *ld, const char *why)
{
	Print(L"RSE: %a cannot be started: %a.\n", ld->ld_config.cf_kernel,
	    why);
	return EFI_LOAD_ERROR;
}

static EFI_STATUS
kernel_read(struct loader *ld, EFI_FILE *file, uint64_t offset, void *to,
    size_t len)
{
	EFI_STATUS status;

	status = file_read(file, offset, to, len);
	if (EFI_ERROR(status))
		Print(L"RSE: %a cannot be read: %r.\n",
		    ld->ld_config.cf_kernel, status);
	return status;
}

static EFI_STATUS
kernel_headers_read(struct loader *ld, EFI_FILE *file, uint64_t size)
{
	static uint8_t head[ELF_HEAD_SIZE], sections[ELF_SECTION_MAX * 64];
	size_t len = size < sizeof(head) ? size : sizeof(head);
	struct elf *el = &ld->ld_elf;
	EFI_STATUS status;
	const char *why;

	status = kernel_read(ld, file, 0, head, len);
	if (EFI_ERROR(status))
		return status;
	why = elf_header_check(el, head, len, size);
	if (why != NULL)
		return kernel_refuse(ld, why);
	if (el->el_shsize == 0)
		return EFI_SUCCESS;
	status = kernel_read(ld, file, el->el_shoff, sections, el->el_shsize);
	if (EFI_ERROR(status))
		return status;
	why = elf_sections_check(el, sections, size);
	return why != NULL ? kernel_refuse(ld, why) : EFI_SUCCESS;
}

/* Reads the segments into place and clears all that is between them. */
static EFI_STATUS
kernel_segments_read(struct loader *ld, EFI_FILE *file, uint8_t *image)
{
	const struct elf *el = &ld->ld_elf;
	const struct elf_segment *es;
	uint64_t done = 0;
	EFI_STATUS status;

	for (size_t i = 0; i < el->el_nsegments; i++) {
		es = &el->el_segment[i];
		bytes_zero(image + done, es->es_start - done);
		status = kernel_read(ld, file, es->es_offset,
		    image + es->es_start, es->es_filesz);
		if (EFI_ERROR(status))
			return status;
		done = es->es_start + es->es_filesz;
	}
	bytes_zero(image + done, el->el_size - done);
	return EFI_SUCCESS;
}

static EFI_STATUS
kernel_symbols_read(struct loader *ld, EFI_FILE *file)
{
	struct bootinfo *bi = &ld->ld_info->in_bootinfo;
	const struct elf *el = &ld->ld_elf;
	EFI_STATUS status;
	uint8_t *symbols;
	void *room;

	if (el->el_symsize == 0)
		return EFI_SUCCESS;
	status = pages_alloc(ld, el->el_symsize + el->el_strsize, ~0ULL,
	    MEMMAP_LOADER, &room);
	if (EFI_ERROR(status))
		return status;
	symbols = room;
	if (el->el_stroff == el->el_symoff + el->el_symsize) {
		status = kernel_read(ld, file, el->el_symoff, symbols,
		    el->el_symsize + el->el_strsize);
	} else {
		status = kernel_read(ld, file, el->el_symoff, symbols,
		    el->el_symsize);
		if (!EFI_ERROR(status))
			status = kernel_read(ld, file, el->el_stroff,
			    symbols + el->el_symsize, el->el_strsize);
	}
	if (EFI_ERROR(status))
		return status;
	if (symbols[el->el_symsize + el->el_strsize - 1] != '\0')
		return kernel_refuse(ld, "its symbol names do not end");
	bi->bi_symtab = (uint64_t)symbols;
	bi->bi_symtab_size = el->el_symsize;
	bi->bi_strtab = (uint64_t)symbols + el->el_symsize;
	bi->bi_strtab_size = el->el_strsize;
	return EFI_SUCCESS;
}

static uint64_t
slide_choose(struct loader *ld)
{
	uint64_t random;

	if (config_word_find(&ld->ld_config, "nokaslr"))
		return 0;
	seed_squeeze(&ld->ld_seed, &random, sizeof(random));
	return random % (BI_SLIDE_MAX / BI_SLIDE_STEP) * BI_SLIDE_STEP;
}

static EFI_STATUS
kernel_place(struct loader *ld, EFI_FILE *file)
{
	struct bootinfo *bi = &ld->ld_info->in_bootinfo;
	EFI_STATUS status;
	const char *why;
	void *image;

	status = pages_alloc_2m(ld, ld->ld_elf.el_size, MEMMAP_KERNEL, &image);
	if (EFI_ERROR(status))
		return status;
	status = kernel_segments_read(ld, file, image);
	if (EFI_ERROR(status))
		return status;
	bi->bi_slide = slide_choose(ld);
	bi->bi_kernel_phys = (uint64_t)image;
	bi->bi_kernel_virt = BI_KERNEL_BASE + bi->bi_slide;
	bi->bi_kernel_size = ld->ld_elf.el_size;
	why = elf_relocate(&ld->ld_elf, image, bi->bi_slide);
	if (why != NULL)
		return kernel_refuse(ld, why);
	return kernel_symbols_read(ld, file);
}

EFI_STATUS
kernel_load(struct loader *ld)
{
	const char *path = ld->ld_config.cf_kernel;
	EFI_STATUS status;
	EFI_FILE *file;
	uint64_t size;

	Print(L"RSE: loading %a\n", path);
	status = file_open(ld, path, &file, &size);
	if (status == EFI_NOT_FOUND)
		Print(L"RSE: %a does not exist.\n", path);
	if (EFI_ERROR(status))
		return status;
	status = kernel_headers_read(ld, file, size);
	if (!EFI_ERROR(status))
		status = kernel_place(ld, file);
	file->Close(file);
	return status;
}
