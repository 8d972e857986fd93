/* SPDX-License-Identifier: MIT */
/*
 * boot/elf.c - judges and relocates a kernel ELF file.
 *
 * Invariants: no input makes these functions read outside the buffers they
 * were given, or write outside the pages of a segment that is not executable.
 * Every sum of two numbers from the file is checked as a difference.
 */
#include "elf.h"
#include "bytes.h"

struct elf64_ehdr {
	uint8_t		e_ident[16];
	uint16_t	e_type, e_machine;
	uint32_t	e_version;
	uint64_t	e_entry, e_phoff, e_shoff;
	uint32_t	e_flags;
	uint16_t	e_ehsize, e_phentsize, e_phnum;
	uint16_t	e_shentsize, e_shnum, e_shstrndx;
};

struct elf64_phdr {
	uint32_t	p_type, p_flags;
	uint64_t	p_offset, p_vaddr, p_paddr, p_filesz, p_memsz, p_align;
};

struct elf64_shdr {
	uint32_t	sh_name, sh_type;
	uint64_t	sh_flags, sh_addr, sh_offset, sh_size;
	uint32_t	sh_link, sh_info;
	uint64_t	sh_addralign, sh_entsize;
};

struct elf64_dyn {
	uint64_t	d_tag, d_val;
};

struct elf64_rela {
	uint64_t	r_offset, r_info, r_addend;
};

enum { ET_EXEC = 2, ET_DYN = 3, EM_X86_64 = 62 };
enum { PT_LOAD = 1, PT_DYNAMIC = 2, PT_INTERP = 3, PT_TLS = 7 };
enum { PF_X = 1, PF_W = 2, PF_R = 4 };
enum { SHT_SYMTAB = 2, SHT_STRTAB = 3 };
enum { DT_NULL = 0, DT_PLTRELSZ = 2, DT_RELA = 7, DT_RELASZ = 8,
	DT_RELAENT = 9, DT_REL = 17, DT_RELR = 36, DT_FLAGS_1 = 0x6ffffffb };
#define DF_1_PIE	0x08000000ULL
enum { R_X86_64_NONE = 0, R_X86_64_RELATIVE = 8 };

#define ELF_SYM_SIZE	24

/* Whether [start, start + len) lies within [0, end). */
static bool
range_within(uint64_t start, uint64_t len, uint64_t end)
{
	return start <= end && len <= end - start;
}

/* Whether the range lies within the bytes a segment has in the file. */
static bool
segment_file_holds(const struct elf_segment *es, uint64_t start, uint64_t len)
{
	return start >= es->es_start &&
	    range_within(start - es->es_start, len, es->es_filesz);
}

static bool
elf_file_holds(const struct elf *el, uint64_t start, uint64_t len)
{
	for (size_t i = 0; i < el->el_nsegments; i++)
		if (segment_file_holds(&el->el_segment[i], start, len))
			return true;
	return false;
}

static const char *
elf_ident_check(const struct elf64_ehdr *eh)
{
	if (!bytes_equal(eh->e_ident, "\177ELF", 4))
		return "it does not begin with the ELF magic number";
	if (eh->e_ident[4] != 2 || eh->e_ident[5] != 1)
		return "it is not a 64-bit little-endian ELF file";
	if (eh->e_ident[6] != 1 || eh->e_version != 1)
		return "its ELF version is not 1";
	if (eh->e_machine != EM_X86_64)
		return "it is not for x86_64";
	/* GNU ld calls a -pie file with a base address ET_EXEC. */
	if (eh->e_type != ET_DYN && eh->e_type != ET_EXEC)
		return "it is not linked";
	if (eh->e_ehsize != sizeof(*eh))
		return "the size of its ELF header is wrong";
	if (eh->e_phentsize != sizeof(struct elf64_phdr))
		return "the size of its program headers is wrong";
	return NULL;
}

static const char *
elf_segment_add(struct elf *el, const struct elf64_phdr *ph,
    uint64_t filesize)
{
	struct elf_segment *es = &el->el_segment[el->el_nsegments];

	if (ph->p_memsz == 0)
		return NULL;
	if (el->el_nsegments == ELF_SEGMENT_MAX)
		return "it has too many segments";
	if (ph->p_filesz > ph->p_memsz)
		return "a segment is larger in the file than in memory";
	if (!range_within(ph->p_offset, ph->p_filesz, filesize))
		return "a segment lies outside the file";
	if (ph->p_vaddr % ELF_PAGE != 0)
		return "a segment does not begin on a page";
	if (ph->p_vaddr < BI_KERNEL_BASE || !range_within(ph->p_vaddr -
	    BI_KERNEL_BASE, ph->p_memsz, BI_KERNEL_SIZE_MAX))
		return "a segment lies outside the kernel's addresses";
	if ((ph->p_flags & PF_R) == 0)
		return "a segment is not readable";
	if ((ph->p_flags & PF_W) != 0 && (ph->p_flags & PF_X) != 0)
		return "a segment is both writable and executable";
	es->es_start = ph->p_vaddr - BI_KERNEL_BASE;
	/* el_size is where the last page of the segments so far ends. */
	if (es->es_start < el->el_size)
		return "its segments overlap or do not ascend";
	es->es_memsz = ph->p_memsz;
	es->es_offset = ph->p_offset;
	es->es_filesz = ph->p_filesz;
	es->es_write = (ph->p_flags & PF_W) != 0;
	es->es_exec = (ph->p_flags & PF_X) != 0;
	el->el_size = (es->es_start + es->es_memsz + ELF_PAGE - 1) &
	    ~(ELF_PAGE - 1);
	el->el_nsegments++;
	return NULL;
}

/* What needs all segments: the entry and the dynamic section. */
static const char *
elf_pointers_check(struct elf *el, const struct elf64_ehdr *eh,
    const struct elf64_phdr *dynamic)
{
	uint64_t entry = eh->e_entry - BI_KERNEL_BASE;
	size_t i;

	if (el->el_nsegments == 0)
		return "it has no segment to load";
	for (i = 0; i < el->el_nsegments; i++)
		if (el->el_segment[i].es_exec &&
		    segment_file_holds(&el->el_segment[i], entry, 1))
			break;
	if (i == el->el_nsegments)
		return "its entry is not in an executable segment";
	el->el_entry = entry;
	if (dynamic->p_filesz == 0)
		return NULL;
	el->el_dynamic = dynamic->p_vaddr - BI_KERNEL_BASE;
	el->el_dynsize = dynamic->p_filesz;
	if (!elf_file_holds(el, el->el_dynamic, el->el_dynsize))
		return "its dynamic section lies outside its segments";
	return NULL;
}

const char *
elf_header_check(struct elf *el, const void *head, size_t headlen,
    uint64_t filesize)
{
	struct elf64_phdr ph, dynamic = { 0 };
	struct elf64_ehdr eh;
	const char *why;

	bytes_zero(el, sizeof(*el));
	if (headlen < sizeof(eh))
		return "it is too short for an ELF header";
	bytes_copy(&eh, head, sizeof(eh));
	if ((why = elf_ident_check(&eh)) != NULL)
		return why;
	if (!range_within(eh.e_phoff, (uint64_t)eh.e_phnum * sizeof(ph),
	    headlen))
		return "its program headers lie outside its first 4 KiB";
	for (size_t i = 0; i < eh.e_phnum; i++) {
		bytes_copy(&ph, (const uint8_t *)head + eh.e_phoff +
		    i * sizeof(ph), sizeof(ph));
		if (ph.p_type == PT_INTERP || ph.p_type == PT_TLS)
			return "it is a program, not a kernel";
		if (ph.p_type == PT_DYNAMIC)
			dynamic = ph;
		if (ph.p_type == PT_LOAD &&
		    (why = elf_segment_add(el, &ph, filesize)) != NULL)
			return why;
	}
	if (eh.e_shoff != 0 && eh.e_shnum != 0) {
		if (eh.e_shentsize != sizeof(struct elf64_shdr))
			return "the size of its section headers is wrong";
		if (eh.e_shnum > ELF_SECTION_MAX)
			return "it has too many sections";
		el->el_shoff = eh.e_shoff;
		el->el_shsize = eh.e_shnum * sizeof(struct elf64_shdr);
		if (!range_within(el->el_shoff, el->el_shsize, filesize))
			return "its section headers lie outside the file";
	}
	return elf_pointers_check(el, &eh, &dynamic);
}

/* Finds the symbols; headers has el_shsize bytes. */
const char *
elf_sections_check(struct elf *el, const void *headers, uint64_t filesize)
{
	size_t n = el->el_shsize / sizeof(struct elf64_shdr), i;
	struct elf64_shdr sym, str;

	for (i = 0; i < n; i++) {
		bytes_copy(&sym, (const uint8_t *)headers + i * sizeof(sym),
		    sizeof(sym));
		if (sym.sh_type == SHT_SYMTAB)
			break;
	}
	if (i == n || sym.sh_size == 0)
		return NULL;
	if (sym.sh_entsize != ELF_SYM_SIZE || sym.sh_size % ELF_SYM_SIZE != 0)
		return "the size of its symbols is wrong";
	if (sym.sh_link >= n)
		return "its symbols have no names";
	bytes_copy(&str, (const uint8_t *)headers + sym.sh_link * sizeof(str),
	    sizeof(str));
	if (str.sh_type != SHT_STRTAB || str.sh_size == 0)
		return "its symbols have no names";
	if (!range_within(sym.sh_offset, sym.sh_size, filesize) ||
	    !range_within(str.sh_offset, str.sh_size, filesize))
		return "its symbols lie outside the file";
	if (sym.sh_size > ELF_SYMBOLS_MAX || str.sh_size > ELF_SYMBOLS_MAX)
		return "it has too many symbols";
	el->el_symoff = sym.sh_offset;
	el->el_symsize = sym.sh_size;
	el->el_stroff = str.sh_offset;
	el->el_strsize = str.sh_size;
	return NULL;
}

/* Whether eight bytes may be patched there: no code, no gap. */
static bool
elf_patch_allowed(const struct elf *el, uint64_t at)
{
	const struct elf_segment *es;

	for (size_t i = 0; i < el->el_nsegments; i++) {
		es = &el->el_segment[i];
		if (at >= es->es_start && range_within(at - es->es_start, 8,
		    es->es_memsz))
			return !es->es_exec;
	}
	return false;
}

static const char *
elf_dynamic_read(const struct elf *el, const uint8_t *image, uint64_t *rela,
    uint64_t *relasz)
{
	uint64_t relaent = sizeof(struct elf64_rela), flags = 0;
	struct elf64_dyn dyn;

	*rela = *relasz = 0;
	for (uint64_t at = 0; el->el_dynsize - at >= sizeof(dyn);
	    at += sizeof(dyn)) {
		bytes_copy(&dyn, image + el->el_dynamic + at, sizeof(dyn));
		if (dyn.d_tag == DT_NULL)
			break;
		else if (dyn.d_tag == DT_RELA)
			*rela = dyn.d_val - BI_KERNEL_BASE;
		else if (dyn.d_tag == DT_RELASZ)
			*relasz = dyn.d_val;
		else if (dyn.d_tag == DT_RELAENT)
			relaent = dyn.d_val;
		else if (dyn.d_tag == DT_FLAGS_1)
			flags = dyn.d_val;
		else if (dyn.d_tag == DT_REL || dyn.d_tag == DT_RELR ||
		    (dyn.d_tag == DT_PLTRELSZ && dyn.d_val != 0))
			return "it has relocations that are not RELA";
	}
	if ((flags & DF_1_PIE) == 0)
		return "it is not linked with -pie";
	if (*relasz == 0)
		return NULL;
	if (relaent != sizeof(struct elf64_rela) || *relasz % relaent != 0)
		return "the size of its relocations is wrong";
	if (!elf_file_holds(el, *rela, *relasz))
		return "its relocations lie outside its segments";
	return NULL;
}

/*
 * Relocates the image (el_size bytes, segments in place) for BI_KERNEL_BASE +
 * slide.  The value of an addend is the kernel's affair: it is data.
 */
const char *
elf_relocate(const struct elf *el, void *image, uint64_t slide)
{
	uint64_t rela, relasz, value;
	struct elf64_rela r;
	const char *why;
	uint8_t *bytes = image;

	why = elf_dynamic_read(el, bytes, &rela, &relasz);
	if (why != NULL)
		return why;
	for (uint64_t at = 0; at < relasz; at += sizeof(r)) {
		bytes_copy(&r, bytes + rela + at, sizeof(r));
		if (r.r_info == R_X86_64_NONE)
			continue;
		if (r.r_info != R_X86_64_RELATIVE)
			return "it has a relocation that is not RELATIVE";
		if (!elf_patch_allowed(el, r.r_offset - BI_KERNEL_BASE))
			return "a relocation patches code or no segment";
		value = r.r_addend + slide;
		bytes_copy(bytes + (r.r_offset - BI_KERNEL_BASE), &value,
		    sizeof(value));
	}
	return NULL;
}
