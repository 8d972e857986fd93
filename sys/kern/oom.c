/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/oom.c: what to do when a program touches memory and there is none
 * left: the biggest process ends, the others go on.
 *
 * Reclaim has been tried before: vm_fault() says -ENOMEM only after it. While
 * a victim is still on its way out no second one is taken.
 */
#include "base/kprintf.h"
#include "base/thread.h"
#include "base/waitq.h"

#include "kern/proc_internal.h"

#define OOM_WAIT (10 * NSEC_PER_MSEC)

struct oom_search {
	struct proc *os_victim;
	int64_t os_badness;
	bool os_pending; /* one is dying already and still holds memory */
};

/* Pages resident, weighed by oom_score_adj (-1000: never). */
static int
oom_consider(struct proc *p, void *arg)
{
	struct oom_search *os = arg;
	int64_t badness;

	if (p->p_state == PS_ZOMBIE || p->p_vm == NULL ||
	    (p->p_flags & P_INIT))
		return 0;
	if (p->p_flags & P_EXITING) {
		os->os_pending = true;
		return 0;
	}
	if (p->p_oom_adj <= -1000)
		return 0;
	badness = (int64_t)proc_rss(p);
	badness += badness * p->p_oom_adj / 1000;
	if (badness > os->os_badness) {
		os->os_badness = badness;
		os->os_victim = p;
	}
	return 0;
}

void
oom_kill(void)
{
	struct oom_search os = { .os_badness = -1 };
	struct proc *p;
	struct lwp *l;

	mutex_lock(&proctree_lock);
	(void)proc_foreach(oom_consider, &os);
	p = os.os_pending ? NULL : os.os_victim;
	if (p != NULL) {
		spin_lock(&p->p_lock);
		l = proc_first_lwp(p);
		klog(KLOG_ERR, "out of memory: killed %s[%d], %lld KiB\n",
		    l != NULL ? l->l_thread->td_name : "?", p->p_pid,
		    (long long)os.os_badness * 4);
		spin_unlock(&p->p_lock);
		signal_proc(p, SIGKILL);
	}
	mutex_unlock(&proctree_lock);
	/* Ourselves: on to the end. Somebody else: let him get there. */
	if (p != curproc() && !(curproc()->p_flags & P_EXITING))
		(void)thread_sleep_until_intr(clock_mono() + OOM_WAIT);
}
