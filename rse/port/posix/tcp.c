/* SPDX-License-Identifier: MIT */
/*
 * rse/port/posix/tcp.c - frames over TCP.
 *
 * Of two tori the lower one connects, and connects again when the stream
 * breaks.  A stream is cut into frames by the length in each header; one
 * whose header is not sound is closed, since nothing after it can be found.
 * Who is at the other end of an accepted stream is learnt from its first
 * frame, only to know where answers go; the links judge what it says.
 */
#define _GNU_SOURCE /* accept4 */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "node.h"

#define STREAMS 8
#define OUT_MAX (64u * 1024)
#define NOBODY	UINT32_MAX
#define LOST_MS 10000 /* unacknowledged for so long: the other end is gone */

struct stream {
	int fd; /* -1: free */
	uint32_t peer;
	int ours; /* we connected it */
	uint64_t begun, heard; /* turns of its beginning and last frame */
	size_t have; /* bytes of the frame that is coming */
	uint8_t frame[RSEP_FRAME_MAX];
	size_t out_len; /* bytes not sent yet */
	uint8_t out[OUT_MAX];
};

struct tcp {
	int listen;
	uint32_t n, self, tag;
	uint64_t turn; /* counts streams and frames */
	struct stream stream[STREAMS];
	struct sockaddr_in to[];
};

static void
stream_close(struct stream *s)
{
	close(s->fd);
	s->fd = -1;
	s->have = s->out_len = 0;
}

/* A free place, or that of the stream that is missed least. */
static struct stream *
stream_place(struct tcp *t)
{
	struct stream *s, *least = t->stream;

	for (s = t->stream; s < t->stream + STREAMS; s++) {
		if (s->fd < 0)
			return s;
		if (s->heard < least->heard || (s->heard == least->heard &&
		    s->begun < least->begun))
			least = s;
	}
	stream_close(least);
	return least;
}

static struct stream *
stream_add(struct tcp *t, int fd, uint32_t peer)
{
	struct stream *s = stream_place(t);
	int one = 1, lost = LOST_MS;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &lost, sizeof(lost));
	s->fd = fd;
	s->peer = peer;
	s->begun = ++t->turn;
	s->ours = peer != NOBODY;
	s->heard = s->ours ? t->turn : 0;
	s->have = s->out_len = 0;
	return s;
}

static struct stream *
stream_connect(struct tcp *t, uint32_t to)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
	    0);

	if (fd < 0)
		return NULL;
	if (connect(fd, (struct sockaddr *)&t->to[to], sizeof(t->to[to])) !=
	    0 && errno != EINPROGRESS) {
		close(fd);
		return NULL;
	}
	return stream_add(t, fd, to);
}

static void
stream_flush(struct stream *s)
{
	ssize_t n;

	if (s->out_len == 0)
		return;
	n = send(s->fd, s->out, s->out_len, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n > 0) {
		s->out_len -= (size_t)n;
		memmove(s->out, s->out + n, s->out_len);
	} else if (n < 0 && errno != EAGAIN && errno != EINTR &&
	    errno != ENOTCONN) {
		stream_close(s);
	}
}

/* A frame that finds no room is lost whole: RSEP sends it again. */
static void
stream_put(struct stream *s, const uint8_t *frame, size_t len)
{
	if (s->out_len + len > OUT_MAX)
		return;
	memcpy(s->out + s->out_len, frame, len);
	s->out_len += len;
	stream_flush(s);
}

static void
tcp_send(void *arg, uint32_t to, const uint8_t *frame, size_t len)
{
	struct tcp *t = arg;
	struct stream *s;
	int any = 0;

	if (to >= t->n)
		return;
	for (s = t->stream; s < t->stream + STREAMS; s++)
		if (s->fd >= 0 && s->peer == to) {
			stream_put(s, frame, len);
			any |= s->ours;
		}
	if (!any && t->self < to && (s = stream_connect(t, to)) != NULL)
		stream_put(s, frame, len);
}

/* Bytes the frame that is coming has, as far as known; 0: not sound. */
static size_t
frame_need(const struct tcp *t, struct stream *s)
{
	struct rsep_header h;
	int error;

	if (s->have < RSEP_HEADER)
		return RSEP_HEADER;
	error = rsep_header_decode(s->frame, sizeof(s->frame) - t->tag, &h);
	if (error != RSE_OK)
		return 0;
	s->peer = h.torus_id;
	return RSEP_HEADER + h.frag_len + t->tag;
}

/* The next whole frame of a stream, or 0. */
static size_t
stream_read(struct tcp *t, struct stream *s, uint8_t *frame, size_t room)
{
	size_t need;
	ssize_t n;

	for (;;) {
		need = frame_need(t, s);
		if (need == 0 || need > room) {
			stream_close(s);
			return 0;
		}
		if (s->have == need) {
			memcpy(frame, s->frame, need);
			s->have = 0;
			s->heard = ++t->turn;
			return need;
		}
		n = recv(s->fd, s->frame + s->have, need - s->have,
		    MSG_DONTWAIT);
		if (n > 0) {
			s->have += (size_t)n;
			continue;
		}
		if (n == 0 || (errno != EAGAIN && errno != EINTR &&
		    errno != ENOTCONN))
			stream_close(s);
		return 0;
	}
}

static size_t
streams_read(struct tcp *t, uint8_t *frame, size_t room)
{
	struct stream *s;
	size_t len;

	for (s = t->stream; s < t->stream + STREAMS; s++) {
		if (s->fd < 0)
			continue;
		stream_flush(s);
		if (s->fd >= 0 && (len = stream_read(t, s, frame, room)) != 0)
			return len;
	}
	return 0;
}

static void
streams_wait(struct tcp *t, int ms)
{
	struct pollfd p[STREAMS + 1];
	struct stream *s;
	nfds_t n = 1;
	int fd;

	p[0] = (struct pollfd) { .fd = t->listen, .events = POLLIN };
	for (s = t->stream; s < t->stream + STREAMS; s++)
		if (s->fd >= 0)
			p[n++] = (struct pollfd) { .fd = s->fd,
				.events = POLLIN |
				    (s->out_len != 0 ? POLLOUT : 0) };
	if (poll(p, n, ms) <= 0 || (p[0].revents & POLLIN) == 0)
		return;
	fd = accept4(t->listen, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd >= 0)
		stream_add(t, fd, NOBODY);
}

static size_t
tcp_receive(void *arg, uint8_t *frame, size_t room, int ms)
{
	struct tcp *t = arg;
	size_t len = streams_read(t, frame, room);

	if (len != 0)
		return len;
	streams_wait(t, ms);
	return streams_read(t, frame, room);
}

static void
tcp_close(void *arg)
{
	struct tcp *t = arg;
	struct stream *s;

	for (s = t->stream; s < t->stream + STREAMS; s++)
		if (s->fd >= 0)
			close(s->fd);
	if (t->listen >= 0)
		close(t->listen);
	free(t);
}

static int
tcp_listen(struct tcp *t)
{
	int one = 1;

	t->listen = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK |
	    SOCK_CLOEXEC, 0);
	if (t->listen < 0)
		return errno;
	setsockopt(t->listen, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(t->listen, (struct sockaddr *)&t->to[t->self],
	    sizeof(t->to[0])) != 0 || listen(t->listen, STREAMS) != 0)
		return errno;
	return 0;
}

int
rse_tcp_open(struct rse_transport *out, const char *const *address,
    uint32_t n, uint32_t self, uint16_t port, uint32_t tag)
{
	struct tcp *t;
	uint32_t i;
	int error = 0;

	if (self >= n || port + n > UINT16_MAX || tag > RSEP_TAG) {
		errno = EINVAL;
		return -1;
	}
	t = calloc(1, sizeof(*t) + n * sizeof(t->to[0]));
	if (t == NULL)
		return -1;
	t->n = n;
	t->self = self;
	t->tag = tag;
	t->listen = -1;
	for (i = 0; i < STREAMS; i++)
		t->stream[i].fd = -1;
	for (i = 0; i < n && error == 0; i++) {
		t->to[i].sin_family = AF_INET;
		t->to[i].sin_port = htons((uint16_t)(port + i));
		if (inet_pton(AF_INET, address[i], &t->to[i].sin_addr) != 1)
			error = EINVAL;
	}
	if (error == 0)
		error = tcp_listen(t);
	if (error != 0) {
		tcp_close(t);
		errno = error;
		return -1;
	}
	*out = (struct rse_transport) { t, tcp_send, tcp_receive, tcp_close };
	return 0;
}
