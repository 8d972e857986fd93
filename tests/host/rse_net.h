/* SPDX-License-Identifier: MIT */
/*
 * tests/host/rse_net.h - three tori over RSEP links on a network that loses,
 * doubles, delays and changes frames.
 *
 * Use: net_make, net_epochs, then net_tick for each millisecond until
 * net_done.  The time is the net's own: nothing depends on the host's clock.
 */
#ifndef RSE_NET_H
#define RSE_NET_H

#include <rsep.h>

#include "rse_world.h"

#define EPOCHS	35

static uint64_t net_seed = 3;

static inline uint32_t
rnd(uint32_t n)
{
	net_seed = net_seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((net_seed >> 33) % n);
}

static const uint8_t net_key[RSEP_KEY] =
    "thirty-two bytes known to both.";

/* A network of `percent`: frames lost, doubled, changed, late by 0-40 ms. */
#define FLIGHT 4096
struct net {
	struct world w;
	struct rsep_link *link[3][2]; /* of torus i: previous, next */
	void *mem[3][2];
	uint32_t percent;
	int keyed;
	uint64_t now;
	uint32_t n;
	struct {
		uint64_t due;
		uint32_t to, from;
		size_t len;
		uint8_t frame[RSEP_FRAME_MAX];
	} *flight;
	uint64_t changed, delivered;
	int restarts; /* who starts anew may be told again what it knew */
	uint64_t again;
	uint8_t *tape; /* every frame to torus 0, as sent */
	size_t taped;
};

struct place {
	struct net *net;
	uint32_t id;
};

static struct place place[3];

static inline uint32_t
side_peer(uint32_t id, int side)
{
	return (id + (side ? 1 : 2)) % 3;
}

static inline void
net_put(struct net *n, uint32_t from, uint32_t to, const uint8_t *frame,
    size_t len)
{
	uint32_t at = n->n;

	if (n->n == FLIGHT)
		return;
	n->flight[at].due = n->now + rnd(1 + n->percent);
	n->flight[at].to = to;
	n->flight[at].from = from;
	n->flight[at].len = len;
	memcpy(n->flight[at].frame, frame, len);
	/* Without a tag the header is not protected: such media do not. */
	if (n->keyed && rnd(400) < n->percent) {
		n->flight[at].frame[rnd((uint32_t)len)] ^=
		    (uint8_t)(1u << rnd(8));
		n->changed++;
	}
	n->n++;
}

static inline void
net_send(void *arg, uint32_t to, const uint8_t *frame, size_t len)
{
	struct place *p = arg;
	struct net *n = p->net;

	if (n->tape != NULL && to == 0 && n->taped < 4000) {
		memcpy(n->tape + n->taped * RSEP_FRAME_MAX, frame, len);
		n->taped++;
	}
	if (rnd(100) < n->percent)
		return;
	net_put(n, p->id, to, frame, len);
	if (rnd(100) < n->percent)
		net_put(n, p->id, to, frame, len);
}

static inline void
net_deliver(void *arg, uint32_t from, uint64_t seq, const uint8_t *wire,
    size_t len)
{
	struct place *p = arg;
	int error = rse_deliver(p->net->w.t[p->id], from, seq, wire, len);

	p->net->delivered++;
	p->net->again += error == RSE_ESTALE;
	if (error != RSE_OK && (error != RSE_ESTALE || !p->net->restarts))
		abort();
}

static inline void
net_heartbeat(void *arg, uint32_t from, const struct rsep_heartbeat *b)
{
	struct place *p = arg;

	if (b->want != 0)
		rse_asked(p->net->w.t[p->id], from, b->want - 1);
}

static inline void
net_publish(void *arg, uint64_t seq, const uint8_t *wire, size_t len)
{
	struct place *p = arg;
	int side;

	(void)len;
	for (side = 0; side < 2; side++)
		rsep_link_publish(p->net->link[p->id][side], seq,
		    le64_get(wire + 4), wire, p->net->now);
}

static inline void
net_resend(void *arg, uint32_t to, uint64_t seq, const uint8_t *wire,
    size_t len)
{
	struct place *p = arg;
	struct rsep_link *l = p->net->link[p->id][to == side_peer(p->id, 1)];

	(void)len;
	if (rsep_link_clear(l))
		rsep_link_publish(l, seq, le64_get(wire + 4), wire,
		    p->net->now);
}

static inline void
net_nudge(void *arg, uint32_t peer, uint64_t epoch)
{
	struct place *p = arg;

	rsep_link_nudge(p->net->link[p->id][peer == side_peer(p->id, 1)],
	    epoch, p->net->now);
}

static inline void
net_link(struct net *n, uint32_t i, int side, const uint8_t *key,
    uint64_t session)
{
	struct rsep_calls calls = { &place[i], net_send, net_deliver,
		net_heartbeat };
	struct rsep_config c = { .self = i, .peer = side_peer(i, side),
		.timeout = 300, .keyed = key != NULL, .session = session };
	size_t len;

	c.payload = (uint32_t)rse_projection_size(&n->w.config[i]);
	if (key != NULL)
		memcpy(c.key, key, RSEP_KEY);
	len = rsep_link_size(&c);
	free(n->mem[i][side]);
	n->mem[i][side] = malloc(len);
	if (rsep_link_create(n->mem[i][side], len, &c, &calls,
	    &n->link[i][side]) != RSE_OK)
		abort();
}

static inline void
net_make(struct net *n, uint32_t percent, const uint8_t *key)
{
	struct rse_hooks h = { .publish = net_publish,
		.resend = net_resend, .nudge = net_nudge };
	uint32_t i;
	int side;

	memset(n, 0, sizeof(*n));
	world_make(&n->w, 3, RSE_POLICY_WAIT, 256);
	n->percent = percent;
	n->keyed = key != NULL;
	n->flight = calloc(FLIGHT, sizeof(n->flight[0]));
	for (i = 0; i < 3; i++) {
		place[i] = (struct place) { n, i };
		h.arg = &place[i];
		rse_torus_hooks_set(n->w.t[i], &h);
		for (side = 0; side < 2; side++)
			net_link(n, i, side, key, 1000 + i * 2 +
			    (uint32_t)side);
	}
}

static inline void
net_free(struct net *n)
{
	uint32_t i;

	for (i = 0; i < 3; i++) {
		free(n->mem[i][0]);
		free(n->mem[i][1]);
	}
	free(n->flight);
	free(n->tape);
	world_free(&n->w);
}

/* One millisecond. */
static inline void
net_tick(struct net *n, int steps)
{
	struct rse_wait w;
	uint32_t i;

	for (i = 0; i < n->n;) {
		if (n->flight[i].due > n->now) {
			i++;
			continue;
		}
		rsep_link_input(n->link[n->flight[i].to][n->flight[i].from ==
		    side_peer(n->flight[i].to, 1)], n->flight[i].frame,
		    n->flight[i].len, n->now);
		n->flight[i] = n->flight[--n->n];
	}
	for (i = 0; i < 3; i++) {
		while (steps && rse_step(n->w.t[i], 50, &w) == RSE_STEP_RAN)
			continue;
		rsep_link_poll(n->link[i][0], n->now);
		rsep_link_poll(n->link[i][1], n->now);
	}
	n->now++;
}

static inline void
net_epochs(struct net *n, uint64_t epochs)
{
	uint32_t i;

	for (i = 0; i < 3; i++)
		rse_epoch_limit(n->w.t[i], epochs);
}

static inline int
net_done(const struct net *n)
{
	struct rse_stats s;
	uint32_t i;

	for (i = 0; i < 3; i++) {
		rse_torus_stats(n->w.t[i], &s);
		if (s.epoch < EPOCHS || !rsep_link_clear(n->link[i][0]) ||
		    !rsep_link_clear(n->link[i][1]))
			return 0;
	}
	return 1;
}

static inline uint64_t
net_reference(void)
{
	struct world w;
	uint64_t d;

	world_make(&w, 3, RSE_POLICY_WAIT, 256);
	world_run(&w, EPOCHS);
	d = world_digest(&w);
	world_free(&w);
	return d;
}

static const uint8_t key[RSEP_KEY] = "thirty-two bytes known to both.";

#endif
