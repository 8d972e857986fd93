/* SPDX-License-Identifier: MIT */
/*
 * tests/guest/err_sockets.c - what calls on sockets refuse.
 *
 * calls: socket connect accept accept4 sendto recvfrom sendmsg recvmsg
 * calls: sendmmsg recvmmsg shutdown bind listen getsockname getpeername
 * calls: socketpair setsockopt getsockopt
 */
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>

#include "err.h"

static struct sockaddr_un un = { .sun_family = AF_UNIX, .sun_path = "sock" };
static char buf[64];

static int
make_socket(int type)
{
	return (int)OK(socket, AF_UNIX, type, 0);
}

/* A listener at the name; full when nobody else fits into its queue. */
static int
make_listener(int full)
{
	int s = make_socket(SOCK_STREAM), c;

	unlink(un.sun_path);
	OK(bind, s, &un, sizeof(un));
	OK(listen, s, 0);
	if (full) {
		c = make_socket(SOCK_STREAM | SOCK_NONBLOCK);
		while (connect(c, (void *)&un, sizeof(un)) == 0)
			c = make_socket(SOCK_STREAM | SOCK_NONBLOCK);
	}
	return s;
}

static void
making_refuses(void)
{
	int sv[2];

	ERR(EAFNOSUPPORT, socket, 99, SOCK_STREAM, 0);
	ERR(EAFNOSUPPORT, socket, -1, SOCK_STREAM, 0);
	ERR(EINVAL, socket, AF_UNIX, SOCK_STREAM | 0x100, 0);
	ERR(EINVAL, socket, AF_UNIX, 15, 0);
	ERR(ESOCKTNOSUPPORT, socket, AF_UNIX, SOCK_RDM, 0);
	ERR(EPROTONOSUPPORT, socket, AF_UNIX, SOCK_STREAM, 77);
	FAULT_OUT(socketpair, AF_UNIX, SOCK_STREAM, 0, bad);
	ERR(EAFNOSUPPORT, socketpair, 99, SOCK_STREAM, 0, sv);
	ERR(EINVAL, socketpair, AF_UNIX, SOCK_STREAM | 0x100, 0, sv);
	ERR(EPROTONOSUPPORT, socketpair, AF_UNIX, SOCK_STREAM, 77, sv);
	ERR(ESOCKTNOSUPPORT, socketpair, AF_UNIX, SOCK_RDM, 0, sv);
}

/* What each of them says to something that is no socket. */
static void
others_are_no_sockets(void)
{
	struct msghdr mh = { 0 };
	struct mmsghdr mmh = { 0 };
	unsigned len = sizeof(un);
	int fds[2] = { NO_FD, 0 };
	int why[2] = { EBADF, ENOTSOCK };

	fresh_dir();
	fds[1] = new_file("f", "x");
	for (int i = 0; i < 2; i++) {
		int fd = fds[i], want = why[i];

		ERR(want, connect, fd, &un, sizeof(un));
		ERR(want, bind, fd, &un, sizeof(un));
		ERR(want, listen, fd, 1);
		ERR(want, accept, fd, NULL, NULL);
		ERR(want, accept4, fd, NULL, NULL, 0);
		ERR(want, sendto, fd, buf, 1, 0, NULL, 0);
		ERR(want, recvfrom, fd, buf, 1, 0, NULL, NULL);
		ERR(want, sendmsg, fd, &mh, 0);
		ERR(want, recvmsg, fd, &mh, 0);
		ERR(want, sendmmsg, fd, &mmh, 1, 0);
		ERR(want, recvmmsg, fd, &mmh, 1, 0, NULL);
		ERR(want, shutdown, fd, SHUT_RD);
		ERR(want, getsockname, fd, &un, &len);
		ERR(want, getpeername, fd, &un, &len);
		ERR(want, setsockopt, fd, SOL_SOCKET, SO_SNDBUF, buf, 4);
		ERR(want, getsockopt, fd, SOL_SOCKET, SO_TYPE, buf, &len);
	}
}

static void
names_refuse(void)
{
	struct sockaddr_un far = un;
	int s, d, sv[2];
	unsigned len = sizeof(un);

	fresh_dir();
	s = make_socket(SOCK_STREAM);
	d = make_socket(SOCK_DGRAM);
	close(new_file("f", "x"));
	FAULT(bind, s, bad, sizeof(un));
	FAULT(connect, s, bad, sizeof(un));
	ERR(EINVAL, bind, s, &un, 1);
	ERR(EINVAL, bind, s, &un, sizeof(un) + 20);
	ERR(EINVAL, bind, s, &un, -1);
	ERR(EINVAL, connect, s, &un, sizeof(un) + 20);
	ERR(EINVAL, connect, s, &un, 2);
	far.sun_family = AF_INET;
	ERR(EINVAL, bind, s, &far, sizeof(far));
	ERR(EINVAL, connect, s, &far, sizeof(far));
	far.sun_family = AF_UNIX;
	strcpy(far.sun_path, "f");
	ERR(EADDRINUSE, bind, s, &far, sizeof(far));
	ERR(ECONNREFUSED, connect, s, &far, sizeof(far));
	strcpy(far.sun_path, "f/x");
	ERR(ENOTDIR, bind, s, &far, sizeof(far));
	ERR(ENOTDIR, connect, s, &far, sizeof(far));
	strcpy(far.sun_path, "none/x");
	ERR(ENOENT, bind, s, &far, sizeof(far));
	ERR(ENOENT, connect, s, &far, sizeof(far));
	OK(symlink, "loop", "loop");
	strcpy(far.sun_path, "loop");
	ERR(ELOOP, connect, s, &far, sizeof(far));
	ERR(EADDRINUSE, bind, s, &far, sizeof(far));
	ERR(EINVAL, listen, s, 1);		/* no name yet */
	ERR(EINVAL, accept, s, NULL, NULL);
	ERR(EOPNOTSUPP, listen, d, 1);
	ERR(EOPNOTSUPP, accept, d, NULL, NULL);
	OK(bind, s, &un, sizeof(un));
	strcpy(far.sun_path, "another");
	ERR(EINVAL, bind, s, &far, sizeof(far));
	ERR(EPROTOTYPE, connect, d, &un, sizeof(un));
	ERR(ECONNREFUSED, connect, make_socket(SOCK_STREAM), &un, sizeof(un));
	OK(mkdir, "theirs", 0755);
	chmod("sock", 0600);
	AS_USER {
		strcpy(far.sun_path, "theirs/x");
		ERR(EACCES, bind, make_socket(SOCK_STREAM), &far, sizeof(far));
		ERR(EACCES, connect, make_socket(SOCK_STREAM), &un,
		    sizeof(un));
	}
	ERR(ENOTCONN, getpeername, s, &far, &len);
	FAULT_OUT(getsockname, s, bad, &len);
	FAULT_OUT(getsockname, s, &far, bad);
	len = -1;
	ERR(EINVAL, getsockname, s, &far, &len);
	OK(socketpair, AF_UNIX, SOCK_STREAM, 0, sv);
	ERR(EINVAL, getpeername, sv[0], &far, &len);
	FAULT_OUT(getpeername, sv[0], &far, bad);
}

static void
connections_refuse(void)
{
	int s, c;
	unsigned len = -1;

	fresh_dir();
	s = make_listener(1);
	c = make_socket(SOCK_STREAM | SOCK_NONBLOCK);
	ERR(EAGAIN, connect, c, &un, sizeof(un));
	fcntl(c, F_SETFL, 0);
	interrupt_after(20);
	ERR(EINTR, connect, c, &un, sizeof(un));
	interrupt_end();
	ERR(EINVAL, accept4, s, NULL, NULL, 1);
	s = make_listener(0);
	ERR(EINVAL, connect, s, &un, sizeof(un));	/* it listens */
	fcntl(s, F_SETFL, O_NONBLOCK);
	ERR(EAGAIN, accept, s, NULL, NULL);
	ERR(EAGAIN, accept4, s, NULL, NULL, SOCK_CLOEXEC);
	fcntl(s, F_SETFL, 0);
	interrupt_after(20);
	ERR(EINTR, accept, s, NULL, NULL);
	interrupt_end();
	OK(connect, c, &un, sizeof(un));
	ERR(EINVAL, accept, s, &un, &len);
	ERR(EISCONN, connect, c, &un, sizeof(un));
	close(s);
}

static void
transfers_refuse(void)
{
	struct iovec iov = { buf, 8 }, neg = { buf, -1 };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct mmsghdr mmh = { .msg_hdr = mh };
	struct timespec wrong = { 0, 1000000000 };
	unsigned len = sizeof(un);
	int sv[2], s, d[2], lone;

	fresh_dir();
	signal(SIGPIPE, SIG_IGN);
	OK(socketpair, AF_UNIX, SOCK_STREAM, 0, sv);
	OK(socketpair, AF_UNIX, SOCK_DGRAM, 0, d);
	s = make_socket(SOCK_STREAM);
	lone = make_socket(SOCK_DGRAM);
	FAULT(sendto, sv[0], bad, 8, 0, NULL, 0);
	FAULT(sendto, lone, buf, 8, 0, bad, sizeof(un));
	FAULT(sendmsg, sv[0], bad, 0);
	FAULT(recvmsg, sv[0], bad, 0);
	FAULT(sendmmsg, sv[0], bad, 1, 0);
	FAULT(recvmmsg, sv[0], bad, 1, 0, NULL);
	FAULT(recvmmsg, sv[0], &mmh, 1, 0, bad);
	ERR(EINVAL, recvmmsg, sv[0], &mmh, 1, 0, &wrong);
	ERR(ENOTCONN, sendto, s, buf, 1, 0, NULL, 0);
	ERR(ENOTCONN, sendto, lone, buf, 1, 0, NULL, 0);
	ERR(EINVAL, recvfrom, s, buf, 1, 0, NULL, NULL);
	ERR(EAGAIN, recvfrom, sv[0], buf, 1, MSG_DONTWAIT, NULL, NULL);
	ERR(EAGAIN, recvfrom, lone, buf, 1, MSG_DONTWAIT, NULL, NULL);
	ERR(EAGAIN, recvmsg, sv[0], &mh, MSG_DONTWAIT);
	ERR(EAGAIN, recvmmsg, sv[0], &mmh, 1, MSG_DONTWAIT, NULL);
	ERR(ENOENT, sendto, lone, buf, 1, 0, &un, sizeof(un));
	ERR(EINVAL, sendto, lone, buf, 1, 0, &un, 1);
	ERR(EOPNOTSUPP, sendto, s, buf, 1, 0, &un, sizeof(un));
	ERR(EISCONN, sendto, sv[0], buf, 1, 0, &un, sizeof(un));
	ERR(EMSGSIZE, sendto, d[0], mmap(NULL, 64 << 20, PROT_READ,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), 64 << 20, 0, NULL, 0);
	mh.msg_iovlen = 1025;
	ERR(EMSGSIZE, sendmsg, sv[0], &mh, 0);
	ERR(EMSGSIZE, recvmsg, sv[0], &mh, 0);
	mh.msg_iovlen = 1;
	mh.msg_iov = &neg;
	ERR(EINVAL, sendmsg, sv[0], &mh, 0);
	mh.msg_iov = (void *)1;
	ERR(EFAULT, sendmsg, sv[0], &mh, 0);
	mh.msg_iov = &iov;
	mh.msg_control = (void *)1;
	mh.msg_controllen = 64;
	ERR(EFAULT, sendmsg, sv[0], &mh, 0);
	mh.msg_control = NULL;
	mh.msg_controllen = 0;
	mh.msg_name = &un;
	mh.msg_namelen = -1;
	ERR(EINVAL, sendmsg, sv[0], &mh, 0);
	for (int i = 0; i < ERR_BAD; i++) {
		OK(sendto, d[1], buf, 8, 0, NULL, 0);
		ERR(EFAULT, recvfrom, d[0], err_bad_(i), 8, 0, NULL, NULL);
		recv(d[0], buf, 8, MSG_DONTWAIT);
		OK(sendto, d[1], buf, 8, 0, NULL, 0);
		ERR(EFAULT, recvfrom, d[0], buf, 8, 0, &un, err_bad_(i));
	}
	len = -1;
	OK(sendto, d[1], buf, 8, 0, NULL, 0);
	ERR(EINVAL, recvfrom, d[0], buf, 8, 0, &un, &len);
	interrupt_after(20);
	ERR(EINTR, recvfrom, sv[0], buf, 1, 0, NULL, NULL);
	ERR(EINTR, recvmsg, sv[0], &mmh.msg_hdr, 0);
	interrupt_end();
	while (send(sv[0], buf, sizeof(buf), MSG_DONTWAIT) > 0)
		continue;
	ERR(EAGAIN, sendto, sv[0], buf, 8, MSG_DONTWAIT, NULL, 0);
	ERR(EAGAIN, sendmmsg, sv[0], &mmh, 1, MSG_DONTWAIT);
	interrupt_after(20);
	ERR(EINTR, sendto, sv[0], buf, 8, 0, NULL, 0);
	interrupt_end();
	ERR(EINVAL, shutdown, sv[0], 3);
	ERR(EINVAL, shutdown, sv[0], -1);
	close(sv[1]);		/* with something unread */
	ERR(ECONNRESET, recvfrom, sv[0], buf, 1, 0, NULL, NULL);
	ERR(EPIPE, sendto, sv[0], buf, 1, MSG_NOSIGNAL, NULL, 0);
	close(d[1]);
	ERR(ECONNREFUSED, sendto, d[0], buf, 1, 0, NULL, 0);
}

/* Rights that are sent along. */
static void
control_refuses(void)
{
	union { struct cmsghdr h; char room[64]; } c = { .h = {
	    .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET,
	    .cmsg_type = SCM_RIGHTS } };
	struct iovec iov = { buf, 1 };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1,
	    .msg_control = &c, .msg_controllen = c.h.cmsg_len };
	int sv[2];

	OK(socketpair, AF_UNIX, SOCK_STREAM, 0, sv);
	*(int *)CMSG_DATA(&c.h) = NO_FD;
	ERR(EBADF, sendmsg, sv[0], &mh, 0);
	c.h.cmsg_len = 4;
	ERR(EINVAL, sendmsg, sv[0], &mh, 0);
	c.h.cmsg_len = 1000;
	ERR(EINVAL, sendmsg, sv[0], &mh, 0);
	c.h.cmsg_len = CMSG_LEN(sizeof(int));
	c.h.cmsg_type = 99;
	ERR(EINVAL, sendmsg, sv[0], &mh, 0);
	/* Somebody else's identity. */
	c.h.cmsg_type = SCM_CREDENTIALS;
	ERR(EINVAL, sendmsg, sv[0], &mh, 0);	/* too short */
	c.h.cmsg_len = CMSG_LEN(sizeof(struct ucred));
	mh.msg_controllen = c.h.cmsg_len;
	AS_USER {
		*(struct ucred *)CMSG_DATA(&c.h) =
		    (struct ucred){ getpid(), 0, USER_ID };
		ERR(EPERM, sendmsg, sv[0], &mh, 0);
		*(struct ucred *)CMSG_DATA(&c.h) =
		    (struct ucred){ 1, USER_ID, USER_ID };
		ERR(EPERM, sendmsg, sv[0], &mh, 0);
	}
}

static void
options_refuse(void)
{
	struct timeval tv = { 0, 1000000 };
	unsigned len = sizeof(buf), small = -1;
	int s = make_socket(SOCK_STREAM), on = 1;

	FAULT(setsockopt, s, SOL_SOCKET, SO_PASSCRED, bad, 4);
	FAULT_OUT(getsockopt, s, SOL_SOCKET, SO_TYPE, bad, &len);
	FAULT_OUT(getsockopt, s, SOL_SOCKET, SO_TYPE, buf, bad);
	ERR(EINVAL, setsockopt, s, SOL_SOCKET, SO_PASSCRED, &on, 3);
	ERR(EINVAL, setsockopt, s, SOL_SOCKET, SO_PASSCRED, &on, -1);
	ERR(EINVAL, getsockopt, s, SOL_SOCKET, SO_TYPE, buf, &small);
	ERR(ENOPROTOOPT, setsockopt, s, SOL_SOCKET, 9999, &on, 4);
	ERR(ENOPROTOOPT, getsockopt, s, SOL_SOCKET, 9999, buf, &len);
	ERR(ENOPROTOOPT, setsockopt, s, SOL_SOCKET, SO_TYPE, &on, 4);
	ERR(EOPNOTSUPP, setsockopt, s, 99, 1, &on, 4);
	ERR(EOPNOTSUPP, getsockopt, s, 99, 1, buf, &len);
	ERR(EDOM, setsockopt, s, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	ERR(EINVAL, setsockopt, s, SOL_SOCKET, SO_RCVTIMEO, &tv, 4);
	AS_USER {
		ERR(EPERM, setsockopt, s, SOL_SOCKET, SO_SNDBUFFORCE, &on, 4);
		ERR(EPERM, setsockopt, s, SOL_SOCKET, SO_RCVBUFFORCE, &on, 4);
	}
}

int
main(void)
{
	TAP_RUN(making_refuses);
	TAP_RUN(others_are_no_sockets);
	TAP_RUN(names_refuse);
	TAP_RUN(connections_refuse);
	TAP_RUN(transfers_refuse);
	TAP_RUN(control_refuses);
	TAP_RUN(options_refuse);
	return tap_end();
}
