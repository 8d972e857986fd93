/* SPDX-License-Identifier: MIT */
/*
 * rse/core/sort.c - putting the front of the event queue in order.
 *
 * Why: what arrives is mostly runs.  A ring of n cells gives one run of n-1
 * and one of 1; a spread bucket is in order but for equal ticks.  So: find
 * runs, lengthen short ones by insertion, merge neighbours of like length.
 */
#include <string.h>

#include "queue.h"

#define RUN_MIN	  16u
#define RUN_STACK 48

/* Move n events to higher places, which may overlap where they are. */
static void
events_up(struct qevent *to, const struct qevent *from, uint32_t n)
{
	while (n-- > 0)
		to[n] = from[n];
}

/* Sort v[0..n) of which v[0..from) is in order already. */
static void
insertion(struct qevent *v, uint32_t from, uint32_t n)
{
	struct qevent e;
	uint32_t i, j;

	for (i = from; i < n; i++) {
		if (!qevent_less(&v[i], &v[i - 1]))
			continue;
		e = v[i];
		j = i;
		do {
			v[j] = v[j - 1];
			j--;
		} while (j > 0 && qevent_less(&e, &v[j - 1]));
		v[j] = e;
	}
}

/*
 * Finish a front that was spread: events stand close to their places.  Gives
 * up, leaving a permutation, when they do not (many equal times).
 */
int
rse_queue_settle(struct queue *q)
{
	struct qevent e, *v = q->front;
	uint32_t i, j, budget = 16 * q->tail;

	for (i = 1; i < q->tail; i++) {
		if (!qevent_less(&v[i], &v[i - 1]))
			continue;
		e = v[i];
		j = i;
		do {
			v[j] = v[j - 1];
			j--;
		} while (j > 0 && qevent_less(&e, &v[j - 1]));
		v[j] = e;
		if (budget < i - j)
			return 0;
		budget -= i - j;
	}
	return 1;
}

/* First index in v[0..n) whose event is greater than *e. */
static uint32_t
upper(const struct qevent *v, uint32_t n, const struct qevent *e)
{
	uint32_t lo = 0, mid;

	while (lo < n) {
		mid = lo + (n - lo) / 2;
		if (qevent_less(e, &v[mid]))
			n = mid;
		else
			lo = mid + 1;
	}
	return lo;
}

/* Merge v[0..a) and v[a..a+b); the shorter goes through `spare`. */
static void
merge(struct qevent *v, uint32_t a, uint32_t b, struct qevent *spare)
{
	struct qevent *x, *y, *out;
	uint32_t skip = upper(v, a, &v[a]);

	v += skip;
	a -= skip;
	if (a == 0)
		return;
	if (a <= b) {
		memcpy(spare, v, a * sizeof(*v));
		x = spare;
		y = v + a;
		out = v;
		while (a > 0 && b > 0) {
			if (qevent_less(y, x)) {
				*out++ = *y++;
				b--;
			} else {
				*out++ = *x++;
				a--;
			}
		}
		memcpy(out, x, a * sizeof(*v));
		return;
	}
	memcpy(spare, v + a, b * sizeof(*v));
	if (qevent_less(&spare[b - 1], &v[0])) {
		events_up(v + b, v, a);
		memcpy(v, spare, b * sizeof(*v));
		return;
	}
	out = v + a + b;
	while (a > 0 && b > 0) {
		if (qevent_less(&spare[b - 1], &v[a - 1]))
			*--out = v[--a];
		else
			*--out = spare[--b];
	}
	memcpy(v, spare, b * sizeof(*v));
}

void
rse_queue_sort(struct queue *q)
{
	struct qevent *v = q->front + q->head;
	uint32_t n = q->tail - q->head;
	uint32_t start[RUN_STACK], len[RUN_STACK];
	uint32_t i = 0, j, sp = 0;

	q->dirty = 0;
	while (i < n) {
		for (j = i + 1; j < n && !qevent_less(&v[j], &v[j - 1]); j++)
			continue;
		if (j - i < RUN_MIN && j < n) {
			uint32_t to = n - i < RUN_MIN ? n : i + RUN_MIN;

			insertion(v + i, j - i, to - i);
			j = to;
		}
		start[sp] = i;
		len[sp++] = j - i;
		i = j;
		/* Lengths on the stack at least double: 32 deep at most. */
		while (sp > 1 && (i == n || len[sp - 2] < 2 * len[sp - 1])) {
			merge(v + start[sp - 2], len[sp - 2], len[sp - 1],
			    q->spare);
			len[sp - 2] += len[sp - 1];
			sp--;
		}
	}
}

/*
 * An event inside the window of the front.  A front wider than one tick is
 * dealt back to the buckets first, so that a stream of short delays costs
 * the same as any other; what is left is insertion by key.
 */
void
rse_queue_front_insert(struct queue *q, const struct qevent *e, uint64_t now)
{
	uint32_t i, keep, level;
	struct qevent *v;

	if (q->dirty)
		rse_queue_sort(q);
	if (q->wend - q->base > 1 && now >= q->base && now < q->wend) {
		v = q->front;
		for (keep = q->head; keep < q->tail && v[keep].time <= now;)
			keep++;
		if (q->reach[q->level].buckets > 1)
			queue_reach(q, q->level,
			    q->reach[q->level].buckets / 2u);
		q->base = now;
		q->wend = now + 1;
		for (i = keep; i < q->tail; i++) {
			level = queue_level(q, v[i].time);
			queue_append(q, level,
			    (v[i].time >> (8 * level)) & (QBUCKETS - 1),
			    &v[i]);
		}
		q->tail = keep;
		if (e->time >= q->wend) {
			level = queue_level(q, e->time);
			queue_append(q, level,
			    (e->time >> (8 * level)) & (QBUCKETS - 1), e);
			return;
		}
	}
	if (q->tail == q->cap) {
		for (i = 0; i < q->tail - q->head; i++)
			q->front[i] = q->front[q->head + i];
		q->tail -= q->head;
		q->head = 0;
	}
	v = q->front + q->head;
	i = upper(v, q->tail - q->head, e);
	events_up(v + i + 1, v + i, q->tail - q->head - i);
	v[i] = *e;
	q->tail++;
}
