/* SPDX-License-Identifier: MIT */
/*
 * rse/port/posix/sequential.c - the reference runner: no threads, no
 * mailboxes; a projection is delivered inside the publisher's step.
 *
 * When nothing moves any more, no waiting could change that: the deadlines
 * of those who wait pass at once.
 */
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include <rse_recover.h>

#include "runner.h"

/* Rounds without any movement that settle who has failed. */
#define QUIET_ROUNDS (RSE_FAILED_AT + 1)

struct seat {
	struct rse_torus **tori;
	uint32_t id, n;
	uint64_t asked[2]; /* by the next, by the previous: epoch + 1 */
	int waits;
	struct rse_wait wait;
};

static uint32_t
seat_next(const struct seat *s)
{
	return (s->id + 1) % s->n;
}

static uint32_t
seat_prev(const struct seat *s)
{
	return (s->id + s->n - 1) % s->n;
}

static void
seat_send(const struct seat *s, uint32_t to, uint64_t seq,
    const uint8_t *wire, size_t len)
{
	int error;

	if (s->tori[to] == NULL)
		return;
	error = rse_deliver(s->tori[to], s->id, seq, wire, len);
	if (error == RSE_ECHECKSUM || error == RSE_ESHORT)
		rse_refused(s->tori[s->id], to, seq);
}

static void
seat_publish(void *arg, uint64_t seq, const uint8_t *wire, size_t len)
{
	struct seat *s = arg;

	seat_send(s, seat_next(s), seq, wire, len);
	seat_send(s, seat_prev(s), seq, wire, len);
}

static void
seat_resend(void *arg, uint32_t to, uint64_t seq, const uint8_t *wire,
    size_t len)
{
	seat_send(arg, to, seq, wire, len);
}

static void
seat_nudge(void *arg, uint32_t peer, uint64_t epoch)
{
	struct seat *s = arg;
	struct seat *to = s + ((int64_t)peer - s->id);

	to->asked[peer == seat_next(s)] = epoch + 1;
}

/* What the neighbours asked for, then as far as it goes. */
static int
seat_run(struct seat *s, uint64_t batch)
{
	struct rse_torus *t = s->tori[s->id];
	struct rse_pulse before, after;
	enum rse_step r;
	int side;

	rse_pulse(t, &before);
	for (side = 0; side < 2; side++) {
		if (s->asked[side] != 0)
			rse_asked(t, side ? seat_prev(s) : seat_next(s),
			    s->asked[side] - 1);
		s->asked[side] = 0;
	}
	while ((r = rse_step(t, batch, &s->wait)) == RSE_STEP_RAN)
		continue;
	s->waits = r == RSE_STEP_WAIT;
	rse_pulse(t, &after);
	return after.progress != before.progress;
}

/* All that wait have waited long enough.  False if nobody waits. */
static int
deadlines_pass(struct seat *seat, uint32_t n)
{
	struct rse_pulse pulse;
	struct rse_torus *peer;
	uint32_t i;
	int any = 0;

	for (i = 0; i < n; i++) {
		if (seat[i].tori[i] == NULL || !seat[i].waits)
			continue;
		any = 1;
		peer = seat[i].tori[seat[i].wait.peer];
		if (peer != NULL)
			rse_pulse(peer, &pulse);
		rse_deadline(seat[i].tori[i], peer != NULL ? &pulse : NULL);
	}
	return any;
}

static uint64_t
seat_clock(void *arg)
{
	struct timespec ts;

	(void)arg;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

int
rse_braid_run_sequential(struct rse_torus **tori, uint32_t n, uint64_t batch)
{
	struct rse_hooks hooks = { .publish = seat_publish,
		.nudge = seat_nudge, .resend = seat_resend,
		.clock = seat_clock };
	struct seat *seat = calloc(n, sizeof(*seat));
	uint32_t i, quiet = 0;
	int moved;

	if (seat == NULL) {
		errno = ENOMEM;
		return -1;
	}
	for (i = 0; i < n; i++) {
		seat[i] = (struct seat) { .tori = tori, .id = i, .n = n };
		hooks.arg = &seat[i];
		if (tori[i] != NULL)
			rse_torus_hooks_set(tori[i], &hooks);
	}
	while (quiet <= QUIET_ROUNDS) {
		for (moved = 0, i = 0; i < n; i++)
			if (tori[i] != NULL)
				moved |= seat_run(&seat[i], batch);
		quiet = moved ? 0 : quiet + 1;
		if (!moved && !deadlines_pass(seat, n))
			break;
	}
	free(seat);
	return 0;
}
