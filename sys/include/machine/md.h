/* SPDX-License-Identifier: MIT */
/*
 * sys/include/machine/md.h: what the machine (sys/amd64) does for the others,
 * and what it calls in them.
 */
#ifndef MACHINE_MD_H
#define MACHINE_MD_H

#include "base/types.h"

struct cpu;
struct pmap;
struct thread;
struct trapframe;
struct vmspace;

/* --- threads ------------------------------------------------------------ */
/* Kernel stack and first frame, so that switching to td calls
 * thread_entry(). -ENOMEM. */
int md_thread_init(struct thread *td) __must_check;
void md_thread_free(struct thread *td);
/* Give td (a new user thread) its own FPU state, a copy of from's or fresh if
 * from is NULL; copy fs/gs base. -ENOMEM. */
int md_thread_init_user(struct thread *td, struct thread *from) __must_check;
/* Switch stacks (and FPU, fs/gs base, TSS.rsp0); called with this CPU's run
 * queue locked, interrupts off. Returns in the new thread, with the thread
 * that was left, which is now off its stack. */
struct thread *md_switch(struct thread *from, struct thread *to);
/* base/sched.c: the first thing a new thread runs; prev as from md_switch. */
void thread_entry(struct thread *prev);

/* --- leaving for user mode ------------------------------------------------ */
/* Leave with the registers in thread_frame(curthread()); for the first time
 * of a thread. Handles ASTs first. */
void md_return_to_user(void) __noreturn;
/* execve: clear the frame and FPU, set entry and stack. */
void md_exec_frame(struct trapframe *, vaddr_t entry, vaddr_t stack);
int md_set_fsbase(vaddr_t);  /* of the running thread; -EPERM beyond user */
int md_set_gsbase(vaddr_t);
vaddr_t md_get_fsbase(void);
vaddr_t md_get_gsbase(void);
/* For clone(CLONE_SETTLS): of a thread that does not run yet. */
int md_thread_set_fsbase(struct thread *, vaddr_t);

/* --- signals ------------------------------------------------------------- */
struct md_sigframe_args {
	int sa_signo;
	const void *sa_siginfo;	  /* 128 bytes, kernel memory */
	vaddr_t sa_handler;
	vaddr_t sa_restorer;
	uint64_t sa_oldmask;
	vaddr_t sa_stack;	  /* altstack top to use, 0: present stack */
	vaddr_t sa_altsp;	  /* uc_stack for the handler to see */
	uint32_t sa_altflags;
	uint64_t sa_altsize;
	uint64_t sa_trapno, sa_err, sa_cr2; /* for the machine context */
};
/* Builds Linux's rt_sigframe (ucontext, XSAVE state) on the user stack and
 * points the frame at the handler. -EFAULT: the stack is bad. */
int md_sigframe_push(struct trapframe *, const struct md_sigframe_args *)
    __must_check;
/* rt_sigreturn: restores all from the frame at tf_rsp; gives mask and
 * altstack back. -EFAULT or -EINVAL: kill it. Result register included. */
int md_sigframe_pop(struct trapframe *, uint64_t *mask, vaddr_t *altsp,
    uint32_t *altflags, uint64_t *altsize) __must_check;

/* --- CPUs ---------------------------------------------------------------- */
void md_ipi_resched(unsigned cpu);
/* Run fn(arg) on every other CPU that is set in mask and wait. Interrupts on,
 * or the caller must be prepared to serve others' requests: it does itself. */
void md_ipi_call(uint64_t cpumask, void (*fn)(void *), void *arg);
void md_ipi_stop_others(void); /* panic */
void md_cpu_model(unsigned cpu, char *buf, size_t size); /* /proc/cpuinfo */
void md_cpu_flags(char *buf, size_t size);
unsigned md_cpu_mhz(void);
/* Bits for AT_HWCAP (CPUID.1:EDX) and AT_HWCAP2 (bit 1: FSGSBASE). */
uint64_t md_hwcap(void);
uint64_t md_hwcap2(void);
/* Arm this CPU's timer interrupt for a clock_mono() time, NSEC_NEVER: off. */
void md_timer_arm(nsec_t deadline);
bool md_random(uint64_t *out); /* RDSEED or RDRAND; false: none */

/* --- interrupts ---------------------------------------------------------- */
typedef void (*intr_fn)(void *arg);
/* Allocates a vector for message-signalled interrupts: writes the address and
 * data a device must send. -ENOSPC. */
int md_msi_alloc(unsigned cpu, intr_fn, void *arg, uint64_t *addr,
    uint32_t *data) __must_check;
/* Legacy ISA interrupt (0-15) or GSI through the I/O APIC. */
int md_irq_register(unsigned irq, intr_fn, void *arg, const char *name)
    __must_check;
void md_interrupts_format(char *buf, size_t size); /* /proc/interrupts */

/* --- the platform -------------------------------------------------------- */
void md_poweroff(void);
void md_reboot(void);
/* isa-debug-exit with this code if it is there, otherwise halt for ever. */
void md_panic_stop(int code) __noreturn;
nsec_t md_rtc_read(void);	  /* Unix time */
void md_rtc_write(nsec_t unix_time);
/* vDSO image for execve to map, and its page count. */
const void *md_vdso_image(size_t *size);

/* --- called by the machine, implemented above (upcalls) ------------------ */
/* kern: one system call; reads FRAME_SYSNO and the argument registers (rdi
 * rsi rdx r10 r8 r9) and writes FRAME_RESULT. Interrupts on. */
void syscall_dispatch(struct trapframe *);
/* kern: TDF_AST flags other than TDF_RESCHED were set on the way out to user
 * mode; delivers signals, stops, exits. Interrupts on. */
void user_ast(struct trapframe *);
/* kern: an exception in user mode that vm_fault did not solve. SIGKILL says
 * that it had no memory: on return let the instruction try again. */
void user_trap(struct trapframe *, int signo, int si_code, vaddr_t addr,
    unsigned trapno, uint64_t errcode);
/* base: entry after the machine is set up, on the boot CPU. */
void kernel_main(void) __noreturn;

#endif
