/* SPDX-License-Identifier: MIT */
/*
 * rse/port/posix/sequential.c - the reference runner: no threads, no
 * mailboxes; a projection is delivered inside the publisher's step.
 */
#include <errno.h>
#include <stdlib.h>

#include "runner.h"

struct seat {
	struct rse_torus **tori;
	uint32_t id, n;
};

static void
seat_publish(void *arg, uint64_t seq, const uint8_t *wire, size_t len)
{
	struct seat *s = arg;

	rse_deliver(s->tori[(s->id + 1) % s->n], s->id, seq, wire, len);
	rse_deliver(s->tori[(s->id + s->n - 1) % s->n], s->id, seq, wire,
	    len);
}

static void
seat_nudge(void *arg, uint32_t peer, uint64_t epoch)
{
	struct seat *s = arg;

	rse_nudged(s->tori[peer], epoch);
}

int
rse_braid_run_sequential(struct rse_torus **tori, uint32_t n, uint64_t batch)
{
	struct rse_hooks hooks = { .publish = seat_publish,
		.nudge = seat_nudge };
	struct seat *seat = calloc(n, sizeof(*seat));
	struct rse_wait wait;
	struct rse_stats before, after;
	uint32_t i;
	int moved;

	if (seat == NULL) {
		errno = ENOMEM;
		return -1;
	}
	for (i = 0; i < n; i++) {
		seat[i] = (struct seat) { tori, i, n };
		hooks.arg = &seat[i];
		rse_torus_hooks_set(tori[i], &hooks);
	}
	do {
		moved = 0;
		for (i = 0; i < n; i++) {
			rse_torus_stats(tori[i], &before);
			while (rse_step(tori[i], batch, &wait) == RSE_STEP_RAN)
				continue;
			rse_torus_stats(tori[i], &after);
			moved |= after.epoch != before.epoch ||
			    after.processed != before.processed ||
			    after.applied != before.applied;
		}
	} while (moved);
	free(seat);
	return 0;
}
