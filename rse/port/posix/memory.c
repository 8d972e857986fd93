/* SPDX-License-Identifier: MIT */
/*
 * rse/port/posix/memory.c - frames between the threads of one process.
 *
 * Locks: one mutex an end, for its queue.  A full queue loses frames, as a
 * network does; RSEP sends them again.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "node.h"

#define FRAMES 256

struct end {
	struct rse_hub *hub;
	pthread_mutex_t lock;
	pthread_cond_t cond;
	uint32_t head, count;		      /* [lock] */
	size_t len[FRAMES];		      /* [lock] */
	uint8_t frame[FRAMES][RSEP_FRAME_MAX]; /* [lock] */
};

struct rse_hub {
	uint32_t n;
	struct end end[];
};

struct rse_hub *
rse_hub_new(uint32_t n)
{
	struct rse_hub *h = calloc(1, sizeof(*h) + n * sizeof(h->end[0]));
	pthread_condattr_t attr;
	uint32_t i;

	if (h == NULL)
		return NULL;
	h->n = n;
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	for (i = 0; i < n; i++) {
		h->end[i].hub = h;
		pthread_mutex_init(&h->end[i].lock, NULL);
		pthread_cond_init(&h->end[i].cond, &attr);
	}
	pthread_condattr_destroy(&attr);
	return h;
}

void
rse_hub_free(struct rse_hub *h)
{
	uint32_t i;

	for (i = 0; i < h->n; i++) {
		pthread_mutex_destroy(&h->end[i].lock);
		pthread_cond_destroy(&h->end[i].cond);
	}
	free(h);
}

static void
end_send(void *arg, uint32_t to, const uint8_t *frame, size_t len)
{
	struct end *self = arg, *e;
	uint32_t at;

	if (to >= self->hub->n || len > RSEP_FRAME_MAX)
		return;
	e = &self->hub->end[to];
	pthread_mutex_lock(&e->lock);
	if (e->count < FRAMES) {
		at = (e->head + e->count++) % FRAMES;
		memcpy(e->frame[at], frame, len);
		e->len[at] = len;
		pthread_cond_signal(&e->cond);
	}
	pthread_mutex_unlock(&e->lock);
}

static size_t
end_receive(void *arg, uint8_t *frame, size_t room, int ms)
{
	struct end *e = arg;
	struct timespec ts;
	size_t len = 0;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	ts.tv_sec += ms / 1000;
	ts.tv_nsec += ms % 1000 * 1000000L;
	if (ts.tv_nsec >= 1000000000L) {
		ts.tv_nsec -= 1000000000L;
		ts.tv_sec++;
	}
	pthread_mutex_lock(&e->lock);
	while (e->count == 0 && ms > 0)
		if (pthread_cond_timedwait(&e->cond, &e->lock, &ts) != 0)
			break;
	if (e->count != 0) {
		len = e->len[e->head];
		if (len > room)
			len = room;
		memcpy(frame, e->frame[e->head], len);
		e->head = (e->head + 1) % FRAMES;
		e->count--;
	}
	pthread_mutex_unlock(&e->lock);
	return len;
}

static void
end_close(void *arg)
{
	(void)arg; /* the hub's owner frees it */
}

int
rse_hub_open(struct rse_transport *t, struct rse_hub *h, uint32_t self)
{
	if (self >= h->n) {
		errno = EINVAL;
		return -1;
	}
	*t = (struct rse_transport) { &h->end[self], end_send, end_receive,
		end_close };
	return 0;
}
