/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/sigsend.c: signals on their way to somebody, and who may send them.
 */
#include "base/string.h"
#include "base/thread.h"

#include <machine/md.h>

#include "kern/proc_internal.h"
#include "kern/syscall.h"

/* Flags first, then the wake-up: a sleeper looks at the flags last. */
void
signal_wake(struct lwp *l, uint32_t tdflag)
{
	struct thread *td = l->l_thread;

	atomic_or(&td->td_flags, tdflag);
	if (td == curthread())
		return;
	thread_interrupt(td);
}

void
proc_kill_lwps(struct proc *p, struct lwp *except)
{
	struct lwp *l;

	list_foreach(l, &p->p_lwps, l_link)
		if (l != except)
			signal_wake(l, TDF_KILLED);
	waitq_wake_all(&p->p_stopq);
	waitq_wake_all(&p->p_waitq);
}

void
signal_recalc(struct lwp *l)
{
	struct proc *p = l->l_proc;
	struct thread *td = l->l_thread;

	if (((l->l_pending.sp_set | p->p_pending.sp_set) & ~l->l_sigmask) ||
	    (p->p_flags & P_STOPPING))
		atomic_or(&td->td_flags, TDF_SIGNAL);
	else if (td->td_flags & TDF_SIGNAL)
		atomic_and(&td->td_flags, ~(uint32_t)TDF_SIGNAL);
}

void
signal_set_mask(sigset_t mask)
{
	struct lwp *l = curlwp();
	struct proc *p = l->l_proc;

	mask &= ~SIGMASK_UNBLOCKABLE;
	if (mask == l->l_sigmask)
		return;
	spin_lock(&p->p_lock);
	signal_retarget(p, mask & ~l->l_sigmask);
	l->l_sigmask = mask;
	signal_recalc(l);
	spin_unlock(&p->p_lock);
}

/* user_ast() puts the old mask back, so it must be called. */
void
signal_set_temp_mask(sigset_t mask)
{
	struct lwp *l = curlwp();

	l->l_saved_mask = l->l_sigmask;
	l->l_restore_mask = true;
	signal_set_mask(mask);
	atomic_or(&l->l_thread->td_flags, TDF_WORK);
}

bool
signal_ignored_or_blocked(int signo)
{
	struct lwp *l = curlwp();
	struct sigaction sa;

	if (l->l_sigmask & SIGBIT(signo))
		return true;
	spin_lock(&l->l_proc->p_lock);
	sigaction_get(l->l_proc, signo, &sa);
	spin_unlock(&l->l_proc->p_lock);
	return sa.sa_handler == SIG_IGN;
}

int
signal_dequeue(sigset_t set, struct siginfo *info)
{
	struct lwp *l = curlwp();
	struct proc *p = l->l_proc;
	int signo;

	spin_lock(&p->p_lock);
	signo = sigpend_take(p, &l->l_pending, set, info);
	if (signo == 0)
		signo = sigpend_take(p, &p->p_pending, set, info);
	signal_recalc(l);
	spin_unlock(&p->p_lock);
	return signo;
}

/* From the running process by kill(2) and relatives. */
void
siginfo_user(struct siginfo *info, int signo, int code)
{
	memset(info, 0, sizeof(*info));
	info->si_signo = signo;
	info->si_code = code;
	info->si_u.rt.pid = curproc()->p_pid;
	info->si_u.rt.uid = curlwp()->l_cred->cr_uid;
}

void
signal_proc_info(struct proc *p, const struct siginfo *info)
{
	spin_lock(&p->p_lock);
	(void)signal_queue(p, NULL, info, false);
	spin_unlock(&p->p_lock);
}

void
signal_lwp_info(struct lwp *l, const struct siginfo *info)
{
	spin_lock(&l->l_proc->p_lock);
	(void)signal_queue(l->l_proc, l, info, false);
	spin_unlock(&l->l_proc->p_lock);
}

void
signal_proc(struct proc *p, int signo)
{
	struct siginfo info;

	memset(&info, 0, sizeof(info));
	info.si_signo = signo;
	info.si_code = SI_KERNEL;
	signal_proc_info(p, &info);
}

void
signal_pgrp(struct pgrp *pg, int signo)
{
	struct proc *p;

	list_foreach(p, &pg->pg_members, p_pglink)
		signal_proc(p, signo);
}

void
signal_pgrp_id(pid_t pgid, int signo)
{
	struct pgrp *pg;

	mutex_lock(&proctree_lock);
	pg = pgrp_find(pgid);
	if (pg != NULL)
		signal_pgrp(pg, signo);
	mutex_unlock(&proctree_lock);
}

bool
proc_same_user(struct proc *p)
{
	const struct cred *cr = curlwp()->l_cred;

	return cr->cr_euid == p->p_uid || cr->cr_euid == p->p_suid ||
	    cr->cr_uid == p->p_uid || cr->cr_uid == p->p_suid;
}

/* proctree_lock held if signo is SIGCONT, for the session. */
int
proc_may_signal(struct proc *p, int signo)
{
	if (p == curproc() || proc_same_user(p) ||
	    cred_capable(curlwp()->l_cred, CAP_KILL))
		return 0;
	if (signo == SIGCONT && p->p_pgrp != NULL &&
	    p->p_pgrp->pg_session == curproc()->p_pgrp->pg_session)
		return 0;
	return -EPERM;
}

/* signo 0 only asks. */
static int
kill_one(struct proc *p, const struct siginfo *info)
{
	int error = proc_may_signal(p, info->si_signo);

	if (error == 0 && info->si_signo != 0)
		signal_proc_info(p, info);
	return error;
}

static int
kill_pgrp(pid_t pgid, const struct siginfo *info)
{
	struct pgrp *pg = pgrp_find(pgid);
	int error = -ESRCH, result = -ESRCH;
	struct proc *p;

	if (pg == NULL)
		return -ESRCH;
	list_foreach(p, &pg->pg_members, p_pglink) {
		error = kill_one(p, info);
		if (error == 0 || result == -ESRCH)
			result = error;
	}
	return result;
}

struct kill_all {
	const struct siginfo *ka_info;
	int ka_result;
};

static int
kill_all_one(struct proc *p, void *arg)
{
	struct kill_all *ka = arg;
	int error;

	if ((p->p_flags & P_INIT) || p == curproc())
		return 0;
	error = kill_one(p, ka->ka_info);
	if (error == 0 || ka->ka_result == -ESRCH)
		ka->ka_result = error;
	return 0;
}

long
sys_kill(pid_t pid, int signo)
{
	struct siginfo info;
	struct kill_all ka = { &info, -ESRCH };
	struct proc *p;
	long error;

	if (signo < 0 || signo > NSIG)
		return -EINVAL;
	siginfo_user(&info, signo, SI_USER);
	mutex_lock(&proctree_lock);
	if (pid > 0) {
		p = proc_find_locked(pid);
		error = p == NULL ? -ESRCH : kill_one(p, &info);
	} else if (pid == -1) {
		(void)proc_foreach(kill_all_one, &ka);
		error = ka.ka_result;
	} else {
		error = kill_pgrp(pid == 0 ? curproc()->p_pgrp->pg_id : -pid,
		    &info);
	}
	mutex_unlock(&proctree_lock);
	return error;
}

/* One thread; tgid 0: of whatever process. */
static int
kill_lwp(pid_t tgid, pid_t tid, const struct siginfo *info, bool strict)
{
	struct lwp *l;
	int error;

	if (tid <= 0 || tgid < 0 || info->si_signo < 0 ||
	    info->si_signo > NSIG)
		return -EINVAL;
	mutex_lock(&proctree_lock);
	l = lwp_find(tid);
	error = -ESRCH;
	if (l == NULL || (tgid != 0 && l->l_proc->p_pid != tgid))
		goto out;
	error = proc_may_signal(l->l_proc, info->si_signo);
	if (error == 0 && info->si_signo != 0) {
		spin_lock(&l->l_proc->p_lock);
		error = signal_queue(l->l_proc, l, info, strict);
		spin_unlock(&l->l_proc->p_lock);
	}
out:
	mutex_unlock(&proctree_lock);
	return error;
}

long
sys_tkill(pid_t tid, int signo)
{
	struct siginfo info;

	siginfo_user(&info, signo, SI_TKILL);
	return kill_lwp(0, tid, &info, false);
}

long
sys_tgkill(pid_t tgid, pid_t tid, int signo)
{
	struct siginfo info;

	if (tgid <= 0)
		return -EINVAL;
	siginfo_user(&info, signo, SI_TKILL);
	return kill_lwp(tgid, tid, &info, false);
}

/* User space may not pose as the kernel or as kill(2) to others. */
static int
siginfo_copyin(struct siginfo *info, vaddr_t uinfo, int signo, pid_t target)
{
	if (copyin(uinfo, info, sizeof(*info)) != 0)
		return -EFAULT;
	if (signo < 0 || signo > NSIG)
		return -EINVAL;
	info->si_signo = signo;
	if ((info->si_code >= 0 || info->si_code == SI_TKILL) &&
	    target != curproc()->p_pid)
		return -EPERM;
	return 0;
}

long
sys_rt_sigqueueinfo(pid_t pid, int signo, vaddr_t uinfo)
{
	struct siginfo info;
	struct proc *p;
	int error;

	error = siginfo_copyin(&info, uinfo, signo, pid);
	if (error != 0)
		return error;
	mutex_lock(&proctree_lock);
	p = proc_find_locked(pid);
	error = p == NULL ? -ESRCH : proc_may_signal(p, signo);
	if (error == 0 && signo != 0) {
		spin_lock(&p->p_lock);
		error = signal_queue(p, NULL, &info, true);
		spin_unlock(&p->p_lock);
	}
	mutex_unlock(&proctree_lock);
	return error;
}

long
sys_rt_tgsigqueueinfo(pid_t tgid, pid_t tid, int signo, vaddr_t uinfo)
{
	struct siginfo info;
	int error;

	if (tgid <= 0 || tid <= 0)
		return -EINVAL;
	error = siginfo_copyin(&info, uinfo, signo, tgid);
	if (error != 0)
		return error;
	return kill_lwp(tgid, tid, &info, true);
}
