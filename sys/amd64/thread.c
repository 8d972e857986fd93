/* SPDX-License-Identifier: MIT */
/*
 * sys/amd64/thread.c: the machine's part of a thread, and switching.
 *
 * The kernel stack from its top: the user's struct trapframe (room is left
 * for it in every thread), then what the kernel calls. A user's gs base lies
 * in KERNEL_GS_BASE while the kernel runs; SWAPGS around RDGSBASE reaches it
 * faster than the MSR.
 * Selectors of user mode are not saved: DS, ES, FS and GS mean nothing in
 * 64-bit mode but for the bases, which are.
 */
#include "base/kva.h"
#include "base/panic.h"
#include "base/string.h"
#include "base/thread.h"

#include <machine/layout.h>
#include <machine/md.h>
#include <machine/pmap.h>

#include <abi/errno.h>

#include "amd64/amd64.h"
#include "amd64/fpu.h"

/* What switch_stack() pops, lowest address first. */
struct switch_frame {
	uint64_t sf_r15, sf_r14, sf_r13, sf_r12, sf_rbx, sf_rbp;
	uint64_t sf_rip;
};

struct thread *switch_stack(struct thread *from, struct thread *to,
    uint64_t canary);
void thread_start(void);

static inline uint64_t
kstack_top(const struct thread *td)
{
	return (uint64_t)td->td_md.md_kstack + KSTACK_SIZE;
}

struct trapframe *
thread_frame(struct thread *td)
{
	return (struct trapframe *)kstack_top(td) - 1;
}

int
md_thread_init(struct thread *td)
{
	struct switch_frame *sf;

	td->td_md.md_kstack = kstack_alloc();
	if (td->td_md.md_kstack == NULL)
		return -ENOMEM;
	memset(thread_frame(td), 0, sizeof(struct trapframe));
	/* thread_start is "returned to" with the stack aligned to 16. */
	sf = (struct switch_frame *)rounddown2((uint64_t)thread_frame(td), 16);
	sf--;
	memset(sf, 0, sizeof(*sf));
	sf->sf_rip = (uint64_t)thread_start;
	td->td_md.md_rsp = (uint64_t)sf;
	td->td_md.md_fsbase = 0;
	td->td_md.md_gsbase = 0;
	td->td_md.md_fpu = NULL;
	td->td_md.md_fpu_cpu = ~0u;
	return 0;
}

void
md_thread_free(struct thread *td)
{
	fpu_free(td->td_md.md_fpu);
	td->td_md.md_fpu = NULL;
	if (td->td_md.md_kstack != NULL)
		kstack_free(td->td_md.md_kstack);
	td->td_md.md_kstack = NULL;
}

/* --- fs and gs base ------------------------------------------------------- */

static uint64_t
fsbase_read(const struct thread *td)
{
	uint64_t base;

	if (!cpu_has(CPU_FSGSBASE))
		return td->td_md.md_fsbase;
	__asm__ volatile("rdfsbase %0" : "=r"(base));
	return base;
}

/* Interrupts off: an interrupt between the two would take the user's gs. */
static uint64_t
gsbase_read(const struct thread *td)
{
	uint64_t base;

	if (!cpu_has(CPU_FSGSBASE))
		return td->td_md.md_gsbase;
	__asm__ volatile("swapgs; rdgsbase %0; swapgs" : "=r"(base)::"memory");
	return base;
}

static void
bases_load(const struct thread *td)
{
	if (!cpu_has(CPU_FSGSBASE)) {
		wrmsr(MSR_FS_BASE, td->td_md.md_fsbase);
		wrmsr(MSR_KERNEL_GS_BASE, td->td_md.md_gsbase);
		return;
	}
	__asm__ volatile("wrfsbase %0" ::"r"(td->td_md.md_fsbase));
	__asm__ volatile("swapgs; wrgsbase %0; swapgs"
	    ::"r"(td->td_md.md_gsbase) : "memory");
}

int
md_set_fsbase(vaddr_t base)
{
	struct thread *td = curthread();
	uint64_t flags;

	if (base >= USER_MAX)
		return -EPERM;
	flags = intr_disable();
	td->td_md.md_gsbase = gsbase_read(td);
	td->td_md.md_fsbase = base;
	bases_load(td);
	intr_restore(flags);
	return 0;
}

int
md_set_gsbase(vaddr_t base)
{
	struct thread *td = curthread();
	uint64_t flags;

	if (base >= USER_MAX)
		return -EPERM;
	flags = intr_disable();
	td->td_md.md_fsbase = fsbase_read(td);
	td->td_md.md_gsbase = base;
	bases_load(td);
	intr_restore(flags);
	return 0;
}

vaddr_t
md_get_fsbase(void)
{
	return fsbase_read(curthread());
}

vaddr_t
md_get_gsbase(void)
{
	uint64_t flags = intr_disable();
	vaddr_t base = gsbase_read(curthread());

	intr_restore(flags);
	return base;
}

int
md_thread_set_fsbase(struct thread *td, vaddr_t base)
{
	if (base >= USER_MAX)
		return -EPERM;
	td->td_md.md_fsbase = base;
	return 0;
}

/* --- user threads ----------------------------------------------------- */

/* from, if not NULL, is the running thread: its state is in the registers. */
int
md_thread_init_user(struct thread *td, struct thread *from)
{
	struct fpu_area *fa = from != NULL ? fpu_alloc_raw() : fpu_alloc();
	uint64_t flags;

	if (fa == NULL)
		return -ENOMEM;
	flags = intr_disable();
	if (from != NULL) {
		if (from == curthread()) {
			from->td_md.md_fsbase = fsbase_read(from);
			from->td_md.md_gsbase = gsbase_read(from);
			fpu_save(from->td_md.md_fpu);
		}
		memcpy(fa, from->td_md.md_fpu, fpu_size);
		td->td_md.md_fsbase = from->td_md.md_fsbase;
		td->td_md.md_gsbase = from->td_md.md_gsbase;
	}
	td->td_md.md_fpu = fa;
	td->td_md.md_fpu_cpu = ~0u;
	if (td == curthread()) {
		fpu_kernel_end();
		bases_load(td);
	}
	intr_restore(flags);
	return 0;
}

void
md_exec_frame(struct trapframe *tf, vaddr_t entry, vaddr_t stack)
{
	struct thread *td = curthread();
	uint64_t flags = intr_disable();

	memset(tf, 0, sizeof(*tf));
	tf->tf_orig_rax = ~0UL;
	tf->tf_rip = entry;
	tf->tf_cs = SEL_UCODE;
	tf->tf_rflags = RFLAGS_FIXED | RFLAGS_IF;
	tf->tf_rsp = stack;
	tf->tf_ss = SEL_UDATA;
	td->td_md.md_fsbase = 0;
	td->td_md.md_gsbase = 0;
	bases_load(td);
	fpu_reset();
	intr_restore(flags);
}

/* --- switching -------------------------------------------------------- */

struct thread *
md_switch(struct thread *from, struct thread *to)
{
	struct cpu *c = curcpu();

	if (from->td_md.md_fpu != NULL) {
		from->td_md.md_fsbase = fsbase_read(from);
		from->td_md.md_gsbase = gsbase_read(from);
	}
	fpu_switch(from, to);
	if (to->td_pmap != NULL && to->td_pmap != c->c_pmap)
		pmap_activate(to->td_pmap);
	if (to->td_md.md_fpu != NULL)
		bases_load(to);
	if (to->td_md.md_kstack != NULL) {
		c->c_kstack = kstack_top(to);
		c->c_md->cm_tss.ts_rsp[0] = c->c_kstack;
	}
	/* The idle thread's canary is the one its CPU started with. */
	from->td_canary = c->c_canary;
	c->c_thread = to;
	return switch_stack(from, to, to->td_canary);
}
