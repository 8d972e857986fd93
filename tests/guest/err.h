/* SPDX-License-Identifier: MIT */
/*
 * tests/guest/err.h - every system call refuses what it must, by number.
 *
 * Use: ERR(want, name, arguments...) makes the call SYS_name itself, so that
 * no C library looks at the arguments first.  FAULT(name, arguments...) makes
 * it once for each address that is not the program's, as the variable "bad";
 * FAULT_OUT adds a page that can only be read.  OK() must not fail.  The body
 * of AS_USER runs in a child without any rights.
 * Why: tests/lint/syscalls.sh reads the list "calls:" at the head of each
 * test and says which implemented calls nobody exercises.
 */
#ifndef GUEST_ERR_H
#define GUEST_ERR_H

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>

#include "tap.h"

#undef prlimit64	/* musl has a macro for it */

#define USER_ID		1000
#define NO_FD		987	/* never open */

#define L_(a)		(long)(a)
#define L0_()		0
#define L1_(a)		L_(a)
#define L2_(a, ...)	L_(a), L1_(__VA_ARGS__)
#define L3_(a, ...)	L_(a), L2_(__VA_ARGS__)
#define L4_(a, ...)	L_(a), L3_(__VA_ARGS__)
#define L5_(a, ...)	L_(a), L4_(__VA_ARGS__)
#define L6_(a, ...)	L_(a), L5_(__VA_ARGS__)
#define NTH_(a, b, c, d, e, f, g, h, ...) h
#define LONGS_(...)							\
	NTH_(0, ##__VA_ARGS__, L6_, L5_, L4_, L3_, L2_, L1_, L0_)(__VA_ARGS__)

/* Every argument travels as a long: a variadic int would not sign-extend. */
#define SYS(name, ...)	syscall(SYS_##name, LONGS_(__VA_ARGS__))

#define OK(name, ...)							\
	err_ok_(__FILE__, __LINE__, #name "(" #__VA_ARGS__ ")",		\
	    (errno = 0, syscall(SYS_##name, LONGS_(__VA_ARGS__))))

#define ERR(want, name, ...)						\
	err_want_(__FILE__, __LINE__, #name "(" #__VA_ARGS__ ")",	\
	    (errno = 0, syscall(SYS_##name, LONGS_(__VA_ARGS__))),	\
	    want, #want, NULL)

#define FAULT_N_(from, name, ...)					\
	for (int i_ = (from); i_ < ERR_BAD; i_++) {			\
		char *bad = err_bad_(i_);				\
									\
		err_want_(__FILE__, __LINE__,				\
		    #name "(" #__VA_ARGS__ ")", (errno = 0,		\
		    syscall(SYS_##name, LONGS_(__VA_ARGS__))),		\
		    EFAULT, "EFAULT", bad);				\
	}
#define FAULT(...)	FAULT_N_(1, __VA_ARGS__)
#define FAULT_OUT(...)	FAULT_N_(0, __VA_ARGS__)

#define ERR_BAD		8

/* An address that is not ours; the first can be read and not written. */
static inline char *
err_bad_(int which)
{
	static char *readable, *hole, *closed;

	if (readable == NULL) {
		readable = mmap(NULL, 4096, PROT_READ,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		closed = mmap(NULL, 4096, PROT_NONE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		hole = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		munmap(hole + 4096, 4096);
	}
	switch (which) {
	case 0:		return readable;
	case 1:		return (char *)1;
	case 2:		return closed;
	case 3:		return hole + 4096;
	case 4:		return (char *)0x7fffffffeff8;	/* the last page */
	case 5:		return (char *)0x0000800000000000; /* no address */
	case 6:		return (char *)0xffff888000000000; /* the kernel's */
	default:	return (char *)-4096;
	}
}

static inline long
err_ok_(const char *file, int line, const char *call, long got)
{
	if (got == -1) {
		printf("# %s:%d: %s: errno %d (%s), want success\n", file,
		    line, call, errno, strerror(errno));
		tap_bad++;
	}
	return got;
}

static inline void
err_want_(const char *file, int line, const char *call, long got, int want,
    const char *name, void *bad)
{
	if (got == -1 && errno == want)
		return;
	printf("# %s:%d: %s is %ld, errno %d (%s), want %s", file, line, call,
	    got, got == -1 ? errno : 0, got == -1 ? strerror(errno) : "-",
	    name);
	if (bad != NULL)
		printf(", bad = %p", bad);
	putchar('\n');
	tap_bad++;
}

/* Go into a new directory, which everybody may change. */
static inline void
fresh_dir(void)
{
	char dir[] = "err.XXXXXX";

	CHECK(mkdtemp(dir) != NULL && chdir(dir) == 0);
	CHECK(chmod(".", 0777) == 0);
	umask(0);
}

static inline int
new_file(const char *name, const char *text)
{
	int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0644);

	CHECK(fd >= 0);
	CHECK_EQ(write(fd, text, strlen(text)), strlen(text));
	return fd;
}

/* 1 in a child that is nobody special; 0 in the parent, after the child. */
static inline int
user_begin_(void)
{
	pid_t pid;
	int status;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		tap_bad = 0;
		CHECK(setgroups(0, NULL) == 0);
		CHECK(setresgid(USER_ID, USER_ID, USER_ID) == 0);
		CHECK(setresuid(USER_ID, USER_ID, USER_ID) == 0);
		alarm(TAP_CASE_SECONDS);
		return 1;
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	return 0;
}

#define AS_USER								\
	for (int u_ = user_begin_(); u_ != 0;				\
	    fflush(stdout), _exit(tap_bad != 0))

static inline void
on_signal_(int signo)
{
}

/* A signal that interrupts what sleeps, after msec and then again. */
static inline void
interrupt_after(int msec)
{
	struct sigaction sa = { .sa_handler = on_signal_ };

	sigaction(SIGALRM, &sa, NULL);
	ualarm((useconds_t)msec * 1000, 200000);
}

static inline void
interrupt_end(void)
{
	ualarm(0, 0);
	alarm(TAP_CASE_SECONDS);
	signal(SIGALRM, SIG_DFL);
}

#endif
