/* SPDX-License-Identifier: MIT */
/*
 * tests/host/boot_elf.c - boot/elf.c: a sound file, each rule broken in turn,
 * and random damage (run with ASan: no read or write leaves its buffer).
 */
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../../boot/elf.h"

#define BASE	BI_KERNEL_BASE
#define NLOAD	3
#define NREL	4

/* The file: headers, then text, rodata and data, a page each, then symbols. */
struct file {
	Elf64_Ehdr	eh;
	Elf64_Phdr	ph[NLOAD + 1];
	uint8_t		pad[4096 - sizeof(Elf64_Ehdr) -
			    (NLOAD + 1) * sizeof(Elf64_Phdr)];
	uint8_t		text[4096];
	union {
		struct {
			Elf64_Dyn	dyn[6];
			Elf64_Rela	rela[NREL];
		};
		uint8_t		rodata[4096];
	};
	uint64_t	data[512];
	Elf64_Sym	sym[4];
	char		str[16];
	Elf64_Shdr	sh[3];
};

static int tests, failures;

static void
check(int ok, const char *what)
{
	printf("%s %d - %s\n", ok ? "ok" : "not ok", ++tests, what);
	failures += !ok;
}

static void
file_init(struct file *f)
{
	static const uint32_t flags[] = { PF_R | PF_X, PF_R, PF_R | PF_W };

	memset(f, 0, sizeof(*f));
	memcpy(f->eh.e_ident, "\177ELF\2\1\1", 7);
	f->eh.e_type = ET_DYN;
	f->eh.e_machine = EM_X86_64;
	f->eh.e_version = 1;
	f->eh.e_entry = BASE + 16;
	f->eh.e_phoff = offsetof(struct file, ph);
	f->eh.e_shoff = offsetof(struct file, sh);
	f->eh.e_ehsize = sizeof(Elf64_Ehdr);
	f->eh.e_phentsize = sizeof(Elf64_Phdr);
	f->eh.e_phnum = NLOAD + 1;
	f->eh.e_shentsize = sizeof(Elf64_Shdr);
	f->eh.e_shnum = 3;
	for (int i = 0; i < NLOAD; i++)
		f->ph[i] = (Elf64_Phdr) { .p_type = PT_LOAD,
			.p_flags = flags[i], .p_offset = 4096 * (i + 1),
			.p_vaddr = BASE + 4096 * i, .p_filesz = 4096,
			.p_memsz = i == 2 ? 10000 : 4096, .p_align = 4096 };
	f->ph[3] = (Elf64_Phdr) { .p_type = PT_DYNAMIC, .p_flags = PF_R,
		.p_offset = offsetof(struct file, dyn),
		.p_vaddr = BASE + 4096, .p_filesz = sizeof(f->dyn),
		.p_memsz = sizeof(f->dyn) };
	f->dyn[0] = (Elf64_Dyn) { DT_RELA, { BASE + 4096 + sizeof(f->dyn) } };
	f->dyn[1] = (Elf64_Dyn) { DT_RELASZ, { sizeof(f->rela) } };
	f->dyn[2] = (Elf64_Dyn) { DT_RELAENT, { sizeof(Elf64_Rela) } };
	f->dyn[3] = (Elf64_Dyn) { DT_FLAGS_1, { DF_1_PIE } };
	for (int i = 0; i < NREL; i++)
		f->rela[i] = (Elf64_Rela) { BASE + 8192 + 16 * i,
			R_X86_64_RELATIVE, BASE + i };
	f->sh[1] = (Elf64_Shdr) { .sh_type = SHT_SYMTAB,
		.sh_offset = offsetof(struct file, sym),
		.sh_size = sizeof(f->sym), .sh_link = 2, .sh_entsize = 24 };
	f->sh[2] = (Elf64_Shdr) { .sh_type = SHT_STRTAB,
		.sh_offset = offsetof(struct file, str),
		.sh_size = sizeof(f->str) };
}

/*
 * Does what boot/kernel.c does, with buffers of the exact sizes; NULL or why
 * the file was refused.  The image, if there is one, is the caller's to free.
 */
static const char *
load(const struct file *f, size_t size, uint64_t slide, struct elf *el,
    uint8_t **image)
{
	size_t headlen = size < ELF_HEAD_SIZE ? size : ELF_HEAD_SIZE;
	const char *bytes = (const char *)f, *why;
	void *head = malloc(headlen), *headers;

	*image = NULL;
	memcpy(head, f, headlen);
	why = elf_header_check(el, head, headlen, size);
	free(head);
	if (why != NULL)
		return why;
	if (el->el_shsize != 0) {
		headers = malloc(el->el_shsize);
		memcpy(headers, bytes + el->el_shoff, el->el_shsize);
		why = elf_sections_check(el, headers, size);
		free(headers);
		if (why != NULL)
			return why;
	}
	*image = calloc(1, el->el_size);
	for (size_t i = 0; i < el->el_nsegments; i++)
		memcpy(*image + el->el_segment[i].es_start,
		    bytes + el->el_segment[i].es_offset,
		    el->el_segment[i].es_filesz);
	return elf_relocate(el, *image, slide);
}

static void
sound_check(uint64_t slide, uint16_t type)
{
	struct file f;
	struct elf el;
	uint8_t *image;
	int ok;

	file_init(&f);
	f.eh.e_type = type;
	ok = load(&f, sizeof(f), slide, &el, &image) == NULL &&
	    el.el_nsegments == NLOAD && el.el_size == 0x5000 &&
	    el.el_entry == 16 && el.el_symsize == sizeof(f.sym) &&
	    el.el_stroff == offsetof(struct file, str);
	for (uint64_t i = 0; ok && i < NREL; i++)
		ok = *(uint64_t *)(image + 8192 + 16 * i) == BASE + i + slide;
	free(image);
	check(ok, "a sound file");
}

/* Breaks one field of a sound file; the reason must contain some words. */
#define REFUSE(damage, words) do {					\
	struct file f;							\
	struct elf el;							\
	uint8_t *image;							\
	const char *why;						\
									\
	file_init(&f);							\
	damage;								\
	why = load(&f, sizeof(f), 0, &el, &image);			\
	check(why != NULL && strstr(why, words) != NULL, #damage);	\
	if (why == NULL || strstr(why, words) == NULL)			\
		printf("# got: %s\n", why != NULL ? why : "accepted");	\
	free(image);							\
} while (0)

static void
headers_refuse(void)
{
	REFUSE(f.eh.e_ident[0] = 0, "magic");
	REFUSE(f.eh.e_ident[4] = 1, "64-bit");
	REFUSE(f.eh.e_ident[6] = 2, "version");
	REFUSE(f.eh.e_machine = EM_386, "x86_64");
	REFUSE(f.eh.e_type = ET_REL, "not linked");
	REFUSE(f.eh.e_ehsize = 1, "ELF header");
	REFUSE(f.eh.e_phentsize = 1, "program headers");
	REFUSE(f.eh.e_phoff = ~0ULL, "first 4 KiB");
	REFUSE(f.eh.e_phnum = 100, "first 4 KiB");
	REFUSE(f.eh.e_phnum = 0, "no segment");
	REFUSE(f.eh.e_entry = BASE + 4096, "entry");
	REFUSE(f.eh.e_entry = 0, "entry");
	REFUSE(f.eh.e_shentsize = 1, "section headers");
	REFUSE(f.eh.e_shnum = 1000, "too many sections");
	REFUSE(f.eh.e_shoff = sizeof(f) - 1, "outside the file");
	REFUSE(f.sh[1].sh_entsize = 1, "size of its symbols");
	REFUSE(f.sh[1].sh_link = 3, "no names");
	REFUSE(f.sh[2].sh_type = SHT_NULL, "no names");
	REFUSE(f.sh[1].sh_offset = ~0ULL - 8, "outside the file");
	REFUSE(f.sh[2].sh_size = 1ULL << 40, "outside the file");
}

static void
segments_refuse(void)
{
	REFUSE(f.ph[0].p_type = PT_INTERP, "a program");
	REFUSE(f.ph[0].p_filesz = 5000, "larger in the file");
	REFUSE(f.ph[2].p_offset = sizeof(f) - 4095, "outside the file");
	REFUSE(f.ph[2].p_offset = ~0ULL, "outside the file");
	REFUSE(f.ph[1].p_vaddr += 8, "on a page");
	REFUSE(f.ph[2].p_memsz = ~0ULL, "kernel's addresses");
	REFUSE(f.ph[0].p_vaddr = 0, "kernel's addresses");
	REFUSE(f.ph[1].p_vaddr = BASE, "overlap");
	REFUSE(f.ph[1].p_memsz = 4097, "overlap");
	REFUSE(f.ph[2].p_flags = PF_R | PF_W | PF_X, "writable and exec");
	REFUSE(f.ph[1].p_flags = 0, "not readable");
	REFUSE(f.ph[3].p_vaddr = BASE + 12280, "dynamic section");
	REFUSE(f.ph[3].p_type = PT_NULL, "-pie");
	REFUSE(f.dyn[3].d_un.d_val = 0, "-pie");
	REFUSE(f.dyn[4].d_tag = DT_REL, "not RELA");
	REFUSE((f.dyn[4].d_tag = DT_PLTRELSZ, f.dyn[4].d_un.d_val = 24),
	    "not RELA");
	REFUSE(f.dyn[2].d_un.d_val = 16, "size of its relocations");
	REFUSE(f.dyn[1].d_un.d_val = 25, "size of its relocations");
	REFUSE(f.dyn[1].d_un.d_val = 24 * 1000, "outside its segments");
	REFUSE(f.dyn[0].d_un.d_val = 0, "outside its segments");
	REFUSE(f.rela[0].r_info = R_X86_64_64, "not RELATIVE");
	REFUSE(f.rela[0].r_offset = BASE, "patches code");
	REFUSE(f.rela[1].r_offset = BASE + 8192 + 10000 - 7, "no segment");
	REFUSE(f.rela[3].r_offset = 8, "no segment");
}

static void
fuzz(void)
{
	static const uint64_t values[] = { 0, 1, 7, 8, 4095, 4096, 0x7fffffff,
		BASE - 1, BASE, BASE + 4096, BASE + 0x5000, ~0ULL, ~0ULL - 7,
		1ULL << 63 };
	unsigned int taken = 0, refused = 0;
	struct file f;
	struct elf el;
	uint8_t *image;

	srand(1);
	for (int round = 0; round < 100000; round++) {
		size_t size = sizeof(f);

		file_init(&f);
		for (int hits = 1 + rand() % 3; hits > 0; hits--) {
			size_t at = rand() % 4 == 0 ?
			    offsetof(struct file, dyn) + rand() % 200 :
			    rand() % 4 == 0 ? offsetof(struct file, sh) +
			    rand() % sizeof(f.sh) : (size_t)rand() % 288;
			uint64_t v = values[rand() % 14] + rand() % 3;

			memcpy((char *)&f + at, &v, at > sizeof(f) - 8 ?
			    sizeof(f) - at : (size_t)1 << rand() % 4);
		}
		if (rand() % 8 == 0)
			size = rand() % size;
		if (load(&f, size, BI_SLIDE_STEP, &el, &image) == NULL)
			taken++;
		else
			refused++;
		free(image);
	}
	printf("# %u taken, %u refused\n", taken, refused);
	check(taken > 100 && refused > 100, "100000 damaged files");
}

int
main(void)
{
	struct file f;
	struct elf el;
	uint8_t *image;
	int ok = 1;

	puts("TAP version 13");
	sound_check(0, ET_DYN);
	sound_check(BI_SLIDE_MAX - BI_SLIDE_STEP, ET_DYN);
	sound_check(BI_SLIDE_STEP, ET_EXEC);
	headers_refuse();
	segments_refuse();
	file_init(&f);
	for (size_t size = 0; size < sizeof(f); size++) {
		ok &= load(&f, size, 0, &el, &image) != NULL;
		free(image);
	}
	check(ok, "every shorter length is refused");
	fuzz();
	printf("1..%d\n", tests);
	return failures != 0;
}
