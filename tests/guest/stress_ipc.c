/* SPDX-License-Identifier: MIT */
/*
 * tests/guest/stress_ipc.c - pipes, sockets, terminals and descriptors with
 * many users at once, some of whom are killed.
 */
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <termios.h>

#include "stress.h"

#define WRITERS		4
#define READERS		4
#define RECORD		64
#define RECORDS		1500

/* Records up to PIPE_BUF never mix: each arrives whole, once. */
static int
write_records(int fd, int me)
{
	unsigned char record[RECORD];

	for (int i = 0; i < RECORDS; i++) {
		memset(record, me * 31 + i % 31, sizeof(record));
		if (write(fd, record, sizeof(record)) != sizeof(record))
			return 1;
	}
	return 0;
}

static long
read_records(int fd)
{
	unsigned char record[RECORD];
	long n = 0, size;

	while ((size = read(fd, record, sizeof(record))) > 0) {
		if (size != RECORD)
			return -1;
		for (int i = 1; i < RECORD; i++)
			if (record[i] != record[0])
				return -2;
		n++;
	}
	return size == 0 ? n : -3;
}

static void
pipe_with_many_ends(void)
{
	int data[2], sums[2];
	long n, total = 0;

	CHECK(pipe(data) == 0 && pipe(sums) == 0);
	for (int i = 0; i < WRITERS; i++)
		if (fork() == 0)
			_exit(write_records(data[1], i));
	close(data[1]);
	for (int i = 0; i < READERS; i++)
		if (fork() == 0) {
			n = read_records(data[0]);
			_exit(write(sums[1], &n, sizeof(n)) != sizeof(n));
		}
	close(data[0]);
	close(sums[1]);
	while (read(sums[0], &n, sizeof(n)) == sizeof(n)) {
		CHECK(n >= 0);
		total += n;
	}
	CHECK_EQ(total, WRITERS * RECORDS);
	CHECK_EQ(reap(WRITERS + READERS), 0);
}

static void
pipes_lose_their_ends(void)
{
	int64_t end = msec_now() + STRESS_MSEC;
	uint32_t seed = 3;
	char c[600];

	while (msec_now() < end) {
		int fd[2];
		pid_t pid[3];

		CHECK(pipe(fd) == 0);
		for (int i = 0; i < 3; i++)
			if ((pid[i] = fork()) == 0) {
				close(fd[i == 0]);
				for (;;)
					if ((i == 0 ? read(fd[0], c, 600) :
					    write(fd[1], c, 600)) <= 0)
						_exit(1);
			}
		close(fd[0]);
		close(fd[1]);
		usleep(random_next(&seed) % 2000);
		/* Without its reader the writers die of SIGPIPE. */
		CHECK(kill(pid[0], SIGKILL) == 0);
		for (int i = 0; i < 3; i++) {
			int status;

			CHECK_EQ(waitpid(pid[i], &status, 0), pid[i]);
			CHECK(WIFSIGNALED(status));
			CHECK_EQ(WTERMSIG(status), i == 0 ? SIGKILL : SIGPIPE);
		}
	}
}

static int
serve(int listener, int clients)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.fd = listener };
	int ep = epoll_create1(0), done = 0;
	char buf[256];

	epoll_ctl(ep, EPOLL_CTL_ADD, listener, &ev);
	while (done < clients) {
		if (epoll_wait(ep, &ev, 1, -1) != 1)
			return 1;
		if (ev.data.fd == listener) {
			ev.data.fd = accept(listener, NULL, NULL);
			ev.events = EPOLLIN;
			if (ev.data.fd < 0 || epoll_ctl(ep, EPOLL_CTL_ADD,
			    ev.data.fd, &ev) < 0)
				return 2;
			continue;
		}
		ssize_t n = read(ev.data.fd, buf, sizeof(buf));

		if (n > 0 && write(ev.data.fd, buf, (size_t)n) != n)
			return 3;
		if (n <= 0) {
			close(ev.data.fd);
			done++;
		}
	}
	return 0;
}

static int
talk(const struct sockaddr_un *sun, int connections)
{
	char out[100], in[100];

	while (connections-- > 0) {
		int fd = socket(AF_UNIX, SOCK_STREAM, 0);

		if (fd < 0 || connect(fd, (const void *)sun, sizeof(*sun)) < 0)
			return 1;
		for (int i = 0; i < 4; i++) {
			size_t got = 0;

			memset(out, connections + i, sizeof(out));
			if (write(fd, out, sizeof(out)) != sizeof(out))
				return 2;
			while (got < sizeof(in)) {
				ssize_t n = read(fd, in + got,
				    sizeof(in) - got);

				if (n <= 0)
					return 3;
				got += (size_t)n;
			}
			if (memcmp(in, out, sizeof(in)) != 0)
				return 4;
		}
		close(fd);
	}
	return 0;
}

static void
server_with_many_clients(void)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX,
	    .sun_path = "stress_ipc.socket" };
	int listener = socket(AF_UNIX, SOCK_STREAM, 0);

	unlink(sun.sun_path);
	CHECK(bind(listener, (void *)&sun, sizeof(sun)) == 0);
	CHECK(listen(listener, 5) == 0);
	if (fork() == 0)
		_exit(serve(listener, 6 * 30));
	for (int i = 0; i < 6; i++)
		if (fork() == 0)
			_exit(talk(&sun, 30));
	CHECK_EQ(reap(7), 0);
	CHECK(unlink(sun.sun_path) == 0);
}

/* Sockets sent through each other and forgotten: nobody can reach them. */
static void
send_fd(int over, int fd)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	char c = 'f';
	struct iovec iov = { &c, 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1,
	    .msg_control = &control, .msg_controllen = sizeof(control) };
	struct cmsghdr *cm = CMSG_FIRSTHDR(&msg);

	cm->cmsg_level = SOL_SOCKET;
	cm->cmsg_type = SCM_RIGHTS;
	cm->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cm), &fd, sizeof(int));
	CHECK(sendmsg(over, &msg, MSG_DONTWAIT) == 1);
}

static void
sockets_in_each_other(void)
{
	for (int i = 0; i < 300; i++) {
		int a[2], b[2];

		CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, a) == 0);
		CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, b) == 0);
		send_fd(a[0], b[1]);
		send_fd(b[0], a[1]);
		send_fd(a[0], a[1]);
		close(a[0]);
		close(a[1]);
		close(b[0]);
		close(b[1]);
	}
}

static int
use_pty(int64_t end)
{
	char name[32], buf[256];
	uint32_t seed = (uint32_t)getpid();

	while (msec_now() < end) {
		int m = open("/dev/ptmx", O_RDWR | O_NOCTTY), s, n, zero = 0;

		if (m < 0 || ioctl(m, TIOCSPTLCK, &zero) < 0 ||
		    ioctl(m, TIOCGPTN, &n) < 0)
			return 1;
		snprintf(name, sizeof(name), "/dev/pts/%d", n);
		pid_t pid = fork();

		if (pid == 0) {
			setsid();
			close(m);
			s = open(name, O_RDWR);
			if (s < 0)
				_exit(1);
			for (;;) {
				ssize_t k = read(s, buf, sizeof(buf));

				if (k < 0 || write(s, buf, (size_t)k) < 0)
					_exit(0);
			}
		}
		for (int i = 0; i < 5; i++)
			if (write(m, "hello\nworld", 11) < 0)
				return 2;
		usleep(random_next(&seed) % 1000);
		if (read(m, buf, sizeof(buf)) <= 0)
			return 3;
		if (random_next(&seed) % 2)
			kill(pid, SIGKILL);
		close(m);	/* hangs the other side up */
		if (waitpid(pid, NULL, 0) != pid)
			return 4;
	}
	return 0;
}

static void
terminals_in_parallel(void)
{
	int64_t end = msec_now() + STRESS_MSEC;

	for (int i = 0; i < 4; i++)
		if (fork() == 0)
			_exit(use_pty(end));
	CHECK_EQ(reap(4), 0);
}

static void
descriptors_run_out(void)
{
	struct rlimit rl = { 200, 200 };
	int fd[2], n = 0, last = -1, sv[2];

	CHECK(setrlimit(RLIMIT_NOFILE, &rl) == 0);
	CHECK(socketpair(AF_UNIX, SOCK_DGRAM, 0, sv) == 0);
	while ((last = dup(0)) >= 0)
		n++;
	CHECK_EQ(errno, EMFILE);
	CHECK(n > 150 && n < 200);
	CHECK_ERR(open("/dev/null", O_RDONLY), EMFILE);
	CHECK_ERR(pipe(fd), EMFILE);
	CHECK_ERR(socket(AF_UNIX, SOCK_STREAM, 0), EMFILE);
	CHECK_ERR(epoll_create1(0), EMFILE);
	CHECK_ERR(fcntl(0, F_DUPFD, 0), EMFILE);
	CHECK_ERR(fcntl(0, F_DUPFD, 200), EINVAL);
	CHECK_ERR(dup2(0, 200), EBADF);
	close(199);
	CHECK_ERR(pipe(fd), EMFILE);
	CHECK_EQ(dup(0), 199);
	for (int i = 3; i < 200; i++)
		if (i != sv[0] && i != sv[1])
			CHECK(close(i) == 0);
	CHECK(pipe(fd) == 0);
}

/* Many sleep on one end, in poll, select and epoll; one close wakes them. */
static void
all_pollers_wake(void)
{
	for (int round = 0; round < 20; round++) {
		int fd[2];

		CHECK(pipe(fd) == 0);
		for (int i = 0; i < 6; i++)
			if (fork() == 0) {
				struct pollfd p = { fd[0], POLLIN, 0 };

				close(fd[1]);
				_exit(poll(&p, 1, -1) != 1 ||
				    !(p.revents & POLLHUP));
			}
		if (round % 2)
			usleep(2000);
		close(fd[1]);
		CHECK_EQ(reap(6), 0);
		close(fd[0]);
	}
}

int
main(void)
{
	TAP_RUN(pipe_with_many_ends);
	TAP_RUN(pipes_lose_their_ends);
	TAP_RUN(server_with_many_clients);
	TAP_RUN(sockets_in_each_other);
	TAP_RUN(terminals_in_parallel);
	TAP_RUN(descriptors_run_out);
	TAP_RUN(all_pollers_wake);
	return tap_end();
}
