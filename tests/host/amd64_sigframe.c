/* SPDX-License-Identifier: MIT */
/*
 * tests/host/amd64_sigframe.c: the signal frame of sys/amd64/sigframe.h
 * against the C library's <ucontext.h>, and against the frame that the host
 * kernel makes for a real signal.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <ucontext.h>

#include "fake/tap.h"

/* The C library has structs and constants of these names, too. */
#define sigcontext   k_sigcontext
#define signal_stack k_signal_stack
#undef FP_XSTATE_MAGIC1
#undef FP_XSTATE_MAGIC2
#include "amd64/sigframe.h"

#define SAME_OFFSET(ours, theirs)                                            \
	CHECK_EQ(offsetof(struct rt_ucontext, ours),                         \
	    offsetof(ucontext_t, theirs))
#define SAME_GREG(ours, reg)                                                 \
	CHECK_EQ(offsetof(struct rt_ucontext, uc_mcontext.ours),             \
	    offsetof(ucontext_t, uc_mcontext.gregs[reg]))

static void
ucontext_offsets(void)
{
	SAME_OFFSET(uc_flags, uc_flags);
	SAME_OFFSET(uc_link, uc_link);
	SAME_OFFSET(uc_stack, uc_stack);
	SAME_OFFSET(uc_stack.ss_flags, uc_stack.ss_flags);
	SAME_OFFSET(uc_stack.ss_size, uc_stack.ss_size);
	SAME_OFFSET(uc_mcontext, uc_mcontext);
	SAME_OFFSET(uc_mcontext.sc_fpstate, uc_mcontext.fpregs);
	SAME_OFFSET(uc_sigmask, uc_sigmask);
}

static void
register_offsets(void)
{
	SAME_GREG(sc_r8, REG_R8);
	SAME_GREG(sc_r9, REG_R9);
	SAME_GREG(sc_r10, REG_R10);
	SAME_GREG(sc_r11, REG_R11);
	SAME_GREG(sc_r12, REG_R12);
	SAME_GREG(sc_r13, REG_R13);
	SAME_GREG(sc_r14, REG_R14);
	SAME_GREG(sc_r15, REG_R15);
	SAME_GREG(sc_rdi, REG_RDI);
	SAME_GREG(sc_rsi, REG_RSI);
	SAME_GREG(sc_rbp, REG_RBP);
	SAME_GREG(sc_rbx, REG_RBX);
	SAME_GREG(sc_rdx, REG_RDX);
	SAME_GREG(sc_rax, REG_RAX);
	SAME_GREG(sc_rcx, REG_RCX);
	SAME_GREG(sc_rsp, REG_RSP);
	SAME_GREG(sc_rip, REG_RIP);
	SAME_GREG(sc_eflags, REG_EFL);
	SAME_GREG(sc_cs, REG_CSGSFS);
	SAME_GREG(sc_err, REG_ERR);
	SAME_GREG(sc_trapno, REG_TRAPNO);
	SAME_GREG(sc_oldmask, REG_OLDMASK);
	SAME_GREG(sc_cr2, REG_CR2);
}

static void
sizes(void)
{
	CHECK_EQ(sizeof(struct fpu_software), 48);
	CHECK_EQ(sizeof(struct k_sigcontext), 256);
	CHECK_EQ(sizeof(((struct rt_sigframe *)0)->sf_info),
	    sizeof(siginfo_t));
	CHECK_EQ(sizeof(struct rt_sigframe), 440);
}

static struct rt_sigframe seen;
static uintptr_t seen_at, seen_info;
static struct fpu_software seen_software;
static uint32_t seen_magic2;

static void
handler(int signo, siginfo_t *info, void *uc)
{
	seen_at = (uintptr_t)uc - offsetof(struct rt_sigframe, sf_uc);
	seen_info = (uintptr_t)info;
	memcpy(&seen, (void *)seen_at, sizeof(seen));
	memcpy(&seen_software,
	    (char *)seen.sf_uc.uc_mcontext.sc_fpstate + 464,
	    sizeof(seen_software));
	if (seen_software.fs_magic1 == FP_XSTATE_MAGIC1)
		memcpy(&seen_magic2,
		    (char *)seen.sf_uc.uc_mcontext.sc_fpstate +
			seen_software.fs_xstate_size,
		    sizeof(seen_magic2));
}

static void
host_frame(void)
{
	struct sigaction sa = { .sa_flags = SA_SIGINFO };
	int signo;

	sa.sa_sigaction = handler;
	CHECK_EQ(sigaction(SIGUSR1, &sa, NULL), 0);
	CHECK_EQ(raise(SIGUSR1), 0);
	memcpy(&signo, seen.sf_info, sizeof(signo));
	CHECK_EQ(signo, SIGUSR1);
	CHECK_EQ(seen_info, seen_at + offsetof(struct rt_sigframe, sf_info));
	CHECK_EQ(seen_at % 16, 8);
	CHECK_EQ(seen.sf_uc.uc_mcontext.sc_cs, 0x33);
	CHECK_EQ(seen.sf_uc.uc_mcontext.sc_ss, 0x2b);
	CHECK(seen.sf_pretcode != 0);
	if (seen.sf_uc.uc_flags & UC_FP_XSTATE) {
		CHECK_EQ(seen.sf_uc.uc_mcontext.sc_fpstate % 64, 0);
		CHECK_EQ(seen_software.fs_magic1, FP_XSTATE_MAGIC1);
		CHECK_EQ(seen_software.fs_extended_size,
		    seen_software.fs_xstate_size + 4);
		CHECK_EQ(seen_magic2, FP_XSTATE_MAGIC2);
	}
}

int
main(void)
{
	tap_run("ucontext as the C library has it", ucontext_offsets);
	tap_run("registers as the C library has them", register_offsets);
	tap_run("sizes", sizes);
	tap_run("a frame made by the host kernel", host_frame);
	return tap_end();
}
