/* SPDX-License-Identifier: MIT */
/*
 * rse/port/posix/threads.c - a braid on pthreads.
 *
 * Thread k owns the tori i with i mod threads == k: only it calls into them.
 * What is published goes through a mailbox with one slot a direction.
 *
 * Locks: one mutex a mailbox, for its slots; one mutex for the count of
 * sleeping threads and their wake flags.  Neither is held while an event is
 * handled, and the second is taken once an epoch.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "runner.h"

struct slot {
	uint8_t *wire;
	size_t len;
	uint64_t seq;
	uint32_t from;
	int full;
};

struct runner;

struct seat {
	struct runner *runner;
	struct rse_torus *torus; /* [owner thread] */
	uint32_t id;
	pthread_mutex_t lock;
	struct slot slot[2]; /* [lock] from the previous, from the next */
	uint64_t want;	     /* [lock] epoch a neighbour asked for */
	int asked;	     /* [lock] */
};

struct worker {
	struct runner *runner;
	pthread_t thread;
	pthread_cond_t cond;
	uint32_t index;
	int wake; /* [runner lock] */
};

struct runner {
	struct seat *seat;
	struct worker *worker;
	uint32_t tori, threads;
	uint64_t batch;
	pthread_mutex_t lock;
	uint32_t sleeping; /* [lock] */
	int over;	   /* [lock] */
};

static void
worker_wake(struct runner *r, uint32_t torus)
{
	struct worker *w = &r->worker[torus % r->threads];

	pthread_mutex_lock(&r->lock);
	w->wake = 1;
	pthread_cond_signal(&w->cond);
	pthread_mutex_unlock(&r->lock);
}

static void
slot_put(struct runner *r, uint32_t to, int side, uint32_t from,
    uint64_t seq, const uint8_t *wire)
{
	struct seat *s = &r->seat[to];
	struct slot *slot = &s->slot[side];

	pthread_mutex_lock(&s->lock);
	memcpy(slot->wire, wire, slot->len);
	slot->seq = seq;
	slot->from = from;
	slot->full = 1;
	pthread_mutex_unlock(&s->lock);
	worker_wake(r, to);
}

static void
seat_publish(void *arg, uint64_t seq, const uint8_t *wire, size_t len)
{
	struct seat *s = arg;
	struct runner *r = s->runner;

	(void)len;
	slot_put(r, (s->id + 1) % r->tori, 0, s->id, seq, wire);
	slot_put(r, (s->id + r->tori - 1) % r->tori, 1, s->id, seq, wire);
}

static void
seat_nudge(void *arg, uint32_t peer, uint64_t epoch)
{
	struct seat *s = arg, *to = &s->runner->seat[peer];

	pthread_mutex_lock(&to->lock);
	if (!to->asked || epoch > to->want)
		to->want = epoch;
	to->asked = 1;
	pthread_mutex_unlock(&to->lock);
	worker_wake(s->runner, peer);
}

/* Hand what arrived to the torus.  True if anything did. */
static int
seat_receive(struct seat *s)
{
	struct slot *slot;
	int any = 0;

	pthread_mutex_lock(&s->lock);
	for (slot = s->slot; slot < s->slot + 2; slot++)
		if (slot->full) {
			rse_deliver(s->torus, slot->from, slot->seq,
			    slot->wire, slot->len);
			slot->full = 0;
			any = 1;
		}
	if (s->asked) {
		rse_nudged(s->torus, s->want);
		s->asked = 0;
		any = 1;
	}
	pthread_mutex_unlock(&s->lock);
	return any;
}

/* Sleep until woken.  False when every thread sleeps: the run is over. */
static int
worker_sleep(struct worker *w)
{
	struct runner *r = w->runner;
	uint32_t i;
	int on;

	pthread_mutex_lock(&r->lock);
	if (!w->wake && ++r->sleeping == r->threads) {
		/* A wake flag still up belongs to a thread about to run. */
		for (i = 0, on = 0; i < r->threads; i++)
			on |= r->worker[i].wake;
		if (!on) {
			r->over = 1;
			for (i = 0; i < r->threads; i++)
				pthread_cond_signal(&r->worker[i].cond);
		}
		while (!w->wake && !r->over)
			pthread_cond_wait(&w->cond, &r->lock);
		r->sleeping--;
	} else if (!w->wake) {
		while (!w->wake && !r->over)
			pthread_cond_wait(&w->cond, &r->lock);
		r->sleeping--;
	}
	on = !r->over;
	w->wake = 0;
	pthread_mutex_unlock(&r->lock);
	return on;
}

static void *
worker_main(void *arg)
{
	struct worker *w = arg;
	struct runner *r = w->runner;
	struct rse_wait wait;
	uint32_t i;
	int busy;

	do {
		do {
			busy = 0;
			for (i = w->index; i < r->tori; i += r->threads) {
				busy |= seat_receive(&r->seat[i]);
				busy |= rse_step(r->seat[i].torus, r->batch,
				    &wait) == RSE_STEP_RAN;
			}
		} while (busy);
	} while (worker_sleep(w));
	return NULL;
}

static void
runner_free(struct runner *r)
{
	uint32_t i;

	for (i = 0; r->seat != NULL && i < r->tori; i++) {
		pthread_mutex_destroy(&r->seat[i].lock);
		free(r->seat[i].slot[0].wire);
		free(r->seat[i].slot[1].wire);
	}
	for (i = 0; r->worker != NULL && i < r->threads; i++)
		pthread_cond_destroy(&r->worker[i].cond);
	pthread_mutex_destroy(&r->lock);
	free(r->seat);
	free(r->worker);
}

static int
runner_init(struct runner *r, struct rse_torus **tori)
{
	struct rse_hooks hooks = { .publish = seat_publish,
		.nudge = seat_nudge };
	uint32_t i, side;
	struct seat *s;

	pthread_mutex_init(&r->lock, NULL);
	r->seat = calloc(r->tori, sizeof(*r->seat));
	r->worker = calloc(r->threads, sizeof(*r->worker));
	if (r->seat == NULL || r->worker == NULL) {
		free(r->seat);
		free(r->worker);
		r->seat = NULL;
		r->worker = NULL;
		return ENOMEM;
	}
	for (i = 0; i < r->threads; i++)
		pthread_cond_init(&r->worker[i].cond, NULL);
	for (i = 0; i < r->tori; i++)
		pthread_mutex_init(&r->seat[i].lock, NULL);
	for (i = 0; i < r->tori; i++) {
		s = &r->seat[i];
		s->runner = r;
		s->torus = tori[i];
		s->id = i;
		for (side = 0; side < 2; side++) {
			s->slot[side].len = rse_projection_size(
			    rse_torus_config(tori[i]));
			s->slot[side].wire = malloc(s->slot[side].len);
			if (s->slot[side].wire == NULL)
				return ENOMEM;
		}
		hooks.arg = s;
		rse_torus_hooks_set(tori[i], &hooks);
	}
	return 0;
}

/* Start the threads; if one does not start, end the others again. */
static int
runner_go(struct runner *r)
{
	uint32_t i, started;
	int error = 0;

	for (started = 0; started < r->threads; started++) {
		r->worker[started].runner = r;
		r->worker[started].index = started;
	}
	for (started = 0; started < r->threads && error == 0; started++)
		error = pthread_create(&r->worker[started].thread, NULL,
		    worker_main, &r->worker[started]);
	if (error != 0) {
		started--;
		pthread_mutex_lock(&r->lock);
		r->over = 1;
		for (i = 0; i < r->threads; i++)
			pthread_cond_signal(&r->worker[i].cond);
		pthread_mutex_unlock(&r->lock);
	}
	for (i = 0; i < started; i++)
		pthread_join(r->worker[i].thread, NULL);
	return error;
}

int
rse_braid_run_threads(struct rse_torus **tori, uint32_t n, uint32_t threads,
    uint64_t batch)
{
	struct runner r = { .tori = n, .threads = threads, .batch = batch };
	int error;

	if (threads == 0 || threads > n) {
		errno = EINVAL;
		return -1;
	}
	error = runner_init(&r, tori);
	if (error == 0)
		error = runner_go(&r);
	runner_free(&r);
	errno = error;
	return error == 0 ? 0 : -1;
}
