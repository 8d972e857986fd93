/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/rlimit.c: resource limits and what has been used.
 */
#include "base/string.h"

#include "kern/fd.h"
#include "kern/proc_internal.h"
#include "kern/syscall.h"

#define RUSAGE_SELF	0
#define RUSAGE_CHILDREN (-1)
#define RUSAGE_BOTH	(-2)
#define RUSAGE_THREAD	1

#define STACK_DEFAULT (UINT64_C(8) << 20)

struct linux_rusage {
	int64_t ru_utime[2], ru_stime[2]; /* seconds, microseconds */
	int64_t ru_maxrss;		  /* KiB */
	int64_t ru_ixrss, ru_idrss, ru_isrss;
	int64_t ru_minflt, ru_majflt, ru_nswap;
	int64_t ru_inblock, ru_oublock;
	int64_t ru_msgsnd, ru_msgrcv, ru_nsignals;
	int64_t ru_nvcsw, ru_nivcsw;
};

/* Of the first process; all others inherit. */
void
rlimit_init(struct rlimit *rl)
{
	for (int i = 0; i < RLIM_NLIMITS; i++)
		rl[i].rlim_cur = rl[i].rlim_max = RLIM_INFINITY;
	rl[RLIMIT_STACK].rlim_cur = STACK_DEFAULT;
	rl[RLIMIT_CORE].rlim_cur = 0;
	rl[RLIMIT_NPROC] = (struct rlimit){ PID_MAX / 2, PID_MAX / 2 };
	rl[RLIMIT_NOFILE] = (struct rlimit){ OPEN_MAX_DEFAULT, 4096 };
	rl[RLIMIT_MEMLOCK] = (struct rlimit){ 8 << 20, 8 << 20 };
	rl[RLIMIT_SIGPENDING] = (struct rlimit){ 16384, 16384 };
	rl[RLIMIT_MSGQUEUE] = (struct rlimit){ 819200, 819200 };
	rl[RLIMIT_NICE] = (struct rlimit){ 0, 0 };
	rl[RLIMIT_RTPRIO] = (struct rlimit){ 0, 0 };
}

static int
rlimit_set(struct proc *p, unsigned which, const struct rlimit *rl)
{
	bool privileged = cred_capable(curlwp()->l_cred, CAP_SYS_RESOURCE);
	struct vmspace *vs;
	int error = 0;

	if (rl->rlim_cur > rl->rlim_max)
		return -EINVAL;
	if (which == RLIMIT_NOFILE && rl->rlim_max > OPEN_MAX_HARD)
		return -EPERM;
	spin_lock(&p->p_lock);
	if (rl->rlim_max > p->p_rlimit[which].rlim_max && !privileged) {
		error = -EPERM;
	} else {
		p->p_rlimit[which] = *rl;
		vs = p->p_vm;
		if (vs != NULL && which == RLIMIT_AS)
			vs->vs_as_limit = rl->rlim_cur;
		else if (vs != NULL && which == RLIMIT_DATA)
			vs->vs_data_limit = rl->rlim_cur;
		else if (vs != NULL && which == RLIMIT_STACK)
			vs->vs_stack_limit = rl->rlim_cur;
	}
	spin_unlock(&p->p_lock);
	return error;
}

long
sys_getrlimit(unsigned which, vaddr_t ulim)
{
	if (which >= RLIM_NLIMITS)
		return -EINVAL;
	return copyout(&curproc()->p_rlimit[which], ulim,
	    sizeof(struct rlimit));
}

long
sys_setrlimit(unsigned which, vaddr_t ulim)
{
	struct rlimit rl;

	if (which >= RLIM_NLIMITS)
		return -EINVAL;
	if (copyin(ulim, &rl, sizeof(rl)) != 0)
		return -EFAULT;
	return rlimit_set(curproc(), which, &rl);
}

long
sys_prlimit64(pid_t pid, unsigned which, vaddr_t ulim, vaddr_t uold)
{
	struct rlimit rl, old;
	struct proc *p;
	int error = 0;

	if (which >= RLIM_NLIMITS)
		return -EINVAL;
	if (ulim != 0 && copyin(ulim, &rl, sizeof(rl)) != 0)
		return -EFAULT;
	p = proc_find(pid == 0 ? curproc()->p_pid : pid);
	if (p == NULL)
		return -ESRCH;
	if (p != curproc() && !proc_same_user(p) &&
	    !cred_capable(curlwp()->l_cred, CAP_SYS_RESOURCE)) {
		proc_unref(p);
		return -EPERM;
	}
	spin_lock(&p->p_lock);
	old = p->p_rlimit[which];
	spin_unlock(&p->p_lock);
	if (ulim != 0)
		error = rlimit_set(p, which, &rl);
	proc_unref(p);
	if (error == 0 && uold != 0)
		error = copyout(&old, uold, sizeof(old));
	return error;
}

static void
timeval_from(int64_t tv[2], nsec_t t)
{
	tv[0] = t / NSEC_PER_SEC;
	tv[1] = t % NSEC_PER_SEC / NSEC_PER_USEC;
}

int
rusage_copyout(const struct usage *u, vaddr_t uru)
{
	struct linux_rusage ru;

	memset(&ru, 0, sizeof(ru));
	timeval_from(ru.ru_utime, u->ru_utime);
	timeval_from(ru.ru_stime, u->ru_stime);
	ru.ru_maxrss = (int64_t)(u->ru_maxrss * (PAGE_SIZE / 1024));
	ru.ru_minflt = (int64_t)u->ru_minflt;
	ru.ru_majflt = (int64_t)u->ru_majflt;
	ru.ru_inblock = (int64_t)u->ru_inblock;
	ru.ru_oublock = (int64_t)u->ru_oublock;
	ru.ru_nvcsw = (int64_t)u->ru_nvcsw;
	ru.ru_nivcsw = (int64_t)u->ru_nivcsw;
	return copyout(&ru, uru, sizeof(ru));
}

static void
usage_of_children(struct proc *p, struct usage *u)
{
	mutex_lock(&proctree_lock);
	*u = p->p_cusage;
	mutex_unlock(&proctree_lock);
}

long
sys_getrusage(int who, vaddr_t uru)
{
	struct usage u, c;

	memset(&u, 0, sizeof(u));
	switch (who) {
	case RUSAGE_SELF:
		proc_usage(curproc(), &u);
		break;
	case RUSAGE_CHILDREN:
		usage_of_children(curproc(), &u);
		break;
	case RUSAGE_BOTH:
		proc_usage(curproc(), &u);
		usage_of_children(curproc(), &c);
		usage_add(&u, &c);
		break;
	case RUSAGE_THREAD:
		usage_add_thread(&u, curthread());
		break;
	default:
		return -EINVAL;
	}
	return rusage_copyout(&u, uru);
}

/* In ticks of 1/100 s; the result counts from an arbitrary past. */
long
sys_times(vaddr_t ubuf)
{
	const nsec_t tick = NSEC_PER_SEC / 100;
	struct usage u, c;
	int64_t tms[4];

	if (ubuf != 0) {
		proc_usage(curproc(), &u);
		usage_of_children(curproc(), &c);
		tms[0] = u.ru_utime / tick;
		tms[1] = u.ru_stime / tick;
		tms[2] = c.ru_utime / tick;
		tms[3] = c.ru_stime / tick;
		if (copyout(tms, ubuf, sizeof(tms)) != 0)
			return -EFAULT;
	}
	return clock_mono() / tick;
}
