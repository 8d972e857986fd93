/* SPDX-License-Identifier: MIT */
/*
 * boot/stub.S - changes page tables and jumps into the kernel.
 *
 * Copied to a page below 4 GiB before it runs, which the firmware's tables
 * and the kernel's both map at its physical address; so it holds no address
 * of its own, and its GDT goes with it.
 *
 * In: %rdi CR3, %rsi entry, %rdx top of the stack, %rcx struct bootinfo; the
 * last three as the new tables map them.
 */
#define MSR_EFER	0xc0000080
#define EFER_NXE	11		/* bits */
#define CR0_WP		16
#define CR4_PGE		7
#define CR4_PCIDE	17
#define SEL_CODE	0x08
#define SEL_DATA	0x10
#define DIRECT_MAP_BASE	0xffff800000000000

	.section .rodata.handover, "a", @progbits
	.balign	16
	.globl	handover_stub, handover_stub_end
	.hidden	handover_stub, handover_stub_end
handover_stub:
	cli
	cld
	mov	%rdx, %r9
	mov	%rcx, %r8

	mov	%cr4, %rax		/* no global entry may survive */
	btr	$CR4_PGE, %rax
	btr	$CR4_PCIDE, %rax
	mov	%rax, %cr4
	mov	$MSR_EFER, %ecx		/* before tables that use NX */
	rdmsr
	bts	$EFER_NXE, %eax
	wrmsr
	mov	%rdi, %cr3
	mov	%cr0, %rax
	bts	$CR0_WP, %rax
	mov	%rax, %cr0

	mov	%r9, %rsp
	sub	$16, %rsp
	movabs	$DIRECT_MAP_BASE, %rax
	lea	gdt(%rip), %rdx
	add	%rdx, %rax
	movw	$gdt_end - gdt - 1, (%rsp)
	mov	%rax, 2(%rsp)
	lgdt	(%rsp)
	movw	$0, (%rsp)		/* an IDT with no entry */
	lidt	(%rsp)
	add	$16, %rsp
	mov	$SEL_DATA, %eax
	mov	%eax, %ss
	mov	%eax, %ds
	mov	%eax, %es
	xor	%eax, %eax
	mov	%eax, %fs
	mov	%eax, %gs
	xor	%ebp, %ebp

	mov	%r8, %rdi
	pushq	$0			/* the kernel has nobody to return to */
	pushq	$SEL_CODE
	push	%rsi
	lretq

	.balign	8
gdt:	.quad	0
	.quad	0x00af9b000000ffff	/* 64-bit code, ring 0, accessed */
	.quad	0x00cf93000000ffff	/* data, ring 0, accessed */
gdt_end:
handover_stub_end:

	.section .note.GNU-stack, "", @progbits
