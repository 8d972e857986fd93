/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/signal.h: signals, numbered and structured as on Linux x86_64.
 */
#ifndef KERN_SIGNAL_H
#define KERN_SIGNAL_H

#include "base/list.h"
#include "base/types.h"

struct lwp;
struct pgrp;
struct proc;

#define NSIG 64
typedef uint64_t sigset_t; /* bit n-1: signal n */
#define SIGBIT(n) (UINT64_C(1) << ((n)-1))

enum {
	SIGHUP = 1, SIGINT, SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE,
	SIGKILL, SIGUSR1, SIGSEGV, SIGUSR2, SIGPIPE, SIGALRM, SIGTERM,
	SIGSTKFLT, SIGCHLD, SIGCONT, SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU,
	SIGURG, SIGXCPU, SIGXFSZ, SIGVTALRM, SIGPROF, SIGWINCH, SIGIO, SIGPWR,
	SIGSYS, SIGRTMIN
};
#define SIGRTMAX 64

#define SI_USER	   0
#define SI_KERNEL  128
#define SI_QUEUE   (-1)
#define SI_TIMER   (-2)
#define SI_MESGQ   (-3)
#define SI_ASYNCIO (-4)
#define SI_SIGIO   (-5)
#define SI_TKILL   (-6)
#define ILL_ILLOPN 2
#define FPE_INTDIV 1
#define SEGV_MAPERR 1
#define SEGV_ACCERR 2
#define BUS_ADRALN 1
#define BUS_ADRERR 2
#define TRAP_BRKPT 1
#define TRAP_TRACE 2
#define CLD_EXITED 1
#define CLD_KILLED 2
#define CLD_DUMPED 3
#define CLD_TRAPPED 4
#define CLD_STOPPED 5
#define CLD_CONTINUED 6
#define POLL_IN 1

/* Linux's siginfo_t, 128 bytes. */
struct siginfo {
	int32_t si_signo, si_errno, si_code, si_pad0;
	union {
		struct { int32_t pid; uint32_t uid; uint64_t value; } rt;
		struct { int32_t tid; int32_t overrun; uint64_t value; } timer;
		struct {
			int32_t pid; uint32_t uid; int32_t status, pad;
			int64_t utime, stime; /* clock ticks, 100 Hz */
		} chld;
		struct { uint64_t addr; int16_t lsb; } fault;
		struct { int64_t band; int32_t fd; } poll;
		struct { uint64_t call_addr; int32_t syscall; uint32_t arch; }
		    sys;
		uint8_t pad[112];
	} si_u;
};

struct sigpend {
	sigset_t sp_set;
	struct list sp_queue; /* of siginfo records */
};

struct sigaction { /* the kernel's layout: handler, flags, restorer, mask */
	vaddr_t sa_handler;
	uint64_t sa_flags;
	vaddr_t sa_restorer;
	sigset_t sa_mask;
};
#define SIG_DFL 0
#define SIG_IGN 1
#define SA_NOCLDSTOP 0x1
#define SA_NOCLDWAIT 0x2
#define SA_SIGINFO   0x4
#define SA_ONSTACK   0x08000000
#define SA_RESTART   0x10000000
#define SA_NODEFER   0x40000000
#define SA_RESETHAND 0x80000000
#define SA_RESTORER  0x04000000

/* From the kernel itself, any context that may take PROC-ranked spin locks
 * (not interrupts): */
void signal_proc(struct proc *, int signo);	 /* SI_KERNEL */
void signal_proc_info(struct proc *, const struct siginfo *);
void signal_lwp_info(struct lwp *, const struct siginfo *);
void signal_pgrp(struct pgrp *, int signo);	 /* proctree_lock held */
/* By number, takes the lock itself; for ttys. */
void signal_pgrp_id(pid_t pgid, int signo);
/* Would it be ignored or is it blocked by the running thread (tty)? */
bool signal_ignored_or_blocked(int signo);
/* Is the running process's group orphaned (tty: EIO instead of stopping)? */
bool pgrp_orphaned_self(void);
/* Temporary mask of ppoll and friends: restored when signals have been
 * looked at on the way out. */
void signal_set_temp_mask(sigset_t);
/* Take a pending signal out of set (signalfd, sigtimedwait): 0 if none. */
int signal_dequeue(sigset_t set, struct siginfo *);

#endif
