/* SPDX-License-Identifier: MIT */
/*
 * rse/bench/bare.c - rse-bench: the datagrams of a publication without RSEP.
 *
 * Three threads take turns: one sends what a publication is made of to the
 * two others, and each answers, when all of it is there, with what an ACK
 * weighs.  No tags, no torus, no timers: what this takes, the system and its
 * load take.
 */
#include <arpa/inet.h>
#include <sys/socket.h>

#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include <rsep.h>

#include "../port/posix/node.h"
#include "bench.h"

#define PIECES 5 /* of a projection of 4208 bytes */
#define ACK    (RSEP_HEADER + RSEP_ACK_LEN + RSEP_TAG)
#define LOST_MS 2000

struct word {
	uint32_t from, round, ack;
};

struct player {
	pthread_t thread;
	uint32_t id, rounds, n;
	int fd[3]; /* of all three */
	const struct sockaddr_in *at;
	uint64_t *ns;
	int lost;
};

/* The next word, or 0 if none came for so long that one was lost. */
static int
word_take(struct player *p, struct word *w)
{
	struct pollfd poll_fd = { .fd = p->fd[p->id], .events = POLLIN };
	uint8_t frame[RSEP_FRAME_MAX];

	while (recv(poll_fd.fd, frame, sizeof(frame), MSG_DONTWAIT) <= 0)
		if (poll(&poll_fd, 1, LOST_MS) == 0) {
			p->lost = 1;
			return 0;
		}
	memcpy(w, frame, sizeof(*w));
	return 1;
}

static void
word_send(struct player *p, uint32_t to, uint32_t round, uint32_t ack,
    size_t len)
{
	struct word w = { p->id, round, ack };
	uint8_t frame[RSEP_FRAME_MAX] = { 0 };

	memcpy(frame, &w, sizeof(w));
	(void)!sendto(p->fd[p->id], frame, len, 0,
	    (const struct sockaddr *)&p->at[to], sizeof(p->at[to]));
}

/* Those of others that came while we waited for answers are counted. */
static void
round_lead(struct player *p, uint32_t round, uint32_t pieces[3])
{
	uint64_t began = rse_clock_ns();
	uint32_t i, k, acks = 0;
	struct word w;

	for (k = 1; k < 3; k++)
		for (i = 0; i < PIECES; i++)
			word_send(p, (p->id + k) % 3, round, 0,
			    RSEP_FRAME_MAX);
	while (acks < 2 && word_take(p, &w)) {
		acks += w.ack && w.round == round;
		pieces[w.from] += !w.ack;
	}
	p->ns[p->n++] = rse_clock_ns() - began;
}

static void *
player_main(void *arg)
{
	struct player *p = arg;
	uint32_t round, leader, pieces[3] = { 0 };
	struct word w;

	for (round = 0; round < p->rounds && !p->lost; round++) {
		leader = round % 3;
		if (leader == p->id) {
			round_lead(p, round, pieces);
			continue;
		}
		while (pieces[leader] < PIECES && word_take(p, &w))
			pieces[w.from] += !w.ack;
		pieces[leader] -= PIECES;
		word_send(p, leader, round, 1, ACK);
	}
	return NULL;
}

uint32_t
bench_bare(uint64_t *ns, uint32_t rounds)
{
	struct sockaddr_in at[3] = { 0 };
	uint64_t unused[2][rounds / 3 + 1];
	struct player p[3] = { 0 };
	socklen_t len;
	uint32_t i;
	int fd[3], good = 1;

	for (i = 0; i < 3; i++) {
		fd[i] = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		at[i].sin_family = AF_INET;
		at[i].sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		len = sizeof(at[i]);
		good = good && fd[i] >= 0 && bind(fd[i],
		    (struct sockaddr *)&at[i], len) == 0 && getsockname(fd[i],
		    (struct sockaddr *)&at[i], &len) == 0;
	}
	for (i = 0; i < 3 && good; i++) {
		p[i] = (struct player) { .id = i, .rounds = rounds, .at = at,
			.ns = i == 0 ? ns : unused[i - 1] };
		memcpy(p[i].fd, fd, sizeof(fd));
	}
	for (i = 0; i < 3 && good; i++)
		pthread_create(&p[i].thread, NULL, player_main, &p[i]);
	for (i = 0; i < 3 && good; i++)
		pthread_join(p[i].thread, NULL);
	for (i = 0; i < 3; i++) {
		good = good && !p[i].lost;
		close(fd[i]);
	}
	return good ? p[0].n : 0;
}
