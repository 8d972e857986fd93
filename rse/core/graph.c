/* SPDX-License-Identifier: MIT */
/*
 * rse/core/graph.c - cells, processes and edges.
 *
 * Edges out of a cell and processes on it are linked lists through their
 * slots, in creation order.  A killed process's slot is marked by node NONE
 * and linked into a free list.
 */
#include "keep.h"

static uint32_t
wrap(int64_t v, uint32_t dim)
{
	int64_t r = v % (int64_t)dim;

	return (uint32_t)(r < 0 ? r + dim : r);
}

uint32_t
rse_node(const struct rse_torus *t, int64_t x, int64_t y, int64_t z)
{
	const uint32_t *d = t->config.dim;

	return (wrap(x, d[0]) * d[1] + wrap(y, d[1])) * d[2] + wrap(z, d[2]);
}

void
rse_node_coords(const struct rse_torus *t, uint32_t node, uint32_t xyz[3])
{
	const uint32_t *d = t->config.dim;

	xyz[2] = node % d[2];
	xyz[1] = node / d[2] % d[1];
	xyz[0] = node / d[2] / d[1];
}

const struct rse_process *
rse_process_find(const struct rse_torus *t, uint32_t pid)
{
	uint32_t i = rse_pids_find(&t->pids, pid);

	return i == PIDS_NONE ? NULL : &t->process[i];
}

const struct rse_process *
rse_process_at(const struct rse_torus *t, uint32_t node,
    const struct rse_process *after)
{
	uint32_t i;

	if (node >= t->cells)
		return NULL;
	i = after == NULL ? t->cell[node].process : after->next;
	return i == NONE ? NULL : &t->process[i];
}

const struct rse_edge *
rse_edge_at(const struct rse_torus *t, uint32_t node,
    const struct rse_edge *after)
{
	uint32_t i;

	if (node >= t->cells)
		return NULL;
	i = after == NULL ? t->cell[node].edge : after->next;
	return i == NONE ? NULL : &t->edge[i];
}

static void
behaviour_count(struct rse_torus *t, uint32_t behaviour)
{
	if (t->behaviour[behaviour].fanout > t->fanout_max)
		t->fanout_max = t->behaviour[behaviour].fanout;
	t->behaviours |= 1u << behaviour;
}

/* Put a process in a free slot, last on its cell; there is one. */
static void
process_place(struct rse_torus *t, const struct rse_process *p)
{
	uint32_t slot = t->free_process, depth = 1, *link;

	if (slot != NONE)
		t->free_process = t->process[slot].next;
	else
		slot = t->nprocess++;
	for (link = &t->cell[p->node].process; *link != NONE; depth++)
		link = &t->process[*link].next;
	*link = slot;
	t->process[slot] = *p;
	t->process[slot].next = NONE;
	rse_pids_add(&t->pids, slot, p->pid);
	t->stats.processes++;
	if (depth > t->stack_max)
		t->stack_max = depth;
	behaviour_count(t, p->behaviour);
}

/* The index anew from the slots. */
void
rse_pids_link(struct rse_torus *t)
{
	uint32_t i;

	rse_pids_clear(&t->pids);
	for (i = 0; i < t->nprocess; i++)
		if (!process_gone(&t->process[i]))
			rse_pids_add(&t->pids, i, t->process[i].pid);
}

/*
 * The lists anew from the slots: each in the order of its slots, as they were
 * created.  From the last to the first, so that a cell with many costs no more
 * than many cells.
 */
void
rse_lists_link(struct rse_torus *t)
{
	uint32_t i, k, n;

	for (i = t->nprocess; i-- > 0;) {
		t->process[i].next = t->cell[t->process[i].node].process;
		t->cell[t->process[i].node].process = i;
	}
	for (i = t->nedge; i-- > 0;) {
		t->edge[i].next = t->cell[t->edge[i].from].edge;
		t->cell[t->edge[i].from].edge = i;
	}
	for (i = 0; i < t->cells; i++) {
		n = 0;
		for (k = t->cell[i].process; k != NONE; k = t->process[k].next)
			n++;
		t->stack_max = n > t->stack_max ? n : t->stack_max;
		n = 0;
		for (k = t->cell[i].edge; k != NONE; k = t->edge[k].next)
			n++;
		t->degree_max = n > t->degree_max ? n : t->degree_max;
	}
	for (i = 0; i < t->nprocess; i++)
		behaviour_count(t, t->process[i].behaviour);
	t->stats.processes = t->nprocess;
	rse_pids_link(t);
}

static int
process_full(const struct rse_torus *t)
{
	return t->free_process == NONE && t->nprocess == t->config.processes;
}

/* A process that comes from elsewhere and keeps its id. */
int
rse_process_put(struct rse_torus *t, const struct rse_process *p)
{
	if (p->node >= t->cells || p->behaviour >= t->nbehaviour)
		return RSE_EINVAL;
	if (process_full(t))
		return RSE_ENOSPC;
	if (rse_process_find(t, p->pid) != NULL)
		return RSE_EEXIST;
	/* Spawned here once: its number is not given out again. */
	if (p->pid >> PID_BITS == t->config.id && p->pid >= t->next_pid)
		t->next_pid = p->pid + 1;
	process_place(t, p);
	keep_put(t, p, 0);
	return RSE_OK;
}

static int
process_remove(struct rse_torus *t, uint32_t pid, struct rse_process *out,
    uint32_t killed)
{
	struct rse_process *p;
	uint32_t slot, *link;

	p = (struct rse_process *)rse_process_find(t, pid);
	if (p == NULL)
		return RSE_ENOENT;
	slot = (uint32_t)(p - t->process);
	for (link = &t->cell[p->node].process; *link != slot;)
		link = &t->process[*link].next;
	*link = p->next;
	*out = *p;
	out->next = NONE;
	rse_pids_drop(&t->pids, pid);
	p->node = NONE;
	p->next = t->free_process;
	t->free_process = slot;
	t->stats.processes--;
	t->stats.killed += killed;
	keep_take(t, pid, killed);
	return RSE_OK;
}

int
rse_process_take(struct rse_torus *t, uint32_t pid, struct rse_process *out)
{
	return process_remove(t, pid, out, 0);
}

/*
 * A torus that comes back approximately does not know which ids it had given
 * out. Each life has half of those that the one before left, so that its
 * number, which the neighbours know, is enough: it is how many of the highest
 * bits of an id are set. In the first there are 2^21.
 */
static uint32_t
life_of(const struct rse_torus *t, uint32_t id)
{
	uint32_t left = ~((id - (t->config.id << PID_BITS)) <<
	    (32 - PID_BITS));

	if (t->config.count == 0)
		return 0; /* nobody could bring it back */
	return (uint32_t)__builtin_clz(left);
}

/* The id before the first of that life. */
uint32_t
rse_life_first(const struct rse_torus *t, uint32_t life)
{
	uint32_t all = 1u << PID_BITS;

	return (t->config.id << PID_BITS) + all -
	    (life < PID_BITS ? all >> life : 1);
}

uint32_t
rse_torus_life(const struct rse_torus *t)
{
	return life_of(t, t->next_pid - 1);
}

/* Ids are not used twice, so that they name a process for ever. */
static int
ids_used_up(const struct rse_torus *t)
{
	return t->next_pid >> PID_BITS != t->config.id ||
	    life_of(t, t->next_pid) != rse_torus_life(t);
}

int
rse_spawn(struct rse_torus *t, uint32_t node, uint32_t *pid)
{
	struct rse_process p = { 0 };

	if (node >= t->cells)
		return RSE_EINVAL;
	if (process_full(t) || ids_used_up(t))
		return RSE_ENOSPC;
	p.pid = t->next_pid++;
	p.node = node;
	p.behaviour = t->config.behaviour;
	process_place(t, &p);
	t->stats.spawned++;
	keep_put(t, &p, 1);
	if (pid != NULL)
		*pid = p.pid;
	return RSE_OK;
}

int
rse_kill(struct rse_torus *t, uint32_t pid)
{
	struct rse_process gone;

	return process_remove(t, pid, &gone, 1);
}

/* At most one edge an ordered pair: a second call replaces the delay. */
static int
edge_place(struct rse_torus *t, uint32_t from, uint32_t to, uint32_t delay,
    uint32_t flags)
{
	uint32_t i, degree = 1, *link;
	struct rse_edge *e;

	if (from >= t->cells || to >= t->cells || (flags & ~RSE_PORTAL) != 0)
		return RSE_EINVAL;
	if (delay == 0)
		return RSE_EDELAY;
	if ((flags & RSE_PORTAL) != 0 && from >= t->faces)
		return RSE_EINVAL; /* portals start on face x=0 */
	for (link = &t->cell[from].edge; *link != NONE; degree++) {
		e = &t->edge[*link];
		if (e->to == to) {
			e->delay = delay;
			e->flags = flags;
			return RSE_OK;
		}
		link = &e->next;
	}
	if (t->nedge == t->config.edges)
		return RSE_ENOSPC;
	i = t->nedge++;
	*link = i;
	e = &t->edge[i];
	e->from = from;
	e->to = to;
	e->delay = delay;
	e->flags = flags;
	e->next = NONE;
	if (degree > t->degree_max)
		t->degree_max = degree;
	return RSE_OK;
}

int
rse_edge(struct rse_torus *t, uint32_t from, uint32_t to, uint32_t delay,
    uint32_t flags)
{
	int error = edge_place(t, from, to, delay, flags);

	if (error == RSE_OK)
		keep_edge(t, from, to, delay, flags);
	return error;
}
