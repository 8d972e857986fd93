/* SPDX-License-Identifier: MIT */
/*
 * tests/host/rse_restart.c - RSEP against peers that start anew, frames of
 * runs that are over, numbers at their end, clocks that jump, and strangers.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <errno.h>
#include <unistd.h>

#include "../../rse/port/posix/node.h"
#include "rse_net.h"

#define TAPE  4000
#define TRIES 300

static uint64_t session;

/* Torus `i` in a new process, its state as it was. */
static void
net_restart(struct net *n, uint32_t i)
{
	int side;

	for (side = 0; side < 2; side++)
		net_link(n, i, side, net_key, mix64(++session) | 1);
	n->w.t[i]->braid.nudged = 0;
	n->restarts++;
}

static const uint8_t *
tape_frame(const struct net *n, size_t at, size_t *len)
{
	const uint8_t *f = n->tape + at * RSEP_FRAME_MAX;

	*len = RSEP_HEADER + le32_get(f + 48) + RSEP_TAG;
	return f;
}

static void
tape_play(struct net *n, size_t at)
{
	size_t len;
	const uint8_t *f = tape_frame(n, at, &len);

	rsep_link_input(n->link[0][f[8] == 1], f, len, n->now);
}

/* Torus 1 starts anew; all that its first run said comes once more. */
static void
old_run(void)
{
	struct rsep_stats before, s;
	struct net n;
	size_t i, taped;
	uint64_t again;

	net_make(&n, 0, net_key);
	n.tape = malloc(TAPE * RSEP_FRAME_MAX);
	net_epochs(&n, EPOCHS / 2);
	for (i = 0; i < 2000; i++)
		net_tick(&n, 1);
	taped = n.taped;
	net_restart(&n, 1);
	for (i = 0; i < 1000; i++)
		net_tick(&n, 1);
	rsep_link_stats(n.link[0][1], &before);
	again = n.again;
	for (i = 0; i < taped; i++)
		if (n.tape[i * RSEP_FRAME_MAX + 8] == 1)
			tape_play(&n, i);
	rsep_link_stats(n.link[0][1], &s);
	if (!ok(rsep_link_up(n.link[0][1]) && taped > 20 && s.stale >
	    before.stale && s.taken == before.taken && n.again == again,
	    "a run that is over, sent again: nothing is taken"))
		printf("# taken %" PRIu64 ", again %" PRIu64 "\n",
		    s.taken - before.taken, n.again - again);
	net_epochs(&n, EPOCHS);
	for (i = 0; i < 60000 && !net_done(&n); i++)
		net_tick(&n, 1);
	ok(net_done(&n) && world_digest(&n.w) == net_reference(),
	    "and the new run goes on");
	net_free(&n);
}

/* Links begin anew all the time; old frames come back; the clock jumps. */
static void
restarts(uint32_t percent, uint64_t want)
{
	struct net n;
	char name[80];
	int kept = 1;

	net_make(&n, percent, net_key);
	n.tape = malloc(TAPE * RSEP_FRAME_MAX);
	net_epochs(&n, EPOCHS);
	while (!net_done(&n) && (n.now & 0xffffffff) < 2000000) {
		if (rnd(10 + 10 * percent) == 0)
			net_restart(&n, rnd(3));
		if (rnd(50) == 0 && n.taped > 0)
			tape_play(&n, rnd((uint32_t)n.taped));
		if (rnd(500) == 0)
			n.now += UINT64_C(1) << (32 + rnd(10));
		net_tick(&n, 1);
		kept &= world_conserved(&n.w, 0) && world_ledger(&n.w);
	}
	snprintf(name, sizeof(name), "%u %% lost, doubled, late, changed; "
	    "new runs, old frames, jumps: the same end", percent);
	if (!ok(net_done(&n) && kept && n.restarts > 1 &&
	    world_digest(&n.w) == want && world_conserved(&n.w, 0), name))
		printf("# kept %d, %d restarts, %" PRIu64 " again\n", kept,
		    n.restarts, n.again);
	net_free(&n);
}

/* The last numbers there are; a new run begins at 1. */
static void
numbers_end(void)
{
	struct rsep_stats s;
	struct net n;
	uint8_t *wire;
	uint64_t seq;
	size_t len;
	uint32_t i;

	net_make(&n, 0, net_key);
	n.restarts = 1;
	len = rse_projection_size(&n.w.config[0]);
	wire = malloc(len);
	if (rse_projection_extract(n.w.t[0], wire, len) != RSE_OK)
		abort();
	for (i = 0; i < 400; i++)
		net_tick(&n, 0);
	for (seq = UINT64_MAX - 2; seq != 0; seq++) {
		rsep_link_publish(n.link[0][1], seq, 0, wire, n.now);
		for (i = 0; i < 50; i++)
			net_tick(&n, 0);
	}
	rsep_link_stats(n.link[0][1], &s);
	ok(s.acked == 3 && rsep_link_clear(n.link[0][1]) &&
	    n.w.t[1]->braid.peer[PREV].seq == UINT64_MAX,
	    "the last sequence numbers");
	net_restart(&n, 0);
	rsep_link_publish(n.link[0][1], 1, 0, wire, n.now);
	for (i = 0; i < 400; i++)
		net_tick(&n, 0);
	ok(rsep_link_clear(n.link[0][1]) && n.again == 1,
	    "a new run begins below; the torus knows better");
	free(wire);
	net_free(&n);
}

/* A transport that always has one more frame: noise. */
struct noise {
	uint64_t given;
};

static void
noise_send(void *arg, uint32_t to, const uint8_t *frame, size_t len)
{
	(void)arg;
	(void)to;
	(void)frame;
	(void)len;
}

static size_t
noise_receive(void *arg, uint8_t *frame, size_t room, int ms)
{
	struct noise *n = arg;

	(void)ms;
	if (n->given == 100000)
		return 0;
	memset(frame, (int)(n->given++ % 251), room);
	return room;
}

static void
noise_close(void *arg)
{
	(void)arg;
}

static void
flood(void)
{
	struct noise n = { 0 };
	struct rse_transport t = { &n, noise_send, noise_receive,
		noise_close };
	struct rse_channel c;
	struct world w;

	world_make(&w, 3, RSE_POLICY_WAIT, 256);
	if (rse_frames_open(&c, w.t[1], &t, net_key, 9) != 0)
		abort();
	ok(!c.receive(c.arg, 0) && n.given < 1000,
	    "strangers without end: the torus has its turn");
	/* It has nothing to do, and its neighbours are silent. */
	n.given = 0;
	rse_epoch_limit(w.t[1], 0);
	ok(rse_node_run(w.t[1], &c, 50, RSE_FOREVER) == 0,
	    "and they do not keep it from its end");
	c.close(c.arg);
	world_free(&w);
}

static int
stranger(uint16_t port)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	to.sin_port = htons(port);
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0)
		abort();
	return fd;
}

/* Ends 0 and 1 of three on TCP, at ports nobody has. */
static uint16_t
tcp_pair(struct rse_transport *zero, struct rse_transport *one)
{
	static const char *const here[3] = { "127.0.0.1", "127.0.0.1",
		"127.0.0.1" };
	uint16_t port = (uint16_t)(20000 + (uint32_t)getpid() % 10000);

	for (; port < 32000; port += 3) {
		if (rse_tcp_open(one, here, 3, 1, port, RSEP_TAG) != 0)
			continue;
		if (rse_tcp_open(zero, here, 3, 0, port, RSEP_TAG) == 0)
			return port;
		one->close(one->arg);
	}
	abort();
}

/* A frame of torus `from`, its tag whatever it may be. */
static size_t
frame_make(uint8_t *f, uint32_t from, uint64_t seq)
{
	struct rsep_header h = { .type = RSEP_ACK, .torus_id = from,
		.seq = seq, .payload_len = RSEP_ACK_LEN, .frag_count = 1,
		.frag_len = RSEP_ACK_LEN };

	memset(f, 0x33, RSEP_FRAME_MAX);
	rsep_header_encode(&h, f);
	return RSEP_HEADER + RSEP_ACK_LEN + RSEP_TAG;
}

/* Does what `a` sends to `to` reach `b`, if both look often enough? */
static int
reaches(struct rse_transport *a, uint32_t to, struct rse_transport *b,
    uint32_t from, uint64_t seq)
{
	uint8_t f[RSEP_FRAME_MAX], got[RSEP_FRAME_MAX];
	size_t len = frame_make(f, from, seq), n;
	int i;

	for (i = 0; i < TRIES; i++) {
		if (i % 10 == 0)
			a->send(a->arg, to, f, len);
		a->receive(a->arg, got, sizeof(got), 0);
		n = b->receive(b->arg, got, sizeof(got), 10);
		if (n == len && memcmp(got, f, len) == 0)
			return 1;
	}
	return 0;
}

static void
strangers(void)
{
	struct rse_transport zero, one;
	uint8_t f[RSEP_FRAME_MAX], got[RSEP_FRAME_MAX];
	int fd[24], i;
	uint16_t port = tcp_pair(&zero, &one);
	size_t len;

	for (i = 0; i < 20; i++) {
		fd[i] = stranger((uint16_t)(port + 1));
		one.receive(one.arg, got, sizeof(got), 0);
	}
	for (i = 0; i < 20; i++)
		one.receive(one.arg, got, sizeof(got), 0);
	ok(reaches(&zero, 1, &one, 0, 1) && reaches(&one, 0, &zero, 1, 1),
	    "TCP: silent strangers do not take the places");
	for (i = 0; i < 20; i++)
		close(fd[i]);
	zero.close(zero.arg);
	one.close(one.arg);
	port = tcp_pair(&zero, &one);
	len = frame_make(f, 0, 7);
	/* The last of them to the one that should connect. */
	for (i = 0; i < 3; i++) {
		fd[i] = stranger((uint16_t)(port + (i < 2)));
		if (i == 2)
			frame_make(f, 1, 7);
		if (send(fd[i], f, len, MSG_NOSIGNAL) != (ssize_t)len)
			abort();
	}
	for (i = 0; i < TRIES && one.receive(one.arg, got, sizeof(got), 10) !=
	    len; i++)
		continue;
	for (i = 0; i < TRIES && zero.receive(zero.arg, got, sizeof(got), 10)
	    != len; i++)
		continue;
	ok(i < TRIES && reaches(&zero, 1, &one, 0, 2) &&
	    reaches(&one, 0, &zero, 1, 2),
	    "TCP: who says he is the neighbour does not cut it off");
	for (i = 0; i < 3; i++)
		close(fd[i]);
	zero.close(zero.arg);
	one.close(one.arg);
}

int
main(void)
{
	static const uint32_t percent[] = { 0, 5, 20, 40 };
	uint64_t want = net_reference();
	uint32_t i;

	old_run();
	for (i = 0; i < 4; i++)
		restarts(percent[i], want);
	numbers_end();
	flood();
	strangers();
	return tap_done();
}
