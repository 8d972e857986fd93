/* SPDX-License-Identifier: MIT */
/*
 * tests/guest/err_signals.c - what calls on signals refuse.
 *
 * calls: rt_sigaction rt_sigprocmask rt_sigpending rt_sigtimedwait
 * calls: rt_sigqueueinfo rt_tgsigqueueinfo rt_sigsuspend rt_sigreturn
 * calls: sigaltstack kill tkill tgkill pause signalfd signalfd4
 * calls: restart_syscall
 */
#include <sys/resource.h>
#include <time.h>
#include <ucontext.h>

#include "err.h"

#define NO_PID	4194303		/* beyond what is given out */

static void
actions_refuse(void)
{
	long act[4] = { 0 }, old[4];

	FAULT(rt_sigaction, SIGUSR1, bad, NULL, 8);
	FAULT_OUT(rt_sigaction, SIGUSR1, NULL, bad, 8);
	ERR(EINVAL, rt_sigaction, SIGUSR1, act, old, 4);
	ERR(EINVAL, rt_sigaction, SIGUSR1, act, old, 16);
	ERR(EINVAL, rt_sigaction, 0, act, old, 8);
	ERR(EINVAL, rt_sigaction, 65, act, old, 8);
	ERR(EINVAL, rt_sigaction, -1, NULL, old, 8);
	ERR(EINVAL, rt_sigaction, SIGKILL, act, old, 8);
	ERR(EINVAL, rt_sigaction, SIGSTOP, act, old, 8);
	OK(rt_sigaction, SIGKILL, NULL, old, 8);
}

static void
masks_refuse(void)
{
	uint64_t set = 0, old;

	FAULT(rt_sigprocmask, SIG_BLOCK, bad, NULL, 8);
	FAULT_OUT(rt_sigprocmask, SIG_BLOCK, NULL, bad, 8);
	ERR(EINVAL, rt_sigprocmask, SIG_BLOCK, &set, &old, 4);
	ERR(EINVAL, rt_sigprocmask, 9, &set, &old, 8);
	OK(rt_sigprocmask, 9, NULL, &old, 8);
	FAULT_OUT(rt_sigpending, bad, 8);
	ERR(EINVAL, rt_sigpending, &set, 9);
	FAULT(rt_sigsuspend, bad, 8);
	ERR(EINVAL, rt_sigsuspend, &set, 4);
	interrupt_after(20);
	ERR(EINTR, rt_sigsuspend, &set, 8);
	ERR(EINTR, pause);
	interrupt_end();
	ERR(EINTR, restart_syscall);
}

static void
waits_refuse(void)
{
	struct timespec wrong = { 0, 1000000000 }, now = { 0, 0 };
	uint64_t set = 1ULL << (SIGUSR1 - 1);
	siginfo_t si;

	FAULT(rt_sigtimedwait, bad, NULL, &now, 8);
	FAULT(rt_sigtimedwait, &set, NULL, bad, 8);
	ERR(EINVAL, rt_sigtimedwait, &set, &si, &now, 4);
	ERR(EINVAL, rt_sigtimedwait, &set, &si, &wrong, 8);
	ERR(EAGAIN, rt_sigtimedwait, &set, &si, &now, 8);
	interrupt_after(20);
	ERR(EINTR, rt_sigtimedwait, &set, &si, NULL, 8);
	interrupt_end();
	OK(rt_sigprocmask, SIG_BLOCK, &set, NULL, 8);
	for (int i = 1; i < ERR_BAD; i++) {
		raise(SIGUSR1);
		ERR(EFAULT, rt_sigtimedwait, &set, err_bad_(i), &now, 8);
	}
}

static void
kills_refuse(void)
{
	pid_t me = getpid(), zombie;

	ERR(ESRCH, kill, NO_PID, 0);
	ERR(ESRCH, kill, -NO_PID, SIGTERM);
	ERR(EINVAL, kill, me, 65);
	ERR(EINVAL, kill, me, -1);
	ERR(ESRCH, kill, INT_MIN, 0);
	ERR(ESRCH, tkill, NO_PID, 0);
	ERR(EINVAL, tkill, 0, 0);
	ERR(EINVAL, tkill, -1, 0);
	ERR(EINVAL, tkill, me, 65);
	ERR(ESRCH, tgkill, me, NO_PID, 0);
	ERR(ESRCH, tgkill, NO_PID, me, 0);
	ERR(EINVAL, tgkill, 0, me, 0);
	ERR(EINVAL, tgkill, me, 0, 0);
	ERR(EINVAL, tgkill, me, me, 65);
	zombie = fork();
	if (zombie == 0)
		_exit(0);
	usleep(50000);
	OK(kill, zombie, SIGTERM);	/* one that nobody has waited for */
	waitpid(zombie, NULL, 0);
	ERR(ESRCH, kill, zombie, 0);
	AS_USER {
		ERR(EPERM, kill, 1, 0);
		ERR(EPERM, kill, 1, SIGTERM);
		ERR(EPERM, kill, me, SIGTERM);
		ERR(EPERM, tkill, 1, 0);
		ERR(EPERM, tgkill, 1, 1, SIGTERM);
	}
}

static void
queues_refuse(void)
{
	siginfo_t si = { .si_code = SI_QUEUE };
	struct rlimit none = { 0, 0 };
	pid_t me = getpid();
	uint64_t set = 1ULL << (SIGRTMIN - 1);

	FAULT(rt_sigqueueinfo, me, SIGUSR1, bad);
	FAULT(rt_tgsigqueueinfo, me, me, SIGUSR1, bad);
	ERR(ESRCH, rt_sigqueueinfo, NO_PID, SIGUSR1, &si);
	ERR(EINVAL, rt_sigqueueinfo, me, 65, &si);
	ERR(ESRCH, rt_tgsigqueueinfo, me, NO_PID, SIGUSR1, &si);
	ERR(EINVAL, rt_tgsigqueueinfo, -1, me, SIGUSR1, &si);
	ERR(EINVAL, rt_tgsigqueueinfo, me, 0, SIGUSR1, &si);
	si.si_code = SI_USER;
	ERR(EPERM, rt_sigqueueinfo, 1, 0, &si);
	si.si_code = SI_TKILL;
	ERR(EPERM, rt_tgsigqueueinfo, 1, 1, 0, &si);
	si.si_code = SI_QUEUE;
	AS_USER
		ERR(EPERM, rt_sigqueueinfo, 1, SIGUSR1, &si);
	OK(rt_sigprocmask, SIG_BLOCK, &set, NULL, 8);
	CHECK_EQ(setrlimit(RLIMIT_SIGPENDING, &none), 0);
	AS_USER
		ERR(EAGAIN, rt_sigqueueinfo, getpid(), SIGRTMIN, &si);
}

static void
on_stack(int signo)
{
	char area[8192];
	stack_t ss = { .ss_sp = area, .ss_size = sizeof(area) };

	ERR(EPERM, sigaltstack, &ss, NULL);
}

static void
stacks_refuse(void)
{
	static char area[32768];
	stack_t ss = { .ss_sp = area, .ss_size = 100 };
	struct sigaction sa = { .sa_handler = on_stack,
	    .sa_flags = SA_ONSTACK };

	FAULT(sigaltstack, bad, NULL);
	FAULT_OUT(sigaltstack, NULL, bad);
	ERR(ENOMEM, sigaltstack, &ss, NULL);
	ss.ss_size = sizeof(area);
	ss.ss_flags = 77;
	ERR(EINVAL, sigaltstack, &ss, NULL);
	ss.ss_flags = 0;
	OK(sigaltstack, &ss, NULL);
	sigaction(SIGUSR1, &sa, NULL);
	raise(SIGUSR1);
}

static void
signalfds_refuse(void)
{
	uint64_t set = 0;
	char buf[128];
	int fd;

	ERR(EINVAL, signalfd, -1, &set, 4);
	ERR(EINVAL, signalfd4, -1, &set, 4, 0);
	ERR(EINVAL, signalfd4, -1, &set, 8, 1);
	FAULT(signalfd, -1, bad, 8);
	FAULT(signalfd4, -1, bad, 8, 0);
	ERR(EBADF, signalfd4, NO_FD, &set, 8, 0);
	ERR(EINVAL, signalfd4, open("/dev/null", O_RDWR), &set, 8, 0);
	fd = (int)OK(signalfd4, -1, &set, 8, O_NONBLOCK);
	ERR(EAGAIN, read, fd, buf, sizeof(buf));
	ERR(EINVAL, read, fd, buf, sizeof(buf) - 1);
	ERR(EINVAL, write, fd, buf, sizeof(buf));
}

/* A return from no handler, on a stack that is none: the end by SIGSEGV. */
static void
a_false_return_kills(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		__asm__ volatile("mov $8, %%rsp\n\tsyscall\n\thlt"
		    : : "a"(SYS_rt_sigreturn) : "memory");
		__builtin_unreachable();
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
}

int
main(void)
{
	TAP_RUN(actions_refuse);
	TAP_RUN(masks_refuse);
	TAP_RUN(waits_refuse);
	TAP_RUN(kills_refuse);
	TAP_RUN(queues_refuse);
	TAP_RUN(stacks_refuse);
	TAP_RUN(signalfds_refuse);
	TAP_RUN(a_false_return_kills);
	return tap_end();
}
