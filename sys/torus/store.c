/* SPDX-License-Identifier: MIT */
/*
 * sys/torus/store.c: the memory of a torus that outlives it.
 *
 * The store stands for the torus's disk: its last snapshot and the records of
 * what came since. With replicate=1 a second one is kept, which stands for
 * the successor's disk and so goes when the successor dies.
 *
 * Why pages of their own: `kill` frees all that belongs to the torus, and the
 * engine writes a store only through the torus's own lock.
 */
#include "base/kva.h"
#include "base/page.h"

#include "torus/torus_internal.h"

#include <abi/errno.h>

static int
store_alloc(const struct rse_config *c, void **mem, size_t *size,
    struct rse_store **store)
{
	size_t want = rse_store_size(c);

	*size = page_round(want);
	*mem = kva_alloc(*size);
	if (*mem == NULL)
		return -ENOMEM;
	/* It has been given what rse_store_size asked for. */
	(void)rse_store_create(*mem, want, c, store);
	return 0;
}

static void
replica_free(struct torus *to)
{
	if (to->to_replica == NULL)
		return;
	if (to->to_rse != NULL)
		(void)rse_keep_attach(to->to_rse, to->to_keep, to->to_store,
		    NULL);
	torus_discard(to, to->to_replica_mem, to->to_store_size);
	to->to_replica_mem = NULL;
	to->to_replica = NULL;
}

void
torus_replica_drop(struct torus *to)
{
	torus_recover_replica_lost(to);
	replica_free(to);
}

/* One alone has none. */
int
torus_store_alloc(struct torus_body *tb, const struct rse_config *c)
{
	return c->count == 0 ? 0 : store_alloc(c, &tb->tb_store_mem,
	    &tb->tb_store_size, &tb->tb_store);
}

/* The store of the body in place of what was kept. */
void
torus_store_take(struct torus *to, struct torus_body *tb)
{
	replica_free(to);
	torus_discard(to, to->to_store_mem, to->to_store_size);
	to->to_store_mem = tb->tb_store_mem;
	to->to_store_size = tb->tb_store_size;
	to->to_store = tb->tb_store;
}

/* The engine writes them from now on. */
void
torus_store_attach(struct torus *to)
{
	if (to->to_keep == NULL)
		return;
	(void)rse_keep_attach(to->to_rse, to->to_keep, to->to_store,
	    to->to_replica);
	rse_keep_flush(to->to_rse);
}

/* The copy lies with it. Its lock is another: its pulse says it. */
static bool
successor_lives(const struct torus *to)
{
	return atomic_load_relaxed(&torus_neighbour(to, SIDE_NEXT)->to_state)
	    != PULSE_NONE;
}

/* Nothing is copied to it while the configuration has none. */
int
torus_replica_make(struct torus *to)
{
	size_t size;
	int error;

	if (to->to_keep == NULL || to->to_replica != NULL ||
	    !successor_lives(to))
		return 0;
	error = store_alloc(&to->to_config, &to->to_replica_mem, &size,
	    &to->to_replica);
	if (error == 0)
		torus_store_attach(to);
	return error;
}

/*
 * A replica, or none, as the configuration has it. Without memory there is
 * none then: this is called again after each word.
 */
void
torus_replica_need(struct torus *to)
{
	if (!successor_lives(to))
		torus_replica_drop(to);
	if (to->to_rse == NULL || to->to_keep == NULL)
		return;
	if (rse_torus_config(to->to_rse)->replicate)
		(void)torus_replica_make(to);
	else
		torus_replica_drop(to);
}

/* A torus that lives again can keep the copy of its predecessor's store. */
void
torus_replicas_need(void)
{
	static uint32_t seen; /* [c] of torus_changes */
	struct torus *to;

	if (seen == atomic_load(&torus_changes))
		return;
	seen = atomic_load(&torus_changes);
	for (to = tori; to < tori + TORI; to++) {
		torus_enter(to);
		torus_replica_need(to);
		torus_leave(to);
	}
}
