/* SPDX-License-Identifier: MIT */
/*
 * sys/base/thread.h: threads as the scheduler sees them, and CPUs.
 *
 * Use: thread_create() makes a kernel thread; a thread of a user process is
 * one whose td_lwp is set by kern and which leaves for user mode at the end of
 * its start function. Sleeping is done through base/waitq.h.
 * Locks: [I] immutable, [a] atomic, [r] the run-queue lock of td_cpu,
 * [t] only the thread itself.
 */
#ifndef BASE_THREAD_H
#define BASE_THREAD_H

#include <machine/cpu.h>
#include <machine/mdthread.h>

#include "base/list.h"
#include "base/lock.h"
#include "base/rbtree.h"
#include "base/types.h"

struct lwp;
struct pmap;
struct vmspace;
struct wait_entry;

enum thread_state {
	TS_NEW,
	TS_RUNNABLE,	/* on a run queue */
	TS_RUNNING,	/* on a CPU */
	TS_SLEEPING,	/* until thread_wake() */
	TS_SLEEPING_INTR, /* the same, and thread_interrupt() ends it */
	TS_STOPPED,	/* job control; only thread_wake_stopped() ends it */
	TS_ZOMBIE,	/* switched away for ever */
};

/* td_flags: work to do before the thread returns to user mode. */
#define TDF_RESCHED 0x01 /* somebody better is waiting for this CPU */
#define TDF_SIGNAL  0x02 /* a signal may be deliverable: sleeps end early */
#define TDF_KILLED  0x04 /* the process is going away */
#define TDF_WORK    0x08 /* other work of kern: lwp_ast() looks */
#define TDF_TRACE   0x10 /* syscall entry and exit are traced */
#define TDF_AST	    (TDF_RESCHED | TDF_SIGNAL | TDF_KILLED | TDF_WORK)
#define TDF_WAKESTOP 0x80 /* thread_wake_stopped() came before the stop */
#define TDF_KTHREAD 0x100
#define TDF_IDLE    0x200

struct thread {
	struct mdthread td_md;	   /* machine: kernel stack, FPU; amd64 owns */
	uint32_t td_flags;	   /* [a] TDF_ */
	uint32_t td_state;	   /* [r] enum thread_state */
	uint32_t td_cpu;	   /* [r] where it runs or ran */
	int32_t td_tid;		   /* [I] as user space sees it; 0 for idle */
	struct lwp *td_lwp;	   /* [I] kern's half, NULL: kernel thread */
	struct vmspace *td_vm;	   /* [t] user address space or NULL */
	struct pmap *td_pmap;	   /* [r] page tables to load, NULL: any */
	struct rbnode td_rq_node;  /* [r] by td_vruntime */
	struct list td_all;	   /* all threads */
	uint64_t td_vruntime;	   /* [r] weighted ns */
	uint64_t td_cpumask;	   /* [r] where it may run */
	nsec_t td_runtime;	   /* [r] ns on a CPU */
	nsec_t td_utime;	   /* [t] of these in user mode */
	nsec_t td_switched;	   /* [r] clock when it was put on the CPU */
	uint64_t td_nvcsw;	   /* [t] voluntary switches */
	uint64_t td_nivcsw;	   /* [t] involuntary ones */
	int32_t td_nice;	   /* [r] -20 ... 19 */
	uint64_t td_canary;	   /* [I] stack protector */
	void (*td_start)(void *);  /* [I] */
	void *td_arg;		   /* [I] */
	struct lockstack *td_locks; /* [t] sleeping locks held, LOCKDEBUG */
	const char *td_wmesg;	   /* [t] why it sleeps, for ps and panic */
	char td_name[16];	   /* comm */
};

/* Offsets 0..47 are known to assembly and to the stack protector (gs:40). */
struct cpu {
	struct cpu *c_self;	    /* gs:0 */
	struct thread *c_thread;    /* gs:8, the running thread */
	uint64_t c_kstack;	    /* gs:16, top of its kernel stack */
	uint64_t c_user_rsp;	    /* gs:24, scratch of the syscall entry */
	uint64_t c_scratch;	    /* gs:32 */
	uint64_t c_canary;	    /* gs:40, of the running thread */
	uint32_t c_id;		    /* [I] 0 ... ncpus-1 */
	uint32_t c_lapic_id;	    /* [I] */
	uint32_t c_online;	    /* [a] */
	uint32_t c_intr_depth;	    /* [c] nesting of interrupt handlers */
	struct pmap *c_pmap;	    /* [c] page tables loaded */
	struct thread *c_idle;	    /* [I] */
	struct runq *c_runq;	    /* [I] sched.c */
	struct timer_cpu *c_timers; /* [I] timer.c */
	void *c_pages;		    /* [I] page.c: free page cache */
	struct lockstack *c_locks;  /* [I] spin locks held, LOCKDEBUG */
	struct cpu_md *c_md;	    /* [I] amd64: TSS, GDT, ... */
	uint64_t c_nintr;	    /* [c] */
	uint64_t c_nswitch;	    /* [c] */
	nsec_t c_idle_time;	    /* [c] */
	nsec_t c_user_time;	    /* [c] */
	nsec_t c_sys_time;	    /* [c] */
} __cacheline;

extern struct cpu *cpus[MAXCPU]; /* [I] after boot */
extern unsigned ncpus;		 /* [I] after boot */

/* curcpu() and curthread() are machine/cpu.h's. */

/*
 * Makes a thread with a kernel stack; it does not run until thread_run().
 * td_tid is 0 unless the caller sets it before. NULL: no memory.
 */
struct thread *thread_create(const char *name, void (*start)(void *),
    void *arg) __must_check;
void thread_run(struct thread *);
/* thread_create() and thread_run(); panics without memory: for boot only. */
struct thread *kthread_start(const char *name, void (*start)(void *), void *);
/* Ends the running thread. Its memory goes when it is off its stack. */
void thread_exit(void) __noreturn;
/* Frees a thread that never ran. */
void thread_free(struct thread *);

void thread_set_nice(struct thread *, int nice);
int thread_set_affinity(struct thread *, uint64_t mask) __must_check;
/* TDF_SIGNAL or TDF_KILLED is set first, then this ends TS_SLEEPING_INTR. */
void thread_interrupt(struct thread *);
/* From TS_SLEEPING*; returns whether it did anything. Any context. */
bool thread_wake(struct thread *);
/*
 * Job control: stop the running thread until thread_wake_stopped(), which
 * also counts when it came just before; callers loop on their condition.
 */
void thread_stop_self(void);
bool thread_wake_stopped(struct thread *);
/* Runs fn for every thread with the list locked; fn must not sleep. */
void thread_foreach(void (*fn)(struct thread *, void *), void *arg);

static inline bool
thread_signalled(struct thread *td)
{
	return (atomic_load_relaxed(&td->td_flags) &
		   (TDF_SIGNAL | TDF_KILLED)) != 0;
}

/*
 * Starting: thread_init() after slab_init(); then for each CPU, on it, in the
 * context it booted in, page_cpu_init(), timer_init_cpu(), sched_init_cpu(),
 * which makes that context the idle thread.
 */
void thread_init(void);
/* base/sched.c */
void sched_init_cpu(struct cpu *);
void sched_yield(void);	     /* let others of equal claim run */
void sched_point(void);	     /* in long kernel loops: yields if asked to */
void sched_switch(void);     /* the state has been set; picks the next */
void sched_idle_loop(void) __noreturn;
void sched_ipi(void); /* reschedule IPI arrived */
void sched_loadavg(uint64_t out[3]); /* 16.16 fixed point: 1, 5, 15 min */
unsigned sched_runnable(void);	     /* threads running or ready */
uint64_t sched_forks(void);	     /* threads ever made */

#endif
