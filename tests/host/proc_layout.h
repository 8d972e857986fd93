/* SPDX-License-Identifier: MIT */
/*
 * tests/host/proc_layout.h: what proc_layout_ours.c says of the kernel's
 * structures.
 */
#ifndef PROC_LAYOUT_H
#define PROC_LAYOUT_H

#include <stddef.h>

struct siginfo_layout {
	size_t size, signo, errno_, code, pid, uid, value, status, utime,
	    stime, addr, timerid, overrun, band, fd, syscall;
};

struct numbers_layout {
	long sigchld, sigsys, sigstop;
	unsigned resethand, onstack, nodefer;
	int rttime, memlock, nofile;
	size_t rlimit_size, utsname_size;
};

extern const struct siginfo_layout our_siginfo;
extern const struct numbers_layout our_numbers;

#endif
