/* SPDX-License-Identifier: MIT */
/*
 * tests/guest/err_waiting.c - what refuses: pipes, waiting for many
 * descriptors, and moving data between them.
 *
 * calls: pipe pipe2 poll ppoll select pselect6 epoll_create epoll_create1
 * calls: epoll_ctl epoll_wait epoll_pwait epoll_pwait2 eventfd eventfd2
 * calls: sendfile splice tee vmsplice copy_file_range
 */
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/uio.h>
#include <poll.h>
#include <time.h>

#include "err.h"

static const struct timespec wrong = { 0, 1000000000 };

static void
pipes_refuse(void)
{
	struct rlimit rl = { 20, 20 };
	uint64_t set = 0;
	int p[2];

	FAULT_OUT(pipe, bad);
	FAULT_OUT(pipe2, bad, O_CLOEXEC);
	ERR(EINVAL, pipe2, p, 1);
	CHECK_EQ(setrlimit(RLIMIT_NOFILE, &rl), 0);
	while (dup(0) >= 0)
		continue;
	ERR(EMFILE, pipe, p);
	ERR(EMFILE, pipe2, p, 0);
	ERR(EMFILE, eventfd, 0);
	ERR(EMFILE, eventfd2, 0, 0);
	ERR(EMFILE, epoll_create, 1);
	ERR(EMFILE, epoll_create1, 0);
	ERR(EMFILE, socket, 1, 1, 0);
	ERR(EMFILE, socketpair, 1, 1, 0, p);
	ERR(EMFILE, memfd_create, "x", 0);
	ERR(EMFILE, timerfd_create, CLOCK_MONOTONIC, 0);
	ERR(EMFILE, signalfd4, -1, &set, 8, 0);
	close(19);
	ERR(EMFILE, pipe, p);
	CHECK_EQ(dup(0), 19);		/* none was lost */
}

static void
poll_refuses(void)
{
	struct rlimit rl = { 30, 30 };
	struct pollfd fds[64];
	struct timespec neg = { -1, 0 }, now = { 0, 0 };
	uint64_t set = 0;

	memset(fds, 0xff, sizeof(fds));
	FAULT(poll, bad, 1, 0);
	FAULT(ppoll, bad, 1, &now, NULL, 8);
	FAULT(ppoll, fds, 1, bad, NULL, 8);
	FAULT(ppoll, fds, 1, NULL, bad, 8);
	ERR(EINVAL, ppoll, fds, 1, &wrong, NULL, 8);
	ERR(EINVAL, ppoll, fds, 1, &neg, NULL, 8);
	ERR(EINVAL, ppoll, fds, 1, NULL, &set, 4);
	CHECK_EQ(setrlimit(RLIMIT_NOFILE, &rl), 0);
	ERR(EINVAL, poll, fds, 31, 0);
	ERR(EINVAL, ppoll, fds, 31, NULL, NULL, 8);
	interrupt_after(20);
	ERR(EINTR, poll, NULL, 0, -1);
	ERR(EINTR, poll, fds, 3, 10000);
	ERR(EINTR, ppoll, NULL, 0, NULL, NULL, 8);
	interrupt_end();
}

static void
select_refuses(void)
{
	struct timeval neg = { -1, 0 }, zero = { 0, 0 };
	struct { void *set; size_t size; } sig = { (void *)1, 8 };
	uint64_t mask = 0;
	fd_set set;

	FD_ZERO(&set);
	FD_SET(NO_FD, &set);
	FAULT(select, 10, bad, NULL, NULL, &zero);
	FAULT(select, 10, NULL, bad, NULL, &zero);
	FAULT(select, 0, NULL, NULL, NULL, bad);
	FAULT(pselect6, 10, NULL, NULL, bad, &zero, NULL);
	FAULT(pselect6, 0, NULL, NULL, NULL, bad, NULL);
	FAULT(pselect6, 0, NULL, NULL, NULL, NULL, bad);
	ERR(EFAULT, pselect6, 0, NULL, NULL, NULL, &zero, &sig);
	sig.set = &mask;
	sig.size = 4;
	ERR(EINVAL, pselect6, 0, NULL, NULL, NULL, &zero, &sig);
	ERR(EINVAL, select, -1, NULL, NULL, NULL, &zero);
	ERR(EINVAL, pselect6, -1, NULL, NULL, NULL, &zero, NULL);
	ERR(EINVAL, select, 0, NULL, NULL, NULL, &neg);
	ERR(EINVAL, pselect6, 0, NULL, NULL, NULL, &wrong, NULL);
	for (int fd = 0; fd < 200; fd++)
		if (fd > 2)
			close(fd);
	FD_ZERO(&set);
	FD_SET(40, &set);
	ERR(EBADF, select, 41, &set, NULL, NULL, &zero);
	ERR(EBADF, pselect6, 41, NULL, &set, NULL, &zero, NULL);
	interrupt_after(20);
	ERR(EINTR, select, 0, NULL, NULL, NULL, NULL);
	ERR(EINTR, pselect6, 0, NULL, NULL, NULL, NULL, NULL);
	interrupt_end();
}

static void
epoll_refuses(void)
{
	struct epoll_event ev = { .events = EPOLLIN }, out[4];
	int ep, ep2, p[2], fd;
	uint64_t set = 0;

	fresh_dir();
	fd = new_file("f", "x");
	CHECK_EQ(pipe(p), 0);
	ERR(EINVAL, epoll_create, 0);
	ERR(EINVAL, epoll_create, -1);
	ERR(EINVAL, epoll_create1, 1);
	ep = (int)OK(epoll_create1, EPOLL_CLOEXEC);
	ep2 = (int)OK(epoll_create, 1);
	FAULT(epoll_ctl, ep, EPOLL_CTL_ADD, p[0], bad);
	ERR(EBADF, epoll_ctl, NO_FD, EPOLL_CTL_ADD, p[0], &ev);
	ERR(EBADF, epoll_ctl, ep, EPOLL_CTL_ADD, NO_FD, &ev);
	ERR(EINVAL, epoll_ctl, p[1], EPOLL_CTL_ADD, p[0], &ev);
	ERR(EINVAL, epoll_ctl, ep, EPOLL_CTL_ADD, ep, &ev);
	ERR(EINVAL, epoll_ctl, ep, 9, p[0], &ev);
	ERR(EPERM, epoll_ctl, ep, EPOLL_CTL_ADD, fd, &ev);
	ERR(ENOENT, epoll_ctl, ep, EPOLL_CTL_MOD, p[0], &ev);
	ERR(ENOENT, epoll_ctl, ep, EPOLL_CTL_DEL, p[0], NULL);
	OK(epoll_ctl, ep, EPOLL_CTL_ADD, p[0], &ev);
	ERR(EEXIST, epoll_ctl, ep, EPOLL_CTL_ADD, p[0], &ev);
	ev.events = EPOLLIN | EPOLLEXCLUSIVE;
	ERR(EINVAL, epoll_ctl, ep, EPOLL_CTL_MOD, p[0], &ev);
	ERR(EINVAL, epoll_ctl, ep, EPOLL_CTL_ADD, ep2, &ev);
	ev.events = EPOLLIN;
	OK(epoll_ctl, ep, EPOLL_CTL_ADD, ep2, &ev);
	ERR(ELOOP, epoll_ctl, ep2, EPOLL_CTL_ADD, ep, &ev);
	ERR(EINVAL, epoll_wait, ep, out, 0, 0);
	ERR(EINVAL, epoll_wait, ep, out, -1, 0);
	ERR(EINVAL, epoll_wait, ep, out, INT_MAX, 0);
	ERR(EBADF, epoll_wait, NO_FD, out, 4, 0);
	ERR(EINVAL, epoll_wait, fd, out, 4, 0);
	ERR(EINVAL, epoll_pwait, ep, out, 4, 0, &set, 4);
	FAULT(epoll_pwait, ep, out, 4, 0, bad, 8);
	ERR(EBADF, epoll_pwait, NO_FD, out, 4, 0, &set, 8);
	ERR(EINVAL, epoll_pwait2, ep, out, 4, &wrong, NULL, 8);
	FAULT(epoll_pwait2, ep, out, 4, bad, NULL, 8);
	ERR(EBADF, epoll_pwait2, NO_FD, out, 4, NULL, NULL, 8);
	interrupt_after(20);
	ERR(EINTR, epoll_wait, ep, out, 4, -1);
	ERR(EINTR, epoll_pwait, ep, out, 4, -1, NULL, 8);
	ERR(EINTR, epoll_pwait2, ep, out, 4, NULL, NULL, 8);
	interrupt_end();
	CHECK_EQ(write(p[1], "x", 1), 1);
	FAULT_OUT(epoll_wait, ep, bad, 4, 0);
	CHECK_EQ(SYS(epoll_wait, ep, out, 4, 0), 1);
}

static void
eventfds_refuse(void)
{
	uint64_t v = -1;
	int fd;

	ERR(EINVAL, eventfd2, 0, 2);
	fd = (int)OK(eventfd2, 0, O_NONBLOCK);
	ERR(EINVAL, read, fd, &v, 7);
	ERR(EINVAL, write, fd, &v, 7);
	ERR(EINVAL, write, fd, &v, 8);		/* all ones */
	ERR(EAGAIN, read, fd, &v, 8);
	v = (uint64_t)-2;
	OK(write, fd, &v, 8);
	v = 1;
	ERR(EAGAIN, write, fd, &v, 8);
	fd = (int)OK(eventfd, 0);
	interrupt_after(20);
	ERR(EINTR, read, fd, &v, 8);
	interrupt_end();
}

static void
moves_refuse(void)
{
	char buf[16];
	struct iovec iov = { buf, 16 };
	int64_t off = 0, neg = -1, two = 2;
	int fd, rd, out, dir, ap, p[2], q[2];

	fresh_dir();
	fd = new_file("f", "0123456789");
	out = new_file("out", "");
	rd = open("f", O_RDONLY);
	ap = open("out", O_WRONLY | O_APPEND);
	dir = open(".", O_RDONLY);
	CHECK_EQ(pipe(p), 0);
	CHECK_EQ(pipe(q), 0);
	FAULT(sendfile, out, fd, bad, 5);
	ERR(EBADF, sendfile, NO_FD, fd, NULL, 5);
	ERR(EBADF, sendfile, out, NO_FD, NULL, 5);
	ERR(EBADF, sendfile, rd, fd, NULL, 5);
	ERR(EBADF, sendfile, out, ap, NULL, 5);
	ERR(EINVAL, sendfile, out, fd, &neg, 5);
	ERR(EINVAL, sendfile, ap, fd, NULL, 5);
	ERR(ESPIPE, sendfile, out, p[0], &off, 5);

	FAULT(splice, fd, bad, p[1], NULL, 5, 0);
	ERR(EBADF, splice, NO_FD, NULL, p[1], NULL, 5, 0);
	ERR(EBADF, splice, fd, NULL, NO_FD, NULL, 5, 0);
	ERR(EBADF, splice, fd, NULL, p[0], NULL, 5, 0);
	ERR(EINVAL, splice, fd, NULL, out, NULL, 5, 0);
	ERR(EINVAL, splice, fd, NULL, p[1], NULL, 5, 0x100);
	ERR(EINVAL, splice, p[0], NULL, p[1], NULL, 5, 0);
	ERR(EINVAL, splice, p[0], NULL, ap, NULL, 5, 0);
	ERR(ESPIPE, splice, fd, NULL, p[1], &off, 5, 0);
	ERR(ESPIPE, splice, p[0], &off, out, NULL, 5, 0);
	ERR(EAGAIN, splice, p[0], NULL, out, NULL, 5, 2);
	ERR(EBADF, tee, NO_FD, p[1], 5, 0);
	ERR(EINVAL, tee, p[0], q[1], 5, 0x100);
	ERR(EINVAL, tee, p[0], p[1], 5, 0);
	ERR(EINVAL, tee, fd, p[1], 5, 0);
	ERR(EAGAIN, tee, p[0], q[1], 5, 2);
	ERR(EBADF, vmsplice, NO_FD, &iov, 1, 0);
	ERR(EBADF, vmsplice, fd, &iov, 1, 0);
	ERR(EINVAL, vmsplice, p[1], &iov, 1, 0x100);
	ERR(EINVAL, vmsplice, p[1], &iov, 1025, 0);
	FAULT(vmsplice, p[1], bad, 1, 0);
	iov.iov_base = (void *)1;
	ERR(EFAULT, vmsplice, p[1], &iov, 1, 0);

	FAULT(copy_file_range, fd, bad, out, NULL, 5, 0);
	FAULT(copy_file_range, fd, NULL, out, bad, 5, 0);
	ERR(EBADF, copy_file_range, NO_FD, NULL, out, NULL, 5, 0);
	ERR(EBADF, copy_file_range, fd, NULL, NO_FD, NULL, 5, 0);
	ERR(EBADF, copy_file_range, fd, NULL, rd, NULL, 5, 0);
	ERR(EBADF, copy_file_range, ap, NULL, out, NULL, 5, 0);
	ERR(EBADF, copy_file_range, fd, NULL, ap, NULL, 5, 0);
	ERR(EISDIR, copy_file_range, dir, NULL, out, NULL, 5, 0);
	ERR(EINVAL, copy_file_range, p[0], NULL, out, NULL, 5, 0);
	ERR(EINVAL, copy_file_range, fd, NULL, out, NULL, 5, 1);
	off = 0;
	ERR(EINVAL, copy_file_range, fd, &off, fd, &two, 5, 0);
}

int
main(void)
{
	TAP_RUN(pipes_refuse);
	TAP_RUN(poll_refuses);
	TAP_RUN(select_refuses);
	TAP_RUN(epoll_refuses);
	TAP_RUN(eventfds_refuse);
	TAP_RUN(moves_refuse);
	return tap_end();
}
