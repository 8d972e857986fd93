/* SPDX-License-Identifier: MIT */
/*
 * rse/core/recover.c - exact recovery.
 *
 * The snapshot is loaded into a new torus and the records are replayed in
 * their order: injections at their point, the neighbours' projections, from
 * their own histories, at the epoch's end where they were applied.  Each
 * projection the torus makes on the way is compared with the copies that
 * both neighbours hold.
 *
 *	own, prev, next agree            verified
 *	own and one of two agree         verified, the third is outvoted
 *	the only copy agrees             verified: two of two
 *	anything else                    RSE_EDIGEST
 *
 * Invariant: only `into` is written before rse_recover_finish.
 */
#include <string.h>

#include "hash.h"
#include "keep.h"

#define AHEAD_MOST 3 /* epochs */

#define PROJ_DIGEST 32 /* of the state: so far into the constraints */

static int
recover_fail(struct rse_recovery *r, int error)
{
	r->error = error;
	return error;
}

static uint64_t
wire_digest(const uint8_t *wire, size_t len)
{
	return le64_get(wire + len - PROJ_TAIL + PROJ_DIGEST);
}

/* A copy in a neighbour's memory may be damaged as well: then it differs. */
static int
copy_agrees(const uint8_t *copy, const uint8_t *wire, size_t len)
{
	return rse_fnv1a(FNV_OFFSET, copy, len - 8) ==
	    le64_get(copy + len - 8) &&
	    wire_digest(copy, len) == wire_digest(wire, len);
}

/* The publish hook while replaying. */
static void
publication_check(void *arg, uint64_t seq, const uint8_t *wire, size_t len)
{
	struct rse_recovery *r = arg;
	const uint8_t *copy[2];
	uint32_t i, held = 0, agree = 0;

	copy[0] = rse_history_find(&r->prev->received[NEXT], seq);
	copy[1] = rse_history_find(&r->next->received[PREV], seq);
	for (i = 0; i < 2; i++)
		if (copy[i] != NULL) {
			held++;
			agree += copy_agrees(copy[i], wire, len) != 0;
		}
	if (agree == 0 && (held != 0 || seq <= r->target)) {
		if (r->error == RSE_OK)
			r->error = held != 0 ? RSE_EDIGEST : RSE_EHISTORY;
		return;
	}
	r->verified += agree != 0;
	r->disagreed += held - agree;
}

/* The last of ours that a neighbour holds. */
static uint64_t
last_held(const struct rse_recovery *r)
{
	uint64_t a = 0, b = 0;

	rse_history_last(&r->prev->received[NEXT], &a);
	rse_history_last(&r->next->received[PREV], &b);
	return a > b ? a : b;
}

static int
neighbours_check(const struct rse_recovery *r)
{
	const struct rse_config *c = &r->into->config;
	size_t len = rse_projection_size(c);

	if (c->count == 0)
		return RSE_EINVAL;
	if (r->prev == NULL || r->next == NULL)
		return RSE_EPEER;
	if (r->prev->id != (c->id + c->count - 1) % c->count ||
	    r->next->id != (c->id + 1) % c->count)
		return RSE_ESENDER;
	if (r->prev->sent.len != len || r->next->sent.len != len)
		return RSE_ECONFIG;
	return RSE_OK;
}

/*
 * No torus gets more than three epochs ahead of a neighbour.  One that is
 * further behind began anew, and can confirm nothing.
 */
static int
began_anew(const struct rse_keep *k, uint64_t epoch)
{
	uint64_t at = k->torus != NULL ? k->torus->braid.epoch : k->epoch;

	return at + AHEAD_MOST < epoch;
}

static const struct history *
received_from(const struct rse_recovery *r, uint32_t side)
{
	return side == NEXT ? &r->next->sent : &r->prev->sent;
}

/*
 * Under `continue` the neighbours go on and forget: better said at once than
 * after half of the replay.  `seq` is the last of ours in the snapshot.
 */
static int
history_check(const struct rse_recovery *r, uint64_t seq)
{
	const struct record *rec = r->store->record;
	uint32_t i;

	for (i = 0; i < r->store->records; i++, rec++)
		if (rec->kind == RECORD_APPLIED && rse_history_find(
		    received_from(r, rec->side), rec->u.seq) == NULL)
			return RSE_EHISTORY;
	/* The oldest that is to be confirmed; those after it are newer. */
	if (seq < r->target &&
	    rse_history_find(&r->prev->received[NEXT], seq + 1) == NULL &&
	    rse_history_find(&r->next->received[PREV], seq + 1) == NULL)
		return RSE_EHISTORY;
	return RSE_OK;
}

int
rse_recover_begin(struct rse_recovery *r)
{
	struct rse_hooks check = { .arg = r, .publish = publication_check };
	struct rse_torus *t = r->into;
	const uint8_t *snapshot;
	struct peer *p;
	size_t len = 0;
	int error;

	r->target = 0;
	r->verified = r->disagreed = r->cursor = 0;
	if ((error = neighbours_check(r)) != RSE_OK)
		return recover_fail(r, error);
	snapshot = rse_store_snapshot(r->store, &len);
	if (snapshot == NULL)
		return recover_fail(r, RSE_ENOENT);
	if (t->keep != NULL)
		return recover_fail(r, RSE_EINVAL);
	if ((error = rse_store_check(r->store)) != RSE_OK)
		return recover_fail(r, error);
	if ((error = rse_snapshot_load(t, snapshot, len)) != RSE_OK)
		return recover_fail(r, error);
	if (began_anew(r->prev, t->braid.epoch) ||
	    began_anew(r->next, t->braid.epoch))
		return recover_fail(r, RSE_ESTALE);
	r->error = RSE_OK;
	r->target = last_held(r);
	if ((error = history_check(r, t->braid.seq)) != RSE_OK)
		return recover_fail(r, error);
	r->hooks = t->hooks;
	rse_torus_hooks_set(t, &check);
	t->replaying = 1;
	t->braid.want = RSE_FOREVER; /* does not fall asleep */
	/* Delivered but not applied: the records will bring it again. */
	for (p = t->braid.peer; p < t->braid.peer + PEERS; p++) {
		p->have = 0;
		p->failed = 0;
		p->missed = 0;
		p->seq = p->applied;
	}
	rse_start(t);
	/* What it had said last before the snapshot is checked if known. */
	if (rse_history_find(&r->prev->received[NEXT], t->braid.seq) != NULL ||
	    rse_history_find(&r->next->received[PREV], t->braid.seq) != NULL)
		publication_check(r, t->braid.seq, t->wire,
		    rse_projection_size(&t->config));
	return r->error;
}

/* An input that came from outside, at its point. */
static int
record_replay(struct rse_torus *t, const struct record *rec)
{
	struct rse_process gone;

	if (rec->floor != t->floor) {
		/* It came when the end of the epoch had been reached. */
		if (rec->floor != t->braid.end || rec->floor < t->floor)
			return RSE_EDIGEST;
		t->floor = rec->floor;
	}
	switch (rec->kind) {
	case RECORD_INJECT:
		return rse_inject(t, &rec->u.event);
	case RECORD_EDGE:
		return rse_edge(t, rec->u.edge.from, rec->u.edge.to,
		    rec->u.edge.delay, rec->u.edge.flags);
	case RECORD_PUT:
		t->stats.spawned += rec->side;
		return rse_process_put(t, &rec->u.process);
	case RECORD_TAKE:
		t->stats.killed += rec->side;
		return rse_process_take(t, rec->u.pid, &gone);
	default:
		return RSE_EINVAL;
	}
}

/* At an epoch's end: what the record says came from the neighbour. */
static int
end_replay(struct rse_recovery *r, const struct record *rec)
{
	struct rse_torus *t = r->into;
	const struct rse_keep *from;
	const uint8_t *wire;

	if (rec->kind == RECORD_MISSED) {
		rse_epoch_skip(t);
		t->state = RSE_RUNNING;
		return RSE_OK;
	}
	from = rec->side == NEXT ? r->next : r->prev;
	wire = rse_history_find(received_from(r, rec->side), rec->u.seq);
	if (wire == NULL)
		return RSE_EHISTORY;
	return rse_deliver(t, from->id, rec->u.seq, wire, from->sent.len);
}

static int
is_end(const struct record *rec)
{
	return rec->kind == RECORD_APPLIED || rec->kind == RECORD_MISSED;
}

/* Run towards the next record; at an epoch's end, apply it. */
static int
run_on(struct rse_recovery *r, const struct record *rec, uint64_t batch)
{
	struct rse_torus *t = r->into;
	struct rse_wait wait;
	int error;

	if (rec != NULL && rec->epoch == t->braid.epoch &&
	    rec->processed > t->stats.processed &&
	    rec->processed - t->stats.processed < batch)
		batch = rec->processed - t->stats.processed;
	switch (rse_step(t, batch, &wait)) {
	case RSE_STEP_RAN:
		return RSE_OK;
	case RSE_STEP_WAIT:
		break;
	case RSE_STEP_FAULTED:
		return t->stats.error;
	default:
		return RSE_EDIGEST;
	}
	if (rec == NULL) /* past the end there is nothing to wait for */
		return t->braid.seq >= r->target ? RSE_OK : RSE_ENOENT;
	if (rec->epoch != t->braid.epoch ||
	    rec->processed != t->stats.processed)
		return RSE_EDIGEST;
	if (!is_end(rec))
		return RSE_OK; /* an injection while it waited */
	if ((error = end_replay(r, rec)) == RSE_OK)
		r->cursor++;
	return error;
}

int
rse_recover_step(struct rse_recovery *r, uint64_t batch)
{
	struct rse_torus *t = r->into;
	const struct record *rec = NULL;
	int error;

	if (r->error != RSE_OK)
		return r->error;
	if (batch == 0)
		return recover_fail(r, RSE_EINVAL);
	if (r->cursor < r->store->records)
		rec = &r->store->record[r->cursor];
	else if (t->braid.seq >= r->target && !t->braid.peer[PREV].have &&
	    !t->braid.peer[NEXT].have)
		return RSE_OK; /* and what the last record gave is applied */
	if (rec != NULL && (rec->epoch < t->braid.epoch ||
	    (rec->epoch == t->braid.epoch &&
	    rec->processed < t->stats.processed)))
		return recover_fail(r, RSE_EDIGEST);
	if (rec != NULL && !is_end(rec) && rec->epoch == t->braid.epoch &&
	    rec->processed == t->stats.processed) {
		error = record_replay(t, rec);
		if (error == RSE_OK)
			r->cursor++;
	} else {
		error = run_on(r, rec, batch);
	}
	if (error != RSE_OK && r->error == RSE_OK)
		r->error = error;
	return r->error != RSE_OK ? r->error : 1;
}

/* Its history as the neighbours have it. */
static void
history_copy(struct history *to, const struct history *from)
{
	uint64_t i = from->count > RSE_HISTORY ? from->count - RSE_HISTORY : 0;
	uint32_t k;

	to->count = 0;
	for (; i < from->count; i++) {
		k = (uint32_t)(i % RSE_HISTORY);
		rse_history_add(to, from->seq[k], from->epoch[k],
		    from->wire + k * from->len);
	}
}

static void
history_restore(const struct rse_recovery *r, struct rse_keep *k)
{
	const struct history *a = &r->prev->received[NEXT];
	const struct history *b = &r->next->received[PREV];
	uint64_t sa = 0, sb = 0;

	rse_history_last(a, &sa);
	rse_history_last(b, &sb);
	history_copy(&k->sent, sa > sb ? a : b);
	history_copy(&k->received[PREV], &r->prev->sent);
	history_copy(&k->received[NEXT], &r->next->sent);
}

/* The processes were given to others: they must not live twice. */
static void
processes_drop(struct rse_torus *t)
{
	struct rse_process gone;
	uint32_t i;

	for (i = 0; i < t->nprocess; i++)
		if (!process_gone(&t->process[i]))
			rse_process_take(t, t->process[i].pid, &gone);
}

/* What it was told after its last snapshot. */
static void
life_learn(struct peer *p, uint32_t life)
{
	if (life > p->life)
		p->life = life;
}

int
rse_recover_finish(struct rse_recovery *r, struct rse_keep *k)
{
	struct rse_torus *t = r->into;
	uint64_t a = 0, b = 0;
	const uint8_t *last;
	int error;

	if (r->error != RSE_OK)
		return r->error;
	if (r->cursor < r->store->records || t->braid.seq < r->target)
		return RSE_EAGAIN;
	if (k->sent.len != r->prev->sent.len || k->id != t->config.id)
		return RSE_ECONFIG;
	history_restore(r, k);
	t->replaying = 0;
	rse_torus_hooks_set(t, &r->hooks);
	if (r->store->evacuated)
		processes_drop(t);
	/* Awake until the neighbours have what they may wait for. */
	if ((last = rse_history_last(&r->prev->sent, &a)) != NULL)
		a = le64_get(last + 4) + 4;
	if ((last = rse_history_last(&r->next->sent, &b)) != NULL)
		b = le64_get(last + 4) + 4;
	t->braid.want = a > b ? a : b;
	life_learn(&t->braid.peer[PREV], rse_keep_life(r->prev));
	life_learn(&t->braid.peer[NEXT], rse_keep_life(r->next));
	error = rse_keep_attach(t, k, r->store, k->replica);
	if (error == RSE_OK)
		rse_keep_step(t);
	return error;
}
