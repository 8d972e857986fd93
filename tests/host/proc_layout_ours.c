/* SPDX-License-Identifier: MIT */
/*
 * tests/host/proc_layout_ours.c: the kernel's half of proc_layout.c.
 */
#include "kern/proc.h"
#include "kern/sysname.h"

#include "proc_layout.h"

#define OFF(field) offsetof(struct siginfo, field)

const struct siginfo_layout our_siginfo = {
	.size = sizeof(struct siginfo),
	.signo = OFF(si_signo),
	.errno_ = OFF(si_errno),
	.code = OFF(si_code),
	.pid = OFF(si_u.rt.pid),
	.uid = OFF(si_u.rt.uid),
	.value = OFF(si_u.rt.value),
	.status = OFF(si_u.chld.status),
	.utime = OFF(si_u.chld.utime),
	.stime = OFF(si_u.chld.stime),
	.addr = OFF(si_u.fault.addr),
	.timerid = OFF(si_u.timer.tid),
	.overrun = OFF(si_u.timer.overrun),
	.band = OFF(si_u.poll.band),
	.fd = OFF(si_u.poll.fd),
	.syscall = OFF(si_u.sys.syscall),
};

const struct numbers_layout our_numbers = {
	SIGCHLD, SIGSYS, SIGSTOP, SA_RESETHAND, SA_ONSTACK, SA_NODEFER,
	RLIMIT_RTTIME, RLIMIT_MEMLOCK, RLIMIT_NOFILE, sizeof(struct rlimit),
	sizeof(struct utsname),
};
