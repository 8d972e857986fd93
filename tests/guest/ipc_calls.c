/* SPDX-License-Identifier: MIT */
/*
 * tests/guest/ipc_calls.c - descriptors, pipes, poll, select, epoll, eventfd,
 * timerfd, signalfd and memfd: what they do and the errors they give.
 */
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>

#include "tap.h"

static void *volatile bad = (void *)8; /* never mapped */

static void
descriptors(void)
{
	struct rlimit rl;
	int p[2], fd;

	CHECK_EQ(pipe2(p, O_CLOEXEC), 0);
	CHECK_EQ(fcntl(p[0], F_GETFD), FD_CLOEXEC);
	CHECK_EQ(fcntl(p[0], F_SETFD, 0), 0);
	CHECK_EQ(fcntl(p[0], F_GETFD), 0);
	fd = fcntl(p[0], F_DUPFD, 100);
	CHECK_EQ(fd, 100);
	fd = fcntl(p[0], F_DUPFD_CLOEXEC, 100);
	CHECK_EQ(fd, 101);
	CHECK_EQ(fcntl(101, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(dup2(p[0], 500), 500);
	CHECK_EQ(dup2(500, 500), 500);
	CHECK_ERR(dup2(499, 499), EBADF);
	CHECK_ERR(dup3(500, 500, 0), EINVAL);
	CHECK_ERR(dup3(500, 501, 1), EINVAL);
	CHECK_ERR(dup2(p[0], -1), EBADF);
	CHECK_ERR(dup(77), EBADF);
	CHECK_EQ(getrlimit(RLIMIT_NOFILE, &rl), 0);
	CHECK_ERR(dup2(p[0], (int)rl.rlim_cur), EBADF);
	CHECK_ERR(fcntl(p[0], F_DUPFD, (int)rl.rlim_cur), EINVAL);
	CHECK_ERR(fcntl(p[0], 9999), EINVAL);
	CHECK_ERR(fcntl(77, F_GETFL), EBADF);
	CHECK_EQ(syscall(SYS_close_range, 100, 101, 0), 0);
	CHECK_ERR(fcntl(100, F_GETFD), EBADF);
	CHECK_ERR(syscall(SYS_close_range, 5, 4, 0), EINVAL);
	CHECK_EQ(syscall(SYS_close_range, 500, 600, 4), 0);
	CHECK_EQ(fcntl(500, F_GETFD), FD_CLOEXEC);
	rl.rlim_cur = 64;
	CHECK_EQ(setrlimit(RLIMIT_NOFILE, &rl), 0);
	while ((fd = dup(p[0])) >= 0)
		CHECK(fd < 64);
	CHECK_EQ(errno, EMFILE);
	CHECK_ERR(pipe(p), EMFILE);
}

static void
pipes(void)
{
	char buf[8192];
	int p[2], n = 0;

	memset(buf, 'p', sizeof(buf));
	signal(SIGPIPE, SIG_IGN);
	CHECK_ERR(syscall(SYS_pipe2, p, 0x1), EINVAL);
	CHECK_ERR(syscall(SYS_pipe2, bad, 0), EFAULT);
	CHECK_EQ(pipe2(p, O_NONBLOCK), 0);
	CHECK_EQ(fcntl(p[1], F_GETFL) & (O_ACCMODE | O_NONBLOCK),
	    O_WRONLY | O_NONBLOCK);
	CHECK_ERR(read(p[0], buf, 1), EAGAIN);
	CHECK_ERR(read(p[1], buf, 1), EBADF);
	CHECK_ERR(write(p[0], buf, 1), EBADF);
	CHECK_EQ(fcntl(p[0], F_GETPIPE_SZ), 65536);
	while (write(p[1], buf, 4096) == 4096)
		n++;
	CHECK_EQ(errno, EAGAIN);
	CHECK_EQ(n, 16);
	CHECK_EQ(ioctl(p[0], FIONREAD, &n), 0);
	CHECK_EQ(n, 65536);
	CHECK_ERR(fcntl(p[0], F_SETPIPE_SZ, 4096), EBUSY);
	CHECK_EQ(fcntl(p[0], F_SETPIPE_SZ, 100000), 131072);
	CHECK_EQ(write(p[1], buf, 4096), 4096);
	for (n = 0; n < 17; n++)
		CHECK_EQ(read(p[0], buf, 4096), 4096);
	CHECK_ERR(read(p[0], buf, 1), EAGAIN);
	CHECK_EQ(write(p[1], "abc", 3), 3);
	CHECK_EQ(read(p[0], buf, sizeof(buf)), 3);
	CHECK_ERR(write(p[1], bad, 1), EFAULT);
	CHECK_EQ(close(p[0]), 0);
	CHECK_ERR(write(p[1], "x", 1), EPIPE);
	CHECK_EQ(close(p[1]), 0);
	CHECK_EQ(pipe(p), 0);
	CHECK_EQ(close(p[1]), 0);
	CHECK_EQ(read(p[0], buf, 1), 0);
}

static void
pipe_between_processes(void)
{
	unsigned char buf[3000];
	long i, n, at = 0, bad_bytes = 0;
	int p[2], status;
	pid_t pid;

	CHECK_EQ(pipe(p), 0);
	pid = fork();
	if (pid == 0) {
		close(p[0]);
		for (i = 0; i < 1000000; i += n) {
			for (n = 0; n < 2500 && i + n < 1000000; n++)
				buf[n] = (unsigned char)((i + n) % 251);
			if (write(p[1], buf, (size_t)n) != n)
				_exit(1);
		}
		_exit(0);
	}
	close(p[1]);
	while ((n = read(p[0], buf, sizeof(buf))) > 0)
		for (i = 0; i < n; i++, at++)
			bad_bytes += buf[i] != at % 251;
	CHECK_EQ(n, 0);
	CHECK_EQ(at, 1000000);
	CHECK_EQ(bad_bytes, 0);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

static void
fifos(void)
{
	char name[32], c;
	int rd, wr, status;
	struct pollfd pfd;
	pid_t pid;

	snprintf(name, sizeof(name), "/tmp/fifo.%d", (int)getpid());
	CHECK_EQ(mkfifo(name, 0600), 0);
	CHECK_ERR(open(name, O_WRONLY | O_NONBLOCK), ENXIO);
	rd = open(name, O_RDONLY | O_NONBLOCK);
	CHECK(rd >= 0);
	pfd = (struct pollfd){ rd, POLLIN, 0 };
	CHECK_EQ(poll(&pfd, 1, 0), 0);
	CHECK_EQ(read(rd, &c, 1), 0);
	wr = open(name, O_WRONLY);
	CHECK(wr >= 0);
	CHECK_ERR(read(rd, &c, 1), EAGAIN);
	CHECK_EQ(write(wr, "z", 1), 1);
	CHECK_EQ(read(rd, &c, 1), 1);
	close(wr);
	CHECK_EQ(poll(&pfd, 1, 0), 1);
	CHECK_EQ(pfd.revents, POLLHUP);
	close(rd);
	pid = fork();
	if (pid == 0) {
		wr = open(name, O_WRONLY); /* waits for us */
		_exit(write(wr, "q", 1) != 1);
	}
	rd = open(name, O_RDONLY);
	CHECK_EQ(read(rd, &c, 1), 1);
	CHECK_EQ(c, 'q');
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	unlink(name);
}

/*
 * Who opens one end finds the other, also if that has come, written and gone
 * before the first one is back from open().
 */
static void
fifos_of_hasty_writers(void)
{
	char name[32], c;
	int go[2], fd, i;
	pid_t pid;

	snprintf(name, sizeof(name), "/tmp/hasty.%d", (int)getpid());
	CHECK_EQ(mkfifo(name, 0600), 0);
	CHECK_EQ(pipe(go), 0);
	pid = fork();
	if (pid == 0) {
		close(go[1]);
		while (read(go[0], &c, 1) == 1) {
			fd = open(name, O_WRONLY);
			if (write(fd, "h", 1) != 1)
				_exit(1);
			close(fd);
		}
		_exit(0);
	}
	for (i = 0; i < 10000 && tap_bad == 0; i++) {
		CHECK_EQ(write(go[1], "g", 1), 1);
		fd = open(name, O_RDONLY);
		CHECK_EQ(read(fd, &c, 1), 1);
		CHECK_EQ(read(fd, &c, 1), 0); /* it has closed its end */
		close(fd);
	}
	close(go[1]);
	CHECK_EQ(waitpid(pid, &i, 0), pid);
	CHECK_EQ(i, 0);
	unlink(name);
}

static void
no_action(int signo)
{
}

static void
polling(void)
{
	struct pollfd pfd[3];
	struct timeval tv = { 0, 10000 };
	struct timespec ts = { 0, 1000000000 };
	sigset_t none, usr1;
	int p[2];
	fd_set rd;

	CHECK_EQ(pipe(p), 0);
	pfd[0] = (struct pollfd){ p[0], POLLIN, 0 };
	pfd[1] = (struct pollfd){ p[1], POLLOUT, 0 };
	pfd[2] = (struct pollfd){ -1, POLLIN, 99 };
	CHECK_EQ(poll(pfd, 3, 0), 1);
	CHECK_EQ(pfd[1].revents, POLLOUT);
	CHECK_EQ(pfd[2].revents, 0);
	pfd[2].fd = 99;
	CHECK_EQ(poll(pfd, 3, -1), 2);
	CHECK_EQ(pfd[2].revents, POLLNVAL);
	CHECK_EQ(poll(pfd, 1, 20), 0);
	CHECK_EQ(write(p[1], "x", 1), 1);
	CHECK_EQ(poll(pfd, 1, -1), 1);
	CHECK_ERR(syscall(SYS_poll, bad, 1, 0), EFAULT);
	CHECK_ERR(syscall(SYS_poll, pfd, 1 << 30, 0), EINVAL);
	CHECK_ERR(ppoll(pfd, 1, &ts, NULL), EINVAL);
	FD_ZERO(&rd);
	FD_SET(p[0], &rd);
	CHECK_EQ(select(p[0] + 1, &rd, NULL, NULL, NULL), 1);
	CHECK(FD_ISSET(p[0], &rd));
	close(p[1]);
	CHECK_EQ(poll(pfd, 1, 0), 1);
	CHECK_EQ(pfd[0].revents, POLLIN | POLLHUP);
	FD_SET(p[1], &rd);
	CHECK_ERR(select(p[1] + 1, &rd, NULL, NULL, NULL), EBADF);
	CHECK_ERR(select(-1, NULL, NULL, NULL, NULL), EINVAL);
	CHECK_EQ(select(0, NULL, NULL, NULL, &tv), 0);
	tv.tv_sec = -1;
	CHECK_ERR(select(0, NULL, NULL, NULL, &tv), EINVAL);
	signal(SIGALRM, no_action);
	ualarm(20000, 20000);	/* again: one may come before the poll */
	CHECK_ERR(poll(NULL, 0, -1), EINTR);
	ualarm(0, 0);
	/* A signal that waits for the mask counts, also without waiting. */
	ts = (struct timespec){ 0, 0 };
	signal(SIGUSR1, no_action);
	sigemptyset(&none);
	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	CHECK_EQ(sigprocmask(SIG_BLOCK, &usr1, NULL), 0);
	raise(SIGUSR1);
	CHECK_ERR(ppoll(NULL, 0, &ts, &none), EINTR);
	CHECK_EQ(ppoll(NULL, 0, &ts, &none), 0);
	raise(SIGUSR1);
	CHECK_ERR(pselect(0, NULL, NULL, NULL, &ts, &none), EINTR);
	CHECK_EQ(pselect(0, NULL, NULL, NULL, &ts, &none), 0);
}

static void
epolling(void)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.u64 = 42 }, out[4];
	int ep, ep2, p[2], fd;
	char c;

	CHECK_ERR(epoll_create(0), EINVAL);
	CHECK_ERR(epoll_create1(1), EINVAL);
	ep = epoll_create1(EPOLL_CLOEXEC);
	CHECK(ep >= 0);
	CHECK_EQ(pipe(p), 0);
	CHECK_ERR(epoll_ctl(ep, EPOLL_CTL_MOD, p[0], &ev), ENOENT);
	CHECK_ERR(epoll_ctl(ep, EPOLL_CTL_DEL, p[0], &ev), ENOENT);
	CHECK_EQ(epoll_ctl(ep, EPOLL_CTL_ADD, p[0], &ev), 0);
	CHECK_ERR(epoll_ctl(ep, EPOLL_CTL_ADD, p[0], &ev), EEXIST);
	CHECK_ERR(epoll_ctl(ep, EPOLL_CTL_ADD, ep, &ev), EINVAL);
	CHECK_ERR(epoll_ctl(ep, EPOLL_CTL_ADD, 99, &ev), EBADF);
	CHECK_ERR(epoll_ctl(ep, 77, p[1], &ev), EINVAL);
	CHECK_ERR(epoll_ctl(p[0], EPOLL_CTL_ADD, p[1], &ev), EINVAL);
	fd = open("/", O_RDONLY);
	CHECK_ERR(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev), EPERM);
	CHECK_ERR(epoll_wait(ep, out, 0, 0), EINVAL);
	CHECK_ERR(epoll_wait(p[0], out, 1, 0), EINVAL);
	CHECK_EQ(epoll_wait(ep, out, 4, 0), 0);
	CHECK_EQ(epoll_wait(ep, out, 4, 10), 0);
	CHECK_EQ(write(p[1], "ab", 2), 2);
	CHECK_EQ(epoll_wait(ep, out, 4, -1), 1);
	CHECK_EQ(out[0].data.u64, 42);
	CHECK_EQ(out[0].events, EPOLLIN);
	CHECK_EQ(epoll_wait(ep, out, 4, 0), 1); /* level */
	ev.events = EPOLLIN | EPOLLET;
	CHECK_EQ(epoll_ctl(ep, EPOLL_CTL_MOD, p[0], &ev), 0);
	CHECK_EQ(epoll_wait(ep, out, 4, 0), 1);
	CHECK_EQ(epoll_wait(ep, out, 4, 0), 0); /* edge */
	CHECK_EQ(write(p[1], "c", 1), 1);
	CHECK_EQ(epoll_wait(ep, out, 4, 0), 1);
	ev.events = EPOLLIN | EPOLLONESHOT;
	CHECK_EQ(epoll_ctl(ep, EPOLL_CTL_MOD, p[0], &ev), 0);
	CHECK_EQ(epoll_wait(ep, out, 4, 0), 1);
	CHECK_EQ(write(p[1], "d", 1), 1);
	CHECK_EQ(epoll_wait(ep, out, 4, 0), 0);
	ep2 = epoll_create1(0);
	ev.events = EPOLLIN;
	CHECK_EQ(epoll_ctl(ep2, EPOLL_CTL_ADD, ep, &ev), 0);
	CHECK_ERR(epoll_ctl(ep, EPOLL_CTL_ADD, ep2, &ev), ELOOP);
	CHECK_EQ(epoll_wait(ep2, out, 4, 0), 0);
	CHECK_EQ(epoll_ctl(ep, EPOLL_CTL_MOD, p[0], &ev), 0);
	CHECK_EQ(epoll_wait(ep2, out, 4, 0), 1);
	while (read(p[0], &c, 1) == 1 && c != 'd')
		;
	CHECK_EQ(epoll_wait(ep2, out, 4, 0), 0);
	close(p[1]);
	CHECK_EQ(epoll_wait(ep, out, 4, 0), 1);
	CHECK_EQ(out[0].events, EPOLLHUP);
	close(p[0]); /* the last descriptor: it is watched no more */
	CHECK_EQ(epoll_wait(ep, out, 4, 0), 0);
}

static void
events_and_timers(void)
{
	struct itimerspec its = { { 0, 5000000 }, { 0, 5000000 } }, cur;
	struct pollfd pfd;
	uint64_t v = 0;
	int fd;

	CHECK_ERR(eventfd(0, 0x7), EINVAL);
	fd = eventfd(3, EFD_NONBLOCK);
	CHECK_EQ(read(fd, &v, 8), 8);
	CHECK_EQ(v, 3);
	CHECK_ERR(read(fd, &v, 8), EAGAIN);
	CHECK_ERR(read(fd, &v, 7), EINVAL);
	v = UINT64_MAX;
	CHECK_ERR(write(fd, &v, 8), EINVAL);
	v = UINT64_MAX - 1;
	CHECK_EQ(write(fd, &v, 8), 8);
	pfd = (struct pollfd){ fd, POLLIN | POLLOUT, 0 };
	CHECK_EQ(poll(&pfd, 1, 0), 1);
	CHECK_EQ(pfd.revents, POLLIN);
	v = 1;
	CHECK_ERR(write(fd, &v, 8), EAGAIN);
	close(fd);
	fd = eventfd(2, EFD_SEMAPHORE | EFD_NONBLOCK);
	CHECK_EQ(read(fd, &v, 8), 8);
	CHECK_EQ(v, 1);
	CHECK_EQ(read(fd, &v, 8), 8);
	CHECK_ERR(read(fd, &v, 8), EAGAIN);
	close(fd);

	CHECK_ERR(timerfd_create(99, 0), EINVAL);
	CHECK_ERR(timerfd_create(CLOCK_MONOTONIC, 1), EINVAL);
	fd = timerfd_create(CLOCK_MONOTONIC, 0);
	CHECK(fd >= 0);
	CHECK_ERR(timerfd_settime(0, 0, &its, NULL), EINVAL);
	CHECK_EQ(timerfd_settime(fd, 0, &its, NULL), 0);
	CHECK_EQ(read(fd, &v, 8), 8);
	CHECK(v >= 1);
	usleep(30000);
	CHECK_EQ(read(fd, &v, 8), 8);
	CHECK(v >= 4);
	CHECK_EQ(timerfd_gettime(fd, &cur), 0);
	CHECK_EQ(cur.it_interval.tv_nsec, 5000000);
	its.it_value.tv_nsec = 1000000000;
	CHECK_ERR(timerfd_settime(fd, 0, &its, NULL), EINVAL);
	memset(&its, 0, sizeof(its));
	CHECK_EQ(timerfd_settime(fd, 0, &its, NULL), 0);
	CHECK_EQ(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	CHECK_ERR(read(fd, &v, 8), EAGAIN);
	close(fd);
}

static void
signal_files(void)
{
	struct signalfd_siginfo si;
	struct pollfd pfd;
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	CHECK_EQ(sigprocmask(SIG_BLOCK, &set, NULL), 0);
	CHECK_ERR(signalfd(0, &set, 0), EINVAL);
	CHECK_ERR(signalfd(99, &set, 0), EBADF);
	fd = signalfd(-1, &set, SFD_NONBLOCK);
	CHECK(fd >= 0);
	CHECK_ERR(read(fd, &si, sizeof(si)), EAGAIN);
	pfd = (struct pollfd){ fd, POLLIN, 0 };
	CHECK_EQ(poll(&pfd, 1, 0), 0);
	CHECK_EQ(kill(getpid(), SIGUSR1), 0);
	CHECK_EQ(poll(&pfd, 1, 0), 1);
	CHECK_ERR(read(fd, &si, 8), EINVAL);
	CHECK_EQ(read(fd, &si, sizeof(si)), sizeof(si));
	CHECK_EQ(si.ssi_signo, SIGUSR1);
	CHECK_EQ(si.ssi_pid, getpid());
	close(fd);
}

static void
memory_files(void)
{
	struct stat st;
	char *m;
	int fd;

	CHECK_ERR(memfd_create("x", 0x100), EINVAL);
	CHECK_ERR(syscall(SYS_memfd_create, bad, 0), EFAULT);
	fd = memfd_create("x", MFD_ALLOW_SEALING);
	CHECK(fd >= 0);
	CHECK_EQ(write(fd, "hello", 5), 5);
	CHECK_EQ(ftruncate(fd, 8192), 0);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_size, 8192);
	m = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(m != MAP_FAILED);
	if (m == MAP_FAILED)
		return;
	CHECK(memcmp(m, "hello", 5) == 0);
	m[0] = 'J';
	CHECK_EQ(pread(fd, m + 4096, 5, 0), 5);
	CHECK(memcmp(m + 4096, "Jello", 5) == 0);
	CHECK_ERR(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), EBUSY);
	CHECK_EQ(munmap(m, 8192), 0);
	CHECK_EQ(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK), 0);
	CHECK_ERR(ftruncate(fd, 1), EPERM);
	CHECK_ERR(ftruncate(fd, 10000), EPERM);
	CHECK_EQ(pwrite(fd, "y", 1, 1), 1);
	CHECK_EQ(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SEAL), 0);
	CHECK_ERR(pwrite(fd, "y", 1, 1), EPERM);
	CHECK_ERR(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW), EPERM);
	CHECK_EQ(fcntl(fd, F_GET_SEALS), 0xf);
	CHECK_ERR(fcntl(0, F_GET_SEALS), EINVAL);
	close(fd);
}

int
main(void)
{
	TAP_RUN(descriptors);
	TAP_RUN(pipes);
	TAP_RUN(pipe_between_processes);
	TAP_RUN(fifos);
	TAP_RUN(fifos_of_hasty_writers);
	TAP_RUN(polling);
	TAP_RUN(epolling);
	TAP_RUN(events_and_timers);
	TAP_RUN(signal_files);
	TAP_RUN(memory_files);
	return tap_end();
}
