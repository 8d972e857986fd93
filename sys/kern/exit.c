/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/exit.c: the end of threads and processes.
 *
 * Every thread leaves through lwp_exit(); the last one of a process makes it
 * a zombie and tells the parent. exit_group and fatal signals set P_EXITING
 * and TDF_KILLED on all threads, which then come here on their own.
 *
 * Invariants: a thread leaves its address space before it is off p_lwps, so
 * the last one may free it. Only the last one touches the proc once it is off
 * p_lwps and proctree_lock has been released: the parent may reap it as soon
 * as the last has made it a zombie.
 */
#include "base/kprintf.h"
#include "base/panic.h"
#include "base/thread.h"

#include <machine/md.h>

#include "fs/vfs.h"
#include "kern/fd.h"
#include "kern/proc_internal.h"
#include "kern/syscall.h"
#include "kern/tty.h"

void
proc_child_event(struct proc *p)
{
	atomic_add(&p->p_child_seq, 1);
	waitq_wake_all(&p->p_waitq);
}

/* SIG_IGN or SA_NOCLDWAIT for SIGCHLD: children leave no zombies. */
bool
proc_ignores_children(struct proc *p)
{
	struct sigaction sa;

	sigaction_get(p, SIGCHLD, &sa);
	return sa.sa_handler == SIG_IGN || (sa.sa_flags & SA_NOCLDWAIT);
}

void
proc_notify_parent(struct proc *p, int cld_code, int status)
{
	struct proc *parent = p->p_parent;
	bool ended = cld_code == CLD_EXITED || cld_code == CLD_KILLED;
	int signo = ended ? p->p_exit_signal : SIGCHLD;
	struct sigaction sa;
	struct usage u;

	if (parent == NULL)
		return;
	sigaction_get(parent, SIGCHLD, &sa);
	if (signo != 0 && (ended || !(sa.sa_flags & SA_NOCLDSTOP))) {
		struct siginfo info = { .si_signo = signo,
			.si_code = cld_code };

		proc_usage(p, &u);
		info.si_u.chld.pid = p->p_pid;
		info.si_u.chld.uid = p->p_uid;
		info.si_u.chld.status = status;
		info.si_u.chld.utime = u.ru_utime / (NSEC_PER_SEC / 100);
		info.si_u.chld.stime = u.ru_stime / (NSEC_PER_SEC / 100);
		signal_proc_info(parent, &info);
	}
	proc_child_event(parent);
}

static void
proc_notify_exit(struct proc *p)
{
	if (p->p_exit_status & 0x7f)
		proc_notify_parent(p, CLD_KILLED,
		    (int)(p->p_exit_status & 0x7f));
	else
		proc_notify_parent(p, CLD_EXITED,
		    (int)(p->p_exit_status >> 8));
}

void
proc_reap(struct proc *p)
{
	proc_unlink(p);
	pgrp_leave(p);
	pid_drop(p->p_pid);
	proc_unref(p);
}

/* Who takes the children of p: the nearest subreaper above, or init. */
static struct proc *
proc_reaper(struct proc *p)
{
	struct proc *q;

	for (q = p->p_parent; q != NULL; q = q->p_parent)
		if ((q->p_flags & P_SUBREAPER) && q->p_state != PS_ZOMBIE)
			return q;
	return initproc;
}

static void
proc_give_children(struct proc *p)
{
	struct proc *reaper = proc_reaper(p), *c, *next;

	list_foreach_safe(c, next, &p->p_children, p_sibling) {
		list_del(&c->p_sibling);
		c->p_parent = reaper;
		c->p_ppid = reaper->p_pid;
		c->p_exit_signal = SIGCHLD;
		list_add_tail(&reaper->p_children, &c->p_sibling);
		if (c->p_pdeath_sig != 0)
			signal_proc(c, c->p_pdeath_sig);
		if (c->p_state != PS_ZOMBIE)
			pgrp_check_orphan(c->p_pgrp, p, NULL);
		else if (proc_ignores_children(reaper))
			proc_reap(c);
		else
			proc_notify_exit(c);
	}
}

/* The machine cannot go on without init. */
static __noreturn void
init_ended(uint32_t status)
{
	klog(KLOG_EMERG, "init ended with status %x: the system halts\n",
	    status);
	vfs_shutdown();
	md_panic_stop(1);
}

/* From the last thread: nothing of the process is left but its numbers. */
static void
proc_become_zombie(struct proc *p)
{
	bool autoreap;

	proc_give_children(p);
	spin_lock(&p->p_lock);
	p->p_state = PS_ZOMBIE;
	sigpend_flush(p, &p->p_pending);
	spin_unlock(&p->p_lock);
	pgrp_check_orphan(p->p_pgrp, p->p_parent, p);
	if (p->p_pgrp->pg_session->s_leader == p)
		p->p_pgrp->pg_session->s_leader = NULL;
	autoreap = p->p_exit_signal == SIGCHLD &&
	    proc_ignores_children(p->p_parent);
	waitq_wake_key(&p->p_waitq, 1);
	proc_notify_exit(p);
	if (autoreap)
		proc_reap(p);
}

/* What the whole process has, when its last thread goes. */
static void
proc_release(struct proc *p)
{
	struct session *s;
	struct vmspace *vs;

	proc_timers_exit(p, false);
	spin_lock(&p->p_lock);
	vs = p->p_vm;
	p->p_self.ru_minflt += vs->vs_min_flt;
	p->p_self.ru_majflt += vs->vs_maj_flt;
	p->p_self.ru_maxrss = MAX(p->p_self.ru_maxrss, vs->vs_peak_rss);
	p->p_vm = NULL;
	spin_unlock(&p->p_lock);
	vmspace_unref(vs);
	s = p->p_pgrp->pg_session;
	if (s->s_leader == p)
		tty_session_leave(s, true);
	if (p->p_flags & P_INIT)
		init_ended(p->p_exit_status);
}

/* p_fds is what /proc shows: another thread's when its owner goes. */
static void
lwp_drop_files(struct proc *p, struct lwp *l)
{
	struct fdtable *fds = l->l_fds;
	struct lwp *other;

	spin_lock(&p->p_lock);
	l->l_fds = NULL;
	if (p->p_fds == fds) {
		p->p_fds = NULL;
		list_foreach(other, &p->p_lwps, l_link)
			if (other->l_fds != NULL)
				p->p_fds = other->l_fds;
	}
	spin_unlock(&p->p_lock);
	fdtable_unref(fds);
	fsctx_unref(l->l_fs);
}

/* Off the list of threads; true if it was the last. */
static bool
lwp_leave(struct proc *p, struct lwp *l, uint32_t status)
{
	struct thread *td = l->l_thread;
	bool last;

	spin_lock(&p->p_lock);
	if (td->td_tid == p->p_pid && !(p->p_flags & P_EXITING))
		p->p_exit_status = status;
	signal_retarget(p, ~UINT64_C(0));
	list_del(&l->l_link);
	last = --p->p_nlwps == 0;
	sigpend_flush(p, &l->l_pending);
	usage_add_thread(&p->p_self, td);
	if (p->p_group_exiter != NULL)
		waitq_wake_all(&p->p_waitq);
	spin_unlock(&p->p_lock);
	return last;
}

void
lwp_exit(uint32_t status)
{
	struct lwp *l = curlwp();
	struct thread *td = l->l_thread;
	struct proc *p = l->l_proc;
	struct vmspace *vs;
	bool alone, last;

	futex_exit(l);
	lwp_drop_files(p, l);
	vs = vmspace_switch(NULL);
	proc_vfork_done(l);
	KASSERT(vs == p->p_vm);
	/* Others are there: one may be the last before we look again. */
	alone = atomic_load(&p->p_nlwps) == 1;
	if (!alone)
		mutex_lock(&proctree_lock);
	last = lwp_leave(p, l, status);
	if (last) {
		if (!alone)
			mutex_unlock(&proctree_lock);
		proc_release(p);
		mutex_lock(&proctree_lock);
	}
	lwp_hash_del(l);
	if (td->td_tid != p->p_pid)
		pid_drop(td->td_tid);
	if (last)
		proc_become_zombie(p);
	else
		proc_stopped_notify(p);
	mutex_unlock(&proctree_lock);
	cred_unref(l->l_cred);
	td->td_lwp = NULL;
	lwp_free(l);
	thread_exit();
}

void
proc_exit_group(uint32_t wait_status)
{
	struct lwp *l = curlwp();
	struct proc *p = l->l_proc;

	spin_lock(&p->p_lock);
	if ((p->p_flags & P_EXITING) == 0) {
		proc_flag_set(p, P_EXITING);
		p->p_exit_status = wait_status;
		proc_kill_lwps(p, l);
	}
	spin_unlock(&p->p_lock);
	lwp_exit(wait_status);
}

/*
 * For execve: on return this is the only thread, and it bears the number of
 * the process.
 */
int
proc_single_thread(void)
{
	struct lwp *l = curlwp();
	struct thread *td = l->l_thread;
	struct proc *p = l->l_proc;

	if (p->p_nlwps == 1 && td->td_tid == p->p_pid)
		return 0;
	spin_lock(&p->p_lock);
	if (p->p_group_exiter != NULL || (p->p_flags & P_EXITING)) {
		spin_unlock(&p->p_lock);
		return -EAGAIN;
	}
	p->p_group_exiter = l;
	proc_kill_lwps(p, l);
	spin_unlock(&p->p_lock);
	WAIT_EVENT(&p->p_waitq, atomic_load(&p->p_nlwps) == 1);
	mutex_lock(&proctree_lock);
	spin_lock(&p->p_lock);
	p->p_group_exiter = NULL;
	p->p_fds = l->l_fds;
	spin_unlock(&p->p_lock);
	if (td->td_tid != p->p_pid) {
		lwp_hash_del(l);
		pid_drop(td->td_tid);
		td->td_tid = p->p_pid;
		lwp_hash_add(l);
	}
	mutex_unlock(&proctree_lock);
	return 0;
}

long
sys_exit(int status)
{
	lwp_exit(((uint32_t)status & 0xff) << 8);
}

long
sys_exit_group(int status)
{
	proc_exit_group(((uint32_t)status & 0xff) << 8);
}
