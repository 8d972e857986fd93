/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/pidmap.c: process numbers: which are taken, and by how many.
 *
 * A number stays taken while a process, a thread, a process group or a session
 * bears it, so that a new process never joins a group by accident of its
 * number. Numbers are given out in rising order and start again above
 * PID_RESERVED, so that a stale one is unlikely to hit somebody new.
 * Locks: proctree_lock.
 */
#include "base/panic.h"

#include <abi/errno.h>

#include "kern/proc_internal.h"

#define PID_RESERVED 300 /* below: only the first time round */

static uint8_t pid_holds[PID_MAX];
static pid_t pid_last; /* given out most recently */

pid_t
pid_alloc(void)
{
	pid_t pid = pid_last;

	for (int tries = 0; tries < PID_MAX; tries++) {
		if (++pid >= PID_MAX)
			pid = PID_RESERVED;
		if (pid_holds[pid] == 0) {
			pid_holds[pid] = 1;
			pid_last = pid;
			return pid;
		}
	}
	return -EAGAIN;
}

void
pid_hold(pid_t pid)
{
	KASSERT(pid > 0 && pid < PID_MAX && pid_holds[pid] > 0);
	pid_holds[pid]++;
}

void
pid_drop(pid_t pid)
{
	KASSERT(pid > 0 && pid < PID_MAX && pid_holds[pid] > 0);
	pid_holds[pid]--;
}
