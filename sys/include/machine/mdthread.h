/* SPDX-License-Identifier: MIT */
/*
 * sys/include/machine/mdthread.h: the machine's part of a thread.
 */
#ifndef MACHINE_MDTHREAD_H
#define MACHINE_MDTHREAD_H

#include "base/types.h"

struct mdthread {
	uint64_t md_rsp;     /* saved while switched away; at 0 (switch.S) */
	uint8_t *md_kstack;  /* lowest address, NULL: boot or idle stack */
	uint64_t md_fsbase;  /* user's, valid while switched away */
	uint64_t md_gsbase;
	void *md_fpu;	     /* XSAVE area, NULL: never used (kernel threads) */
	uint32_t md_fpu_cpu; /* [r] where md_fpu was last loaded; ~0: nowhere */
};

#endif
