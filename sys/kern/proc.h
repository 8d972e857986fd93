/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/proc.h: processes, their threads, process groups and sessions.
 *
 *	struct session <- struct pgrp <- struct proc <- struct lwp <-> thread
 *
 * A proc is what POSIX calls a process (Linux: a thread group); an lwp is
 * kern's half of one of its threads. A proc's pid is the tid of its first lwp.
 * Locks: [T] proctree_lock (mutex), [p] p_lock (spin), [I] immutable,
 * [a] atomic, [t] only the thread itself, [e] the process alone: changed only
 * while it has one thread, or by p_exec_lock.
 */
#ifndef KERN_PROC_H
#define KERN_PROC_H

#include "base/clock.h"
#include "base/list.h"
#include "base/lock.h"
#include "base/thread.h"
#include "base/types.h"
#include "base/waitq.h"

#include "fs/cred.h"
#include "fs/vfs.h"
#include "kern/signal.h"
#include "vm/vmspace.h"

struct fdtable;
struct ptimers;
struct tty;

struct session {
	uint32_t s_ref;		 /* [a] */
	pid_t s_sid;		 /* [I] */
	struct proc *s_leader;	 /* [T] NULL when it has gone */
	struct tty *s_tty;	 /* [T] controlling terminal, or NULL */
};

struct pgrp {
	struct list pg_hash;	 /* [T] */
	struct list pg_members;	 /* [T] p_pglink */
	struct session *pg_session; /* [I] */
	pid_t pg_id;		 /* [I] */
	uint32_t pg_ref;	 /* [T] */
};

/* Where names start; shared by CLONE_FS. */
struct fsctx {
	uint32_t fx_ref; /* [a] */
	struct spinlock fx_lock;
	struct path fx_root; /* [fx_lock] */
	struct path fx_cwd;
	mode_t fx_umask;
};

enum rlimit_id {
	RLIMIT_CPU, RLIMIT_FSIZE, RLIMIT_DATA, RLIMIT_STACK, RLIMIT_CORE,
	RLIMIT_RSS, RLIMIT_NPROC, RLIMIT_NOFILE, RLIMIT_MEMLOCK, RLIMIT_AS,
	RLIMIT_LOCKS, RLIMIT_SIGPENDING, RLIMIT_MSGQUEUE, RLIMIT_NICE,
	RLIMIT_RTPRIO, RLIMIT_RTTIME, RLIM_NLIMITS
};
#define RLIM_INFINITY UINT64_MAX

struct rlimit {
	uint64_t rlim_cur, rlim_max;
};

struct usage { /* of a process, or of its reaped children */
	nsec_t ru_utime, ru_stime;
	uint64_t ru_minflt, ru_majflt, ru_nvcsw, ru_nivcsw, ru_maxrss;
	uint64_t ru_inblock, ru_oublock;
};

enum proc_state { PS_ALIVE, PS_STOPPED, PS_ZOMBIE };

struct proc {
	pid_t p_pid;		  /* [I] */
	uint32_t p_ref;		  /* [a] memory; lookups hold one */
	uint32_t p_state;	  /* [T,p] */
	struct list p_hash;	  /* [T] by pid */
	struct list p_all;	  /* [T] */
	struct proc *p_parent;	  /* [T] */
	pid_t p_ppid;		  /* [T] of p_parent; read by anybody */
	struct list p_children;	  /* [T] of p_sibling */
	struct list p_sibling;	  /* [T] */
	struct pgrp *p_pgrp;	  /* [T] */
	struct list p_pglink;	  /* [T] */
	struct spinlock p_lock;
	struct mutex p_exec_lock;
	struct list p_lwps;	  /* [p] of l_link */
	uint32_t p_nlwps;	  /* [p] */
	struct vmspace *p_vm;	  /* [e] */
	struct fdtable *p_fds;	  /* [e] of the first thread; see lwp */
	struct sighand *p_sighand; /* [e] dispositions, may be shared */
	struct sigpend p_pending; /* [p] for the whole process */
	struct waitq p_waitq;	  /* parents in wait4, pidfds */
	uint32_t p_exit_status;	  /* [T] as wait4 reports it */
	uint32_t p_stop_sig;	  /* [T,p] */
	uint32_t p_flags;	  /* [a] P_ */
	int p_exit_signal;	  /* [I] usually SIGCHLD */
	struct rlimit p_rlimit[RLIM_NLIMITS]; /* [p] */
	struct usage p_self;	  /* [p] of threads that have gone */
	struct usage p_cusage;	  /* [T] */
	nsec_t p_start;		  /* [I] clock_mono() */
	struct ptimers *p_timers; /* interval timers, once there are any */
	struct lwp *p_group_exiter; /* [p] a thread ending all others */
	uint32_t p_nstopped;	  /* [p] lwps that sleep in a stop */
	uint32_t p_stop_gen;	  /* [p] rises when a stop ends */
	struct waitq p_stopq;	  /* stopped lwps */
	struct waitq p_sigwq;	  /* woken by each new signal: signalfd */
	uint32_t p_child_seq;	  /* [a] rises with each news of a child */
	uint32_t p_nsigq;	  /* [p] queued records, RLIMIT_SIGPENDING */
	uint32_t p_persona;	  /* [a] personality(2) */
	uint32_t p_membarrier;	  /* [a] what membarrier(2) registered */
	uid_t p_uid, p_suid;	  /* [p] real and saved, zombies included */
	int p_pdeath_sig;	  /* [a] PR_SET_PDEATHSIG */
	uint32_t p_dumpable;
	int p_oom_adj;
	char *p_exe_path;	  /* [e] for messages */
};

#define P_EXITING   0x01 /* exit_group under way */
#define P_NOCLDSTOP 0x02
#define P_WAITED_STOP 0x04 /* stop already reported */
#define P_CONTINUED 0x08 /* SIGCONT not yet reported */
#define P_VFORK	    0x10 /* parent waits for our exec or exit */
#define P_INIT	    0x20 /* pid 1 */
#define P_EXECED    0x40 /* has called execve since fork */
#define P_SUBREAPER 0x80
#define P_STOPPING  0x100 /* a stop is under way or complete [p] */
#define P_NOTIFY_CONT 0x200 /* first lwp to go on tells the parent [p] */
#define P_AUTOREAP  0x400 /* nobody will wait for it [T] */

struct lwp {
	struct thread *l_thread; /* [I] */
	struct proc *l_proc;	 /* [I] */
	struct list l_link;	 /* [p] on p_lwps */
	struct list l_hash;	 /* [T] by tid */
	const struct cred *l_cred; /* [t] read by others with p_lock */
	struct fsctx *l_fs;	 /* [t] */
	struct fdtable *l_fds;	 /* [t] */
	sigset_t l_sigmask;	 /* [p, read by t] */
	sigset_t l_saved_mask;	 /* [t] sigsuspend, ppoll */
	bool l_restore_mask;	 /* [t] */
	struct sigpend l_pending; /* [p] */
	vaddr_t l_alt_sp;	 /* [t] */
	uint64_t l_alt_size;
	uint32_t l_alt_flags;
	vaddr_t l_clear_tid;	 /* [t] set_tid_address */
	vaddr_t l_set_tid;	 /* [I] CLONE_CHILD_SETTID */
	vaddr_t l_robust;	 /* [t] robust futex list head */
	struct waitq *l_vfork;	 /* parent's queue to wake */
	uint64_t l_syscall;	 /* [t] number of the call under way */
	int (*l_restart_fn)(struct lwp *); /* [t] restart_syscall */
	uint64_t l_restart_args[6];
	uint32_t l_trap_no, l_trap_err;	   /* [t] of the last fault */
	vaddr_t l_trap_addr;
	uint32_t l_exit_status;
	uint32_t l_flags;	 /* [t] LF_ */
	sigset_t l_waiting;	 /* [p] sigtimedwait waits for these */
	uint64_t l_timerslack;
	vaddr_t l_rseq;
	nsec_t l_cputimer_deadline;
};

#define LF_RESTART 0x1 /* the call under way returned -ERESTART* */

extern struct mutex proctree_lock;
extern struct proc *initproc;

static __always_inline struct lwp *
curlwp(void)
{
	return curthread()->td_lwp;
}

static __always_inline struct proc *
curproc(void)
{
	return curthread()->td_lwp->l_proc;
}

/* Referenced, or NULL; also finds zombies. */
struct proc *proc_find(pid_t) __must_check;
struct lwp *lwp_find(pid_t tid); /* proctree_lock held; not referenced */
void proc_ref(struct proc *);
void proc_unref(struct proc *);
struct pgrp *pgrp_find(pid_t); /* proctree_lock held */
void session_ref(struct session *);
void session_unref(struct session *);
/* fn for each process, proctree_lock held; non-zero stops. For procfs. */
int proc_foreach(int (*fn)(struct proc *, void *), void *arg);
unsigned proc_count(void);
unsigned lwp_count(void);
void proc_usage(struct proc *, struct usage *out); /* live threads too */
uint64_t proc_rlimit(struct proc *, enum rlimit_id); /* soft limit */
uint64_t proc_rss(struct proc *); /* pages */

/* The lookup context of the running thread; path references are taken. */
void lookup_ctx_get(struct lookup_ctx *);
/* The same with the directory of dirfd (AT_FDCWD -100) as lc_cwd; needs no
 * dirfd for absolute paths. -EBADF -ENOTDIR. (kern/fd.c) */
int lookup_ctx_at(struct lookup_ctx *, int dirfd, const char *path)
    __must_check;
void lookup_ctx_put(struct lookup_ctx *);
/* A path from user space in a fresh buffer (PATH_MAX 4096); kfree() it.
 * -EFAULT -ENAMETOOLONG -ENOMEM. */
int path_copyin(vaddr_t, char **out) __must_check;

/* Signals to processes by permission of the running one, as kill(2). */
int proc_may_signal(struct proc *, int signo);
/* The end of the running process or thread. */
void proc_exit_group(uint32_t wait_status) __noreturn;
void lwp_exit(uint32_t status) __noreturn;
/* First process: /sbin/init and fallbacks, after the root is mounted. */
void proc_start_init(void);

#endif
