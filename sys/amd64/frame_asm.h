/* SPDX-License-Identifier: MIT */
/*
 * sys/amd64/frame_asm.h: assembly macros that write and read a struct
 * trapframe.
 */
#ifndef AMD64_FRAME_ASM_H
#define AMD64_FRAME_ASM_H

/* tf_rcx, tf_rax and all below them. */
.macro	FRAME_SAVE_REST
	push	%r8
	push	%r9
	push	%r10
	push	%r11
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
.endm

/* From a vector stub: the vector, in tf_rdi's place, goes to %esi. */
.macro	FRAME_SAVE_VECTOR
	push	%rsi
	mov	8(%rsp), %rsi
	mov	%rdi, 8(%rsp)
	push	%rdx
	push	%rcx
	push	%rax
	FRAME_SAVE_REST
.endm

/* All registers, and tf_orig_rax away: what IRETQ needs is on top. */
.macro	FRAME_RESTORE
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	pop	%r11
	pop	%r10
	pop	%r9
	pop	%r8
	pop	%rax
	pop	%rcx
	pop	%rdx
	pop	%rsi
	pop	%rdi
	add	$8, %rsp
.endm

#endif
