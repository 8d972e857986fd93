/* SPDX-License-Identifier: MIT */
/*
 * sys/amd64/cpuid.c: what the processor can do, and turning it on.
 *
 * Features are those of CPU 0; a later CPU that lacks one would fault in
 * cpu_control_init(), which is where a mixed machine ought to stop.
 */
#include "base/kprintf.h"
#include "base/string.h"

#include "amd64/amd64.h"
#include "amd64/fpu.h"

/* As after reset, but entry 4 (PTE bit 7) is write-combining. */
#define PAT_VALUE 0x0007040100070406UL

enum reg { EAX, EBX, ECX, EDX };

/* Where each feature's bit is. */
static const struct feature {
	uint32_t ft_leaf;
	uint8_t ft_reg; /* enum reg */
	uint8_t ft_bit;
} features[CPU_FEATURE_COUNT] = {
	[CPU_PGE] = { 1, EDX, 13 },
	[CPU_PAT] = { 1, EDX, 16 },
	[CPU_FXSR] = { 1, EDX, 24 },
	[CPU_GIBPAGES] = { 0x80000001, EDX, 26 },
	[CPU_RDTSCP] = { 0x80000001, EDX, 27 },
	[CPU_PCID] = { 1, ECX, 17 },
	[CPU_INVPCID] = { 7, EBX, 10 },
	[CPU_X2APIC] = { 1, ECX, 21 },
	[CPU_TSC_DEADLINE] = { 1, ECX, 24 },
	[CPU_TSC_INVARIANT] = { 0x80000007, EDX, 8 },
	[CPU_ARAT] = { 6, EAX, 2 },
	[CPU_XSAVE] = { 1, ECX, 26 },
	[CPU_XSAVEOPT] = { 0xd, EAX, 0 }, /* subleaf 1, see below */
	[CPU_RDRAND] = { 1, ECX, 30 },
	[CPU_RDSEED] = { 7, EBX, 18 },
	[CPU_FSGSBASE] = { 7, EBX, 0 },
	[CPU_SMEP] = { 7, EBX, 7 },
	[CPU_SMAP] = { 7, EBX, 20 },
	[CPU_UMIP] = { 7, ECX, 2 },
	[CPU_HYPERVISOR] = { 1, ECX, 31 },
};

/* Linux's words for /proc/cpuinfo; programs look for some of them. */
static const struct flag_name {
	const char *fn_name;
	uint32_t fn_leaf;
	uint8_t fn_reg;
	uint8_t fn_bit;
} flag_names[] = {
	{ "fpu", 1, EDX, 0 }, { "tsc", 1, EDX, 4 }, { "msr", 1, EDX, 5 },
	{ "pae", 1, EDX, 6 }, { "cx8", 1, EDX, 8 }, { "apic", 1, EDX, 9 },
	{ "pge", 1, EDX, 13 }, { "cmov", 1, EDX, 15 }, { "pat", 1, EDX, 16 },
	{ "clflush", 1, EDX, 19 }, { "mmx", 1, EDX, 23 },
	{ "fxsr", 1, EDX, 24 }, { "sse", 1, EDX, 25 }, { "sse2", 1, EDX, 26 },
	{ "syscall", 0x80000001, EDX, 11 }, { "nx", 0x80000001, EDX, 20 },
	{ "pdpe1gb", 0x80000001, EDX, 26 }, { "rdtscp", 0x80000001, EDX, 27 },
	{ "lm", 0x80000001, EDX, 29 }, { "constant_tsc", 0x80000007, EDX, 8 },
	{ "pni", 1, ECX, 0 }, { "pclmulqdq", 1, ECX, 1 },
	{ "ssse3", 1, ECX, 9 }, { "fma", 1, ECX, 12 }, { "cx16", 1, ECX, 13 },
	{ "pcid", 1, ECX, 17 }, { "sse4_1", 1, ECX, 19 },
	{ "sse4_2", 1, ECX, 20 }, { "x2apic", 1, ECX, 21 },
	{ "movbe", 1, ECX, 22 }, { "popcnt", 1, ECX, 23 },
	{ "aes", 1, ECX, 25 }, { "xsave", 1, ECX, 26 }, { "avx", 1, ECX, 28 },
	{ "f16c", 1, ECX, 29 }, { "rdrand", 1, ECX, 30 },
	{ "hypervisor", 1, ECX, 31 }, { "fsgsbase", 7, EBX, 0 },
	{ "bmi1", 7, EBX, 3 }, { "avx2", 7, EBX, 5 }, { "smep", 7, EBX, 7 },
	{ "bmi2", 7, EBX, 8 }, { "erms", 7, EBX, 9 },
	{ "invpcid", 7, EBX, 10 }, { "rdseed", 7, EBX, 18 },
	{ "adx", 7, EBX, 19 }, { "smap", 7, EBX, 20 },
	{ "clflushopt", 7, EBX, 23 }, { "umip", 7, ECX, 2 },
};

uint64_t cpu_features;

static bool
leaf_exists(uint32_t leaf)
{
	return cpuid(leaf & 0x80000000u, 0).eax >= leaf;
}

static bool
leaf_bit(uint32_t leaf, uint32_t subleaf, enum reg reg, unsigned bit)
{
	struct cpuid_regs r;

	if (!leaf_exists(leaf))
		return false;
	r = cpuid(leaf, subleaf);
	switch (reg) {
	case EAX:
		return (r.eax >> bit & 1) != 0;
	case EBX:
		return (r.ebx >> bit & 1) != 0;
	case ECX:
		return (r.ecx >> bit & 1) != 0;
	default:
		return (r.edx >> bit & 1) != 0;
	}
}

void
cpuid_init(void)
{
	for (unsigned i = 0; i < CPU_FEATURE_COUNT; i++) {
		const struct feature *ft = &features[i];

		if (leaf_bit(ft->ft_leaf, i == CPU_XSAVEOPT, ft->ft_reg,
		    ft->ft_bit))
			cpu_features |= 1UL << i;
	}
	if (!cpu_has(CPU_XSAVE))
		cpu_features &= ~(1UL << CPU_XSAVEOPT);
	/* PCIDs pay only if kernel entries survive a switch, too. */
	if (!cpu_has(CPU_PGE))
		cpu_features &= ~(1UL << CPU_PCID);
}

void
cpu_control_init(void)
{
	uint64_t cr4 = rdcr4();

	wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_NXE | EFER_SCE);
	wrcr0((rdcr0() & ~(uint64_t)(CR0_EM | CR0_TS)) | CR0_MP | CR0_NE |
	    CR0_WP | CR0_AM);
	cr4 |= CR4_OSFXSR | CR4_OSXMMEXCPT;
	if (cpu_has(CPU_PGE))
		cr4 |= CR4_PGE;
	if (cpu_has(CPU_SMEP))
		cr4 |= CR4_SMEP;
	if (cpu_has(CPU_SMAP))
		cr4 |= CR4_SMAP;
	if (cpu_has(CPU_UMIP))
		cr4 |= CR4_UMIP;
	if (cpu_has(CPU_FSGSBASE))
		cr4 |= CR4_FSGSBASE;
	if (cpu_has(CPU_XSAVE))
		cr4 |= CR4_OSXSAVE;
	wrcr4(cr4);
	if (cpu_has(CPU_PAT))
		wrmsr(MSR_PAT, PAT_VALUE);
	fpu_init_cpu();
}

void
md_cpu_model(unsigned cpu, char *buf, size_t size)
{
	union {
		struct cpuid_regs r[3];
		char s[49];
	} u = { .s = "" };
	const char *s;

	if (size == 0)
		return;
	if (!leaf_exists(0x80000004)) {
		strlcpy(buf, "x86-64", size);
		return;
	}
	for (unsigned i = 0; i < 3; i++)
		u.r[i] = cpuid(0x80000002 + i, 0);
	u.s[48] = '\0';
	for (s = u.s; *s == ' '; s++)
		;
	strlcpy(buf, s, size);
}

void
md_cpu_flags(char *buf, size_t size)
{
	if (size == 0)
		return;
	buf[0] = '\0';
	for (unsigned i = 0; i < nitems(flag_names); i++) {
		const struct flag_name *fn = &flag_names[i];

		if (!leaf_bit(fn->fn_leaf, 0, fn->fn_reg, fn->fn_bit))
			continue;
		if (buf[0] != '\0')
			strlcat(buf, " ", size);
		strlcat(buf, fn->fn_name, size);
	}
}

uint64_t
md_hwcap(void)
{
	return cpuid(1, 0).edx;
}

uint64_t
md_hwcap2(void)
{
	return cpu_has(CPU_FSGSBASE) ? 1 << 1 : 0;
}

/* RDSEED may run dry for a while; RDRAND practically never. */
bool
md_random(uint64_t *out)
{
	bool ok = false;

	for (int i = 0; !ok && cpu_has(CPU_RDSEED) && i < 16; i++)
		__asm__ volatile("rdseed %0" : "=r"(*out), "=@ccc"(ok));
	for (int i = 0; !ok && cpu_has(CPU_RDRAND) && i < 16; i++)
		__asm__ volatile("rdrand %0" : "=r"(*out), "=@ccc"(ok));
	return ok;
}
