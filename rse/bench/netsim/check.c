/* SPDX-License-Identifier: MIT */
/*
 * rse/bench/netsim/check.c - the braid itself on a network of sleeps.
 *
 * n threads run n tori over RSEP.  The one event of each epoch sleeps for as
 * long as the model computes, and a frame is not handed on before its
 * latency has passed, so that two CPUs show what n machines would do.
 *
 * Locks: one mutex an inbox.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../../port/posix/node.h"
#include "net.h"

#define FRAMES	 512
#define INTERVAL 1000 /* ticks of an epoch */
#define RUN_MS	 120000

struct flight {
	uint64_t due; /* ns */
	size_t len;
	uint8_t frame[RSEP_FRAME_MAX];
};

struct node {
	struct node *all;
	const struct net *net;
	uint32_t id, n;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t cond;
	uint32_t head, count; /* [lock] */
	struct flight *box;   /* [lock] */
	struct rse_torus *torus;
	struct rse_channel channel;
	void *mem;
	uint64_t *begun; /* ns: when the event of each epoch began */
	int result;
};

static void
until(uint64_t ns, struct timespec *ts)
{
	ts->tv_sec = (time_t)(ns / 1000000000);
	ts->tv_nsec = (long)(ns % 1000000000);
}

/* A full inbox loses frames, as a network does. */
static void
box_send(void *arg, uint32_t to, const uint8_t *frame, size_t len)
{
	struct node *self = arg, *peer = &self->all[to];
	struct flight *f;

	pthread_mutex_lock(&peer->lock);
	if (peer->count < FRAMES) {
		f = &peer->box[(peer->head + peer->count++) % FRAMES];
		f->due = rse_clock_ns() + (uint64_t)(self->net->latency * 1e9);
		f->len = len;
		memcpy(f->frame, frame, len);
		pthread_cond_signal(&peer->cond);
	}
	pthread_mutex_unlock(&peer->lock);
}

static size_t
box_receive(void *arg, uint8_t *frame, size_t room, int ms)
{
	struct node *self = arg;
	uint64_t now = rse_clock_ns(), end = now + (uint64_t)ms * 1000000;
	struct timespec ts;
	struct flight *f;
	size_t len = 0;

	pthread_mutex_lock(&self->lock);
	for (;; now = rse_clock_ns()) {
		f = &self->box[self->head];
		if (self->count != 0 && f->due <= now)
			break;
		if (now >= end) {
			pthread_mutex_unlock(&self->lock);
			return 0;
		}
		until(self->count != 0 && f->due < end ? f->due : end, &ts);
		pthread_cond_timedwait(&self->cond, &self->lock, &ts);
	}
	len = f->len < room ? f->len : room;
	memcpy(frame, f->frame, len);
	self->head = (self->head + 1) % FRAMES;
	self->count--;
	pthread_mutex_unlock(&self->lock);
	return len;
}

static void
box_close(void *arg)
{
	(void)arg; /* freed when all threads have ended */
}

/* The event of an epoch: takes its time, and comes again in the next. */
static int
work(struct rse_cell *c, const struct rse_event *e, void *arg)
{
	struct node *self = arg;
	uint64_t epoch = c->now / INTERVAL;
	double t = net_compute(self->net, self->id, epoch);
	struct timespec ts;

	self->begun[epoch] = rse_clock_ns();
	until(self->begun[epoch] + (uint64_t)(t * 1e9), &ts);
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL) ==
	    EINTR)
		continue;
	return rse_cell_emit(c, c->node, INTERVAL, e->kind, e->payload);
}

static void *
node_main(void *arg)
{
	struct node *self = arg;

	self->result = rse_node_run(self->torus, &self->channel, 1, RUN_MS);
	return NULL;
}

static int
torus_make(struct node *self, uint32_t epochs)
{
	struct rse_event e = { 0 };
	struct rse_config c;
	size_t len;

	rse_config_default(&c);
	c.id = self->id;
	c.count = self->n;
	c.events = c.limit = c.ring = 8;
	c.processes = c.edges = 8;
	c.journal = 0;
	c.interval = INTERVAL;
	c.timeout = 300;
	len = rse_torus_size(&c);
	self->mem = malloc(len);
	if (self->mem == NULL || rse_torus_create(self->mem, len, &c,
	    &self->torus) != RSE_OK || rse_behaviour_register(self->torus,
	    "work", work, self, 1, &c.behaviour) != RSE_OK)
		return -1;
	rse_torus_configure(self->torus, &c);
	rse_spawn(self->torus, 0, NULL);
	rse_inject(self->torus, &e);
	rse_epoch_limit(self->torus, epochs);
	rse_start(self->torus);
	return 0;
}

static int
node_make(struct node *self, uint32_t epochs)
{
	struct rse_transport tp = { self, box_send, box_receive, box_close };
	pthread_condattr_t attr;

	pthread_mutex_init(&self->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&self->cond, &attr);
	pthread_condattr_destroy(&attr);
	self->box = malloc(FRAMES * sizeof(*self->box));
	if (self->box == NULL || torus_make(self, epochs) != 0)
		return -1;
	return rse_frames_open(&self->channel, self->torus, &tp, NULL,
	    1 + self->id);
}

static void
nodes_free(struct node *node, uint32_t n)
{
	uint32_t i;

	for (i = 0; i < n; i++) {
		if (node[i].channel.close != NULL)
			node[i].channel.close(node[i].channel.arg);
		pthread_mutex_destroy(&node[i].lock);
		pthread_cond_destroy(&node[i].cond);
		free(node[i].box);
		free(node[i].mem);
		free(node[i].begun);
	}
	free(node);
}

/* Epochs a second between a quarter and the last, over all tori. */
static double
rate(const struct node *node, uint32_t n, uint32_t epochs)
{
	uint32_t from = epochs / 4, i;
	double span = 0;

	for (i = 0; i < n; i++)
		span += (double)(node[i].begun[epochs - 1] -
		    node[i].begun[from]) * 1e-9 / n;
	return (epochs - 1 - from) / span;
}

double
net_real(const struct net *net, uint32_t n, uint32_t epochs)
{
	struct node *node = calloc(n, sizeof(*node));
	uint32_t i, started;
	double r = 0;
	int good = node != NULL;

	if (node == NULL)
		return 0;
	for (i = 0; i < n; i++) {
		node[i] = (struct node) { .all = node, .net = net, .id = i,
			.n = n, .result = -1 };
		node[i].begun = calloc(epochs, sizeof(uint64_t));
		good &= node[i].begun != NULL &&
		    node_make(&node[i], epochs) == 0;
	}
	for (started = 0; started < n && good; started++)
		good = pthread_create(&node[started].thread, NULL, node_main,
		    &node[started]) == 0;
	/* One that did not start leaves the others to their time limit. */
	for (i = 0; i < started - (started > 0 && !good); i++) {
		pthread_join(node[i].thread, NULL);
		good &= node[i].result == 0;
	}
	if (good)
		r = rate(node, n, epochs);
	nodes_free(node, n);
	return r;
}
