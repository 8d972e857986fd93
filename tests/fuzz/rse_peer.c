/* SPDX-License-Identifier: MIT */
/*
 * tests/fuzz/rse_peer.c - a torus between two neighbours that have the key
 * and say what the input wants.
 *
 * The first byte chooses policy and interval; then each step is a byte of
 * what happens and the bytes that it takes: time passes, the torus goes on,
 * or a neighbour sends a frame with a true tag.  What must hold:
 * (1) The torus stays whole: canaries, the ledger, its state; it can be
 *     saved and loaded again.
 * (2) What it says of itself is true: the frames are sound, a projection is
 *     the one that it made, with its own numbers.
 * (3) Only what came with the hash of its header and of its content, from
 *     that neighbour, is taken; the flux taken in is what faces say.
 * (4) One call to receive takes a bounded number of frames.
 */
#include <stdlib.h>

#include "../../rse/core/hash.h"
#include "../../rse/core/keep.h"
#include "../../rse/core/sha256.h"
#include "small.h"

/* The channel itself: its clock is ours. */
#include "../../rse/port/posix/frames.c"

#define SELF	1
#define SESSION 7
#define INBOX	8
#define WIRE	128 /* of a projection of 4 x 2 x 2 */
#define STEPS	1000

static const uint8_t key[RSEP_KEY] = "known to the neighbours";
static struct rse_config config;
static struct rse_torus *torus, *other;
static struct rse_channel channel;
static uint64_t clock_ms, beats[3];
static const uint8_t *in, *in_end;

static struct {
	size_t len;
	uint8_t bytes[RSEP_FRAME_MAX];
} inbox[INBOX];
static uint32_t waiting;
static int flood; /* the last one comes again and again */
static uint32_t taken;

static void
demand(int good)
{
	if (!good)
		abort();
}

static uint8_t
byte(void)
{
	return in < in_end ? *in++ : 0;
}

uint64_t
rse_clock_ns(void)
{
	return clock_ms * 1000000;
}

static void *
bytes(size_t n)
{
	void *p = calloc(1, n);

	demand(p != NULL && n != 0);
	return p;
}

/* (2) What the torus sends, as a neighbour that is no liar would read it. */
static void
wire_send(void *arg, uint32_t to, const uint8_t *frame, size_t len)
{
	struct rse_projection p;
	struct rsep_header h;
	struct rse_stats s;

	(void)arg;
	demand(to == 0 || to == 2);
	demand(rsep_header_decode(frame, len - RSEP_TAG, &h) == RSE_OK);
	demand(len == RSEP_HEADER + h.frag_len + RSEP_TAG);
	demand(h.torus_id == SELF && rse_fnv1a(FNV_OFFSET,
	    frame + RSEP_HEADER, h.frag_len) == h.payload_hash);
	if (h.type != RSEP_PROJECTION)
		return;
	rse_torus_stats(torus, &s);
	demand(h.frag_len == WIRE && rse_projection_decode(frame +
	    RSEP_HEADER, WIRE, 4, &p) == RSE_OK);
	demand(p.torus_id == SELF && p.timestamp == h.timestamp &&
	    p.timestamp <= s.epoch && p.timestamp % 3 == SELF &&
	    p.processed <= s.processed && h.seq <= torus->braid.seq);
}

static size_t
wire_receive(void *arg, uint8_t *frame, size_t room, int ms)
{
	size_t len;

	(void)arg;
	(void)ms;
	if (waiting == 0)
		return 0;
	demand(++taken <= 100);
	len = inbox[0].len < room ? inbox[0].len : room;
	memcpy(frame, inbox[0].bytes, len);
	if (waiting > 1 || !flood) {
		waiting--;
		memmove(inbox, inbox + 1, waiting * sizeof(inbox[0]));
	}
	return len;
}

static void
wire_close(void *arg)
{
	(void)arg;
}

static void
world_make(uint8_t how)
{
	static void *mem[2], *keep_mem, *store_mem;
	struct rse_transport t = { NULL, wire_send, wire_receive,
		wire_close };
	struct rse_keep *keep;
	struct rse_store *store;
	size_t size, keeps, stores;

	small_strand_config(&config, SELF);
	config.journal = 64;
	config.interval = 100;
	config.policy = how & 1 ? RSE_POLICY_CONTINUE : RSE_POLICY_WAIT;
	config.adaptive = how >> 1 & 1;
	config.every = 1 + (how >> 4);
	size = rse_torus_size(&config);
	keeps = rse_keep_size(&config);
	stores = rse_store_size(&config);
	if (mem[0] == NULL) {
		mem[0] = bytes(size);
		mem[1] = bytes(size);
		keep_mem = bytes(keeps);
		store_mem = bytes(stores);
	}
	demand(rse_torus_create(mem[0], size, &config, &torus) == RSE_OK &&
	    rse_torus_create(mem[1], size, &config, &other) == RSE_OK &&
	    rse_keep_create(keep_mem, keeps, &config, &keep) == RSE_OK &&
	    rse_store_create(store_mem, stores, &config, &store) == RSE_OK &&
	    rse_keep_attach(torus, keep, store, NULL) == RSE_OK);
	small_strand_fill(torus);
	rse_start(torus);
	demand(rse_frames_open(&channel, torus, &t, key, SESSION) == 0);
}

static uint64_t
number(void)
{
	const uint64_t some[] = { 0, 1, 2, torus->braid.epoch,
		torus->braid.epoch + 1, torus->braid.seq, UINT64_MAX,
		INT64_MAX, UINT32_MAX, torus->braid.peer[0].seq + 1,
		torus->braid.peer[1].seq + 1, torus->stats.processed,
		torus->braid.end, SESSION, 100, 102 };
	uint8_t b = byte();

	return some[b & 15] + (b >> 5 == 5) - (b >> 5 == 6) +
	    (b >> 5 == 7 ? byte() : 0);
}

/* A frame of neighbour `from`, tagged, into the inbox. */
static void
frame_put(uint32_t from, struct rsep_header *h, const uint8_t *payload)
{
	uint8_t sessions[16], *f;
	struct hmac_key k;

	if (waiting == INBOX)
		return;
	f = inbox[waiting].bytes;
	h->torus_id = from;
	h->phase = (uint32_t)(h->timestamp % 3);
	h->frag_count = 1;
	h->frag_len = h->payload_len;
	rsep_header_encode(h, f);
	memcpy(f + RSEP_HEADER, payload, h->frag_len);
	le64_put(sessions, 100 + from);
	le64_put(sessions + 8, h->type == RSEP_HEARTBEAT ? 0 : SESSION);
	rse_hmac_key(&k, key, RSEP_KEY);
	rse_hmac(&k, sessions, sizeof(sessions), f,
	    RSEP_HEADER + h->frag_len, f + RSEP_HEADER + h->frag_len);
	inbox[waiting++].len = RSEP_HEADER + h->frag_len + RSEP_TAG;
}

static void
beat_put(uint32_t from)
{
	struct rsep_heartbeat b = { .session = 100 + from, .echo = SESSION,
		.heard = UINT64_MAX };
	struct rsep_header h = { .type = RSEP_HEARTBEAT,
		.seq = ++beats[from], .payload_len = RSEP_BEAT_LEN };
	uint8_t payload[RSEP_BEAT_LEN];

	b.want = number();
	b.pulse.progress = number();
	b.pulse.state = byte() % 8;
	b.pulse.waits_for = byte() % 4;
	rsep_heartbeat_encode(&b, payload);
	h.payload_hash = rse_fnv1a(FNV_OFFSET, payload, sizeof(payload));
	frame_put(from, &h, payload);
}

static void
ack_put(uint32_t from)
{
	struct rsep_header h = { .type = RSEP_ACK, .timestamp = number(),
		.seq = 1, .payload_len = RSEP_ACK_LEN };
	uint8_t payload[RSEP_ACK_LEN];

	le64_put(payload, number());
	le64_put(payload + 8, le64_get(torus->wire + WIRE - 8));
	if (byte() & 1)
		le64_put(payload + 8,
		    rse_fnv1a(FNV_OFFSET, torus->wire, WIRE));
	h.payload_hash = rse_fnv1a(FNV_OFFSET, payload, sizeof(payload));
	frame_put(from, &h, payload);
}

static void
projection_put(uint32_t from)
{
	struct rsep_header h = { .type = RSEP_PROJECTION,
		.payload_len = WIRE };
	uint8_t wire[WIRE] = { 0 }, what = byte();
	uint32_t i;

	h.timestamp = number();
	h.seq = number();
	le32_put(wire, what & 64 ? byte() % 4 : from);
	le64_put(wire + 4, what & 1 ? number() : h.timestamp);
	le64_put(wire + 12, number());
	le64_put(wire + 20, number());
	le32_put(wire + 32, byte());
	for (i = 0; i < 4; i++)
		le32_put(wire + PROJ_FACES + 4 * i, what & 2 ?
		    (uint32_t)number() : (uint32_t)byte() << 4 * (what >> 5));
	le32_put(wire + PROJ_FACES + 16 + 20, (uint32_t)number());
	if (what & 4) {
		i = byte() % WIRE;
		wire[i] = byte();
	}
	le64_put(wire + WIRE - 8, rse_fnv1a(FNV_OFFSET, wire, WIRE - 8));
	if ((what & 24) == 24)
		wire[byte() % WIRE] ^= 1;
	h.payload_hash = rse_fnv1a(FNV_OFFSET, wire, WIRE);
	if ((what & 48) == 48)
		h.payload_hash = number();
	frame_put(from, &h, wire);
}

/* As node.c does it. */
static void
torus_go(uint8_t batch)
{
	struct rse_pulse pulse;
	struct rse_wait w;
	int known;

	if (rse_step(torus, 1 + batch, &w) != RSE_STEP_WAIT)
		return;
	channel.beat(channel.arg);
	if (batch & 1) {
		known = channel.pulse(channel.arg, w.peer, &pulse);
		rse_deadline(torus, known ? &pulse : NULL);
	}
}

/* (1) and (3) */
static void
torus_check(void)
{
	struct rse_stats s;
	uint32_t i, sum = 0;

	rse_torus_stats(torus, &s);
	demand(rse_torus_check(torus) == RSE_OK);
	demand(torus->state != RSE_FAULTED);
	demand(s.injected + s.emitted + s.flux_in_events ==
	    s.processed + s.pending + s.flux_out_events);
	demand(s.interval >= 100 && s.interval <= 10000);
	for (i = 0; i < 4; i++)
		sum += rse_face_in(torus, i);
	demand(sum == (uint32_t)s.flux_in);
}

static void
torus_save(void)
{
	static uint8_t buf[65536];
	size_t used;

	demand(rse_snapshot_save(torus, buf, sizeof(buf), &used) == RSE_OK);
	demand(rse_snapshot_load(other, buf, used) == RSE_OK);
	demand(rse_torus_digest(other) == rse_torus_digest(torus));
}

/* The hooks, as node.c has them. */
static void
torus_publish(void *arg, uint64_t seq, const uint8_t *wire, size_t len)
{
	demand(len == WIRE && seq == torus->braid.seq);
	channel.publish(arg, seq, wire);
}

static void
torus_resend(void *arg, uint32_t to, uint64_t seq, const uint8_t *wire,
    size_t len)
{
	demand(len == WIRE && seq <= torus->braid.seq);
	channel.resend(arg, to, seq, wire);
}

static void
step(void)
{
	uint8_t what = byte();
	uint32_t from = what & 128 ? 0 : 2;

	switch (what & 7) {
	case 0:
		torus_go(byte());
		break;
	case 1:
		clock_ms += byte();
		break;
	case 2:
		beat_put(from);
		break;
	case 3:
		ack_put(from);
		break;
	case 4:
		flood = what >> 4 & 1;
		/* FALLTHROUGH */
	case 5:
		taken = 0;
		channel.receive(channel.arg, 0);
		flood = 0;
		break;
	default:
		projection_put(from);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rse_hooks hooks = { .publish = torus_publish,
		.resend = torus_resend };
	uint32_t steps;

	in = data;
	in_end = data + size;
	clock_ms = 1;
	memset(beats, 0, sizeof(beats));
	waiting = 0;
	world_make(byte());
	hooks.arg = channel.arg;
	hooks.nudge = channel.nudge;
	rse_torus_hooks_set(torus, &hooks);
	for (steps = 0; in < in_end && steps < STEPS; steps++) {
		step();
		torus_check();
	}
	torus_save();
	channel.close(channel.arg);
	return 0;
}
