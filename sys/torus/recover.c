/* SPDX-License-Identifier: MIT */
/*
 * sys/torus/recover.c: bringing a dead or faulted torus back.
 *
 * The word `recover` takes copies of what both neighbours hold, one lock
 * after the other, and loads the snapshot; the torus's own thread then replays
 * in batches, so that a `kill` may come in between and nobody waits. Only
 * when every epoch it had published was verified does it take the torus's
 * place, tell the neighbours, and go on as its owner had told it.
 *
 * Invariant: until then neither the store nor a neighbour is written: what
 * failed can be tried again.
 *
 * Why copies: under policy `continue` the neighbours run on, and their history
 * would run away under the replay; and no thread holds two torus locks.
 */
#include "base/kprintf.h"
#include "base/kva.h"
#include "base/page.h"
#include "base/slab.h"

#include "torus/torus_internal.h"

#include <abi/errno.h>

#define REPLAY_BATCH 2048

struct torus_recovery {
	struct rse_recovery tr_rse;
	struct torus_body tr_body;
	struct {
		void *mem; /* NULL: that neighbour is lost too */
		size_t size;
		struct rse_keep *keep;
	} tr_side[SIDES];
	bool tr_replica; /* the store in use is the successor's copy */
};

const char *
torus_result_name(const struct torus *to)
{
	static const char *const name[] = { "none", "exact", "approximate",
		"failed" };

	return name[to->to_result];
}

static void
recovery_free(struct torus_recovery *tr)
{
	unsigned side;

	for (side = 0; side < SIDES; side++)
		if (tr->tr_side[side].mem != NULL)
			kva_free(tr->tr_side[side].mem,
			    tr->tr_side[side].size);
	torus_body_free(&tr->tr_body);
	kfree(tr);
}

void
torus_recover_end(struct torus *to)
{
	if (to->to_recovery != NULL)
		recovery_free(to->to_recovery);
	to->to_recovery = NULL;
}

/* What the neighbour holds at this moment; one that is faulted is lost. */
static int
side_copy(struct torus_recovery *tr, struct torus *nb, unsigned side)
{
	struct rse_keep *keep;
	size_t want;
	int error = 0;

	torus_enter(nb);
	if (nb->to_keep != NULL &&
	    rse_torus_state(nb->to_rse) != RSE_FAULTED) {
		torus_mail_take(nb); /* it may hold the last word of ours */
		want = rse_keep_size(&nb->to_config);
		tr->tr_side[side].size = page_round(want);
		tr->tr_side[side].mem = kva_alloc(page_round(want));
		if (tr->tr_side[side].mem == NULL)
			error = -ENOMEM;
		else if (rse_keep_copy(tr->tr_side[side].mem, want,
		    nb->to_keep, &keep) == RSE_OK)
			tr->tr_side[side].keep = keep;
	}
	torus_leave(nb);
	return error;
}

static int
recovery_make(struct torus *to, struct torus_recovery **out)
{
	struct torus_recovery *tr = kzalloc(sizeof(*tr));
	unsigned side;
	int error = 0;

	if (tr == NULL)
		return -ENOMEM;
	for (side = 0; side < SIDES && error == 0; side++)
		error = side_copy(tr, torus_neighbour(to, side), side);
	if (error != 0) {
		recovery_free(tr);
		return error;
	}
	*out = tr;
	return 0;
}

/* It stays dead, or dies now if it was faulted. to_lock held. */
static int
recover_failed(struct torus *to, int error)
{
	to->to_result = RESULT_FAILED;
	to->to_error = error;
	klog(KLOG_ERR, "torus%u: recovery failed: %s: nothing changed\n",
	    to->to_id, rse_error_name(error));
	torus_life_set(to, to->to_rse != NULL ? TORUS_LIVE : TORUS_DEAD);
	return torus_errno(error);
}

/* Load the snapshot of its store, or else of the successor's copy. */
static int
replay_begin(struct torus *to, struct torus_recovery *tr)
{
	struct rse_recovery *r = &tr->tr_rse;
	int error;

	*r = (struct rse_recovery){ .into = tr->tr_body.tb_rse,
		.store = tr->tr_replica ? to->to_replica : to->to_store,
		.prev = tr->tr_side[SIDE_PREV].keep,
		.next = tr->tr_side[SIDE_NEXT].keep };
	error = rse_recover_begin(r);
	if (error == RSE_OK || tr->tr_replica || to->to_replica == NULL ||
	    error == RSE_EPEER)
		return error;
	klog(KLOG_WARNING, "torus%u: its own store: %s: trying the "
	    "replica\n", to->to_id, rse_error_name(error));
	tr->tr_replica = true;
	return replay_begin(to, tr);
}

/* Room for the new torus, and its thread. to_lock held. */
static int
body_renew(struct torus *to, struct torus_recovery *tr)
{
	int error;

	if (to->to_config.count == 0)
		return -EOPNOTSUPP; /* alone: no neighbour knows anything */
	error = torus_body_make(&tr->tr_body, &to->to_config);
	if (error == 0)
		error = torus_thread_need(to);
	return error;
}

/* to_lock held. The recovery belongs to the torus when this succeeds. */
static int
recover_start(struct torus *to, struct torus_recovery *tr)
{
	int error;

	error = body_renew(to, tr);
	if (error != 0)
		return error;
	error = replay_begin(to, tr);
	if (error != RSE_OK)
		return recover_failed(to, error);
	if (to->to_rse != NULL)
		torus_end(to);
	to->to_recovery = tr;
	torus_life_set(to, TORUS_RECOVERING);
	return 0;
}

/* to_lock held: the body takes the torus's place. */
static void
rejoin(struct torus *to, struct torus_body *tb, enum torus_result how)
{
	torus_adopt(to, tb);
	tb->tb_mem = NULL; /* it is the torus's now */
	torus_store_attach(to);
	rse_orders_set(to->to_rse, &to->to_orders);
	torus_replica_need(to);
	to->to_result = how;
	to->to_recoveries += how == RESULT_EXACT;
	torus_pulse_set(to); /* who is told looks at it */
	torus_mail_back(to);
}

/* The copy it is replayed from lay with a torus that was killed. */
void
torus_recover_replica_lost(struct torus *to)
{
	if (to->to_recovery == NULL || !to->to_recovery->tr_replica)
		return;
	torus_recover_end(to);
	(void)recover_failed(to, RSE_EPEER);
}

/*
 * Replay some more. At the end the keep is filled from the copies, and the
 * snapshot in use is replaced by one of the verified state.
 */
void
torus_recover_turn(struct torus *to)
{
	struct torus_recovery *tr = to->to_recovery;
	struct rse_recovery *r = &tr->tr_rse;
	int error;

	error = rse_recover_step(r, REPLAY_BATCH);
	if (error > 0)
		return;
	if (error == RSE_OK)
		error = rse_recover_finish(r, tr->tr_body.tb_keep);
	if (error != RSE_OK && !tr->tr_replica && to->to_replica != NULL) {
		tr->tr_replica = true;
		error = replay_begin(to, tr);
		if (error == RSE_OK)
			return;
	}
	if (error == RSE_OK) {
		to->to_verified = r->verified;
		klog(KLOG_NOTICE, "torus%u: recovered exactly: %u epochs "
		    "verified, %u copies outvoted\n", to->to_id, r->verified,
		    r->disagreed);
		rejoin(to, &tr->tr_body, RESULT_EXACT);
		torus_recover_end(to);
	} else {
		torus_recover_end(to);
		(void)recover_failed(to, error);
	}
}

/* to_lock held. */
static int
approximate_start(struct torus *to, struct torus_recovery *tr)
{
	int error;

	error = body_renew(to, tr);
	if (error != 0)
		return error;
	error = rse_recover_degraded(tr->tr_body.tb_rse,
	    tr->tr_side[SIDE_PREV].keep, tr->tr_side[SIDE_NEXT].keep);
	if (error != RSE_OK)
		return recover_failed(to, error);
	if (to->to_rse != NULL)
		torus_end(to);
	klog(KLOG_WARNING, "torus%u: recovered approximately: its "
	    "processes, edges and pending events are lost\n", to->to_id);
	rejoin(to, &tr->tr_body, RESULT_APPROXIMATE);
	return 0;
}

typedef int recovery_start_fn(struct torus *, struct torus_recovery *);

/* What `start` did not keep is freed. */
static int
recover_with(struct torus *to, recovery_start_fn *start)
{
	struct torus_recovery *tr;
	int error;

	error = recovery_make(to, &tr);
	if (error != 0)
		return error;
	torus_enter(to);
	error = start(to, tr);
	if (to->to_recovery == tr)
		tr = NULL;
	torus_leave(to);
	if (tr != NULL)
		recovery_free(tr);
	return error;
}

int
torus_recover(struct torus *to)
{
	return recover_with(to, recover_start);
}

/* From the neighbours' last word alone: clock, counters and faces. */
int
torus_recover_approximate(struct torus *to)
{
	return recover_with(to, approximate_start);
}
