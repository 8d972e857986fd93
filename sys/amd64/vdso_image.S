/* SPDX-License-Identifier: MIT */
/*
 * sys/amd64/vdso_image.S: the vDSO (sys/amd64/vdso/) as bytes in the kernel.
 */
	.section .rodata.vdso_image, "a", @progbits
	.globl	vdso_image, vdso_image_end
	.hidden	vdso_image, vdso_image_end
	.balign	4096
vdso_image:
	.incbin	"vdso.so"
vdso_image_end:
	.balign	4096, 0

	.section .note.GNU-stack, "", @progbits
