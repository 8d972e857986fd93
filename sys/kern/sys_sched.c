/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/sys_sched.c: system calls on scheduling: niceness, affinity,
 * policies. There is one policy, SCHED_OTHER, with the two variants programs
 * ask for that change nothing here; real-time policies are refused.
 */
#include "base/thread.h"

#include "kern/proc_internal.h"
#include "kern/syscall.h"

#define SCHED_OTHER 0
#define SCHED_FIFO  1
#define SCHED_RR    2
#define SCHED_BATCH 3
#define SCHED_IDLE  5
#define SCHED_RESET_ON_FORK 0x40000000

#define PRIO_PROCESS 0
#define PRIO_PGRP    1
#define PRIO_USER    2

#define SLICE (4 * NSEC_PER_MSEC)

long
sys_sched_yield(void)
{
	sched_yield();
	return 0;
}

/* fn on the thread tid, 0: the running one; proctree_lock held during it. */
static int
with_lwp(pid_t tid, int (*fn)(struct lwp *, void *), void *arg)
{
	struct lwp *l;
	int error;

	if (tid < 0)
		return -EINVAL;
	mutex_lock(&proctree_lock);
	l = tid == 0 ? curlwp() : lwp_find(tid);
	error = l == NULL ? -ESRCH : fn(l, arg);
	mutex_unlock(&proctree_lock);
	return error;
}

static bool
may_schedule(struct lwp *l)
{
	return proc_same_user(l->l_proc) ||
	    cred_capable(curlwp()->l_cred, CAP_SYS_NICE);
}

static int
affinity_set(struct lwp *l, void *arg)
{
	const uint64_t *mask = arg;

	return may_schedule(l) ? thread_set_affinity(l->l_thread, *mask) :
				 -EPERM;
}

static uint64_t
all_cpus(void)
{
	return ncpus >= 64 ? ~UINT64_C(0) : (UINT64_C(1) << ncpus) - 1;
}

long
sys_sched_setaffinity(pid_t pid, unsigned len, vaddr_t umask)
{
	uint64_t mask = 0;

	if (copyin(umask, &mask, MIN(len, sizeof(mask))) != 0)
		return -EFAULT;
	mask &= all_cpus();
	if (mask == 0)
		return -EINVAL;
	return with_lwp(pid, affinity_set, &mask);
}

static int
affinity_get(struct lwp *l, void *arg)
{
	uint64_t *mask = arg;

	*mask = l->l_thread->td_cpumask & all_cpus();
	return 0;
}

/* The number of bytes written, unlike what the C library makes of it. */
long
sys_sched_getaffinity(pid_t pid, unsigned len, vaddr_t umask)
{
	uint64_t mask;
	int error;

	if (len < sizeof(mask) || (len & 7))
		return -EINVAL;
	error = with_lwp(pid, affinity_get, &mask);
	if (error != 0)
		return error;
	if (copyout(&mask, umask, sizeof(mask)) != 0)
		return -EFAULT;
	return sizeof(mask);
}

static int
nothing(struct lwp *l, void *arg)
{
	return 0;
}

struct policy_req {
	int pr_policy;
	uint32_t pr_prio;
};

static int
policy_set(struct lwp *l, void *arg)
{
	const struct policy_req *pr = arg;

	switch (pr->pr_policy) {
	case SCHED_OTHER:
	case SCHED_BATCH:
	case SCHED_IDLE:
		if (pr->pr_prio != 0)
			return -EINVAL;
		return may_schedule(l) ? 0 : -EPERM;
	case SCHED_FIFO:
	case SCHED_RR:
		return pr->pr_prio < 1 || pr->pr_prio > 99 ? -EINVAL : -EPERM;
	}
	return -EINVAL;
}

long
sys_sched_getscheduler(pid_t pid)
{
	int error = with_lwp(pid, nothing, NULL);

	return error != 0 ? error : SCHED_OTHER;
}

long
sys_sched_setscheduler(pid_t pid, int policy, vaddr_t uparam)
{
	struct policy_req pr = { policy & ~SCHED_RESET_ON_FORK, 0 };

	if (policy < 0 || uparam == 0)
		return -EINVAL;
	if (user_load32(uparam, &pr.pr_prio) != 0)
		return -EFAULT;
	return with_lwp(pid, policy_set, &pr);
}

long
sys_sched_getparam(pid_t pid, vaddr_t uparam)
{
	int error = uparam == 0 ? -EINVAL : with_lwp(pid, nothing, NULL);

	return error != 0 ? error : user_store32(uparam, 0);
}

long
sys_sched_setparam(pid_t pid, vaddr_t uparam)
{
	return sys_sched_setscheduler(pid, SCHED_OTHER, uparam);
}

long
sys_sched_get_priority_max(int policy)
{
	if (policy == SCHED_FIFO || policy == SCHED_RR)
		return 99;
	return policy == SCHED_OTHER || policy == SCHED_BATCH ||
		policy == SCHED_IDLE ? 0 : -EINVAL;
}

long
sys_sched_get_priority_min(int policy)
{
	if (policy == SCHED_FIFO || policy == SCHED_RR)
		return 1;
	return sys_sched_get_priority_max(policy);
}

long
sys_sched_rr_get_interval(pid_t pid, vaddr_t uinterval)
{
	int error = with_lwp(pid, nothing, NULL);

	return error != 0 ? error : timespec_copyout(SLICE, uinterval);
}

/* getpriority and setpriority go over threads by what `which` names. */
struct prio_req {
	int pr_which, pr_who; /* pr_who: never 0 */
	bool pr_set;
	int pr_nice;   /* to set; the best found */
	int pr_result; /* -ESRCH until one is found */
};

static int
nice_change(struct lwp *l, int nice)
{
	struct thread *td = l->l_thread;
	uint64_t limit = proc_rlimit(l->l_proc, RLIMIT_NICE);

	if (!may_schedule(l))
		return -EPERM;
	if (nice < td->td_nice && (uint64_t)(20 - nice) > limit &&
	    !cred_capable(curlwp()->l_cred, CAP_SYS_NICE))
		return -EACCES;
	thread_set_nice(td, nice);
	return 0;
}

static void
prio_lwp(struct prio_req *pr, struct lwp *l)
{
	int error;

	if (pr->pr_set) {
		error = nice_change(l, pr->pr_nice);
		if (pr->pr_result == -ESRCH || error != 0)
			pr->pr_result = error;
	} else if (pr->pr_result == -ESRCH ||
	    l->l_thread->td_nice < pr->pr_nice) {
		pr->pr_nice = l->l_thread->td_nice;
		pr->pr_result = 0;
	}
}

static int
prio_proc(struct proc *p, void *arg)
{
	struct prio_req *pr = arg;
	struct lwp *l;

	if (p->p_state == PS_ZOMBIE)
		return 0;
	if (pr->pr_which == PRIO_PGRP && p->p_pgrp->pg_id != pr->pr_who)
		return 0;
	if (pr->pr_which == PRIO_USER && p->p_uid != (uid_t)pr->pr_who)
		return 0;
	spin_lock(&p->p_lock);
	list_foreach(l, &p->p_lwps, l_link)
		prio_lwp(pr, l);
	spin_unlock(&p->p_lock);
	return 0;
}

static int
prio_do(struct prio_req *pr)
{
	struct lwp *l;

	if (pr->pr_which < PRIO_PROCESS || pr->pr_which > PRIO_USER)
		return -EINVAL;
	pr->pr_result = -ESRCH;
	mutex_lock(&proctree_lock);
	if (pr->pr_which == PRIO_PROCESS) {
		l = pr->pr_who == 0 ? curlwp() : lwp_find(pr->pr_who);
		if (l != NULL)
			prio_lwp(pr, l);
	} else {
		if (pr->pr_who == 0)
			pr->pr_who = pr->pr_which == PRIO_PGRP ?
			    curproc()->p_pgrp->pg_id :
			    (int)curlwp()->l_cred->cr_uid;
		(void)proc_foreach(prio_proc, pr);
	}
	mutex_unlock(&proctree_lock);
	return pr->pr_result;
}

/* 20 - nice, so that no result looks like an error. */
long
sys_getpriority(int which, int who)
{
	struct prio_req pr = { .pr_which = which, .pr_who = who };
	int error = prio_do(&pr);

	return error != 0 ? error : 20 - pr.pr_nice;
}

long
sys_setpriority(int which, int who, int nice)
{
	struct prio_req pr = { .pr_which = which, .pr_who = who,
		.pr_set = true, .pr_nice = MAX(MIN(nice, 19), -20) };

	return prio_do(&pr);
}

long
sys_getcpu(vaddr_t ucpu, vaddr_t unode)
{
	uint32_t cpu = curcpu()->c_id;

	if (ucpu != 0 && user_store32(ucpu, cpu) != 0)
		return -EFAULT;
	if (unode != 0 && user_store32(unode, 0) != 0)
		return -EFAULT;
	return 0;
}
