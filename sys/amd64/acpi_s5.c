/* SPDX-License-Identifier: MIT */
/*
 * sys/amd64/acpi_s5.c: finds the two numbers that switch the machine off.
 *
 * ACPI keeps them in the AML of the DSDT, as Name (\_S5, Package () { a, b,
 * ... }). An interpreter for this one constant would be a hundred times its
 * size, so the bytes are scanned for the encoding of exactly that statement;
 * whatever does not decode as such to the end is passed over.
 */
#include "base/string.h"

#include "amd64/acpi.h"

#define AML_ZERO    0x00
#define AML_ONE	    0x01
#define AML_NAME    0x08
#define AML_BYTE    0x0a
#define AML_WORD    0x0b
#define AML_DWORD   0x0c
#define AML_PACKAGE 0x12
#define AML_ONES    0xff

/* An integer constant at p: its length, 0 if it is none. */
static size_t
integer_decode(const uint8_t *p, size_t n, uint32_t *v)
{
	static const uint8_t sizes[] = { 1, 2, 4 };
	size_t size;

	if (n == 0)
		return 0;
	if (p[0] == AML_ZERO || p[0] == AML_ONE || p[0] == AML_ONES) {
		*v = p[0];
		return 1;
	}
	if (p[0] < AML_BYTE || p[0] > AML_DWORD)
		return 0;
	size = sizes[p[0] - AML_BYTE];
	if (n < 1 + size)
		return 0;
	*v = 0;
	for (size_t i = size; i-- > 0;)
		*v = *v << 8 | p[1 + i];
	return 1 + size;
}

/* A package length at p: its size in bytes, 0 if it is none. */
static size_t
length_decode(const uint8_t *p, size_t n, size_t *len)
{
	size_t more;

	if (n == 0)
		return 0;
	more = p[0] >> 6;
	if (n < 1 + more)
		return 0;
	*len = more == 0 ? p[0] & 0x3f : p[0] & 0x0f;
	for (size_t i = 0; i < more; i++)
		*len |= (size_t)p[1 + i] << (4 + 8 * i);
	return 1 + more;
}

/* The package after the name: PkgLength, count, then integers. */
static bool
package_decode(const uint8_t *p, size_t n, uint32_t *a, uint32_t *b)
{
	size_t len, used;
	unsigned count;

	if (n < 1 || p[0] != AML_PACKAGE)
		return false;
	p++, n--;
	used = length_decode(p, n, &len);
	if (used == 0 || len > n || len < used + 1)
		return false;
	n = len - used;
	p += used;
	count = p[0];
	p++, n--;
	used = integer_decode(p, n, a);
	if (count == 0 || used == 0)
		return false;
	p += used, n -= used;
	*b = 0; /* a single number holds both: b above a */
	if (count == 1) {
		*b = *a >> 8 & 0xff;
		*a &= 0xff;
		return true;
	}
	return integer_decode(p, n, b) != 0;
}

bool
acpi_s5_find(struct acpi_info *info, const uint8_t *aml, size_t n)
{
	for (size_t i = 1; i + 4 <= n; i++) {
		uint32_t a, b;

		if (aml[i] != '_' || memcmp(aml + i, "_S5_", 4) != 0)
			continue;
		if (aml[i - 1] != AML_NAME && !(i >= 2 && aml[i - 1] == '\\' &&
			aml[i - 2] == AML_NAME))
			continue;
		if (!package_decode(aml + i + 4, n - i - 4, &a, &b) ||
		    a > 7 || b > 7)
			continue;
		info->inf_s5 = true;
		info->inf_s5_a = a;
		info->inf_s5_b = b;
		return true;
	}
	return false;
}
