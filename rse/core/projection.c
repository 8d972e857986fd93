/* SPDX-License-Identifier: MIT */
/*
 * rse/core/projection.c - making, verifying and taking in projections.
 */
#include <string.h>

#include "hash.h"
#include "keep.h"

#define LOW31 0x7fffffffu

size_t
rse_projection_size(const struct rse_config *c)
{
	return PROJ_FACES + (size_t)c->dim[1] * c->dim[2] * 4 + PROJ_TAIL;
}

void
rse_projection_write(const struct rse_torus *t, uint8_t *wire)
{
	uint64_t digest = rse_torus_digest(t);
	struct rse_stats s;
	uint8_t *p = wire;
	uint32_t i, v[RSE_CONSTRAINTS];

	rse_torus_stats(t, &s);
	le32_put(p, t->config.id);
	le64_put(p + 4, t->braid.epoch);
	le64_put(p + 12, s.processed);
	le64_put(p + 20, s.now);
	le32_put(p + 28, s.processes);
	le32_put(p + 32, (uint32_t)s.pending);
	le32_put(p + 36, s.edges);
	p += PROJ_FACES;
	le32_copy(p, t->face_out, t->faces);
	p += (size_t)t->faces * 4;
	v[0] = s.processed & LOW31;
	v[1] = s.processes;
	v[2] = (uint32_t)s.pending;
	v[3] = s.flux_out & LOW31;
	v[4] = s.flux_in & LOW31;
	v[5] = t->braid.next_interval;
	v[6] = s.health;
	v[7] = (uint32_t)s.violations;
	v[8] = (uint32_t)digest;
	v[9] = (uint32_t)(digest >> 32);
	v[10] = (uint32_t)s.stalls;
	v[11] = (uint32_t)s.refused;
	for (i = RSE_USER_FIRST; i < RSE_CONSTRAINTS; i++)
		v[i] = (uint32_t)t->user[i - RSE_USER_FIRST];
	for (i = 0; i < RSE_CONSTRAINTS; i++, p += 4)
		le32_put(p, v[i]);
	le64_put(p, rse_fnv1a(FNV_OFFSET, wire, (size_t)(p - wire)));
}

int
rse_projection_extract(const struct rse_torus *t, uint8_t *wire, size_t len)
{
	if (len < rse_projection_size(&t->config))
		return RSE_ESHORT;
	rse_projection_write(t, wire);
	return RSE_OK;
}

int
rse_projection_decode(const uint8_t *wire, size_t len, uint32_t face_count,
    struct rse_projection *out)
{
	size_t tail = PROJ_FACES + (size_t)face_count * 4;
	const uint8_t *p;
	uint32_t i;

	if (len != tail + PROJ_TAIL)
		return RSE_ESHORT;
	out->hash = le64_get(wire + len - 8);
	if (rse_fnv1a(FNV_OFFSET, wire, len - 8) != out->hash)
		return RSE_ECHECKSUM;
	out->torus_id = le32_get(wire);
	out->timestamp = le64_get(wire + 4);
	out->processed = le64_get(wire + 12);
	out->now = le64_get(wire + 20);
	out->processes = le32_get(wire + 28);
	out->pending = le32_get(wire + 32);
	out->edges = le32_get(wire + 36);
	out->faces = wire + PROJ_FACES;
	out->face_count = face_count;
	for (i = 0, p = wire + tail; i < RSE_CONSTRAINTS; i++, p += 4)
		out->constraint[i] = (int32_t)le32_get(p);
	return RSE_OK;
}

uint32_t
rse_projection_face(const struct rse_projection *p, uint32_t cell)
{
	return le32_get(p->faces + (size_t)cell * 4);
}

/* How many of the `n` counters at the beginning are as they were. */
static uint32_t
faces_same(const uint8_t *wire, const uint32_t *in, uint32_t n)
{
	uint32_t i, k;
	uint64_t differ;

	for (i = 0; n - i >= 8; i += 8, wire += 32) {
		for (differ = 0, k = 0; k < 8; k += 2)
			differ |= le64_get(wire + k * 4) ^
			    (in[i + k] | (uint64_t)in[i + k + 1] << 32);
		if (differ != 0)
			break;
	}
	for (; i < n && le32_get(wire) == in[i]; i++, wire += 4)
		continue;
	return i;
}

/*
 * Take in a verified projection.  With `flux` its outflow enters on face
 * x=X-1: the difference to what was consumed before, cell by cell, as far as
 * there is room.  An older one than the last consumed has nothing new.
 */
void
rse_projection_take(struct rse_torus *t, const uint8_t *wire, struct peer *peer,
    int flux)
{
	uint64_t processed = le64_get(wire + 12);
	uint32_t room = rse_queue_room(t), i, v;
	uint32_t far = (t->config.dim[0] - 1) * t->faces;

	t->stats.applied++;
	peer->idle = le32_get(wire + 32) == 0;
	if (!flux || processed < peer->processed)
		return;
	peer->processed = processed;
	peer->rest = 0;
	for (i = 0; i < t->faces; i++) {
		i += faces_same(wire + PROJ_FACES + (size_t)i * 4,
		    t->face_in + i, t->faces - i);
		if (i == t->faces)
			break;
		v = le32_get(wire + PROJ_FACES + (size_t)i * 4);
		if (room == 0) {
			peer->rest = 1;
			break;
		}
		rse_inject_flux(t, far + i, (int32_t)(v - t->face_in[i]));
		t->face_in[i] = v;
		room--;
	}
}

/* Check sender, length and hash; each failure has a counter of its own. */
static int
projection_verify(struct rse_torus *t, uint32_t from, const uint8_t *wire,
    size_t len, struct peer **peer)
{
	struct peer *p = t->braid.peer;

	if (t->config.count == 0)
		p->id = from; /* alone: whoever is written to it comes first */
	else if (from == p[NEXT].id)
		p++;
	if (from != p->id || from == t->config.id) {
		t->stats.bad_sender++;
		return RSE_ESENDER;
	}
	if (len != rse_projection_size(&t->config)) {
		t->stats.bad_length++;
		return RSE_ESHORT;
	}
	if (rse_fnv1a(FNV_OFFSET, wire, len - 8) != le64_get(wire + len - 8)) {
		t->stats.bad_hash++;
		return RSE_ECHECKSUM;
	}
	if (le32_get(wire) != from) {
		t->stats.bad_sender++;
		return RSE_ESENDER;
	}
	*peer = p;
	return RSE_OK;
}

int
rse_deliver(struct rse_torus *t, uint32_t from, uint64_t seq,
    const uint8_t *wire, size_t len)
{
	struct peer *p;
	int error = projection_verify(t, from, wire, len, &p);

	if (error != RSE_OK)
		return error;
	if (seq <= p->seq) {
		t->stats.stale++;
		return RSE_ESTALE;
	}
	memcpy(p->wire, wire, len);
	p->seq = seq;
	p->epoch = le64_get(wire + 4);
	p->have = 1;
	if (t->keep != NULL)
		rse_history_add(&t->keep->received[p - t->braid.peer], seq,
		    p->epoch, wire);
	return RSE_OK;
}

/* By hand there is no sequence number: progress of the sender must show. */
int
rse_projection_apply(struct rse_torus *t, const uint8_t *wire, size_t len)
{
	struct peer *p;
	uint64_t processed, epoch;
	int error;

	if (len < PROJ_FACES) {
		t->stats.bad_length++;
		return RSE_ESHORT;
	}
	error = projection_verify(t, le32_get(wire), wire, len, &p);
	if (error != RSE_OK)
		return error;
	epoch = le64_get(wire + 4);
	processed = le64_get(wire + 12);
	if (p->by_hand && (processed < p->processed_hand ||
	    (processed == p->processed_hand && epoch <= p->epoch_hand))) {
		t->stats.stale++;
		return RSE_ESTALE;
	}
	p->by_hand = 1;
	p->processed_hand = processed;
	p->epoch_hand = epoch;
	rse_projection_take(t, wire, p, p == &t->braid.peer[PREV]);
	keep_due(t);
	return RSE_OK;
}

const uint8_t *
rse_projection_latest(const struct rse_torus *t, size_t *len, uint64_t *seq)
{
	*seq = t->braid.seq;
	*len = t->braid.seq == 0 ? 0 : rse_projection_size(&t->config);
	return t->wire;
}

uint32_t
rse_face_out(const struct rse_torus *t, uint32_t cell)
{
	return cell < t->faces ? t->face_out[cell] : 0;
}

uint32_t
rse_face_in(const struct rse_torus *t, uint32_t cell)
{
	return cell < t->faces ? t->face_in[cell] : 0;
}
