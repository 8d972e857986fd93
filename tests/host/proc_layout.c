/* SPDX-License-Identifier: MIT */
/*
 * tests/host/proc_layout.c: offsets of what crosses the border of a system
 * call, as this machine's C library has them. The kernel's side is known by
 * offsets: both kinds of header cannot be included together.
 */
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/timex.h>
#include <sys/utsname.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>

#include "fake/tap.h"
#include "proc_layout.h"

#define SAME(host_type, host_field, our)                                     \
	CHECK_EQ(offsetof(host_type, host_field), (our))

static void
siginfo_is_the_same(void)
{
	CHECK_EQ(sizeof(siginfo_t), our_siginfo.size);
	SAME(siginfo_t, si_signo, our_siginfo.signo);
	SAME(siginfo_t, si_errno, our_siginfo.errno_);
	SAME(siginfo_t, si_code, our_siginfo.code);
	SAME(siginfo_t, si_pid, our_siginfo.pid);
	SAME(siginfo_t, si_uid, our_siginfo.uid);
	SAME(siginfo_t, si_value, our_siginfo.value);
	SAME(siginfo_t, si_status, our_siginfo.status);
	SAME(siginfo_t, si_utime, our_siginfo.utime);
	SAME(siginfo_t, si_stime, our_siginfo.stime);
	SAME(siginfo_t, si_addr, our_siginfo.addr);
	SAME(siginfo_t, si_timerid, our_siginfo.timerid);
	SAME(siginfo_t, si_overrun, our_siginfo.overrun);
	SAME(siginfo_t, si_band, our_siginfo.band);
	SAME(siginfo_t, si_fd, our_siginfo.fd);
	SAME(siginfo_t, si_syscall, our_siginfo.syscall);
}

static void
numbers_are_the_same(void)
{
	CHECK_EQ(SIGCHLD, our_numbers.sigchld);
	CHECK_EQ(SIGSYS, our_numbers.sigsys);
	CHECK_EQ(SIGSTOP, our_numbers.sigstop);
	CHECK_EQ((unsigned)SA_RESETHAND, our_numbers.resethand);
	CHECK_EQ(SA_ONSTACK, our_numbers.onstack);
	CHECK_EQ(SA_NODEFER, our_numbers.nodefer);
	CHECK_EQ(RLIMIT_RTTIME, our_numbers.rttime);
	CHECK_EQ(RLIMIT_MEMLOCK, our_numbers.memlock);
	CHECK_EQ(RLIMIT_NOFILE, our_numbers.nofile);
	CHECK_EQ(sizeof(struct rlimit), our_numbers.rlimit_size);
	CHECK_EQ(sizeof(struct utsname), our_numbers.utsname_size);
}

int
main(void)
{
	tap_run("siginfo is the same", siginfo_is_the_same);
	tap_run("numbers are the same", numbers_are_the_same);
	return tap_end();
}
