/* SPDX-License-Identifier: MIT */
/*
 * rse/core/keep.c - the keep of a torus: its history, and when its store is
 * written.
 */
#include <string.h>

#include "hash.h"
#include "keep.h"

#define ALIGN(n) (((n) + 63) & ~(size_t)63)

size_t
rse_keep_size(const struct rse_config *c)
{
	if (rse_config_check(c) != RSE_OK || c->count == 0)
		return 0;
	return 63 + ALIGN(sizeof(struct rse_keep)) +
	    (1 + PEERS) * RSE_HISTORY * rse_projection_size(c);
}

int
rse_keep_create(void *mem, size_t len, const struct rse_config *c,
    struct rse_keep **out)
{
	size_t wire = rse_projection_size(c);
	struct rse_keep *k;
	uint8_t *at;
	int i;

	if (rse_keep_size(c) == 0)
		return RSE_EINVAL;
	if (len < rse_keep_size(c))
		return RSE_ESHORT;
	at = (uint8_t *)ALIGN((uintptr_t)mem);
	k = (struct rse_keep *)at;
	memset(k, 0, sizeof(*k));
	k->id = c->id;
	k->count = c->count;
	at += ALIGN(sizeof(*k));
	k->sent.wire = at;
	k->sent.len = wire;
	for (i = 0; i < PEERS; i++) {
		at += RSE_HISTORY * wire;
		k->received[i].wire = at;
		k->received[i].len = wire;
	}
	*out = k;
	return RSE_OK;
}

static uint32_t
history_size(const struct history *h)
{
	return h->count < RSE_HISTORY ? (uint32_t)h->count : RSE_HISTORY;
}

static void
history_clone(struct history *to, const struct history *from)
{
	uint8_t *wire = to->wire;

	*to = *from;
	to->wire = wire;
	memcpy(wire, from->wire, history_size(from) * from->len);
}

int
rse_keep_copy(void *mem, size_t len, const struct rse_keep *from,
    struct rse_keep **out)
{
	const struct rse_torus *t = from->torus;
	struct rse_keep *k;
	int error, i;

	if (t == NULL)
		return RSE_EINVAL;
	if ((error = rse_keep_create(mem, len, &t->config, &k)) != RSE_OK)
		return error;
	history_clone(&k->sent, &from->sent);
	for (i = 0; i < PEERS; i++)
		history_clone(&k->received[i], &from->received[i]);
	k->epoch = t->braid.epoch;
	k->start = t->braid.start;
	k->interval = t->braid.interval;
	k->life = rse_torus_life(t);
	for (i = 0; i < PEERS; i++)
		k->peer_life[i] = t->braid.peer[i].life;
	*out = k;
	return RSE_OK;
}

uint32_t
rse_keep_life(const struct rse_keep *k)
{
	return k->torus != NULL ? rse_torus_life(k->torus) : k->life;
}

static uint32_t
peer_life(const struct rse_keep *k, uint32_t side)
{
	return k->torus != NULL ? k->torus->braid.peer[side].life :
	    k->peer_life[side];
}

uint32_t
rse_keep_life_known(const struct rse_keep *prev, const struct rse_keep *next)
{
	uint32_t a = peer_life(prev, NEXT), b = peer_life(next, PREV);

	return a > b ? a : b;
}

int
rse_keep_attach(struct rse_torus *t, struct rse_keep *k,
    struct rse_store *own, struct rse_store *replica)
{
	size_t room = rse_snapshot_max(&t->config);

	if (k->id != t->config.id || k->count != t->config.count ||
	    k->sent.len != rse_projection_size(&t->config) ||
	    own->room < room || (replica != NULL && replica->room < room))
		return RSE_ECONFIG;
	k->torus = t;
	k->own = own;
	k->replica = replica;
	k->due = 1;
	t->keep = k;
	return RSE_OK;
}

void
rse_keep_detach(struct rse_torus *t)
{
	if (t->keep != NULL)
		t->keep->torus = NULL;
	t->keep = NULL;
}

/* The torus was reset: what came before belongs to another life. */
void
rse_keep_clear(struct rse_keep *k)
{
	k->sent.count = 0;
	k->received[PREV].count = k->received[NEXT].count = 0;
	rse_store_clear(k->own);
	if (k->replica != NULL)
		rse_store_clear(k->replica);
	k->due = 1;
}

uint64_t
rse_keep_clock(const struct rse_torus *t)
{
	return t->hooks.clock != NULL ? t->hooks.clock(t->hooks.arg) : 0;
}

static void
keep_save(struct rse_keep *k)
{
	struct rse_torus *t = k->torus;
	uint64_t began = rse_keep_clock(t);

	/* Both buffers hold the largest snapshot, so this cannot fail. */
	rse_store_save(k->own, t);
	if (k->replica != NULL && t->config.replicate)
		rse_store_save(k->replica, t);
	k->saved = t->braid.epoch;
	k->due = 0;
	t->stats.exchange_ns += rse_keep_clock(t) - began;
}

void
rse_keep_flush(struct rse_torus *t)
{
	if (t->keep != NULL && t->keep->due && !t->replaying)
		keep_save(t->keep);
}

void
rse_keep_record(struct rse_torus *t, struct record *r)
{
	struct rse_keep *k = t->keep;

	if (t->replaying)
		return;
	r->epoch = t->braid.epoch;
	r->processed = t->stats.processed;
	r->floor = t->floor;
	/* Only calls between two steps find it full: they may save. */
	if (rse_store_add(k->own, r) != RSE_OK) {
		keep_save(k);
		return;
	}
	if (k->replica != NULL && t->config.replicate)
		rse_store_add(k->replica, r);
}

/* Between two steps: a snapshot if one is due. */
void
rse_keep_step(struct rse_torus *t)
{
	struct rse_keep *k = t->keep;

	if (t->replaying)
		return;
	if (k->due || k->own->records + RECORDS_A_STEP > k->own->cap ||
	    t->braid.epoch - k->saved >= EVERY_MOST)
		keep_save(k);
}

void
rse_orders_get(const struct rse_torus *t, struct rse_orders *o)
{
	o->limit = t->braid.limit;
	o->stop_at = t->stats.processed;
	if (t->running)
		o->stop_at = t->counted_run ? o->stop_at + t->budget :
		    RSE_FOREVER;
}

void
rse_orders_set(struct rse_torus *t, const struct rse_orders *o)
{
	t->braid.limit = o->limit;
	if (o->stop_at == RSE_FOREVER)
		rse_start(t);
	else if (o->stop_at > t->stats.processed)
		rse_step_events(t, o->stop_at - t->stats.processed);
	else
		rse_stop(t);
}

void
rse_history_add(struct history *h, uint64_t seq, uint64_t epoch,
    const uint8_t *wire)
{
	uint32_t i = (uint32_t)(h->count++ % RSE_HISTORY);

	h->seq[i] = seq;
	h->epoch[i] = epoch;
	memcpy(h->wire + i * h->len, wire, h->len);
}

const uint8_t *
rse_history_find(const struct history *h, uint64_t seq)
{
	uint32_t i, n = history_size(h);

	for (i = 0; i < n; i++)
		if (h->seq[i] == seq)
			return h->wire + i * h->len;
	return NULL;
}

const uint8_t *
rse_history_last(const struct history *h, uint64_t *seq)
{
	uint32_t i;

	if (h->count == 0)
		return NULL;
	i = (uint32_t)((h->count - 1) % RSE_HISTORY);
	*seq = h->seq[i];
	return h->wire + i * h->len;
}

static const uint8_t *
history_epoch(const struct history *h, uint64_t epoch, uint64_t *seq)
{
	uint32_t i, n = history_size(h);

	for (i = 0; i < n; i++)
		if (h->epoch[i] == epoch) {
			*seq = h->seq[i];
			return h->wire + i * h->len;
		}
	return NULL;
}

const uint8_t *
rse_keep_sent(const struct rse_keep *k, uint64_t epoch, uint64_t *seq)
{
	return history_epoch(&k->sent, epoch, seq);
}

const uint8_t *
rse_keep_received(const struct rse_keep *k, uint32_t from, uint64_t epoch,
    uint64_t *seq)
{
	uint32_t side = from == (k->id + 1) % k->count ? NEXT : PREV;

	return history_epoch(&k->received[side], epoch, seq);
}
