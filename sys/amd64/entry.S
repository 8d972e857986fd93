/* SPDX-License-Identifier: MIT */
/*
 * sys/amd64/entry.S: SYSCALL, and the ways back to user mode.
 *
 * Invariants:
 *  (1) A user thread in the kernel has its struct trapframe at the top of its
 *	kernel stack, complete: fork, signals and ptrace read and write it.
 *  (2) return_to_user is reached with interrupts off and %rsp at the frame;
 *	between the test for ASTs and the return they stay off, so that an AST
 *	posted by an interrupt is not missed.
 *  (3) SYSRET only if it gives what IRETQ would: rcx = rip, r11 = rflags, rip
 *	below USER_MAX (Intel's faults with the user's stack in ring 0), and
 *	neither TF nor RF set.
 */
#include "amd64/cpureg.h"
#include "amd64/frame_asm.h"

#define TDF_AST	0x0f	/* base/thread.h; compared in percpu.c */

	.text
	.balign	64
	.globl	syscall_entry
	.hidden	syscall_entry
	.type	syscall_entry, @function
syscall_entry:
	swapgs
	mov	%rsp, %gs:CPU_USER_RSP
	mov	%gs:CPU_KSTACK, %rsp
	push	$SEL_UDATA
	push	%gs:CPU_USER_RSP
	push	%r11
	push	$SEL_UCODE
	push	%rcx
	push	%rax
	push	%rdi
	push	%rsi
	push	%rdx
	push	%rcx
	push	%rax
	FRAME_SAVE_REST
	sti
	mov	%rsp, %rdi
	sub	$8, %rsp
	call	syscall_dispatch
	add	$8, %rsp
	cli
	mov	%gs:CPU_THREAD, %rax
	testl	$TDF_AST, TD_FLAGS(%rax)
	jnz	return_with_ast

	mov	TF_RCX(%rsp), %rcx
	mov	TF_R11(%rsp), %r11
	cmp	%rcx, TF_RIP(%rsp)
	jne	return_by_iret
	cmp	%r11, TF_RFLAGS(%rsp)
	jne	return_by_iret
	mov	%rcx, %rax
	shr	$47, %rax
	jnz	return_by_iret
	test	$RFLAGS_TF | RFLAGS_RF, %r11
	jnz	return_by_iret
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	add	$8, %rsp
	pop	%r10
	pop	%r9
	pop	%r8
	pop	%rax
	add	$8, %rsp
	pop	%rdx
	pop	%rsi
	pop	%rdi
	mov	TF_RSP - TF_RDI - 8(%rsp), %rsp
	swapgs
	sysretq
	.size	syscall_entry, . - syscall_entry

	.balign	16
	.globl	return_to_user, return_iretq
	.hidden	return_to_user, return_iretq
return_to_user:
	mov	%gs:CPU_THREAD, %rax
	testl	$TDF_AST, TD_FLAGS(%rax)
	jnz	return_with_ast
return_by_iret:
	FRAME_RESTORE
	swapgs
return_iretq:
	iretq

return_with_ast:
	mov	%rsp, %rdi
	sub	$8, %rsp
	call	ast_loop
	add	$8, %rsp
	jmp	return_by_iret

/* void md_return_to_user(void) */
	.globl	md_return_to_user
	.hidden	md_return_to_user
	.type	md_return_to_user, @function
md_return_to_user:
	cli
	mov	%gs:CPU_KSTACK, %rsp
	sub	$TF_SIZE, %rsp
	jmp	return_to_user
	.size	md_return_to_user, . - md_return_to_user

	.section .note.GNU-stack, "", @progbits
