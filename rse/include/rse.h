/* SPDX-License-Identifier: MIT */
/*
 * rse/include/rse.h - the braided-torus engine: one torus.
 *
 * Use: fill a struct rse_config (rse_config_default), ask rse_torus_size for
 * the bytes it needs, hand that much memory to rse_torus_create.  Then spawn
 * processes, create edges, inject events, and call rse_torus_run; or, for a
 * torus of a braid, call rse_step of rse_braid.h.
 *
 * Locks: none.  Whoever owns a torus gives exclusion: every call that takes
 * a struct rse_torus * must be made by one thread at a time.  Two tori share
 * nothing, so they run in parallel without any care.
 *
 * Invariants (cited by number from code and tests):
 * (1) injected + emitted + flux_in_events
 *       == processed + pending + flux_out_events, at every return.
 * (2) The keys (time, dst, src, kind, payload) of processed events never
 *     decrease.
 * (3) No byte outside the memory given to rse_torus_create is written, and
 *     nothing is allocated.
 * (4) A refused call changes nothing but a counter of refusals.
 */
#ifndef RSE_H
#define RSE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define RSE_DIM_MAX	 1024u
#define RSE_PORTAL	 1u /* edge flag: the edge leaves the torus */
#define RSE_CONSTRAINTS	 16
#define RSE_USER_FIRST	 12 /* first constraint free for the program */
#define RSE_TIME_MAX	 (UINT64_C(1) << 63) /* no later event runs */
#define RSE_TICK_BITS	 20 /* PHOLD, SIR, Ising: one unit = 2^20 ticks */
#define RSE_BEHAVIOURS	 16 /* built-in and registered ones together */
#define RSE_FANOUT_MAX	 4096
#define RSE_FOREVER	 UINT64_MAX

/* 0 or one of these; rse_error_name gives the word. */
enum rse_error {
	RSE_OK = 0,
	RSE_EINVAL = -1,    /* an argument out of its range */
	RSE_EAGAIN = -2,    /* no room now: try again */
	RSE_ENOSPC = -3,    /* a capacity set at creation is used up */
	RSE_ENOENT = -4,    /* no such process, behaviour, word */
	RSE_EEXIST = -5,    /* that process id is already here */
	RSE_EDELAY = -6,    /* a delay of 0 */
	RSE_EFANOUT = -7,   /* more emissions than were declared */
	RSE_ESHORT = -8,    /* buffer too small, or input cut short */
	RSE_EMAGIC = -9,    /* not a snapshot / not a projection */
	RSE_EVERSION = -10, /* made by another version */
	RSE_ECHECKSUM = -11, /* CRC or hash does not match */
	RSE_EDIGEST = -12,  /* content does not match its own digest */
	RSE_ESTALE = -13,   /* sequence number not above the last one */
	RSE_ESENDER = -14,  /* not the expected neighbour */
	RSE_ENOTSUP = -15,  /* the owner gave no way to do this */
	RSE_ECORRUPT = -16, /* a canary of the arena is gone */
	RSE_ECONFIG = -17,  /* made with a different configuration */
	RSE_EPEER = -18,    /* a neighbour that is needed failed too */
	RSE_EHISTORY = -19, /* the neighbours' histories begin too late */
};

enum rse_behaviour_id {
	RSE_RELAY,
	RSE_PHOLD,
	RSE_SIR,
	RSE_ISING,
	RSE_BUILTIN /* first id a registered function can have */
};

enum rse_state {
	RSE_STOPPED,
	RSE_RUNNING,
	RSE_STALLED, /* the next event's fan-out does not fit */
	RSE_ASLEEP,  /* quiescent braid */
	RSE_WAITING, /* for a neighbour's projection */
	RSE_FAULTED, /* a behaviour failed, or the arena is damaged */
};

struct rse_event {
	uint64_t time;
	uint32_t dst;
	uint32_t src;
	uint32_t kind;
	int32_t payload;
};

struct rse_process {
	uint32_t pid;
	uint32_t node;
	int64_t state;
	uint64_t handled;
	uint32_t next; /* internal: the next process on the cell */
	uint32_t behaviour;
};

struct rse_edge {
	uint32_t from;
	uint32_t to;
	uint32_t delay;
	uint32_t flags;
	uint32_t next; /* internal: the next edge out of the cell */
};

/* An injection and the moment it took effect. */
struct rse_journal_entry {
	uint64_t processed; /* events_processed when it took effect */
	struct rse_event event; /* as it entered the queue */
};

/* What is fixed at creation (first part) and what may change later. */
struct rse_config {
	uint32_t id;	   /* torus number in its braid */
	uint32_t dim[3];   /* X, Y, Z */
	uint32_t processes, edges, events, ring; /* capacities */
	uint32_t journal;  /* entries kept since the last snapshot */
	uint32_t count;	   /* tori in the braid: 0 or a multiple of 3 */

	uint64_t seed;
	uint32_t limit;	    /* soft limit of pending events, <= events */
	uint32_t behaviour; /* of processes spawned from now on */
	uint32_t digest;    /* 1: keep the FNV-1a run digest (slower) */
	uint32_t lookahead; /* ticks, phold sir ising */
	uint32_t mean;	    /* ticks, of the exponential part */
	uint32_t remote;    /* phold: probability * 2^32 */
	uint32_t infect;    /* sir: probability per neighbour * 2^32 */
	uint32_t recover;   /* sir: mean ticks until recovery */
	uint32_t weight;    /* ising: exp(-2 beta J) * 2^32 */

	uint32_t interval; /* braid: ticks of an epoch */
	uint32_t adaptive; /* braid: 1 = interval follows the flux (3 tori) */
	uint32_t policy;   /* braid: enum rse_policy */
	uint32_t every;	   /* braid: epochs from snapshot to snapshot */
	uint32_t timeout;  /* braid: ack_timeout in ms, used by the runner */
	uint32_t replicate; /* braid: 1 = snapshots to the successor too */
};

struct rse_stats {
	uint64_t processed, now;
	uint64_t injected, emitted; /* ledger (1) */
	uint64_t flux_in_events, flux_out_events;
	uint64_t flux_in, flux_out; /* units of flux */
	uint64_t pending;	    /* queue and ring */
	uint64_t refused;	    /* injections refused */
	uint64_t late;		    /* injections given a later time */
	uint64_t stalls;
	uint64_t journal_lost; /* entries the journal had no room for */
	uint64_t run_digest;   /* FNV-1a, if config.digest */
	uint64_t spawned, killed;
	uint32_t processes, edges;
	uint32_t high_water; /* most events ever pending in the queue */
	int32_t error;	     /* of a FAULTED torus */
	/* projections */
	uint64_t epoch, published, applied;
	uint64_t violations; /* sum of the four below */
	uint64_t bad_length, bad_hash, bad_sender, stale;
	uint64_t missed, degraded, failed;
	uint64_t sleeps;
	uint32_t interval;
	uint32_t health;
	uint32_t approximate; /* 1 after a degraded recovery */
	uint64_t exchange_ns; /* ends of epochs, by the clock hook */
};

struct rse_torus;

/* What a behaviour sees of the world while it handles one event. */
struct rse_cell {
	struct rse_torus *torus;
	struct rse_process *process;
	uint64_t now;
	uint64_t key;	/* of the process's random stream */
	uint32_t node;
	uint32_t draws; /* numbers drawn for this event */
	uint32_t left;	/* emissions still allowed */
	int32_t error;
};

/* Returns 0, or a negative number that stops the torus as FAULTED. */
typedef int rse_behaviour_fn(struct rse_cell *, const struct rse_event *,
    void *);

/*
 * Calls out of the engine; each may be NULL.  They run inside the call that
 * caused them and must not call back into the same torus, except getters.
 */
struct rse_hooks {
	void *arg;
	void (*handled)(void *arg, const struct rse_event *);
	void (*journal)(void *arg, const struct rse_journal_entry *);
	/* Hand `wire` to both neighbours; it is valid during the call. */
	void (*publish)(void *arg, uint64_t seq, const uint8_t *wire,
	    size_t len);
	/* HEARTBEAT: `peer` is needed up to `epoch`, wake it. */
	void (*nudge)(void *arg, uint32_t peer, uint64_t epoch);
	/* ctl words that need more than this torus. */
	int (*migrate)(void *arg, uint32_t pid, uint32_t torus);
	int (*restore)(void *arg, const char *path, size_t len);
	/* An earlier projection again, to one neighbour (rse_asked). */
	void (*resend)(void *arg, uint32_t to, uint64_t seq,
	    const uint8_t *wire, size_t len);
	/* Nanoseconds, to tell the exchange's time from that of events. */
	uint64_t (*clock)(void *arg);
};

/* Creation.  All memory is `mem`; rse_torus_size is 0 for a bad config. */
void rse_config_default(struct rse_config *);
int rse_config_check(const struct rse_config *);
size_t rse_torus_size(const struct rse_config *);
int rse_torus_create(void *mem, size_t len, const struct rse_config *,
    struct rse_torus **);
/*
 * As rse_torus_create, a part of it at a time, for one who must not keep a
 * processor long: 1 while there is more to do.  `at` is 0 at first.
 */
int rse_torus_create_step(void *mem, size_t len, const struct rse_config *,
    struct rse_torus **, uint32_t *at);
void rse_torus_reset(struct rse_torus *);
void rse_torus_hooks_set(struct rse_torus *, const struct rse_hooks *);
int rse_torus_check(const struct rse_torus *); /* the canaries */

/* Building. */
uint32_t rse_node(const struct rse_torus *, int64_t x, int64_t y, int64_t z);
void rse_node_coords(const struct rse_torus *, uint32_t node, uint32_t xyz[3]);
int rse_spawn(struct rse_torus *, uint32_t node, uint32_t *pid);
int rse_kill(struct rse_torus *, uint32_t pid);
int rse_edge(struct rse_torus *, uint32_t from, uint32_t to, uint32_t delay,
    uint32_t flags);
int rse_process_take(struct rse_torus *, uint32_t pid, struct rse_process *);
int rse_process_put(struct rse_torus *, const struct rse_process *);
int rse_behaviour_register(struct rse_torus *, const char *name,
    rse_behaviour_fn *, void *arg, uint32_t fanout, uint32_t *id);
int rse_behaviour_find(const struct rse_torus *, const char *name, size_t len,
    uint32_t *id);
const char *rse_behaviour_name(const struct rse_torus *, uint32_t id);

/* Events. */
int rse_inject(struct rse_torus *, const struct rse_event *);
int rse_torus_room(const struct rse_torus *); /* injections that fit now */

/*
 * Handle at most `max` events with time below `until`.  Takes waiting
 * injections in first.  Returns the number handled; the torus's state says
 * why it stopped (STALLED, FAULTED, or simply nothing left below `until`).
 */
uint64_t rse_torus_run(struct rse_torus *, uint64_t max, uint64_t until);

/* Running under a runner: rse_step of rse_braid.h obeys these. */
void rse_start(struct rse_torus *);
void rse_stop(struct rse_torus *);
void rse_step_events(struct rse_torus *, uint64_t n);

/* Looking. */
enum rse_state rse_torus_state(const struct rse_torus *);
const char *rse_state_name(enum rse_state);
const struct rse_config *rse_torus_config(const struct rse_torus *);
int rse_torus_configure(struct rse_torus *, const struct rse_config *);
void rse_torus_stats(const struct rse_torus *, struct rse_stats *);
uint64_t rse_torus_digest(const struct rse_torus *);
uint64_t rse_torus_now(const struct rse_torus *);
const struct rse_process *rse_process_at(const struct rse_torus *,
    uint32_t node, const struct rse_process *after);
const struct rse_process *rse_process_find(const struct rse_torus *,
    uint32_t pid);
const struct rse_edge *rse_edge_at(const struct rse_torus *, uint32_t node,
    const struct rse_edge *after);
uint32_t rse_torus_journal(const struct rse_torus *,
    const struct rse_journal_entry **);
int rse_user_set(struct rse_torus *, uint32_t index, int32_t value);
const char *rse_error_name(int error);

/* For behaviours. */
uint64_t rse_cell_random(struct rse_cell *);
uint32_t rse_cell_exponential(struct rse_cell *, uint32_t mean);
int rse_cell_emit(struct rse_cell *, uint32_t dst, uint64_t delay,
    uint32_t kind, int32_t payload);

/* Snapshots: one buffer with version, CRC32C and digest. */
#define RSE_SNAPSHOT_HEAD 32 /* bytes that tell the length of the rest */
size_t rse_snapshot_max(const struct rse_config *);
/* The length the first `len` bytes give a snapshot; 0: this is not one. */
size_t rse_snapshot_length(const void *buf, size_t len);
size_t rse_snapshot_size(const struct rse_torus *);
int rse_snapshot_save(struct rse_torus *, void *buf, size_t len,
    size_t *used);
int rse_snapshot_load(struct rse_torus *, const void *buf, size_t len);
int rse_journal_replay(struct rse_torus *, const struct rse_journal_entry *,
    uint32_t n, uint64_t until_processed);

#ifdef __cplusplus
}
#endif

#endif
