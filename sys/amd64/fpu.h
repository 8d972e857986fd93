/* SPDX-License-Identifier: MIT */
/*
 * sys/amd64/fpu.h: x87, SSE and AVX registers of user threads.
 */
#ifndef AMD64_FPU_H
#define AMD64_FPU_H

#include "base/types.h"

struct thread;

/* The head of an XSAVE area; AVX and the rest follow. */
struct fpu_area {
	uint16_t fa_fcw, fa_fsw;
	uint8_t fa_ftw, fa_pad0;
	uint16_t fa_fop;
	uint64_t fa_fip, fa_fdp;
	uint32_t fa_mxcsr, fa_mxcsr_mask;
	uint8_t fa_st[8][16];
	uint8_t fa_xmm[16][16];
	uint8_t fa_unused[48];
	uint8_t fa_software[48]; /* at 464: struct fpu_software in signals */
	uint64_t fa_xstate_bv;	 /* at 512 */
	uint64_t fa_xcomp_bv;
	uint64_t fa_reserved[6];
} __aligned(64);

#define FPU_LEGACY_SIZE	512
#define FPU_HEADER_SIZE	64
#define FPU_X87_SSE	0x3	/* bits of xstate_bv that always exist */

extern size_t fpu_size;		/* [I] bytes of an area */
extern uint64_t fpu_mask;	/* [I] XCR0; 0 without XSAVE */

void fpu_init_cpu(void);	/* XCR0 of this CPU */
void fpu_init(void);		/* once, with slab */
struct fpu_area *fpu_alloc(void) __must_check; /* in the initial state */
struct fpu_area *fpu_alloc_raw(void) __must_check; /* to be written whole */
void fpu_free(struct fpu_area *);
void fpu_save(struct fpu_area *);
/* Contents must be valid, as fpu_sanitize() makes them. */
void fpu_load(struct fpu_area *);
/* Registers of this CPU in the initial state. */
void fpu_reset(void);
/* -EINVAL if loading it would fault; fixes what may be fixed. */
int fpu_sanitize(struct fpu_area *) __must_check;
void fpu_switch(struct thread *from, struct thread *to);
/* si_code of an #MF or #XM, from the registers. */
int fpu_fault_code(unsigned trapno);

#endif
