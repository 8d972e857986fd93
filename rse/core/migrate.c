/* SPDX-License-Identifier: MIT */
/*
 * rse/core/migrate.c - processes that change their torus.
 *
 * Invariant: at every return a process lives in exactly one torus, or, if
 * its torus is lost, in exactly one store that is not evacuated.
 */
#include "keep.h"

int
rse_migrate(struct rse_torus *from, struct rse_torus *to, uint32_t pid)
{
	struct rse_process p, gone;
	const struct rse_process *here = rse_process_find(from, pid);
	int error;

	if (here == NULL)
		return RSE_ENOENT;
	if (from == to)
		return RSE_OK;
	p = *here;
	/* The lattices may differ; the cell of that number takes it. */
	p.node %= to->cells;
	if ((error = rse_process_put(to, &p)) != RSE_OK)
		return error;
	return rse_process_take(from, pid, &gone);
}

/* Processes of a store: those of its snapshot, changed by its records. */
struct roll {
	struct rse_torus *const *to;
	struct rse_store *store;
	uint32_t n, at;
	uint32_t moved;
	int error;
};

/* When each process left last, so that asking for all of them is cheap. */
static void
taken_fill(struct rse_store *s)
{
	uint32_t i;

	rse_pids_clear(&s->taken);
	for (i = s->records; i-- > 0;)
		if (s->record[i].kind == RECORD_TAKE)
			rse_pids_add(&s->taken, i, s->record[i].u.pid);
}

static int
taken_later(const struct rse_store *s, uint32_t pid, uint32_t from)
{
	uint32_t i = rse_pids_find(&s->taken, pid);

	return i != PIDS_NONE && i >= from;
}

/* Put it into the next survivor that has room. */
static void
roll_give(struct roll *r, const struct rse_process *p, uint32_t from)
{
	struct rse_process q = *p;
	struct rse_torus *to;
	uint32_t tries;

	if (r->error != RSE_OK || taken_later(r->store, p->pid, from))
		return;
	for (tries = 0; tries < r->n; tries++) {
		to = r->to[r->at];
		r->at = (r->at + 1) % r->n;
		q.node = p->node % to->cells;
		if (rse_process_put(to, &q) == RSE_OK) {
			r->moved++;
			return;
		}
	}
	r->error = RSE_ENOSPC;
}

static void
roll_visit(void *arg, const struct rse_process *p)
{
	roll_give(arg, p, 0);
}

/* What was not given is another's: a survivor may have had it before. */
static void
roll_take_back(struct roll *r, const struct rse_process *p, uint32_t from)
{
	struct rse_process gone;
	uint32_t i;

	if (taken_later(r->store, p->pid, from))
		return;
	for (i = 0; i < r->n && r->moved > 0; i++)
		if (rse_process_take(r->to[i], p->pid, &gone) == RSE_OK)
			r->moved--;
}

static void
roll_undo(void *arg, const struct rse_process *p)
{
	roll_take_back(arg, p, 0);
}

int
rse_evacuate(struct rse_store *s, struct rse_torus *const *to, uint32_t n,
    uint32_t *moved)
{
	struct roll r = { .to = to, .store = s, .n = n };
	const uint8_t *snapshot;
	size_t len = 0;
	uint32_t i;
	int error;

	*moved = 0;
	snapshot = rse_store_snapshot(s, &len);
	if (n == 0 || s->evacuated)
		return RSE_EINVAL;
	if (snapshot == NULL)
		return RSE_ENOENT;
	taken_fill(s);
	error = rse_snapshot_processes(to[0], snapshot, len, roll_visit, &r);
	if (error != RSE_OK)
		return error;
	for (i = 0; i < s->records; i++)
		if (s->record[i].kind == RECORD_PUT)
			roll_give(&r, &s->record[i].u.process, i + 1);
	if (r.error != RSE_OK) {
		rse_snapshot_processes(to[0], snapshot, len, roll_undo, &r);
		for (i = 0; i < s->records; i++)
			if (s->record[i].kind == RECORD_PUT)
				roll_take_back(&r, &s->record[i].u.process,
				    i + 1);
		return r.error;
	}
	s->evacuated = 1;
	*moved = r.moved;
	return RSE_OK;
}
