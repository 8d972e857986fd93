/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/sigsyscalls.c: system calls by which a process arranges for its
 * own signals: dispositions, masks, waiting, the alternate stack.
 */
#include "base/string.h"
#include "base/thread.h"

#include <machine/frame.h>

#include "kern/proc_internal.h"
#include "kern/syscall.h"

#define SIG_BLOCK   0
#define SIG_UNBLOCK 1
#define SIG_SETMASK 2

#define SA_KNOWN                                                             \
	(SA_NOCLDSTOP | SA_NOCLDWAIT | SA_SIGINFO | SA_ONSTACK | SA_RESTART | \
	    SA_NODEFER | SA_RESETHAND | SA_RESTORER)

struct stack { /* stack_t */
	vaddr_t ss_sp;
	uint32_t ss_flags;
	uint32_t ss_pad;
	uint64_t ss_size;
};

static int
sigset_copyin(vaddr_t uset, size_t size, sigset_t *out)
{
	if (size != sizeof(sigset_t))
		return -EINVAL;
	return user_load64(uset, out);
}

static void
sigaction_set(struct proc *p, int signo, const struct sigaction *sa)
{
	struct sighand *sh = p->p_sighand;
	bool ignore = sa->sa_handler == SIG_IGN ||
	    (sa->sa_handler == SIG_DFL && (SIGMASK_DFL_IGN & SIGBIT(signo)));
	struct lwp *l;

	spin_lock(&p->p_lock);
	spin_lock(&sh->sh_lock);
	sh->sh_act[signo - 1] = *sa;
	sh->sh_act[signo - 1].sa_mask &= ~SIGMASK_UNBLOCKABLE;
	sh->sh_act[signo - 1].sa_flags &= SA_KNOWN;
	spin_unlock(&sh->sh_lock);
	/* What is ignored now is not pending any more, blocked or not. */
	if (ignore) {
		sigpend_discard(p, &p->p_pending, SIGBIT(signo));
		list_foreach(l, &p->p_lwps, l_link)
			sigpend_discard(p, &l->l_pending, SIGBIT(signo));
	}
	spin_unlock(&p->p_lock);
}

long
sys_rt_sigaction(int signo, vaddr_t uact, vaddr_t uold, size_t setsize)
{
	struct proc *p = curproc();
	struct sigaction act, old;

	if (setsize != sizeof(sigset_t))
		return -EINVAL;
	if (uact != 0 && copyin(uact, &act, sizeof(act)) != 0)
		return -EFAULT;
	if (signo < 1 || signo > NSIG ||
	    (uact != 0 && (SIGMASK_UNBLOCKABLE & SIGBIT(signo))))
		return -EINVAL;
	if (uold != 0) {
		spin_lock(&p->p_lock);
		sigaction_get(p, signo, &old);
		spin_unlock(&p->p_lock);
	}
	if (uact != 0)
		sigaction_set(p, signo, &act);
	if (uold != 0)
		return copyout(&old, uold, sizeof(old));
	return 0;
}

long
sys_rt_sigprocmask(int how, vaddr_t uset, vaddr_t uold, size_t setsize)
{
	sigset_t old = curlwp()->l_sigmask, set, mask;

	if (setsize != sizeof(sigset_t))
		return -EINVAL;
	if (uset != 0) {
		if (user_load64(uset, &set) != 0)
			return -EFAULT;
		switch (how) {
		case SIG_BLOCK:
			mask = old | set;
			break;
		case SIG_UNBLOCK:
			mask = old & ~set;
			break;
		case SIG_SETMASK:
			mask = set;
			break;
		default:
			return -EINVAL;
		}
		signal_set_mask(mask);
	}
	if (uold != 0)
		return user_store64(uold, old);
	return 0;
}

long
sys_rt_sigpending(vaddr_t uset, size_t setsize)
{
	struct lwp *l = curlwp();
	sigset_t set;

	if (setsize > sizeof(sigset_t))
		return -EINVAL;
	spin_lock(&l->l_proc->p_lock);
	set = (l->l_pending.sp_set | l->l_proc->p_pending.sp_set) &
	    l->l_sigmask;
	spin_unlock(&l->l_proc->p_lock);
	return copyout(&set, uset, setsize);
}

/* Sleeps until a signal of `set` could be taken, or another one interrupts. */
static int
sigwait_sleep(struct lwp *l, sigset_t set, nsec_t deadline)
{
	struct proc *p = l->l_proc;
	struct waitq wq;
	int error;

	spin_lock(&p->p_lock);
	l->l_waiting = set;
	if (((l->l_pending.sp_set | p->p_pending.sp_set) & set) != 0)
		atomic_or(&l->l_thread->td_flags, TDF_SIGNAL);
	spin_unlock(&p->p_lock);
	waitq_init(&wq);
	error = WAIT_EVENT_INTR_UNTIL(&wq, false, deadline);
	spin_lock(&p->p_lock);
	l->l_waiting = 0;
	spin_unlock(&p->p_lock);
	return error;
}

long
sys_rt_sigtimedwait(vaddr_t uset, vaddr_t uinfo, vaddr_t utimeout,
    size_t setsize)
{
	struct lwp *l = curlwp();
	nsec_t deadline = NSEC_NEVER, span;
	struct siginfo info;
	sigset_t set;
	int error, signo;

	error = sigset_copyin(uset, setsize, &set);
	if (error != 0)
		return error;
	set &= ~SIGMASK_UNBLOCKABLE;
	if (utimeout != 0) {
		error = timespec_copyin(utimeout, &span);
		if (error != 0)
			return error;
		deadline = deadline_after(span);
	}
	signo = signal_dequeue(set, &info);
	if (signo == 0 && (utimeout == 0 || span > 0)) {
		error = sigwait_sleep(l, set, deadline);
		signo = signal_dequeue(set, &info);
	}
	if (signo == 0)
		return error == -ERESTARTSYS ? -EINTR : -EAGAIN;
	if (uinfo != 0 && copyout(&info, uinfo, sizeof(info)) != 0)
		return -EFAULT;
	return signo;
}

long
sys_rt_sigsuspend(vaddr_t uset, size_t setsize)
{
	sigset_t set;
	int error;

	error = sigset_copyin(uset, setsize, &set);
	if (error != 0)
		return error;
	signal_set_temp_mask(set);
	(void)thread_sleep_until_intr(NSEC_NEVER);
	return -ERESTARTNOHAND;
}

long
sys_pause(void)
{
	(void)thread_sleep_until_intr(NSEC_NEVER);
	return -ERESTARTNOHAND;
}

static bool
altstack_in_use(const struct lwp *l)
{
	vaddr_t sp = thread_frame(l->l_thread)->tf_rsp;

	return (l->l_alt_flags & (SS_AUTODISARM | SS_DISABLE)) == 0 &&
	    sp > l->l_alt_sp && sp - l->l_alt_sp <= l->l_alt_size;
}

long
sys_sigaltstack(vaddr_t uss, vaddr_t uold)
{
	struct lwp *l = curlwp();
	struct stack ss, old = {
		.ss_sp = l->l_alt_sp,
		.ss_flags = l->l_alt_flags,
		.ss_size = l->l_alt_size,
	};

	if (altstack_in_use(l))
		old.ss_flags |= SS_ONSTACK;
	if (uss != 0) {
		if (copyin(uss, &ss, sizeof(ss)) != 0)
			return -EFAULT;
		if (altstack_in_use(l))
			return -EPERM;
		if ((ss.ss_flags &
			~(SS_ONSTACK | SS_DISABLE | SS_AUTODISARM)) != 0 ||
		    (ss.ss_flags & (SS_ONSTACK | SS_DISABLE)) ==
			(SS_ONSTACK | SS_DISABLE))
			return -EINVAL;
		if (ss.ss_flags & SS_DISABLE) {
			ss.ss_sp = 0;
			ss.ss_size = 0;
		} else if (ss.ss_size < MINSIGSTKSZ) {
			return -ENOMEM;
		}
		l->l_alt_sp = ss.ss_sp;
		l->l_alt_size = ss.ss_size;
		l->l_alt_flags = ss.ss_flags & ~SS_ONSTACK;
	}
	if (uold != 0)
		return copyout(&old, uold, sizeof(old));
	return 0;
}

long
sys_restart_syscall(void)
{
	struct lwp *l = curlwp();
	int (*fn)(struct lwp *) = l->l_restart_fn;

	l->l_restart_fn = NULL;
	return fn != NULL ? fn(l) : -EINTR;
}
