/* SPDX-License-Identifier: MIT */
/*
 * rse/port/posix/udp.c - frames as UDP datagrams.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "node.h"

struct udp {
	int fd;
	uint32_t n;
	struct sockaddr_in to[];
};

/* What cannot be sent now is lost, as on the way: RSEP sends it again. */
static void
udp_send(void *arg, uint32_t to, const uint8_t *frame, size_t len)
{
	struct udp *u = arg;

	if (to < u->n)
		(void)!sendto(u->fd, frame, len, MSG_DONTWAIT,
		    (struct sockaddr *)&u->to[to], sizeof(u->to[to]));
}

static size_t
udp_receive(void *arg, uint8_t *frame, size_t room, int ms)
{
	struct udp *u = arg;
	struct pollfd p = { .fd = u->fd, .events = POLLIN };
	ssize_t n;

	n = recv(u->fd, frame, room, MSG_DONTWAIT);
	if (n <= 0 && ms > 0 && poll(&p, 1, ms) > 0)
		n = recv(u->fd, frame, room, MSG_DONTWAIT);
	return n > 0 ? (size_t)n : 0;
}

static void
udp_close(void *arg)
{
	struct udp *u = arg;

	close(u->fd);
	free(u);
}

int
rse_udp_open(struct rse_transport *t, const char *const *address, uint32_t n,
    uint32_t self, uint16_t port)
{
	struct udp *u;
	uint32_t i;
	int error;

	if (self >= n || port + n > UINT16_MAX) {
		errno = EINVAL;
		return -1;
	}
	u = calloc(1, sizeof(*u) + n * sizeof(u->to[0]));
	if (u == NULL)
		return -1;
	u->n = n;
	u->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	error = u->fd < 0 ? errno : 0;
	for (i = 0; i < n && error == 0; i++) {
		u->to[i].sin_family = AF_INET;
		u->to[i].sin_port = htons((uint16_t)(port + i));
		if (inet_pton(AF_INET, address[i], &u->to[i].sin_addr) != 1)
			error = EINVAL;
	}
	if (error == 0 && bind(u->fd, (struct sockaddr *)&u->to[self],
	    sizeof(u->to[self])) != 0)
		error = errno;
	if (error != 0) {
		if (u->fd >= 0)
			close(u->fd);
		free(u);
		errno = error;
		return -1;
	}
	*t = (struct rse_transport) { u, udp_send, udp_receive, udp_close };
	return 0;
}
