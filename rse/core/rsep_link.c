/* SPDX-License-Identifier: MIT */
/*
 * rse/core/rsep_link.c - one end of a link: sending again, putting together.
 *
 *	down --heartbeat that echoes our session--> up
 *	up --the same from a new run, answering one of ours since--> up
 *
 * Sending: one publication at a time, the latest; all its fragments go out
 * again until it is acknowledged, after 20 ms, then twice that, up to
 * ack_timeout.  A newer one takes its place: the protocol above lets that
 * happen only when the peer has applied the older one, or under `continue`,
 * where the newer says all that the older said.
 *
 * Receiving: one projection at a time is put together.  A fragment of a
 * newer one drops it; so does ack_timeout.
 *
 * Invariants:
 * (1) What is delivered has the hash of its header, and a sequence number
 *     above the last one delivered in this session of the peer.
 * (2) No state changes on a frame whose tag is wrong.
 * (3) A run of the peer that another one replaced does not come back: its
 *     heartbeats answer those we sent before, and no later ones.
 */
#include <string.h>

#include <rsep.h>

#include "hash.h"
#include "sha256.h"

#define ALIGN(n) (((n) + 63) & ~(size_t)63)

struct rsep_link {
	struct rsep_config config;
	struct rsep_calls calls;
	struct rsep_stats stats;
	struct hmac_key key;
	/* Sessions. */
	uint64_t session; /* the peer's, 0: not known yet */
	uint64_t guess;	  /* the peer's, told but not proved */
	uint64_t beats;	  /* heartbeats sent */
	uint64_t beat_seen, guess_seen; /* the last of session, of guess */
	uint64_t mark;	  /* heartbeats sent when `session` began */
	uint64_t beat_at; /* when the next one is due */
	struct rse_pulse pulse;
	uint64_t want;
	/* Sending. */
	uint8_t *out;
	struct rsep_header head;
	uint64_t retry_at, retry;
	uint8_t pending;
	/* Receiving. */
	uint8_t *in;
	uint8_t *got; /* a byte a fragment */
	struct rsep_header part;
	uint32_t parts; /* fragments here, 0: nothing begun */
	uint64_t part_at;
	uint64_t last; /* sequence number delivered */
	uint64_t last_hash;
	uint8_t frame[RSEP_FRAME_MAX];
};

static uint32_t
fragments(uint32_t payload)
{
	return (payload - 1) / RSEP_FRAGMENT + 1;
}

size_t
rsep_link_size(const struct rsep_config *c)
{
	if (c->payload == 0 || c->payload > UINT16_MAX * RSEP_FRAGMENT ||
	    c->timeout == 0 || c->session == 0 || c->keyed > 1)
		return 0;
	return 63 + ALIGN(sizeof(struct rsep_link)) +
	    2 * ALIGN((size_t)c->payload) + fragments(c->payload);
}

int
rsep_link_create(void *mem, size_t len, const struct rsep_config *c,
    const struct rsep_calls *calls, struct rsep_link **out)
{
	struct rsep_link *l;
	uint8_t *at;

	if (rsep_link_size(c) == 0)
		return RSE_EINVAL;
	if (len < rsep_link_size(c))
		return RSE_ESHORT;
	at = (uint8_t *)ALIGN((uintptr_t)mem);
	l = (struct rsep_link *)at;
	memset(l, 0, sizeof(*l));
	l->config = *c;
	l->calls = *calls;
	l->pulse.waits_for = UINT32_MAX;
	at += ALIGN(sizeof(*l));
	l->out = at;
	l->in = at + ALIGN((size_t)c->payload);
	l->got = l->in + ALIGN((size_t)c->payload);
	if (c->keyed)
		rse_hmac_key(&l->key, c->key, RSEP_KEY);
	*out = l;
	return RSE_OK;
}

/* `sender`, `receiver`: session numbers, 0 where one is not known. */
static void
tag_make(const struct rsep_link *l, uint64_t sender, uint64_t receiver,
    const uint8_t *frame, size_t len, uint8_t tag[RSEP_TAG])
{
	uint8_t sessions[16];

	le64_put(sessions, sender);
	le64_put(sessions + 8, receiver);
	rse_hmac(&l->key, sessions, sizeof(sessions), frame, len, tag);
}

static void
frame_send(struct rsep_link *l, struct rsep_header *h, const uint8_t *payload)
{
	size_t len = RSEP_HEADER + h->frag_len;

	h->torus_id = l->config.self;
	h->phase = (uint32_t)(h->timestamp % 3);
	rsep_header_encode(h, l->frame);
	memcpy(l->frame + RSEP_HEADER, payload, h->frag_len);
	if (l->config.keyed) {
		tag_make(l, l->config.session,
		    h->type == RSEP_HEARTBEAT ? 0 : l->session, l->frame, len,
		    l->frame + len);
		len += RSEP_TAG;
	}
	l->stats.sent++;
	l->calls.send(l->calls.arg, l->config.peer, l->frame, len);
}

static void
small_send(struct rsep_link *l, uint16_t type, uint64_t seq, uint64_t epoch,
    const uint8_t *payload, uint32_t len)
{
	struct rsep_header h = { .type = type, .timestamp = epoch,
		.seq = seq, .payload_len = len, .frag_count = 1,
		.frag_len = len };

	h.payload_hash = rse_fnv1a(FNV_OFFSET, payload, len);
	frame_send(l, &h, payload);
}

static void
beat_send(struct rsep_link *l, uint64_t now)
{
	struct rsep_heartbeat b = { .session = l->config.session,
		.echo = l->session != 0 ? l->session : l->guess,
		.heard = l->session != 0 ? l->beat_seen : l->guess_seen,
		.want = l->want, .pulse = l->pulse };
	uint8_t payload[RSEP_BEAT_LEN];

	rsep_heartbeat_encode(&b, payload);
	small_send(l, RSEP_HEARTBEAT, ++l->beats, 0, payload, sizeof(payload));
	l->beat_at = now + (l->config.timeout + 2) / 3;
}

static void
ack_send(struct rsep_link *l, uint64_t seq, uint64_t hash, uint64_t epoch)
{
	uint8_t payload[RSEP_ACK_LEN];

	le64_put(payload, seq);
	le64_put(payload + 8, hash);
	small_send(l, RSEP_ACK, seq, epoch, payload, sizeof(payload));
}

static void
publication_send(struct rsep_link *l)
{
	struct rsep_header *h = &l->head;
	uint32_t i, at;

	for (i = 0; i < h->frag_count; i++) {
		at = i * RSEP_FRAGMENT;
		h->frag_index = (uint16_t)i;
		h->frag_len = h->payload_len - at < RSEP_FRAGMENT ?
		    h->payload_len - at : RSEP_FRAGMENT;
		frame_send(l, h, l->out + at);
	}
}

void
rsep_link_publish(struct rsep_link *l, uint64_t seq, uint64_t epoch,
    const uint8_t *wire, uint64_t now)
{
	struct rsep_header *h = &l->head;

	l->stats.replaced += l->pending;
	memcpy(l->out, wire, l->config.payload);
	*h = (struct rsep_header) { .type = RSEP_PROJECTION,
		.timestamp = epoch, .seq = seq,
		.payload_len = l->config.payload };
	h->frag_count = (uint16_t)fragments(h->payload_len);
	h->payload_hash = rse_fnv1a(FNV_OFFSET, wire, h->payload_len);
	l->pending = 1;
	l->retry = RSEP_FIRST_RETRY;
	l->retry_at = now + l->retry;
	if (l->session != 0)
		publication_send(l);
}

void
rsep_link_nudge(struct rsep_link *l, uint64_t epoch, uint64_t now)
{
	l->want = epoch + 1;
	beat_send(l, now);
}

void
rsep_link_pulse(struct rsep_link *l, const struct rse_pulse *p, int beat,
    uint64_t now)
{
	l->pulse = *p;
	if (beat)
		beat_send(l, now);
}

/* A new run of the peer: nothing of the old one counts any more. */
static void
session_begin(struct rsep_link *l, uint64_t session, uint64_t now)
{
	l->session = session;
	l->mark = l->beats;
	l->last = 0;
	l->stats.dropped += l->parts != 0;
	l->parts = 0;
	if (l->pending) {
		l->retry = RSEP_FIRST_RETRY;
		l->retry_at = now + l->retry;
		publication_send(l);
	}
}

static int
beat_input(struct rsep_link *l, const struct rsep_header *h,
    const struct rsep_heartbeat *b, uint64_t now)
{
	int known = b->session == l->session;

	if (b->session == 0 || (known && h->seq <= l->beat_seen))
		return RSE_ESTALE;
	if (b->echo != l->config.session ||
	    (!known && l->session != 0 && b->heard <= l->mark)) {
		/*
		 * It does not know us, or it is an old one sent again: what
		 * it says is not believed, but a true peer will answer.
		 */
		l->guess = b->session;
		l->guess_seen = h->seq;
		if (known)
			l->beat_seen = h->seq;
		beat_send(l, now);
		return known ? RSE_OK : RSE_ESTALE;
	}
	l->beat_seen = h->seq;
	if (!known) {
		session_begin(l, b->session, now);
		beat_send(l, now);
	}
	l->stats.taken++;
	if (l->calls.heartbeat != NULL)
		l->calls.heartbeat(l->calls.arg, l->config.peer, b);
	return 1;
}

static int
ack_input(struct rsep_link *l, const uint8_t *payload)
{
	if (!l->pending || le64_get(payload) != l->head.seq ||
	    le64_get(payload + 8) != l->head.payload_hash)
		return RSE_ESTALE;
	l->pending = 0;
	l->stats.acked++;
	return RSE_OK;
}

static void
part_begin(struct rsep_link *l, const struct rsep_header *h, uint64_t now)
{
	l->stats.dropped += l->parts != 0;
	l->part = *h;
	l->parts = 0;
	l->part_at = now;
	memset(l->got, 0, h->frag_count);
}

/* All fragments are here. */
static int
part_end(struct rsep_link *l)
{
	const struct rsep_header *h = &l->part;

	l->parts = 0;
	if (rse_fnv1a(FNV_OFFSET, l->in, h->payload_len) != h->payload_hash)
		return RSE_ECHECKSUM;
	l->last = h->seq;
	l->last_hash = h->payload_hash;
	l->want = h->timestamp + 1 >= l->want ? 0 : l->want;
	l->stats.delivered++;
	ack_send(l, h->seq, h->payload_hash, h->timestamp);
	l->calls.deliver(l->calls.arg, l->config.peer, h->seq, l->in,
	    h->payload_len);
	return RSE_OK;
}

static int
projection_input(struct rsep_link *l, const struct rsep_header *h,
    const uint8_t *payload, uint64_t now)
{
	if (h->payload_len != l->config.payload)
		return RSE_EINVAL;
	if (h->seq <= l->last) {
		/* Its ACK was lost, else it would not come again. */
		if (h->seq == l->last && h->payload_hash == l->last_hash &&
		    h->frag_index == h->frag_count - 1)
			ack_send(l, h->seq, l->last_hash, h->timestamp);
		return RSE_ESTALE;
	}
	if (l->parts != 0 && h->seq < l->part.seq)
		return RSE_ESTALE;
	if (l->parts == 0 || h->seq != l->part.seq ||
	    h->payload_hash != l->part.payload_hash)
		part_begin(l, h, now);
	if (l->got[h->frag_index])
		return RSE_ESTALE;
	l->got[h->frag_index] = 1;
	l->parts++;
	memcpy(l->in + (size_t)h->frag_index * RSEP_FRAGMENT, payload,
	    h->frag_len);
	return l->parts == h->frag_count ? part_end(l) : RSE_OK;
}

/* Whose word is it?  Heartbeats prove the sender's session, not ours. */
static int
tag_check(const struct rsep_link *l, const struct rsep_header *h,
    const uint8_t *frame, const struct rsep_heartbeat *b)
{
	size_t len = RSEP_HEADER + h->frag_len;
	uint8_t tag[RSEP_TAG];

	if (!l->config.keyed)
		return RSE_OK;
	if (h->type == RSEP_HEARTBEAT)
		tag_make(l, b->session, 0, frame, len, tag);
	else
		tag_make(l, l->session, l->config.session, frame, len, tag);
	return rse_tag_equal(tag, frame + len) ? RSE_OK : RSE_ECHECKSUM;
}

static int
count(uint64_t *counter, int error)
{
	++*counter;
	return error;
}

int
rsep_link_input(struct rsep_link *l, const uint8_t *frame, size_t len,
    uint64_t now)
{
	const uint8_t *payload = frame + RSEP_HEADER;
	struct rsep_heartbeat b = { 0 };
	struct rsep_header h;
	int error;

	error = rsep_header_decode(frame, len, &h);
	if (error == RSE_OK && len != RSEP_HEADER + h.frag_len +
	    (l->config.keyed ? RSEP_TAG : 0))
		error = RSE_ESHORT;
	if (error != RSE_OK)
		return count(&l->stats.bad_frame, error);
	if (h.torus_id != l->config.peer)
		return count(&l->stats.bad_sender, RSE_ESENDER);
	if (h.type == RSEP_HEARTBEAT)
		rsep_heartbeat_decode(payload, &b);
	else if (l->session == 0)
		return count(&l->stats.stale, RSE_ESTALE);
	if (tag_check(l, &h, frame, &b) != RSE_OK)
		return count(&l->stats.bad_tag, RSE_ECHECKSUM);
	if (h.type != RSEP_PROJECTION &&
	    rse_fnv1a(FNV_OFFSET, payload, h.frag_len) != h.payload_hash)
		return count(&l->stats.bad_hash, RSE_ECHECKSUM);
	if (h.type == RSEP_HEARTBEAT)
		error = beat_input(l, &h, &b, now);
	else if (h.type == RSEP_ACK)
		error = ack_input(l, payload);
	else
		error = projection_input(l, &h, payload, now);
	if (error == 1)
		return RSE_OK; /* counted before its own call went out */
	if (error == RSE_ESTALE)
		return count(&l->stats.stale, error);
	if (error == RSE_ECHECKSUM)
		return count(&l->stats.bad_hash, error);
	if (error != RSE_OK)
		return count(&l->stats.bad_frame, error);
	l->stats.taken++;
	return RSE_OK;
}

uint64_t
rsep_link_poll(struct rsep_link *l, uint64_t now)
{
	uint64_t next = RSE_FOREVER;

	if (l->parts != 0 && now - l->part_at >= l->config.timeout) {
		l->parts = 0;
		l->stats.dropped++;
	}
	if (l->parts != 0)
		next = l->part_at + l->config.timeout;
	if (l->pending && l->session != 0) {
		if (now >= l->retry_at) {
			l->stats.resent += l->head.frag_count;
			publication_send(l);
			l->retry = l->retry * 2 < l->config.timeout ?
			    l->retry * 2 : l->config.timeout;
			l->retry_at = now + l->retry;
		}
		if (l->retry_at < next)
			next = l->retry_at;
	}
	/* Nobody asleep needs a pulse; who waits or is not known does. */
	if (l->session == 0 || l->want != 0 || l->pending) {
		if (now >= l->beat_at)
			beat_send(l, now);
		if (l->beat_at < next)
			next = l->beat_at;
	}
	return next;
}

int
rsep_link_clear(const struct rsep_link *l)
{
	return !l->pending;
}

int
rsep_link_up(const struct rsep_link *l)
{
	return l->session != 0;
}

void
rsep_link_stats(const struct rsep_link *l, struct rsep_stats *s)
{
	*s = l->stats;
}
