/* SPDX-License-Identifier: MIT */
/*
 * sys/torus/move.c: processes that go to another torus.
 *
 * Invariant (I12): a process is in exactly one torus, or, if its torus is
 * dead, in exactly one store. No two torus locks are held, so for a moment a
 * process that moves is in none; only words of ctl could tell, and those wait
 * for torus_ctl_lock.
 */
#include "base/kprintf.h"

#include "torus/torus_internal.h"

#include <abi/errno.h>

static int
move_refused(struct torus *to, int error)
{
	klog(KLOG_WARNING, "torus%u: process %u: %s: nothing moved\n",
	    to->to_id, to->to_move_pid, rse_error_name(error));
	return torus_errno(error);
}

/* Hook of the engine: the other torus's lock cannot be taken here. */
int
torus_migrate(void *arg, uint32_t pid, uint32_t dest)
{
	struct torus *to = arg;

	if (dest >= TORI || dest == to->to_id)
		return RSE_EINVAL;
	to->to_after = AFTER_MOVE;
	to->to_move_pid = pid;
	to->to_move_to = dest;
	return RSE_OK;
}

/* The memory of one that is faulted may be damaged. */
static bool
takes_processes(const struct torus *to)
{
	return to->to_rse != NULL &&
	    rse_torus_state(to->to_rse) != RSE_FAULTED;
}

/* Nothing but a word of ctl makes processes, so what fits now fits later. */
static int
has_room(struct torus *dest, uint32_t pid)
{
	const struct rse_config *c;
	struct rse_stats s;
	int error = RSE_OK;

	torus_enter(dest);
	if (!takes_processes(dest)) {
		error = RSE_EPEER;
	} else {
		c = rse_torus_config(dest->to_rse);
		rse_torus_stats(dest->to_rse, &s);
		if (rse_process_find(dest->to_rse, pid) != NULL)
			error = RSE_EEXIST;
		else if (s.processes == c->processes)
			error = RSE_ENOSPC;
	}
	torus_leave(dest);
	return error;
}

/* The lattices may differ; the cell of that number takes it. */
static int
process_put(struct torus *to, struct rse_process *p)
{
	const struct rse_config *c;
	int error = RSE_EPEER;

	torus_enter(to);
	if (to->to_rse != NULL) {
		c = rse_torus_config(to->to_rse);
		p->node %= c->dim[0] * c->dim[1] * c->dim[2];
		error = rse_process_put(to->to_rse, p);
	}
	torus_leave(to);
	return error;
}

/* Carry out what torus_migrate noted. */
int
torus_process_move(struct torus *to)
{
	struct torus *dest = &tori[to->to_move_to];
	struct rse_process p;
	uint32_t node;
	int error;

	error = has_room(dest, to->to_move_pid);
	if (error != RSE_OK)
		return move_refused(to, error);
	torus_enter(to);
	error = to->to_rse == NULL ? RSE_ENOENT :
	    rse_process_take(to->to_rse, to->to_move_pid, &p);
	torus_leave(to);
	if (error != RSE_OK)
		return move_refused(to, error);
	node = p.node;
	error = process_put(dest, &p);
	if (error == RSE_OK)
		return 0;
	p.node = node;
	if (process_put(to, &p) != RSE_OK)
		klog(KLOG_ERR, "torus%u: process %u is lost\n", to->to_id,
		    p.pid);
	return move_refused(to, error);
}

/* All that a dead torus had, to the neighbour that has room for all. */
int
torus_evacuate(struct torus *to)
{
	struct torus *nb;
	uint32_t moved = 0;
	unsigned side;
	int error = RSE_EPEER;

	if (to->to_store == NULL)
		return -EOPNOTSUPP;
	for (side = 0; side < SIDES && error != RSE_OK; side++) {
		nb = torus_neighbour(to, side);
		torus_enter(nb);
		if (takes_processes(nb))
			error = rse_evacuate(to->to_store, &nb->to_rse, 1,
			    &moved);
		torus_leave(nb);
		if (error == RSE_OK)
			klog(KLOG_NOTICE, "torus%u: %u processes went to "
			    "torus%u\n", to->to_id, moved, nb->to_id);
	}
	if (error != RSE_OK) {
		klog(KLOG_WARNING, "torus%u: evacuate: %s: nothing moved\n",
		    to->to_id, rse_error_name(error));
		return torus_errno(error);
	}
	/* The store knows that they are gone; a copy of it would not. */
	torus_enter(to);
	torus_replica_drop(to);
	torus_leave(to);
	return 0;
}
