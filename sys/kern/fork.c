/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/fork.c: fork, vfork, clone and clone3: new processes and threads.
 *
 * All are one function with flags. What the child shares is referenced, the
 * rest is copied; vfork shares the address space and stops the parent until
 * the child execs or exits, so nothing at all is copied for it.
 *
 * Invariant: the new lwp is published (proctree_lock) only when it is whole;
 * before that, fork_abort() undoes it.
 */
#include "base/string.h"
#include "base/thread.h"

#include <machine/frame.h>
#include <machine/md.h>

#include "kern/fd.h"
#include "kern/proc_internal.h"
#include "kern/syscall.h"

#define CSIGNAL		     0x000000ffu
#define CLONE_VM	     0x00000100u
#define CLONE_FS	     0x00000200u
#define CLONE_FILES	     0x00000400u
#define CLONE_SIGHAND	     0x00000800u
#define CLONE_PIDFD	     0x00001000u
#define CLONE_VFORK	     0x00004000u
#define CLONE_PARENT	     0x00008000u
#define CLONE_THREAD	     0x00010000u
#define CLONE_NEWNS	     0x00020000u
#define CLONE_SETTLS	     0x00080000u
#define CLONE_PARENT_SETTID  0x00100000u
#define CLONE_CHILD_CLEARTID 0x00200000u
#define CLONE_CHILD_SETTID   0x01000000u
#define CLONE_NEWCGROUP	     0x02000000u
#define CLONE_NEWUTS	     0x04000000u
#define CLONE_NEWIPC	     0x08000000u
#define CLONE_NEWUSER	     0x10000000u
#define CLONE_NEWPID	     0x20000000u
#define CLONE_NEWNET	     0x40000000u
#define CLONE_CLEAR_SIGHAND  0x100000000u
#define CLONE_NEWTIME	     0x00000080u /* clone3 and unshare only */
#define CLONE_NAMESPACES                                                     \
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |       \
	    CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET)

struct fork_args {
	uint64_t fa_flags; /* without CSIGNAL */
	int fa_exit_signal;
	vaddr_t fa_stack; /* 0: as the parent's */
	vaddr_t fa_parent_tid, fa_child_tid, fa_tls;
};

struct clone_args { /* clone3(2), first version */
	uint64_t ca_flags, ca_pidfd, ca_child_tid, ca_parent_tid;
	uint64_t ca_exit_signal, ca_stack, ca_stack_size, ca_tls;
};

static void
fork_child_start(void *arg)
{
	struct lwp *l = arg;

	/* A bad address is the caller's loss, as on Linux. */
	if (l->l_set_tid != 0 &&
	    user_store32(l->l_set_tid, (uint32_t)l->l_thread->td_tid) != 0)
		l->l_set_tid = 0;
	md_return_to_user();
}

static int
fork_check(const struct fork_args *fa)
{
	uint64_t f = fa->fa_flags;

	if (f & CLONE_NAMESPACES)
		return cred_capable(curlwp()->l_cred, CAP_SYS_ADMIN) ?
		    -EINVAL : -EPERM;
	if ((f & CLONE_PIDFD) ||
	    ((f & CLONE_SIGHAND) && !(f & CLONE_VM)) ||
	    ((f & CLONE_THREAD) && !(f & CLONE_SIGHAND)) ||
	    ((f & CLONE_CLEAR_SIGHAND) && (f & CLONE_SIGHAND)) ||
	    ((f & CLONE_PARENT) && (curproc()->p_flags & P_INIT)) ||
	    fa->fa_exit_signal > NSIG)
		return -EINVAL;
	return 0;
}

struct nproc_count {
	uid_t nc_uid;
	uint64_t nc_threads;
};

static int
nproc_count_one(struct proc *p, void *arg)
{
	struct nproc_count *nc = arg;

	if (p->p_uid == nc->nc_uid)
		nc->nc_threads += MAX(p->p_nlwps, 1);
	return 0;
}

/* RLIMIT_NPROC. Counted only for those it can stop; proctree_lock held. */
static bool
nproc_exceeded(void)
{
	const struct cred *cr = curlwp()->l_cred;
	struct nproc_count nc = { cr->cr_uid, 0 };
	uint64_t limit = proc_rlimit(curproc(), RLIMIT_NPROC);

	if (limit == RLIM_INFINITY || cr->cr_uid == 0 ||
	    cred_capable(cr, CAP_SYS_RESOURCE) ||
	    cred_capable(cr, CAP_SYS_ADMIN))
		return false;
	(void)proc_foreach(nproc_count_one, &nc);
	return nc.nc_threads >= limit;
}

/* A process for the child; everything of it but its thread. */
static int
fork_proc(const struct fork_args *fa, struct proc **out)
{
	struct proc *parent = curproc(), *p = proc_create();
	uint64_t f = fa->fa_flags;

	if (p == NULL)
		return -ENOMEM;
	if (f & CLONE_SIGHAND) {
		sighand_ref(parent->p_sighand);
		p->p_sighand = parent->p_sighand;
	} else {
		p->p_sighand = sighand_copy(parent->p_sighand);
		if (p->p_sighand == NULL)
			goto nomem;
		if (f & CLONE_CLEAR_SIGHAND)
			sighand_reset_for_exec(p->p_sighand);
	}
	if (f & CLONE_VM) {
		vmspace_ref(parent->p_vm);
		p->p_vm = parent->p_vm;
	} else {
		p->p_vm = vmspace_fork(parent->p_vm);
		if (p->p_vm == NULL)
			goto nomem;
	}
	memcpy(p->p_rlimit, parent->p_rlimit, sizeof(p->p_rlimit));
	p->p_exit_signal = fa->fa_exit_signal;
	p->p_persona = parent->p_persona;
	p->p_membarrier = parent->p_membarrier;
	p->p_dumpable = parent->p_dumpable;
	p->p_oom_adj = parent->p_oom_adj;
	p->p_uid = parent->p_uid;
	p->p_suid = parent->p_suid;
	*out = p;
	return 0;
nomem:
	proc_unref(p);
	return -ENOMEM;
}

/* The registers of the child: the parent's, with result 0. */
static int
fork_thread(const struct fork_args *fa, struct lwp *l)
{
	struct thread *self = curthread(), *td;
	struct trapframe *tf;

	td = thread_create(self->td_name, fork_child_start, l);
	if (td == NULL)
		return -ENOMEM;
	l->l_thread = td;
	if (md_thread_init_user(td, self) != 0)
		return -ENOMEM;
	tf = thread_frame(td);
	*tf = *thread_frame(self);
	FRAME_RESULT(tf) = 0;
	if (fa->fa_stack != 0)
		tf->tf_rsp = fa->fa_stack;
	if ((fa->fa_flags & CLONE_SETTLS) &&
	    md_thread_set_fsbase(td, fa->fa_tls) != 0)
		return -EPERM;
	td->td_lwp = l;
	td->td_vm = l->l_proc->p_vm;
	td->td_pmap = &td->td_vm->vs_pmap;
	td->td_nice = self->td_nice;
	td->td_cpumask = self->td_cpumask;
	td->td_flags |= self->td_flags & TDF_TRACE;
	return 0;
}

static int
fork_lwp(const struct fork_args *fa, struct proc *p, struct lwp **out)
{
	struct lwp *self = curlwp(), *l = lwp_create(p);
	uint64_t f = fa->fa_flags;

	*out = l;
	if (l == NULL)
		return -ENOMEM;
	l->l_cred = cred_ref(self->l_cred);
	l->l_sigmask = self->l_sigmask;
	l->l_timerslack = self->l_timerslack;
	if ((f & (CLONE_VM | CLONE_VFORK)) != CLONE_VM) {
		l->l_alt_sp = self->l_alt_sp;
		l->l_alt_size = self->l_alt_size;
		l->l_alt_flags = self->l_alt_flags;
	}
	if (f & CLONE_FS) {
		fsctx_ref(self->l_fs);
		l->l_fs = self->l_fs;
	} else {
		l->l_fs = fsctx_copy(self->l_fs);
	}
	if (f & CLONE_FILES) {
		fdtable_ref(self->l_fds);
		l->l_fds = self->l_fds;
	} else {
		l->l_fds = fdtable_copy(self->l_fds);
	}
	if (l->l_fs == NULL || l->l_fds == NULL)
		return -ENOMEM;
	if (f & CLONE_CHILD_SETTID)
		l->l_set_tid = fa->fa_child_tid;
	if (f & CLONE_CHILD_CLEARTID)
		l->l_clear_tid = fa->fa_child_tid;
	return fork_thread(fa, l);
}

static void
fork_abort(struct proc *p, struct lwp *l, bool thread)
{
	if (l != NULL) {
		if (l->l_thread != NULL) {
			l->l_thread->td_lwp = NULL;
			thread_free(l->l_thread);
		}
		if (l->l_fds != NULL)
			fdtable_unref(l->l_fds);
		if (l->l_fs != NULL)
			fsctx_unref(l->l_fs);
		cred_unref(l->l_cred);
		lwp_free(l);
	}
	if (!thread) {
		vmspace_unref(p->p_vm);
		p->p_vm = NULL;
		proc_unref(p);
	}
}

/* Makes the child known, unless the parent is about to end. */
static int
fork_publish(const struct fork_args *fa, struct proc *p, struct lwp *l)
{
	bool thread = (fa->fa_flags & CLONE_THREAD) != 0;
	struct proc *self = curproc();
	pid_t pid;
	int error = 0;

	mutex_lock(&proctree_lock);
	if (nproc_exceeded()) {
		error = -EAGAIN;
		goto out;
	}
	pid = pid_alloc();
	if (pid < 0) {
		error = pid;
		goto out;
	}
	spin_lock(&self->p_lock);
	/* A signal sent to all of a group must not miss the child. */
	if (thread_signalled(curthread())) {
		spin_unlock(&self->p_lock);
		pid_drop(pid);
		error = -ERESTARTNOINTR;
		goto out;
	}
	l->l_thread->td_tid = pid;
	list_add_tail(&p->p_lwps, &l->l_link);
	p->p_nlwps++;
	spin_unlock(&self->p_lock);
	lwp_hash_add(l);
	if (!thread) {
		p->p_pid = pid;
		p->p_fds = l->l_fds;
		proc_link(p, (fa->fa_flags & CLONE_PARENT) ? self->p_parent :
							     self);
		if (fa->fa_flags & CLONE_PARENT)
			p->p_exit_signal = self->p_exit_signal;
		pgrp_enter(p, self->p_pgrp);
	}
out:
	mutex_unlock(&proctree_lock);
	return error;
}

/* Until the child has let go of our address space, or we are killed. */
static void
vfork_wait(struct proc *child)
{
	struct proc *p = curproc();
	struct thread *td = curthread();

	WAIT_EVENT(&p->p_waitq,
	    !(atomic_load(&child->p_flags) & P_VFORK) ||
		(atomic_load_relaxed(&td->td_flags) & TDF_KILLED));
	proc_unref(child);
}

/* The child gives the address space back to its parent. */
void
proc_vfork_done(struct lwp *l)
{
	struct waitq *wq = l->l_vfork;

	if (wq == NULL)
		return;
	l->l_vfork = NULL;
	proc_flag_clear(l->l_proc, P_VFORK);
	waitq_wake_all(wq);
	proc_unref(container_of(wq, struct proc, p_waitq));
}

static long
fork_common(const struct fork_args *fa)
{
	bool thread = (fa->fa_flags & CLONE_THREAD) != 0;
	bool vfork = (fa->fa_flags & CLONE_VFORK) != 0 && !thread;
	struct proc *self = curproc(), *p = self;
	struct lwp *l = NULL;
	pid_t pid;
	int error;

	error = fork_check(fa);
	if (error != 0)
		return error;
	if (!thread) {
		error = fork_proc(fa, &p);
		if (error != 0)
			return error;
	}
	error = fork_lwp(fa, p, &l);
	if (error == 0)
		error = fork_publish(fa, p, l);
	if (error != 0) {
		fork_abort(p, l, thread);
		return error;
	}
	pid = l->l_thread->td_tid;
	if (vfork) {
		proc_ref(self);
		proc_ref(p);
		proc_flag_set(p, P_VFORK);
		l->l_vfork = &self->p_waitq;
	}
	/* A bad address is no error: the child exists. */
	if (fa->fa_flags & CLONE_PARENT_SETTID)
		error = user_store32(fa->fa_parent_tid, (uint32_t)pid);
	thread_run(l->l_thread);
	if (vfork)
		vfork_wait(p);
	return pid;
}

long
sys_fork(void)
{
	struct fork_args fa = { .fa_exit_signal = SIGCHLD };

	return fork_common(&fa);
}

long
sys_vfork(void)
{
	struct fork_args fa = {
		.fa_flags = CLONE_VFORK | CLONE_VM,
		.fa_exit_signal = SIGCHLD,
	};

	return fork_common(&fa);
}

long
sys_clone(unsigned long flags, vaddr_t stack, vaddr_t parent_tid,
    vaddr_t child_tid, unsigned long tls)
{
	struct fork_args fa = {
		.fa_flags = flags & 0xffffff00u,
		.fa_exit_signal = (int)(flags & CSIGNAL),
		.fa_stack = stack,
		.fa_parent_tid = parent_tid,
		.fa_child_tid = child_tid,
		.fa_tls = tls,
	};

	return fork_common(&fa);
}

/* What a longer, newer structure holds must be 0. */
static int
clone_args_copyin(vaddr_t uargs, size_t size, struct clone_args *ca)
{
	uint64_t more;

	if (size < sizeof(*ca))
		return -EINVAL;
	if (size > PAGE_SIZE)
		return -E2BIG;
	if (copyin(uargs, ca, sizeof(*ca)) != 0)
		return -EFAULT;
	for (size_t off = sizeof(*ca); off + 8 <= size; off += 8) {
		if (user_load64(uargs + off, &more) != 0)
			return -EFAULT;
		if (more != 0)
			return -E2BIG;
	}
	return 0;
}

long
sys_clone3(vaddr_t uargs, size_t size)
{
	struct clone_args ca;
	struct fork_args fa;
	int error;

	error = clone_args_copyin(uargs, size, &ca);
	if (error != 0)
		return error;
	if ((ca.ca_flags & ~(UINT64_C(0xffffff00) | CLONE_NEWTIME |
		 CLONE_CLEAR_SIGHAND)) ||
	    (ca.ca_stack == 0) != (ca.ca_stack_size == 0) ||
	    ca.ca_stack >= USER_MAX || ca.ca_stack_size >= USER_MAX ||
	    ca.ca_exit_signal > NSIG ||
	    ((ca.ca_flags & (CLONE_THREAD | CLONE_PARENT)) &&
		ca.ca_exit_signal != 0) ||
	    (ca.ca_flags & CLONE_NEWTIME))
		return -EINVAL;
	fa = (struct fork_args){
		.fa_flags = ca.ca_flags,
		.fa_exit_signal = (int)ca.ca_exit_signal,
		.fa_stack = ca.ca_stack + ca.ca_stack_size,
		.fa_parent_tid = ca.ca_parent_tid,
		.fa_child_tid = ca.ca_child_tid,
		.fa_tls = ca.ca_tls,
	};
	return fork_common(&fa);
}

long
sys_unshare(unsigned long flags)
{
	struct lwp *l = curlwp();
	struct fdtable *fds, *old_fds;
	struct fsctx *fx, *old_fx;

	if (flags & (CLONE_NAMESPACES | CLONE_NEWTIME))
		return cred_capable(l->l_cred, CAP_SYS_ADMIN) ? -EINVAL :
								-EPERM;
	if ((flags & ~(unsigned long)(CLONE_FS | CLONE_FILES | CLONE_VM |
		 CLONE_SIGHAND | CLONE_THREAD)) ||
	    ((flags & (CLONE_VM | CLONE_SIGHAND | CLONE_THREAD)) &&
		l->l_proc->p_nlwps > 1))
		return -EINVAL;
	if (flags & CLONE_FS) {
		fx = fsctx_copy(l->l_fs);
		if (fx == NULL)
			return -ENOMEM;
		/* /proc finds the old one through this thread until then. */
		spin_lock(&l->l_proc->p_lock);
		old_fx = l->l_fs;
		l->l_fs = fx;
		spin_unlock(&l->l_proc->p_lock);
		fsctx_unref(old_fx);
	}
	if (flags & CLONE_FILES) {
		fds = fdtable_copy(l->l_fds);
		if (fds == NULL)
			return -ENOMEM;
		spin_lock(&l->l_proc->p_lock);
		old_fds = l->l_fds;
		l->l_fds = fds;
		if (curthread()->td_tid == l->l_proc->p_pid)
			l->l_proc->p_fds = fds;
		spin_unlock(&l->l_proc->p_lock);
		fdtable_unref(old_fds);
	}
	return 0;
}
