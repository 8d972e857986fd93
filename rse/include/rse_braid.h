/* SPDX-License-Identifier: MIT */
/*
 * rse/include/rse_braid.h - projections, and the protocol that braids tori.
 *
 * Use, by whoever runs a torus (a kernel thread, a pthread, a loop):
 *
 *	for (;;) {
 *		lock the torus
 *		give it what arrived:   rse_deliver, rse_nudged
 *		r = rse_step(t, batch, &wait)
 *		unlock
 *		RSE_STEP_RAN      call again
 *		RSE_STEP_WAIT     sleep until something arrives from
 *				  wait.peer, or ack_timeout: then rse_missed
 *		RSE_STEP_ASLEEP, RSE_STEP_STALLED, RSE_STEP_STOPPED,
 *		RSE_STEP_DONE, RSE_STEP_FAULTED
 *				  sleep until something arrives or a ctl
 *				  word, an injection or a configuration came
 *	}
 *
 * The publish and nudge hooks run inside rse_step.  They copy the projection
 * into the neighbours' mailboxes, or set their wake-up, and return; they
 * must not take the lock of another torus.  A mailbox of one slot for each
 * direction is enough: no torus publishes twice before both neighbours have
 * applied the first (proof at braid_end in core/braid.c).
 *
 * Locks: none, as in rse.h.  Taking a projection apart needs no torus.
 *
 * Epochs: (run events below epoch_end) -> colour e mod 3 publishes, the
 * others apply that neighbour's projection -> e + 1.
 */
#ifndef RSE_BRAID_H
#define RSE_BRAID_H

#include "rse.h"

#ifdef __cplusplus
extern "C" {
#endif

enum rse_policy { RSE_POLICY_WAIT, RSE_POLICY_CONTINUE };
enum rse_health { RSE_HEALTHY, RSE_DEGRADED, RSE_STALLED_H, RSE_RECOVERING };

enum rse_step {
	RSE_STEP_RAN,
	RSE_STEP_WAIT,
	RSE_STEP_ASLEEP,
	RSE_STEP_STALLED,
	RSE_STEP_STOPPED,
	RSE_STEP_DONE, /* the epoch limit is reached */
	RSE_STEP_FAULTED,
};

struct rse_wait {
	uint32_t peer;	/* torus whose projection is missing */
	uint64_t epoch; /* of that projection */
};

/* A projection taken apart; faces points into the wire form. */
struct rse_projection {
	uint32_t torus_id;
	uint64_t timestamp;
	uint64_t processed;
	uint64_t now;
	uint32_t processes, pending, edges;
	const uint8_t *faces; /* little-endian u32[face_count] */
	uint32_t face_count;
	int32_t constraint[RSE_CONSTRAINTS];
	uint64_t hash;
};

/* Bytes of a projection; 4208 for 32 x 32 x 32. */
size_t rse_projection_size(const struct rse_config *);
/* Write the torus's projection as it is now; `len` must suffice. */
int rse_projection_extract(const struct rse_torus *, uint8_t *wire,
    size_t len);
/* Check length and hash, and take it apart. */
int rse_projection_decode(const uint8_t *wire, size_t len,
    uint32_t face_count, struct rse_projection *);
uint32_t rse_projection_face(const struct rse_projection *, uint32_t cell);
/* The last one published: valid until the next rse_step. */
const uint8_t *rse_projection_latest(const struct rse_torus *, size_t *len,
    uint64_t *seq);
/*
 * Verify and apply at once, outside the schedule (`projection.raw` written
 * by hand): the timestamp serves as sequence number.
 */
int rse_projection_apply(struct rse_torus *, const uint8_t *wire, size_t len);

enum rse_step rse_step(struct rse_torus *, uint64_t batch, struct rse_wait *);
/* What came from torus `from`; verified here, applied at the epoch's end. */
int rse_deliver(struct rse_torus *, uint32_t from, uint64_t seq,
    const uint8_t *wire, size_t len);
/* A neighbour needs our projection of `epoch`. */
void rse_nudged(struct rse_torus *, uint64_t epoch);
/* ack_timeout passed in RSE_STEP_WAIT.  Returns how often in a row. */
uint32_t rse_missed(struct rse_torus *);
void rse_epoch_limit(struct rse_torus *, uint64_t epoch);

/* Flux units face cell `i` sent out, or took in, so far, modulo 2^32. */
uint32_t rse_face_out(const struct rse_torus *, uint32_t cell);
uint32_t rse_face_in(const struct rse_torus *, uint32_t cell);

#ifdef __cplusplus
}
#endif

#endif
