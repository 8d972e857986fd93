/* SPDX-License-Identifier: MIT */
/*
 * tests/fuzz/rse_rsep.c - any frames to a link.
 *
 * The input is cut into frames of lengths it gives itself.  They go to a
 * link without a key, as they are and with payload hashes made right, and
 * to one with a key, where all must be refused.
 */
#include <stdlib.h>
#include <string.h>

#include <rsep.h>

#include "../../rse/core/hash.h"

#define PAYLOAD 2500

static uint8_t last[PAYLOAD];
static int up;

static void
link_send(void *arg, uint32_t to, const uint8_t *frame, size_t len)
{
	struct rsep_header h;

	/* What we send must be sound. */
	if (to != 1 || rsep_header_decode(frame, len, &h) != RSE_OK)
		abort();
}

static void
link_deliver(void *arg, uint32_t from, uint64_t seq, const uint8_t *wire,
    size_t len)
{
	if (arg != NULL || from != 1 || seq == 0 || len != PAYLOAD)
		abort();
	memcpy(last, wire, len);
}

static void
link_beat(void *arg, uint32_t from, const struct rsep_heartbeat *b)
{
	up |= from == 1 && b->session != 0;
}

static struct rsep_link *
link_new(int keyed, void **mem)
{
	struct rsep_calls calls = { keyed ? mem : NULL, link_send,
		link_deliver, link_beat };
	struct rsep_config c = { .self = 0, .peer = 1, .payload = PAYLOAD,
		.timeout = 300, .keyed = (uint32_t)keyed, .session = 7 };
	struct rsep_link *l;
	size_t n = rsep_link_size(&c);

	*mem = malloc(n);
	if (rsep_link_create(*mem, n, &c, &calls, &l) != RSE_OK)
		abort();
	return l;
}

/* Make a heartbeat that brings the link up, so that more is reached. */
static void
link_up(struct rsep_link *l)
{
	struct rsep_heartbeat b = { .session = 9, .echo = 7 };
	struct rsep_header h = { .type = RSEP_HEARTBEAT, .torus_id = 1,
		.seq = 1, .payload_len = RSEP_BEAT_LEN, .frag_count = 1,
		.frag_len = RSEP_BEAT_LEN };
	uint8_t frame[RSEP_HEADER + RSEP_BEAT_LEN];

	rsep_heartbeat_encode(&b, frame + RSEP_HEADER);
	h.payload_hash = rse_fnv1a(FNV_OFFSET, frame + RSEP_HEADER,
	    RSEP_BEAT_LEN);
	rsep_header_encode(&h, frame);
	rsep_link_input(l, frame, sizeof(frame), 0);
	if (!rsep_link_up(l))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rsep_link *open, *closed;
	void *mem[2];
	uint8_t *frame;
	uint64_t now = 0;
	size_t n, hash;

	open = link_new(0, &mem[0]);
	closed = link_new(1, &mem[1]);
	link_up(open);
	while (size > 2) {
		n = (size_t)(data[0] | data[1] << 8) % 1400;
		data += 2;
		size -= 2;
		if (n > size)
			n = size;
		/* An exact copy: reading past the end is seen. */
		frame = malloc(n + 1);
		memcpy(frame, data, n);
		rsep_link_input(closed, frame, n, now);
		rsep_link_input(open, frame, n, now);
		if (n > RSEP_HEADER) {
			memcpy(frame, "RSEP\1", 6);
			hash = n - RSEP_HEADER;
			le64_put(frame + 36, rse_fnv1a(FNV_OFFSET,
			    frame + RSEP_HEADER, hash));
			rsep_link_input(open, frame, n, now);
		}
		free(frame);
		now += 50;
		rsep_link_poll(open, now);
		rsep_link_poll(closed, now);
		data += n;
		size -= n;
	}
	if (rsep_link_up(closed))
		abort();
	free(mem[0]);
	free(mem[1]);
	return 0;
}
