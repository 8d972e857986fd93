/* SPDX-License-Identifier: MIT */
/*
 * sys/include/machine/frame.h: the registers saved on entry to the kernel,
 * in the order of Linux's struct pt_regs.
 */
#ifndef MACHINE_FRAME_H
#define MACHINE_FRAME_H

#include "base/types.h"

struct trapframe {
	uint64_t tf_r15, tf_r14, tf_r13, tf_r12, tf_rbp, tf_rbx;
	uint64_t tf_r11, tf_r10, tf_r9, tf_r8;
	uint64_t tf_rax, tf_rcx, tf_rdx, tf_rsi, tf_rdi;
	uint64_t tf_orig_rax; /* system call number, or error code, or -1 */
	uint64_t tf_rip, tf_cs, tf_rflags, tf_rsp, tf_ss;
};

#define FRAME_IS_USER(tf) (((tf)->tf_cs & 3) == 3)

/* A user thread's frame lies at the top of its kernel stack. */
struct thread;
struct trapframe *thread_frame(struct thread *);

/* System call conventions: number, arguments, result. */
#define FRAME_SYSNO(tf)	 ((tf)->tf_orig_rax)
#define FRAME_RESULT(tf) ((tf)->tf_rax)

#endif
