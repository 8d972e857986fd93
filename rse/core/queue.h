/* SPDX-License-Identifier: MIT */
/*
 * rse/core/queue.h - the pending events, in canonical order.
 *
 * A hierarchical calendar.  Level k has 256 buckets of 256^k ticks each; an
 * event goes into the lowest level whose 256 buckets, counted from `base`,
 * reach its time.  Buckets are unsorted: an append is a 24-byte store at a
 * running position, in chunks of 128 or 512 bytes from one arena.  When the
 * clock reaches a bucket it is opened: level 0 (one tick) is copied to
 * `front` and sorted if it is not sorted already; a higher one is spread over
 * `front` by time if it is small, together with small ones that follow, else
 * dealt out to the levels below.  Events are taken from the head of `front`.
 * The first word of a chunk links to the next one; its upper half counts the
 * events in the chunks before.
 *
 * Invariants:
 * (1) Every event earlier than `wend` is in front[head..tail), all others
 *     are in buckets; base <= wend.
 * (2) front[head..tail) is sorted unless `dirty`.
 * (3) A bucket of level k >= 1 begins after `base`: it is opened before base
 *     moves past its beginning, higher levels first.
 * (4) The arena never runs out: with n events in b buckets at most
 *     (n + (c-1) b) / c chunks of c events are in use.
 *
 * Why: docs/adr/0010-event-queue.md.
 */
#ifndef RSE_CORE_QUEUE_H
#define RSE_CORE_QUEUE_H

#include <stddef.h>
#include <stdint.h>

#define QLEVELS	 8
#define QBUCKETS 256
#define QTOTAL	 (QLEVELS * QBUCKETS)
#define SLOT_BITS 12
#define QPAD	 16 /* events the front may be read beyond its tail */

/* An event as its sort key: dst and src, kind and biased payload. */
struct qevent {
	uint64_t time;
	uint64_t where;
	uint64_t what;
};

/* Positions count 8-byte words from the arena's start; 0 is "none". */
struct qbucket {
	uint32_t first; /* word of the first chunk */
	uint32_t pos;	/* where the next event goes */
};

/*
 * How many buckets of a level may be opened together.  Halved when an event
 * enters the window of such a front, which then has to be dealt back; doubled
 * after that went well for some time.
 */
struct qreach {
	uint16_t buckets;
	uint16_t patience; /* fronts until it is doubled */
};

struct queue {
	uint64_t *arena;
	struct qevent *front;
	struct qevent *spare; /* for merging, half a front */
	uint64_t base;	      /* start of the front's window */
	uint64_t wend;	      /* end of that window */
	uint32_t head, tail;
	uint32_t count; /* all events: front and buckets */
	uint32_t mask;	/* words of a chunk, minus one */
	uint32_t free;	/* first free chunk, linked */
	uint32_t fresh; /* first word never used */
	uint32_t end;	/* words of the arena */
	uint32_t cap;
	uint32_t levels; /* bit k: level k holds something */
	uint32_t level; /* that the front was filled from */
	struct qreach reach[QLEVELS];
	uint8_t dirty;
	uint16_t slot[1 << SLOT_BITS]; /* of a bucket being spread */
	uint64_t map[QLEVELS][QBUCKETS / 64];
	struct qbucket bucket[QLEVELS][QBUCKETS];
};

static inline struct qevent
qevent_make(uint64_t time, uint32_t dst, uint32_t src, uint32_t kind,
    int32_t payload)
{
	struct qevent e;

	e.time = time;
	e.where = (uint64_t)dst << 32 | src;
	e.what = (uint64_t)kind << 32 | ((uint32_t)payload ^ 0x80000000u);
	return e;
}

static inline uint32_t
qevent_dst(const struct qevent *e)
{
	return (uint32_t)(e->where >> 32);
}

static inline uint32_t
qevent_src(const struct qevent *e)
{
	return (uint32_t)e->where;
}

static inline uint32_t
qevent_kind(const struct qevent *e)
{
	return (uint32_t)(e->what >> 32);
}

static inline int32_t
qevent_payload(const struct qevent *e)
{
	return (int32_t)((uint32_t)e->what ^ 0x80000000u);
}

static inline int
qevent_less(const struct qevent *a, const struct qevent *b)
{
#ifdef __SIZEOF_INT128__
	/* One comparison: whether times are equal is hard to predict. */
	unsigned __int128 x = (unsigned __int128)a->time << 64 | a->where;
	unsigned __int128 y = (unsigned __int128)b->time << 64 | b->where;

	if (__builtin_expect(x != y, 1))
		return x < y;
#else
	if (a->time != b->time)
		return a->time < b->time;
	if (a->where != b->where)
		return a->where < b->where;
#endif
	return a->what < b->what;
}

size_t rse_queue_arena_size(uint32_t cap);
size_t rse_queue_front_size(uint32_t cap);
size_t rse_queue_spare_size(uint32_t cap);
void rse_queue_init(struct queue *, uint32_t cap, void *arena, void *front,
    void *spare);
int rse_queue_open(struct queue *, uint64_t limit);
void rse_queue_sort(struct queue *);
int rse_queue_settle(struct queue *);
void rse_queue_front_insert(struct queue *, const struct qevent *,
    uint64_t now);
uint32_t rse_queue_chunk_add(struct queue *, uint32_t level, uint32_t index);

static inline void
queue_reach(struct queue *q, uint32_t level, uint32_t buckets)
{
	q->reach[level].buckets = (uint16_t)buckets;
	q->reach[level].patience = 256;
}

/* The lowest level whose buckets, counted from base, reach the time. */
static inline uint32_t
queue_level(const struct queue *q, uint64_t time)
{
	uint64_t diff = time - q->base;
	uint32_t level = (63 - (uint32_t)__builtin_clzll(diff | 1)) / 8;

	/* base may stand in the middle of a bucket: then one more level. */
	if (__builtin_expect((time >> (8 * level)) -
	    (q->base >> (8 * level)) >= QBUCKETS, 0))
		level++;
	return level;
}

/* Append to a bucket; the caller knows the level is right. */
static inline void
queue_append(struct queue *q, uint32_t level, uint32_t index,
    const struct qevent *e)
{
	struct qbucket *b = &q->bucket[level][index];
	uint32_t pos = b->pos;
	uint64_t *w;

	if (__builtin_expect((pos & q->mask) == 0, 0))
		pos = rse_queue_chunk_add(q, level, index);
	w = q->arena + pos;
	w[0] = e->time;
	w[1] = e->where;
	w[2] = e->what;
	b->pos = pos + 3;
}

/* Put in an event not before `now`; the caller has checked for room. */
static inline __attribute__((always_inline)) void
queue_insert(struct queue *q, const struct qevent *e, uint64_t now)
{
	uint32_t level;

	q->count++;
	if (__builtin_expect(e->time < q->wend, 0)) {
		struct qevent copy = *e; /* so that *e can be registers */

		rse_queue_front_insert(q, &copy, now);
		return;
	}
	if (__builtin_expect(e->time - q->base < QBUCKETS, 1)) {
		queue_append(q, 0, e->time & (QBUCKETS - 1), e);
		return;
	}
	level = queue_level(q, e->time);
	queue_append(q, level, (e->time >> (8 * level)) & (QBUCKETS - 1), e);
}

/* The least event if it is earlier than `limit`, or NULL. */
static inline struct qevent *
queue_peek(struct queue *q, uint64_t limit)
{
	struct qevent *e;

	if (__builtin_expect(q->head == q->tail, 0) &&
	    !rse_queue_open(q, limit))
		return NULL;
	if (__builtin_expect(q->dirty, 0))
		rse_queue_sort(q);
	e = &q->front[q->head];
	return e->time < limit ? e : NULL;
}

static inline void
queue_drop(struct queue *q)
{
	q->head++;
	q->count--;
}

#endif
