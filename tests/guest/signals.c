/* SPDX-License-Identifier: MIT */
/*
 * tests/guest/signals.c - handlers, masks, queues, restarts, timers.
 */
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <time.h>
#include <ucontext.h>

#include "tap.h"

static volatile sig_atomic_t count, last_code, last_value;
static volatile sig_atomic_t *told;	/* set, where others can see it */
static void *volatile last_addr;

static void
note(int signo, siginfo_t *si, void *uc)
{
	(void)signo;
	(void)uc;
	count++;
	if (told != NULL)
		*told = 1;
	last_code = si->si_code;
	last_value = si->si_value.sival_int;
	last_addr = si->si_addr;
}

static void
catch(int signo, int flags)
{
	struct sigaction sa = { .sa_sigaction = note,
		.sa_flags = SA_SIGINFO | flags };

	CHECK_EQ(sigaction(signo, &sa, NULL), 0);
}

static void
handlers_run_and_registers_survive(void)
{
	double x = 1.5;
	uint64_t a = 0x1122334455667788, b = a;

	catch(SIGUSR1, 0);
	__asm__ volatile("mov %0, %%r12; mov %0, %%rbx" : : "r"(a)
	    : "r12", "rbx");
	CHECK_EQ(raise(SIGUSR1), 0);
	CHECK_EQ(count, 1);
	CHECK_EQ(last_code, SI_TKILL);
	CHECK_EQ(kill(getpid(), SIGUSR1), 0);
	CHECK_EQ(last_code, SI_USER);
	CHECK(x * 2 == 3.0);
	CHECK(a == b);
}

static void
blocked_signals_wait(void)
{
	sigset_t set, old, pending;

	catch(SIGUSR1, 0);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	CHECK_EQ(sigprocmask(SIG_BLOCK, &set, &old), 0);
	raise(SIGUSR1);
	raise(SIGUSR1);
	CHECK_EQ(count, 0);
	CHECK_EQ(sigpending(&pending), 0);
	CHECK(sigismember(&pending, SIGUSR1));
	CHECK_EQ(sigprocmask(SIG_SETMASK, &old, NULL), 0);
	CHECK_EQ(count, 1);
	sigaddset(&set, SIGKILL);
	sigprocmask(SIG_BLOCK, &set, NULL);
	sigprocmask(SIG_BLOCK, NULL, &old);
	CHECK(!sigismember(&old, SIGKILL));
	CHECK_ERR(sigprocmask(77, &set, NULL), EINVAL);
	CHECK_ERR(syscall(SYS_rt_sigaction, SIGKILL, &set, NULL, 8), EINVAL);
}

static void
realtime_signals_queue_in_order(void)
{
	sigset_t set;
	union sigval v;
	siginfo_t si;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	sigaddset(&set, SIGRTMIN + 1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	for (int i = 0; i < 5; i++) {
		v.sival_int = i;
		CHECK_EQ(sigqueue(getpid(), SIGRTMIN + 1, v), 0);
		v.sival_int = 100 + i;
		CHECK_EQ(sigqueue(getpid(), SIGRTMIN, v), 0);
	}
	for (int i = 0; i < 10; i++) {
		CHECK_EQ(sigwaitinfo(&set, &si),
		    i < 5 ? SIGRTMIN : SIGRTMIN + 1);
		CHECK_EQ(si.si_value.sival_int, i < 5 ? 100 + i : i - 5);
		CHECK_EQ(si.si_code, SI_QUEUE);
		CHECK_EQ(si.si_pid, getpid());
	}
}

static void
sigtimedwait_times_out_and_wakes(void)
{
	struct timespec ts = { 0, 50000000 };
	sigset_t set;
	pid_t parent = getpid();

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	CHECK_ERR(sigtimedwait(&set, NULL, &ts), EAGAIN);
	if (fork() == 0) {
		asleep_wait(parent);
		kill(parent, SIGUSR2);
		_exit(0);
	}
	ts.tv_sec = TAP_CASE_SECONDS;
	CHECK_EQ(sigtimedwait(&set, NULL, &ts), SIGUSR2);
}

/*
 * A reader who sleeps on an empty pipe is hit by a signal.  What he would
 * read comes when he sleeps again, behind the handler; else he ends first.
 */
static ssize_t
interrupted_read(int flags)
{
	pid_t parent = getpid(), pid;
	int fds[2], error;
	ssize_t n;
	char c;

	told = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(told != MAP_FAILED);
	CHECK_EQ(pipe(fds), 0);
	catch(SIGUSR1, flags);
	count = 0;
	pid = fork();
	if (pid == 0) {
		asleep_wait(parent);
		kill(parent, SIGUSR1);
		while (*told == 0)
			usleep(1000);
		if ((flags & SA_RESTART) == 0)
			_exit(0);
		asleep_wait(parent);
		_exit(write(fds[1], "x", 1) != 1);
	}
	n = read(fds[0], &c, 1);
	error = errno;
	CHECK_EQ(waitpid(pid, NULL, 0), pid);
	errno = error;
	return n;
}

static void
calls_restart_or_fail(void)
{
	CHECK_EQ(interrupted_read(SA_RESTART), 1);
	CHECK_EQ(count, 1);
	CHECK_ERR(interrupted_read(0), EINTR);
	CHECK_EQ(count, 1);
}

static void
stops_do_not_disturb_sleepers(void)
{
	struct timespec ts = { 0, 300000000 }, a, b;
	pid_t parent = getpid();

	if (fork() == 0) {
		asleep_wait(parent);
		kill(parent, SIGSTOP);
		usleep(50000);
		kill(parent, SIGCONT);
		_exit(0);
	}
	clock_gettime(CLOCK_MONOTONIC, &a);
	CHECK_EQ(nanosleep(&ts, NULL), 0);
	clock_gettime(CLOCK_MONOTONIC, &b);
	CHECK((b.tv_sec - a.tv_sec) * 1000000000L + b.tv_nsec - a.tv_nsec >=
	    300000000);
}

static void
nanosleep_tells_the_rest(void)
{
	struct timespec ts = { 3600, 0 }, rem = { 0, 0 };
	/* It comes again: the first one may come before the sleep. */
	struct itimerval itv = { { 0, 50000 }, { 0, 50000 } };

	catch(SIGALRM, 0);
	alarm(0);
	setitimer(ITIMER_REAL, &itv, NULL);
	CHECK_ERR(nanosleep(&ts, &rem), EINTR);
	CHECK(rem.tv_sec > 3000 && rem.tv_sec < 3600);
}

static void
suspend_swaps_the_mask(void)
{
	sigset_t block, none, now;

	catch(SIGUSR1, 0);
	sigemptyset(&none);
	sigemptyset(&block);
	sigaddset(&block, SIGUSR1);
	sigprocmask(SIG_BLOCK, &block, NULL);
	raise(SIGUSR1);
	CHECK_ERR(sigsuspend(&none), EINTR);
	CHECK_EQ(count, 1);
	sigprocmask(SIG_BLOCK, NULL, &now);
	CHECK(sigismember(&now, SIGUSR1));
}

static sigjmp_buf env;

static void
jump(int signo, siginfo_t *si, void *uc)
{
	note(signo, si, uc);
	siglongjmp(env, 1);
}

static void
faults_can_be_caught(void)
{
	struct sigaction sa = { .sa_sigaction = jump, .sa_flags = SA_SIGINFO };
	char *ro = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1,
	    0);

	sigaction(SIGSEGV, &sa, NULL);
	sigaction(SIGFPE, &sa, NULL);
	sigaction(SIGILL, &sa, NULL);
	if (sigsetjmp(env, 1) == 0)
		*(volatile int *)16 = 1;
	CHECK_EQ(last_code, SEGV_MAPERR);
	CHECK(last_addr == (void *)16);
	if (sigsetjmp(env, 1) == 0)
		*(volatile char *)ro = 1;
	CHECK_EQ(last_code, SEGV_ACCERR);
	CHECK(last_addr == ro);
	if (sigsetjmp(env, 1) == 0)
		__asm__ volatile("xor %%edx, %%edx; xor %%ecx, %%ecx; "
				 "mov $1, %%eax; div %%ecx"
		    : : : "eax", "ecx", "edx");
	CHECK_EQ(last_code, FPE_INTDIV);
	if (sigsetjmp(env, 1) == 0)
		__asm__ volatile("ud2");
	CHECK_EQ(count, 4);
}

static void
deep(int n)
{
	volatile char pad[4096];

	pad[0] = (char)n;
	if (n != 0)
		deep(n - 1);
	pad[1] = pad[0];
}

static void
overflow_is_handled_on_the_other_stack(void)
{
	struct sigaction sa = { .sa_sigaction = jump,
		.sa_flags = SA_SIGINFO | SA_ONSTACK };
	stack_t ss = { .ss_sp = malloc(65536), .ss_size = 65536 }, old;

	CHECK_EQ(sigaltstack(&ss, NULL), 0);
	CHECK_EQ(sigaltstack(NULL, &old), 0);
	CHECK(old.ss_sp == ss.ss_sp && old.ss_flags == 0);
	sigaction(SIGSEGV, &sa, NULL);
	if (sigsetjmp(env, 1) == 0)
		deep(1 << 20);
	CHECK_EQ(count, 1);
	ss.ss_size = 100;
	CHECK_ERR(sigaltstack(&ss, NULL), ENOMEM);
}

static int
status_of(void (*fn)(void))
{
	int st = -1;
	pid_t pid = fork();

	if (pid == 0) {
		fn();
		_exit(0);
	}
	waitpid(pid, &st, 0);
	return st;
}

static void
do_null(void)
{
	*(volatile int *)0 = 1;
}

static void
do_null_ignored(void)
{
	signal(SIGSEGV, SIG_IGN);
	*(volatile int *)0 = 1;
}

static void
do_bad_return(void)
{
	__asm__ volatile("mov $4096, %%rsp; mov $15, %%eax; syscall"
	    : : : "rax", "memory");
}

static void
do_bad_stack(void)
{
	catch(SIGUSR1, 0);
	__asm__ volatile("mov $39, %%eax; syscall; mov %%eax, %%edi;"
			 "mov $10, %%esi; mov $4096, %%rsp;"
			 "mov $62, %%eax; syscall; 1: jmp 1b"
	    : : : "rax", "rdi", "rsi", "memory");
}

static void
uncaught_faults_kill(void)
{
	CHECK_EQ(WTERMSIG(status_of(do_null)), SIGSEGV);
	CHECK_EQ(WTERMSIG(status_of(do_null_ignored)), SIGSEGV);
	CHECK_EQ(WTERMSIG(status_of(do_bad_return)), SIGSEGV);
	CHECK_EQ(WTERMSIG(status_of(do_bad_stack)), SIGSEGV);
	CHECK_EQ(WTERMSIG(status_of(abort)), SIGABRT);
}

static void
interval_timers_tick(void)
{
	struct itimerval itv = { { 0, 20000 }, { 0, 20000 } }, now;
	struct timespec ts = { 0, 10000000 };

	catch(SIGALRM, 0);
	CHECK_EQ(setitimer(ITIMER_REAL, &itv, NULL), 0);
	for (int i = 0; i < 500 && count < 5; i++)
		nanosleep(&ts, NULL);
	CHECK(count >= 5);
	CHECK_EQ(getitimer(ITIMER_REAL, &now), 0);
	CHECK_EQ(now.it_interval.tv_usec, 20000);
	memset(&itv, 0, sizeof(itv));
	setitimer(ITIMER_REAL, &itv, NULL);
	catch(SIGVTALRM, 0);
	count = 0;
	itv.it_value.tv_usec = 30000;
	CHECK_EQ(setitimer(ITIMER_VIRTUAL, &itv, NULL), 0);
	for (clock_t c = clock(); count == 0 && clock() - c < 5000000;)
		for (volatile int i = 0; i < 1000000; i++)
			continue;
	CHECK_EQ(count, 1);
}

static void
posix_timers_send_their_value(void)
{
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL,
		.sigev_signo = SIGRTMIN + 3, .sigev_value.sival_int = 42 };
	struct itimerspec its = { { 0, 5000000 }, { 0, 5000000 } };
	struct timespec ts = { TAP_CASE_SECONDS, 0 }, nap = { 0, 60000000 };
	int i, overrun = 0;
	sigset_t set;
	siginfo_t si;
	timer_t id;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN + 3);
	sigprocmask(SIG_BLOCK, &set, NULL);
	CHECK_EQ(timer_create(CLOCK_MONOTONIC, &ev, &id), 0);
	CHECK_EQ(timer_settime(id, 0, &its, NULL), 0);
	CHECK_EQ(sigtimedwait(&set, &si, &ts), SIGRTMIN + 3);
	CHECK_EQ(si.si_code, SI_TIMER);
	CHECK_EQ(si.si_value.sival_int, 42);
	/* One signal waits at a time, so what goes off meanwhile adds up. */
	for (i = 0; i < 100 && overrun < 3; i++) {
		nanosleep(&nap, NULL);
		CHECK_EQ(sigtimedwait(&set, &si, &ts), SIGRTMIN + 3);
		overrun = timer_getoverrun(id);
	}
	CHECK(overrun >= 3);
	CHECK_EQ(timer_delete(id), 0);
	CHECK_ERR(syscall(SYS_timer_delete, 7777), EINVAL);
}

static void
reset_and_nodefer(void)
{
	struct sigaction sa;

	catch(SIGUSR1, SA_RESETHAND);
	raise(SIGUSR1);
	sigaction(SIGUSR1, NULL, &sa);
	CHECK(sa.sa_handler == SIG_DFL);
	signal(SIGUSR1, SIG_IGN);
	raise(SIGUSR1);
	CHECK_EQ(count, 1);
	CHECK_ERR(kill(getpid(), 65), EINVAL);
	CHECK_EQ(kill(getpid(), 0), 0);
	CHECK_ERR(kill(32767, 0), ESRCH);
}

int
main(void)
{
	TAP_RUN(handlers_run_and_registers_survive);
	TAP_RUN(blocked_signals_wait);
	TAP_RUN(realtime_signals_queue_in_order);
	TAP_RUN(sigtimedwait_times_out_and_wakes);
	TAP_RUN(calls_restart_or_fail);
	TAP_RUN(stops_do_not_disturb_sleepers);
	TAP_RUN(nanosleep_tells_the_rest);
	TAP_RUN(suspend_swaps_the_mask);
	TAP_RUN(faults_can_be_caught);
	TAP_RUN(overflow_is_handled_on_the_other_stack);
	TAP_RUN(uncaught_faults_kill);
	TAP_RUN(interval_timers_tick);
	TAP_RUN(posix_timers_send_their_value);
	TAP_RUN(reset_and_nodefer);
	return tap_end();
}
