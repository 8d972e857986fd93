/* SPDX-License-Identifier: MIT */
/*
 * tests/guest/process.c - fork, vfork, exec, exit, wait, groups and limits.
 */
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <elf.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <time.h>

#include "tap.h"

static const char *self;

static pid_t
child(int code)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(code);
	return pid;
}

static void
exit_codes_arrive(void)
{
	int st;

	for (int code = 0; code < 256; code += 51) {
		pid_t pid = child(code);

		CHECK_EQ(waitpid(pid, &st, 0), pid);
		CHECK(WIFEXITED(st));
		CHECK_EQ(WEXITSTATUS(st), code);
	}
	CHECK_ERR(wait(&st), ECHILD);
	CHECK_ERR(waitpid(1, &st, 0), ECHILD);
	CHECK_ERR(syscall(SYS_wait4, -1, &st, 0x40, 0), EINVAL);
}

static void
memory_is_copied_by_fork(void)
{
	static int data = 1;
	volatile int stack = 1;
	int *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int st;
	pid_t pid = fork();

	if (pid == 0) {
		data = stack = 2;
		*shared = 2;
		_exit(0);
	}
	waitpid(pid, &st, 0);
	CHECK_EQ(data, 1);
	CHECK_EQ(stack, 1);
	CHECK_EQ(*shared, 2);
}

static void
waitid_tells_and_leaves(void)
{
	siginfo_t si;
	pid_t pid = child(7);

	memset(&si, 0xff, sizeof(si));
	CHECK_EQ(waitid(P_PID, pid, &si, WEXITED | WNOWAIT), 0);
	CHECK_EQ(si.si_signo, SIGCHLD);
	CHECK_EQ(si.si_pid, pid);
	CHECK_EQ(si.si_status, 7);
	CHECK_EQ(si.si_code, CLD_EXITED);
	CHECK_EQ(waitid(P_ALL, 0, &si, WEXITED), 0);
	CHECK_EQ(si.si_pid, pid);
	CHECK_ERR(waitid(P_ALL, 0, &si, WEXITED), ECHILD);
	CHECK_ERR(waitid(P_ALL, 0, &si, 0), EINVAL);
}

static void
nohang_does_not_wait(void)
{
	int st;
	pid_t pid = fork();

	if (pid == 0) {
		pause();
		_exit(0);
	}
	CHECK_EQ(waitpid(pid, &st, WNOHANG), 0);
	kill(pid, SIGKILL);
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	CHECK(WIFSIGNALED(st) && WTERMSIG(st) == SIGKILL);
	CHECK(!WCOREDUMP(st));
}

static void
stop_and_continue_are_seen(void)
{
	int st;
	pid_t pid = fork();

	if (pid == 0)
		for (;;)
			pause();
	CHECK_EQ(kill(pid, SIGSTOP), 0);
	CHECK_EQ(waitpid(pid, &st, WUNTRACED), pid);
	CHECK(WIFSTOPPED(st) && WSTOPSIG(st) == SIGSTOP);
	CHECK_EQ(waitpid(pid, &st, WUNTRACED | WNOHANG), 0);
	CHECK_EQ(kill(pid, SIGCONT), 0);
	CHECK_EQ(waitpid(pid, &st, WCONTINUED), pid);
	CHECK(WIFCONTINUED(st));
	CHECK_EQ(kill(pid, SIGSTOP), 0);
	CHECK_EQ(waitpid(pid, &st, WUNTRACED), pid);
	CHECK_EQ(kill(pid, SIGKILL), 0);
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	CHECK(WIFSIGNALED(st));
}

static void
ignored_children_leave_no_zombies(void)
{
	int st;

	signal(SIGCHLD, SIG_IGN);
	child(0);
	child(0);
	CHECK_ERR(wait(&st), ECHILD);
}

static void
vfork_shares_and_waits(void)
{
	static volatile int order;
	int st;
	pid_t pid = vfork();

	if (pid == 0) {
		order = 1;
		_exit(3);
	}
	CHECK_EQ(order, 1);
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	CHECK_EQ(WEXITSTATUS(st), 3);
}

static int
run_self(const char *word, char **env)
{
	char *argv[] = { (char *)self, (char *)word, "two words", NULL };
	int st = -1;
	pid_t pid;

	if (posix_spawn(&pid, self, NULL, NULL, argv, env) != 0)
		return -1;
	waitpid(pid, &st, 0);
	return st;
}

static void
exec_passes_arguments_and_environment(void)
{
	char *env[] = { "A=1", "B=", NULL };
	char *none[] = { NULL };

	CHECK_EQ(run_self("args", env), 0);
	CHECK_EQ(run_self("noenv", none), 0);
	CHECK_EQ(run_self("auxv", env), 0);
}

static void
exec_refuses_what_is_no_program(void)
{
	char *argv[] = { "x", NULL };
	int fd = open("/tmp/notelf", O_CREAT | O_TRUNC | O_WRONLY, 0755);

	CHECK_ERR(execv("/nonexistent", argv), ENOENT);
	CHECK_ERR(execv("/tmp", argv), EACCES);
	CHECK_ERR(execv("/etc/passwd", argv), EACCES);
	CHECK_ERR(execv("/etc/passwd/x", argv), ENOTDIR);
	CHECK_EQ(write(fd, "\177ELF garbage", 12), 12);
	CHECK_ERR(execv("/tmp/notelf", argv), ETXTBSY);
	close(fd);
	CHECK_ERR(execv("/tmp/notelf", argv), ENOEXEC);
	CHECK_ERR(syscall(SYS_execve, (char *)8, argv, NULL), EFAULT);
	CHECK_ERR(syscall(SYS_execve, self, (char **)8, NULL), EFAULT);
	unlink("/tmp/notelf");
}

/* Every field of a good header, broken one after the other. */
static void
corrupt_elf_files_do_no_harm(void)
{
	static unsigned char image[1 << 20];
	char *argv[] = { "corrupt", "args", NULL };
	int in = open(self, O_RDONLY), st, n;
	unsigned seed = 1;

	n = (int)read(in, image, sizeof(image));
	CHECK(n > 4096);
	for (int round = 0; round < 150; round++) {
		unsigned char old[4];
		int at[4], fd;

		for (int i = 0; i < 4; i++) {
			seed = seed * 1103515245 + 12345;
			at[i] = (int)((seed >> 8) % 456);
			old[i] = image[at[i]];
			image[at[i]] ^= (unsigned char)(seed >> 20);
		}
		fd = open("/tmp/corrupt", O_CREAT | O_TRUNC | O_WRONLY, 0755);
		CHECK_EQ(write(fd, image, (size_t)n), n);
		close(fd);
		if (fork() == 0) {
			alarm(2);
			close(1);
			execv("/tmp/corrupt", argv);
			_exit(0);
		}
		CHECK(wait(&st) > 0);
		for (int i = 3; i >= 0; i--)
			image[at[i]] = old[i];
	}
	unlink("/tmp/corrupt");
}

static void
too_many_arguments_are_refused(void)
{
	size_t n = 3 << 20;
	char *big = malloc(n);
	char *one[] = { "x", big, NULL };
	char **many = calloc(n / 4, sizeof(char *));

	memset(big, 'a', n);
	big[n - 1] = 0;
	CHECK_ERR(execv(self, one), E2BIG);
	for (size_t i = 0; i < n / 4 - 1; i++)
		many[i] = "1234567";
	CHECK_ERR(execv(self, many), E2BIG);
}

static void
scripts_run(void)
{
	static const char text[] = "#! /bin/sh -e\n"
	    "[ \"$1\" = a ] && [ $# = 2 ] && exit 5\n";
	int fd = open("/tmp/script", O_CREAT | O_TRUNC | O_WRONLY, 0755);
	char *argv[] = { "zero", "a", "b", NULL };
	int st;
	pid_t pid;

	CHECK_EQ(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
	close(fd);
	pid = fork();
	if (pid == 0) {
		execv("/tmp/script", argv);
		_exit(99);
	}
	waitpid(pid, &st, 0);
	CHECK_EQ(WEXITSTATUS(st), 5);
	fd = open("/tmp/script", O_CREAT | O_TRUNC | O_WRONLY, 0755);
	CHECK_EQ(write(fd, "#!/tmp/script\n", 14), 14);
	close(fd);
	CHECK_ERR(execv("/tmp/script", argv), ELOOP);
	unlink("/tmp/script");
}

static void
close_on_exec_closes(void)
{
	char *env[] = { NULL };
	int keep = dup2(0, 20), gone = dup2(0, 21);

	CHECK_EQ(keep, 20);
	CHECK_EQ(fcntl(gone, F_SETFD, FD_CLOEXEC), 0);
	CHECK_EQ(run_self("fds", env), 0);
}

static void
orphans_go_to_the_subreaper(void)
{
	pid_t pid, orphan, reaper = getpid();
	int fds[2], st;

	CHECK_EQ(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	CHECK_EQ(pipe(fds), 0);
	pid = fork();
	if (pid == 0) {
		orphan = fork();
		if (orphan == 0) {
			while (getppid() != reaper)
				usleep(1000);
			_exit(9);
		}
		CHECK_EQ(write(fds[1], &orphan, sizeof(orphan)),
		    sizeof(orphan));
		_exit(0);
	}
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	CHECK_EQ(read(fds[0], &orphan, sizeof(orphan)), sizeof(orphan));
	CHECK_EQ(waitpid(orphan, &st, 0), orphan);
	CHECK_EQ(WEXITSTATUS(st), 9);
}

static void
sessions_and_groups(void)
{
	int st;
	pid_t pid = fork();

	if (pid == 0) {
		CHECK_EQ(setsid(), getpid());
		CHECK_EQ(getsid(0), getpid());
		CHECK_EQ(getpgrp(), getpid());
		CHECK_ERR(setsid(), EPERM);
		CHECK_ERR(setpgid(0, 0), EPERM);
		_exit(tap_bad != 0);
	}
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	CHECK_EQ(st, 0);
	pid = fork();
	if (pid == 0) {
		pause();
		_exit(0);
	}
	CHECK_EQ(setpgid(pid, pid), 0);
	CHECK_EQ(getpgid(pid), pid);
	CHECK_EQ(kill(-pid, SIGTERM), 0);
	CHECK_EQ(waitpid(-pid, &st, 0), pid);
	CHECK(WIFSIGNALED(st));
	CHECK_ERR(kill(-pid, 0), ESRCH);
	CHECK_ERR(setpgid(999999, 0), ESRCH);
}

static void
limits_hold(void)
{
	struct rlimit rl = { 64, 64 }, old;

	CHECK_EQ(getrlimit(RLIMIT_NOFILE, &old), 0);
	CHECK_EQ(setrlimit(RLIMIT_NOFILE, &rl), 0);
	CHECK_EQ(getrlimit(RLIMIT_NOFILE, &rl), 0);
	CHECK_EQ(rl.rlim_cur, 64);
	CHECK_ERR(dup2(0, 64), EBADF);
	rl.rlim_cur = 128;
	CHECK_ERR(setrlimit(RLIMIT_NOFILE, &rl), EINVAL);
	CHECK_ERR(getrlimit(99, &rl), EINVAL);
	rl.rlim_cur = rl.rlim_max = 16 << 20;
	CHECK_EQ(setrlimit(RLIMIT_AS, &rl), 0);
	CHECK(mmap(NULL, 64 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		0) == MAP_FAILED);
}

static void
ids_can_be_given_up(void)
{
	uid_t r, e, s;

	CHECK_EQ(setresuid(1000, 1000, 1000), 0);
	CHECK_EQ(getresuid(&r, &e, &s), 0);
	CHECK(r == 1000 && e == 1000 && s == 1000);
	CHECK_ERR(setuid(0), EPERM);
	CHECK_ERR(kill(1, 0), EPERM);
	CHECK_ERR(sethostname("x", 1), EPERM);
	CHECK_ERR(setpriority(PRIO_PROCESS, 0, -5), EACCES);
	CHECK_EQ(setpriority(PRIO_PROCESS, 0, 5), 0);
	CHECK_EQ(getpriority(PRIO_PROCESS, 0), 5);
}

static void
usage_is_counted(void)
{
	struct rusage before, after;
	volatile unsigned long sum = 0;
	clock_t start = clock();
	int st;

	CHECK_EQ(getrusage(RUSAGE_SELF, &before), 0);
	while (clock() - start < CLOCKS_PER_SEC / 10)
		sum++;
	CHECK_EQ(getrusage(RUSAGE_SELF, &after), 0);
	CHECK(after.ru_utime.tv_sec * 1000000L + after.ru_utime.tv_usec +
	    after.ru_stime.tv_sec * 1000000L + after.ru_stime.tv_usec >=
	    90000);
	CHECK(after.ru_maxrss > 0);
	waitpid(child(0), &st, 0);
	CHECK_EQ(getrusage(RUSAGE_CHILDREN, &after), 0);
}

/* What the program finds when it is started by run_self(). */
static int
as_child(int argc, char **argv, char **env)
{
	if (strcmp(argv[1], "args") == 0)
		return !(argc == 3 && strcmp(argv[2], "two words") == 0 &&
		    env[0] != NULL && strcmp(env[0], "A=1") == 0 &&
		    strcmp(env[1], "B=") == 0 && env[2] == NULL);
	if (strcmp(argv[1], "noenv") == 0)
		return env[0] != NULL;
	if (strcmp(argv[1], "fds") == 0)
		return !(fcntl(20, F_GETFD) == 0 && fcntl(21, F_GETFD) == -1);
	if (strcmp(argv[1], "auxv") == 0) {
		const char *r = (const char *)getauxval(AT_RANDOM);
		const char *fn = (const char *)getauxval(AT_EXECFN);
		const char *pl = (const char *)getauxval(AT_PLATFORM);

		return !(getauxval(AT_PAGESZ) == 4096 && r != NULL &&
		    (*(const long *)r | *((const long *)r + 1)) != 0 &&
		    strcmp(fn, self) == 0 && strcmp(pl, "x86_64") == 0 &&
		    getauxval(AT_PHNUM) > 2 && getauxval(AT_PHDR) != 0 &&
		    getauxval(AT_SECURE) == 0 &&
		    getauxval(AT_CLKTCK) == 100 &&
		    getauxval(AT_EUID) == geteuid() &&
		    ((unsigned long)__builtin_frame_address(0) & 15) == 0);
	}
	return 99;
}

int
main(int argc, char **argv, char **env)
{
	self = (const char *)getauxval(AT_EXECFN);
	if (argc > 1)
		return as_child(argc, argv, env);
	TAP_RUN(exit_codes_arrive);
	TAP_RUN(memory_is_copied_by_fork);
	TAP_RUN(waitid_tells_and_leaves);
	TAP_RUN(nohang_does_not_wait);
	TAP_RUN(stop_and_continue_are_seen);
	TAP_RUN(ignored_children_leave_no_zombies);
	TAP_RUN(vfork_shares_and_waits);
	TAP_RUN(exec_passes_arguments_and_environment);
	TAP_RUN(exec_refuses_what_is_no_program);
	TAP_RUN(corrupt_elf_files_do_no_harm);
	TAP_RUN(too_many_arguments_are_refused);
	TAP_RUN(scripts_run);
	TAP_RUN(close_on_exec_closes);
	TAP_RUN(orphans_go_to_the_subreaper);
	TAP_RUN(sessions_and_groups);
	TAP_RUN(limits_hold);
	TAP_RUN(ids_can_be_given_up);
	TAP_RUN(usage_is_counted);
	return tap_end();
}
