/* SPDX-License-Identifier: MIT */
/*
 * rse/core/keep.h - what a torus remembers to survive: history and store.
 *
 * A record is an input and the point at which it came in: the epoch, the
 * events processed, and the floor, which tells whether the epoch's end had
 * been reached.  A snapshot, the records since, and the projections that
 * the records name determine the torus.
 */
#ifndef RSE_CORE_KEEP_H
#define RSE_CORE_KEEP_H

#include <rse_recover.h>

#include "torus.h"

/* Records that one call of rse_step can add at most; kept free for it. */
#define RECORDS_A_STEP 4u
/* A neighbour publishes in each third epoch: its history must reach back. */
#define EVERY_MOST (3u * (RSE_HISTORY - 8))

enum record_kind {
	RECORD_INJECT,
	RECORD_EDGE,
	RECORD_PUT, /* spawned, or moved here */
	RECORD_TAKE, /* killed, or moved away */
	RECORD_APPLIED, /* projection `seq` of a neighbour */
	RECORD_MISSED, /* an epoch ended without the neighbour's */
};

struct record {
	uint32_t kind;
	uint32_t side; /* APPLIED: PREV or NEXT; PUT, TAKE: 1 if it was */
		       /* spawned, killed here */
	uint64_t epoch;
	uint64_t processed;
	uint64_t floor;
	union {
		uint64_t seq;
		uint32_t pid;
		struct rse_event event;
		struct rse_edge edge;
		struct rse_process process;
	} u;
};

struct rse_store {
	uint8_t *buf[2]; /* snapshots: one in use, one to write */
	size_t len[2];
	size_t room;
	uint32_t current; /* 0, 1, or NONE */
	uint32_t cap, records;
	uint32_t evacuated; /* its processes live elsewhere */
	uint64_t sum; /* of the records: none may be lost or changed */
	struct record *record;
	struct pid_index taken; /* the last TAKE of a pid, at evacuation */
};

/* The last RSE_HISTORY projections of one direction, oldest overwritten. */
struct history {
	uint8_t *wire;
	size_t len;
	uint64_t count;
	uint64_t seq[RSE_HISTORY];
	uint64_t epoch[RSE_HISTORY];
};

struct rse_keep {
	struct rse_torus *torus;
	struct rse_store *own, *replica;
	struct history sent;
	struct history received[PEERS];
	uint32_t id, count;
	uint64_t saved; /* epoch of the last snapshot */
	uint8_t due; /* take a snapshot before the next step */
	/* Of a copy: where the torus was. */
	uint64_t epoch, start;
	uint32_t interval;
	uint32_t life, peer_life[PEERS];
};

/* store.c */
int rse_store_add(struct rse_store *, const struct record *);
int rse_store_check(const struct rse_store *);
int rse_store_save(struct rse_store *, struct rse_torus *);
/* keep.c */
/* How often it, and who stands between two, began without a snapshot. */
uint32_t rse_keep_life(const struct rse_keep *);
uint32_t rse_keep_life_known(const struct rse_keep *prev,
    const struct rse_keep *next);
uint64_t rse_keep_clock(const struct rse_torus *); /* 0 without a clock */
void rse_keep_record(struct rse_torus *, struct record *);
void rse_keep_step(struct rse_torus *);
void rse_keep_clear(struct rse_keep *);
void rse_history_add(struct history *, uint64_t seq, uint64_t epoch,
    const uint8_t *wire);
const uint8_t *rse_history_find(const struct history *, uint64_t seq);
const uint8_t *rse_history_last(const struct history *, uint64_t *seq);

static inline void
keep_inject(struct rse_torus *t, const struct rse_event *e)
{
	struct record r = { .kind = RECORD_INJECT, .u.event = *e };

	if (t->keep != NULL)
		rse_keep_record(t, &r);
}

static inline void
keep_edge(struct rse_torus *t, uint32_t from, uint32_t to, uint32_t delay,
    uint32_t flags)
{
	struct record r = { .kind = RECORD_EDGE,
		.u.edge = { from, to, delay, flags, NONE } };

	if (t->keep != NULL)
		rse_keep_record(t, &r);
}

static inline void
keep_put(struct rse_torus *t, const struct rse_process *p, uint32_t spawned)
{
	struct record r = { .kind = RECORD_PUT, .side = spawned,
		.u.process = *p };

	if (t->keep != NULL)
		rse_keep_record(t, &r);
}

static inline void
keep_take(struct rse_torus *t, uint32_t pid, uint32_t killed)
{
	struct record r = { .kind = RECORD_TAKE, .side = killed,
		.u.pid = pid };

	if (t->keep != NULL)
		rse_keep_record(t, &r);
}

static inline void
keep_applied(struct rse_torus *t, uint32_t side, uint64_t seq)
{
	struct record r = { .kind = RECORD_APPLIED, .side = side,
		.u.seq = seq };

	if (t->keep != NULL)
		rse_keep_record(t, &r);
}

static inline void
keep_missed(struct rse_torus *t)
{
	struct record r = { .kind = RECORD_MISSED };

	if (t->keep != NULL)
		rse_keep_record(t, &r);
}

/* What has no record of its own is caught by a new snapshot. */
static inline void
keep_due(struct rse_torus *t)
{
	if (t->keep != NULL)
		t->keep->due = 1;
}

#endif
