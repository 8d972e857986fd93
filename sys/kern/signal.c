/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/signal.c: what happens to a thread on its way to user mode:
 * handlers are called, default actions taken, stops kept, calls restarted.
 *
 *	running -> P_STOPPING set -> every lwp sleeps in lwp_stop()
 *		-> the last one makes it PS_STOPPED and tells the parent
 *	SIGCONT (sigqueue.c) -> p_stop_gen rises -> all go on
 *
 * Invariant: user_ast() clears TDF_SIGNAL and TDF_WORK only under p_lock after
 * it found nothing to do, and senders set them under p_lock, so no signal is
 * overlooked.
 */
#include "base/kprintf.h"
#include "base/string.h"
#include "base/thread.h"

#include <machine/frame.h>
#include <machine/md.h>

#include "kern/proc_internal.h"
#include "kern/syscall.h"

#define SYSCALL_INSN_SIZE 2

/* The last thread has come to rest. proctree_lock held. */
void
proc_stopped_notify(struct proc *p)
{
	bool stopped;

	spin_lock(&p->p_lock);
	stopped = (p->p_flags & P_STOPPING) && p->p_state == PS_ALIVE &&
	    p->p_nlwps > 0 && p->p_nstopped == p->p_nlwps;
	if (stopped) {
		p->p_state = PS_STOPPED;
		proc_flag_clear(p, P_WAITED_STOP | P_CONTINUED);
	}
	spin_unlock(&p->p_lock);
	if (stopped)
		proc_notify_parent(p, CLD_STOPPED, (int)p->p_stop_sig);
}

/* p_lock held on entry, not on return. */
static void
lwp_stop(struct lwp *l)
{
	struct proc *p = l->l_proc;
	struct thread *td = l->l_thread;
	uint32_t gen = p->p_stop_gen;
	bool last = ++p->p_nstopped == p->p_nlwps;

	spin_unlock(&p->p_lock);
	if (last) {
		mutex_lock(&proctree_lock);
		proc_stopped_notify(p);
		mutex_unlock(&proctree_lock);
	}
	WAIT_EVENT(&p->p_stopq, atomic_load(&p->p_stop_gen) != gen ||
	    (atomic_load_relaxed(&td->td_flags) & TDF_KILLED));
	if ((atomic_and(&p->p_flags, ~(uint32_t)P_NOTIFY_CONT) &
		P_NOTIFY_CONT) == 0)
		return;
	mutex_lock(&proctree_lock);
	proc_notify_parent(p, CLD_CONTINUED, SIGCONT);
	mutex_unlock(&proctree_lock);
}

/* The default action of a stop signal; p_lock held, and again on return. */
static void
proc_stop(struct proc *p, int signo)
{
	struct lwp *self = curlwp(), *l;
	uint32_t gen = p->p_stop_gen;

	if (signo != SIGSTOP) {
		bool orphaned;

		spin_unlock(&p->p_lock);
		orphaned = pgrp_orphaned_self();
		spin_lock(&p->p_lock);
		/* A SIGCONT meanwhile would have taken the stop away. */
		if (orphaned || p->p_stop_gen != gen)
			return;
	}
	if (p->p_flags & (P_STOPPING | P_EXITING))
		return;
	p->p_stop_sig = (uint32_t)signo;
	p->p_nstopped = 0;
	proc_flag_set(p, P_STOPPING);
	list_foreach(l, &p->p_lwps, l_link)
		if (l != self)
			signal_wake(l, TDF_SIGNAL);
}

/* Back before the SYSCALL instruction, with its number again. */
static void
frame_restart(struct trapframe *tf, uint64_t number)
{
	tf->tf_rax = number;
	tf->tf_rip -= SYSCALL_INSN_SIZE;
}

/* The call under way was interrupted and no handler runs. */
static void
restart_without_handler(struct lwp *l, struct trapframe *tf)
{
	l->l_flags &= ~(uint32_t)LF_RESTART;
	if ((long)tf->tf_rax == -ERESTART_RESTARTBLOCK)
		frame_restart(tf, SYS_restart_syscall);
	else
		frame_restart(tf, tf->tf_orig_rax);
}

static void
restart_with_handler(struct lwp *l, struct trapframe *tf, uint64_t sa_flags)
{
	l->l_flags &= ~(uint32_t)LF_RESTART;
	switch (-(long)tf->tf_rax) {
	case ERESTARTSYS:
		if ((sa_flags & SA_RESTART) == 0)
			break;
		/* FALLTHROUGH */
	case ERESTARTNOINTR:
		frame_restart(tf, tf->tf_orig_rax);
		return;
	}
	tf->tf_rax = (uint64_t)-EINTR;
}

static bool
on_altstack(const struct lwp *l, vaddr_t sp)
{
	return (l->l_alt_flags & SS_AUTODISARM) == 0 &&
	    sp > l->l_alt_sp && sp - l->l_alt_sp <= l->l_alt_size;
}

/* Sets the frame up so that the handler runs. */
static int
handler_enter(struct lwp *l, struct trapframe *tf, const struct siginfo *info,
    const struct sigaction *sa)
{
	struct md_sigframe_args args = {
		.sa_signo = info->si_signo,
		.sa_siginfo = info,
		.sa_handler = sa->sa_handler,
		.sa_restorer = sa->sa_restorer,
		.sa_oldmask = l->l_restore_mask ? l->l_saved_mask :
						  l->l_sigmask,
		.sa_altsp = l->l_alt_sp,
		.sa_altflags = l->l_alt_flags,
		.sa_altsize = l->l_alt_size,
		.sa_trapno = l->l_trap_no,
		.sa_err = l->l_trap_err,
		.sa_cr2 = l->l_trap_addr,
	};
	sigset_t mask = l->l_sigmask | sa->sa_mask;
	int error;

	if (l->l_flags & LF_RESTART)
		restart_with_handler(l, tf, sa->sa_flags);
	if ((sa->sa_flags & SA_ONSTACK) && l->l_alt_size != 0 &&
	    !on_altstack(l, tf->tf_rsp))
		args.sa_stack = l->l_alt_sp + l->l_alt_size;
	/* Without a restorer the handler could not return. */
	if ((sa->sa_flags & SA_RESTORER) == 0)
		return -EFAULT;
	error = md_sigframe_push(tf, &args);
	if (error != 0)
		return error;
	if (args.sa_stack != 0 && (l->l_alt_flags & SS_AUTODISARM)) {
		l->l_alt_sp = 0;
		l->l_alt_size = 0;
		l->l_alt_flags = SS_DISABLE;
	}
	l->l_restore_mask = false;
	if ((sa->sa_flags & SA_NODEFER) == 0)
		mask |= SIGBIT(info->si_signo);
	signal_set_mask(mask);
	return 0;
}

/* The next signal, with its disposition; p_lock held. SA_RESETHAND is done. */
static int
signal_next(struct lwp *l, struct siginfo *info, struct sigaction *sa)
{
	struct proc *p = l->l_proc;
	struct sighand *sh = p->p_sighand;
	struct sigaction *act;
	int signo;

	signo = sigpend_take(p, &l->l_pending, ~l->l_sigmask, info);
	if (signo == 0)
		signo = sigpend_take(p, &p->p_pending, ~l->l_sigmask, info);
	if (signo == 0)
		return 0;
	spin_lock(&sh->sh_lock);
	act = &sh->sh_act[signo - 1];
	*sa = *act;
	if ((sa->sa_flags & SA_RESETHAND) && sa->sa_handler > SIG_IGN)
		act->sa_handler = SIG_DFL;
	spin_unlock(&sh->sh_lock);
	return signo;
}

static void
fault_log(struct lwp *l, const struct trapframe *tf, int signo)
{
	static nsec_t window;
	static unsigned lines;
	nsec_t now = clock_mono();
	const char *what = signo == SIGSEGV ? "segfault" :
	    signo == SIGBUS		    ? "bus error" :
	    signo == SIGILL		    ? "invalid opcode" :
	    signo == SIGFPE		    ? "arithmetic fault" :
					      "trap";

	if (now - window > 5 * NSEC_PER_SEC) {
		window = now;
		lines = 0;
	}
	if (lines++ >= 10)
		return;
	kprintf("%s[%d]: %s at %lx ip %lx sp %lx error %x\n",
	    l->l_thread->td_name, l->l_thread->td_tid, what, l->l_trap_addr,
	    tf->tf_rip, tf->tf_rsp, l->l_trap_err);
}

/*
 * A signal the running thread has caused and cannot go on without: a handler
 * takes it if there is one and it is not blocked, otherwise it is the end.
 */
void
signal_force(const struct siginfo *info)
{
	struct lwp *l = curlwp();
	struct proc *p = l->l_proc;
	int signo = info->si_signo;
	struct sigaction sa;
	bool taken;

	spin_lock(&p->p_lock);
	sigaction_get(p, signo, &sa);
	taken = sa.sa_handler > SIG_IGN && !(l->l_sigmask & SIGBIT(signo));
	if (taken)
		(void)signal_queue(p, l, info, false);
	spin_unlock(&p->p_lock);
	if (taken)
		return;
	fault_log(l, thread_frame(l->l_thread), signo);
	proc_exit_group((uint32_t)signo);
}

/* The handler's stack is no good. */
static void
signal_frame_failed(struct lwp *l, int signo)
{
	struct siginfo info = { .si_signo = SIGSEGV, .si_code = SI_KERNEL };

	if (signo == SIGSEGV) {
		fault_log(l, thread_frame(l->l_thread), SIGSEGV);
		proc_exit_group(SIGSEGV);
	}
	signal_force(&info);
}

/* One signal; p_lock held on entry, not on return. */
static void
signal_deliver(struct lwp *l, struct trapframe *tf, const struct siginfo *info,
    const struct sigaction *sa)
{
	struct proc *p = l->l_proc;
	int signo = info->si_signo;
	sigset_t bit = SIGBIT(signo);

	if (sa->sa_handler > SIG_IGN) {
		spin_unlock(&p->p_lock);
		if (handler_enter(l, tf, info, sa) != 0)
			signal_frame_failed(l, signo);
		return;
	}
	if (sa->sa_handler == SIG_IGN || (bit & SIGMASK_DFL_IGN) ||
	    (p->p_flags & P_INIT)) {
		spin_unlock(&p->p_lock);
		return;
	}
	if (bit & SIGMASK_STOP) {
		proc_stop(p, signo);
		spin_unlock(&p->p_lock);
		return;
	}
	spin_unlock(&p->p_lock);
	proc_exit_group((uint32_t)signo);
}

void
user_ast(struct trapframe *tf)
{
	struct lwp *l = curlwp();
	struct thread *td = l->l_thread;
	struct proc *p = l->l_proc;
	struct sigaction sa;
	struct siginfo info;

	for (;;) {
		spin_lock(&p->p_lock);
		if (atomic_load_relaxed(&td->td_flags) & TDF_KILLED) {
			spin_unlock(&p->p_lock);
			lwp_exit(0);
		}
		if (p->p_flags & P_STOPPING) {
			lwp_stop(l);
			continue;
		}
		if (signal_next(l, &info, &sa) == 0)
			break;
		signal_deliver(l, tf, &info, &sa);
	}
	atomic_and(&td->td_flags, ~(uint32_t)(TDF_SIGNAL | TDF_WORK));
	spin_unlock(&p->p_lock);

	if (l->l_flags & LF_RESTART)
		restart_without_handler(l, tf);
	if (l->l_restore_mask) {
		l->l_restore_mask = false;
		signal_set_mask(l->l_saved_mask);
	}
}

void
user_trap(struct trapframe *tf, int signo, int si_code, vaddr_t addr,
    unsigned trapno, uint64_t errcode)
{
	struct lwp *l = curlwp();
	struct siginfo info;

	if (signo == SIGKILL) { /* no memory for the page */
		oom_kill();
		return;
	}
	l->l_trap_no = trapno;
	l->l_trap_err = (uint32_t)errcode;
	l->l_trap_addr = addr;
	memset(&info, 0, sizeof(info));
	info.si_signo = signo;
	info.si_code = si_code;
	info.si_u.fault.addr = addr;
	signal_force(&info);
}

long
sys_rt_sigreturn(void)
{
	struct lwp *l = curlwp();
	struct trapframe *tf = thread_frame(l->l_thread);
	struct siginfo info = { .si_signo = SIGSEGV, .si_code = SI_KERNEL };
	uint64_t mask, size;
	uint32_t flags;
	vaddr_t sp;

	if (md_sigframe_pop(tf, &mask, &sp, &flags, &size) != 0) {
		signal_force(&info);
		return 0;
	}
	/* A stack that sigaltstack(2) would refuse is left as it was. */
	if (flags & SS_DISABLE) {
		l->l_alt_sp = 0;
		l->l_alt_size = 0;
		l->l_alt_flags = SS_DISABLE;
	} else if ((flags & ~(SS_ONSTACK | SS_AUTODISARM)) == 0 &&
	    size >= MINSIGSTKSZ) {
		l->l_alt_sp = sp;
		l->l_alt_size = size;
		l->l_alt_flags = flags & SS_AUTODISARM;
	}
	signal_set_mask(mask);
	return (long)tf->tf_rax;
}
