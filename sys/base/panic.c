/* SPDX-License-Identifier: MIT */
/*
 * sys/base/panic.c: the end of the road, told as clearly as can be.
 */
#include <machine/cpu.h>
#include <machine/frame.h>
#include <machine/layout.h>
#include <machine/md.h>

#include "base/atomic.h"
#include "base/kprintf.h"
#include "base/kva.h"
#include "base/lockdebug.h"
#include "base/panic.h"
#include "base/string.h"
#include "base/thread.h"

#define PANIC_EXIT_CODE 0x3f /* isa-debug-exit: QEMU's status is 127 */
#define FRAMES_MAX	32

static uint32_t panicking; /* [a] CPU + 1 of the one that does */

bool
panic_is_under_way(void)
{
	return atomic_load_relaxed(&panicking) != 0;
}

static void
print_address(uint64_t addr)
{
	uint64_t off = 0;
	const char *name = symbol_lookup(addr, &off);

	if (name != NULL)
		klog(KLOG_EMERG, "  %#018llx %s+%#llx\n",
		    (unsigned long long)addr, name, (unsigned long long)off);
	else
		klog(KLOG_EMERG, "  %#018llx\n", (unsigned long long)addr);
}

/* Frame pointers may be anything here: only mapped kernel words are read. */
static bool
frame_is_sane(uint64_t rbp)
{
	return rbp >= DIRECT_MAP_BASE && (rbp & 7) == 0 &&
	    pmap_query(&kernel_pmap, rbp, NULL) != 0 &&
	    pmap_query(&kernel_pmap, rbp + 8, NULL) != 0;
}

void
backtrace_print(uint64_t rip, uint64_t rbp)
{
	klog(KLOG_EMERG, "backtrace:\n");
	if (rip != 0)
		print_address(rip);
	for (int i = 0; i < FRAMES_MAX && frame_is_sane(rbp); i++) {
		uint64_t next = ((const uint64_t *)rbp)[0];
		uint64_t ret = ((const uint64_t *)rbp)[1];

		if (ret < KERNEL_IMAGE_BASE)
			break;
		print_address(ret - 1);
		if (next <= rbp)
			break;
		rbp = next;
	}
}

static void
print_registers(const struct trapframe *tf)
{
	static const struct {
		const char *name;
		size_t offset;
	} regs[] = {
#define REG(r) { #r, offsetof(struct trapframe, tf_##r) }
		REG(rip), REG(rsp), REG(rflags), REG(rax), REG(rbx), REG(rcx),
		REG(rdx), REG(rsi), REG(rdi), REG(rbp), REG(r8), REG(r9),
		REG(r10), REG(r11), REG(r12), REG(r13), REG(r14), REG(r15),
		REG(cs), REG(ss), REG(orig_rax),
#undef REG
	};

	for (unsigned i = 0; i < nitems(regs); i++)
		klog(KLOG_EMERG, "  %8s %016llx%s", regs[i].name,
		    *(const unsigned long long *)(const void *)(
			(const char *)tf + regs[i].offset),
		    i % 3 == 2 ? "\n" : "");
	if (nitems(regs) % 3 != 0)
		klog(KLOG_EMERG, "\n");
}

/* Only the first CPU to get here goes on. */
static void
panic_enter(void)
{
	uint32_t nobody = 0, me = curcpu()->c_id + 1;

	(void)intr_disable();
	if (atomic_cas(&panicking, &nobody, me)) {
		md_ipi_stop_others();
		return;
	}
	if (nobody == me) {
		/* Panic within panic: say no more. */
		md_panic_stop(PANIC_EXIT_CODE);
	}
	for (;;)
		cpu_pause();
}

static void __noreturn
panic_tell(struct trapframe *tf, const char *fmt, va_list ap)
{
	char text[256];
	struct cpu *c = curcpu();

	kvsnprintf(text, sizeof(text), fmt, ap);
	klog(KLOG_EMERG, "\n");
	console_write("\nBail out! panic: ", 18);
	console_write(text, strlen(text));
	console_write("\n", 1);
	klog(KLOG_EMERG, "panic: %s\n", text);
	if (c->c_thread != NULL)
		klog(KLOG_EMERG, "cpu %u, thread %d \"%s\"\n", c->c_id,
		    c->c_thread->td_tid, c->c_thread->td_name);
	if (tf != NULL) {
		print_registers(tf);
		backtrace_print(tf->tf_rip, tf->tf_rbp);
	} else {
		backtrace_print(0, (uint64_t)__builtin_frame_address(0));
	}
	lockdebug_print();
	klog(KLOG_EMERG, "end of panic\n");
	md_panic_stop(PANIC_EXIT_CODE);
}

void
panic(const char *fmt, ...)
{
	va_list ap;

	panic_enter();
	va_start(ap, fmt);
	panic_tell(NULL, fmt, ap);
}

void
panic_frame(struct trapframe *tf, const char *fmt, ...)
{
	va_list ap;

	panic_enter();
	va_start(ap, fmt);
	panic_tell(tf, fmt, ap);
}

void
warn_once_at(const char *file, int line, const char *what, bool *done)
{
	if (*done)
		return;
	*done = true;
	klog(KLOG_WARNING, "warning: %s (%s:%d)\n", what, file, line);
	backtrace_print(0, (uint64_t)__builtin_frame_address(0));
}

/* GCC's stack protector ends here. */
void __noreturn __stack_chk_fail(void);
void
__stack_chk_fail(void)
{
	panic("stack smashed in %p", __builtin_return_address(0));
}
