/* SPDX-License-Identifier: MIT */
/*
 * rse/port/posix/frames.c - a channel of RSEP frames over any transport.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "node.h"

#define AT_ONCE 64 /* frames, before the torus has its turn again */

struct frames {
	struct rse_channel *channel;
	struct rse_torus *torus;
	struct rse_transport transport;
	struct rsep_link *link[2];
	void *mem[2];
	uint32_t peer[2]; /* previous, next */
	struct rse_pulse pulse[2];
	int heard[2];
	uint64_t answered[2]; /* ms: when a wish was last answered */
	int measured;
	uint64_t published_ns;
	uint64_t told; /* progress and state of the last beat sent */
};

static uint64_t
now_ms(void)
{
	return rse_clock_ns() / 1000000;
}

static void
frames_send(void *arg, uint32_t to, const uint8_t *frame, size_t len)
{
	struct frames *f = arg;

	f->transport.send(f->transport.arg, to, frame, len);
}

static void
frames_deliver(void *arg, uint32_t from, uint64_t seq, const uint8_t *wire,
    size_t len)
{
	struct frames *f = arg;

	rse_deliver(f->torus, from, seq, wire, len);
}

/* Who waits for us learns that we live; two who wait do not chatter. */
static void
pulse_answer(struct frames *f, int side)
{
	uint64_t now = now_ms();
	struct rse_pulse p;

	if (now - f->answered[side] <
	    rse_torus_config(f->torus)->timeout / 6 + 1)
		return;
	f->answered[side] = now;
	rse_pulse(f->torus, &p);
	rsep_link_pulse(f->link[side], &p, 1, now);
}

static void
frames_heartbeat(void *arg, uint32_t from, const struct rsep_heartbeat *b)
{
	struct frames *f = arg;
	int side = from == f->peer[1];

	f->pulse[side] = b->pulse;
	f->heard[side] = 1;
	if (b->want == 0)
		return;
	rse_asked(f->torus, from, b->want - 1);
	pulse_answer(f, side);
}

static void
frames_publish(void *arg, uint64_t seq, const uint8_t *wire)
{
	struct frames *f = arg;
	struct rse_stats s;
	int side;

	rse_torus_stats(f->torus, &s);
	f->published_ns = rse_clock_ns();
	f->measured = 0;
	for (side = 0; side < 2; side++)
		rsep_link_publish(f->link[side], seq, s.epoch, wire,
		    now_ms());
}

static void
frames_resend(void *arg, uint32_t to, uint64_t seq, const uint8_t *wire)
{
	struct frames *f = arg;
	struct rsep_link *l = f->link[to == f->peer[1]];
	struct rse_projection p;
	size_t len = rse_projection_size(rse_torus_config(f->torus));
	uint32_t faces = rse_torus_config(f->torus)->dim[1] *
	    rse_torus_config(f->torus)->dim[2];

	/* While it is being sent anyway, asking does not make it faster. */
	if (rsep_link_clear(l) &&
	    rse_projection_decode(wire, len, faces, &p) == RSE_OK)
		rsep_link_publish(l, seq, p.timestamp, wire, now_ms());
}

static void
frames_nudge(void *arg, uint32_t peer, uint64_t epoch)
{
	struct frames *f = arg;

	rsep_link_nudge(f->link[peer == f->peer[1]], epoch, now_ms());
}

static void
latency_note(struct frames *f)
{
	struct rse_latency *l = &f->channel->latency;

	if (f->measured || f->published_ns == 0 ||
	    !rsep_link_clear(f->link[0]) || !rsep_link_clear(f->link[1]))
		return;
	f->measured = 1;
	if (l->n < l->cap)
		l->ns[l->n++] = rse_clock_ns() - f->published_ns;
}

/* Of frames that came: is it worth the torus's while, or noise? */
enum taken { NOTHING, NOISE, WORD };

static enum taken
frame_take(struct frames *f, int ms)
{
	uint8_t frame[RSEP_FRAME_MAX];
	struct rsep_header h;
	size_t len;
	int error;

	len = f->transport.receive(f->transport.arg, frame, sizeof(frame),
	    ms);
	if (len == 0)
		return NOTHING;
	/* A sender that is nobody is counted by the first link. */
	if (rsep_header_decode(frame, len, &h) != RSE_OK)
		h.torus_id = f->peer[0];
	error = rsep_link_input(f->link[h.torus_id == f->peer[1]], frame, len,
	    now_ms());
	latency_note(f);
	/* One that comes again asks for its ACK. */
	return error == RSE_OK || error == RSE_ESTALE ? WORD : NOISE;
}

/* However fast they come, the torus and the clocks of the links get on. */
static int
frames_receive(void *arg, int ms)
{
	struct frames *f = arg;
	uint64_t now = now_ms(), next, due;
	enum taken taken;
	int side, n, any = 0;

	for (next = now + (uint64_t)ms, side = 0; side < 2; side++) {
		due = rsep_link_poll(f->link[side], now);
		if (due < next)
			next = due > now ? due : now;
	}
	taken = frame_take(f, (int)(next - now));
	for (n = 1; taken != NOTHING; n++) {
		any |= taken == WORD;
		if (n == AT_ONCE)
			break;
		taken = frame_take(f, 0);
	}
	return any;
}

/* A pulse goes out when there is something new to say. */
static void
frames_beat(void *arg)
{
	struct frames *f = arg;
	struct rse_pulse p;
	uint64_t say;
	int side, news;

	rse_pulse(f->torus, &p);
	say = p.progress * 8 + p.state;
	news = say != f->told;
	f->told = say;
	for (side = 0; side < 2; side++)
		rsep_link_pulse(f->link[side], &p,
		    news && p.state != RSE_WAITING, now_ms());
}

static int
frames_pulse(void *arg, uint32_t peer, struct rse_pulse *p)
{
	struct frames *f = arg;
	int side = peer == f->peer[1], heard = f->heard[side];

	*p = f->pulse[side];
	f->heard[side] = 0;
	return heard;
}

static int
frames_clear(void *arg)
{
	struct frames *f = arg;

	return rsep_link_clear(f->link[0]) && rsep_link_clear(f->link[1]);
}

static void
frames_close(void *arg)
{
	struct frames *f = arg;

	f->transport.close(f->transport.arg);
	free(f->mem[0]);
	free(f->mem[1]);
	free(f);
}

void
rse_frames_stats(const struct rse_channel *c, int side, struct rsep_stats *s)
{
	const struct frames *f = c->arg;

	rsep_link_stats(f->link[side], s);
}

static int
links_make(struct frames *f, const uint8_t *key, uint64_t session)
{
	const struct rse_config *rc = rse_torus_config(f->torus);
	struct rsep_calls calls = { f, frames_send, frames_deliver,
		frames_heartbeat };
	struct rsep_config c = { .self = rc->id, .timeout = rc->timeout,
		.keyed = key != NULL, .session = session };
	size_t len;
	int side;

	c.payload = (uint32_t)rse_projection_size(rc);
	if (key != NULL)
		memcpy(c.key, key, RSEP_KEY);
	for (side = 0; side < 2; side++) {
		f->peer[side] = (rc->id + (side ? 1 : rc->count - 1)) %
		    rc->count;
		c.peer = f->peer[side];
		len = rsep_link_size(&c);
		f->mem[side] = len == 0 ? NULL : malloc(len);
		if (f->mem[side] == NULL)
			return len == 0 ? EINVAL : ENOMEM;
		rsep_link_create(f->mem[side], len, &c, &calls,
		    &f->link[side]);
	}
	return 0;
}

int
rse_frames_open(struct rse_channel *c, struct rse_torus *t,
    const struct rse_transport *transport, const uint8_t *key,
    uint64_t session)
{
	struct frames *f = NULL;
	int error = 0;

	if (rse_torus_config(t)->count == 0)
		error = EINVAL; /* it has no neighbours */
	else if ((f = calloc(1, sizeof(*f))) == NULL)
		error = ENOMEM;
	if (error == 0) {
		f->torus = t;
		f->channel = c;
		f->transport = *transport;
		error = links_make(f, key, session);
	}
	if (error != 0) {
		if (f != NULL) {
			free(f->mem[0]);
			free(f->mem[1]);
		}
		free(f);
		errno = error;
		return -1;
	}
	*c = (struct rse_channel) { .arg = f, .torus = t,
		.publish = frames_publish, .resend = frames_resend,
		.nudge = frames_nudge, .receive = frames_receive,
		.beat = frames_beat, .pulse = frames_pulse,
		.clear = frames_clear, .close = frames_close };
	return 0;
}
