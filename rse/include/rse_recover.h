/* SPDX-License-Identifier: MIT */
/*
 * rse/include/rse_recover.h - failures: finding them, and coming back.
 *
 * Use: give each torus of a braid a keep (what it remembers of the exchange)
 * and a store (its snapshots and its journal, which must outlive it), with
 * rse_keep_attach; from then on rse_step and rse_deliver feed both.
 *
 * A runner that waits calls rse_deadline when ack_timeout has passed.  When
 * a torus is lost, create a new one with the same configuration and
 *
 *	r = (struct rse_recovery) { .into = new, .store = its store,
 *	    .prev = keep of its predecessor, .next = of its successor };
 *	if ((error = rse_recover_begin(&r)) == RSE_OK)
 *		while ((error = rse_recover_step(&r, 1000)) > 0)
 *			continue;
 *	if (error == RSE_OK)
 *		error = rse_recover_finish(&r, its keep);
 *
 * then put the new torus in the old one's place and tell the neighbours,
 * rse_rejoined.  Up to rse_recover_finish nothing but `new` is written, so a
 * recovery may be given up, or begun again, at any point.
 *
 * Locks: none, as in rse.h.  During a recovery nobody else may call into
 * the neighbours, unless `prev` and `next` are copies (rse_keep_copy).
 */
#ifndef RSE_RECOVER_H
#define RSE_RECOVER_H

#include "rse_braid.h"

#ifdef __cplusplus
extern "C" {
#endif

#define RSE_HISTORY    64 /* projections kept for each direction */
#define RSE_FAILED_AT  3  /* misses in a row */

struct rse_store;
struct rse_keep;

/*
 * Detection.  A pulse is a sign of life: no virtual time is in it, so that
 * a torus whose epochs take long is not taken for a dead one.
 */
struct rse_pulse {
	uint64_t progress; /* grows with every event and every epoch */
	uint32_t state;	   /* enum rse_state */
	uint32_t waits_for; /* WAITING: for this torus */
};

enum rse_peer_state { RSE_PEER_HEALTHY, RSE_PEER_DEGRADED, RSE_PEER_FAILED };

void rse_pulse(const struct rse_torus *, struct rse_pulse *);
/*
 * ack_timeout passed in RSE_STEP_WAIT.  `peer` is the last pulse of the
 * torus waited for, NULL if there was none.  Returns the misses in a row, 0
 * if the peer is excused: it made progress, or itself waits or was stopped.
 */
uint32_t rse_deadline(struct rse_torus *, const struct rse_pulse *peer);
enum rse_peer_state rse_peer_state(const struct rse_torus *, uint32_t peer);
const char *rse_peer_state_name(enum rse_peer_state);
/*
 * A lost peer is back, in its rse_torus_life: ask it again for what we wait
 * for.  Should it be lost with its store once more, the ids of its processes
 * begin above those of the lives its neighbours were told of.
 */
void rse_rejoined(struct rse_torus *, uint32_t peer, uint32_t life);
/* How often it came back by rse_recover_degraded since it was reset. */
uint32_t rse_torus_life(const struct rse_torus *);
/*
 * Neighbour `by` refused our projection `seq` for its length or hash.  When
 * both did, the torus is FAULTED with RSE_ECORRUPT.
 */
void rse_refused(struct rse_torus *, uint32_t by, uint64_t seq);
/*
 * As rse_nudged, and if that projection was published before, hand it to
 * `from` again through the resend hook.
 */
void rse_asked(struct rse_torus *, uint32_t from, uint64_t epoch);

/* The store: memory, wherever the owner thinks it safe. */
size_t rse_store_size(const struct rse_config *);
int rse_store_create(void *mem, size_t len, const struct rse_config *,
    struct rse_store **);
void rse_store_clear(struct rse_store *);
/* The snapshot in use and its length; NULL if there is none. */
const uint8_t *rse_store_snapshot(const struct rse_store *, size_t *len);
uint32_t rse_store_records(const struct rse_store *);

/* The keep. */
size_t rse_keep_size(const struct rse_config *);
int rse_keep_create(void *mem, size_t len, const struct rse_config *,
    struct rse_keep **);
/* `replica` is written too if config.replicate is 1; may be NULL. */
int rse_keep_attach(struct rse_torus *, struct rse_keep *,
    struct rse_store *own, struct rse_store *replica);
void rse_keep_detach(struct rse_torus *);
/*
 * What `from` holds now, in rse_keep_size bytes of its own, so that the torus
 * of `from` may go on while another is recovered from the copy.
 */
int rse_keep_copy(void *mem, size_t len, const struct rse_keep *from,
    struct rse_keep **);
/*
 * Between two steps: take the snapshot that a change made due.  A torus that
 * is not running would otherwise take it only when it runs again.
 */
void rse_keep_flush(struct rse_torus *);
/* One projection of the history, by epoch; NULL if it is not there. */
const uint8_t *rse_keep_sent(const struct rse_keep *, uint64_t epoch,
    uint64_t *seq);
const uint8_t *rse_keep_received(const struct rse_keep *, uint32_t from,
    uint64_t epoch, uint64_t *seq);

/* Exact recovery.  The first four are given, the others are results. */
struct rse_recovery {
	struct rse_torus *into;
	struct rse_store *store;
	const struct rse_keep *prev, *next; /* NULL: failed as well */

	uint64_t target;    /* last sequence number a neighbour holds */
	uint32_t verified;  /* epochs whose digest agreed */
	uint32_t disagreed; /* copies outvoted by two others */
	uint32_t cursor;    /* records replayed */
	int32_t error;
	struct rse_hooks hooks; /* internal: of `into`, put back at the end */
};

int rse_recover_begin(struct rse_recovery *);
/* 1: call again; RSE_OK: all replayed; negative: failed. */
int rse_recover_step(struct rse_recovery *, uint64_t batch);
int rse_recover_finish(struct rse_recovery *, struct rse_keep *);
/*
 * Without a snapshot: clock, counters and faces from what the neighbours
 * hold.  The torus says `approximate` until it is reset.
 */
int rse_recover_degraded(struct rse_torus *into, const struct rse_keep *prev,
    const struct rse_keep *next);

/*
 * What the owner told a torus to do.  It is no part of the state: whoever
 * brings a torus back gives it the orders it had.
 */
struct rse_orders {
	uint64_t stop_at; /* events processed; RSE_FOREVER: run */
	uint64_t limit;	  /* epochs */
};

void rse_orders_get(const struct rse_torus *, struct rse_orders *);
void rse_orders_set(struct rse_torus *, const struct rse_orders *);

/* Processes that move.  All or nothing; ids stay. */
int rse_migrate(struct rse_torus *from, struct rse_torus *to, uint32_t pid);
/*
 * Give the processes of a lost torus, as its store has them, to survivors
 * in turn.  A recovery from that store then comes back without them.
 */
int rse_evacuate(struct rse_store *, struct rse_torus *const *survivors,
    uint32_t n, uint32_t *moved);

#ifdef __cplusplus
}
#endif

#endif
