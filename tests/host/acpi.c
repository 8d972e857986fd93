/* SPDX-License-Identifier: MIT */
/*
 * tests/host/acpi.c: the ACPI parser on tables of our own, whole and damaged.
 */
#include "amd64/acpi.h"

#include <abi/errno.h>

#include <stdlib.h>

#include "fake/tap.h"

#define BASE 0x10000 /* where the memory pretends to lie */
#define SIZE 4096
#define RSDP 0x000
#define XSDT 0x040
#define MADT 0x100
#define FADT 0x200
#define DSDT 0x400
#define MCFG 0x600
#define HPET 0x700
#define FUZZ_ROUNDS 200000

static uint8_t memory[SIZE];

/* A copy of exactly the bytes asked for, so that ASan sees one too many. */
static void *copies[1024];
static unsigned ncopies;

static const void *
map(const struct acpi_memory *am, paddr_t pa, size_t len)
{
	void *p;

	if (pa < BASE || pa - BASE > SIZE || len > SIZE - (pa - BASE))
		return NULL;
	if (ncopies == nitems(copies))
		return NULL;
	p = malloc(len);
	memcpy(p, memory + (pa - BASE), len);
	copies[ncopies++] = p;
	return p;
}

static int
parse(struct acpi_info *info, paddr_t rsdp)
{
	struct acpi_memory am = { map, NULL };
	int error = acpi_parse(info, &am, rsdp);

	while (ncopies > 0)
		free(copies[--ncopies]);
	return error;
}

static void
put(unsigned at, uint64_t v, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		memory[at + i] = (uint8_t)(v >> 8 * i);
}

static void
sum(unsigned at, unsigned len, unsigned where)
{
	uint8_t s = 0;

	memory[at + where] = 0;
	for (unsigned i = 0; i < len; i++)
		s = (uint8_t)(s + memory[at + i]);
	memory[at + where] = (uint8_t)-s;
}

static void
table(unsigned at, const char *signature, unsigned len, uint8_t revision)
{
	memcpy(memory + at, signature, 4);
	put(at + 4, len, 4);
	memory[at + 8] = revision;
	sum(at, len, 9);
}

static void
machine_make(void)
{
	static const uint8_t madt[] = { 0, 8, 0, 0, 1, 0, 0, 0, /* CPU 0 */
		0, 8, 1, 4, 1, 0, 0, 0, /* CPU with APIC 4 */
		0, 8, 2, 5, 0, 0, 0, 0, /* not enabled */
		0, 8, 3, 4, 1, 0, 0, 0, /* the same again */
		1, 12, 0, 0, 0, 0, 0xc0, 0xfe, 0, 0, 0, 0, /* I/O APIC */
		2, 10, 0, 0, 2, 0, 0, 0, 0, 0, /* IRQ 0 is GSI 2 */
		2, 10, 0, 9, 9, 0, 0, 0, 0xd, 0 }; /* IRQ 9: level, high */
	static const uint8_t s5[] = { 0x10, 0x20, 0x08, '_', 'S', '5', '_',
		0x12, 0x06, 0x04, 0x0a, 0x05, 0x0a, 0x07, 0x00 };

	memset(memory, 0, sizeof(memory));
	memcpy(memory + RSDP, "RSD PTR ", 8);
	memory[RSDP + 15] = 2;
	put(RSDP + 20, 36, 4);
	put(RSDP + 24, BASE + XSDT, 8);
	sum(RSDP, 20, 8);
	sum(RSDP, 36, 32);
	put(XSDT + 36, BASE + MADT, 8);
	put(XSDT + 44, BASE + FADT, 8);
	put(XSDT + 52, BASE + MCFG, 8);
	put(XSDT + 60, BASE + HPET, 8);
	table(XSDT, "XSDT", 68, 1);
	put(MADT + 36, 0xfee00000, 4);
	put(MADT + 40, 1, 4);
	memcpy(memory + MADT + 44, madt, sizeof(madt));
	table(MADT, "APIC", 44 + sizeof(madt), 3);
	put(FADT + 40, BASE + DSDT, 4);
	put(FADT + 64, 0x604, 4);
	put(FADT + 76, 0x608, 4);
	put(FADT + 109, 2, 2);
	put(FADT + 112, 1 << 10, 4);
	memory[FADT + 116] = 1;
	put(FADT + 120, 0xcf9, 8);
	memory[FADT + 128] = 0x0f;
	table(FADT, "FACP", 244, 3);
	memcpy(memory + DSDT + 36, s5, sizeof(s5));
	table(DSDT, "DSDT", 36 + sizeof(s5), 2);
	put(MCFG + 44, 0xb0000000, 8);
	memory[MCFG + 55] = 255;
	table(MCFG, "MCFG", 60, 1);
	put(HPET + 44, 0xfed00000, 8);
	table(HPET, "HPET", 56, 1);
}

static void
test_whole(void)
{
	struct acpi_info info;

	machine_make();
	CHECK_EQ(parse(&info, BASE + RSDP), 0);
	CHECK_EQ(info.inf_ncpus, 2);
	CHECK_EQ(info.inf_cpu[1], 4);
	CHECK_EQ(info.inf_nioapics, 1);
	CHECK_EQ(info.inf_ioapic[0].ai_addr, 0xfec00000u);
	CHECK_EQ(info.inf_isa[0].irq_gsi, 2);
	CHECK_EQ(info.inf_isa[1].irq_gsi, 1);
	CHECK_EQ(info.inf_isa[9].irq_flags, 0xd);
	CHECK_EQ(info.inf_lapic, 0xfee00000u);
	CHECK_EQ(info.inf_pm1a.ar_addr, 0x604);
	CHECK_EQ(info.inf_pm_timer.ar_addr, 0x608);
	CHECK_EQ(info.inf_reset.ar_addr, 0xcf9);
	CHECK_EQ(info.inf_reset_value, 0x0f);
	CHECK_EQ(info.inf_boot, ACPI_BOOT_8042);
	CHECK(info.inf_s5);
	CHECK_EQ(info.inf_s5_a, 5);
	CHECK_EQ(info.inf_s5_b, 7);
	CHECK_EQ(info.inf_necams, 1);
	CHECK_EQ(info.inf_ecam[0].me_base, 0xb0000000u);
	CHECK_EQ(info.inf_ecam[0].me_last, 255);
	CHECK_EQ(info.inf_hpet, 0xfed00000u);
}

static void
test_none(void)
{
	struct acpi_info info;

	machine_make();
	CHECK_EQ(parse(&info, 0), -ENOENT);
	CHECK_EQ(info.inf_isa[5].irq_gsi, 5);
	CHECK_EQ(parse(&info, BASE + SIZE - 8), -ENOENT);
	memory[RSDP + 9] ^= 1;
	CHECK_EQ(parse(&info, BASE + RSDP), -ENOENT);
}

static void
test_checksum(void)
{
	struct acpi_info info;

	machine_make();
	memory[MADT + 50] ^= 0xff;
	CHECK_EQ(parse(&info, BASE + RSDP), 0);
	CHECK_EQ(info.inf_ncpus, 0);
	CHECK_EQ(info.inf_necams, 1);
}

/* Entries that are empty or run past the end must end the walk. */
static void
test_madt_lengths(void)
{
	struct acpi_info info;

	machine_make();
	memory[MADT + 53] = 0;
	sum(MADT, memory[MADT + 4], 9);
	CHECK_EQ(parse(&info, BASE + RSDP), 0);
	CHECK_EQ(info.inf_ncpus, 1);
	memory[MADT + 53] = 255;
	sum(MADT, memory[MADT + 4], 9);
	CHECK_EQ(parse(&info, BASE + RSDP), 0);
	CHECK_EQ(info.inf_ncpus, 1);
}

static void
test_s5_forms(void)
{
	static const uint8_t ones[] = { 0x08, '\\', '_', 'S', '5', '_', 0x12,
		0x04, 0x02, 0x01, 0x01 };
	static const uint8_t call[] = { 0x70, '_', 'S', '5', '_', 0x12, 0x04,
		0x02, 0x01, 0x01 };
	static const uint8_t cut[] = { 0x08, '_', 'S', '5', '_', 0x12, 0x06,
		0x04, 0x0a };
	struct acpi_info info = { 0 };

	CHECK(!acpi_s5_find(&info, call, sizeof(call)));
	CHECK(!acpi_s5_find(&info, cut, sizeof(cut)));
	CHECK(!info.inf_s5);
	CHECK(acpi_s5_find(&info, ones, sizeof(ones)) && info.inf_s5_a == 1 &&
	    info.inf_s5_b == 1);
}

/* Damage with right checksums, so that it gets past the first look. */
static void
test_fuzz(void)
{
	static const unsigned tables[] = { XSDT, MADT, FADT, DSDT, MCFG, HPET };
	struct acpi_info info;
	unsigned good = 0;

	srand(1);
	for (unsigned n = 0; n < FUZZ_ROUNDS; n++) {
		if (n % 16 == 0)
			machine_make();
		for (unsigned i = 0; i < 4; i++) {
			unsigned t = tables[(unsigned)rand() % nitems(tables)];
			unsigned len = memory[t + 4] | memory[t + 5] << 8;

			memory[t + 36 + (unsigned)rand() % 200] =
			    (uint8_t)rand();
			if (rand() % 8 == 0)
				memory[t + 4] = (uint8_t)rand();
			if (len >= 36 && t + len <= SIZE)
				sum(t, len, 9);
		}
		if (parse(&info, BASE + RSDP) == 0)
			good++;
		CHECK(info.inf_ncpus <= MAXCPU);
		CHECK(info.inf_nioapics <= ACPI_IOAPIC_MAX);
		CHECK(info.inf_necams <= ACPI_ECAM_MAX);
		CHECK(info.inf_s5_a <= 7 && info.inf_s5_b <= 7);
	}
	CHECK(good > FUZZ_ROUNDS / 10);
}

int
main(void)
{
	tap_run("whole tables", test_whole);
	tap_run("no tables", test_none);
	tap_run("a table with a bad checksum is not there", test_checksum);
	tap_run("lengths of MADT entries", test_madt_lengths);
	tap_run("forms of _S5", test_s5_forms);
	tap_run("damaged tables", test_fuzz);
	return tap_end();
}
