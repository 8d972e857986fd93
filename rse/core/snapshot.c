/* SPDX-License-Identifier: MIT */
/*
 * rse/core/snapshot.c - a torus as one buffer, and back.
 *
 * Layout, little-endian: "RSESNAP1", version u32, CRC32C u32 of all that
 * follows, length u64, digest u64, then config, counters, braid, faces,
 * processes, edges, queue, ring, the neighbours' projections, our last one.
 *
 * Invariant: rse_snapshot_load checks everything, down to the digest of the
 * content, before it changes the torus.  What is refused changes nothing.
 */
#include <string.h>

#include "hash.h"
#include "keep.h"
#include "visit.h"

#define VERSION	  3u
#define HEAD	  RSE_SNAPSHOT_HEAD
#define EVENT_LEN 24u
#define PROC_LEN  28u
#define EDGE_LEN  16u
#define FIXED_MAX 1024u /* config, counters, braid: less than this */

/* A place in a buffer; with `save` 0 values are read instead. */
struct io {
	uint8_t *p;
	int save;
};

static void
io32(struct io *io, uint32_t *v)
{
	if (io->save)
		le32_put(io->p, *v);
	else
		*v = le32_get(io->p);
	io->p += 4;
}

static void
io64(struct io *io, uint64_t *v)
{
	if (io->save)
		le64_put(io->p, *v);
	else
		*v = le64_get(io->p);
	io->p += 8;
}

static void
io8(struct io *io, uint8_t *v)
{
	uint32_t wide = *v;

	io32(io, &wide);
	*v = (uint8_t)wide;
}

static void
io_config(struct io *io, struct rse_config *c)
{
	uint32_t *const v[] = { &c->id, &c->dim[0], &c->dim[1], &c->dim[2],
		&c->count, &c->limit, &c->behaviour, &c->digest,
		&c->lookahead, &c->mean, &c->remote, &c->infect, &c->recover,
		&c->weight, &c->interval, &c->adaptive, &c->policy, &c->every,
		&c->timeout, &c->replicate };
	size_t i;

	for (i = 0; i < sizeof(v) / sizeof(v[0]); i++)
		io32(io, v[i]);
	io64(io, &c->seed);
}

static void
io_stats(struct io *io, struct rse_stats *s)
{
	uint64_t *const v[] = { &s->processed, &s->now, &s->injected,
		&s->emitted, &s->flux_in_events, &s->flux_out_events,
		&s->flux_in, &s->flux_out, &s->refused, &s->late, &s->stalls,
		&s->run_digest, &s->spawned, &s->killed, &s->published,
		&s->applied, &s->bad_length, &s->bad_hash, &s->bad_sender,
		&s->stale, &s->missed, &s->degraded, &s->failed, &s->sleeps };
	size_t i;

	for (i = 0; i < sizeof(v) / sizeof(v[0]); i++)
		io64(io, v[i]);
}

static void
io_braid(struct io *io, struct braid *b)
{
	uint64_t *const v[] = { &b->epoch, &b->start, &b->end, &b->seq,
		&b->want, &b->done, &b->flux_mark, &b->said_flux };
	struct peer *p;
	size_t i;

	for (i = 0; i < sizeof(v) / sizeof(v[0]); i++)
		io64(io, v[i]);
	io32(io, &b->interval);
	io32(io, &b->next_interval);
	io8(io, &b->said_idle);
	for (p = b->peer; p < b->peer + PEERS; p++) {
		io32(io, &p->id);
		io64(io, &p->seq);
		io64(io, &p->epoch);
		io64(io, &p->processed);
		io64(io, &p->processed_hand);
		io64(io, &p->epoch_hand);
		io8(io, &p->by_hand);
		io8(io, &p->have);
		io8(io, &p->idle);
		io8(io, &p->rest);
		io8(io, &p->failed);
		io32(io, &p->missed);
		io64(io, &p->applied);
		io64(io, &p->passed);
	}
}

static void
io_event(struct io *io, struct rse_event *e)
{
	io64(io, &e->time);
	io32(io, &e->dst);
	io32(io, &e->src);
	io32(io, &e->kind);
	io32(io, (uint32_t *)&e->payload);
}

static void
io_process(struct io *io, struct rse_process *p)
{
	io32(io, &p->pid);
	io32(io, &p->node);
	io64(io, (uint64_t *)&p->state);
	io64(io, &p->handled);
	io32(io, &p->behaviour);
}

static void
io_edge(struct io *io, struct rse_edge *e)
{
	io32(io, &e->from);
	io32(io, &e->to);
	io32(io, &e->delay);
	io32(io, &e->flags);
}

/* What is neither a counter nor part of a list. */
struct head {
	struct rse_config config;
	struct rse_stats stats;
	struct braid braid;
	struct rse_event last;
	uint64_t floor;
	uint32_t next_pid;
	uint8_t approximate;
	uint32_t processes, edges, queued, ring;
	uint32_t user[RSE_CONSTRAINTS - RSE_USER_FIRST];
};

static void
io_head(struct io *io, struct head *h)
{
	uint32_t i;

	io_config(io, &h->config);
	io_stats(io, &h->stats);
	io_braid(io, &h->braid);
	io_event(io, &h->last);
	io64(io, &h->floor);
	io32(io, &h->next_pid);
	io8(io, &h->approximate);
	io32(io, &h->processes);
	io32(io, &h->edges);
	io32(io, &h->queued);
	io32(io, &h->ring);
	for (i = 0; i < RSE_CONSTRAINTS - RSE_USER_FIRST; i++)
		io32(io, &h->user[i]);
	for (i = 0; i < PEERS; i++) /* 0 in those made before these were */
		io32(io, &h->braid.peer[i].life);
}

static size_t
body_size(const struct rse_config *c, uint64_t processes, uint64_t edges,
    uint64_t events)
{
	size_t faces = (size_t)c->dim[1] * c->dim[2];

	return HEAD + FIXED_MAX + faces * 8 + processes * PROC_LEN +
	    edges * EDGE_LEN + events * EVENT_LEN +
	    3 * rse_projection_size(c);
}

size_t
rse_snapshot_max(const struct rse_config *c)
{
	return body_size(c, c->processes, c->edges,
	    (uint64_t)c->events + c->ring);
}

size_t
rse_snapshot_size(const struct rse_torus *t)
{
	return body_size(&t->config, t->stats.processes, t->nedge,
	    (uint64_t)t->queue.count + t->ring_count);
}

static void
event_save(void *arg, const struct qevent *e)
{
	struct rse_event copy;

	event_unpack(e, &copy);

	io_event(arg, &copy);
}

static void
head_fill(const struct rse_torus *t, struct head *h)
{
	memset(h, 0, sizeof(*h));
	h->config = t->config;
	h->stats = t->stats;
	h->braid = t->braid;
	event_unpack(&t->last, &h->last);
	h->floor = t->floor;
	h->next_pid = t->next_pid;
	h->approximate = t->approximate;
	h->processes = t->stats.processes;
	h->edges = t->nedge;
	h->queued = t->queue.count;
	h->ring = t->ring_count;
	memcpy(h->user, t->user, sizeof(h->user));
}

/*
 * Processes are written cell by cell, so that their order on a cell
 * survives although slots do not.
 */
int
rse_snapshot_write(struct rse_torus *t, void *buf, size_t len, size_t *used)
{
	struct io io = { (uint8_t *)buf + HEAD + FIXED_MAX, 1 };
	size_t wire = rse_projection_size(&t->config);
	uint8_t *head = buf;
	struct rse_process *p;
	struct head h;
	uint32_t i, k, left = t->stats.processes;

	*used = rse_snapshot_size(t);
	if (len < *used)
		return RSE_ESHORT;
	for (i = 0; i < t->faces; i++)
		io32(&io, &t->face_out[i]);
	for (i = 0; i < t->faces; i++)
		io32(&io, &t->face_in[i]);
	for (i = 0; i < t->cells && left > 0; i++)
		for (k = t->cell[i].process; k != NONE; k = p->next, left--) {
			p = &t->process[k];
			io_process(&io, p);
		}
	for (i = 0; i < t->nedge; i++)
		io_edge(&io, &t->edge[i]);
	events_visit(t, event_save, &io);
	for (i = 0; i < PEERS; i++) {
		memcpy(io.p, t->braid.peer[i].wire, wire);
		io.p += wire;
	}
	memcpy(io.p, t->wire, wire);
	memset(head + HEAD, 0, FIXED_MAX);
	head_fill(t, &h);
	io.p = head + HEAD;
	io_head(&io, &h);
	memcpy(head, "RSESNAP1", 8);
	le32_put(head + 8, VERSION);
	le64_put(head + 16, *used);
	le64_put(head + 24, rse_torus_digest(t));
	le32_put(head + 12, rse_crc32c(0, head + 16, *used - 16));
	return RSE_OK;
}

/* One that the owner asked for begins a new journal. */
int
rse_snapshot_save(struct rse_torus *t, void *buf, size_t len, size_t *used)
{
	int error = rse_snapshot_write(t, buf, len, used);

	if (error != RSE_OK)
		return error;
	t->njournal = 0;
	t->stats.journal_lost = 0;
	return RSE_OK;
}

/* Whoever runs the torus finds its neighbours by these numbers. */
static int
braid_check(const struct rse_torus *t, const struct braid *b)
{
	const struct braid *o = &t->braid;

	if (b->interval == 0 || b->next_interval == 0 || b->end < b->start)
		return RSE_EINVAL;
	if (t->config0.count != 0 && (b->peer[PREV].id != o->peer[PREV].id ||
	    b->peer[NEXT].id != o->peer[NEXT].id))
		return RSE_EINVAL;
	return RSE_OK;
}

/* Does what the snapshot says fit this torus? */
static int
head_check(const struct rse_torus *t, struct head *h)
{
	const struct rse_config *o = &t->config0;
	struct rse_config *c = &h->config;

	if (c->id != o->id || c->count != o->count ||
	    memcmp(c->dim, o->dim, sizeof(c->dim)) != 0)
		return RSE_ECONFIG;
	if (h->processes > o->processes || h->edges > o->edges ||
	    h->queued > o->events || h->ring > o->ring ||
	    c->limit > o->events || c->behaviour >= t->nbehaviour)
		return RSE_ECONFIG;
	c->processes = o->processes;
	c->edges = o->edges;
	c->events = o->events;
	c->ring = o->ring;
	c->journal = o->journal;
	if (h->last.dst >= t->cells && h->stats.processed != 0)
		return RSE_EINVAL;
	if (braid_check(t, &h->braid) != RSE_OK)
		return RSE_EINVAL;
	return rse_config_check(c);
}

/*
 * No number twice, and none that is still to be given out here. The torus's
 * index serves; what it had comes back if this is refused.
 */
static int
pids_check(struct rse_torus *t, const struct head *h, const uint8_t *lists)
{
	struct io io = { (uint8_t *)lists + (size_t)t->faces * 8, 0 };
	struct rse_process p = { 0 };
	int error = RSE_OK;
	uint32_t i;

	rse_pids_clear(&t->pids);
	for (i = 0; i < h->processes && error == RSE_OK; i++) {
		io_process(&io, &p);
		if (rse_pids_add(&t->pids, i, p.pid) != PIDS_NONE)
			error = RSE_EEXIST;
		else if (p.pid >> PID_BITS == h->config.id &&
		    h->next_pid >> PID_BITS == h->config.id &&
		    p.pid >= h->next_pid)
			error = RSE_EINVAL;
	}
	if (error != RSE_OK)
		rse_pids_link(t);
	return error;
}

/* Every item in range, and the digest of them all. */
static int
lists_check(const struct rse_torus *t, const struct head *h,
    const uint8_t *lists, uint64_t digest)
{
	struct io io = { (uint8_t *)lists + (size_t)t->faces * 8, 0 };
	struct rse_process p = { 0 };
	struct rse_edge e = { 0 };
	struct rse_event v;
	uint64_t sum = 0;
	uint32_t i, n = h->queued + h->ring;

	for (i = 0; i < h->processes; i++) {
		io_process(&io, &p);
		if (p.node >= t->cells || p.behaviour >= t->nbehaviour)
			return RSE_EINVAL;
		sum += rse_digest_process(&p);
	}
	for (i = 0; i < h->edges; i++) {
		io_edge(&io, &e);
		if (e.from >= t->cells || e.to >= t->cells || e.delay == 0 ||
		    (e.flags & ~RSE_PORTAL) != 0 ||
		    (e.flags != 0 && e.from >= t->faces))
			return RSE_EINVAL;
		sum += rse_digest_edge(&e);
	}
	for (i = 0; i < n; i++) {
		io_event(&io, &v);
		if (v.dst >= t->cells || v.src >= t->cells ||
		    (i < h->queued && v.time < h->last.time &&
		    h->stats.processed != 0))
			return RSE_EINVAL;
		sum += rse_digest_event(&v);
	}
	if (rse_digest_finish(t, &h->stats, h->config.seed, lists,
	    lists + (size_t)t->faces * 4, sum) != digest)
		return RSE_EDIGEST;
	return RSE_OK;
}

static void
lists_load(struct rse_torus *t, const struct head *h, const uint8_t *lists)
{
	struct io io = { (uint8_t *)lists, 0 };
	size_t wire = rse_projection_size(&t->config);
	struct rse_event v;
	struct qevent q;
	uint32_t i;

	for (i = 0; i < t->faces; i++)
		io32(&io, &t->face_out[i]);
	for (i = 0; i < t->faces; i++)
		io32(&io, &t->face_in[i]);
	for (t->nprocess = 0; t->nprocess < h->processes; t->nprocess++)
		io_process(&io, &t->process[t->nprocess]);
	for (t->nedge = 0; t->nedge < h->edges; t->nedge++)
		io_edge(&io, &t->edge[t->nedge]);
	rse_lists_link(t);
	t->queue.base = t->queue.wend = h->last.time;
	for (i = 0; i < h->queued; i++) {
		io_event(&io, &v);
		q = qevent_make(v.time, v.dst, v.src, v.kind, v.payload);
		queue_insert(&t->queue, &q, h->last.time);
	}
	for (i = 0; i < h->ring; i++)
		io_event(&io, &t->ring[i]);
	t->ring_count = h->ring;
	for (i = 0; i < PEERS; i++) {
		memcpy(t->braid.peer[i].wire, io.p, wire);
		io.p += wire;
	}
	memcpy(t->wire, io.p, wire);
}

static void
head_load(struct rse_torus *t, const struct head *h)
{
	struct braid *b = &t->braid;
	uint64_t limit = b->limit;
	uint32_t i;

	t->config = h->config;
	t->stats = h->stats;
	t->last = qevent_make(h->last.time, h->last.dst, h->last.src,
	    h->last.kind, h->last.payload);
	t->floor = h->floor;
	t->next_pid = h->next_pid;
	t->approximate = h->approximate;
	memcpy(t->user, h->user, sizeof(t->user));
	*b = h->braid;
	b->limit = limit;
	for (i = 0; i < PEERS; i++) {
		b->peer[i].wire = (uint8_t *)t +
		    t->layout.offset[AREA_WIRE_PREV + i];
		b->peer[i].colour = b->peer[i].id % 3;
	}
}

size_t
rse_snapshot_length(const void *buf, size_t len)
{
	const uint8_t *p = buf;

	if (len < HEAD || memcmp(p, "RSESNAP1", 8) != 0)
		return 0;
	return le64_get(p + 16);
}

/* Is it whole, and of our making?  Takes its head apart. */
static int
snapshot_check(const uint8_t *p, size_t len, struct head *h)
{
	struct io io = { (uint8_t *)p + HEAD, 0 };

	if (len < HEAD + FIXED_MAX)
		return RSE_ESHORT;
	if (memcmp(p, "RSESNAP1", 8) != 0)
		return RSE_EMAGIC;
	if (le32_get(p + 8) != VERSION)
		return RSE_EVERSION;
	if (le64_get(p + 16) != len)
		return RSE_ESHORT;
	if (rse_crc32c(0, p + 16, len - 16) != le32_get(p + 12))
		return RSE_ECHECKSUM;
	memset(h, 0, sizeof(*h));
	io_head(&io, h);
	return RSE_OK;
}

static int
head_fits(const struct head *h, size_t len)
{
	return body_size(&h->config, h->processes, h->edges,
	    (uint64_t)h->queued + h->ring) == len;
}

int
rse_snapshot_load(struct rse_torus *t, const void *buf, size_t len)
{
	const uint8_t *p = buf, *lists = p + HEAD + FIXED_MAX;
	struct head h;
	int error;

	if ((error = snapshot_check(p, len, &h)) != RSE_OK ||
	    (error = head_check(t, &h)) != RSE_OK)
		return error;
	if (!head_fits(&h, len))
		return RSE_ESHORT;
	error = lists_check(t, &h, lists, le64_get(p + 24));
	if (error == RSE_OK)
		error = pids_check(t, &h, lists);
	if (error != RSE_OK)
		return error;
	rse_torus_reset(t);
	head_load(t, &h);
	lists_load(t, &h, lists);
	return RSE_OK;
}

/*
 * The processes of a snapshot, which may be another torus's: `like` only
 * gives the lattice.
 */
int
rse_snapshot_processes(const struct rse_torus *like, const void *buf,
    size_t len, process_visit *visit, void *arg)
{
	const uint8_t *p = buf;
	struct io io = { (uint8_t *)p + HEAD + FIXED_MAX +
		(size_t)like->faces * 8, 0 };
	struct rse_process process = { 0 };
	struct head h;
	int error;

	if ((error = snapshot_check(p, len, &h)) != RSE_OK)
		return error;
	if (memcmp(h.config.dim, like->config.dim, sizeof(h.config.dim)) != 0)
		return RSE_ECONFIG;
	if (!head_fits(&h, len))
		return RSE_ESHORT;
	for (; h.processes > 0; h.processes--) {
		io_process(&io, &process);
		visit(arg, &process);
	}
	return RSE_OK;
}

uint32_t
rse_torus_journal(const struct rse_torus *t,
    const struct rse_journal_entry **out)
{
	*out = t->journal;
	return t->njournal;
}

/*
 * Run on, putting each entry in where it took effect the first time.  The
 * first entries are those that stood in the ring of the snapshot.
 */
int
rse_journal_replay(struct rse_torus *t, const struct rse_journal_entry *e,
    uint32_t n, uint64_t until)
{
	struct qevent q;
	int error = RSE_OK;

	t->hold_ring = 1;
	for (; n > 0 && error == RSE_OK && e->processed <= until; n--, e++) {
		if (e->processed < t->stats.processed ||
		    e->event.dst >= t->cells || e->event.src >= t->cells ||
		    e->event.time < t->last.time) {
			error = RSE_EINVAL;
			break;
		}
		rse_torus_run(t, e->processed - t->stats.processed,
		    RSE_FOREVER);
		if (t->stats.processed != e->processed ||
		    rse_queue_room(t) == 0) {
			error = RSE_EDIGEST;
			break;
		}
		q = qevent_make(e->event.time, e->event.dst, e->event.src,
		    e->event.kind, e->event.payload);
		queue_insert(&t->queue, &q, t->stats.now);
		if (t->ring_count != 0)
			rse_ring_pop(t);
		else
			t->stats.injected++;
	}
	if (error == RSE_OK && until != RSE_FOREVER &&
	    until > t->stats.processed) {
		rse_torus_run(t, until - t->stats.processed, RSE_FOREVER);
		if (t->stats.processed != until)
			error = RSE_EDIGEST;
	}
	t->hold_ring = 0;
	return error;
}
