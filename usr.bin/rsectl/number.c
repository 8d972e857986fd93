/* SPDX-License-Identifier: MIT */
/*
 * usr.bin/rsectl/number.c - numbers as people read them.
 */
#include <stdio.h>

#include "number.h"

const char *
number_short(char *buf, size_t len, double v)
{
	static const char unit[] = " kMGTPE";
	unsigned i = 0;

	for (; v >= (i == 0 ? 9999.5 : 999.5) && unit[i + 1] != '\0'; i++)
		v /= 1000;
	if (i == 0)
		snprintf(buf, len, "%.0f", v);
	else
		snprintf(buf, len, v >= 99.95 ? "%.0f%c" : v >= 9.995 ?
		    "%.1f%c" : "%.2f%c", v, unit[i]);
	return buf;
}
