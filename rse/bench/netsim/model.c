/* SPDX-License-Identifier: MIT */
/*
 * rse/bench/netsim/model.c - when each torus finishes each epoch.
 *
 * The braid is exact: with R the end of the events, F that of the epoch,
 *	R(i, e) = F(i, e-1) + compute(i, e)
 *	F(i, e) = R(i, e) + make			our colour: publish
 *	F(i, e) = max(R(i, e), A(j, i, e)) + apply	j: the one who does
 *	A(j, i, e) = F(j, e) + bytes / bandwidth + latency + jitter
 * and nothing else couples the tori, so an epoch is one pass over them.
 *
 * Beside it stand two designs with a meeting of all: a dissemination barrier
 * (ceil(log2 n) rounds, the best known without special hardware), and a
 * coordinator that gathers all projections and answers.  Both exchange
 * projections in each epoch, and the exchange overlaps the barrier.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../../core/hash.h"
#include "net.h"

#define BARRIER_CPU 1e-6 /* to send and take a small message */

enum purpose { COMPUTE, TO_NEXT, TO_PREV, ROUND };

static double
uniform(const struct net *c, uint64_t i, uint64_t e, uint64_t what)
{
	uint64_t x = mix64(mix64(c->seed ^ e * UINT64_C(0x9e3779b97f4a7c15)) +
	    (i << 8 | what));

	return (double)((x >> 11) + 1) * 0x1p-53;
}

static double
exponential(const struct net *c, uint64_t i, uint64_t e, uint64_t what)
{
	return -log(uniform(c, i, e, what));
}

double
net_compute(const struct net *c, uint64_t i, uint64_t e)
{
	if (c->skew == 0)
		return c->compute;
	return c->compute * (1 - c->skew +
	    c->skew * exponential(c, i, e, COMPUTE));
}

/* From torus `i`, `bytes` of them queued on its link by then. */
static double
travel(const struct net *c, double bytes, uint64_t i, uint64_t e,
    uint64_t what)
{
	double t = bytes / c->bandwidth + c->latency;

	return c->jitter == 0 ? t : t + c->jitter * exponential(c, i, e, what);
}

static double *
array(uint32_t n)
{
	double *p = calloc(n, sizeof(*p));

	if (p == NULL) {
		perror("rse-netsim");
		exit(1);
	}
	return p;
}

/* One epoch; `f` is F of the last one and becomes that of this. */
static void
braid_epoch(const struct net *c, double *f, uint32_t n, uint64_t e)
{
	uint32_t i, j, colour = (uint32_t)(e % 3);
	double ready, there;

	for (i = 0; i < n; i++)
		f[i] += net_compute(c, i, e);
	for (i = colour; i < n; i += 3)
		f[i] += c->make;
	for (i = 0; i < n; i++) {
		if (i % 3 == colour)
			continue;
		/* Our predecessor publishes, or else our successor. */
		if ((i + 2) % 3 == colour) {
			j = (i + n - 1) % n;
			there = f[j] + travel(c, NET_PROJECTION, j, e,
			    TO_NEXT);
		} else {
			j = (i + 1) % n;
			there = f[j] + travel(c, 2 * NET_PROJECTION, j, e,
			    TO_PREV);
		}
		ready = f[i];
		f[i] = (there > ready ? there : ready) + c->apply;
	}
}

/* Mean of what is not computing over all, between two times of all tori. */
static struct figure
figure(const struct net *c, uint32_t n, uint64_t from, uint64_t to,
    double span)
{
	struct figure f = { 0 };
	double work = 0;
	uint64_t e;
	uint32_t i;

	for (e = from; e < to; e++)
		for (i = 0; i < n; i++)
			work += net_compute(c, i, e);
	f.rate = (double)(to - from) / span;
	f.waiting = 1 - work / n / span;
	return f;
}

static double
mean(const double *f, uint32_t n)
{
	double sum = 0;
	uint32_t i;

	for (i = 0; i < n; i++)
		sum += f[i];
	return sum / n;
}

struct figure
net_braid(const struct net *c, uint32_t n, uint32_t epochs)
{
	uint32_t from = epochs / 4;
	double *f = array(n), begun = 0;
	struct figure r;
	uint64_t e;

	for (e = 0; e < epochs; e++) {
		if (e == from)
			begun = mean(f, n);
		braid_epoch(c, f, n, e);
	}
	r = figure(c, n, from, epochs, mean(f, n) - begun);
	/* Both neighbours, every third epoch; as many come. */
	r.bytes = 2 * (NET_PROJECTION + NET_ACK) / 3;
	free(f);
	return r;
}

static uint32_t
rounds(uint32_t n)
{
	uint32_t k = 0;

	while ((UINT64_C(1) << k) < n)
		k++;
	return k;
}

/* Round k: hear from the one 2^k before, and tell the one 2^k behind. */
static void
barrier(const struct net *c, double *f, double *next, uint32_t n, uint64_t e)
{
	uint32_t i, j, k;
	double there;

	for (k = 0; k < rounds(n); k++) {
		for (i = 0; i < n; i++) {
			j = (uint32_t)((i + n - (UINT64_C(1) << k) % n) % n);
			there = f[j] + BARRIER_CPU + travel(c, NET_SMALL, j,
			    e, ROUND + k);
			next[i] = there > f[i] ? there : f[i];
			next[i] += BARRIER_CPU;
		}
		memcpy(f, next, n * sizeof(*f));
	}
}

struct figure
net_barrier(const struct net *c, uint32_t n, uint32_t epochs)
{
	uint32_t from = epochs / 4, i, prev, succ;
	double *f = array(n), *sent = array(n), *next = array(n), begun = 0;
	double a, b;
	struct figure r;
	uint64_t e;

	for (e = 0; e < epochs; e++) {
		if (e == from)
			begun = mean(f, n);
		for (i = 0; i < n; i++)
			f[i] = sent[i] = f[i] + net_compute(c, i, e) +
			    c->make;
		barrier(c, f, next, n, e);
		for (i = 0; i < n; i++) {
			prev = (i + n - 1) % n;
			succ = (i + 1) % n;
			a = sent[prev] + travel(c, NET_PROJECTION, prev, e,
			    TO_NEXT);
			b = sent[succ] + travel(c, 2 * NET_PROJECTION, succ,
			    e, TO_PREV);
			a = a > b ? a : b;
			f[i] = (f[i] > a ? f[i] : a) + 2 * c->apply;
		}
	}
	r = figure(c, n, from, epochs, mean(f, n) - begun);
	r.bytes = 2 * (NET_PROJECTION + NET_ACK) + rounds(n) * NET_SMALL;
	free(f);
	free(sent);
	free(next);
	return r;
}

/* In the coordinator's favour: its link never idles while it gathers. */
struct figure
net_star(const struct net *c, uint32_t n, uint32_t epochs)
{
	uint32_t from = epochs / 4, i;
	double now = 0, begun = 0, first, last, t;
	struct figure r;
	uint64_t e;

	for (e = 0; e < epochs; e++) {
		if (e == from)
			begun = now;
		for (first = INFINITY, last = 0, i = 0; i < n; i++) {
			t = now + net_compute(c, i, e) + c->make +
			    travel(c, NET_PROJECTION, i, e, TO_NEXT);
			first = t < first ? t : first;
			last = t > last ? t : last;
		}
		t = first + (n - 1) * NET_PROJECTION / c->bandwidth;
		now = t > last ? t : last;
		/* Each gets what its two neighbours sent. */
		now += n * 2 * NET_PROJECTION / c->bandwidth + c->latency +
		    2 * c->apply;
	}
	r = figure(c, n, from, epochs, now - begun);
	r.bytes = n * 2 * NET_PROJECTION;
	return r;
}

uint32_t
net_pause(const struct net *c, uint32_t n, double pause, uint32_t after)
{
	double *a = array(n), *b = array(n);
	uint32_t i, late = 0;
	uint64_t e;

	for (e = 0; e < 30 + after; e++) {
		if (e == 30)
			b[0] += pause;
		braid_epoch(c, a, n, e);
		braid_epoch(c, b, n, e);
	}
	for (i = 0; i < n; i++)
		late += b[i] - a[i] > pause / 2;
	free(a);
	free(b);
	return late;
}
