/* SPDX-License-Identifier: MIT */
/*
 * tests/guest/stress_syscalls.c - random system calls with random arguments,
 * from a child on each CPU, as a user without rights and as root.
 *
 * Use: "stress_syscalls SEED MSEC" repeats one run and prints nothing else.
 * Invariants: what is excluded would end the machine or the test (reboot,
 * kill of everybody, the mounts it lives on); all else must be survived.
 * Root does it in a directory that it cannot leave by name.
 * GUEST: -pthread
 * Why: whatever a program asks for, the answer is an errno or a signal.
 */
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/syscall.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>

#include "stress.h"

#define CHILDREN	4

static __thread uint32_t seed;
static pid_t me;
static char home[PATH_MAX];	/* by name: a descriptor leads out of chroot */
static char *pages;		/* two readable pages, then none */
static char *names[] = { "fuzz0", "fuzz1", "fuzz2/x", "/proc/self/maps",
    "/dev/null", "/dev/zero", "/tmp", "", "/proc/self/fd/3", "..", "/dev/ptmx",
    "/dev/full", "/bin/true", "/dev/torus0", "/etc/passwd" };

static uint32_t
rnd(void)
{
	return random_next(&seed);
}

static int
is_excluded(long nr)
{
	switch (nr) {
	case SYS_reboot:
	case SYS_kill:		/* of init, of all */
	case SYS_tkill:
	case SYS_tgkill:
	case SYS_rt_sigqueueinfo:
	case SYS_rt_tgsigqueueinfo:
	case SYS_pidfd_send_signal:
	case SYS_umount2:
	case SYS_mount:
	case SYS_pivot_root:
	case SYS_chroot:
	case SYS_sethostname:
	case SYS_setdomainname:
	case SYS_settimeofday:
	case SYS_clock_settime:
	case SYS_sync:		/* slow, tested elsewhere */
	case SYS_syncfs:
	case SYS_vhangup:
	case SYS_pause:
	case SYS_ptrace:
	case SYS_exit:
	case SYS_exit_group:
	case SYS_prlimit64:	/* of init */
	case SYS_setpriority:
	case SYS_process_vm_writev:
	case SYS_swapon:
	case SYS_swapoff:
		return 1;
	}
	return 0;
}

static long
argument(void)
{
	static const long odd[] = { 0, 1, -1, 2, 7, 8, 4095, 4096, 4097,
	    0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, 1L << 47,
	    (1L << 47) - 1, (1L << 47) - 4096, -(1L << 47), -4096, -4095,
	    (long)0x8000000000000000UL, 0x7fffffffffffffffL,
	    (long)0xffffffff80000000UL, (long)0xffff800000001000UL };

	switch (rnd() % 10) {
	case 0:
		return odd[rnd() % (sizeof(odd) / sizeof(odd[0]))];
	case 1:
		return (long)(pages + 8192 - rnd() % 128); /* into a hole */
	case 2:
	case 3:
		return (long)(pages + rnd() % 8192);
	case 4:
		return (long)names[rnd() % (sizeof(names) / sizeof(names[0]))];
	case 5:
	case 6:
		return (int)(rnd() % 24) - 1;	/* descriptors, small sizes */
	case 7:
		return 1L << (rnd() % 64);
	case 8:
		return (long)rnd() << 32 | rnd();
	default:
		return rnd() % 70000;
	}
}

static void
refill(void)
{
	uint32_t *p = (uint32_t *)pages;

	/* Small words and pointers make structures that nearly hold. */
	for (int i = 0; i < 64; i++) {
		size_t at = rnd() % 2047;

		if (rnd() % 4 == 0)
			memcpy(&p[at], &(long){ argument() }, sizeof(long));
		else
			p[at] = rnd() % 3 ? rnd() % 100 : rnd();
	}
}

/* One call; a clone's child must not fuzz on beside its parent for ever. */
static void
one_call(void)
{
	long nr = rnd() % 460, a[6];

	if (is_excluded(nr))
		return;
	for (int i = 0; i < 6; i++)
		a[i] = argument();
	if (nr == SYS_clone || nr == SYS_clone3)
		a[0] &= ~0x00004100L;	/* no vfork, no shared memory */
	if (nr == SYS_clone3)
		return;
	if (nr == SYS_clone)
		a[1] = 0;		/* a copy of this stack */
	syscall(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
	if (syscall(SYS_getpid) != me)
		syscall(SYS_exit_group, 0);
}

static void
limit(int res, rlim_t value)
{
	struct rlimit rl = { value, value };

	setrlimit(res, &rl);
}

/* Two threads pull the same memory and files from under each other. */
static void *
fuzz_beside(void *arg)
{
	seed = (uint32_t)(long)arg | 1;
	for (;;)
		one_call();
	return NULL;
}

static void
fuzz(uint32_t start, int msec, int as_root)
{
	int64_t until = msec_now() + msec;
	int null = open("/dev/null", O_RDWR);
	pthread_t t;

	for (int i = 0; i < 3; i++)
		dup2(null, i);	/* nobody wants to read what it writes */
	seed = start * 2654435761u | 1;
	me = (pid_t)syscall(SYS_getpid);
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	limit(RLIMIT_AS, 256 << 20);
	limit(RLIMIT_FSIZE, 1 << 20);
	limit(RLIMIT_CORE, 0);
	limit(RLIMIT_NOFILE, 64);
	limit(RLIMIT_CPU, 20);
	if (as_root && chroot(".") != 0)
		_exit(1);
	if (!as_root) {
		limit(RLIMIT_NPROC, 40);
		if (setgid(1000) != 0 || setuid(1000) != 0)
			_exit(1);
	}
	pages = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	mprotect(pages + 8192, 4096, PROT_NONE);
	for (int i = 0; i < 3; i++) {
		open("/dev/zero", O_RDWR);
		socket(AF_UNIX, SOCK_STREAM + i % 2, 0);
		(void)!pipe((int *)pages);
	}
	if (start % 2)
		pthread_create(&t, NULL, fuzz_beside, (void *)(long)rnd());
	while (msec_now() < until) {
		refill();
		for (int i = 0; i < 20; i++) {
			/* A call that sleeps is ended by the signal. */
			ualarm(2000, 0);
			one_call();
		}
	}
	_exit(0);
}

static void
wake(int sig)
{
}

/* Runs one fuzzer after the other: most end early, by their own calls. */
static void
keep_fuzzing(uint32_t first, int msec, int as_root)
{
	int64_t until = msec_now() + msec;
	struct sigaction sa = { .sa_handler = wake };

	for (uint32_t s = first; msec_now() < until; s += 65) {
		pid_t pid = fork();

		if (pid < 0) {
			usleep(1000);
			continue;
		}
		if (pid == 0) {
			sigaction(SIGALRM, &sa, NULL);
			fuzz(s, (int)(until - msec_now()), as_root);
		}
		/* It may stop or block every signal: be patient, then kill. */
		for (int i = 0; waitpid(pid, NULL, WNOHANG) == 0; i++) {
			usleep(5000);
			if (i == 60 || msec_now() > until)
				kill(pid, SIGKILL);
		}
	}
}

static void
fuzz_in_parallel(int as_root)
{
	uint32_t first = (uint32_t)msec_now() * 8;
	char dir[] = "fuzzXXXXXX";
	pid_t pid[CHILDREN];

	/* Below where it began, and so removed with it: it is no leak. */
	CHECK(chdir(home) == 0);
	CHECK(mkdtemp(dir) != NULL);
	CHECK(chmod(dir, 0777) == 0);
	CHECK(chdir(dir) == 0);
	/* Root is kept in here, where it cannot harm the other tests. */
	CHECK(mkdir("dev", 0755) == 0 && mkdir("tmp", 0777) == 0);
	CHECK(mknod("dev/null", S_IFCHR | 0666, makedev(1, 3)) == 0);
	CHECK(mknod("dev/zero", S_IFCHR | 0666, makedev(1, 5)) == 0);
	CHECK(mknod("dev/full", S_IFCHR | 0666, makedev(1, 7)) == 0);
	CHECK(mknod("dev/ptmx", S_IFCHR | 0666, makedev(5, 2)) == 0);
	CHECK(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
	printf("# seed %u\n", first);
	fflush(stdout);
	for (int i = 0; i < CHILDREN; i++)
		if ((pid[i] = fork()) == 0) {
			keep_fuzzing(first + (uint32_t)i, 4000, as_root);
			_exit(0);
		}
	for (int i = 0; i < CHILDREN; i++)
		CHECK_EQ(waitpid(pid[i], NULL, 0), pid[i]);
}

static void
users_cannot_break_it(void)
{
	fuzz_in_parallel(0);
}

static void
root_cannot_break_it(void)
{
	fuzz_in_parallel(1);
}

int
main(int argc, char **argv)
{
	if (argc == 3)
		keep_fuzzing((uint32_t)atol(argv[1]), atoi(argv[2]), 1);
	if (argc == 3)
		return 0;
	CHECK(getcwd(home, sizeof(home)) != NULL);
	TAP_RUN(users_cannot_break_it);
	TAP_RUN(root_cannot_break_it);
	return tap_end();
}
