/* SPDX-License-Identifier: MIT */
/*
 * tests/bench/process.c - processes and threads: made, ended, switched.
 */
#include <sys/syscall.h>
#include <sys/wait.h>
#include <linux/futex.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <spawn.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

extern char **environ;

static char *own_path;
static cpu_set_t all_cpus;
static _Atomic int turn;	/* whose turn it is: 0, 1; 2 ends the pair */

static void
reap(pid_t pid)
{
	int status;

	BENCH_CHECK(pid > 0 && waitpid(pid, &status, 0) == pid &&
	    status == 0);
}

static uint64_t
fork_exit(unsigned long n)
{
	uint64_t start = bench_now();
	pid_t pid;

	while (n-- > 0) {
		pid = fork();
		if (pid == 0)
			_exit(0);
		reap(pid);
	}
	return bench_now() - start;
}

static uint64_t
fork_exec(unsigned long n)
{
	char *argv[] = { own_path, (char *)"exit", NULL };
	uint64_t start = bench_now();
	pid_t pid;

	while (n-- > 0) {
		pid = fork();
		if (pid == 0) {
			execv(own_path, argv);
			_exit(127);
		}
		reap(pid);
	}
	return bench_now() - start;
}

static uint64_t
spawn(unsigned long n, char **argv)
{
	uint64_t start = bench_now();
	pid_t pid;

	while (n-- > 0) {
		BENCH_CHECK(posix_spawn(&pid, argv[0], NULL, NULL, argv,
		    environ) == 0);
		reap(pid);
	}
	return bench_now() - start;
}

static uint64_t
spawn_self(unsigned long n)
{
	char *argv[] = { own_path, (char *)"exit", NULL };

	return spawn(n, argv);
}

static uint64_t
spawn_shell(unsigned long n)
{
	char *argv[] = { (char *)"/bin/sh", (char *)"-c", (char *)"exit 0",
	    NULL };

	return spawn(n, argv);
}

static void *
thread_nothing(void *arg)
{
	return arg;
}

static uint64_t
thread_join(unsigned long n)
{
	uint64_t start = bench_now();
	pthread_t t;

	while (n-- > 0) {
		BENCH_CHECK(pthread_create(&t, NULL, thread_nothing,
		    NULL) == 0);
		pthread_join(t, NULL);
	}
	return bench_now() - start;
}

static uint64_t
pipe_round(unsigned long n)
{
	int to[2], back[2];
	uint64_t start;
	pid_t pid;
	char c = 'x';

	BENCH_CHECK(pipe(to) == 0 && pipe(back) == 0);
	pid = fork();
	if (pid == 0) {
		close(to[1]);
		while (read(to[0], &c, 1) == 1)
			if (write(back[1], &c, 1) != 1)
				_exit(1);
		_exit(0);
	}
	close(to[0]);
	close(back[1]);
	start = bench_now();
	while (n-- > 0) {
		BENCH_CHECK(write(to[1], &c, 1) == 1);
		BENCH_CHECK(read(back[0], &c, 1) == 1);
	}
	start = bench_now() - start;
	close(to[1]);
	close(back[0]);
	reap(pid);
	return start;
}

static void
turn_give(int to)
{
	atomic_store(&turn, to);
	syscall(SYS_futex, &turn, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

/* Sleep until it is no longer the other one's turn. */
static int
turn_await(int other)
{
	while (atomic_load(&turn) == other)
		syscall(SYS_futex, &turn, FUTEX_WAIT_PRIVATE, other, NULL,
		    NULL, 0);
	return atomic_load(&turn);
}

static void *
partner(void *arg)
{
	while (turn_await(0) == 1)
		turn_give(0);
	return arg;
}

/* n switches: from here to there, and from there to here. */
static uint64_t
futex_switch(unsigned long n)
{
	uint64_t start;
	pthread_t t;

	turn = 0;
	BENCH_CHECK(pthread_create(&t, NULL, partner, NULL) == 0);
	start = bench_now();
	for (n = (n + 1) / 2; n > 0; n--) {
		turn_give(1);
		turn_await(1);
	}
	start = bench_now() - start;
	turn_give(2);
	pthread_join(t, NULL);
	return start;
}

static uint64_t
futex_switch_one_cpu(unsigned long n)
{
	cpu_set_t one;
	uint64_t ns;

	CPU_ZERO(&one);
	CPU_SET(0, &one);
	BENCH_CHECK(sched_setaffinity(0, sizeof(one), &one) == 0);
	ns = futex_switch(n);
	BENCH_CHECK(sched_setaffinity(0, sizeof(all_cpus), &all_cpus) == 0);
	return ns;
}

int
main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "exit") == 0)
		_exit(0);
	own_path = argv[0];
	BENCH_CHECK(sched_getaffinity(0, sizeof(all_cpus), &all_cpus) == 0);
	bench_run("fork_exit_wait", fork_exit);
	bench_run("fork_exec_wait", fork_exec);
	bench_run("posix_spawn_wait", spawn_self);
	bench_run("posix_spawn_sh", spawn_shell);
	bench_run("thread_create_join", thread_join);
	bench_run("pipe_round_trip", pipe_round);
	bench_run("futex_switch", futex_switch);
	bench_run("futex_switch_1_cpu", futex_switch_one_cpu);
	return 0;
}
