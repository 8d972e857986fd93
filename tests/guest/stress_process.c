/* SPDX-License-Identifier: MIT */
/*
 * tests/guest/stress_process.c - processes that come and go at the same time:
 * fork, exec, exit, kill and wait from several sides, and their limits.
 */
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>

#include "stress.h"

#define WORKERS		6

static volatile sig_atomic_t got;

static void
count_signal(int sig)
{
	got++;
}

static int
fork_until(int64_t end, int depth)
{
	int status;

	while (msec_now() < end) {
		pid_t pid = fork();

		if (pid < 0)
			return 1;
		if (pid == 0)
			_exit(depth > 0 && fork_until(msec_now() + 5,
			    depth - 1) ? 1 : 7);
		if (waitpid(pid, &status, 0) != pid)
			return 2;
		if (!WIFEXITED(status) || WEXITSTATUS(status) != 7)
			return 3;
	}
	return 0;
}

static void
forks_in_parallel(void)
{
	int64_t end = msec_now() + STRESS_MSEC;

	for (int i = 0; i < WORKERS; i++)
		if (fork() == 0)
			_exit(fork_until(end, 2));
	CHECK_EQ(reap(WORKERS), 0);
	CHECK_ERR(wait(NULL), ECHILD);
}

static int
exec_until(int64_t end)
{
	char *argv[] = { "true", NULL };
	char *envp[] = { NULL };
	int status;

	while (msec_now() < end) {
		pid_t pid;

		if (posix_spawn(&pid, "/bin/true", NULL, NULL, argv, envp))
			return 1;
		if (waitpid(pid, &status, 0) != pid || status != 0)
			return 2;
	}
	return 0;
}

static void
execs_in_parallel(void)
{
	int64_t end = msec_now() + STRESS_MSEC;

	for (int i = 0; i < WORKERS; i++)
		if (fork() == 0)
			_exit(exec_until(end));
	CHECK_EQ(reap(WORKERS), 0);
}

/* The parents end first: everything is reparented to the subreaper. */
static void
orphans_reach_the_reaper(void)
{
	int n = 0;

	CHECK(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
	for (int i = 0; i < 40; i++) {
		pid_t pid = fork();

		CHECK(pid >= 0);
		if (pid == 0) {
			for (int k = 0; k < 3; k++)
				if (fork() == 0)
					_exit(sched_yield());
			_exit(0);
		}
	}
	while (wait(NULL) > 0)
		n++;
	CHECK_EQ(errno, ECHILD);
	CHECK_EQ(n, 160);
}

/* What a victim is doing when it is killed. */
static void
be_busy(int kind)
{
	char *argv[] = { "true", NULL };
	static char block[65536];
	int fd[2];
	pid_t pid;

	for (;;) {
		switch (kind % 4) {
		case 0:
			if (fork() == 0)
				_exit(0);
			wait(NULL);
			break;
		case 1:
			if (pipe(fd) == 0 &&
			    write(fd[1], block, sizeof(block)) > 0 &&
			    read(fd[0], block, sizeof(block)) > 0) {
				close(fd[0]);
				close(fd[1]);
			}
			break;
		case 2:
			pid = vfork();
			if (pid == 0) {
				execv("/bin/true", argv);
				_exit(1);
			}
			wait(NULL);
			break;
		default:
			memset(malloc(200000), 1, 200000);
			sched_yield();
		}
	}
}

static void
kills_at_random(void)
{
	int64_t end = msec_now() + STRESS_MSEC;
	uint32_t seed = 4711;
	pid_t victim[8];
	int status;

	CHECK(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
	for (int i = 0; i < 8; i++)
		if ((victim[i] = fork()) == 0)
			be_busy(i);
	while (msec_now() < end) {
		int i = random_next(&seed) % 8;

		usleep(random_next(&seed) % 3000);
		CHECK(kill(victim[i], SIGKILL) == 0);
		CHECK_EQ(waitpid(victim[i], &status, 0), victim[i]);
		CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
		if ((victim[i] = fork()) == 0)
			be_busy(i);
		CHECK(victim[i] > 0);
	}
	for (int i = 0; i < 8; i++)
		CHECK(kill(victim[i], SIGKILL) == 0);
	while (wait(NULL) > 0)
		;
	CHECK_EQ(errno, ECHILD);
}

static void
signals_are_counted(void)
{
	struct sigaction sa = { .sa_handler = count_signal };
	int64_t end = msec_now() + STRESS_MSEC;
	sigset_t set;
	int status, sent = 0;
	pid_t pid;

	CHECK(sigaction(SIGRTMIN, &sa, NULL) == 0);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	pid = fork();
	if (pid == 0) {
		/* The last one stays blocked and tells that it was all. */
		do
			sigpending(&set);
		while (!sigismember(&set, SIGUSR1));
		_exit(got % 100);
	}
	while (msec_now() < end)
		if (sigqueue(pid, SIGRTMIN, (union sigval){ 0 }) == 0)
			sent++;
		else
			CHECK_EQ(errno, EAGAIN);
	CHECK(sent > 0);
	CHECK(kill(pid, SIGUSR1) == 0);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK(WIFEXITED(status));
	CHECK_EQ(WEXITSTATUS(status), sent % 100);
}

static void
groups_stop_and_go(void)
{
	int64_t end = msec_now() + STRESS_MSEC;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		setpgid(0, 0);
		for (int i = 0; i < 3; i++)
			if (fork() == 0)
				break;
		for (;;)
			getppid();
	}
	setpgid(pid, pid);
	while (msec_now() < end) {
		CHECK(kill(-pid, SIGSTOP) == 0);
		CHECK_EQ(waitpid(pid, &status, WUNTRACED), pid);
		CHECK(WIFSTOPPED(status));
		CHECK(kill(-pid, SIGCONT) == 0);
		CHECK_EQ(waitpid(pid, &status, WCONTINUED), pid);
		CHECK(WIFCONTINUED(status));
	}
	CHECK(kill(-pid, SIGKILL) == 0);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
}

static void
bomb_meets_the_limit(void)
{
	struct rlimit rl = { 60, 60 };
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		int n = 0;

		setpgid(0, 0);
		if (setrlimit(RLIMIT_NPROC, &rl) < 0 || setgid(1000) < 0 ||
		    setuid(1000) < 0)
			_exit(100);
		while (n < 500 && (pid = fork()) >= 0) {
			if (pid == 0) {
				pause();
				_exit(0);
			}
			n++;
		}
		if (errno != EAGAIN)
			_exit(101);
		signal(SIGTERM, SIG_IGN);
		kill(0, SIGTERM);
		while (n > 0 && wait(NULL) > 0)
			n--;
		/* Their room is there again. */
		pid = fork();
		if (pid == 0)
			_exit(0);
		_exit(n == 0 && pid > 0 && waitpid(pid, NULL, 0) == pid ?
		    0 : 102);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

int
main(void)
{
	TAP_RUN(forks_in_parallel);
	TAP_RUN(execs_in_parallel);
	TAP_RUN(orphans_reach_the_reaper);
	TAP_RUN(kills_at_random);
	TAP_RUN(signals_are_counted);
	TAP_RUN(groups_stop_and_go);
	TAP_RUN(bomb_meets_the_limit);
	return tap_end();
}
