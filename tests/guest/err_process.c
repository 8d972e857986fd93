/* SPDX-License-Identifier: MIT */
/*
 * tests/guest/err_process.c - what calls on processes and threads refuse.
 *
 * calls: clone clone3 fork vfork execve execveat exit exit_group wait4 waitid
 * calls: getpid gettid getppid getpgrp getpgid setpgid getsid setsid
 * calls: prctl arch_prctl personality unshare set_tid_address
 * calls: set_robust_list get_robust_list futex getcpu
 */
#include <sys/prctl.h>
#include <sys/resource.h>
#include <linux/futex.h>
#include <sched.h>
#include <time.h>

#include "err.h"

#define NO_PID	4194303

static char *const no_args[] = { "x", NULL };

static void
forks_refuse(void)
{
	struct rlimit rl = { 1, 1 };
	uint64_t args[11] = { 0 }, more[12] = { 0 };

	ERR(EINVAL, clone, CLONE_THREAD, 0, 0, 0, 0);
	ERR(EINVAL, clone, CLONE_SIGHAND, 0, 0, 0, 0);
	ERR(EINVAL, clone, CLONE_THREAD | CLONE_SIGHAND, 0, 0, 0, 0);
	ERR(EINVAL, clone, CLONE_FS | CLONE_NEWNS, 0, 0, 0, 0);
	FAULT(clone3, bad, 88);
	ERR(EINVAL, clone3, args, 63);
	ERR(E2BIG, clone3, args, 1 << 20);
	more[11] = 1;
	ERR(E2BIG, clone3, more, sizeof(more));
	args[0] = 0xff;			/* a signal is no flag here */
	ERR(EINVAL, clone3, args, sizeof(args));
	args[0] = 0;
	args[4] = 65;			/* exit_signal */
	ERR(EINVAL, clone3, args, sizeof(args));
	args[4] = SIGCHLD;
	args[5] = 4096;			/* a stack without a size */
	ERR(EINVAL, clone3, args, sizeof(args));
	args[5] = 0;
	args[6] = 4096;
	ERR(EINVAL, clone3, args, sizeof(args));
	CHECK_EQ(setrlimit(RLIMIT_NPROC, &rl), 0);
	AS_USER {
		ERR(EAGAIN, fork);
		ERR(EAGAIN, vfork);
		ERR(EAGAIN, clone, SIGCHLD, 0, 0, 0, 0);
	}
	CHECK_EQ(SYS(getpid), getpid());
	CHECK_EQ(SYS(gettid), getpid());
	CHECK_EQ(SYS(getppid), getppid());
}

static void
make_program(const char *name, const char *text, int mode)
{
	close(new_file(name, text));
	OK(chmod, name, mode);
}

static void
exec_refuses(void)
{
	static char long_name[300], long_path[PATH_MAX + 10];
	static char head[64] = "\177ELF\2\1\1";
	char *bad_args[] = { "x", (char *)1, NULL };
	int dir, fd;

	fresh_dir();
	dir = open(".", O_RDONLY);
	memset(long_name, 'n', sizeof(long_name) - 1);
	memset(long_path, '/', sizeof(long_path) - 1);
	make_program("nobits", "#!/bin/true\n", 0644);
	make_program("text", "no program", 0755);
	make_program("empty", "", 0755);
	make_program("lost", "#!/none/such\n", 0755);
	make_program("loop.sh", "#!loop.sh\n", 0755);
	fd = new_file("elf", "");
	CHECK_EQ(write(fd, head, sizeof(head)), sizeof(head));
	fchmod(fd, 0755);
	close(fd);
	OK(symlink, "loop", "loop");
	OK(mkdir, "closed", 0700);
	make_program("closed/x", "#!/bin/true\n", 0755);
	FAULT(execve, bad, no_args, NULL);
	FAULT(execve, "/bin/true", bad, NULL);
	FAULT(execve, "/bin/true", no_args, bad);
	FAULT(execveat, dir, bad, no_args, NULL, 0);
	ERR(EFAULT, execve, "/bin/true", bad_args, NULL);
	ERR(ENOENT, execve, "", no_args, NULL);
	ERR(ENOENT, execve, "none", no_args, NULL);
	ERR(ENOENT, execve, "lost", no_args, NULL);
	ERR(ENOTDIR, execve, "text/x", no_args, NULL);
	ERR(ELOOP, execve, "loop", no_args, NULL);
	ERR(ELOOP, execve, "loop.sh", no_args, NULL);
	ERR(ENAMETOOLONG, execve, long_name, no_args, NULL);
	ERR(ENAMETOOLONG, execve, long_path, no_args, NULL);
	ERR(EACCES, execve, "nobits", no_args, NULL);
	ERR(EACCES, execve, ".", no_args, NULL);
	ERR(EACCES, execve, "/dev/null", no_args, NULL);
	ERR(ENOEXEC, execve, "text", no_args, NULL);
	ERR(ENOEXEC, execve, "empty", no_args, NULL);
	ERR(ENOEXEC, execve, "elf", no_args, NULL);
	fd = open("elf", O_WRONLY);
	ERR(ETXTBSY, execve, "elf", no_args, NULL);
	close(fd);
	ERR(EBADF, execveat, NO_FD, "text", no_args, NULL, 0);
	ERR(EINVAL, execveat, dir, "text", no_args, NULL, 1);
	ERR(ENOENT, execveat, dir, "", no_args, NULL, 0);
	ERR(EACCES, execveat, dir, "", no_args, NULL, AT_EMPTY_PATH);
	ERR(ELOOP, execveat, dir, "loop", no_args, NULL, AT_SYMLINK_NOFOLLOW);
	fd = open("text", O_RDONLY);
	ERR(ENOTDIR, execveat, fd, "x", no_args, NULL, 0);
	AS_USER
		ERR(EACCES, execve, "closed/x", no_args, NULL);
}

static void
waits_refuse(void)
{
	siginfo_t si;
	int status;
	pid_t pid;

	ERR(ECHILD, wait4, -1, &status, 0, NULL);
	ERR(ECHILD, wait4, 1, &status, WNOHANG, NULL);
	ERR(ECHILD, wait4, 0, &status, 0, NULL);
	ERR(ECHILD, wait4, -getpid(), &status, 0, NULL);
	ERR(ESRCH, wait4, INT_MIN, &status, 0, NULL);
	ERR(EINVAL, wait4, -1, &status, 0x100, NULL);
	ERR(ECHILD, waitid, P_ALL, 0, &si, WEXITED, NULL);
	ERR(ECHILD, waitid, P_PID, 1, &si, WEXITED, NULL);
	ERR(EINVAL, waitid, P_ALL, 0, &si, 0, NULL);
	ERR(EINVAL, waitid, P_ALL, 0, &si, WEXITED | 0x100, NULL);
	ERR(EINVAL, waitid, 77, 0, &si, WEXITED, NULL);
	ERR(EINVAL, waitid, P_PID, -1, &si, WEXITED, NULL);
	ERR(EINVAL, waitid, P_PID, 0, &si, WEXITED, NULL);
	ERR(EINVAL, waitid, P_PGID, -1, &si, WEXITED, NULL);
	pid = (pid_t)OK(fork);
	if (pid == 0) {
		pause();
		SYS(exit, 1);
	}
	CHECK_EQ(SYS(wait4, pid, &status, WNOHANG, NULL), 0);
	interrupt_after(20);
	ERR(EINTR, wait4, pid, &status, 0, NULL);
	ERR(EINTR, waitid, P_PID, pid, &si, WEXITED, NULL);
	interrupt_end();
	kill(pid, SIGKILL);
	OK(waitid, P_PID, pid, &si, WEXITED | WNOWAIT, NULL);
	FAULT_OUT(waitid, P_PID, pid, bad, WEXITED | WNOWAIT, NULL);
	ERR(EFAULT, wait4, pid, (void *)1, 0, NULL);
	ERR(ECHILD, wait4, pid, &status, 0, NULL);	/* gone all the same */
	pid = (pid_t)OK(fork);
	if (pid == 0)
		SYS(exit_group, 3);
	CHECK_EQ(SYS(wait4, pid, &status, 0, NULL), pid);
	CHECK_EQ(status, 3 << 8);
}

static void
groups_refuse(void)
{
	int p[2];
	pid_t pid;
	char c;

	ERR(ESRCH, getpgid, NO_PID);
	ERR(ESRCH, getsid, NO_PID);
	ERR(EINVAL, setpgid, 0, -1);
	ERR(ESRCH, setpgid, NO_PID, 0);
	ERR(ESRCH, setpgid, 1, 0);		/* no child */
	ERR(EPERM, setpgid, 0, NO_PID);
	OK(setpgid, 0, 0);
	CHECK_EQ(SYS(getpgrp), getpid());
	ERR(EPERM, setsid);			/* leads a group */
	CHECK_EQ(pipe(p), 0);
	pid = fork();
	if (pid == 0) {
		OK(setsid);
		ERR(EPERM, setpgid, 0, 0);	/* leads a session */
		ERR(EPERM, setpgid, 0, getppid());
		(void)!write(p[1], "x", 1);
		pause();
	}
	CHECK_EQ(read(p[0], &c, 1), 1);
	ERR(EPERM, setpgid, pid, getpid());	/* another session */
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(p[0]);
	close(p[1]);
}

/*
 * The end of a close-on-exec pipe tells of the exec, so the exec counts by
 * then, even while the rest of the descriptors is still being closed.
 */
static void
groups_after_exec(void)
{
	int i, k, p[2];
	pid_t pid;
	char c;

	for (i = 0; i < 20; i++) {
		CHECK_EQ(pipe(p), 0);
		pid = fork();
		if (pid == 0) {
			fcntl(p[1], F_SETFD, FD_CLOEXEC);
			for (k = 0; k < 200; k++)
				open("/dev/null", O_RDONLY | O_CLOEXEC);
			execlp("sleep", "sleep", "20", NULL);
			_exit(127);
		}
		close(p[1]);
		CHECK_EQ(read(p[0], &c, 1), 0);
		ERR(EACCES, setpgid, pid, pid);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		close(p[0]);
	}
}

static void
prctl_refuses(void)
{
	ERR(EINVAL, prctl, 9999, 0, 0, 0, 0);
	ERR(EINVAL, prctl, PR_SET_PDEATHSIG, 65, 0, 0, 0);
	FAULT_OUT(prctl, PR_GET_PDEATHSIG, bad, 0, 0, 0);
	ERR(EINVAL, prctl, PR_SET_DUMPABLE, 3, 0, 0, 0);
	FAULT(prctl, PR_SET_NAME, bad, 0, 0, 0);
	FAULT_OUT(prctl, PR_GET_NAME, bad, 0, 0, 0);
	FAULT_OUT(prctl, PR_GET_CHILD_SUBREAPER, bad, 0, 0, 0);
	ERR(EINVAL, prctl, PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0);
	ERR(EINVAL, prctl, PR_SET_NO_NEW_PRIVS, 1, 1, 0, 0);
	ERR(EINVAL, prctl, PR_GET_NO_NEW_PRIVS, 1, 0, 0, 0);
	ERR(EINVAL, prctl, PR_CAPBSET_READ, 99, 0, 0, 0);
	ERR(EINVAL, prctl, PR_CAPBSET_DROP, 99, 0, 0, 0);
	AS_USER
		ERR(EPERM, prctl, PR_CAPBSET_DROP, 0, 0, 0, 0);
}

static void
the_processor_refuses(void)
{
	ERR(EINVAL, arch_prctl, 0x9999, 0);
	ERR(EPERM, arch_prctl, 0x1002, 1UL << 56);	/* ARCH_SET_FS */
	ERR(EPERM, arch_prctl, 0x1002, 0xffff888000000000);
	ERR(EPERM, arch_prctl, 0x1001, 0xffff888000000000);
	FAULT_OUT(arch_prctl, 0x1003, bad);		/* ARCH_GET_FS */
	FAULT_OUT(getcpu, bad, NULL);
	FAULT_OUT(getcpu, NULL, bad);
	OK(getcpu, NULL, NULL);
	CHECK_EQ(SYS(personality, 0xffffffff), 0);
	ERR(EINVAL, unshare, 1);
	OK(unshare, 0);
	OK(unshare, CLONE_FS | CLONE_FILES);
	AS_USER
		ERR(EPERM, unshare, CLONE_NEWNS);
	CHECK_EQ(SYS(set_tid_address, NULL), getpid());
}

static void
futexes_refuse(void)
{
	static uint32_t word, other;
	struct timespec wrong = { 0, 1000000000 }, soon = { 0, 1000000 };
	void *head;
	size_t len;

	FAULT(futex, (long)bad & ~3, FUTEX_WAIT, 0, &soon, 0, 0);
	FAULT(futex, &word, FUTEX_WAIT, 0, bad, 0, 0);
	ERR(EINVAL, futex, (char *)&word + 1, FUTEX_WAIT, 0, &soon, 0, 0);
	ERR(EINVAL, futex, &word, FUTEX_WAIT, 0, &wrong, 0, 0);
	ERR(EAGAIN, futex, &word, FUTEX_WAIT, 1, &soon, 0, 0);
	ERR(ETIMEDOUT, futex, &word, FUTEX_WAIT, 0, &soon, 0, 0);
	ERR(EINVAL, futex, &word, FUTEX_WAIT_BITSET, 0, NULL, 0, 0);
	ERR(EINVAL, futex, &word, FUTEX_WAKE_BITSET, 1, NULL, 0, 0);
	ERR(EINVAL, futex, (char *)&word + 2, FUTEX_WAKE, 1, 0, 0, 0);
	ERR(EAGAIN, futex, &word, FUTEX_CMP_REQUEUE, 1, 1, &other, 9);
	ERR(EINVAL, futex, &word, FUTEX_CMP_REQUEUE, -1, 1, &other, 0);
	ERR(EINVAL, futex, &word, FUTEX_REQUEUE, 1, -1, &other, 0);
	ERR(ENOSYS, futex, &word, 99, 1, 0, 0, 0);
	interrupt_after(20);
	ERR(EINTR, futex, &word, FUTEX_WAIT, 0, NULL, 0, 0);
	interrupt_end();
	ERR(EINVAL, set_robust_list, &head, 23);
	ERR(ESRCH, get_robust_list, NO_PID, &head, &len);
	FAULT_OUT(get_robust_list, 0, bad, &len);
	FAULT_OUT(get_robust_list, 0, &head, bad);
	AS_USER
		ERR(EPERM, get_robust_list, 1, &head, &len);
}

int
main(void)
{
	TAP_RUN(forks_refuse);
	TAP_RUN(exec_refuses);
	TAP_RUN(waits_refuse);
	TAP_RUN(groups_refuse);
	TAP_RUN(groups_after_exec);
	TAP_RUN(prctl_refuses);
	TAP_RUN(the_processor_refuses);
	TAP_RUN(futexes_refuse);
	return tap_end();
}
