/* SPDX-License-Identifier: MIT */
/*
 * rse/include/rsep.h - RSEP, the protocol that carries projections.
 *
 * Use: a link is one torus's end of the connection to one neighbour.  Give
 * it memory (rsep_link_size), a way to send, and what to do with what comes.
 * Hand it every frame that arrives (rsep_link_input) and call rsep_link_poll
 * no later than the time it last returned.  Times are milliseconds of any
 * clock that does not go back.
 *
 * A frame is header, payload and, if the link has a key, a tag of 32 bytes:
 * HMAC-SHA-256 over the sender's session number, the receiver's, the header
 * and the payload.  Session numbers are drawn anew by each run and learnt by
 * heartbeats, which are tagged with the sender's alone and echo the other's:
 * until the echo is right nothing else is accepted.  They also say which of
 * the receiver's they answer, so that none of a run that was replaced, late
 * or sent again, can bring that run back.  Without a key a header
 * is not protected: that is for media that neither change nor forge.
 *
 * A region (rsep_region_*) is the same over memory that both can write.
 *
 * Locks: none.  Whoever owns a link or a seat gives exclusion; the slots of a
 * region are shared through atomic words.
 */
#ifndef RSEP_H
#define RSEP_H

#include "rse_recover.h"

#ifdef __cplusplus
extern "C" {
#endif

#define RSEP_VERSION	  1u
#define RSEP_HEADER	  52u
#define RSEP_TAG	  32u
#define RSEP_KEY	  32u
#define RSEP_FRAGMENT	  1024u
#define RSEP_ACK_LEN	  16u
#define RSEP_BEAT_LEN	  48u
#define RSEP_FRAME_MAX	  (RSEP_HEADER + RSEP_FRAGMENT + RSEP_TAG)
#define RSEP_FIRST_RETRY  20u /* ms, then doubling up to ack_timeout */

enum rsep_type { RSEP_PROJECTION = 1, RSEP_ACK = 2, RSEP_HEARTBEAT = 3 };

struct rsep_header {
	uint16_t type;
	uint32_t torus_id;
	uint32_t phase; /* epoch mod 3 */
	uint64_t timestamp; /* epoch */
	uint64_t seq;
	uint32_t payload_len;
	uint64_t payload_hash; /* FNV-1a 64 */
	uint16_t frag_index, frag_count;
	uint32_t frag_len;
};

struct rsep_heartbeat {
	uint64_t session; /* of the sender */
	uint64_t echo;	  /* what it believes is the receiver's */
	uint64_t heard;	  /* number of the receiver's last, of that session */
	uint64_t want;	  /* epoch it waits for, plus 1; 0: none */
	struct rse_pulse pulse;
};

void rsep_header_encode(const struct rsep_header *, uint8_t *);
/* Checks all that can be checked without context, and the length. */
int rsep_header_decode(const uint8_t *, size_t len, struct rsep_header *);
void rsep_heartbeat_encode(const struct rsep_heartbeat *, uint8_t *);
void rsep_heartbeat_decode(const uint8_t *, struct rsep_heartbeat *);

struct rsep_config {
	uint32_t self, peer;   /* torus numbers */
	uint32_t payload;      /* bytes of a projection */
	uint32_t timeout;      /* ack_timeout, ms */
	uint32_t keyed;	       /* 1: frames carry a tag */
	uint8_t key[RSEP_KEY]; /* pre-shared */
	uint64_t session;      /* not 0; new for each run */
};

struct rsep_calls {
	void *arg;
	void (*send)(void *arg, uint32_t to, const uint8_t *frame,
	    size_t len);
	/* Whole, hash right, each sequence number once. */
	void (*deliver)(void *arg, uint32_t from, uint64_t seq,
	    const uint8_t *wire, size_t len);
	void (*heartbeat)(void *arg, uint32_t from,
	    const struct rsep_heartbeat *);
};

/* Every frame that came in is counted in exactly one of the first group. */
struct rsep_stats {
	uint64_t bad_frame; /* length, magic, version, fields */
	uint64_t bad_sender, bad_tag, bad_hash;
	uint64_t stale; /* repeated: by its sequence or session number */
	uint64_t taken;

	uint64_t sent, resent; /* frames; those sent again */
	uint64_t delivered, acked;
	uint64_t dropped; /* incomplete, given up after ack_timeout */
	uint64_t replaced; /* publications overtaken before their ACK */
};

struct rsep_link;

size_t rsep_link_size(const struct rsep_config *);
int rsep_link_create(void *mem, size_t len, const struct rsep_config *,
    const struct rsep_calls *, struct rsep_link **);
void rsep_link_publish(struct rsep_link *, uint64_t seq, uint64_t epoch,
    const uint8_t *wire, uint64_t now);
/* We wait for the peer's projection of `epoch`. */
void rsep_link_nudge(struct rsep_link *, uint64_t epoch, uint64_t now);
/* What heartbeats say of us; one goes out at once if `beat`. */
void rsep_link_pulse(struct rsep_link *, const struct rse_pulse *, int beat,
    uint64_t now);
int rsep_link_input(struct rsep_link *, const uint8_t *, size_t,
    uint64_t now);
/* Send again what is due.  Returns when to call again, or RSE_FOREVER. */
uint64_t rsep_link_poll(struct rsep_link *, uint64_t now);
/* Is the last publication acknowledged (or was there none)? */
int rsep_link_clear(const struct rsep_link *);
int rsep_link_up(const struct rsep_link *);
void rsep_link_stats(const struct rsep_link *, struct rsep_stats *);

/*
 * A region of shared memory: a head and one slot for each torus, which only
 * that torus writes.  Whatever it holds is taken for hostile.
 */
struct rsep_region;

size_t rsep_region_size(uint32_t tori, uint32_t payload);
/* Make an empty region of `mem`; the other way is to join an existing one. */
int rsep_region_format(void *mem, size_t len, uint32_t tori,
    uint32_t payload);
struct rsep_seat {
	uint8_t *mem;
	uint32_t self, tori, payload;
	uint64_t nonce;	      /* of this run: not 0 */
	uint64_t seen[2][2];  /* nonce and sequence taken: prev, next */
	uint64_t start[2];    /* nonces found when we joined */
	uint8_t fresh[2];     /* it moved since: a live peer */
	uint64_t torn, bad, stale; /* reads refused */
};

int rsep_seat_join(struct rsep_seat *, void *mem, size_t len, uint32_t self,
    uint32_t tori, uint32_t payload, uint64_t nonce);
void rsep_seat_publish(struct rsep_seat *, uint64_t seq, const uint8_t *wire);
/* 1 and the projection of neighbour `side` (0 prev, 1 next) if it is new. */
int rsep_seat_take(struct rsep_seat *, uint32_t side, uint64_t *seq,
    uint8_t *wire);
/* Has neighbour `side` acknowledged our sequence number? */
int rsep_seat_acked(const struct rsep_seat *, uint32_t side, uint64_t seq);
void rsep_seat_beat(struct rsep_seat *, const uint64_t want[2],
    const struct rse_pulse *);
/* The neighbour's wish of us (epoch + 1) and pulse; 0 if it is not there. */
int rsep_seat_look(struct rsep_seat *, uint32_t side, uint64_t *want,
    struct rse_pulse *);

#ifdef __cplusplus
}
#endif

#endif
