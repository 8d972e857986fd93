/* SPDX-License-Identifier: MIT */
/*
 * sys/amd64/switch.S: leaves one kernel stack for another.
 */
#include "amd64/cpureg.h"

	.text
/*
 * struct thread *switch_stack(struct thread *from, struct thread *to,
 *     uint64_t canary);
 * Returns `from` on to's stack. The canary changes with the stack: the
 * functions that return there compare with the one they began with.
 */
	.balign	16
	.globl	switch_stack
	.hidden	switch_stack
	.type	switch_stack, @function
switch_stack:
	push	%rbp
	push	%rbx
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	mov	%rsp, TD_RSP(%rdi)
	mov	TD_RSP(%rsi), %rsp
	mov	%rdx, %gs:CPU_CANARY
	mov	%rdi, %rax
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbx
	pop	%rbp
	ret
	.size	switch_stack, . - switch_stack

/* Where a new thread "returns" to from switch_stack(). */
	.globl	thread_start
	.hidden	thread_start
	.type	thread_start, @function
thread_start:
	mov	%rax, %rdi
	xor	%ebp, %ebp
	call	thread_entry
	ud2
	.size	thread_start, . - thread_start

	.section .note.GNU-stack, "", @progbits
