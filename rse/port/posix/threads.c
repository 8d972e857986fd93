/* SPDX-License-Identifier: MIT */
/*
 * rse/port/posix/threads.c - a braid on pthreads.
 *
 * Thread k owns the tori i with i mod threads == k: only it calls into them.
 * What is published goes through a mailbox with one slot a direction.
 *
 * Locks: one mutex a mailbox, for its slots; one mutex for going to sleep and
 * waking who sleeps.  Neither is held while an event is handled.
 *
 * Waking: what has come for a thread is told by its flag `wake`.  A thread
 * says `asleep` and then looks at the flag; who wakes it raises the flag and
 * then looks at `asleep`: so one of the two sees the other, and who runs is
 * woken without a lock.  Where every thread has a processor of its own, one
 * that has nothing to do looks at its flag for a while before it sleeps: the
 * neighbour it waits for is mostly about to be ready, and to sleep and be
 * woken takes longer than that.
 *
 * A torus's pulse is stored after each batch and read by a neighbour whose
 * deadline passes; a batch must take less than ack_timeout.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <rse_recover.h>

#include "runner.h"

/* Deadlines in one epoch after which nothing new will be learnt. */
#define QUIET_ROUNDS (RSE_FAILED_AT + 1)

#define SPIN_US	   50 /* longest look-out before a sleep */
#define SPIN_LOOKS 64 /* between two looks at the clock */

static inline void
spin_pause(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#endif
}

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
	uint64_t asked[2];   /* [lock] by the same two: epoch + 1 */
	uint64_t refused[2]; /* [lock] by the same two: seq, or 0 */
	_Atomic uint64_t progress; /* the pulse */
	_Atomic uint32_t state, waits_for;
	/* The wait for a neighbour. [owner thread] */
	int waits;
	uint32_t quiet; /* deadlines passed in it */
	uint32_t peer;
	uint64_t epoch, since;
};

struct worker {
	struct runner *runner;
	pthread_t thread;
	pthread_cond_t cond;
	uint32_t index;
	atomic_int wake;   /* something came since it last looked */
	atomic_int asleep; /* or about to be: see above */
};

struct runner {
	struct seat *seat;
	struct worker *worker;
	uint32_t tori, threads;
	uint64_t batch;
	int spin; /* each thread has a processor */
	pthread_mutex_t lock;
	uint32_t sleeping; /* [lock] */
	uint32_t timed;	   /* [lock] those of them with a deadline ahead */
	int over;	   /* [lock] */
};

static void
worker_wake(struct runner *r, uint32_t torus)
{
	struct worker *w = &r->worker[torus % r->threads];

	if (atomic_exchange(&w->wake, 1) != 0 || !atomic_load(&w->asleep))
		return;
	pthread_mutex_lock(&r->lock);
	pthread_cond_signal(&w->cond);
	pthread_mutex_unlock(&r->lock);
}

static uint64_t
now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static uint64_t
now_ms(void)
{
	return now_us() / 1000;
}

/* The side on which `from` stands, seen from `to`. */
static int
side_of(const struct runner *r, uint32_t to, uint32_t from)
{
	return from == (to + 1) % r->tori;
}

/*
 * `again`: what was put here already is on its way or was taken; a question
 * may cross with the answer, and a second copy would count as a violation.
 */
static void
slot_put(struct runner *r, uint32_t to, uint32_t from, uint64_t seq,
    const uint8_t *wire, int again)
{
	struct seat *s = &r->seat[to];
	struct slot *slot = &s->slot[side_of(r, to, from)];

	if (s->torus == NULL)
		return;
	pthread_mutex_lock(&s->lock);
	if (!again || seq > slot->seq) {
		memcpy(slot->wire, wire, slot->len);
		slot->seq = seq;
		slot->from = from;
		slot->full = 1;
	}
	pthread_mutex_unlock(&s->lock);
	worker_wake(r, to);
}

static void
seat_publish(void *arg, uint64_t seq, const uint8_t *wire, size_t len)
{
	struct seat *s = arg;
	struct runner *r = s->runner;

	(void)len;
	slot_put(r, (s->id + 1) % r->tori, s->id, seq, wire, 0);
	slot_put(r, (s->id + r->tori - 1) % r->tori, s->id, seq, wire, 0);
}

static void
seat_resend(void *arg, uint32_t to, uint64_t seq, const uint8_t *wire,
    size_t len)
{
	struct seat *s = arg;

	(void)len;
	slot_put(s->runner, to, s->id, seq, wire, 1);
}

static void
seat_nudge(void *arg, uint32_t peer, uint64_t epoch)
{
	struct seat *s = arg, *to = &s->runner->seat[peer];

	if (to->torus == NULL)
		return;
	pthread_mutex_lock(&to->lock);
	to->asked[side_of(s->runner, peer, s->id)] = epoch + 1;
	pthread_mutex_unlock(&to->lock);
	worker_wake(s->runner, peer);
}

static void
refusal_put(struct runner *r, uint32_t to, uint32_t by, uint64_t seq)
{
	struct seat *s = &r->seat[to];

	pthread_mutex_lock(&s->lock);
	s->refused[side_of(r, to, by)] = seq;
	pthread_mutex_unlock(&s->lock);
	worker_wake(r, to);
}

/* Hand what arrived to the torus.  True if anything did. */
static int
seat_receive(struct seat *s)
{
	struct runner *r = s->runner;
	uint32_t from[2] = { (s->id + r->tori - 1) % r->tori,
		(s->id + 1) % r->tori };
	uint64_t asked[2], refused[2], bad[2] = { 0, 0 };
	struct slot *slot;
	int i, error, any = 0;

	pthread_mutex_lock(&s->lock);
	for (i = 0; i < 2; i++) {
		slot = &s->slot[i];
		asked[i] = s->asked[i];
		refused[i] = s->refused[i];
		s->asked[i] = s->refused[i] = 0;
		if (!slot->full)
			continue;
		error = rse_deliver(s->torus, slot->from, slot->seq,
		    slot->wire, slot->len);
		if (error == RSE_ECHECKSUM || error == RSE_ESHORT) {
			bad[i] = slot->seq;
			slot->seq = 0; /* it may come again */
		}
		slot->full = 0;
		any = 1;
	}
	pthread_mutex_unlock(&s->lock);
	for (i = 0; i < 2; i++) {
		if (asked[i] != 0)
			rse_asked(s->torus, from[i], asked[i] - 1);
		if (refused[i] != 0)
			rse_refused(s->torus, from[i], refused[i]);
		if (bad[i] != 0)
			refusal_put(r, from[i], s->id, bad[i]);
		any |= asked[i] != 0 || refused[i] != 0;
	}
	return any;
}

static void
pulse_store(struct seat *s)
{
	struct rse_pulse p;

	rse_pulse(s->torus, &p);
	atomic_store_explicit(&s->progress, p.progress, memory_order_relaxed);
	atomic_store_explicit(&s->state, p.state, memory_order_relaxed);
	atomic_store_explicit(&s->waits_for, p.waits_for,
	    memory_order_relaxed);
}

static void
deadline_pass(struct seat *s)
{
	struct seat *peer = &s->runner->seat[s->peer];
	struct rse_pulse p;

	p.progress = atomic_load_explicit(&peer->progress,
	    memory_order_relaxed);
	p.state = atomic_load_explicit(&peer->state, memory_order_relaxed);
	p.waits_for = atomic_load_explicit(&peer->waits_for,
	    memory_order_relaxed);
	rse_deadline(s->torus, peer->torus != NULL ? &p : NULL);
}

/* In RSE_STEP_WAIT.  True if a deadline passed, so that a step may help. */
static int
seat_wait(struct seat *s, const struct rse_wait *wait)
{
	uint64_t now = now_ms();

	if (!s->waits || s->epoch != wait->epoch || s->peer != wait->peer) {
		s->waits = 1;
		s->quiet = 0;
		s->epoch = wait->epoch;
		s->peer = wait->peer;
		s->since = now;
		return 0;
	}
	if (s->quiet > QUIET_ROUNDS ||
	    now - s->since < rse_torus_config(s->torus)->timeout)
		return 0;
	s->since = now;
	s->quiet++;
	deadline_pass(s);
	return 1;
}

/* Milliseconds until the next deadline of the worker's tori, 0: none. */
static uint64_t
worker_deadline(const struct worker *w)
{
	const struct runner *r = w->runner;
	uint64_t least = 0, end, now = now_ms();
	const struct seat *s;
	uint32_t i;

	for (i = w->index; i < r->tori; i += r->threads) {
		s = &r->seat[i];
		if (s->torus == NULL || !s->waits || s->quiet > QUIET_ROUNDS)
			continue;
		end = s->since + rse_torus_config(s->torus)->timeout;
		end = end > now ? end - now : 1;
		if (least == 0 || end < least)
			least = end;
	}
	return least;
}

/* Until woken, or `ms` passed if that is not 0. */
static void
cond_wait(pthread_cond_t *cond, pthread_mutex_t *lock, uint64_t ms, int *late)
{
	struct timespec ts;

	if (ms == 0) {
		pthread_cond_wait(cond, lock);
		return;
	}
	clock_gettime(CLOCK_MONOTONIC, &ts);
	ts.tv_sec += (time_t)(ms / 1000);
	ts.tv_nsec += (long)(ms % 1000) * 1000000;
	if (ts.tv_nsec >= 1000000000) {
		ts.tv_nsec -= 1000000000;
		ts.tv_sec++;
	}
	*late = pthread_cond_timedwait(cond, lock, &ts) == ETIMEDOUT;
}

static void
runner_end(struct runner *r)
{
	uint32_t i;

	r->over = 1;
	for (i = 0; i < r->threads; i++)
		pthread_cond_signal(&r->worker[i].cond);
}

/* A wake flag still up belongs to a thread about to run. */
static int
runner_idle(const struct runner *r)
{
	uint32_t i;
	int on = 0;

	for (i = 0; i < r->threads; i++)
		on |= atomic_load(&r->worker[i].wake);
	return r->sleeping == r->threads && r->timed == 0 && !on;
}

/* Look out for a call for a short time.  True if there was one. */
static int
worker_spin(struct worker *w)
{
	uint64_t end = now_us() + SPIN_US;
	uint32_t i;

	do {
		for (i = 0; i < SPIN_LOOKS; i++) {
			if (atomic_load_explicit(&w->wake,
			    memory_order_relaxed))
				return 1;
			spin_pause();
		}
	} while (now_us() < end);
	return 0;
}

/* Sleep until woken.  False when all sleep for good: the run is over. */
static int
worker_sleep(struct worker *w)
{
	struct runner *r = w->runner;
	int on, late = 0;
	uint64_t ms;

	if (r->spin && worker_spin(w)) {
		atomic_exchange(&w->wake, 0);
		return 1;
	}
	ms = worker_deadline(w);
	pthread_mutex_lock(&r->lock);
	atomic_store(&w->asleep, 1);
	if (!atomic_load(&w->wake)) {
		r->sleeping++;
		r->timed += ms != 0;
		if (runner_idle(r))
			runner_end(r);
		while (!atomic_load(&w->wake) && !r->over && !late)
			cond_wait(&w->cond, &r->lock, ms, &late);
		r->sleeping--;
		r->timed -= ms != 0;
	}
	on = !r->over;
	atomic_store(&w->asleep, 0);
	atomic_exchange(&w->wake, 0);
	pthread_mutex_unlock(&r->lock);
	return on;
}

static int
seat_run(struct seat *s, uint64_t batch)
{
	struct rse_wait wait;
	enum rse_step r;
	int busy;

	busy = seat_receive(s);
	r = rse_step(s->torus, batch, &wait);
	pulse_store(s);
	if (r != RSE_STEP_WAIT)
		s->waits = 0;
	else
		busy |= seat_wait(s, &wait);
	return busy || r == RSE_STEP_RAN;
}

static void *
worker_main(void *arg)
{
	struct worker *w = arg;
	struct runner *r = w->runner;
	uint32_t i;
	int busy;

	do {
		do {
			busy = 0;
			for (i = w->index; i < r->tori; i += r->threads)
				if (r->seat[i].torus != NULL)
					busy |= seat_run(&r->seat[i],
					    r->batch);
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
		.nudge = seat_nudge, .resend = seat_resend };
	pthread_condattr_t attr;
	uint32_t i, side;
	struct seat *s;

	r->spin = r->threads > 1 &&
	    sysconf(_SC_NPROCESSORS_ONLN) >= (long)r->threads;
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
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	for (i = 0; i < r->threads; i++)
		pthread_cond_init(&r->worker[i].cond, &attr);
	pthread_condattr_destroy(&attr);
	for (i = 0; i < r->tori; i++)
		pthread_mutex_init(&r->seat[i].lock, NULL);
	for (i = 0; i < r->tori; i++) {
		s = &r->seat[i];
		s->runner = r;
		s->torus = tori[i];
		s->id = i;
		if (tori[i] == NULL)
			continue;
		pulse_store(s);
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
	uint32_t started, i;
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
		runner_end(r);
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
