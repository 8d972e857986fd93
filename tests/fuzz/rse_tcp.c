/* SPDX-License-Identifier: MIT */
/*
 * tests/fuzz/rse_tcp.c - any bytes as a stream of TCP that carries frames.
 *
 * The first byte of the input says whether frames have tags and into what
 * pieces the stream is cut.  What comes out must be frames with sound headers
 * and exactly the bytes that went in, until the stream is closed.
 */
#include "../../rse/port/posix/tcp.c"

static void
demand(int good)
{
	if (!good)
		abort();
}

/* All frames that are there.  Returns how many bytes they were. */
static size_t
frames_take(struct tcp *t, const uint8_t *sent, size_t len)
{
	uint8_t frame[RSEP_FRAME_MAX];
	struct rsep_header h;
	size_t n, at = 0;

	while ((n = streams_read(t, frame, sizeof(frame))) != 0) {
		demand(n <= len - at && memcmp(frame, sent + at, n) == 0);
		demand(rsep_header_decode(frame, n - t->tag, &h) == RSE_OK);
		demand(n == RSEP_HEADER + h.frag_len + t->tag);
		at += n;
	}
	return at;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tcp *t;
	struct stream *s;
	size_t piece, n, sent = 0, taken = 0;
	int fd[2], i;

	if (size < 2)
		return 0;
	demand(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd) == 0);
	t = calloc(1, sizeof(*t));
	demand(t != NULL);
	t->listen = -1;
	t->tag = data[0] & 1 ? RSEP_TAG : 0;
	for (i = 0; i < STREAMS; i++)
		t->stream[i].fd = -1;
	s = stream_add(t, fd[0], NOBODY);
	piece = 1 + (data[0] >> 1) * (size_t)(data[0] >> 1);
	data++;
	size--;
	while (sent < size && s->fd >= 0) {
		n = size - sent < piece ? size - sent : piece;
		demand(send(fd[1], data + sent, n, MSG_NOSIGNAL) ==
		    (ssize_t)n);
		sent += n;
		taken += frames_take(t, data + taken, sent - taken);
	}
	close(fd[1]);
	/* Nothing more comes: it must notice, and keep no half frame. */
	demand(frames_take(t, data + taken, sent - taken) == 0);
	demand(s->fd < 0 && s->have == 0);
	tcp_close(t);
	return 0;
}
