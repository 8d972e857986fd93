/* SPDX-License-Identifier: MIT */
/*
 * tests/host/proc_elf.c: the checks of ELF files against the host's own
 * programs and against millions of broken headers.
 */
#include <elf.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "fake/tap.h"

#undef ET_EXEC
#undef ET_DYN
#undef PT_LOAD
#undef PT_INTERP
#undef PT_PHDR
#undef PT_GNU_STACK
#undef PF_X
#undef PF_W
#undef PF_R
#include "kern/exec_elf_check.h"

#include <abi/errno.h>

#define ADDR_MAX UINT64_C(0x7ffffffff000)

_Static_assert(sizeof(struct elf_header) == sizeof(Elf64_Ehdr), "header");
_Static_assert(sizeof(struct elf_phdr) == sizeof(Elf64_Phdr), "phdr");
_Static_assert(offsetof(struct elf_header, e_phnum) ==
	offsetof(Elf64_Ehdr, e_phnum), "e_phnum");
_Static_assert(offsetof(struct elf_phdr, p_memsz) ==
	offsetof(Elf64_Phdr, p_memsz), "p_memsz");

static unsigned char file[4096];
static size_t file_size;

/* What the kernel does with a file, and what must hold after it said yes. */
static int
check(const unsigned char *bytes, size_t n)
{
	struct elf_phdr ph[ELF_PHNUM_MAX];
	struct elf_header eh;
	struct elf_image ei;
	uint64_t end = 0;
	int error = elf_header_check(bytes, n, &eh);

	if (error != 0)
		return error;
	CHECK(eh.e_phnum >= 1 && eh.e_phnum <= ELF_PHNUM_MAX);
	if (eh.e_phoff > n || eh.e_phnum * sizeof(ph[0]) > n - eh.e_phoff)
		return -ENOEXEC;
	memcpy(ph, bytes + eh.e_phoff, eh.e_phnum * sizeof(ph[0]));
	error = elf_phdrs_check(&eh, ph, ADDR_MAX, &ei);
	if (error != 0)
		return error;
	CHECK(ei.ei_start < ei.ei_end && ei.ei_end <= ADDR_MAX);
	CHECK((ei.ei_align & (ei.ei_align - 1)) == 0 && ei.ei_align >= 4096);
	CHECK(ei.ei_interp_len <= 4096);
	for (unsigned i = 0; i < eh.e_phnum; i++) {
		if (ph[i].p_type != PT_LOAD || ph[i].p_memsz == 0)
			continue;
		CHECK(ph[i].p_vaddr >= end);
		end = ph[i].p_vaddr + ph[i].p_memsz;
		CHECK(end > ph[i].p_vaddr && end <= ei.ei_end);
		CHECK(ph[i].p_vaddr >= ei.ei_start);
		CHECK(ph[i].p_filesz <= ph[i].p_memsz);
		CHECK(ph[i].p_offset + ph[i].p_filesz >= ph[i].p_offset);
		CHECK(((ph[i].p_vaddr ^ ph[i].p_offset) & 4095) == 0);
	}
	return 0;
}

static void
own_program_passes(void)
{
	int fd = open("/proc/self/exe", O_RDONLY);

	file_size = (size_t)read(fd, file, sizeof(file));
	close(fd);
	CHECK_EQ(file_size, sizeof(file));
	CHECK_EQ(check(file, file_size), 0);
}

static void
short_files_fail(void)
{
	for (size_t n = 0; n < sizeof(Elf64_Ehdr); n++) {
		unsigned char *exact = malloc(n + 1);

		memcpy(exact, file, n);
		CHECK_EQ(check(exact, n), -ENOEXEC);
		free(exact);
	}
}

static void
refuse(size_t off, size_t len, uint64_t value)
{
	unsigned char copy[sizeof(file)];

	memcpy(copy, file, sizeof(file));
	memcpy(copy + off, &value, len);
	CHECK_EQ(check(copy, sizeof(copy)), -ENOEXEC);
}

static void
each_field_is_looked_at(void)
{
	refuse(0, 1, 0);
	refuse(EI_CLASS, 1, ELFCLASS32);
	refuse(EI_DATA, 1, ELFDATA2MSB);
	refuse(EI_VERSION, 1, 0);
	refuse(EI_OSABI, 1, 99);
	refuse(offsetof(Elf64_Ehdr, e_type), 2, ET_REL);
	refuse(offsetof(Elf64_Ehdr, e_machine), 2, EM_386);
	refuse(offsetof(Elf64_Ehdr, e_version), 4, 2);
	refuse(offsetof(Elf64_Ehdr, e_phentsize), 2, 32);
	refuse(offsetof(Elf64_Ehdr, e_phnum), 2, 0);
	refuse(offsetof(Elf64_Ehdr, e_phnum), 2, 65535);
	refuse(offsetof(Elf64_Ehdr, e_phoff), 8, UINT64_MAX);
	refuse(offsetof(Elf64_Ehdr, e_entry), 8, ADDR_MAX);
}

static size_t
first_load(void)
{
	const Elf64_Ehdr *eh = (const Elf64_Ehdr *)file;
	size_t at = eh->e_phoff;

	while (((const Elf64_Phdr *)(file + at))->p_type != PT_LOAD)
		at += sizeof(Elf64_Phdr);
	return at;
}

static void
segments_are_bounded(void)
{
	size_t at = first_load();

	refuse(at + offsetof(Elf64_Phdr, p_vaddr), 8, UINT64_MAX - 4095);
	refuse(at + offsetof(Elf64_Phdr, p_vaddr), 8, ADDR_MAX - 4096);
	refuse(at + offsetof(Elf64_Phdr, p_vaddr), 8, 1);
	refuse(at + offsetof(Elf64_Phdr, p_memsz), 8, UINT64_MAX);
	refuse(at + offsetof(Elf64_Phdr, p_memsz), 8, ADDR_MAX);
	refuse(at + offsetof(Elf64_Phdr, p_filesz), 8, INT64_MAX);
	refuse(at + offsetof(Elf64_Phdr, p_offset), 8, UINT64_MAX - 4095);
	refuse(at + offsetof(Elf64_Phdr, p_align), 8, 3);
	refuse(at + offsetof(Elf64_Phdr, p_align), 8, UINT64_C(1) << 40);
}

static uint64_t rnd_state = 88172645463325252u;

static uint64_t
rnd(void)
{
	rnd_state ^= rnd_state << 13;
	rnd_state ^= rnd_state >> 7;
	rnd_state ^= rnd_state << 17;
	return rnd_state;
}

/* Bit flips, extreme words and swapped pieces in what is looked at. */
static void
broken_files_never_break_the_promise(void)
{
	unsigned passed = 0;

	for (int round = 0; round < 400000; round++) {
		static const uint64_t extreme[] = { 0, 1, 4095, 4096,
			INT64_MAX, UINT64_MAX, ADDR_MAX, ADDR_MAX - 1,
			UINT32_MAX, UINT64_C(1) << 63 };
		unsigned char copy[1024];
		unsigned changes = 1 + rnd() % 4;

		memcpy(copy, file, sizeof(copy));
		while (changes-- > 0) {
			size_t at = rnd() % (sizeof(copy) - 8);
			uint64_t v = extreme[rnd() % 10];

			switch (rnd() % 3) {
			case 0:
				copy[at] ^= (unsigned char)(1u << rnd() % 8);
				break;
			case 1:
				memcpy(copy + (at & ~7ul), &v, 8);
				break;
			case 2:
				memmove(copy + at, copy + rnd() % 1000, 8);
				break;
			}
		}
		if (check(copy, sizeof(copy)) == 0)
			passed++;
	}
	/* Some survive, some do not, or the test looks at nothing. */
	CHECK(passed > 1000 && passed < 399000);
}

int
main(void)
{
	tap_run("our own program passes", own_program_passes);
	tap_run("short files fail", short_files_fail);
	tap_run("each field is looked at", each_field_is_looked_at);
	tap_run("segments are bounded", segments_are_bounded);
	tap_run("broken files never break the promise",
	    broken_files_never_break_the_promise);
	return tap_end();
}
