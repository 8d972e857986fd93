/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/wait.c: wait4 and waitid: news of children.
 *
 * The children are looked through with proctree_lock held. p_child_seq is read
 * before: if it moves while the caller decides to sleep, it looks again.
 */
#include "base/string.h"
#include "base/thread.h"

#include "kern/proc_internal.h"
#include "kern/syscall.h"

#define WNOHANG	   0x00000001
#define WUNTRACED  0x00000002 /* WSTOPPED */
#define WEXITED	   0x00000004
#define WCONTINUED 0x00000008
#define WNOWAIT	   0x01000000
#define __WNOTHREAD 0x20000000
#define __WALL	   0x40000000
#define __WCLONE   0x80000000u

enum { P_ALL, P_PID, P_PGID };

struct wait_req {
	int wr_idtype;
	pid_t wr_id;
	unsigned wr_options;
	/* results */
	pid_t wr_pid; /* 0: none */
	uint32_t wr_status;
	int wr_code; /* CLD_ */
	uid_t wr_uid;
	struct usage wr_usage;
};

static bool
wait_matches(const struct wait_req *wr, const struct proc *c)
{
	if (wr->wr_idtype == P_PID && c->p_pid != wr->wr_id)
		return false;
	if (wr->wr_idtype == P_PGID && c->p_pgrp->pg_id != wr->wr_id)
		return false;
	if (wr->wr_options & __WALL)
		return true;
	return (c->p_exit_signal != SIGCHLD) ==
	    ((wr->wr_options & __WCLONE) != 0);
}

static void
wait_take(struct wait_req *wr, struct proc *c, int code, uint32_t status)
{
	wr->wr_pid = c->p_pid;
	wr->wr_uid = c->p_uid;
	wr->wr_code = code;
	wr->wr_status = status;
	proc_usage(c, &wr->wr_usage);
	usage_add(&wr->wr_usage, &c->p_cusage);
}

static void
wait_take_zombie(struct wait_req *wr, struct proc *c)
{
	uint32_t status = c->p_exit_status;

	wait_take(wr, c, (status & 0x7f) ? CLD_KILLED : CLD_EXITED, status);
	if (wr->wr_options & WNOWAIT)
		return;
	usage_add(&c->p_parent->p_cusage, &wr->wr_usage);
	proc_reap(c);
}

/* Is there news of c? The two flags say what was told already. */
static bool
wait_look(struct wait_req *wr, struct proc *c)
{
	unsigned options = wr->wr_options;
	bool stopped, continued;

	if (c->p_state == PS_ZOMBIE) {
		if ((options & WEXITED) == 0)
			return false;
		wait_take_zombie(wr, c);
		return true;
	}
	spin_lock(&c->p_lock);
	stopped = (options & WUNTRACED) && c->p_state == PS_STOPPED &&
	    !(c->p_flags & P_WAITED_STOP);
	continued = !stopped && (options & WCONTINUED) &&
	    (c->p_flags & P_CONTINUED);
	if ((options & WNOWAIT) == 0) {
		if (stopped)
			proc_flag_set(c, P_WAITED_STOP);
		if (continued)
			proc_flag_clear(c, P_CONTINUED);
	}
	spin_unlock(&c->p_lock);
	if (stopped)
		wait_take(wr, c, CLD_STOPPED, (c->p_stop_sig << 8) | 0x7f);
	else if (continued)
		wait_take(wr, c, CLD_CONTINUED, 0xffff);
	return stopped || continued;
}

/* -ECHILD: there is nobody to wait for. */
static int
wait_scan(struct wait_req *wr)
{
	int result = -ECHILD;
	struct proc *c;

	mutex_lock(&proctree_lock);
	list_foreach(c, &curproc()->p_children, p_sibling) {
		if (!wait_matches(wr, c))
			continue;
		result = 0;
		if (wait_look(wr, c))
			break;
	}
	mutex_unlock(&proctree_lock);
	return result;
}

static int
wait_common(struct wait_req *wr)
{
	struct proc *p = curproc();
	uint32_t seq;
	int error;

	for (;;) {
		seq = atomic_load(&p->p_child_seq);
		error = wait_scan(wr);
		if (error != 0 || wr->wr_pid != 0 ||
		    (wr->wr_options & WNOHANG))
			return error;
		error = WAIT_EVENT_INTR(&p->p_waitq,
		    atomic_load(&p->p_child_seq) != seq);
		if (error != 0)
			return error;
	}
}

long
sys_wait4(pid_t pid, vaddr_t ustatus, int options, vaddr_t uru)
{
	struct wait_req wr;
	int error;

	if ((unsigned)options & ~(WNOHANG | WUNTRACED | WCONTINUED |
		__WNOTHREAD | __WCLONE | __WALL))
		return -EINVAL;
	if (pid == INT32_MIN)
		return -ESRCH;
	memset(&wr, 0, sizeof(wr));
	wr.wr_options = (unsigned)options | WEXITED;
	wr.wr_idtype = pid == -1 ? P_ALL : pid > 0 ? P_PID : P_PGID;
	wr.wr_id = pid > 0 ? pid : -pid;
	if (pid == 0)
		wr.wr_id = curproc()->p_pgrp->pg_id;
	error = wait_common(&wr);
	if (error != 0 || wr.wr_pid == 0)
		return error;
	if (ustatus != 0 && user_store32(ustatus, wr.wr_status) != 0)
		return -EFAULT;
	if (uru != 0 && rusage_copyout(&wr.wr_usage, uru) != 0)
		return -EFAULT;
	return wr.wr_pid;
}

/* si_status: the exit code or the signal. */
static int32_t
wait_si_status(const struct wait_req *wr)
{
	switch (wr->wr_code) {
	case CLD_KILLED:
		return (int32_t)(wr->wr_status & 0x7f);
	case CLD_CONTINUED:
		return SIGCONT;
	default:
		return (int32_t)((wr->wr_status >> 8) & 0xff);
	}
}

long
sys_waitid(int idtype, pid_t id, vaddr_t uinfo, int options, vaddr_t uru)
{
	struct siginfo info;
	struct wait_req wr;
	int error;

	if (((unsigned)options & ~(WNOHANG | WNOWAIT | WEXITED | WUNTRACED |
		 WCONTINUED | __WNOTHREAD | __WCLONE | __WALL)) ||
	    (options & (WEXITED | WUNTRACED | WCONTINUED)) == 0)
		return -EINVAL;
	if (idtype < P_ALL || idtype > P_PGID ||
	    (idtype == P_PID && id <= 0) || (idtype == P_PGID && id < 0))
		return -EINVAL;
	memset(&wr, 0, sizeof(wr));
	wr.wr_options = (unsigned)options;
	wr.wr_idtype = idtype;
	wr.wr_id = id;
	if (idtype == P_PGID && id == 0)
		wr.wr_id = curproc()->p_pgrp->pg_id;
	error = wait_common(&wr);
	if (error != 0)
		return error;
	memset(&info, 0, sizeof(info));
	if (wr.wr_pid != 0) {
		info.si_signo = SIGCHLD;
		info.si_code = wr.wr_code;
		info.si_u.chld.pid = wr.wr_pid;
		info.si_u.chld.uid = wr.wr_uid;
		info.si_u.chld.status = wait_si_status(&wr);
	}
	if (wr.wr_pid != 0 && uru != 0 &&
	    rusage_copyout(&wr.wr_usage, uru) != 0)
		return -EFAULT;
	/* Only the fields that mean something, as Linux: 28 bytes. */
	if (uinfo != 0 &&
	    copyout(&info, uinfo, offsetof(struct siginfo, si_u.chld.pad)) != 0)
		return -EFAULT;
	return 0;
}
