/* SPDX-License-Identifier: MIT */
/*
 * sys/amd64/vectors.S: 256 entries of the IDT, 16 bytes each, and the two
 * ways on: interrupts and plain exceptions, and the four with stacks of their
 * own.
 *
 * A stub pushes an error code where the CPU did not, which lies where the
 * frame has tf_orig_rax, and the vector where it has tf_rdi.
 *
 * Why CLAC: an interrupt keeps EFLAGS.AC, be it the user's own or that of a
 * copy to user memory, and the handler must not run with SMAP open.
 */
#include "amd64/cpureg.h"
#include "amd64/frame_asm.h"

/* A NOP that smap_patch() in usercopy.c makes a CLAC. */
#define SMAP_SITE(name)	.globl name; .hidden name; name: nopl (%rax)

#define HAS_ERRCODE(v)	(v == 8 || (v >= 10 && v <= 14) || v == 17 || \
			v == 21 || v == 29 || v == 30)
#define HAS_IST(v)	(v == 1 || v == 2 || v == 8 || v == 18)

	.text
	.balign	16
	.globl	vector_stubs
	.hidden	vector_stubs
vector_stubs:
	.set	v, 0
	.rept	256
	.balign	16
	.if	!HAS_ERRCODE(v)
	push	$-1
	.endif
	push	$v
	.if	HAS_IST(v)
	jmp	paranoid_entry
	.elseif	v < 32
	jmp	trap_entry
	.else
	jmp	intr_entry
	.endif
	.set	v, v + 1
	.endr

	.balign	16
intr_entry:
	FRAME_SAVE_VECTOR
	testb	$3, TF_CS(%rsp)
	jz	1f
	swapgs
1:	SMAP_SITE(smap_intr)
	cld
	mov	%rsp, %rdi
	sub	$8, %rsp
	call	intr_dispatch
	add	$8, %rsp
	testb	$3, TF_CS(%rsp)
	jz	return_to_kernel
	jmp	return_to_user

/*
 * An exception in the kernel may be that of the IRETQ below, the one place
 * where the kernel runs with the user's %gs; trap() then makes it a fault of
 * the user program. trap() returns the frame to leave with.
 */
	.balign	16
trap_entry:
	FRAME_SAVE_VECTOR
	SMAP_SITE(smap_trap)
	cld
	testb	$3, TF_CS(%rsp)
	jz	2f
	swapgs
1:	mov	%rsp, %rdi
	sub	$8, %rsp
	call	trap
	mov	%rax, %rsp
	cli
	testb	$3, TF_CS(%rsp)
	jz	return_to_kernel
	jmp	return_to_user
2:	lea	return_iretq(%rip), %rax
	cmp	%rax, TF_RIP(%rsp)
	jne	1b
	swapgs
	jmp	1b

return_to_kernel:
	FRAME_RESTORE
	iretq

/*
 * #DB, NMI, #DF and #MC may come at any instruction, so neither CS nor the
 * value in GS_BASE (user programs may write what looks like a kernel address)
 * tells whose %gs is loaded. The word above the frame on each of these stacks
 * is the CPU's own struct cpu. From user mode the frame moves to the thread's
 * stack, and signals and ASTs are as usual.
 */
	.balign	16
paranoid_entry:
	FRAME_SAVE_VECTOR
	SMAP_SITE(smap_paranoid)
	cld
	testb	$3, TF_CS(%rsp)
	jz	1f
	swapgs
	mov	%rsi, %rbx
	mov	%gs:CPU_KSTACK, %rdi
	sub	$TF_SIZE, %rdi
	mov	%rdi, %rax
	mov	%rsp, %rsi
	mov	$TF_SIZE / 8, %ecx
	rep movsq
	mov	%rax, %rsp
	mov	%rbx, %rsi
	mov	%rsp, %rdi
	sub	$8, %rsp
	call	trap
	mov	%rax, %rsp
	cli
	jmp	return_to_user

1:	mov	$MSR_GS_BASE, %ecx
	rdmsr
	mov	%eax, %r12d
	mov	%edx, %r13d
	mov	TF_SIZE(%rsp), %rax
	mov	%rax, %rdx
	shr	$32, %rdx
	wrmsr
	mov	%rsp, %rdi
	sub	$8, %rsp
	call	trap
	add	$8, %rsp
	mov	$MSR_GS_BASE, %ecx
	mov	%r12d, %eax
	mov	%r13d, %edx
	wrmsr
	jmp	return_to_kernel

	.section .note.GNU-stack, "", @progbits
