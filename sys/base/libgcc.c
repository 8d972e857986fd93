/* SPDX-License-Identifier: MIT */
/*
 * sys/base/libgcc.c: what the compiler calls where the processor it compiles
 * for need not have an instruction.
 */
#include "base/types.h"

int __popcountdi2(uint64_t);

/* Bits set in v. */
int
__popcountdi2(uint64_t v)
{
	v -= (v >> 1) & UINT64_C(0x5555555555555555);
	v = (v & UINT64_C(0x3333333333333333)) +
	    ((v >> 2) & UINT64_C(0x3333333333333333));
	v = (v + (v >> 4)) & UINT64_C(0x0f0f0f0f0f0f0f0f);
	return (int)((v * UINT64_C(0x0101010101010101)) >> 56);
}
