/* SPDX-License-Identifier: MIT */
/*
 * lib/librse/examples/braid.c - three tori on three threads.  One is killed
 * and recovered exactly: the end is the same as if nothing had happened.
 *
 * Use: braid [epochs]
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <librse.h>
#include <rse_runner.h>

#define TORI 3
#define LONG 16 /* cells of the strand in each torus */
#define EPOCHS_MOST 1000000

static struct rse_config config[TORI];
static struct rse_torus *torus[TORI];
static struct rse_keep *keep[TORI];   /* what each saw of the exchange */
static struct rse_store *store[TORI]; /* snapshot and journal: outlive it */

static void
check(int good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "braid: %s failed\n", what);
	exit(1);
}

/* A strand through a portal into the next torus, and so round for ever. */
static void
torus_make(uint32_t i)
{
	struct rse_event e = { .dst = LONG - 1, .src = LONG - 1 };
	struct rse_config *c = &config[i];
	uint32_t x;

	rse_config_default(c);
	c->dim[0] = LONG;
	c->dim[1] = c->dim[2] = 1;
	c->id = i;
	c->count = TORI;
	c->interval = 100; /* ticks of an epoch */
	c->timeout = 20;   /* milliseconds until a neighbour is missed */
	check((torus[i] = rse_new(c)) != NULL, "rse_new");
	check((keep[i] = rse_keep_new(c)) != NULL, "rse_keep_new");
	check((store[i] = rse_store_new(c)) != NULL, "rse_store_new");
	rse_keep_attach(torus[i], keep[i], store[i], NULL);
	for (x = 1; x < LONG; x++)
		rse_edge(torus[i], x, x - 1, x, 0);
	rse_edge(torus[i], 0, LONG - 1, 1, RSE_PORTAL);
	check(rse_inject(torus[i], &e) == RSE_OK, "rse_inject");
	rse_start(torus[i]);
}

static void
run_to(uint64_t epoch)
{
	int i;

	for (i = 0; i < TORI; i++)
		if (torus[i] != NULL)
			rse_epoch_limit(torus[i], epoch);
	check(rse_braid_run_threads(torus, TORI, TORI, 1000) == 0, "run");
}

static void
torus_kill(uint32_t i)
{
	rse_free(torus[i]);
	rse_keep_free(keep[i]);
	torus[i] = NULL;
	keep[i] = NULL;
}

static void
torus_recover(uint32_t i)
{
	uint32_t prev = (i + TORI - 1) % TORI, next = (i + 1) % TORI;
	struct rse_recovery r = { .store = store[i], .prev = keep[prev],
		.next = keep[next] };
	int more;

	check((r.into = torus[i] = rse_new(&config[i])) != NULL, "rse_new");
	check((keep[i] = rse_keep_new(&config[i])) != NULL, "rse_keep_new");
	check(rse_recover_begin(&r) == RSE_OK, "rse_recover_begin");
	while ((more = rse_recover_step(&r, 1000)) > 0)
		continue;
	check(more == RSE_OK, rse_error_name(more));
	check(rse_recover_finish(&r, keep[i]) == RSE_OK, "recovery");
	rse_rejoined(torus[prev], i, rse_torus_life(torus[i]));
	rse_rejoined(torus[next], i, rse_torus_life(torus[i]));
	printf("torus %" PRIu32 ": %" PRIu32 " records replayed, %" PRIu32
	    " projections verified\n", i, r.cursor, r.verified);
}

/* The digest of all three after so many epochs. */
static uint64_t
whole_run(uint64_t epochs, int killed)
{
	uint64_t sum = 0;
	uint32_t i;

	for (i = 0; i < TORI; i++)
		torus_make(i);
	run_to(epochs / 2);
	if (killed) {
		torus_kill(1);
		run_to(epochs); /* as far as the others get without it */
		torus_recover(1);
	}
	run_to(epochs);
	for (i = 0; i < TORI; i++) {
		sum = sum * 31 + rse_torus_digest(torus[i]);
		torus_kill(i);
		rse_store_free(store[i]);
	}
	return sum;
}

int
main(int argc, char **argv)
{
	char *end = NULL;
	uint64_t epochs = argc > 1 ? strtoull(argv[1], &end, 10) : 120;
	uint64_t calm, killed;

	if (epochs == 0 || epochs > EPOCHS_MOST ||
	    (end != NULL && *end != 0)) {
		fprintf(stderr, "usage: braid [epochs], 1 to %d\n",
		    EPOCHS_MOST);
		return 1;
	}
	calm = whole_run(epochs, 0);
	killed = whole_run(epochs, 1);
	printf("undisturbed      %016" PRIx64 "\n", calm);
	printf("one torus killed %016" PRIx64 "\n", killed);
	printf("%s\n", calm == killed ? "the same" : "DIFFERENT");
	return calm != killed;
}
