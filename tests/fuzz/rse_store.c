/* SPDX-License-Identifier: MIT */
/*
 * tests/fuzz/rse_store.c - a recovery from a store and from histories that
 * are damaged.
 *
 * The input is a list of changes, 4 bytes each: what (store snapshot, its
 * records, a neighbour's history), where, and the new value.  Sums are made
 * right again if the first byte of the input says so.  Then the torus is
 * recovered: the neighbours stay as they are, and unless sums were mended a
 * recovery that succeeds gives the torus that was lost.
 */
#include <stdlib.h>
#include <string.h>

#include "../../rse/core/hash.h"
#include "../../rse/core/keep.h"
#include "../../rse/port/posix/runner.h"
#include "small.h"

#define TORI   3
#define VICTIM 1

static struct rse_config config[TORI];
static struct rse_torus *torus[TORI];
static struct rse_keep *keep[TORI];
static struct rse_store *store;
/* As they were when the torus was lost. */
static struct rse_store store0;
static uint8_t *snapshot0, *record0;
static uint64_t digest0;
/* What the neighbours sent to it, and received from it. */
static struct history *history[4];

static void *
bytes(size_t n)
{
	void *p = calloc(1, n);

	if (p == NULL || n == 0)
		abort();
	return p;
}

/* Three tori run, with inputs from outside; then one is lost. */
static void
world_make(void)
{
	struct rse_store *s;
	struct rse_event e = { .dst = 13, .src = 13, .payload = 2 };
	size_t n;
	uint32_t i, k;

	for (i = 0; i < TORI; i++) {
		small_strand_config(&config[i], i);
		config[i].interval = 50;
		config[i].every = 6;
		torus[i] = small_create(&config[i]);
		n = rse_keep_size(&config[i]);
		if (rse_keep_create(bytes(n), n, &config[i], &keep[i]) != 0)
			abort();
		n = rse_store_size(&config[i]);
		if (rse_store_create(bytes(n), n, &config[i], &s) != 0 ||
		    rse_keep_attach(torus[i], keep[i], s, NULL) != 0)
			abort();
		if (i == VICTIM)
			store = s;
		small_strand_fill(torus[i]);
	}
	for (k = 0; k < 4; k++) {
		for (i = 0; i < TORI; i++) {
			rse_nudged(torus[i], RSE_FOREVER - 1);
			rse_epoch_limit(torus[i], 5 * k + 4);
			rse_start(torus[i]);
		}
		rse_braid_run_sequential(torus, TORI, 100);
		e.time = rse_torus_now(torus[VICTIM]);
		rse_inject(torus[VICTIM], &e);
		rse_edge(torus[VICTIM], 12, 8, 3 + k, 0);
		rse_spawn(torus[VICTIM], k, NULL);
	}
	store0 = *store;
	n = store->len[store->current];
	snapshot0 = bytes(n);
	memcpy(snapshot0, store->buf[store->current], n);
	n = store->records * sizeof(struct record);
	record0 = bytes(n);
	memcpy(record0, store->record, n);
	digest0 = rse_torus_digest(torus[VICTIM]);
	history[0] = &keep[0]->sent;
	history[1] = &keep[2]->sent;
	history[2] = &keep[0]->received[NEXT];
	history[3] = &keep[2]->received[PREV];
}

static void
history_change(struct history *h, uint32_t at, uint8_t value, int mend)
{
	uint32_t which = at / h->len % RSE_HISTORY;
	uint8_t *wire = h->wire + which * h->len;

	wire[at % h->len] = value;
	if (mend)
		le64_put(wire + h->len - 8,
		    rse_fnv1a(FNV_OFFSET, wire, h->len - 8));
}

static void
change(const uint8_t *in, int mend)
{
	uint32_t at = (uint32_t)(in[1] | in[2] << 8);
	size_t len = store->records * sizeof(struct record);

	switch (in[0] % 8) {
	case 0:
	case 1:
		store->buf[store->current][at %
		    store->len[store->current]] = in[3];
		break;
	case 2:
	case 3:
		if (len != 0)
			((uint8_t *)store->record)[at % len] = in[3];
		break;
	default:
		history_change(history[in[0] % 4], at, in[3], mend);
	}
}

static void
sums_mend(void)
{
	uint8_t *p = store->buf[store->current];
	uint32_t n = store->records, i;

	le32_put(p + 12, rse_crc32c(0, p + 16,
	    store->len[store->current] - 16));
	/* The sum is made where records are added. */
	store->records = 0;
	store->sum = 0;
	for (i = 0; i < n; i++)
		rse_store_add(store, &store->record[i]);
}

static void
world_restore(uint8_t *const wire[4])
{
	int i;

	*store = store0;
	memcpy(store->buf[store->current], snapshot0,
	    store->len[store->current]);
	memcpy(store->record, record0,
	    store->records * sizeof(struct record));
	for (i = 0; i < 4; i++)
		memcpy(history[i]->wire, wire[i],
		    RSE_HISTORY * history[i]->len);
}

/* Recover into a new torus; the error, and its digest if there is none. */
static int
recover(uint64_t *digest)
{
	static void *mem, *keep_mem;
	struct rse_recovery r = { .store = store, .prev = keep[0],
		.next = keep[2] };
	size_t len = rse_torus_size(&config[VICTIM]);
	size_t keep_len = rse_keep_size(&config[VICTIM]);
	struct rse_keep *k;
	uint32_t steps = 0;
	int error;

	if (mem == NULL) {
		mem = bytes(len);
		keep_mem = bytes(keep_len);
	}
	if (rse_torus_create(mem, len, &config[VICTIM], &r.into) != 0 ||
	    rse_keep_create(keep_mem, keep_len, &config[VICTIM], &k) != 0)
		abort();
	error = rse_recover_begin(&r);
	while (error == RSE_OK && (error = rse_recover_step(&r, 50)) > 0) {
		/* A snapshot may ask for epochs without end. */
		if (++steps == 500)
			return RSE_EAGAIN;
		error = RSE_OK;
		if (r.cursor == store->records && r.into->braid.seq >=
		    r.target)
			break;
	}
	if (error == RSE_OK)
		error = rse_recover_finish(&r, k);
	*digest = rse_torus_digest(r.into);
	if (rse_torus_check(r.into) != RSE_OK)
		abort();
	return error;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t *wire[4];
	uint64_t digest, others;
	int i, mend, error;

	if (store == NULL) {
		world_make();
		for (i = 0; i < 4; i++) {
			wire[i] = bytes(RSE_HISTORY * history[i]->len);
			memcpy(wire[i], history[i]->wire,
			    RSE_HISTORY * history[i]->len);
		}
	}
	mend = size > 0 && (data[0] & 1) != 0;
	for (i = 1; (size_t)i + 4 <= size; i += 4)
		change(data + i, mend);
	if (mend)
		sums_mend();
	others = rse_torus_digest(torus[0]) ^ rse_torus_digest(torus[2]);
	error = recover(&digest);
	/* What its own sums did not notice was not damaged. */
	if (!mend && error == RSE_OK && digest != digest0)
		abort();
	if (size < 5 && error != RSE_OK)
		abort();
	if (others != (rse_torus_digest(torus[0]) ^
	    rse_torus_digest(torus[2])))
		abort();
	world_restore(wire);
	return 0;
}
