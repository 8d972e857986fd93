/* SPDX-License-Identifier: MIT */
/*
 * rse/core/queue.c - buckets of the event queue: chunks, opening, dealing out.
 */
#include <string.h>

#include "queue.h"

#define CHUNK_SMALL 16u /* words: a link and 5 events */
#define CHUNK_LARGE 64u /* words: a link and 21 events */
#define LARGE_FROM  32768u
#define FEW	    24u	  /* below this a bucket is copied, sorted */
#define SPREAD	    4096u /* up to this it is spread, then dealt out */
#define TOGETHER 2048u	  /* events of buckets opened together */
#define WIDEST	    UINT16_MAX /* the same at level 1: what a slot counts */

/* Buckets of one level that are opened together. */
struct group {
	uint32_t level, first, last;
	uint32_t count; /* their events */
};

/* How the times of a front are cut into slots. */
struct slots {
	uint64_t start;
	uint32_t shift;
};

static uint32_t
chunk_words(uint32_t cap)
{
	return cap >= LARGE_FROM ? CHUNK_LARGE : CHUNK_SMALL;
}

/* Invariant (4), with chunk 0 unused because position 0 means "none". */
size_t
rse_queue_arena_size(uint32_t cap)
{
	size_t words = chunk_words(cap);
	size_t per = (words - 1) / 3;
	size_t buckets = cap < QTOTAL ? cap : QTOTAL;

	return (((size_t)cap + (per - 1) * buckets) / per + 2) * words * 8;
}

size_t
rse_queue_front_size(uint32_t cap)
{
	return ((size_t)cap + QPAD) * sizeof(struct qevent);
}

size_t
rse_queue_spare_size(uint32_t cap)
{
	return ((size_t)cap / 2 + 1) * sizeof(struct qevent);
}

void
rse_queue_init(struct queue *q, uint32_t cap, void *arena, void *front,
    void *spare)
{
	uint32_t i;

	memset(q, 0, sizeof(*q));
	memset(front, 0, rse_queue_front_size(cap));
	q->arena = arena;
	q->front = front;
	q->spare = spare;
	q->cap = cap;
	q->mask = chunk_words(cap) - 1;
	q->fresh = chunk_words(cap);
	for (i = 0; i < QLEVELS; i++)
		queue_reach(q, i, QBUCKETS);
	q->end = (uint32_t)(rse_queue_arena_size(cap) / 8);
}

/* A bucket is empty or its last chunk full: link a new chunk to it. */
uint32_t
rse_queue_chunk_add(struct queue *q, uint32_t level, uint32_t index)
{
	struct qbucket *b = &q->bucket[level][index];
	uint32_t c = q->free;
	uint64_t *head, before;

	if (c != 0) {
		q->free = (uint32_t)q->arena[c];
	} else {
		c = q->fresh;
		q->fresh += q->mask + 1;
	}
	if (b->pos == 0) {
		b->first = c;
		q->arena[c] = 0;
		q->map[level][index / 64] |= UINT64_C(1) << (index % 64);
		q->levels |= 1u << level;
	} else {
		head = &q->arena[b->pos - (q->mask + 1)];
		before = *head & ~UINT64_C(0xffffffff);
		*head = before | c;
		q->arena[c] = before + ((uint64_t)(q->mask / 3) << 32);
	}
	return c + 1;
}

/* Ask for a whole chunk: the next one is known while this one is read. */
static inline void
chunk_fetch(const struct queue *q, uint32_t c)
{
	uint32_t i;

	for (i = 0; i <= q->mask; i += 8)
		__builtin_prefetch(q->arena + c + i);
}

static void
bucket_unmark(struct queue *q, uint32_t level, uint32_t index)
{
	uint64_t *m = q->map[level];

	m[index / 64] &= ~(UINT64_C(1) << (index % 64));
	if ((m[0] | m[1] | m[2] | m[3]) == 0)
		q->levels &= ~(1u << level);
}

/* Give all chunks of a bucket back and mark it empty. */
static void
bucket_release(struct queue *q, uint32_t level, uint32_t index)
{
	struct qbucket *b = &q->bucket[level][index];
	uint32_t last = (b->pos - 1) & ~q->mask;

	q->arena[last] = q->free;
	q->free = b->first;
	b->pos = 0;
	bucket_unmark(q, level, index);
}

/* Buckets from the one of `base` to the first that is not empty. */
static uint32_t
level_distance(const struct queue *q, uint32_t level)
{
	const uint64_t *m = q->map[level];
	uint32_t from = (uint32_t)(q->base >> (8 * level)) & (QBUCKETS - 1);
	uint32_t i, w = from / 64;
	uint64_t bits = m[w] & ~UINT64_C(0) << (from % 64);

	for (i = 0; bits == 0 && i < 4; i++) {
		w = (w + 1) % 4;
		bits = m[w];
	}
	return (w * 64 + (uint32_t)__builtin_ctzll(bits) - from) &
	    (QBUCKETS - 1);
}

/* The last chunk knows how many events the others hold. */
static inline uint32_t
bucket_count(const struct queue *q, const struct qbucket *b)
{
	uint32_t last = (b->pos - 1) & ~q->mask;

	return (uint32_t)(q->arena[last] >> 32) + (b->pos - last - 1) / 3;
}

/*
 * Append a bucket to the front.  Returns whether it came out in order, which
 * is what a lattice model mostly produces.
 */
static int
bucket_copy(struct queue *q, const struct qbucket *b)
{
	struct qevent *out = q->front + q->tail;
	uint32_t c = b->first, last = (b->pos - 1) & ~q->mask;
	uint64_t time = 0, where = 0, what = 0;
	const uint64_t *w, *end;
	unsigned wrong = 0;

	for (;;) {
		w = q->arena + c + 1;
		end = c == last ? q->arena + b->pos : w + q->mask;
		c = (uint32_t)w[-1];
		for (; w < end; w += 3, out++) {
			wrong |= w[0] < time;
			if (w[0] == time)
				wrong |= w[1] < where ||
				    (w[1] == where && w[2] < what);
			time = w[0];
			where = w[1];
			what = w[2];
			out->time = time;
			out->where = where;
			out->what = what;
		}
		if (end == q->arena + b->pos)
			break;
		__builtin_prefetch(q->arena + c);
	}
	q->tail = (uint32_t)(out - q->front);
	return !wrong;
}

/* Count the events of each slot. */
static void
slots_count(struct queue *q, const struct qbucket *b, const struct slots *s)
{
	uint32_t c, last = (b->pos - 1) & ~q->mask;
	const uint64_t *w, *end;

	for (c = b->first;; c = (uint32_t)q->arena[c]) {
		w = q->arena + c + 1;
		end = c == last ? q->arena + b->pos : w + q->mask;
		if (c != last)
			chunk_fetch(q, (uint32_t)w[-1]);
		for (; w < end; w += 3)
			q->slot[(w[0] - s->start) >> s->shift]++;
		if (c == last)
			break;
	}
}

/* Put each event where its slot has come to. */
static void
slots_fill(struct queue *q, const struct qbucket *b, const struct slots *s)
{
	uint32_t c, last = (b->pos - 1) & ~q->mask;
	const uint64_t *w, *end;
	struct qevent *e;

	for (c = b->first;; c = (uint32_t)q->arena[c]) {
		w = q->arena + c + 1;
		end = c == last ? q->arena + b->pos : w + q->mask;
		for (; w < end; w += 3) {
			e = &q->front[q->slot[(w[0] - s->start) >> s->shift]++];
			e->time = w[0];
			e->where = w[1];
			e->what = w[2];
		}
		if (c == last)
			break;
	}
}

/*
 * Spread a group over the front: a counting sort on as many leading bits of
 * the time as give each event a slot of its own.  What is left to order is
 * the few events that share one.
 */
static void
group_spread(struct queue *q, const struct group *g)
{
	const struct qbucket *b = q->bucket[g->level];
	uint32_t bits = 32 - (uint32_t)__builtin_clz(g->count);
	uint32_t wide = 64 - (uint32_t)__builtin_clzll(q->wend - q->base - 1);
	struct slots s = { q->base, 0 };
	uint32_t i, n, slots, sum = 0;

	if (bits > SLOT_BITS)
		bits = SLOT_BITS;
	if (wide > bits)
		s.shift = wide - bits;
	slots = (uint32_t)((q->wend - q->base - 1) >> s.shift) + 1;
	memset(q->slot, 0, slots * sizeof(*q->slot));
	for (i = g->first; i <= g->last; i++)
		if (b[i].pos != 0)
			slots_count(q, &b[i], &s);
	for (i = 0; i < slots; i++) {
		n = q->slot[i];
		q->slot[i] = (uint16_t)sum;
		sum += n;
	}
	for (i = g->first; i <= g->last; i++)
		if (b[i].pos != 0)
			slots_fill(q, &b[i], &s);
	q->tail = sum;
}

/* Into the bucket its time belongs to. */
static void
event_place(struct queue *q, const struct qevent *e)
{
	uint32_t level = queue_level(q, e->time);

	queue_append(q, level, (e->time >> (8 * level)) & (QBUCKETS - 1), e);
}

/* Deal a bucket out to the levels below; base is its beginning. */
static void
bucket_deal(struct queue *q, uint32_t level, uint32_t index)
{
	struct qbucket *b = &q->bucket[level][index];
	uint32_t below = 8 * (level - 1);
	uint32_t c = b->first, pos = b->pos, last = (pos - 1) & ~q->mask;
	uint32_t next;
	struct qevent e;
	const uint64_t *w, *end;

	b->pos = 0;
	bucket_unmark(q, level, index);
	for (;;) {
		w = q->arena + c + 1;
		end = c == last ? q->arena + pos : w + q->mask;
		next = (uint32_t)w[-1];
		if (c != last)
			chunk_fetch(q, next);
		for (; w < end; w += 3) {
			e.time = w[0];
			e.where = w[1];
			e.what = w[2];
			if (e.time - q->base < QBUCKETS)
				queue_append(q, 0, e.time & (QBUCKETS - 1),
				    &e);
			else if (e.time >> below == q->base >> below)
				event_place(q, &e);
			else
				queue_append(q, level - 1,
				    (e.time >> below) & (QBUCKETS - 1), &e);
		}
		/* Chunks go back one by one: see invariant (4). */
		q->arena[c] = q->free;
		q->free = c;
		if (c == last)
			break;
		c = next;
	}
}

/* Number and level of the bucket that begins first; higher levels first. */
static uint64_t
bucket_first(const struct queue *q, uint32_t *level)
{
	uint64_t start = UINT64_MAX, s;
	uint32_t k, levels;

	for (levels = q->levels; levels != 0; levels &= levels - 1) {
		k = (uint32_t)__builtin_ctz(levels);
		s = ((q->base >> (8 * k)) + level_distance(q, k)) << (8 * k);
		if (s <= start) {
			start = s;
			*level = k;
		}
	}
	return start;
}

/* May the whole window of this bucket become the front at once? */
static int
bucket_opens(const struct queue *q, const struct qbucket *b, uint32_t level)
{
	if (level == 0)
		return 1;
	if ((q->levels & ((1u << level) - 1)) != 0)
		return 0; /* a level below holds events of the window */
	return bucket_count(q, b) <= (level == 1 ? WIDEST : SPREAD);
}

/*
 * More buckets of the same level, as long as they are few events together and
 * no bucket of a higher level begins among them.
 */
static void
group_extend(struct queue *q, struct group *g, uint64_t limit)
{
	const struct qbucket *b = q->bucket[g->level];
	struct qreach *r = &q->reach[g->level];
	uint64_t start = q->base >> (8 * g->level);
	uint32_t i, n;

	if (r->buckets < QBUCKETS && --r->patience == 0)
		queue_reach(q, g->level, r->buckets * 2u);
	for (i = g->first + 1; i < QBUCKETS && i < g->first + r->buckets; i++) {
		if (b[i].pos == 0)
			continue;
		n = bucket_count(q, &b[i]);
		if (g->count + n > TOGETHER ||
		    (start + i - g->first) << (8 * g->level) >= limit)
			break;
		g->count += n;
		g->last = i;
	}
}

/* The front becomes the bucket and what can be opened with it. */
static void
group_open(struct queue *q, uint32_t level, uint32_t first, uint64_t limit)
{
	const struct qbucket *b = q->bucket[level];
	struct group g = { level, first, first, bucket_count(q, &b[first]) };
	uint64_t start = q->base >> (8 * level);
	uint32_t i;
	int sorted = 1;

	group_extend(q, &g, limit);
	q->level = level;
	q->wend = (start + g.last - first + 1) << (8 * level);
	if (q->wend < q->base)
		q->wend = UINT64_MAX;
	if (g.count < FEW) {
		for (i = first; i <= g.last; i++)
			if (b[i].pos != 0)
				sorted &= bucket_copy(q, &b[i]);
	} else {
		group_spread(q, &g);
		sorted = rse_queue_settle(q);
	}
	q->dirty = !sorted;
	for (i = first; i <= g.last; i++)
		if (b[i].pos != 0)
			bucket_release(q, level, i);
}

/*
 * The front is used up: fill it with the earliest bucket, unless that begins
 * at `limit` or later.  Nothing at or after the limit is touched, so that
 * the owner may still add events from the limit on.
 */
int
rse_queue_open(struct queue *q, uint64_t limit)
{
	uint32_t level = 0, index;
	struct qbucket *b;
	uint64_t start;

	for (;;) {
		if (q->levels == 0)
			return 0;
		start = bucket_first(q, &level);
		if (start >= limit)
			return 0;
		q->base = start;
		index = (uint32_t)(start >> (8 * level)) & (QBUCKETS - 1);
		b = &q->bucket[level][index];
		if (bucket_opens(q, b, level))
			break;
		bucket_deal(q, level, index);
	}
	q->head = q->tail = 0;
	if (level == 0) {
		q->wend = start + 1;
		q->level = 0;
		q->dirty = !bucket_copy(q, b);
		bucket_release(q, 0, index);
	} else {
		group_open(q, level, index, limit);
	}
	if (q->dirty)
		rse_queue_sort(q);
	return 1;
}
