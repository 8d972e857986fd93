/* SPDX-License-Identifier: MIT */
/*
 * sys/amd64/acpi_tables.c: reads the ACPI tables the kernel needs.
 *
 * Invariants: (1) no byte is used before its place was checked against the
 * length that am_map() granted; (2) a table whose checksum is wrong is not
 * there; (3) every loop advances or ends, so that any bytes whatever are read
 * in time proportional to their number.
 * Why by byte offsets: the tables are packed, of several revisions, and not
 * ours; a struct laid over them would promise more than they keep.
 */
#include "base/string.h"

#include <abi/errno.h>

#include "amd64/acpi.h"

#define HEADER_SIZE  36
#define TABLE_MAX    (16u << 20) /* nobody's DSDT is longer */
#define TABLES_MAX   256

/* One table, or a part of one. */
struct span {
	const uint8_t *s_data;
	size_t s_len;
};

static uint64_t
get(struct span s, size_t off, unsigned bytes)
{
	uint64_t v = 0;

	if (off > s.s_len || s.s_len - off < bytes)
		return 0;
	for (unsigned i = bytes; i-- > 0;)
		v = v << 8 | s.s_data[off + i];
	return v;
}

static bool
sum_is_zero(const uint8_t *p, size_t n)
{
	uint8_t sum = 0;

	while (n-- > 0)
		sum += *p++;
	return sum == 0;
}

static bool
table_map(const struct acpi_memory *am, paddr_t pa, struct span *out)
{
	struct span s;
	size_t len;

	if (pa == 0)
		return false;
	s.s_data = am->am_map(am, pa, HEADER_SIZE);
	s.s_len = HEADER_SIZE;
	if (s.s_data == NULL)
		return false;
	len = get(s, 4, 4);
	if (len < HEADER_SIZE || len > TABLE_MAX)
		return false;
	s.s_data = am->am_map(am, pa, len);
	s.s_len = len;
	if (s.s_data == NULL || !sum_is_zero(s.s_data, len))
		return false;
	*out = s;
	return true;
}

static bool
table_is(struct span s, const char *signature)
{
	return memcmp(s.s_data, signature, 4) == 0;
}

static struct acpi_reg
reg_generic(struct span s, size_t off)
{
	struct acpi_reg r = {
		.ar_space = get(s, off, 1),
		.ar_width = get(s, off + 1, 1),
		.ar_addr = get(s, off + 4, 8),
	};

	return r;
}

/* The 64-bit form at xoff if the table has it, otherwise the old I/O port. */
static struct acpi_reg
reg_pick(struct span s, size_t xoff, size_t off, unsigned width)
{
	struct acpi_reg r = reg_generic(s, xoff);

	if (r.ar_addr == 0) {
		r.ar_space = ACPI_IO;
		r.ar_addr = get(s, off, 4);
	}
	r.ar_width = width;
	return r;
}

static void
cpu_add(struct acpi_info *info, uint32_t id, uint32_t flags)
{
	if ((flags & 1) == 0)
		return;
	for (unsigned i = 0; i < info->inf_ncpus; i++) {
		if (info->inf_cpu[i] == id)
			return;
	}
	info->inf_cpus_seen++;
	if (info->inf_ncpus < MAXCPU)
		info->inf_cpu[info->inf_ncpus++] = id;
}

static void
madt_entry(struct acpi_info *info, struct span e)
{
	struct acpi_ioapic *ai;
	unsigned irq;

	switch (e.s_data[0]) {
	case 0: /* local APIC */
		if (e.s_len >= 8 && e.s_data[3] != 0xff)
			cpu_add(info, e.s_data[3], get(e, 4, 4));
		break;
	case 1: /* I/O APIC */
		if (e.s_len < 12 || info->inf_nioapics == ACPI_IOAPIC_MAX)
			break;
		ai = &info->inf_ioapic[info->inf_nioapics];
		ai->ai_addr = get(e, 4, 4);
		ai->ai_gsi = get(e, 8, 4);
		if (ai->ai_addr != 0)
			info->inf_nioapics++;
		break;
	case 2: /* an ISA interrupt that is wired differently */
		irq = e.s_len >= 10 ? e.s_data[3] : ACPI_ISA_IRQS;
		if (irq < ACPI_ISA_IRQS) {
			info->inf_isa[irq].irq_gsi = get(e, 4, 4);
			info->inf_isa[irq].irq_flags = get(e, 8, 2);
		}
		break;
	case 5: /* the local APIC's 64-bit address */
		if (e.s_len >= 12)
			info->inf_lapic = get(e, 4, 8);
		break;
	case 9: /* local x2APIC */
		if (e.s_len >= 16 && get(e, 4, 4) != 0xffffffff)
			cpu_add(info, get(e, 4, 4), get(e, 8, 4));
		break;
	}
}

static void
madt_read(struct acpi_info *info, struct span s)
{
	size_t off = 44;

	if (s.s_len < off)
		return;
	info->inf_lapic = get(s, 36, 4);
	info->inf_8259 = get(s, 40, 4) & 1;
	while (s.s_len - off >= 2) {
		struct span e = { s.s_data + off, s.s_data[off + 1] };

		if (e.s_len < 2 || e.s_len > s.s_len - off)
			return;
		madt_entry(info, e);
		off += e.s_len;
	}
}

static void
fadt_read(struct acpi_info *info, struct span s)
{
	if (s.s_len < 116)
		return;
	info->inf_fadt = true;
	info->inf_revision = s.s_data[8];
	info->inf_smi_cmd = get(s, 48, 4);
	info->inf_acpi_enable = get(s, 52, 1);
	info->inf_century = get(s, 108, 1) & 0x7f;
	info->inf_boot = info->inf_revision >= 2 ? get(s, 109, 2) :
	    ACPI_BOOT_8042;
	info->inf_flags = get(s, 112, 4);
	info->inf_pm1a = reg_pick(s, 172, 64, 16);
	info->inf_pm1b = reg_pick(s, 184, 68, 16);
	info->inf_pm_timer = reg_pick(s, 208, 76, 32);
	info->inf_pm_timer_32 = (info->inf_flags >> 8) & 1;
	if (info->inf_flags & ACPI_FADT_RESET) {
		info->inf_reset = reg_generic(s, 116);
		info->inf_reset_value = get(s, 128, 1);
	}
	if (info->inf_flags & ACPI_FADT_HW_REDUCED)
		info->inf_sleep = reg_generic(s, 244);
}

static void
dsdt_read(struct acpi_info *info, const struct acpi_memory *am, struct span s)
{
	struct span dsdt;
	paddr_t pa = get(s, 140, 8);

	if (pa == 0)
		pa = get(s, 40, 4);
	if (table_map(am, pa, &dsdt) && table_is(dsdt, "DSDT"))
		acpi_s5_find(info, dsdt.s_data + HEADER_SIZE,
		    dsdt.s_len - HEADER_SIZE);
}

static void
hpet_read(struct acpi_info *info, struct span s)
{
	struct acpi_reg r = reg_generic(s, 40);

	if (s.s_len >= 56 && r.ar_space == ACPI_MEMORY)
		info->inf_hpet = r.ar_addr;
}

static void
mcfg_read(struct acpi_info *info, struct span s)
{
	for (size_t off = 44; off + 16 <= s.s_len; off += 16) {
		struct md_ecam *me = &info->inf_ecam[info->inf_necams];

		if (info->inf_necams == ACPI_ECAM_MAX)
			return;
		me->me_base = get(s, off, 8);
		me->me_segment = get(s, off + 8, 2);
		me->me_first = get(s, off + 10, 1);
		me->me_last = get(s, off + 11, 1);
		if (me->me_base != 0 && (me->me_base & 0xfffff) == 0 &&
		    me->me_first <= me->me_last)
			info->inf_necams++;
	}
}

static void
table_read(struct acpi_info *info, const struct acpi_memory *am,
    struct span s)
{
	if (table_is(s, "APIC")) {
		madt_read(info, s);
	} else if (table_is(s, "FACP")) {
		fadt_read(info, s);
		dsdt_read(info, am, s);
	} else if (table_is(s, "HPET")) {
		hpet_read(info, s);
	} else if (table_is(s, "MCFG")) {
		mcfg_read(info, s);
	} else if (table_is(s, "SSDT") && !info->inf_s5) {
		acpi_s5_find(info, s.s_data + HEADER_SIZE,
		    s.s_len - HEADER_SIZE);
	}
}

/* The root table: pointers of `width` bytes to all others. */
static int
root_read(struct acpi_info *info, const struct acpi_memory *am, paddr_t pa,
    const char *signature, unsigned width)
{
	struct span root, s;
	size_t n;

	if (!table_map(am, pa, &root) || !table_is(root, signature))
		return -ENOENT;
	n = MIN((root.s_len - HEADER_SIZE) / width, (size_t)TABLES_MAX);
	for (size_t i = 0; i < n; i++) {
		if (table_map(am, get(root, HEADER_SIZE + i * width, width),
			&s))
			table_read(info, am, s);
	}
	return 0;
}

int
acpi_parse(struct acpi_info *info, const struct acpi_memory *am, paddr_t pa)
{
	struct span rsdp = { NULL, 20 };
	const uint8_t *more;

	memset(info, 0, sizeof(*info));
	info->inf_8259 = true;
	info->inf_boot = ACPI_BOOT_8042;
	for (unsigned i = 0; i < ACPI_ISA_IRQS; i++)
		info->inf_isa[i].irq_gsi = i;
	if (pa != 0)
		rsdp.s_data = am->am_map(am, pa, rsdp.s_len);
	if (rsdp.s_data == NULL || memcmp(rsdp.s_data, "RSD PTR ", 8) != 0 ||
	    !sum_is_zero(rsdp.s_data, 20))
		return -ENOENT;
	if (rsdp.s_data[15] >= 2 && (more = am->am_map(am, pa, 36)) != NULL &&
	    sum_is_zero(more, 36)) {
		rsdp.s_data = more;
		rsdp.s_len = 36;
		if (root_read(info, am, get(rsdp, 24, 8), "XSDT", 8) == 0)
			return 0;
	}
	return root_read(info, am, get(rsdp, 16, 4), "RSDT", 4);
}
