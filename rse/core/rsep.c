/* SPDX-License-Identifier: MIT */
/*
 * rse/core/rsep.c - the header and the heartbeat of RSEP in bytes.
 */
#include <string.h>

#include <rsep.h>

#include "hash.h"

static void
le16_put(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
}

static uint16_t
le16_get(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

void
rsep_header_encode(const struct rsep_header *h, uint8_t *p)
{
	memcpy(p, "RSEP", 4);
	le16_put(p + 4, RSEP_VERSION);
	le16_put(p + 6, h->type);
	le32_put(p + 8, h->torus_id);
	le32_put(p + 12, h->phase);
	le64_put(p + 16, h->timestamp);
	le64_put(p + 24, h->seq);
	le32_put(p + 32, h->payload_len);
	le64_put(p + 36, h->payload_hash);
	le16_put(p + 44, h->frag_index);
	le16_put(p + 46, h->frag_count);
	le32_put(p + 48, h->frag_len);
}

/* The fragments of a payload: all of 1024 bytes but the last. */
static int
fragment_check(const struct rsep_header *h)
{
	uint32_t at = h->frag_index * RSEP_FRAGMENT, rest;

	if (h->payload_len == 0 || h->frag_index >= h->frag_count ||
	    h->frag_count != (h->payload_len - 1) / RSEP_FRAGMENT + 1)
		return RSE_EINVAL;
	rest = h->payload_len - at;
	if (h->frag_len != (rest < RSEP_FRAGMENT ? rest : RSEP_FRAGMENT))
		return RSE_EINVAL;
	return RSE_OK;
}

int
rsep_header_decode(const uint8_t *p, size_t len, struct rsep_header *h)
{
	if (len < RSEP_HEADER)
		return RSE_ESHORT;
	if (memcmp(p, "RSEP", 4) != 0)
		return RSE_EMAGIC;
	if (le16_get(p + 4) != RSEP_VERSION)
		return RSE_EVERSION;
	h->type = le16_get(p + 6);
	h->torus_id = le32_get(p + 8);
	h->phase = le32_get(p + 12);
	h->timestamp = le64_get(p + 16);
	h->seq = le64_get(p + 24);
	h->payload_len = le32_get(p + 32);
	h->payload_hash = le64_get(p + 36);
	h->frag_index = le16_get(p + 44);
	h->frag_count = le16_get(p + 46);
	h->frag_len = le32_get(p + 48);
	if (h->type < RSEP_PROJECTION || h->type > RSEP_HEARTBEAT ||
	    h->phase != h->timestamp % 3 || h->seq == 0)
		return RSE_EINVAL;
	if ((h->type == RSEP_ACK && h->payload_len != RSEP_ACK_LEN) ||
	    (h->type == RSEP_HEARTBEAT && h->payload_len != RSEP_BEAT_LEN))
		return RSE_EINVAL;
	if (fragment_check(h) != RSE_OK)
		return RSE_EINVAL;
	if (len - RSEP_HEADER < h->frag_len)
		return RSE_ESHORT;
	return RSE_OK;
}

void
rsep_heartbeat_encode(const struct rsep_heartbeat *b, uint8_t *p)
{
	le64_put(p, b->session);
	le64_put(p + 8, b->echo);
	le64_put(p + 16, b->heard);
	le64_put(p + 24, b->want);
	le64_put(p + 32, b->pulse.progress);
	le32_put(p + 40, b->pulse.state);
	le32_put(p + 44, b->pulse.waits_for);
}

void
rsep_heartbeat_decode(const uint8_t *p, struct rsep_heartbeat *b)
{
	b->session = le64_get(p);
	b->echo = le64_get(p + 8);
	b->heard = le64_get(p + 16);
	b->want = le64_get(p + 24);
	b->pulse.progress = le64_get(p + 32);
	b->pulse.state = le32_get(p + 40);
	b->pulse.waits_for = le32_get(p + 44);
}
