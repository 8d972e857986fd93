/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/syscall.c: from the machine's entry to the handler of a call.
 *
 * The hot path is one table look-up and one wrapper that takes the arguments
 * out of the frame; everything else is behind branches not taken.
 */
#include "base/kprintf.h"
#include "base/thread.h"

#include <machine/frame.h>
#include <machine/md.h>

#include "kern/proc_internal.h"
#include "kern/syscall.h"

typedef long (*syscall_fn)(const struct trapframe *);

#include "syscall_table.c"

struct syscall_desc {
	char sd_name[26];
	char sd_args[7]; /* a letter each; see makesyscalls.awk */
};

static const struct syscall_desc descs[SYSCALL_COUNT] = {
#include "syscall_names.h"
};

static __noinline long
syscall_unknown(uint32_t number)
{
	static uint64_t told[(SYSCALL_COUNT + 63) / 64];
	uint64_t bit = UINT64_C(1) << (number % 64);

	if (number >= SYSCALL_COUNT || descs[number].sd_args[0] != '-')
		return -ENOSYS;
	if ((atomic_or(&told[number / 64], bit) & bit) == 0)
		kprintf("syscall %s (%u) is not implemented\n",
		    descs[number].sd_name, number);
	return -ENOSYS;
}

/* `open("/etc/rc", 0, 1b6)`: execve leaves neither registers nor strings, so
 * this is done before the call. */
static void
syscall_format(const struct trapframe *tf, uint32_t number, char *line,
    size_t size)
{
	const uint64_t arg[6] = { tf->tf_rdi, tf->tf_rsi, tf->tf_rdx,
		tf->tf_r10, tf->tf_r8, tf->tf_r9 };
	const char *kinds = descs[number].sd_args;
	char text[48];
	int n;

	n = ksnprintf(line, size, "%s(", descs[number].sd_name);
	for (int i = 0; kinds[i] != '\0' && n < (int)size; i++) {
		const char *sep = i == 0 ? "" : ", ";
		size_t room = size - (size_t)n;

		if (kinds[i] == 's' && arg[i] != 0) {
			ssize_t len = copyinstr(arg[i], text, sizeof(text));

			if (len < 0)
				text[len == -EFAULT ? 0 : sizeof(text) - 1] =
				    '\0';
			n += ksnprintf(line + n, room, "%s\"%s\"", sep, text);
		} else if (kinds[i] == 'd') {
			n += ksnprintf(line + n, room, "%s%d", sep,
			    (int)arg[i]);
		} else {
			n += ksnprintf(line + n, room, "%s%lx", sep, arg[i]);
		}
	}
}

/*
 * -ERESTART* never reach user mode: user_ast() repeats the call or turns them
 * into -EINTR, so it must run. rt_sigreturn gives whatever was in rax.
 */
static __noinline void
syscall_interrupted(struct lwp *l, uint32_t number)
{
	if (number == SYS_rt_sigreturn)
		return;
	l->l_flags |= LF_RESTART;
	atomic_or(&l->l_thread->td_flags, TDF_WORK);
}

static __always_inline long
syscall_call(const struct trapframe *tf, uint32_t number)
{
	if (likely(number < SYSCALL_COUNT && sysent[number] != NULL))
		return sysent[number](tf);
	return syscall_unknown(number);
}

/* For threads with TDF_TRACE: `sh[12]: close(3) = 0` in the log. */
static __noinline long
syscall_traced(const struct trapframe *tf, uint32_t number)
{
	const struct thread *td = curthread();
	char line[200] = "?(";
	long result;

	if (number < SYSCALL_COUNT)
		syscall_format(tf, number, line, sizeof(line));
	result = syscall_call(tf, number);
	klog(KLOG_INFO, "%s[%d]: %s) = %ld\n", td->td_name, td->td_tid, line,
	    result);
	return result;
}

void
syscall_dispatch(struct trapframe *tf)
{
	struct thread *td = curthread();
	uint32_t number = (uint32_t)FRAME_SYSNO(tf);
	long result;

	td->td_lwp->l_syscall = number;
	if (unlikely(td->td_flags & TDF_TRACE))
		result = syscall_traced(tf, number);
	else
		result = syscall_call(tf, number);
	FRAME_RESULT(tf) = (uint64_t)result;
	if (unlikely((unsigned long)result - (unsigned long)-516 <= 4))
		syscall_interrupted(td->td_lwp, number);
}
