/* SPDX-License-Identifier: MIT */
/* tests/boot/loader/start.S - entry of the test kernel: notes what it finds. */
	.text
	.globl	start
start:
	mov	%rsp, entry_rsp(%rip)
	pushfq
	popq	entry_rflags(%rip)
	call	kernel_main		/* two pushes cancel: 8 mod 16 here */
	ud2
	.section .note.GNU-stack, "", @progbits
