/* SPDX-License-Identifier: MIT */
/*
 * rse/core/torus.h - a torus as the engine's own files see it.
 *
 * One block of memory: this struct, then the areas of enum area, each
 * followed by a canary.
 */
#ifndef RSE_CORE_TORUS_H
#define RSE_CORE_TORUS_H

#include <rse.h>
#include <rse_braid.h>

#include "pids.h"
#include "queue.h"

#define NONE	 UINT32_MAX
#define PID_BITS 22 /* pids of torus i: (i << 22) + 1 and up */
#define LOG_BITS 8  /* the logarithm table has 2^8 steps */
#define CANARY	 UINT64_C(0x7265736e61726163)

/* Projection layout, in bytes. */
#define PROJ_FACES 40
#define PROJ_TAIL  (RSE_CONSTRAINTS * 4 + 8)

enum area {
	AREA_CELL,
	AREA_PROCESS,
	AREA_PIDS,
	AREA_EDGE,
	AREA_ARENA,
	AREA_FRONT,
	AREA_SPARE,
	AREA_RING,
	AREA_JOURNAL,
	AREA_FACE_OUT,
	AREA_FACE_IN,
	AREA_WIRE,
	AREA_WIRE_PREV,
	AREA_WIRE_NEXT,
	AREAS
};

struct layout {
	size_t offset[AREAS];
	size_t canary[AREAS];
	size_t total;
};

struct cell {
	uint32_t edge;	  /* first out-edge, NONE */
	uint32_t process; /* first process, NONE */
};

struct behaviour {
	const char *name;
	rse_behaviour_fn *fn;
	void *arg;
	uint32_t fanout;
};

enum { PREV, NEXT, PEERS };

/* What is known of a neighbour. */
struct peer {
	uint32_t id;
	uint32_t colour;
	uint64_t seq;	/* last accepted */
	uint64_t epoch; /* of the projection in `wire` */
	uint64_t processed; /* of the last one whose flux was taken */
	uint64_t processed_hand, epoch_hand; /* last one applied by hand */
	uint8_t *wire;
	uint8_t by_hand;
	uint8_t have;	/* `wire` is not applied yet */
	uint8_t idle;	/* the last applied one said: nothing pending */
	uint8_t rest;	/* flux left for which there was no room */
	uint8_t failed;
	uint32_t missed; /* in a row */
	uint64_t applied; /* last sequence number applied */
	uint64_t passed; /* it has finished the epochs below this */
	uint64_t progress; /* of its pulse at the last deadline */
	uint64_t refused; /* last of ours that it refused */
	uint32_t life; /* how often it began without a snapshot */
};

struct braid {
	uint64_t epoch;
	uint64_t start, end; /* ticks */
	uint64_t limit;	     /* epochs */
	uint64_t seq;	     /* of the last publication */
	uint64_t want;	     /* epochs below this a neighbour asked for */
	uint64_t done;	     /* ours below this are published */
	uint64_t flux_mark;  /* flux at the last change of interval */
	uint32_t interval;
	uint32_t next_interval;
	uint8_t nudged;	     /* this epoch's neighbour: already asked */
	uint8_t said_idle;   /* the last publication said: nothing pending */
	uint64_t said_flux;  /* total outflow it carried */
	struct peer peer[PEERS];
};

struct rse_torus {
	struct rse_config config;
	struct rse_config config0; /* as created: what reset returns to */
	struct rse_stats stats;	   /* gauges are filled in late */
	struct rse_hooks hooks;
	struct rse_keep *keep; /* NULL: failures are not provided for */
	struct layout layout;
	enum rse_state state;
	uint8_t running;
	uint8_t counted_run; /* `step N`: stop when budget is 0 */
	uint8_t stalled;
	uint8_t hold_ring; /* replaying: the journal feeds, not the ring */
	uint8_t replaying; /* a recovery: nothing is recorded or skipped */
	uint8_t approximate; /* after a degraded recovery */
	uint64_t budget;
	uint64_t floor; /* no event may enter before it */
	struct qevent last; /* key of the last event processed */
	uint32_t cells, faces;
	uint32_t nprocess, nedge; /* slots ever used */
	uint32_t free_process;
	uint32_t next_pid;
	uint32_t degree_max, stack_max, fanout_max; /* never underestimates */
	uint32_t behaviours; /* bit i: a process had behaviour i */
	uint32_t ring_head, ring_count;
	uint32_t njournal;
	int32_t user[RSE_CONSTRAINTS - RSE_USER_FIRST];
	struct cell *cell;
	struct rse_process *process;
	struct pid_index pids; /* of processes, not of free slots */
	struct rse_edge *edge;
	struct rse_event *ring;
	struct rse_journal_entry *journal;
	uint32_t *face_out, *face_in;
	uint8_t *wire;
	uint32_t nbehaviour;
	struct behaviour behaviour[RSE_BEHAVIOURS];
	uint32_t log2_table[(1 << LOG_BITS) + 1];
	struct braid braid;
	struct queue queue;
};

/* torus.c */
void rse_torus_layout(const struct rse_config *, struct layout *);
/* run.c */
void rse_torus_fault(struct rse_torus *, int error);
/* graph.c */
uint32_t rse_life_first(const struct rse_torus *, uint32_t life);
void rse_lists_link(struct rse_torus *);
void rse_pids_link(struct rse_torus *);
/* behaviour.c */
void rse_behaviour_builtin(struct rse_torus *);
/* random.c */
void rse_log2_fill(uint32_t *table);
/* inject.c */
void rse_ring_drain(struct rse_torus *);
void rse_ring_pop(struct rse_torus *);
void rse_inject_flux(struct rse_torus *, uint32_t node, int32_t payload);
uint32_t rse_queue_room(const struct rse_torus *);
/* digest.c */
uint64_t rse_digest_event(const struct rse_event *);
uint64_t rse_digest_process(const struct rse_process *);
uint64_t rse_digest_edge(const struct rse_edge *);
uint64_t rse_digest_finish(const struct rse_torus *, const struct rse_stats *,
    uint64_t seed, const uint8_t *face_out, const uint8_t *face_in,
    uint64_t sum);
/* braid.c */
void rse_braid_init(struct rse_torus *);
struct peer *rse_epoch_peer(struct rse_torus *);
void rse_epoch_skip(struct rse_torus *);
/* snapshot.c */
typedef void process_visit(void *arg, const struct rse_process *);
int rse_snapshot_processes(const struct rse_torus *like, const void *buf,
    size_t len, process_visit *, void *arg);
int rse_snapshot_write(struct rse_torus *, void *buf, size_t len,
    size_t *used);
/* projection.c */
void rse_projection_write(const struct rse_torus *, uint8_t *wire);
void rse_projection_take(struct rse_torus *, const uint8_t *wire,
    struct peer *, int flux);

/* A slot whose process was killed or moved away. */
static inline int
process_gone(const struct rse_process *p)
{
	return p->node == NONE;
}

static inline void
event_unpack(const struct qevent *q, struct rse_event *e)
{
	e->time = q->time;
	e->dst = qevent_dst(q);
	e->src = qevent_src(q);
	e->kind = qevent_kind(q);
	e->payload = qevent_payload(q);
}

#endif
