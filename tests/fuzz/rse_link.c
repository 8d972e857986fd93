/* SPDX-License-Identifier: MIT */
/*
 * tests/fuzz/rse_link.c - both ends of a link with a key, on a network that
 * the input makes, with a peer that has the key and lies.
 *
 * The first byte says whether there is a liar; then each step is a byte of
 * what to do and the bytes that it takes.  Every frame ever sent can come
 * again at any time.  What must hold:
 * (1) What is delivered has its hash, and a sequence number above the last
 *     one of that session.
 * (2) Each frame is counted once, and makes an end send a bounded number.
 * (3) Without a liar a session that was replaced does not come back, and
 *     nothing is delivered that was not published, or twice.
 * (4) When the peer starts anew, the two understand each other, whatever
 *     was said before.
 */
#include <stdlib.h>

/* Its insides: the tag of a frame, the numbers a liar would choose. */
#include "../../rse/core/rsep_link.c"

#define PAYLOAD 2500
#define FRAGS	3
#define TIMEOUT 300
#define TAPE	64
#define STEPS	2000

static const uint8_t key[RSEP_KEY] = "known to the liar as well";

struct end {
	struct rsep_link *link;
	void *mem;
	uint64_t inputs;
	uint64_t seq; /* published */
	uint64_t session[STEPS + 2]; /* of its runs */
	uint32_t runs;
	uint32_t newest; /* run of the other that it knew of */
	uint64_t from, last; /* delivered to it */
	uint64_t delivered;
};

struct frame {
	uint32_t to;
	size_t len;
	uint8_t bytes[RSEP_FRAME_MAX];
};

static struct end end[2];
static struct frame tape[TAPE];
static uint64_t taped, arrived; /* frames sent; those of them that came */
static uint64_t now;
static int liar;
static const uint8_t *in, *in_end;

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

/* What is published as `seq` by end `i`. */
static void
content(uint32_t i, uint64_t session, uint64_t seq, uint8_t *wire)
{
	uint64_t word = session * 2 + i;
	size_t at;

	for (at = 0; at + 8 <= PAYLOAD; at += 8) {
		word = mix64(word + seq + at);
		memcpy(wire + at, &word, 8);
	}
	memset(wire + at, 7, PAYLOAD - at);
}

static void
end_send(void *arg, uint32_t to, const uint8_t *frame, size_t len)
{
	struct end *e = arg;
	struct frame *f = &tape[taped++ % TAPE];
	struct rsep_header h;

	demand(to == (e == end) && len <= RSEP_FRAME_MAX);
	demand(rsep_header_decode(frame, len - RSEP_TAG, &h) == RSE_OK);
	demand(len == RSEP_HEADER + h.frag_len + RSEP_TAG);
	f->to = to;
	f->len = len;
	memcpy(f->bytes, frame, len);
}

static void
end_deliver(void *arg, uint32_t from, uint64_t seq, const uint8_t *wire,
    size_t len)
{
	struct end *e = arg;
	uint8_t want[PAYLOAD];

	demand(from == (e == end) && len == PAYLOAD);
	demand(rse_fnv1a(FNV_OFFSET, wire, len) == e->link->part.payload_hash);
	demand(e->link->session != 0);
	demand(e->from != e->link->session || seq > e->last);
	e->from = e->link->session;
	e->last = seq;
	e->delivered++;
	if (liar)
		return;
	content(from, e->from, seq, want);
	demand(memcmp(wire, want, PAYLOAD) == 0);
}

static void
end_heartbeat(void *arg, uint32_t from, const struct rsep_heartbeat *b)
{
	struct end *e = arg;

	demand(from == (e == end) && b->session == e->link->session);
}

static void
end_start(uint32_t i)
{
	struct rsep_calls calls = { &end[i], end_send, end_deliver,
		end_heartbeat };
	struct rsep_config c = { .self = i, .peer = !i, .payload = PAYLOAD,
		.timeout = TIMEOUT, .keyed = 1 };
	struct end *e = &end[i];
	size_t n;

	/* Not in order: they are drawn by chance. */
	c.session = mix64(77 + i + 2 * e->runs) | 1;
	e->session[e->runs++] = c.session;
	memcpy(c.key, key, RSEP_KEY);
	n = rsep_link_size(&c);
	free(e->mem);
	e->mem = malloc(n);
	demand(rsep_link_create(e->mem, n, &c, &calls, &e->link) == RSE_OK);
	e->inputs = e->newest = 0;
	e->from = e->last = 0;
}

/* Of which run of the other is the session that end `i` believes in? */
static void
session_check(uint32_t i)
{
	struct end *e = &end[i], *o = &end[!i];
	uint32_t run;

	if (liar || e->link->session == 0)
		return;
	for (run = o->runs; run > 0; run--)
		if (o->session[run - 1] == e->link->session)
			break;
	demand(run > 0 && run >= e->newest);
	e->newest = run;
}

static void
end_input(uint32_t to, const uint8_t *bytes, size_t len)
{
	struct end *e = &end[to];
	struct rsep_stats before, s;
	uint8_t *copy = malloc(len);

	memcpy(copy, bytes, len);
	rsep_link_stats(e->link, &before);
	rsep_link_input(e->link, copy, len, now);
	free(copy);
	rsep_link_stats(e->link, &s);
	e->inputs++;
	demand(s.bad_frame + s.bad_sender + s.bad_tag + s.bad_hash + s.stale +
	    s.taken == e->inputs);
	demand(s.sent - before.sent <= FRAGS + 1);
	demand(e->link->parts < FRAGS);
	session_check(to);
}

static void
tape_play(uint64_t at)
{
	struct frame f = tape[at % TAPE];

	if (at < taped)
		end_input(f.to, f.bytes, f.len);
}

/* The frames that never came, in their order; lost if the tape was short. */
static void
arrive(void)
{
	if (arrived + TAPE < taped)
		arrived = taped - TAPE;
	if (arrived < taped)
		tape_play(arrived++);
}

static void
publish(uint32_t i, uint64_t more)
{
	struct end *e = &end[i];
	uint8_t wire[PAYLOAD];

	e->seq += 1 + more;
	content(i, e->link->config.session, e->seq, wire);
	rsep_link_publish(e->link, e->seq, e->seq * 3, wire, now);
}

static void
pass(uint64_t ms)
{
	now += ms;
	rsep_link_poll(end[0].link, now);
	rsep_link_poll(end[1].link, now);
}

/* A number somebody might choose who wants to do harm. */
static uint64_t
number(const struct rsep_link *l)
{
	const uint64_t some[] = { 0, 1, l->last, l->last + 1, l->part.seq,
		l->head.seq, l->head.payload_hash, l->part.payload_hash,
		l->session, l->guess, l->config.session, l->beats, l->mark,
		l->beat_seen, UINT64_MAX, UINT64_MAX - 1 };
	uint8_t b = byte();
	uint64_t any;

	if (b == 255) {
		any = byte();
		return any << (byte() & 63);
	}
	return some[b & 15] + (b >> 5 == 5) - (b >> 5 == 6);
}

static void
tag_put(const struct rsep_link *l, uint64_t sender, int beat, uint8_t *f,
    size_t len)
{
	tag_make(l, sender, beat ? 0 : l->config.session, f, len, f + len);
}

/* The liar says to end `to` what the input wants, with a true tag. */
static void
lie(uint32_t to, uint16_t type)
{
	const struct rsep_link *l = end[to].link;
	struct rsep_header h = { .type = type, .torus_id = !to };
	uint8_t f[RSEP_FRAME_MAX] = { 0 }, *p = f + RSEP_HEADER;
	uint8_t what = byte(), wire[PAYLOAD];
	struct rsep_heartbeat b = { 0 };
	uint64_t sender = l->session;

	h.timestamp = number(l);
	h.seq = number(l);
	h.phase = (uint32_t)(h.timestamp % 3);
	h.frag_count = 1;
	if (type == RSEP_HEARTBEAT) {
		b.session = number(l);
		b.echo = number(l);
		b.heard = number(l);
		b.want = number(l);
		rsep_heartbeat_encode(&b, p);
		sender = b.session;
		h.frag_len = h.payload_len = RSEP_BEAT_LEN;
	} else if (type == RSEP_ACK) {
		le64_put(p, number(l));
		le64_put(p + 8, number(l));
		h.frag_len = h.payload_len = RSEP_ACK_LEN;
	} else {
		content(!to, sender, h.seq + (what >> 6), wire);
		h.payload_len = PAYLOAD;
		h.frag_count = FRAGS;
		h.frag_index = (what & 15) % FRAGS;
		h.frag_len = h.frag_index == 2 ? PAYLOAD - 2048 : 1024;
		memcpy(p, wire + 1024 * h.frag_index, h.frag_len);
		h.payload_hash = rse_fnv1a(FNV_OFFSET, wire, PAYLOAD);
	}
	if (type != RSEP_PROJECTION)
		h.payload_hash = rse_fnv1a(FNV_OFFSET, p, h.frag_len);
	if (what & 16)
		h.payload_hash = number(l);
	if (what & 32)
		*(what & 64 ? &h.payload_len : &h.frag_len) =
		    (uint32_t)number(l) % 4000;
	rsep_header_encode(&h, f);
	if (h.frag_len > RSEP_FRAGMENT)
		h.frag_len = RSEP_FRAGMENT;
	tag_put(l, sender, type == RSEP_HEARTBEAT, f,
	    RSEP_HEADER + h.frag_len);
	end_input(to, f, RSEP_HEADER + h.frag_len + RSEP_TAG);
}

/* One that was sent, changed, with a tag that fits again. */
static void
change(uint64_t at)
{
	struct frame *f = &tape[at % TAPE], g;
	const struct rsep_link *l;
	uint64_t sender;
	int beat;

	if (at >= taped)
		return;
	g = *f;
	l = end[g.to].link;
	at = byte();
	at = at << 8 | byte();
	g.bytes[at % (g.len - RSEP_TAG)] = byte();
	beat = g.bytes[6] == RSEP_HEARTBEAT;
	sender = beat ? le64_get(g.bytes + RSEP_HEADER) : l->session;
	tag_put(l, sender, beat, g.bytes, g.len - RSEP_TAG);
	end_input(g.to, g.bytes, g.len);
}

static void
step(void)
{
	uint8_t what = byte();
	uint32_t i = what >> 7;

	switch (what & 15) {
	case 0:
	case 1:
	case 2:
		arrive();
		break;
	case 3:
		tape_play(byte());
		break;
	case 4:
		tape_play(taped - 1 - byte() % TAPE);
		break;
	case 5:
		arrived += arrived < taped; /* lost */
		break;
	case 6:
		pass(byte() * 2u);
		break;
	case 7:
		pass(1);
		break;
	case 8:
		publish(i, 0);
		break;
	case 9:
		publish(i, byte());
		break;
	case 10:
		rsep_link_nudge(end[i].link, byte(), now);
		break;
	case 11:
		end_start(i);
		break;
	case 12:
		if (liar)
			change(taped - 1 - byte() % TAPE);
		break;
	default:
		if (liar)
			lie(i, (uint16_t)((what & 15) - 12));
	}
}

/* The liar is gone, the peer starts anew, the network is good. */
static void
understand(void)
{
	uint64_t had[2], tries;
	uint32_t i;

	end_start(1);
	arrived = taped;
	for (tries = 0; tries < 10 * TIMEOUT && !(rsep_link_up(end[0].link) &&
	    rsep_link_up(end[1].link)); tries++) {
		pass(1);
		while (arrived < taped)
			arrive();
	}
	for (i = 0; i < 2; i++) {
		had[i] = end[i].delivered;
		publish(i, 0);
	}
	for (tries = 0; tries < 10 * TIMEOUT && !(rsep_link_clear(end[0].link)
	    && rsep_link_clear(end[1].link)); tries++) {
		while (arrived < taped)
			arrive();
		pass(1);
	}
	for (i = 0; i < 2; i++)
		demand(rsep_link_clear(end[i].link) &&
		    end[i].delivered > had[i] && end[i].last == end[!i].seq);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint32_t i, steps;

	in = data;
	in_end = data + size;
	taped = arrived = now = 0;
	for (i = 0; i < 2; i++) {
		end[i] = (struct end) { 0 };
		end_start(i);
	}
	liar = byte() & 1;
	for (steps = 0; in < in_end && steps < STEPS; steps++)
		step();
	liar = 1; /* what it made one end believe may be delivered still */
	understand();
	free(end[0].mem);
	free(end[1].mem);
	return 0;
}
