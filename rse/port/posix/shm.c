/* SPDX-License-Identifier: MIT */
/*
 * rse/port/posix/shm.c - a channel over a region of shared memory.
 *
 * There is nothing to send again: what is published stays in the slot.
 * Waiting is polling, at first without a pause, then with short sleeps.
 */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <time.h>

#include "node.h"

#define SPINS	 200
#define SLEEP_NS 50000

struct shm {
	struct rse_channel *channel;
	struct rse_torus *torus;
	struct rsep_seat seat;
	uint8_t *wire;
	size_t len;
	uint64_t seq; /* published */
	uint64_t want[2], asked[2];
	uint32_t peer[2];
	uint64_t published_ns;
	int measured;
};

static void
shm_beat(void *arg)
{
	struct shm *s = arg;
	struct rse_pulse p;

	rse_pulse(s->torus, &p);
	rsep_seat_beat(&s->seat, s->want, &p);
}

static void
shm_publish(void *arg, uint64_t seq, const uint8_t *wire)
{
	struct shm *s = arg;

	s->seq = seq;
	s->published_ns = rse_clock_ns();
	s->measured = 0;
	rsep_seat_publish(&s->seat, seq, wire);
}

/* An older one cannot stand in the slot beside the last; that says more. */
static void
shm_resend(void *arg, uint32_t to, uint64_t seq, const uint8_t *wire)
{
	(void)arg;
	(void)to;
	(void)seq;
	(void)wire;
}

static void
shm_nudge(void *arg, uint32_t peer, uint64_t epoch)
{
	struct shm *s = arg;

	s->want[peer == s->peer[1]] = epoch + 1;
	shm_beat(s);
}

static int
shm_clear(void *arg)
{
	struct shm *s = arg;

	return s->seq == 0 || (rsep_seat_acked(&s->seat, 0, s->seq) &&
	    rsep_seat_acked(&s->seat, 1, s->seq));
}

static int
shm_take(struct shm *s)
{
	struct rse_latency *l = &s->channel->latency;
	struct rse_pulse p;
	uint64_t seq, want;
	uint32_t side;
	int any = 0;

	for (side = 0; side < 2; side++) {
		if (rsep_seat_take(&s->seat, side, &seq, s->wire)) {
			rse_deliver(s->torus, s->peer[side], seq, s->wire,
			    s->len);
			s->want[side] = 0;
			any = 1;
		}
		if (rsep_seat_look(&s->seat, side, &want, &p) && want != 0 &&
		    want != s->asked[side]) {
			s->asked[side] = want;
			rse_asked(s->torus, s->peer[side], want - 1);
			any = 1;
		}
	}
	if (!s->measured && s->published_ns != 0 && shm_clear(s)) {
		s->measured = 1;
		if (l->n < l->cap)
			l->ns[l->n++] = rse_clock_ns() - s->published_ns;
	}
	return any;
}

static int
shm_receive(void *arg, int ms)
{
	struct shm *s = arg;
	struct timespec ts = { 0, SLEEP_NS };
	uint64_t end;
	int spins = 0;

	if (shm_take(s))
		return 1;
	if (ms == 0)
		return 0;
	for (end = rse_clock_ns() + (uint64_t)ms * 1000000;
	    rse_clock_ns() < end;) {
		if (shm_take(s))
			return 1;
		if (++spins < SPINS)
			sched_yield();
		else
			nanosleep(&ts, NULL);
	}
	return 0;
}

static int
shm_pulse(void *arg, uint32_t peer, struct rse_pulse *p)
{
	struct shm *s = arg;
	uint64_t want;

	return rsep_seat_look(&s->seat, peer == s->peer[1], &want, p);
}

static void
shm_close(void *arg)
{
	struct shm *s = arg;

	free(s->wire);
	free(s);
}

int
rse_shm_open(struct rse_channel *c, struct rse_torus *t, void *mem,
    size_t len, uint64_t nonce)
{
	const struct rse_config *rc = rse_torus_config(t);
	struct shm *s;

	if (rc->count == 0) {
		errno = EINVAL; /* it has no neighbours */
		return -1;
	}
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return -1;
	s->channel = c;
	s->torus = t;
	s->len = rse_projection_size(rc);
	s->wire = malloc(s->len);
	s->peer[0] = (rc->id + rc->count - 1) % rc->count;
	s->peer[1] = (rc->id + 1) % rc->count;
	if (s->wire == NULL || rsep_seat_join(&s->seat, mem, len, rc->id,
	    rc->count, (uint32_t)s->len, nonce) != RSE_OK) {
		errno = s->wire == NULL ? ENOMEM : EINVAL;
		free(s->wire);
		free(s);
		return -1;
	}
	*c = (struct rse_channel) { .arg = s, .torus = t,
		.publish = shm_publish, .resend = shm_resend,
		.nudge = shm_nudge, .receive = shm_receive, .beat = shm_beat,
		.pulse = shm_pulse, .clear = shm_clear, .close = shm_close };
	return 0;
}
