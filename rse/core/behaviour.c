/* SPDX-License-Identifier: MIT */
/*
 * rse/core/behaviour.c - what a process does with an event.
 *
 * relay, the default, and phold are part of the event loop (run.c).  The
 * models here use the same interface as registered C functions.
 */
#include <string.h>

#include "cell.h"

#define SIX 6u

/* Kinds of the lattice models. */
enum { SIR_INFECT, SIR_RECOVER };
enum { ISING_TRY, ISING_FLIPPED };

static uint32_t
later(struct rse_cell *c, uint32_t lookahead, uint32_t mean)
{
	return delay_from(c->torus->log2_table, rse_cell_random(c), lookahead,
	    mean);
}

/* The six neighbours on the lattice; a dimension of 1 has none. */
static uint32_t
neighbours(const struct rse_torus *t, uint32_t node, uint32_t out[SIX])
{
	uint32_t c[3], n = 0, i;
	int64_t d;

	rse_node_coords(t, node, c);
	for (i = 0; i < 3; i++) {
		if (t->config.dim[i] == 1)
			continue;
		for (d = -1; d <= 1; d += 2)
			out[n++] = rse_node(t, c[0] + (i == 0 ? d : 0),
			    c[1] + (i == 1 ? d : 0), c[2] + (i == 2 ? d : 0));
	}
	return n;
}

/* state: 0 susceptible, 1 infected, 2 recovered. */
static int
sir(struct rse_cell *c, const struct rse_event *e, void *arg)
{
	const struct rse_config *cf = &c->torus->config;
	uint32_t near[SIX], n, i;
	int error;

	(void)arg;
	if (e->kind == SIR_RECOVER) {
		c->process->state = 2;
		return RSE_OK;
	}
	if (e->kind != SIR_INFECT || c->process->state != 0)
		return RSE_OK;
	c->process->state = 1;
	n = neighbours(c->torus, c->node, near);
	for (i = 0; i < n; i++) {
		if ((uint32_t)rse_cell_random(c) >= cf->infect)
			continue;
		error = rse_cell_emit(c, near[i],
		    later(c, cf->lookahead, cf->mean), SIR_INFECT, 0);
		if (error != RSE_OK)
			return error;
	}
	return rse_cell_emit(c, c->node,
	    later(c, cf->lookahead, cf->recover), SIR_RECOVER, 0);
}

/*
 * Ising spins with Metropolis flips.  state bit 0: the spin is down; the
 * rest: minus the sum of what neighbours said they changed, so that all
 * zero is all up.  A flip that costs n bonds is taken with weight^n.
 */
static int
ising(struct rse_cell *c, const struct rse_event *e, void *arg)
{
	const struct rse_config *cf = &c->torus->config;
	uint32_t near[SIX], n, i;
	uint64_t accept = UINT64_C(1) << 32;
	int64_t spin, field;
	int error;

	(void)arg;
	if (e->kind == ISING_FLIPPED) {
		c->process->state = (int64_t)((uint64_t)c->process->state +
		    (uint64_t)((int64_t)e->payload * 2));
		return RSE_OK;
	}
	if (e->kind != ISING_TRY)
		return RSE_OK;
	n = neighbours(c->torus, c->node, near);
	spin = (c->process->state & 1) != 0 ? -1 : 1;
	field = ((int64_t)n + (c->process->state >> 1)) * spin;
	/* No more than the bonds there are, whatever a snapshot says. */
	if (field > (int64_t)n)
		field = n;
	for (; field > 0; field--)
		accept = accept * cf->weight >> 32;
	if ((rse_cell_random(c) >> 32) < accept) {
		c->process->state ^= 1;
		for (i = 0; i < n; i++) {
			error = rse_cell_emit(c, near[i], 1, ISING_FLIPPED,
			    (int32_t)(-2 * spin));
			if (error != RSE_OK)
				return error;
		}
	}
	return rse_cell_emit(c, c->node, later(c, cf->lookahead, cf->mean),
	    ISING_TRY, 0);
}

static const struct behaviour builtin[RSE_BUILTIN] = {
	[RSE_RELAY] = { "relay", NULL, NULL, 0 }, /* counted as edges */
	[RSE_PHOLD] = { "phold", NULL, NULL, 1 },
	[RSE_SIR] = { "sir", sir, NULL, SIX + 1 },
	[RSE_ISING] = { "ising", ising, NULL, SIX + 1 },
};

void
rse_behaviour_builtin(struct rse_torus *t)
{
	memcpy(t->behaviour, builtin, sizeof(builtin));
	t->nbehaviour = RSE_BUILTIN;
}

int
rse_behaviour_register(struct rse_torus *t, const char *name,
    rse_behaviour_fn *fn, void *arg, uint32_t fanout, uint32_t *id)
{
	struct behaviour *b;
	uint32_t have;
	size_t len = 0;

	if (name == NULL || fn == NULL || fanout > RSE_FANOUT_MAX)
		return RSE_EINVAL;
	while (name[len] != '\0')
		len++;
	if (rse_behaviour_find(t, name, len, &have) == RSE_OK)
		return RSE_EEXIST;
	if (t->nbehaviour == RSE_BEHAVIOURS)
		return RSE_ENOSPC;
	b = &t->behaviour[t->nbehaviour];
	b->name = name;
	b->fn = fn;
	b->arg = arg;
	b->fanout = fanout;
	*id = t->nbehaviour++;
	return RSE_OK;
}

int
rse_behaviour_find(const struct rse_torus *t, const char *name, size_t len,
    uint32_t *id)
{
	uint32_t i;
	size_t j;

	for (i = 0; i < t->nbehaviour; i++) {
		for (j = 0; j < len && t->behaviour[i].name[j] == name[j] &&
		    name[j] != '\0';)
			j++;
		if (j == len && t->behaviour[i].name[j] == '\0') {
			*id = i;
			return RSE_OK;
		}
	}
	return RSE_ENOENT;
}

const char *
rse_behaviour_name(const struct rse_torus *t, uint32_t id)
{
	return id < t->nbehaviour ? t->behaviour[id].name : NULL;
}
