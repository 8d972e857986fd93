/* SPDX-License-Identifier: MIT */
/*
 * sys/amd64/start.S: the kernel's first instructions on CPU 0.
 *
 * In: the state <machine/bootinfo.h> describes, %rdi = struct bootinfo.
 * Why %gs first: the stack protector reads %gs:40 in nearly every function.
 */
#include "amd64/cpureg.h"

	.section .text.entry, "ax", @progbits
	.globl	kernel_entry
	.hidden	kernel_entry
	.type	kernel_entry, @function
kernel_entry:
	lea	boot_stack_top(%rip), %rsp
	xor	%ebp, %ebp
	lea	boot_cpu(%rip), %rdx
	mov	%rdx, CPU_SELF(%rdx)
	mov	%edx, %eax
	shr	$32, %rdx
	mov	$MSR_GS_BASE, %ecx
	wrmsr
	call	machine_start
	ud2
	.size	kernel_entry, . - kernel_entry

	.section .bss.boot_stack, "aw", @nobits
	.balign	4096
	.skip	16384
boot_stack_top:

	.section .note.GNU-stack, "", @progbits
