/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/proc_internal.h: what the files about processes, threads and
 * signals share among themselves.
 */
#ifndef KERN_PROC_INTERNAL_H
#define KERN_PROC_INTERNAL_H

#include "base/atomic.h"
#include "kern/proc.h"

struct file;
struct polltable;
struct trapframe;

#define PID_MAX 32768

/* --- pidmap.c: which numbers are taken; all with proctree_lock ----------- */
pid_t pid_alloc(void); /* one hold on it; -EAGAIN */
void pid_hold(pid_t);
void pid_drop(pid_t);

/* --- proc.c -------------------------------------------------------------- */
struct proc *proc_create(void) __must_check; /* unlinked, one reference */
struct lwp *lwp_create(struct proc *) __must_check;
void lwp_free(struct lwp *);
/* proctree_lock held: find without a reference; zombies too. */
struct proc *proc_find_locked(pid_t);
void proc_link(struct proc *, struct proc *parent);
void proc_unlink(struct proc *);
void lwp_hash_add(struct lwp *);
void lwp_hash_del(struct lwp *);
struct lwp *proc_first_lwp(struct proc *); /* p_lock held; may be NULL */
void proc_flag_set(struct proc *, uint32_t);
void proc_flag_clear(struct proc *, uint32_t);
nsec_t thread_user_time(const struct thread *);
nsec_t thread_sys_time(const struct thread *);
void usage_add(struct usage *, const struct usage *);
void usage_add_thread(struct usage *, const struct thread *);
/* uid may act on p as kill(2) has it: same user, or capable. */
bool proc_same_user(struct proc *);

/* --- pgrp.c: groups and sessions; proctree_lock held --------------------- */
int pgrp_enter_new(struct proc *, bool new_session) __must_check;
void pgrp_enter(struct proc *, struct pgrp *);
void pgrp_leave(struct proc *);
bool pgrp_orphaned(struct pgrp *, struct proc *except);
/* pg lost the tie to its session that parent was: if it was the last one and
 * members are stopped they get SIGHUP and SIGCONT. exiting counts no more. */
void pgrp_check_orphan(struct pgrp *, struct proc *parent,
    struct proc *exiting);

/* --- fsctx.c ------------------------------------------------------------- */
struct fsctx *fsctx_create(const struct path *root) __must_check;
struct fsctx *fsctx_copy(struct fsctx *) __must_check;
void fsctx_ref(struct fsctx *);
void fsctx_unref(struct fsctx *);

/* --- signal.c, sigsend.c ------------------------------------------------- */
struct sighand {
	uint32_t sh_ref; /* [a] */
	struct spinlock sh_lock;
	struct sigaction sh_act[NSIG]; /* [sh_lock] */
};

#define SIGMASK_STOP                                                         \
	(SIGBIT(SIGSTOP) | SIGBIT(SIGTSTP) | SIGBIT(SIGTTIN) | SIGBIT(SIGTTOU))
#define SIGMASK_UNBLOCKABLE (SIGBIT(SIGKILL) | SIGBIT(SIGSTOP))
#define SIGMASK_DFL_IGN                                                      \
	(SIGBIT(SIGCHLD) | SIGBIT(SIGCONT) | SIGBIT(SIGURG) | SIGBIT(SIGWINCH))
#define SIGMASK_SYNC                                                         \
	(SIGBIT(SIGSEGV) | SIGBIT(SIGBUS) | SIGBIT(SIGILL) |                 \
	    SIGBIT(SIGTRAP) | SIGBIT(SIGFPE) | SIGBIT(SIGSYS))

#define SS_ONSTACK    1u /* alternate stacks */
#define SS_DISABLE    2u
#define SS_AUTODISARM 0x80000000u
#define MINSIGSTKSZ   2048u

struct sigrec {
	struct list sr_link;
	struct siginfo sr_info;
};

struct sighand *sighand_create(void) __must_check; /* all SIG_DFL */
struct sighand *sighand_copy(struct sighand *) __must_check;
void sighand_ref(struct sighand *);
void sighand_unref(struct sighand *);
void sighand_reset_for_exec(struct sighand *);
void sigpend_init(struct sigpend *);
void sigpend_flush(struct proc *, struct sigpend *); /* p_lock held */
void sigpend_discard(struct proc *, struct sigpend *, sigset_t);
/* p_lock held: takes the first of `want`; 0: none. */
int sigpend_take(struct proc *, struct sigpend *, sigset_t want,
    struct siginfo *);
/* p_lock held. Queue for l, or for the process if l is NULL. -EAGAIN: the
 * queue is full and the caller cares (strict). */
int signal_queue(struct proc *, struct lwp *l, const struct siginfo *,
    bool strict);
/* p_lock held: l has something to look at; ends its sleep. */
void signal_wake(struct lwp *, uint32_t tdflag);
/* p_lock held: every lwp but `except` is to end. */
void proc_kill_lwps(struct proc *, struct lwp *except);
/* p_lock held: keep TDF_SIGNAL true to what is pending for the running one. */
void signal_recalc(struct lwp *);
void signal_set_mask(sigset_t); /* of the running thread */
/* A fault: if it is blocked, ignored or has no handler the process ends. */
void signal_force(const struct siginfo *);
void siginfo_user(struct siginfo *, int signo, int code);
/* Tell the parent of p of its end, stop or going on; proctree_lock held. */
void proc_notify_parent(struct proc *, int cld_code, int status);
void proc_stopped_notify(struct proc *);
/* The running thread has blocked, or will never take, what others may. */
void signal_retarget(struct proc *, sigset_t); /* p_lock held */
/* p_lock held: copy of a disposition. */
void sigaction_get(struct proc *, int signo, struct sigaction *);

/* --- exit.c, wait.c ------------------------------------------------------ */
/* End every other thread of the running process (execve); -EAGAIN if another
 * thread is already ending them all. */
int proc_single_thread(void) __must_check;
void proc_vfork_done(struct lwp *);
/* News of a child of p: ends its wait4(). */
void proc_child_event(struct proc *);
/* p's new parent when the present one goes; proctree_lock held. */
bool proc_ignores_children(struct proc *);
void proc_reap(struct proc *); /* zombie, proctree_lock held: the last word */

/* --- futex.c ------------------------------------------------------------- */
void futex_exit(struct lwp *); /* robust list, clear_child_tid */
int futex_wake_user(vaddr_t, bool shared, int n);

/* --- timers of processes: ptimer.c --------------------------------------- */
/* p_lock held: a SIGEV_SIGNAL record leaves the queue. */
void posix_timer_delivered(struct proc *, const struct siginfo *);
void proc_timers_exit(struct proc *, bool exec);
int clock_now(int clock, nsec_t *out) __must_check;
/* copyin of a struct timespec: -EFAULT -EINVAL. */
int timespec_copyin(vaddr_t, nsec_t *out) __must_check;
int timespec_copyout(nsec_t, vaddr_t) __must_check;
/* A clock_mono() deadline from a span, without overflow. */
nsec_t deadline_after(nsec_t span);

/* --- exec.c -------------------------------------------------------------- */
/* From the kernel: strings in kernel memory. */
int exec_kernel(const char *path, const char *const *argv,
    const char *const *envp) __must_check;

/* --- cred.c -------------------------------------------------------------- */
/* A copy to change; publish with cred_commit(), which consumes it. */
struct cred *cred_prepare(void) __must_check;
void cred_commit(struct cred *);
/* After changes of uids, as capabilities(7) has it. */
void cred_fix_caps(const struct cred *old, struct cred *cr);

/* --- rlimit.c ------------------------------------------------------------ */
void rlimit_init(struct rlimit *);
struct linux_rusage; /* as user space sees it */
int rusage_copyout(const struct usage *, vaddr_t) __must_check;

/* --- oom.c --------------------------------------------------------------- */
void oom_kill(void);

#endif
