/* SPDX-License-Identifier: MIT */
/*
 * sys/amd64/ap_trampoline.S: the first instructions of CPUs other than 0.
 *
 * [ap_trampoline, ap_trampoline_end) is copied to a page below 1 MiB, with a
 * struct ap_params behind it, and entered there in real mode. It reaches its
 * own data relative to %cs (16 bits), %ebx (32) and %rip (64).
 */
#include "amd64/cpureg.h"
#include "amd64/smp.h"

#define CR0_PE	1
#define CR0_PG	0x80000000
#define CODE32	0x08
#define CODE64	0x10
#define DATA	0x18
#define HERE(l)	(l - ap_trampoline)

	.section .rodata.ap_trampoline, "a", @progbits
	.globl	ap_trampoline, ap_trampoline_end
	.hidden	ap_trampoline, ap_trampoline_end
	.balign	16
	.code16
ap_trampoline:
	cli
	cld
	mov	%cs, %bx
	mov	%bx, %ds
	movzwl	%bx, %ebx
	shl	$4, %ebx		/* our physical address */

	/* Addresses that are not relative are put right on the spot; every
	 * CPU stores the same values. */
	lea	HERE(gdt)(%ebx), %eax
	movl	%eax, HERE(gdt_pointer) + 2
	lea	HERE(entry32)(%ebx), %eax
	movl	%eax, HERE(far32)
	lea	HERE(entry64)(%ebx), %eax
	movl	%eax, HERE(far64)
	lgdtl	HERE(gdt_pointer)
	mov	%cr0, %eax
	and	$~0x60000000, %eax	/* caches on */
	or	$CR0_PE, %eax
	mov	%eax, %cr0
	ljmpl	*HERE(far32)

	.code32
entry32:
	mov	$DATA, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	mov	$CR4_PAE, %eax
	mov	%eax, %cr4
	mov	HERE(ap_trampoline_end) + PARAM_CR3(%ebx), %eax
	mov	%eax, %cr3
	mov	$MSR_EFER, %ecx
	rdmsr
	or	$(EFER_LME | EFER_NXE), %eax
	wrmsr
	mov	%cr0, %eax
	or	$(CR0_PG | CR0_WP), %eax
	mov	%eax, %cr0
	ljmpl	*HERE(far64)(%ebx)

	.code64
entry64:
	mov	ap_trampoline_end + PARAM_SLOTS(%rip), %rdi
	mov	ap_trampoline_end + PARAM_COUNT(%rip), %rsi
	mov	ap_trampoline_end + PARAM_GATE(%rip), %rax
	jmp	*%rax

	.balign	8
far32:	.long	0
	.word	CODE32
	.balign	8
far64:	.long	0
	.word	CODE64
	.balign	8
gdt:	.quad	0
	.quad	0x00cf9b000000ffff
	.quad	0x00af9b000000ffff
	.quad	0x00cf93000000ffff
gdt_pointer:
	.word	. - gdt - 1
	.long	0
	.balign	8
ap_trampoline_end:

/*
 * In the kernel's text: %rdi = slots, %rsi = their number. A CPU that nobody
 * expects sleeps; so does one for which the gate stays shut, after INIT.
 */
	.text
	.globl	ap_gate
	.hidden	ap_gate
	.type	ap_gate, @function
ap_gate:
	xor	%eax, %eax
	cpuid
	cmp	$0xb, %eax
	jb	1f
	mov	$0xb, %eax
	xor	%ecx, %ecx
	cpuid
	test	%ebx, %ebx		/* 0: the leaf is empty */
	jnz	2f
1:	mov	$1, %eax
	cpuid
	shr	$24, %ebx
	mov	%ebx, %edx
2:	test	%rsi, %rsi
	jz	9f
	cmp	%edx, SLOT_LAPIC(%rdi)
	je	3f
	add	$SLOT_SIZE, %rdi
	dec	%rsi
	jmp	2b
3:	movl	$1, SLOT_ARRIVED(%rdi)
4:	pause
	mov	SLOT_STACK(%rdi), %rax
	test	%rax, %rax
	jz	4b
	lea	-8(%rax), %rsp
	movq	$0, (%rsp)
	xor	%ebp, %ebp
	mov	SLOT_CPU(%rdi), %rdi
	/* Code with a stack guard may run before the segments are loaded. */
	mov	$MSR_GS_BASE, %ecx
	mov	%edi, %eax
	mov	%rdi, %rdx
	shr	$32, %rdx
	wrmsr
	jmp	ap_entry
9:	cli
	hlt
	jmp	9b
	.size	ap_gate, . - ap_gate

	.section .note.GNU-stack, "", @progbits
