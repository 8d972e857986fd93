/* SPDX-License-Identifier: MIT */
/*
 * rse/core/store.c - two snapshots, one in use, and the records since.
 *
 * Invariant: the snapshot in use and its records stay whole until the next
 * snapshot is complete; then one assignment changes over.
 */
#include <string.h>

#include "hash.h"
#include "keep.h"

#define ALIGN(n) (((n) + 63) & ~(size_t)63)

static uint32_t
store_records(const struct rse_config *c)
{
	return c->journal < 64 ? 64 : c->journal;
}

size_t
rse_store_size(const struct rse_config *c)
{
	if (rse_config_check(c) != RSE_OK)
		return 0;
	return 63 + ALIGN(sizeof(struct rse_store)) +
	    2 * ALIGN(rse_snapshot_max(c)) +
	    store_records(c) * (sizeof(struct record) +
	    sizeof(struct pid_node));
}

int
rse_store_create(void *mem, size_t len, const struct rse_config *c,
    struct rse_store **out)
{
	struct rse_store *s;
	uint8_t *at;

	if (rse_config_check(c) != RSE_OK)
		return RSE_EINVAL;
	if (len < rse_store_size(c))
		return RSE_ESHORT;
	at = (uint8_t *)ALIGN((uintptr_t)mem);
	s = (struct rse_store *)at;
	memset(s, 0, sizeof(*s));
	at += ALIGN(sizeof(*s));
	s->room = rse_snapshot_max(c);
	s->buf[0] = at;
	s->buf[1] = at + ALIGN(s->room);
	s->record = (struct record *)(at + 2 * ALIGN(s->room));
	s->cap = store_records(c);
	s->taken.node = (struct pid_node *)(s->record + s->cap);
	s->current = NONE;
	*out = s;
	return RSE_OK;
}

void
rse_store_clear(struct rse_store *s)
{
	s->current = NONE;
	s->records = 0;
	s->sum = 0;
	s->evacuated = 0;
}

const uint8_t *
rse_store_snapshot(const struct rse_store *s, size_t *len)
{
	if (s->current == NONE)
		return NULL;
	*len = s->len[s->current];
	return s->buf[s->current];
}

uint32_t
rse_store_records(const struct rse_store *s)
{
	return s->records;
}

static uint64_t
record_sum(uint64_t sum, const struct record *r)
{
	uint64_t word;
	size_t i;

	for (i = 0; i < sizeof(*r); i += sizeof(word)) {
		memcpy(&word, (const uint8_t *)r + i, sizeof(word));
		sum = mix64(sum ^ word) + i;
	}
	return sum;
}

_Static_assert(sizeof(struct record) % 8 == 0, "summed by words");

/* Are all records there, as they were written? */
int
rse_store_check(const struct rse_store *s)
{
	uint64_t sum = 0;
	uint32_t i;

	for (i = 0; i < s->records; i++)
		sum = record_sum(sum, &s->record[i]);
	return sum == s->sum ? RSE_OK : RSE_ECHECKSUM;
}

/* Without a snapshot to begin from a record is worth nothing. */
int
rse_store_add(struct rse_store *s, const struct record *r)
{
	if (s->current == NONE)
		return RSE_OK;
	if (s->records == s->cap)
		return RSE_ENOSPC;
	s->record[s->records] = *r;
	s->sum = record_sum(s->sum, &s->record[s->records++]);
	return RSE_OK;
}

int
rse_store_save(struct rse_store *s, struct rse_torus *t)
{
	uint32_t to = s->current == 0;
	int error;

	error = rse_snapshot_write(t, s->buf[to], s->room, &s->len[to]);
	if (error != RSE_OK)
		return error;
	s->current = to;
	s->records = 0;
	s->sum = 0;
	s->evacuated = 0;
	return RSE_OK;
}
