/* SPDX-License-Identifier: MIT */
/*
 * sys/amd64/trap.c: exceptions.
 *
 * In user mode: a page fault goes to vm_fault(), what it does not solve and
 * all others become signals with Linux's numbers and codes. In the kernel: an
 * instruction with an entry in __extable goes on at its fix-up (a copy from or
 * to user memory; page faults on user addresses are tried first), the IRETQ to
 * user mode makes it a fault of the program, everything else is a panic.
 */
#include "base/kprintf.h"
#include "base/kva.h"
#include "base/panic.h"
#include "base/string.h"
#include "base/thread.h"

#include "vm/vmspace.h"

#include <abi/errno.h>
#include <machine/layout.h>
#include <machine/md.h>

#include "amd64/amd64.h"
#include "amd64/fpu.h"

#define SIGILL	4
#define SIGTRAP 5
#define SIGBUS	7
#define SIGFPE	8
#define SIGKILL 9
#define SIGSEGV 11

#define SI_KERNEL   0x80
#define ILL_ILLOPN  2
#define FPE_INTDIV  1
#define SEGV_MAPERR 1
#define SEGV_ACCERR 2
#define BUS_ADRALN  1
#define BUS_ADRERR  2
#define TRAP_TRACE  2
#define TRAP_HWBKPT 4

enum {
	T_DE, T_DB, T_NMI, T_BP, T_OF, T_BR, T_UD, T_NM, T_DF, T_09, T_TS,
	T_NP, T_SS, T_GP, T_PF, T_0F, T_MF, T_AC, T_MC, T_XM, T_COUNT
};

#define PF_PRESENT  0x1
#define PF_WRITE    0x2
#define PF_RESERVED 0x8
#define PF_EXEC	    0x10

#define DR6_BS (1 << 14)

struct extable_entry {
	int32_t ex_at; /* relative to the field itself */
	int32_t ex_fixup;
};
extern const struct extable_entry __extable_start[], __extable_end[];
extern const char usercopy_nofault_begin[], usercopy_nofault_end[];
extern const char return_iretq[];

static const char *const trap_names[T_COUNT] = {
	"divide error", "debug", "NMI", "breakpoint", "overflow",
	"bound range", "invalid opcode", "no FPU", "double fault",
	"coprocessor overrun", "invalid TSS", "segment not present",
	"stack segment fault", "general protection fault", "page fault",
	"reserved", "x87 exception", "alignment check", "machine check",
	"SIMD exception",
};

/* What becomes of an exception in user mode, page faults aside. */
static const struct {
	uint8_t signo;
	uint8_t code;
	bool addr; /* si_addr is the instruction */
} user_signals[T_COUNT] = {
	[T_DE] = { SIGFPE, FPE_INTDIV, true },
	[T_BP] = { SIGTRAP, SI_KERNEL, false },
	[T_OF] = { SIGSEGV, SI_KERNEL, false },
	[T_BR] = { SIGSEGV, SI_KERNEL, false },
	[T_UD] = { SIGILL, ILL_ILLOPN, true },
	[T_TS] = { SIGSEGV, SI_KERNEL, false },
	[T_NP] = { SIGBUS, SI_KERNEL, false },
	[T_SS] = { SIGBUS, SI_KERNEL, false },
	[T_GP] = { SIGSEGV, SI_KERNEL, false },
	[T_AC] = { SIGBUS, BUS_ADRALN, false },
};

static uint64_t
extable_find(uint64_t rip)
{
	for (const struct extable_entry *ex = __extable_start;
	     ex < __extable_end; ex++) {
		if ((uint64_t)&ex->ex_at + (int64_t)ex->ex_at == rip)
			return (uint64_t)&ex->ex_fixup +
			    (int64_t)ex->ex_fixup;
	}
	return 0;
}

static unsigned
fault_access(uint64_t err)
{
	unsigned absent = err & PF_PRESENT ? 0 : VF_ABSENT;

	if (err & PF_EXEC)
		return VF_EXEC | absent;
	return (err & PF_WRITE ? VF_WRITE : VF_READ) | absent;
}

/* Not the kernel's page fault handler's: interrupts are on from here. */
static void
user_page_fault(struct trapframe *tf, vaddr_t va, uint64_t err)
{
	struct thread *td = curthread();
	int error = -EFAULT, signo = SIGSEGV, code = SEGV_MAPERR;

	if (err & PF_RESERVED)
		panic_frame(tf, "reserved bit in the page table of %#lx", va);
	if (va < USER_MAX && td->td_vm != NULL)
		error = vm_fault(td->td_vm, va, fault_access(err) | VF_USER);
	switch (error) {
	case 0:
		return;
	case -EACCES:
		code = SEGV_ACCERR;
		break;
	case -EIO:
		signo = SIGBUS;
		code = BUS_ADRERR;
		break;
	case -ENOMEM:
		signo = SIGKILL;
		code = SI_KERNEL;
		break;
	}
	user_trap(tf, signo, code, va, T_PF, err);
}

static void
trap_user(struct trapframe *tf, unsigned vector, uint64_t err, vaddr_t cr2)
{
	vaddr_t addr = 0;
	uint64_t dr6 = 0;

	if (vector == T_PF) {
		intr_enable();
		user_page_fault(tf, cr2, err);
		return;
	}
	if (vector == T_DB) {
		__asm__ volatile("mov %%dr6, %0" : "=r"(dr6));
		__asm__ volatile("mov %0, %%dr6" ::"r"(0xffff0ff0UL));
	}
	intr_enable();
	switch (vector) {
	case T_DB:
		user_trap(tf, SIGTRAP, dr6 & DR6_BS ? TRAP_TRACE : TRAP_HWBKPT,
		    tf->tf_rip, T_DB, 0);
		return;
	case T_MF:
	case T_XM:
		user_trap(tf, SIGFPE, fpu_fault_code(vector), tf->tf_rip,
		    vector, 0);
		return;
	}
	if (vector >= T_COUNT || user_signals[vector].signo == 0)
		panic_frame(tf, "exception %u in user mode", vector);
	if (user_signals[vector].addr)
		addr = tf->tf_rip;
	user_trap(tf, user_signals[vector].signo, user_signals[vector].code,
	    addr, vector, err);
}

/*
 * IRETQ refused the frame at the top of the kernel stack (its registers are
 * loaded already, and %gs was made the kernel's again in vectors.S). Put both
 * together as if the program had faulted where it was about to go on. The two
 * frames overlap.
 */
static struct trapframe *
iretq_fault(struct trapframe *tf, unsigned vector, uint64_t err)
{
	struct trapframe *user = thread_frame(curthread());

	memmove(user, tf, offsetof(struct trapframe, tf_orig_rax));
	user->tf_orig_rax = ~0UL;
	user->tf_cs = SEL_UCODE;
	user->tf_ss = SEL_UDATA;
	intr_enable();
	user_trap(user, SIGSEGV, SI_KERNEL, 0, vector, err);
	return user;
}

/* A copy from or to user memory; whether it can go on. */
static bool
kernel_user_fault(struct trapframe *tf, vaddr_t va, uint64_t err)
{
	struct thread *td = curthread();
	uint64_t fixup = extable_find(tf->tf_rip);
	bool nofault = tf->tf_rip >= (uint64_t)usercopy_nofault_begin &&
	    tf->tf_rip < (uint64_t)usercopy_nofault_end;

	if (fixup == 0)
		return false;
	if (!nofault && va < USER_MAX && td != NULL && td->td_vm != NULL &&
	    !(err & (PF_EXEC | PF_RESERVED))) {
		int error;

		if (tf->tf_rflags & RFLAGS_IF)
			intr_enable();
		error = vm_fault(td->td_vm, va, fault_access(err));
		intr_disable();
		if (error == 0)
			return true;
	}
	tf->tf_rip = fixup;
	return true;
}

static void __noreturn
trap_panic(struct trapframe *tf, unsigned vector, uint64_t err, vaddr_t cr2)
{
	const char *name = vector < T_COUNT ? trap_names[vector] : "trap";

	if (vector == T_DF && (kva_is_guard(cr2) || kva_is_guard(tf->tf_rsp)))
		panic_frame(tf, "kernel stack overflow (guard page at %#lx)",
		    page_trunc(kva_is_guard(cr2) ? cr2 : tf->tf_rsp));
	if (vector == T_PF) {
		panic_frame(tf, "%s page fault: %s of %#lx, error %#lx%s",
		    (err & PF_PRESENT) ? "protection" : "kernel",
		    (err & PF_EXEC) ? "execution" :
			(err & PF_WRITE) ? "write" : "read",
		    cr2, err, kva_is_guard(cr2) ? " (guard page)" : "");
	}
	panic_frame(tf, "%s in the kernel, error %#lx", name, err);
}

static void
trap_kernel(struct trapframe *tf, unsigned vector, uint64_t err, vaddr_t cr2)
{
	uint64_t fixup;

	switch (vector) {
	case T_PF:
		if (kernel_user_fault(tf, cr2, err))
			return;
		break;
	case T_GP:
	case T_SS:
	case T_AC:
		fixup = extable_find(tf->tf_rip);
		if (fixup != 0) {
			tf->tf_rip = fixup;
			return;
		}
		break;
	case T_DB: /* a program's single step that met SYSCALL */
		__asm__ volatile("mov %0, %%dr6" ::"r"(0xffff0ff0UL));
		tf->tf_rflags &= ~(uint64_t)RFLAGS_TF;
		return;
	}
	trap_panic(tf, vector, err, cr2);
}

static void
trap_nmi(struct trapframe *tf)
{
	if (panic_is_under_way())
		cpu_stop_self();
	if (!FRAME_IS_USER(tf))
		return; /* no lock may be taken here, not even to say so */
	klog(KLOG_WARNING, "cpu%u: NMI without a cause\n", curcpu()->c_id);
}

/* From vectors.S, interrupts off; returns the frame to leave with. */
struct trapframe *
trap(struct trapframe *tf, unsigned vector)
{
	vaddr_t cr2 = rdcr2();
	uint64_t err = tf->tf_orig_rax;

	if (vector == T_NMI) {
		trap_nmi(tf);
	} else if (vector == T_MC || vector == T_DF) {
		trap_panic(tf, vector, err, cr2);
	} else if (FRAME_IS_USER(tf)) {
		tf->tf_orig_rax = ~0UL; /* no system call to restart */
		if (err == ~0UL)
			err = 0;
		trap_user(tf, vector, err, cr2);
	} else if (tf->tf_rip == (uint64_t)return_iretq) {
		return iretq_fault(tf, vector, err);
	} else {
		trap_kernel(tf, vector, err, cr2);
	}
	return tf;
}

/* Everything that is to be done before user mode. */
void
ast_loop(struct trapframe *tf)
{
	struct thread *td = curthread();

	do {
		intr_enable();
		sched_point();
		if (atomic_load_relaxed(&td->td_flags) &
		    (TDF_AST & ~TDF_RESCHED))
			user_ast(tf);
		intr_disable();
	} while (atomic_load_relaxed(&td->td_flags) & TDF_AST);
}
