/* SPDX-License-Identifier: MIT */
/*
 * tests/guest/unix_sockets.c - AF_UNIX: streams, datagrams, seqpackets, what
 * travels with them, and the errors they give.
 */
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>

#include "tap.h"

static void *volatile bad = (void *)8; /* never mapped */

static struct sockaddr_un
name_of(const char *path)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };

	strncpy(un.sun_path, path, sizeof(un.sun_path) - 1);
	return un;
}

#define SA(un) ((struct sockaddr *)&(un))

static void
errors(void)
{
	struct sockaddr_un un = name_of("/tmp/none.sock");
	int fd, sv[2], v;
	socklen_t len;
	char c;

	CHECK_ERR(socket(99, SOCK_STREAM, 0), EAFNOSUPPORT);
	CHECK_ERR(socket(AF_UNIX, 9, 0), ESOCKTNOSUPPORT);
	CHECK_ERR(socket(AF_UNIX, SOCK_STREAM, 99), EPROTONOSUPPORT);
	CHECK_ERR(socket(AF_UNIX, SOCK_STREAM | 0x100, 0), EINVAL);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	CHECK(fd >= 0);
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK_ERR(connect(fd, SA(un), sizeof(un)), ENOENT);
	CHECK_ERR(connect(fd, SA(un), 1), EINVAL);
	CHECK_ERR(listen(fd, 1), EINVAL);
	CHECK_ERR(accept(fd, NULL, NULL), EINVAL);
	CHECK_ERR(send(fd, "x", 1, MSG_NOSIGNAL), ENOTCONN);
	CHECK_ERR(recv(fd, &c, 1, 0), EINVAL);
	len = sizeof(un);
	CHECK_ERR(getpeername(fd, SA(un), &len), ENOTCONN);
	CHECK_EQ(getsockname(fd, SA(un), &len), 0);
	CHECK_EQ(len, sizeof(sa_family_t));
	CHECK_ERR(shutdown(fd, 9), EINVAL);
	CHECK_ERR(bind(0, SA(un), sizeof(un)), ENOTSOCK);
	CHECK_ERR(bind(99, SA(un), sizeof(un)), EBADF);
	un = name_of("/tmp");
	CHECK_ERR(bind(fd, SA(un), sizeof(un)), EADDRINUSE);
	CHECK_ERR(connect(fd, SA(un), sizeof(un)), ECONNREFUSED);
	un = name_of("/tmp/no/such");
	CHECK_ERR(bind(fd, SA(un), sizeof(un)), ENOENT);
	len = sizeof(v);
	CHECK_EQ(getsockopt(fd, SOL_SOCKET, SO_TYPE, &v, &len), 0);
	CHECK_EQ(v, SOCK_STREAM);
	CHECK_ERR(getsockopt(fd, SOL_SOCKET, 9999, &v, &len), ENOPROTOOPT);
	CHECK_ERR(setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &v, 1), EINVAL);
	close(fd);
	CHECK_ERR(socketpair(AF_UNIX, SOCK_DGRAM, 0, bad), EFAULT);
	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
	close(sv[1]);
	signal(SIGPIPE, SIG_IGN);
	CHECK_ERR(write(sv[0], "x", 1), EPIPE);
	CHECK_EQ(read(sv[0], &c, 1), 0);
}

static void
stream(void)
{
	struct sockaddr_un un, peer;
	struct ucred uc;
	char name[32], buf[16];
	socklen_t len = sizeof(peer);
	int ls, c, s, n;
	struct stat st;
	struct pollfd pfd;

	snprintf(name, sizeof(name), "/tmp/sock.%d", (int)getpid());
	un = name_of(name);
	ls = socket(AF_UNIX, SOCK_STREAM, 0);
	CHECK_EQ(bind(ls, SA(un), sizeof(un)), 0);
	un = name_of("/tmp/second.sock");
	CHECK_ERR(bind(ls, SA(un), sizeof(un)), EINVAL);
	un = name_of(name);
	CHECK_EQ(stat(name, &st), 0);
	CHECK(S_ISSOCK(st.st_mode));
	c = socket(AF_UNIX, SOCK_STREAM, 0);
	CHECK_ERR(connect(c, SA(un), sizeof(un)), ECONNREFUSED);
	CHECK_EQ(listen(ls, 1), 0);
	pfd = (struct pollfd){ ls, POLLIN, 0 };
	CHECK_EQ(poll(&pfd, 1, 0), 0);
	CHECK_EQ(connect(c, SA(un), sizeof(un)), 0);
	CHECK_ERR(connect(c, SA(un), sizeof(un)), EISCONN);
	CHECK_EQ(poll(&pfd, 1, 0), 1);
	CHECK_EQ(write(c, "early", 5), 5);
	s = accept4(ls, SA(peer), &len, SOCK_NONBLOCK);
	CHECK(s >= 0);
	CHECK_EQ(len, sizeof(sa_family_t));
	CHECK_EQ(read(s, buf, 2), 2);
	CHECK_EQ(recv(s, buf, 16, MSG_PEEK), 3);
	CHECK_EQ(ioctl(s, FIONREAD, &n), 0);
	CHECK_EQ(n, 3);
	CHECK_EQ(write(c, "!", 1), 1);
	CHECK_EQ(read(s, buf, 16), 4);
	CHECK(memcmp(buf, "rly!", 4) == 0);
	CHECK_ERR(read(s, buf, 16), EAGAIN);
	len = sizeof(uc);
	CHECK_EQ(getsockopt(s, SOL_SOCKET, SO_PEERCRED, &uc, &len), 0);
	CHECK_EQ(uc.pid, getpid());
	CHECK_EQ(uc.uid, geteuid());
	len = sizeof(peer);
	CHECK_EQ(getpeername(c, SA(peer), &len), 0);
	CHECK_EQ(strcmp(peer.sun_path, name), 0);
	CHECK_EQ(shutdown(c, SHUT_WR), 0);
	CHECK_EQ(read(s, buf, 16), 0);
	CHECK_EQ(write(s, "back", 4), 4);
	CHECK_EQ(read(c, buf, 16), 4);
	close(c);
	pfd = (struct pollfd){ s, POLLIN | POLLOUT, 0 };
	CHECK_EQ(poll(&pfd, 1, 0), 1);
	CHECK((pfd.revents & POLLHUP) != 0);
	close(s);
	close(ls);
	c = socket(AF_UNIX, SOCK_STREAM, 0);
	CHECK_ERR(connect(c, SA(un), sizeof(un)), ECONNREFUSED);
	unlink(name);
}

static void
stream_blocks(void)
{
	static char buf[65536];
	long at = 0, n;
	int sv[2], status;
	pid_t pid;

	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
	pid = fork();
	if (pid == 0) {
		close(sv[0]);
		for (n = 0; n < 40; n++)
			if (write(sv[1], buf, 50000) != 50000)
				_exit(1);
		_exit(0);
	}
	close(sv[1]);
	while ((n = read(sv[0], buf, 7777)) > 0)
		at += n;
	CHECK_EQ(n, 0);
	CHECK_EQ(at, 2000000);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

static void
messages(void)
{
	struct sockaddr_un a = name_of(""), from;
	socklen_t alen = offsetof(struct sockaddr_un, sun_path) + 9, len;
	char buf[16];
	int r, s, sv[2];

	memcpy(a.sun_path, "\0abstract", 9);
	r = socket(AF_UNIX, SOCK_DGRAM, 0);
	s = socket(AF_UNIX, SOCK_DGRAM, 0);
	CHECK_ERR(sendto(s, "x", 1, 0, SA(a), alen), ECONNREFUSED);
	CHECK_EQ(bind(r, SA(a), alen), 0);
	CHECK_ERR(bind(s, SA(a), alen), EADDRINUSE);
	CHECK_ERR(send(s, "x", 1, 0), ENOTCONN);
	CHECK_EQ(sendto(s, "one", 3, 0, SA(a), alen), 3);
	CHECK_EQ(bind(s, SA(from), sizeof(sa_family_t)) == 0 ||
	    errno == EINVAL, 1);
	from.sun_family = AF_UNIX;
	(void)bind(s, SA(from), sizeof(sa_family_t));
	CHECK_EQ(connect(s, SA(a), alen), 0);
	CHECK_EQ(send(s, "seven77", 7, 0), 7);
	CHECK_EQ(send(s, "", 0, 0), 0);
	len = sizeof(from);
	CHECK_EQ(recvfrom(r, buf, 16, 0, SA(from), &len), 3);
	CHECK_EQ(recvfrom(r, buf, 4, MSG_PEEK | MSG_TRUNC, NULL, NULL), 7);
	len = sizeof(from);
	CHECK_EQ(recvfrom(r, buf, 4, 0, SA(from), &len), 4);
	CHECK_EQ(len, sizeof(sa_family_t) + 6);
	CHECK_EQ(recv(r, buf, 16, 0), 0);
	CHECK_ERR(recv(r, buf, 16, MSG_DONTWAIT), EAGAIN);
	CHECK_ERR(listen(r, 1), EOPNOTSUPP);
	close(r);
	CHECK_ERR(send(s, "x", 1, 0), ECONNREFUSED);
	CHECK_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sv), 0);
	CHECK_EQ(send(sv[0], "abc", 3, 0), 3);
	CHECK_EQ(send(sv[0], "de", 2, 0), 2);
	CHECK_EQ(recv(sv[1], buf, 16, 0), 3);
	CHECK_EQ(recv(sv[1], buf, 1, 0), 1);
	close(sv[0]);
	CHECK_EQ(recv(sv[1], buf, 16, 0), 0);
}

/* Sends fd over a socket with one byte. */
static ssize_t
send_fd(int sock, int fd)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec iov = { "f", 1 };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control) };
	struct cmsghdr *cm = CMSG_FIRSTHDR(&mh);

	cm->cmsg_level = SOL_SOCKET;
	cm->cmsg_type = SCM_RIGHTS;
	cm->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cm), &fd, sizeof(fd));
	return sendmsg(sock, &mh, 0);
}

static void
rights(void)
{
	union {
		struct cmsghdr cm;
		char buf[CMSG_SPACE(sizeof(int)) +
		    CMSG_SPACE(sizeof(struct ucred))];
	} control;
	char byte[4];
	struct iovec iov = { byte, sizeof(byte) };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control) };
	struct cmsghdr *cm;
	int sv[2], p[2], fd = -1, on = 1, creds = 0;

	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
	CHECK_EQ(pipe(p), 0);
	CHECK_ERR(send_fd(sv[0], 99), EBADF);
	CHECK_EQ(setsockopt(sv[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)),
	    0);
	CHECK_EQ(send_fd(sv[0], p[1]), 1);
	CHECK_EQ(write(sv[0], "zz", 2), 2);
	close(p[1]);
	CHECK_EQ(recvmsg(sv[1], &mh, MSG_CMSG_CLOEXEC), 1);
	for (cm = CMSG_FIRSTHDR(&mh); cm != NULL; cm = CMSG_NXTHDR(&mh, cm)) {
		if (cm->cmsg_type == SCM_RIGHTS)
			memcpy(&fd, CMSG_DATA(cm), sizeof(fd));
		if (cm->cmsg_type == SCM_CREDENTIALS)
			creds = ((struct ucred *)CMSG_DATA(cm))->pid;
	}
	CHECK(fd >= 0);
	CHECK_EQ(creds, getpid());
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(write(fd, "via", 3), 3);
	CHECK_EQ(read(p[0], byte, 4), 3);
	close(fd);
	CHECK_EQ(read(p[0], byte, 4), 0); /* nobody else holds it */
	/* Not received: closed with the socket it lies in. */
	CHECK_EQ(pipe(p), 0);
	CHECK_EQ(send_fd(sv[0], p[1]), 1);
	close(p[1]);
	close(sv[1]);
	CHECK_EQ(read(p[0], byte, 4), 0);
	/* A socket in its own queue, with a pipe behind it: garbage. */
	CHECK_EQ(socketpair(AF_UNIX, SOCK_DGRAM, 0, sv), 0);
	CHECK_EQ(pipe(p), 0);
	CHECK_EQ(send_fd(sv[0], sv[1]), 1);
	CHECK_EQ(send_fd(sv[1], sv[0]), 1);
	CHECK_EQ(send_fd(sv[0], p[1]), 1);
	close(p[1]);
	close(sv[0]);
	close(sv[1]);
	/* Linux looks for it when the next one goes. */
	close(socket(AF_UNIX, SOCK_DGRAM, 0));
	CHECK_EQ(read(p[0], byte, 4), 0);
}

int
main(void)
{
	TAP_RUN(errors);
	TAP_RUN(stream);
	TAP_RUN(stream_blocks);
	TAP_RUN(messages);
	TAP_RUN(rights);
	return tap_end();
}
