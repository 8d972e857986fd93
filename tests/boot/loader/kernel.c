/* SPDX-License-Identifier: MIT */
/*
 * tests/boot/loader/kernel.c - a kernel that judges what the loader gave it.
 *
 * Prints TAP on COM1 and leaves QEMU through isa-debug-exit with status 33
 * when every check held, 35 when one did not.
 */
#include <machine/bootinfo.h>
#include <stdbool.h>
#include <stddef.h>

#define PTE_P	(1ULL << 0)
#define PTE_W	(1ULL << 1)
#define PTE_PS	(1ULL << 7)
#define PTE_NX	(1ULL << 63)
#define ADDR	0x000ffffffffff000ULL

extern char image_start[], text_end[], rodata_start[], rodata_end[];
extern char data_start[], data_end[];

uint64_t entry_rsp, entry_rflags;

static int variable = 42;
static int *pointer = &variable;	/* needs a relocation */
static uint64_t zeroes[4096];		/* .bss, more than the file's pages */
static const char *volatile words[] = { "relocated", "read-only", "strings" };
static unsigned int tests, failures;

void	kernel_main(const struct bootinfo *);

static inline void
outb(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static inline uint8_t
inb(uint16_t port)
{
	uint8_t value;

	__asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

static void
text_put(const char *s)
{
	for (; *s != '\0'; s++) {
		while ((inb(0x3fd) & 0x20) == 0)
			continue;
		outb(0x3f8, *s);
	}
}

static void
number_put(uint64_t n, unsigned int base)
{
	char digits[24], *p = digits + sizeof(digits) - 1;

	*p = '\0';
	do
		*--p = "0123456789abcdef"[n % base];
	while ((n /= base) != 0);
	text_put(p);
}

static void
value_put(const char *name, uint64_t value)
{
	text_put("# ");
	text_put(name);
	text_put(" 0x");
	number_put(value, 16);
	text_put("\n");
}

static void
check(bool ok, const char *what)
{
	text_put(ok ? "ok " : "not ok ");
	number_put(++tests, 10);
	text_put(" - ");
	text_put(what);
	text_put("\n");
	failures += !ok;
}

static void *
direct(uint64_t phys)
{
	return (void *)(BI_DIRECT_MAP_BASE + phys);
}

/*
 * The leaf entry for an address with the permissions of all levels joined
 * into it, or 0; *phys becomes the address it leads to.
 */
static uint64_t
walk(uint64_t virt, uint64_t *phys)
{
	uint64_t table, entry, deny = 0, allow = PTE_W;

	__asm__("mov %%cr3, %0" : "=r"(table));
	for (int shift = 39;; shift -= 9) {
		entry = ((uint64_t *)direct(table & ADDR))[virt >> shift & 511];
		if ((entry & PTE_P) == 0)
			return 0;
		deny |= entry & PTE_NX;
		allow &= entry;
		if (shift == 12 || (shift < 39 && (entry & PTE_PS))) {
			*phys = (entry & ADDR & ~((1ULL << shift) - 1)) |
			    (virt & ((1ULL << shift) - 1));
			return PTE_P | deny | allow;
		}
		table = entry;
	}
}

/* Whether all pages of a part of the kernel lead there with these bits. */
static bool
part_check(const struct bootinfo *bi, char *from, char *to, uint64_t bits)
{
	uint64_t virt, phys;

	for (virt = (uint64_t)from & ~4095ULL; virt < (uint64_t)to;
	    virt += 4096)
		if (walk(virt, &phys) != (PTE_P | bits) ||
		    phys != bi->bi_kernel_phys + virt - bi->bi_kernel_virt)
			return false;
	return true;
}

static void
kernel_check(const struct bootinfo *bi)
{
	bool zero = true;

	check(bi->bi_kernel_virt == (uint64_t)image_start &&
	    bi->bi_kernel_virt == BI_KERNEL_BASE + bi->bi_slide,
	    "the kernel runs where bootinfo says");
	check(bi->bi_slide < BI_SLIDE_MAX && bi->bi_slide % BI_SLIDE_STEP == 0
	    && bi->bi_kernel_phys % BI_SLIDE_STEP == 0, "slide and place");
	check(bi->bi_kernel_size == (((uint64_t)data_end -
	    (uint64_t)image_start + 4095) & ~4095ULL), "size");
	check(part_check(bi, image_start, text_end, 0), "text is R-X");
	check(part_check(bi, rodata_start, rodata_end, PTE_NX),
	    "constants are R--");
	check(part_check(bi, data_start, data_end, PTE_W | PTE_NX),
	    "data is RW-");
	check(*(int *volatile *)&pointer == &variable && variable == 42 &&
	    words[0][0] == 'r' && words[1][5] == 'o' && words[2][6] == 's',
	    "relocations lead to their targets");
	for (size_t i = 0; i < 4096; i++)
		zero &= ((volatile uint64_t *)zeroes)[i] == 0;
	check(zero, ".bss is clear");
}

/* Type of the range that holds an address, 0 if none does. */
static uint32_t
type_at(const struct bootinfo *bi, uint64_t phys)
{
	const struct bi_memrange *mr = direct(bi->bi_memmap);

	for (size_t i = 0; i < bi->bi_memmap_count; i++)
		if (phys >= mr[i].mr_base && phys - mr[i].mr_base <
		    mr[i].mr_length)
			return mr[i].mr_type;
	return 0;
}

static void
memmap_check(const struct bootinfo *bi)
{
	const struct bi_memrange *mr = direct(bi->bi_memmap);
	uint64_t usable = 0, end = 0, cr3;
	bool sound = bi->bi_memmap_count > 0, merged = true;

	for (size_t i = 0; i < bi->bi_memmap_count; i++) {
		sound &= mr[i].mr_base >= end && mr[i].mr_length > 0 &&
		    mr[i].mr_base % 4096 == 0 && mr[i].mr_length % 4096 == 0;
		if (i > 0 && mr[i].mr_base == end)
			merged &= mr[i].mr_type != mr[i - 1].mr_type ||
			    mr[i].mr_flags != mr[i - 1].mr_flags;
		end = mr[i].mr_base + mr[i].mr_length;
		if (mr[i].mr_type == BI_MEM_USABLE)
			usable += mr[i].mr_length;
	}
	__asm__("mov %%cr3, %0" : "=r"(cr3));
	value_put("usable", usable);
	check(sound, "the map is sorted and whole");
	check(merged, "the map is merged");
	check(bi->bi_direct_size >= end && bi->bi_direct_size >= 4ULL << 30,
	    "the direct map covers the map");
	check(type_at(bi, 0) != BI_MEM_USABLE, "page 0 is not usable");
	check(type_at(bi, bi->bi_kernel_phys) == BI_MEM_KERNEL &&
	    type_at(bi, bi->bi_kernel_phys + bi->bi_kernel_size - 1) ==
	    BI_MEM_KERNEL, "the kernel is in the map");
	check(type_at(bi, cr3) == BI_MEM_LOADER &&
	    type_at(bi, bi->bi_memmap) == BI_MEM_LOADER &&
	    type_at(bi, bi->bi_symtab) == BI_MEM_LOADER &&
	    type_at(bi, bi->bi_cmdline) == BI_MEM_LOADER &&
	    type_at(bi, entry_rsp - BI_DIRECT_MAP_BASE) == BI_MEM_LOADER &&
	    type_at(bi, (uint64_t)bi - BI_DIRECT_MAP_BASE) == BI_MEM_LOADER,
	    "what the loader made is in the map");
}

static void
machine_check(const struct bootinfo *bi)
{
	struct {
		uint16_t limit;
		uint64_t base;
	} __attribute__((packed)) gdtr;
	uint64_t cr0, cr4, phys = 0, bits;
	uint32_t efer;
	uint16_t ss;

	__asm__("mov %%cr0, %0" : "=r"(cr0));
	__asm__("mov %%cr4, %0" : "=r"(cr4));
	__asm__("rdmsr" : "=a"(efer) : "c"(0xc0000080) : "edx");
	__asm__("mov %%ss, %0" : "=r"(ss));
	__asm__("sgdt %0" : "=m"(gdtr));
	check((cr0 & 1u << 16) && (efer & 1u << 11) && !(cr4 & 1u << 7) &&
	    !(cr4 & 1u << 12) && !(cr4 & 1u << 17), "control registers");
	check(entry_rsp % 16 == 8 && (entry_rflags & 0x600) == 0 && ss == 0x10,
	    "stack, flags and segments");
	check(type_at(bi, gdtr.base - BI_DIRECT_MAP_BASE) == BI_MEM_LOADER,
	    "the GDT is the loader's");
	bits = walk(BI_DIRECT_MAP_BASE + bi->bi_direct_size - 1, &phys);
	check(bits == (PTE_P | PTE_W | PTE_NX) &&
	    phys == bi->bi_direct_size - 1, "the direct map is RW- to its end");
	check(walk(BI_DIRECT_MAP_BASE + bi->bi_direct_size, &phys) == 0,
	    "and ends there");
	check(walk(0xfffff000, &phys) == (PTE_P | PTE_W) && phys == 0xfffff000,
	    "the low 4 GiB are mapped 1:1");
}

static bool
same(const char *a, const char *b, size_t n)
{
	while (n > 0 && *a == *b)
		a++, b++, n--;
	return n == 0;
}

static void
facts_check(const struct bootinfo *bi)
{
	const char *strings = direct(bi->bi_strtab);
	unsigned int bits = 0;
	bool found = false;

	for (size_t i = 0; i < BI_SEED_SIZE; i++)
		for (uint8_t b = bi->bi_seed[i]; b != 0; b &= b - 1)
			bits++;
	check(bits > 150 && bits < 362, "the seed looks random");
	for (uint64_t at = 0; at < bi->bi_symtab_size; at += 24) {
		const uint8_t *sym = direct(bi->bi_symtab + at);

		if (same(strings + *(const uint32_t *)sym, "kernel_main", 12))
			found = *(const uint64_t *)(sym + 8) + bi->bi_slide ==
			    (uint64_t)kernel_main;
	}
	check(found, "the symbols know kernel_main");
	check(bi->bi_rsdp != 0 && same(direct(bi->bi_rsdp), "RSD PTR ", 8),
	    "RSDP");
	check(same(direct(bi->bi_efi_systab), "IBI SYST", 8) &&
	    same(direct(bi->bi_efi_runtime), "RUNTSERV", 8), "EFI tables");
	check(bi->bi_tsc_entry != 0 && bi->bi_tsc_handover > bi->bi_tsc_entry,
	    "TSC runs");
	check(bi->bi_unix_time > 1700000000, "the date is of this age");
	check(bi->bi_fb.fb_phys == 0 || (bi->bi_fb.fb_stride >=
	    4 * bi->bi_fb.fb_width && bi->bi_fb.fb_bpp == 32 &&
	    bi->bi_fb.fb_red_size == 8), "framebuffer");
}

void
kernel_main(const struct bootinfo *bi)
{
	text_put("\nTAP version 13\n");
	check(bi->bi_magic == BI_MAGIC && bi->bi_version == BI_VERSION &&
	    bi->bi_size == sizeof(*bi), "bootinfo is what we were built with");
	kernel_check(bi);
	memmap_check(bi);
	machine_check(bi);
	facts_check(bi);
	value_put("slide", bi->bi_slide);
	value_put("phys", bi->bi_kernel_phys);
	value_put("direct", bi->bi_direct_size);
	value_put("fb", bi->bi_fb.fb_phys);
	value_put("unix_time", bi->bi_unix_time);
	value_put("tsc", bi->bi_tsc_handover - bi->bi_tsc_entry);
	value_put("seed", *(const uint64_t *)bi->bi_seed);
	text_put("# cmdline [");
	text_put(direct(bi->bi_cmdline));
	text_put("]\n1..");
	number_put(tests, 10);
	text_put("\n");
	outb(0xf4, failures == 0 ? 16 : 17);
	for (;;)
		__asm__ volatile("hlt");
}
