/* SPDX-License-Identifier: MIT */
/*
 * sys/amd64/sigframe.h: the signal frame as user space sees it. The host test
 * compares it with the C library's <ucontext.h>.
 */
#ifndef AMD64_SIGFRAME_H
#define AMD64_SIGFRAME_H

#include <stdint.h>

#define UC_FP_XSTATE	     0x1
#define UC_SIGCONTEXT_SS     0x2
#define UC_STRICT_RESTORE_SS 0x4

#define FP_XSTATE_MAGIC1 0x46505853u
#define FP_XSTATE_MAGIC2 0x46505845u

/* In the unused bytes of the FXSAVE image. */
struct fpu_software {
	uint32_t fs_magic1;
	uint32_t fs_extended_size; /* with FP_XSTATE_MAGIC2 behind it */
	uint64_t fs_xfeatures;
	uint32_t fs_xstate_size;
	uint32_t fs_padding[7];
};

struct sigcontext {
	uint64_t sc_r8, sc_r9, sc_r10, sc_r11, sc_r12, sc_r13, sc_r14, sc_r15;
	uint64_t sc_rdi, sc_rsi, sc_rbp, sc_rbx, sc_rdx, sc_rax, sc_rcx;
	uint64_t sc_rsp, sc_rip, sc_eflags;
	uint16_t sc_cs, sc_gs, sc_fs, sc_ss;
	uint64_t sc_err, sc_trapno, sc_oldmask, sc_cr2;
	uint64_t sc_fpstate;
	uint64_t sc_reserved[8];
};

struct signal_stack {
	uint64_t ss_sp;
	uint32_t ss_flags;
	uint32_t ss_pad;
	uint64_t ss_size;
};

struct rt_ucontext {
	uint64_t uc_flags;
	uint64_t uc_link;
	struct signal_stack uc_stack;
	struct sigcontext uc_mcontext;
	uint64_t uc_sigmask;
};

struct rt_sigframe {
	uint64_t sf_pretcode;
	struct rt_ucontext sf_uc;
	uint8_t sf_info[128];
};

#endif
