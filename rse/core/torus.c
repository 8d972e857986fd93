/* SPDX-License-Identifier: MIT */
/*
 * rse/core/torus.c - creating a torus in given memory, resetting it, limits.
 */
#include <string.h>

#include "keep.h"

#define ALIGN(n) (((n) + 63) & ~(size_t)63)
#define CELLS_A_STEP (1u << 17) /* a megabyte */

void
rse_config_default(struct rse_config *c)
{
	memset(c, 0, sizeof(*c));
	c->dim[0] = c->dim[1] = c->dim[2] = 32;
	c->processes = 4096;
	c->edges = 8192;
	c->events = c->limit = 8192;
	c->ring = 16384;
	c->journal = 1024;
	c->behaviour = RSE_RELAY;
	c->lookahead = (1u << RSE_TICK_BITS) / 10;
	c->mean = (1u << RSE_TICK_BITS) - c->lookahead;
	c->remote = 1u << 30;
	c->infect = 1u << 30;
	c->recover = 1u << RSE_TICK_BITS;
	c->weight = 1771516516; /* exp(-2 * 0.443): near the critical point */
	c->interval = 1000;
	c->policy = RSE_POLICY_WAIT;
	c->every = 16;
	c->timeout = 300;
}

/* What may change while the torus lives. */
static int
config_check_soft(const struct rse_config *c)
{
	if (c->limit == 0 || c->limit > c->events)
		return RSE_EINVAL;
	if (c->behaviour >= RSE_BEHAVIOURS || c->interval == 0)
		return RSE_EINVAL;
	if (c->lookahead == 0 || c->digest > 1 || c->adaptive > 1)
		return RSE_EINVAL;
	if (c->policy > RSE_POLICY_CONTINUE || c->every == 0 ||
	    c->timeout == 0 || c->replicate > 1)
		return RSE_EINVAL;
	return RSE_OK;
}

int
rse_config_check(const struct rse_config *c)
{
	const uint32_t most = 1u << 26; /* keeps every size below 2^32 words */
	int i;

	for (i = 0; i < 3; i++)
		if (c->dim[i] == 0 || c->dim[i] > RSE_DIM_MAX)
			return RSE_EINVAL;
	if (c->processes == 0 || c->edges == 0 || c->events == 0 ||
	    c->ring == 0)
		return RSE_EINVAL;
	if (c->processes > 1u << PID_BITS || c->edges > most ||
	    c->events > most || c->ring > most || c->journal > most)
		return RSE_EINVAL;
	if (c->count != 0 && (c->count % 3 != 0 || c->id >= c->count))
		return RSE_EINVAL;
	if (c->id >= 1u << (32 - PID_BITS))
		return RSE_EINVAL;
	if (c->adaptive && c->count != 3)
		return RSE_EINVAL;
	return config_check_soft(c);
}

/* The closed formula: each area, a 64-byte canary behind it. */
void
rse_torus_layout(const struct rse_config *c, struct layout *l)
{
	size_t cells = (size_t)c->dim[0] * c->dim[1] * c->dim[2];
	size_t faces = (size_t)c->dim[1] * c->dim[2];
	size_t wire = rse_projection_size(c);
	const size_t size[AREAS] = {
		[AREA_CELL] = cells * sizeof(struct cell),
		[AREA_PROCESS] = c->processes * sizeof(struct rse_process),
		[AREA_PIDS] = c->processes * sizeof(struct pid_node),
		[AREA_EDGE] = c->edges * sizeof(struct rse_edge),
		[AREA_ARENA] = rse_queue_arena_size(c->events),
		[AREA_FRONT] = rse_queue_front_size(c->events),
		[AREA_SPARE] = rse_queue_spare_size(c->events),
		[AREA_RING] = c->ring * sizeof(struct rse_event),
		[AREA_JOURNAL] = c->journal *
		    sizeof(struct rse_journal_entry),
		[AREA_FACE_OUT] = faces * sizeof(uint32_t),
		[AREA_FACE_IN] = faces * sizeof(uint32_t),
		[AREA_WIRE] = wire,
		[AREA_WIRE_PREV] = wire,
		[AREA_WIRE_NEXT] = wire,
	};
	size_t at = ALIGN(sizeof(struct rse_torus));
	int i;

	for (i = 0; i < AREAS; i++) {
		l->offset[i] = at;
		l->canary[i] = at + ALIGN(size[i]);
		at = l->canary[i] + 64;
	}
	l->total = at;
}

size_t
rse_torus_size(const struct rse_config *c)
{
	struct layout l;

	if (rse_config_check(c) != RSE_OK)
		return 0;
	rse_torus_layout(c, &l);
	return l.total + 63; /* the memory may begin anywhere */
}

static void
cells_clear(struct rse_torus *t, uint32_t from, uint32_t to)
{
	for (; from < to; from++)
		t->cell[from].edge = t->cell[from].process = NONE;
}

/* All but the cells. */
static void
torus_clear(struct rse_torus *t)
{
	char *base = (char *)t;
	const struct layout *l = &t->layout;

	t->config = t->config0;
	memset(&t->stats, 0, sizeof(t->stats));
	t->stats.run_digest = UINT64_C(14695981039346656037);
	t->state = RSE_STOPPED;
	t->running = t->counted_run = t->stalled = t->hold_ring = 0;
	t->replaying = t->approximate = 0;
	t->budget = t->floor = 0;
	memset(&t->last, 0, sizeof(t->last));
	t->nprocess = t->nedge = 0;
	t->free_process = NONE;
	rse_pids_clear(&t->pids);
	t->next_pid = (t->config.id << PID_BITS) + 1;
	t->degree_max = t->stack_max = t->fanout_max = 0;
	t->behaviours = 0;
	t->ring_head = t->ring_count = t->njournal = 0;
	memset(t->user, 0, sizeof(t->user));
	memset(t->face_out, 0, t->faces * sizeof(uint32_t));
	memset(t->face_in, 0, t->faces * sizeof(uint32_t));
	memset((char *)t + l->offset[AREA_WIRE], 0,
	    rse_projection_size(&t->config));
	rse_queue_init(&t->queue, t->config.events,
	    base + l->offset[AREA_ARENA], base + l->offset[AREA_FRONT],
	    base + l->offset[AREA_SPARE]);
	rse_braid_init(t);
}

static int
torus_begin(void *mem, size_t len, const struct rse_config *c)
{
	struct rse_torus *t;
	uint64_t *canary;
	char *base;
	int error, i, j;

	if ((error = rse_config_check(c)) != RSE_OK)
		return error;
	if (c->behaviour >= RSE_BUILTIN)
		return RSE_EINVAL; /* nothing is registered yet */
	if (len < rse_torus_size(c))
		return RSE_ESHORT;
	base = (char *)ALIGN((uintptr_t)mem);
	t = (struct rse_torus *)base;
	memset(t, 0, sizeof(*t));
	t->config0 = *c;
	rse_torus_layout(c, &t->layout);
	for (i = 0; i < AREAS; i++) {
		canary = (uint64_t *)(base + t->layout.canary[i]);
		for (j = 0; j < 8; j++)
			canary[j] = CANARY;
	}
	t->cells = c->dim[0] * c->dim[1] * c->dim[2];
	t->faces = c->dim[1] * c->dim[2];
	t->cell = (struct cell *)(base + t->layout.offset[AREA_CELL]);
	t->process = (struct rse_process *)(base +
	    t->layout.offset[AREA_PROCESS]);
	t->pids.node = (struct pid_node *)(base +
	    t->layout.offset[AREA_PIDS]);
	t->edge = (struct rse_edge *)(base + t->layout.offset[AREA_EDGE]);
	t->ring = (struct rse_event *)(base + t->layout.offset[AREA_RING]);
	t->journal = (struct rse_journal_entry *)(base +
	    t->layout.offset[AREA_JOURNAL]);
	t->face_out = (uint32_t *)(base + t->layout.offset[AREA_FACE_OUT]);
	t->face_in = (uint32_t *)(base + t->layout.offset[AREA_FACE_IN]);
	t->wire = (uint8_t *)(base + t->layout.offset[AREA_WIRE]);
	t->braid.peer[PREV].wire = (uint8_t *)(base +
	    t->layout.offset[AREA_WIRE_PREV]);
	t->braid.peer[NEXT].wire = (uint8_t *)(base +
	    t->layout.offset[AREA_WIRE_NEXT]);
	rse_behaviour_builtin(t);
	rse_log2_fill(t->log2_table);
	torus_clear(t);
	return RSE_OK;
}

int
rse_torus_create_step(void *mem, size_t len, const struct rse_config *c,
    struct rse_torus **out, uint32_t *at)
{
	struct rse_torus *t = (struct rse_torus *)ALIGN((uintptr_t)mem);
	uint32_t from = *at;
	int error;

	if (from == 0 && (error = torus_begin(mem, len, c)) != RSE_OK)
		return error;
	*at = t->cells - from > CELLS_A_STEP ? from + CELLS_A_STEP : t->cells;
	cells_clear(t, from, *at);
	if (*at < t->cells)
		return 1;
	*out = t;
	return RSE_OK;
}

int
rse_torus_create(void *mem, size_t len, const struct rse_config *c,
    struct rse_torus **out)
{
	uint32_t at = 0;
	int error;

	do
		error = rse_torus_create_step(mem, len, c, out, &at);
	while (error > 0);
	return error;
}

/* Registered behaviours and hooks stay; everything else is as created. */
void
rse_torus_reset(struct rse_torus *t)
{
	torus_clear(t);
	cells_clear(t, 0, t->cells);
	if (t->keep != NULL)
		rse_keep_clear(t->keep);
}

void
rse_torus_hooks_set(struct rse_torus *t, const struct rse_hooks *h)
{
	t->hooks = *h;
}

int
rse_torus_check(const struct rse_torus *t)
{
	const uint64_t *canary;
	int i, j;

	for (i = 0; i < AREAS; i++) {
		canary = (const uint64_t *)((const char *)t +
		    t->layout.canary[i]);
		for (j = 0; j < 8; j++)
			if (canary[j] != CANARY)
				return RSE_ECORRUPT;
	}
	return RSE_OK;
}

const struct rse_config *
rse_torus_config(const struct rse_torus *t)
{
	return &t->config;
}

/* Change what may change; what is fixed at creation must be the same. */
int
rse_torus_configure(struct rse_torus *t, const struct rse_config *c)
{
	const struct rse_config *o = &t->config;
	int error;

	if (c->id != o->id || memcmp(c->dim, o->dim, sizeof(c->dim)) != 0 ||
	    c->processes != o->processes || c->edges != o->edges ||
	    c->events != o->events || c->ring != o->ring ||
	    c->journal != o->journal || c->count != o->count)
		return RSE_ECONFIG;
	if (c->behaviour >= t->nbehaviour)
		return RSE_EINVAL;
	if ((error = rse_config_check(c)) != RSE_OK)
		return error;
	if (c->interval != o->interval)
		t->braid.next_interval = c->interval;
	t->config = *c;
	keep_due(t);
	return RSE_OK;
}

void
rse_start(struct rse_torus *t)
{
	t->running = 1;
	t->counted_run = 0;
	if (t->state != RSE_FAULTED)
		t->state = RSE_RUNNING;
}

void
rse_stop(struct rse_torus *t)
{
	t->running = 0;
	t->counted_run = 0;
	if (t->state != RSE_FAULTED)
		t->state = RSE_STOPPED;
}

void
rse_step_events(struct rse_torus *t, uint64_t n)
{
	rse_start(t);
	t->counted_run = 1;
	t->budget = n;
}

enum rse_state
rse_torus_state(const struct rse_torus *t)
{
	return t->stalled ? RSE_STALLED : t->state;
}

void
rse_torus_stats(const struct rse_torus *t, struct rse_stats *s)
{
	*s = t->stats;
	s->pending = (uint64_t)t->queue.count + t->ring_count;
	s->edges = t->nedge;
	s->violations = s->bad_length + s->bad_hash + s->bad_sender +
	    s->stale;
	s->epoch = t->braid.epoch;
	s->interval = t->braid.interval;
	s->approximate = t->approximate;
	s->health = t->replaying ? RSE_RECOVERING : t->stalled ? RSE_STALLED_H :
	    t->braid.peer[PREV].missed + t->braid.peer[NEXT].missed > 0 ?
	    RSE_DEGRADED : RSE_HEALTHY;
}

uint64_t
rse_torus_now(const struct rse_torus *t)
{
	return t->stats.now;
}

int
rse_user_set(struct rse_torus *t, uint32_t index, int32_t value)
{
	if (index < RSE_USER_FIRST || index >= RSE_CONSTRAINTS)
		return RSE_EINVAL;
	t->user[index - RSE_USER_FIRST] = value;
	keep_due(t);
	return RSE_OK;
}
