/* SPDX-License-Identifier: MIT */
/*
 * sys/amd64/usercopy.S: the instructions that touch user memory.
 *
 * Each has an entry in __extable: where to go on when vm_fault() cannot bring
 * the page. Ranges have been checked by usercopy.c.
 *
 * Why no REP MOVS: under QEMU's translator it moves a byte (or word) at a
 * time; the loop of 8-byte moves is five times faster there and within a few
 * per cent on processors.
 * Why patched: STAC and CLAC are undefined without SMAP. Each place holds a
 * NOP of their length until smap_patch() (usercopy.c) writes them in.
 */
#define EXTABLE(at, to)						\
	.pushsection __extable, "a", @progbits;			\
	.balign	4;						\
	.long	at - .;						\
	.long	to - .;						\
	.popsection

#define SMAP_SITE(list)						\
771:	nopl	(%rax);						\
	.pushsection .rodata.list, "a", @progbits;		\
	.long	771b - .;					\
	.popsection
#define STAC	SMAP_SITE(stac_sites)
#define CLAC	SMAP_SITE(clac_sites)

#define FUNCTION(name)						\
	.balign	16;						\
	.globl	name;						\
	.hidden	name;						\
	.type	name, @function;				\
name:
#define END(name)	.size name, . - name

	.section .rodata.stac_sites, "a", @progbits
	.balign	4
	.globl	smap_stac_sites
	.hidden	smap_stac_sites
smap_stac_sites:
	.section .rodata.clac_sites, "a", @progbits
	.balign	4
	.globl	smap_clac_sites
	.hidden	smap_clac_sites
smap_clac_sites:

	.text
/*
 * size_t user_copy(void *dst, const void *src, size_t n)
 * Either side may be the user's. Returns the bytes not copied. A fault in a
 * block repeats that block byte by byte, so the count is exact.
 */
FUNCTION(user_copy)
	STAC
	mov	%rdx, %rcx
	shr	$6, %rcx
	jz	2f
	.balign	16
1:
101:	mov	(%rsi), %rax
102:	mov	8(%rsi), %r8
103:	mov	16(%rsi), %r9
104:	mov	24(%rsi), %r10
111:	mov	%rax, (%rdi)
112:	mov	%r8, 8(%rdi)
113:	mov	%r9, 16(%rdi)
114:	mov	%r10, 24(%rdi)
105:	mov	32(%rsi), %rax
106:	mov	40(%rsi), %r8
107:	mov	48(%rsi), %r9
108:	mov	56(%rsi), %r10
115:	mov	%rax, 32(%rdi)
116:	mov	%r8, 40(%rdi)
117:	mov	%r9, 48(%rdi)
118:	mov	%r10, 56(%rdi)
	add	$64, %rsi
	add	$64, %rdi
	sub	$64, %rdx
	dec	%rcx
	jnz	1b
2:	mov	%edx, %ecx
	shr	$3, %ecx
	jz	4f
3:
121:	mov	(%rsi), %rax
122:	mov	%rax, (%rdi)
	add	$8, %rsi
	add	$8, %rdi
	sub	$8, %rdx
	dec	%ecx
	jnz	3b
4:	test	%rdx, %rdx
	jz	6f
5:
131:	movzbl	(%rsi), %eax
132:	movb	%al, (%rdi)
	inc	%rsi
	inc	%rdi
	dec	%rdx
	jnz	5b
6:	CLAC
	mov	%rdx, %rax
	ret
	EXTABLE(101b, 5b)
	EXTABLE(102b, 5b)
	EXTABLE(103b, 5b)
	EXTABLE(104b, 5b)
	EXTABLE(105b, 5b)
	EXTABLE(106b, 5b)
	EXTABLE(107b, 5b)
	EXTABLE(108b, 5b)
	EXTABLE(111b, 5b)
	EXTABLE(112b, 5b)
	EXTABLE(113b, 5b)
	EXTABLE(114b, 5b)
	EXTABLE(115b, 5b)
	EXTABLE(116b, 5b)
	EXTABLE(117b, 5b)
	EXTABLE(118b, 5b)
	EXTABLE(121b, 5b)
	EXTABLE(122b, 5b)
	EXTABLE(131b, 6b)
	EXTABLE(132b, 6b)
END(user_copy)

/* size_t user_fill_zero(void *dst, size_t n): bytes not zeroed, or more. */
FUNCTION(user_fill_zero)
	STAC
	xor	%eax, %eax
	jmp	7f
6:
111:	mov	%rax, (%rdi)
112:	mov	%rax, 8(%rdi)
113:	mov	%rax, 16(%rdi)
114:	mov	%rax, 24(%rdi)
115:	mov	%rax, 32(%rdi)
116:	mov	%rax, 40(%rdi)
117:	mov	%rax, 48(%rdi)
118:	mov	%rax, 56(%rdi)
	add	$64, %rdi
	sub	$64, %rsi
7:	cmp	$64, %rsi
	jae	6b
	jmp	2f
1:
101:	mov	%rax, (%rdi)
	add	$8, %rdi
	sub	$8, %rsi
2:	cmp	$8, %rsi
	jae	1b
	jmp	4f
3:
102:	movb	%al, (%rdi)
	inc	%rdi
	dec	%rsi
4:	test	%rsi, %rsi
	jnz	3b
5:	CLAC
	mov	%rsi, %rax
	ret
	EXTABLE(101b, 5b)
	EXTABLE(102b, 5b)
	EXTABLE(111b, 5b)
	EXTABLE(112b, 5b)
	EXTABLE(113b, 5b)
	EXTABLE(114b, 5b)
	EXTABLE(115b, 5b)
	EXTABLE(116b, 5b)
	EXTABLE(117b, 5b)
	EXTABLE(118b, 5b)
END(user_fill_zero)

/*
 * ssize_t user_copy_string(char *dst, const char *src, size_t n)
 * Copies up to a NUL, n > 0 bytes at most: the bytes before the NUL; n if
 * there is none; -1 on a fault.
 */
FUNCTION(user_copy_string)
	STAC
	xor	%eax, %eax
1:
101:	movzbl	(%rsi,%rax), %ecx
	movb	%cl, (%rdi,%rax)
	test	%ecx, %ecx
	jz	2f
	inc	%rax
	cmp	%rdx, %rax
	jb	1b
2:	CLAC
	ret
3:	CLAC
	mov	$-1, %rax
	ret
	EXTABLE(101b, 3b)
END(user_copy_string)

/* int user_cas32_raw(uint32_t *p, uint32_t *old, uint32_t v): 0, or -1 */
FUNCTION(user_cas32_raw)
	mov	(%rsi), %eax
	STAC
101:	lock cmpxchg %edx, (%rdi)
	CLAC
	mov	%eax, (%rsi)
	xor	%eax, %eax
	ret
2:	CLAC
	mov	$-1, %eax
	ret
	EXTABLE(101b, 2b)
END(user_cas32_raw)

/* The same word moved in one piece; 0 or -1. */
FUNCTION(user_load32_raw)
	STAC
101:	mov	(%rdi), %eax
	CLAC
	mov	%eax, (%rsi)
	xor	%eax, %eax
	ret
2:	CLAC
	mov	$-1, %eax
	ret
	EXTABLE(101b, 2b)
END(user_load32_raw)

FUNCTION(user_load64_raw)
	STAC
101:	mov	(%rdi), %rax
	CLAC
	mov	%rax, (%rsi)
	xor	%eax, %eax
	ret
2:	CLAC
	mov	$-1, %eax
	ret
	EXTABLE(101b, 2b)
END(user_load64_raw)

FUNCTION(user_store32_raw)
	STAC
101:	mov	%esi, (%rdi)
	CLAC
	xor	%eax, %eax
	ret
2:	CLAC
	mov	$-1, %eax
	ret
	EXTABLE(101b, 2b)
END(user_store32_raw)

FUNCTION(user_store64_raw)
	STAC
101:	mov	%rsi, (%rdi)
	CLAC
	xor	%eax, %eax
	ret
2:	CLAC
	mov	$-1, %eax
	ret
	EXTABLE(101b, 2b)
END(user_store64_raw)

/* trap.c takes no page faults for instructions in [begin, end). */
	.globl	usercopy_nofault_begin, usercopy_nofault_end
	.hidden	usercopy_nofault_begin, usercopy_nofault_end
usercopy_nofault_begin:
FUNCTION(user_load32_nofault_raw)
	STAC
101:	mov	(%rdi), %eax
	CLAC
	mov	%eax, (%rsi)
	xor	%eax, %eax
	ret
2:	CLAC
	mov	$-1, %eax
	ret
	EXTABLE(101b, 2b)
END(user_load32_nofault_raw)
usercopy_nofault_end:

	.section .rodata.stac_sites, "a", @progbits
	.globl	smap_stac_sites_end
	.hidden	smap_stac_sites_end
smap_stac_sites_end:
	.section .rodata.clac_sites, "a", @progbits
	.globl	smap_clac_sites_end
	.hidden	smap_clac_sites_end
smap_clac_sites_end:

	.section .note.GNU-stack, "", @progbits
