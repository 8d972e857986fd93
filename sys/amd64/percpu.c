/* SPDX-License-Identifier: MIT */
/*
 * sys/amd64/percpu.c: what each CPU owns, and an application processor's way
 * into the kernel.
 *
 * The context a CPU starts in becomes its idle thread in sched_init_cpu();
 * until then c_thread is NULL. Compiled without the stack protector:
 * ap_entry() begins before %gs is right.
 */
#include "base/clock.h"
#include "base/kva.h"
#include "base/page.h"
#include "base/page.h"
#include "base/random.h"
#include "base/slab.h"
#include "base/thread.h"

#include <machine/pmap.h>

#include "amd64/amd64.h"

_Static_assert(offsetof(struct cpu, c_self) == CPU_SELF, "cpureg.h");
_Static_assert(offsetof(struct cpu, c_thread) == CPU_THREAD, "cpureg.h");
_Static_assert(offsetof(struct cpu, c_kstack) == CPU_KSTACK, "cpureg.h");
_Static_assert(offsetof(struct cpu, c_user_rsp) == CPU_USER_RSP, "cpureg.h");
_Static_assert(offsetof(struct cpu, c_canary) == CPU_CANARY, "cpureg.h");
_Static_assert(offsetof(struct thread, td_md.md_rsp) == TD_RSP, "cpureg.h");
_Static_assert(offsetof(struct thread, td_flags) == TD_FLAGS, "cpureg.h");
_Static_assert(TDF_AST == 0x0f, "entry.S");
_Static_assert(offsetof(struct trapframe, tf_rdi) == TF_RDI, "cpureg.h");
_Static_assert(offsetof(struct trapframe, tf_rax) == TF_RAX, "cpureg.h");
_Static_assert(offsetof(struct trapframe, tf_r11) == TF_R11, "cpureg.h");
_Static_assert(offsetof(struct trapframe, tf_rcx) == TF_RCX, "cpureg.h");
_Static_assert(offsetof(struct trapframe, tf_rip) == TF_RIP, "cpureg.h");
_Static_assert(offsetof(struct trapframe, tf_cs) == TF_CS, "cpureg.h");
_Static_assert(offsetof(struct trapframe, tf_rflags) == TF_RFLAGS,
    "cpureg.h");
_Static_assert(offsetof(struct trapframe, tf_rsp) == TF_RSP, "cpureg.h");
_Static_assert(sizeof(struct trapframe) == TF_SIZE, "cpureg.h");

static struct cpu_md boot_md;

struct cpu boot_cpu = {
	.c_self = &boot_cpu,
	.c_md = &boot_md,
	.c_online = 1,
	.c_pmap = &kernel_pmap,
};

struct cpu *
cpu_create(unsigned id, uint32_t lapic_id)
{
	struct cpu *c = kmalloc(roundup2(sizeof(*c), 64), KM_ZERO);
	struct cpu_md *cm = kmalloc(roundup2(sizeof(*cm), 64), KM_ZERO);
	uint8_t *stack = kstack_alloc();

	if (c == NULL || cm == NULL || stack == NULL)
		goto fail;
	c->c_self = c;
	c->c_md = cm;
	c->c_id = id;
	c->c_lapic_id = lapic_id;
	c->c_pmap = &kernel_pmap;
	c->c_canary = random_u64() & ~0xffUL;
	cm->cm_boot_stack = (uint64_t)stack + KSTACK_SIZE;
	if (ist_init(c) != 0)
		goto fail;
	cpus[id] = c;
	return c;
fail:
	if (stack != NULL)
		kstack_free(stack);
	kfree(cm);
	kfree(c);
	return NULL;
}

void
ap_entry(struct cpu *c)
{
	cpu_control_init();
	gdt_init(c);
	idt_load();
	syscall_init_cpu();
	wrcr3(kernel_pmap.pm_root);
	if (cpu_has(CPU_PCID))
		wrcr4(rdcr4() | CR4_PCIDE);
	lapic_init_cpu();
	page_cpu_init(c);
	timer_init_cpu(c);
	sched_init_cpu(c);
	atomic_store(&c->c_online, 1);
	sched_idle_loop();
}
