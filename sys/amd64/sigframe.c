/* SPDX-License-Identifier: MIT */
/*
 * sys/amd64/sigframe.c: the frame of a signal handler on the user's stack.
 *
 * From the handler's %rsp upwards: struct rt_sigframe (return address,
 * ucontext, siginfo), then, aligned to 64, the FPU state as XSAVE has it,
 * with two magic numbers that tell handlers and rt_sigreturn() how much there
 * is. The layout is Linux's; musl and glibc know it.
 * Nothing that comes back is trusted: selectors are not taken over at all,
 * flags are masked, the FPU state is checked before it is loaded, and an
 * address that is no user address faults in IRETQ.
 */
#include "base/string.h"
#include "base/thread.h"

#include <abi/errno.h>
#include <machine/layout.h>
#include <machine/md.h>
#include <machine/usercopy.h>

#include "amd64/amd64.h"
#include "amd64/fpu.h"
#include "amd64/sigframe.h"

#define RED_ZONE 128 /* below rsp, a leaf function's own */

static void
software_set(struct fpu_software *sw)
{
	memset(sw, 0, sizeof(*sw));
	if (fpu_mask == 0)
		return;
	sw->fs_magic1 = FP_XSTATE_MAGIC1;
	sw->fs_extended_size = fpu_size + sizeof(uint32_t);
	sw->fs_xfeatures = fpu_mask;
	sw->fs_xstate_size = fpu_size;
}

/* The registers belong to this thread as long as it does not sleep. */
static int
fpu_push(vaddr_t at)
{
	struct fpu_area *fa = curthread()->td_md.md_fpu;
	struct fpu_software sw;
	uint64_t flags = intr_disable();

	fpu_save(fa);
	intr_restore(flags);
	software_set(&sw);
	if (copyout(fa, at, fpu_size) != 0 ||
	    copyout(&sw, at + offsetof(struct fpu_area, fa_software),
		sizeof(sw)) != 0)
		return -EFAULT;
	if (fpu_mask != 0)
		return user_store32(at + fpu_size, FP_XSTATE_MAGIC2);
	return 0;
}

static void
context_set(struct sigcontext *sc, const struct trapframe *tf,
    const struct md_sigframe_args *sa, vaddr_t fpstate)
{
	sc->sc_r8 = tf->tf_r8;
	sc->sc_r9 = tf->tf_r9;
	sc->sc_r10 = tf->tf_r10;
	sc->sc_r11 = tf->tf_r11;
	sc->sc_r12 = tf->tf_r12;
	sc->sc_r13 = tf->tf_r13;
	sc->sc_r14 = tf->tf_r14;
	sc->sc_r15 = tf->tf_r15;
	sc->sc_rdi = tf->tf_rdi;
	sc->sc_rsi = tf->tf_rsi;
	sc->sc_rbp = tf->tf_rbp;
	sc->sc_rbx = tf->tf_rbx;
	sc->sc_rdx = tf->tf_rdx;
	sc->sc_rax = tf->tf_rax;
	sc->sc_rcx = tf->tf_rcx;
	sc->sc_rsp = tf->tf_rsp;
	sc->sc_rip = tf->tf_rip;
	sc->sc_eflags = tf->tf_rflags;
	sc->sc_cs = SEL_UCODE;
	sc->sc_ss = SEL_UDATA;
	sc->sc_err = sa->sa_err;
	sc->sc_trapno = sa->sa_trapno;
	sc->sc_oldmask = sa->sa_oldmask;
	sc->sc_cr2 = sa->sa_cr2;
	sc->sc_fpstate = fpstate;
}

int
md_sigframe_push(struct trapframe *tf, const struct md_sigframe_args *sa)
{
	struct rt_sigframe sf __attribute__((uninitialized));
	vaddr_t sp, fpstate, at;

	sp = sa->sa_stack != 0 ? sa->sa_stack : tf->tf_rsp - RED_ZONE;
	/* A wild stack pointer wraps or lies above: copyout() refuses both. */
	fpstate = rounddown2(sp - fpu_size - sizeof(uint32_t), 64);
	at = rounddown2(fpstate - sizeof(sf), 16) - 8;
	if (fpu_push(fpstate) != 0)
		return -EFAULT;

	memset(&sf, 0, sizeof(sf));
	sf.sf_pretcode = sa->sa_restorer;
	sf.sf_uc.uc_flags = UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS |
	    (fpu_mask != 0 ? UC_FP_XSTATE : 0);
	sf.sf_uc.uc_stack.ss_sp = sa->sa_altsp;
	sf.sf_uc.uc_stack.ss_flags = sa->sa_altflags;
	sf.sf_uc.uc_stack.ss_size = sa->sa_altsize;
	context_set(&sf.sf_uc.uc_mcontext, tf, sa, fpstate);
	sf.sf_uc.uc_sigmask = sa->sa_oldmask;
	memcpy(sf.sf_info, sa->sa_siginfo, sizeof(sf.sf_info));
	if (copyout(&sf, at, sizeof(sf)) != 0)
		return -EFAULT;

	tf->tf_rdi = sa->sa_signo;
	tf->tf_rsi = at + offsetof(struct rt_sigframe, sf_info);
	tf->tf_rdx = at + offsetof(struct rt_sigframe, sf_uc);
	tf->tf_rax = 0;
	tf->tf_orig_rax = ~0UL;
	tf->tf_rip = sa->sa_handler;
	tf->tf_rsp = at;
	tf->tf_rflags &= ~(uint64_t)(RFLAGS_DF | RFLAGS_RF | RFLAGS_TF);
	return 0;
}

/* How much FPU state the frame says it has, and whether that is so. */
static bool
software_valid(const struct fpu_software *sw, vaddr_t at)
{
	uint32_t magic2;

	return fpu_mask != 0 && sw->fs_magic1 == FP_XSTATE_MAGIC1 &&
	    sw->fs_xstate_size == fpu_size &&
	    sw->fs_extended_size >= fpu_size + sizeof(uint32_t) &&
	    user_load32(at + fpu_size, &magic2) == 0 &&
	    magic2 == FP_XSTATE_MAGIC2;
}

/*
 * The new state goes to an area of its own, since sleeping in copyin() would
 * have md_switch() write over the thread's; then they change places.
 */
static int
fpu_pop(vaddr_t at)
{
	struct thread *td = curthread();
	struct fpu_area *fa = at != 0 ? fpu_alloc_raw() : fpu_alloc(), *old;
	struct fpu_software sw;
	uint64_t flags;
	int error = -ENOMEM;

	if (fa == NULL)
		return error;
	if (at != 0) {
		error = copyin(at, fa, FPU_LEGACY_SIZE);
		if (error != 0)
			goto fail;
		memcpy(&sw, fa->fa_software, sizeof(sw));
		if (software_valid(&sw, at)) {
			error = copyin(at + FPU_LEGACY_SIZE,
			    (char *)fa + FPU_LEGACY_SIZE,
			    fpu_size - FPU_LEGACY_SIZE);
			if (error != 0)
				goto fail;
			fa->fa_xstate_bv &= sw.fs_xfeatures;
		} else {
			memset((char *)fa + FPU_LEGACY_SIZE, 0,
			    fpu_size - FPU_LEGACY_SIZE);
			if (fpu_mask != 0)
				fa->fa_xstate_bv = FPU_X87_SSE;
		}
		error = fpu_sanitize(fa);
		if (error != 0)
			goto fail;
	}
	flags = intr_disable();
	old = td->td_md.md_fpu;
	td->td_md.md_fpu = fa;
	fpu_kernel_end(); /* loads it */
	intr_restore(flags);
	fpu_free(old);
	return 0;
fail:
	fpu_free(fa);
	return error;
}

static void
context_get(struct trapframe *tf, const struct sigcontext *sc)
{
	tf->tf_r8 = sc->sc_r8;
	tf->tf_r9 = sc->sc_r9;
	tf->tf_r10 = sc->sc_r10;
	tf->tf_r11 = sc->sc_r11;
	tf->tf_r12 = sc->sc_r12;
	tf->tf_r13 = sc->sc_r13;
	tf->tf_r14 = sc->sc_r14;
	tf->tf_r15 = sc->sc_r15;
	tf->tf_rdi = sc->sc_rdi;
	tf->tf_rsi = sc->sc_rsi;
	tf->tf_rbp = sc->sc_rbp;
	tf->tf_rbx = sc->sc_rbx;
	tf->tf_rdx = sc->sc_rdx;
	tf->tf_rax = sc->sc_rax;
	tf->tf_rcx = sc->sc_rcx;
	tf->tf_rsp = sc->sc_rsp;
	tf->tf_rip = sc->sc_rip;
	tf->tf_rflags = (tf->tf_rflags & ~(uint64_t)RFLAGS_USER) |
	    (sc->sc_eflags & RFLAGS_USER);
	tf->tf_cs = SEL_UCODE;
	tf->tf_ss = SEL_UDATA;
	tf->tf_orig_rax = ~0UL;
}

int
md_sigframe_pop(struct trapframe *tf, uint64_t *mask, vaddr_t *altsp,
    uint32_t *altflags, uint64_t *altsize)
{
	struct rt_sigframe sf __attribute__((uninitialized));
	int error;

	/* The handler's return took sf_pretcode off the stack. */
	error = copyin(tf->tf_rsp - sizeof(sf.sf_pretcode), &sf, sizeof(sf));
	if (error != 0)
		return error;
	if (sf.sf_uc.uc_mcontext.sc_rip >= USER_MAX ||
	    sf.sf_uc.uc_mcontext.sc_cs != SEL_UCODE)
		return -EINVAL;
	error = fpu_pop(sf.sf_uc.uc_mcontext.sc_fpstate);
	if (error != 0)
		return error;
	context_get(tf, &sf.sf_uc.uc_mcontext);
	*mask = sf.sf_uc.uc_sigmask;
	*altsp = sf.sf_uc.uc_stack.ss_sp;
	*altflags = sf.sf_uc.uc_stack.ss_flags;
	*altsize = sf.sf_uc.uc_stack.ss_size;
	return 0;
}
