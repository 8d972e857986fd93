/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/sigqueue.c: dispositions, and the queues of pending signals.
 *
 * Invariant: a bit of sp_set is set if the queue holds a record of that
 * number, or if there was no memory for one: then the signal arrives without
 * its story, as POSIX allows for the classic ones.
 * Locks: p_lock of the process that owns the queue; sh_lock inside it.
 */
#include "base/init.h"
#include "base/panic.h"
#include "base/slab.h"
#include "base/string.h"

#include "kern/proc_internal.h"

static struct kmem_cache *sigrec_cache, *sighand_cache;

static void
sigqueue_init(void)
{
	sigrec_cache = kmem_cache_create("sigrec", sizeof(struct sigrec), 8);
	sighand_cache =
	    kmem_cache_create("sighand", sizeof(struct sighand), 64);
	if (sigrec_cache == NULL || sighand_cache == NULL)
		panic("signal: no memory for caches");
}
INIT(INIT_SUBSYS, 11, sigqueue_init);

struct sighand *
sighand_create(void)
{
	struct sighand *sh = kmem_cache_alloc(sighand_cache, KM_ZERO);

	if (sh == NULL)
		return NULL;
	sh->sh_ref = 1;
	spin_init(&sh->sh_lock, LR_SIGHAND, "sighand");
	return sh;
}

struct sighand *
sighand_copy(struct sighand *from)
{
	struct sighand *sh = kmem_cache_alloc(sighand_cache, 0);

	if (sh == NULL)
		return NULL;
	sh->sh_ref = 1;
	spin_init(&sh->sh_lock, LR_SIGHAND, "sighand");
	spin_lock(&from->sh_lock);
	memcpy(sh->sh_act, from->sh_act, sizeof(sh->sh_act));
	spin_unlock(&from->sh_lock);
	return sh;
}

void
sighand_ref(struct sighand *sh)
{
	atomic_add_relaxed(&sh->sh_ref, 1);
}

void
sighand_unref(struct sighand *sh)
{
	if (atomic_sub(&sh->sh_ref, 1) == 0)
		kmem_cache_free(sighand_cache, sh);
}

/* Handlers lie in the old image; what is ignored stays so. */
void
sighand_reset_for_exec(struct sighand *sh)
{
	spin_lock(&sh->sh_lock);
	for (int i = 0; i < NSIG; i++) {
		struct sigaction *sa = &sh->sh_act[i];
		bool ignored = sa->sa_handler == SIG_IGN;

		memset(sa, 0, sizeof(*sa));
		if (ignored)
			sa->sa_handler = SIG_IGN;
	}
	spin_unlock(&sh->sh_lock);
}

void
sigaction_get(struct proc *p, int signo, struct sigaction *sa)
{
	struct sighand *sh = p->p_sighand;

	spin_lock(&sh->sh_lock);
	*sa = sh->sh_act[signo - 1];
	spin_unlock(&sh->sh_lock);
}

void
sigpend_init(struct sigpend *sp)
{
	sp->sp_set = 0;
	list_init(&sp->sp_queue);
}

/* Forgets everything of `set`. */
void
sigpend_discard(struct proc *p, struct sigpend *sp, sigset_t set)
{
	struct sigrec *sr, *next;

	if ((sp->sp_set & set) == 0)
		return;
	sp->sp_set &= ~set;
	list_foreach_safe(sr, next, &sp->sp_queue, sr_link) {
		if ((SIGBIT(sr->sr_info.si_signo) & set) == 0)
			continue;
		list_del(&sr->sr_link);
		kmem_cache_free(sigrec_cache, sr);
		p->p_nsigq--;
	}
}

void
sigpend_flush(struct proc *p, struct sigpend *sp)
{
	sigpend_discard(p, sp, ~UINT64_C(0));
}

/* Queues a record. -EAGAIN: no room for it. */
static int
sigpend_add(struct proc *p, struct sigpend *sp, const struct siginfo *info)
{
	struct sigrec *sr;

	if (p->p_nsigq >= proc_rlimit(p, RLIMIT_SIGPENDING) &&
	    info->si_signo >= SIGRTMIN)
		return -EAGAIN;
	sr = kmem_cache_alloc(sigrec_cache, KM_NOWAIT);
	if (sr == NULL)
		return -EAGAIN;
	sr->sr_info = *info;
	list_add_tail(&sp->sp_queue, &sr->sr_link);
	p->p_nsigq++;
	return 0;
}

/* A timer that fires again while its signal waits only counts. */
static bool
sigpend_count_overrun(struct sigpend *sp, const struct siginfo *info)
{
	struct sigrec *sr;

	list_foreach(sr, &sp->sp_queue, sr_link) {
		struct siginfo *si = &sr->sr_info;

		if (si->si_code != SI_TIMER ||
		    si->si_signo != info->si_signo ||
		    si->si_u.timer.tid != info->si_u.timer.tid)
			continue;
		if (si->si_u.timer.overrun <
		    INT32_MAX - 1 - info->si_u.timer.overrun)
			si->si_u.timer.overrun += 1 + info->si_u.timer.overrun;
		return true;
	}
	return false;
}

int
sigpend_take(struct proc *p, struct sigpend *sp, sigset_t want,
    struct siginfo *info)
{
	struct sigrec *sr, *found = NULL;
	bool more = false;
	sigset_t set;
	int signo;

	set = sp->sp_set & want;
	if (set == 0)
		return 0;
	if (set & SIGMASK_SYNC)
		set &= SIGMASK_SYNC;
	signo = __builtin_ctzll(set) + 1;
	list_foreach(sr, &sp->sp_queue, sr_link) {
		if (sr->sr_info.si_signo != signo)
			continue;
		if (found != NULL) {
			more = true;
			break;
		}
		found = sr;
	}
	if (!more)
		sp->sp_set &= ~SIGBIT(signo);
	if (found == NULL) {
		memset(info, 0, sizeof(*info));
		info->si_signo = signo;
		return signo;
	}
	*info = found->sr_info;
	list_del(&found->sr_link);
	kmem_cache_free(sigrec_cache, found);
	p->p_nsigq--;
	if (info->si_code == SI_TIMER)
		posix_timer_delivered(p, info);
	return signo;
}

/* Would a signal have no effect at all? Blocked ones may get a handler yet. */
static bool
signal_is_ignored(struct proc *p, struct lwp *l, int signo)
{
	struct sigaction sa;
	struct lwp *t = l != NULL ? l : proc_first_lwp(p);

	if (t != NULL && ((t->l_sigmask | t->l_waiting) & SIGBIT(signo)) &&
	    !(SIGMASK_UNBLOCKABLE & SIGBIT(signo)))
		return false;
	sigaction_get(p, signo, &sa);
	if (sa.sa_handler == SIG_IGN)
		return true;
	if (sa.sa_handler != SIG_DFL)
		return false;
	return (SIGMASK_DFL_IGN & SIGBIT(signo)) != 0 ||
	    (p->p_flags & P_INIT) != 0;
}

/* The stop ends, whatever becomes of the SIGCONT itself. */
static void
proc_continue(struct proc *p)
{
	struct lwp *l;

	sigpend_discard(p, &p->p_pending, SIGMASK_STOP);
	list_foreach(l, &p->p_lwps, l_link)
		sigpend_discard(p, &l->l_pending, SIGMASK_STOP);
	if ((p->p_flags & P_STOPPING) == 0)
		return;
	if (p->p_state == PS_STOPPED) {
		p->p_state = PS_ALIVE;
		proc_flag_set(p, P_CONTINUED | P_NOTIFY_CONT);
	}
	proc_flag_clear(p, P_STOPPING | P_WAITED_STOP);
	p->p_nstopped = 0;
	p->p_stop_gen++;
	waitq_wake_all(&p->p_stopq);
}

static void
proc_forget_cont(struct proc *p)
{
	struct lwp *l;

	sigpend_discard(p, &p->p_pending, SIGBIT(SIGCONT));
	list_foreach(l, &p->p_lwps, l_link)
		sigpend_discard(p, &l->l_pending, SIGBIT(SIGCONT));
}

static bool
lwp_takes(const struct lwp *l, int signo)
{
	return ((l->l_sigmask & ~l->l_waiting) & SIGBIT(signo)) == 0;
}

/* Somebody who can take it now looks at it. */
static void
signal_notify(struct proc *p, struct lwp *l, int signo)
{
	struct lwp *t;

	if (!list_empty(&p->p_sigwq.wq_head))
		waitq_wake_all(&p->p_sigwq);
	if (l != NULL) {
		if (lwp_takes(l, signo))
			signal_wake(l, TDF_SIGNAL);
		return;
	}
	list_foreach(t, &p->p_lwps, l_link) {
		if (lwp_takes(t, signo)) {
			signal_wake(t, TDF_SIGNAL);
			return;
		}
	}
}

int
signal_queue(struct proc *p, struct lwp *l, const struct siginfo *info,
    bool strict)
{
	struct sigpend *sp = l != NULL ? &l->l_pending : &p->p_pending;
	int signo = info->si_signo;
	sigset_t bit = SIGBIT(signo);

	if (p->p_state == PS_ZOMBIE || (p->p_flags & P_EXITING))
		return 0;
	if (signo == SIGCONT)
		proc_continue(p);
	else if (SIGMASK_STOP & bit)
		proc_forget_cont(p);
	if (signal_is_ignored(p, l, signo))
		return 0;
	if (signo == SIGKILL) {
		proc_flag_set(p, P_EXITING);
		p->p_exit_status = SIGKILL;
		proc_kill_lwps(p, NULL);
		return 0;
	}
	if (signo < SIGRTMIN && (sp->sp_set & bit) &&
	    info->si_code != SI_TIMER)
		return 0;
	if (info->si_code == SI_TIMER && sigpend_count_overrun(sp, info))
		return 0;
	if (sigpend_add(p, sp, info) != 0 && strict && signo >= SIGRTMIN)
		return -EAGAIN;
	sp->sp_set |= bit;
	signal_notify(p, l, signo);
	return 0;
}

void
signal_retarget(struct proc *p, sigset_t lost)
{
	struct lwp *self = curlwp(), *l;
	sigset_t set = p->p_pending.sp_set & lost;

	if (set == 0 || p->p_nlwps < 2 || (p->p_flags & P_EXITING))
		return;
	list_foreach(l, &p->p_lwps, l_link)
		if (l != self && (set & ~(l->l_sigmask & ~l->l_waiting)))
			signal_wake(l, TDF_SIGNAL);
}
