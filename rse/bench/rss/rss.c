/* SPDX-License-Identifier: MIT */
/*
 * rse/bench/rss/rss.c - rse-rss: does memory stay as it is?  (I4)
 *
 * Use: rse-rss [events]   (10^9).  Runs a ring, PHOLD and a braid of three
 * and prints resident memory and what malloc has given out, after a
 * hundredth, a tenth and all of the events.  Exits 1 if either grew from the
 * tenth on; before that code may be used for the first time.
 *
 * Why smaps_rollup: the counter of /proc/self/status lags behind by up to 64
 * pages a thread, which is more than a leak would be.
 */
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../port/posix/runner.h"

#define TORI 3

struct world {
	const char *name;
	uint32_t n;
	struct rse_torus *t[TORI];
};

struct use {
	uint64_t rss; /* KB */
	size_t given; /* bytes */
};

static struct use
use_now(void)
{
	struct use u = { 0 };
	char line[256];
	FILE *f;

	u.given = mallinfo2().uordblks;
	f = fopen("/proc/self/smaps_rollup", "r");
	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "Rss: %" SCNu64, &u.rss) == 1)
			break;
	if (f != NULL)
		fclose(f);
	if (u.rss == 0) {
		fprintf(stderr, "rse-rss: /proc/self/smaps_rollup says "
		    "nothing\n");
		exit(2);
	}
	return u;
}

/*
 * All of its memory is touched here: what a run needs later is there.  Not
 * with zeros: of malloc and those the compiler makes calloc, which touches
 * nothing.
 */
static struct rse_torus *
torus_new(const struct rse_config *c)
{
	size_t n = rse_torus_size(c);
	void *mem = malloc(n);
	struct rse_torus *t;

	if (mem != NULL)
		memset(mem, 0xa5, n);
	if (mem == NULL || rse_torus_create(mem, n, c, &t) != RSE_OK) {
		fprintf(stderr, "rse-rss: no torus\n");
		exit(2);
	}
	return t;
}

static void
ring_make(struct world *w)
{
	struct rse_config c;
	struct rse_event e = { .payload = 1 };
	uint32_t i;

	rse_config_default(&c);
	w->t[0] = torus_new(&c);
	w->n = 1;
	for (i = 0; i < 100; i++) {
		rse_edge(w->t[0], i, (i + 1) % 100, 1, 0);
		e.dst = e.src = i;
		rse_inject(w->t[0], &e);
	}
}

static void
phold_make(struct world *w)
{
	struct rse_config c;
	struct rse_event e = { 0 };
	uint32_t i;

	rse_config_default(&c);
	c.behaviour = RSE_PHOLD;
	w->t[0] = torus_new(&c);
	w->n = 1;
	for (i = 0; i < 4096; i++) {
		rse_spawn(w->t[0], i * 8, NULL);
		e.dst = e.src = i * 8;
		rse_inject(w->t[0], &e);
	}
	/* Its events stay where processes are only if all cells have one. */
	c.remote = 0;
	rse_torus_configure(w->t[0], &c);
}

/*
 * Short lines to the portals of face x=0, so that three tori make strands
 * on which all the time something goes round; and a ring in each torus.
 */
static void
braid_make(struct world *w)
{
	struct rse_event e = { .payload = 1 };
	struct rse_config c;
	uint32_t i, y;

	w->n = TORI;
	for (i = 0; i < TORI; i++) {
		rse_config_default(&c);
		c.id = i;
		c.count = TORI;
		c.dim[0] = 4;
		w->t[i] = torus_new(&c);
		for (y = 0; y < 1024; y++) {
			rse_edge(w->t[i], 3 * 1024 + y, y, 1 + y % 7, 0);
			rse_edge(w->t[i], y, 3 * 1024 + y, 1, RSE_PORTAL);
			e.dst = e.src = 3 * 1024 + y;
			rse_inject(w->t[i], &e);
		}
		for (y = 1024; y < 1124; y++) {
			rse_edge(w->t[i], y, y < 1123 ? y + 1 : 1024, 1, 0);
			e.dst = e.src = y;
			rse_inject(w->t[i], &e);
		}
		rse_start(w->t[i]);
	}
}

static uint64_t
processed(const struct world *w)
{
	struct rse_stats s;
	uint64_t sum = 0;
	uint32_t i;

	for (i = 0; i < w->n; i++) {
		rse_torus_stats(w->t[i], &s);
		sum += s.processed;
	}
	return sum;
}

/* To `events` in all.  A braid is run epoch by epoch. */
static void
world_run(struct world *w, uint64_t events)
{
	static uint64_t epoch;
	uint64_t before;
	uint32_t i;

	if (w->n == 1) {
		rse_torus_run(w->t[0], events - processed(w), RSE_FOREVER);
		return;
	}
	while ((before = processed(w)) < events) {
		epoch++;
		for (i = 0; i < w->n; i++)
			rse_epoch_limit(w->t[i], epoch);
		if (rse_braid_run_sequential(w->t, w->n, 100000) != 0 ||
		    processed(w) == before) {
			fprintf(stderr, "rse-rss: the braid stands\n");
			exit(2);
		}
	}
}

static int
world_watch(struct world *w, uint64_t events)
{
	struct use first = { 0 }, u = { 0 };
	uint64_t n;

	for (n = events / 100; n <= events; n *= 10) {
		world_run(w, n);
		u = use_now();
		printf("%-6s %12" PRIu64 " events  %7" PRIu64
		    " KB resident  %8zu bytes of malloc\n", w->name,
		    processed(w), u.rss, u.given);
		fflush(stdout);
		if (n == events / 10)
			first = u;
	}
	if (processed(w) >= events && u.rss == first.rss &&
	    u.given == first.given)
		return 0;
	printf("%-6s grew, or stopped\n", w->name);
	return 1;
}

int
main(int argc, char **argv)
{
	struct world w[] = { { .name = "ring" }, { .name = "phold" },
		{ .name = "braid" } };
	uint64_t events = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000000;
	size_t i;
	int bad = 0;

	if (argc > 2 || events < 10000) {
		fprintf(stderr, "usage: rse-rss [events]\n");
		return 2;
	}
	ring_make(&w[0]);
	phold_make(&w[1]);
	braid_make(&w[2]);
	printf("Resident memory after events / 100, events / 10, events\n");
	for (i = 0; i < sizeof(w) / sizeof(w[0]); i++)
		bad |= world_watch(&w[i], events);
	return bad;
}
