/* SPDX-License-Identifier: MIT */
/*
 * rse/port/posix/node.c - runs one torus whose neighbours are elsewhere.
 */
#include <errno.h>
#include <time.h>

#include "node.h"

#define LINGER	3  /* ack_timeouts of silence before we are sure */
#define GIVE_UP 10 /* and while something is unacknowledged: they have left */

uint64_t
rse_clock_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static uint64_t
now_ms(void)
{
	return rse_clock_ns() / 1000000;
}

static void
node_publish(void *arg, uint64_t seq, const uint8_t *wire, size_t len)
{
	struct rse_channel *c = arg;

	(void)len;
	c->publish(c->arg, seq, wire);
}

static void
node_resend(void *arg, uint32_t to, uint64_t seq, const uint8_t *wire,
    size_t len)
{
	struct rse_channel *c = arg;

	(void)len;
	c->resend(c->arg, to, seq, wire);
}

static void
node_nudge(void *arg, uint32_t peer, uint64_t epoch)
{
	struct rse_channel *c = arg;

	c->nudge(c->arg, peer, epoch);
}

/* Wait for `w`; a deadline of it may pass. */
static void
node_wait(struct rse_torus *t, struct rse_channel *c,
    const struct rse_wait *w, uint64_t *since)
{
	uint64_t timeout = rse_torus_config(t)->timeout;
	uint64_t waited = now_ms() - *since;
	struct rse_pulse pulse;
	int known;

	if (waited < timeout && c->receive(c->arg, (int)(timeout - waited)))
		return;
	if (now_ms() - *since < timeout)
		return;
	known = c->pulse(c->arg, w->peer, &pulse);
	rse_deadline(t, known ? &pulse : NULL);
	c->beat(c->arg);
	*since = now_ms();
}

/* The others may still need an ACK from us: until they are silent. */
static void
node_linger(struct rse_torus *t, struct rse_channel *c, uint64_t end)
{
	uint64_t quiet = now_ms();
	uint64_t ms = rse_torus_config(t)->timeout;

	while (now_ms() < end &&
	    now_ms() - quiet < (c->clear(c->arg) ? LINGER : GIVE_UP) * ms)
		if (c->receive(c->arg, (int)(ms / 4 + 1)))
			quiet = now_ms();
}

int
rse_node_run(struct rse_torus *t, struct rse_channel *c, uint64_t batch,
    uint64_t ms)
{
	struct rse_hooks hooks = { .arg = c, .publish = node_publish,
		.resend = node_resend, .nudge = node_nudge };
	uint64_t since = now_ms(), epoch = RSE_FOREVER;
	uint64_t end = ms < RSE_FOREVER - since ? since + ms : RSE_FOREVER;
	struct rse_wait w;

	rse_torus_hooks_set(t, &hooks);
	/* All go to the limit: who slept before it would never know of it. */
	rse_nudged(t, RSE_FOREVER - 1);
	while (now_ms() < end) {
		c->receive(c->arg, 0);
		switch (rse_step(t, batch, &w)) {
		case RSE_STEP_RAN:
			continue;
		case RSE_STEP_WAIT:
			if (w.epoch != epoch)
				since = now_ms();
			epoch = w.epoch;
			c->beat(c->arg);
			node_wait(t, c, &w, &since);
			continue;
		case RSE_STEP_DONE:
			c->beat(c->arg);
			node_linger(t, c, end);
			return 0;
		case RSE_STEP_FAULTED:
			errno = EIO;
			return -1;
		default:
			c->beat(c->arg);
			c->receive(c->arg,
			    (int)rse_torus_config(t)->timeout);
			continue;
		}
	}
	errno = ETIMEDOUT;
	return -1;
}
