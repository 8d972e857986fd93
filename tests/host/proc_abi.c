/* SPDX-License-Identifier: MIT */
/*
 * tests/host/proc_abi.c: numbers and structures of the process half against
 * the host's own headers; and the allocator of process numbers.
 */
#define _GNU_SOURCE
#include <sys/resource.h>
#include <sys/syscall.h>
#include <stddef.h>

#include <abi/errno.h>

#include "fake/tap.h"

static const struct {
	int number;
	const char *name;
} host[] = {
#include "proc_abi_syscalls.h"
};

static const struct {
	const char *name, *kinds;
} ours[] = {
#include "syscall_names.h"
};

static void
numbers_are_linuxs(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < sizeof(host) / sizeof(host[0]); i++) {
		int no = host[i].number;

		if (no >= (int)(sizeof(ours) / sizeof(ours[0])))
			continue;
		n++;
		CHECK(ours[no].name != NULL);
		if (ours[no].name != NULL &&
		    strcmp(ours[no].name, host[i].name) != 0)
			printf("# %d is %s, should be %s\n", no,
			    ours[no].name, host[i].name);
		CHECK(ours[no].name != NULL &&
		    strcmp(ours[no].name, host[i].name) == 0);
	}
	CHECK(n >= 335 + 20);
}

#include "base/types.h"
int pid_alloc(void);
void pid_hold(int);
void pid_drop(int);

#define PID_MAX 32768

void panic(const char *, ...);
void
panic(const char *fmt, ...)
{
	printf("Bail out! panic: %s\n", fmt);
	_Exit(1);
}

static void
pids_are_unique_and_come_back(void)
{
	static unsigned char used[PID_MAX];
	int pid, n = 0;

	CHECK_EQ(pid_alloc(), 1);
	pid_hold(1);
	while ((pid = pid_alloc()) > 0) {
		CHECK(pid < PID_MAX);
		CHECK(!used[pid]);
		used[pid] = 1;
		n++;
	}
	CHECK_EQ(pid, -EAGAIN);
	CHECK_EQ(n, PID_MAX - 2);
	pid_drop(12345);
	CHECK_EQ(pid_alloc(), 12345);
	pid_drop(1);
	CHECK_EQ(pid_alloc(), -EAGAIN);
	/* A group keeps its number when the process has gone. */
	pid_hold(500);
	pid_drop(500);
	CHECK_EQ(pid_alloc(), -EAGAIN);
	pid_drop(500);
	CHECK_EQ(pid_alloc(), 500);
}

int
main(void)
{
	tap_run("numbers are Linux's", numbers_are_linuxs);
	tap_run("pids are unique and come back",
	    pids_are_unique_and_come_back);
	return tap_end();
}
