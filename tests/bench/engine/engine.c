/* SPDX-License-Identifier: MIT */
/*
 * tests/bench/engine/engine.c - the engine in the kernel beside the same
 * engine in a program of the same machine.
 *
 * Use: engine [MILLIONS [NAME]], as root, inside a machine; rsed should not
 * run.  Each set-up, or those with NAME in theirs, runs by turns in the kernel
 * and here, with as many threads as there are CPUs, to the same point, about
 * so many million events; the best of five rounds counts.  Prints
 *	NAME KERNEL USER RATIO DIGEST	events a second, the end's digest
 *	overhead NAME PERCENT PERCENT	of the braid: loss of rate against three
 *					tori apart, share of the exchange
 * and fails if the two digests differ.
 *
 * The set-ups are lines for ctl on both sides.
 */
#include <sys/sysinfo.h>
#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <librse.h>
#include <rse_runner.h>

#define TORI   3
#define ROUNDS 5
#define BATCH  4096
#define LOOK   10000 /* microseconds */
#define SIDES  2

enum { KERNEL, USER };

struct setup {
	const char *name;
	unsigned braided; /* 0: each torus for itself */
	unsigned tori;    /* that run */
	const char *sizes, *config; /* of create and of config */
	void (*build)(void (*line)(const char *));
	uint64_t per_epoch; /* events of a torus, about */
};

/* What a run gave. */
struct run {
	double seconds;
	uint64_t events, digest;
	double exchange; /* share of the kernel's time in steps */
};

static struct rse_torus *mine[TORI];
static struct rse_keep *keeps[TORI];
static struct rse_store *stores[TORI];
static unsigned at; /* whom line_both is for */

static void
line_both(const char *line)
{
	struct rse_ctl_result r;
	struct rse_dev *d = rse_dev_open(at);

	if (d == NULL || rse_dev_ctl(d, "%s", line) != 0)
		err(1, "torus%u: %s", at, line);
	rse_dev_close(d);
	if (rse_ctl_execute(mine[at], line, strlen(line), &r) != RSE_OK)
		errx(1, "%s: %s", line, rse_error_name(r.error));
}

static void
braid(const char *line)
{
	struct rse_dev *d = rse_dev_open_braid();

	if (d == NULL || rse_dev_ctl(d, "%s", line) != 0)
		err(1, "braid: %s", line);
	rse_dev_close(d);
}

/* Cells 0..n-1 in a ring, an event on each. */
static void
ring_build(unsigned n, void (*line)(const char *))
{
	char s[120];
	unsigned i, k;

	for (i = 0; i < n; i++) {
		k = (i + 1) % n;
		snprintf(s, sizeof(s), "edge %u %u %u %u %u %u 1", i % 32,
		    i / 32 % 32, i / 1024, k % 32, k / 32 % 32, k / 1024);
		line(s);
		snprintf(s, sizeof(s), "inject %u %u %u 1 0", i % 32,
		    i / 32 % 32, i / 1024);
		line(s);
	}
}

static void
ring100(void (*line)(const char *))
{
	ring_build(100, line);
}

static void
ring4096(void (*line)(const char *))
{
	ring_build(4096, line);
}

/* As /usr/share/rse/ring.rse: a strand through all tori, and a ring. */
static void
strand(void (*line)(const char *))
{
	char s[120];
	unsigned i;

	for (i = 1; i < 32; i++) {
		snprintf(s, sizeof(s), "edge %u 0 0 %u 0 0 1", i, i - 1);
		line(s);
	}
	line("edge 0 0 0 31 0 0 1 portal");
	for (i = 0; i < 32; i++) {
		snprintf(s, sizeof(s), "edge 16 %u 16 16 %u 16 10", i,
		    (i + 1) % 32);
		line(s);
	}
	line("inject 31 0 0 1");
	line("inject 16 0 16 1");
}

static void
phold(void (*line)(const char *))
{
	char s[80];
	unsigned i;

	for (i = 0; i < 4096; i++) {
		snprintf(s, sizeof(s), "spawn %u %u %u", i / 256,
		    i / 16 % 16, i % 16);
		line(s);
		snprintf(s, sizeof(s), "inject %u %u %u 0 %u", i / 256,
		    i / 16 % 16, i % 16, i * 509);
		line(s);
	}
}

static const struct setup setups[] = {
	{ "ring-100-alone", 0, 1, "", "interval=1000", ring100,
	    100000 },
	{ "ring-4096-alone", 0, 1, "", "interval=1000", ring4096,
	    4096000 },
	{ "phold-alone", 0, 1, " x=16 y=16 z=16",
	    "behaviour=phold interval=1048576", phold, 4096 },
	{ "ring-100-apart", 0, 3, "", "interval=1000", ring100,
	    100000 },
	{ "ring-100-braid", 1, 3, "", "interval=1000", ring100,
	    100000 },
	{ "phold-apart", 0, 3, " x=16 y=16 z=16",
	    "behaviour=phold interval=1048576", phold, 4096 },
	{ "phold-braid", 1, 3, " x=16 y=16 z=16",
	    "behaviour=phold interval=1048576", phold, 4096 },
	{ "strand-braid", 1, 3, "", "interval=1000", strand, 1032 },
};

#define SETUPS (sizeof(setups) / sizeof(setups[0]))

static double
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

static void
mine_make(const struct setup *s)
{
	struct rse_config c;
	unsigned i;

	for (i = 0; i < s->tori; i++) {
		rse_config_default(&c);
		c.id = i;
		c.count = s->braided ? TORI : 0;
		if (s->sizes[0] != '\0')
			c.dim[0] = c.dim[1] = c.dim[2] = 16;
		mine[i] = rse_new(&c);
		if (mine[i] == NULL)
			err(1, "rse_new");
		if (!s->braided)
			continue;
		keeps[i] = rse_keep_new(&c);
		stores[i] = rse_store_new(&c);
		if (keeps[i] == NULL || stores[i] == NULL ||
		    rse_keep_attach(mine[i], keeps[i], stores[i], NULL) !=
		    RSE_OK)
			errx(1, "no keep");
	}
}

static void
mine_free(const struct setup *s)
{
	unsigned i;

	for (i = 0; i < s->tori; i++) {
		rse_free(mine[i]);
		if (s->braided) {
			rse_keep_free(keeps[i]);
			rse_store_free(stores[i]);
		}
	}
}

static void
build(const struct setup *s)
{
	char line[160];

	braid("stop");
	braid(s->braided ? "on" : "off");
	braid("pace 0");
	mine_make(s);
	for (at = 0; at < s->tori; at++) {
		struct rse_dev *d = rse_dev_open(at);

		if (d == NULL || rse_dev_ctl(d, "create%s", s->sizes) != 0)
			err(1, "create%s", s->sizes);
		rse_dev_close(d);
		snprintf(line, sizeof(line), "config %s", s->config);
		line_both(line);
		s->build(line_both);
	}
}

static uint64_t
number(struct rse_dev *d, const char *file, const char *key, int base)
{
	char text[40];

	if (rse_dev_value(d, file, key, text, sizeof(text)) != 0)
		err(1, "%s", key);
	return strtoull(text, NULL, base);
}

/*
 * All that run have come to the epoch, or to the number of events.  One look,
 * and not often: each takes the locks of the tori.
 */
static int
kernel_done(const struct setup *s, uint64_t epochs)
{
	struct rse_dev *d = rse_dev_open_braid();
	const char *key = s->braided ? "epoch" : "processed";
	uint64_t want = s->braided ? epochs : epochs * s->per_epoch;
	char row[40], *at;
	unsigned i, n = 0;
	void *text;

	if (d == NULL || rse_dev_read(d, "status", &text) < 0)
		err(1, "status");
	rse_dev_close(d);
	for (i = 0; i < s->tori; i++) {
		snprintf(row, sizeof(row), "\ntorus%u.%s ", i, key);
		at = strstr(text, row);
		n += at != NULL && strtoull(at + strlen(row), NULL, 10) >=
		    want;
	}
	free(text);
	return n == s->tori;
}

static void
kernel_run(const struct setup *s, uint64_t epochs, struct run *r)
{
	uint64_t spent = 0, exchange = 0;
	struct rse_dev *d;
	unsigned i;

	if (s->braided) {
		d = rse_dev_open_braid();
		rse_dev_ctl(d, "until %" PRIu64, epochs);
		rse_dev_close(d);
	}
	r->seconds = now();
	for (i = 0; i < s->tori; i++) {
		d = rse_dev_open(i);
		if (s->braided)
			rse_dev_ctl(d, "start");
		else
			rse_dev_ctl(d, "step %" PRIu64,
			    epochs * s->per_epoch);
		rse_dev_close(d);
	}
	while (!kernel_done(s, epochs))
		usleep(LOOK);
	r->seconds = now() - r->seconds;
	r->events = r->digest = 0;
	for (i = 0; i < s->tori; i++) {
		d = rse_dev_open(i);
		r->events += number(d, "status", "processed", 10);
		r->digest = r->digest * 31 + number(d, "status", "digest", 16);
		spent += number(d, "stats", "run_ns", 10);
		exchange += number(d, "stats", "exchange_ns", 10);
		rse_dev_close(d);
	}
	r->exchange = (double)exchange / (double)spent;
}

static void
user_run(const struct setup *s, uint64_t epochs, struct run *r)
{
	unsigned i, threads = (unsigned)get_nprocs();
	struct rse_stats st;

	if (threads > s->tori)
		threads = s->tori;
	for (i = 0; i < s->tori; i++) {
		rse_start(mine[i]);
		if (s->braided)
			rse_epoch_limit(mine[i], epochs);
		else
			rse_step_events(mine[i], epochs * s->per_epoch);
	}
	r->seconds = now();
	if (rse_braid_run_threads(mine, s->tori, threads, BATCH) != 0)
		err(1, "rse_braid_run_threads");
	r->seconds = now() - r->seconds;
	r->events = r->digest = 0;
	for (i = 0; i < s->tori; i++) {
		rse_torus_stats(mine[i], &st);
		r->events += st.processed;
		r->digest = r->digest * 31 + rse_torus_digest(mine[i]);
	}
}

/* The best of the rounds on either side. */
static void
measure(const struct setup *s, uint64_t epochs, struct run best[SIDES])
{
	struct run r[SIDES];
	unsigned i, k;

	for (i = 0; i < ROUNDS; i++) {
		build(s);
		kernel_run(s, epochs, &r[KERNEL]);
		user_run(s, epochs, &r[USER]);
		mine_free(s);
		if (r[KERNEL].digest != r[USER].digest ||
		    r[KERNEL].events != r[USER].events)
			errx(1, "%s: the kernel ends in %016" PRIx64
			    ", the program in %016" PRIx64, s->name,
			    r[KERNEL].digest, r[USER].digest);
		for (k = 0; k < SIDES; k++)
			if (i == 0 || r[k].seconds < best[k].seconds)
				best[k] = r[k];
	}
}

static double
rate(const struct run *r)
{
	return (double)r->events / r->seconds;
}

static void
overhead_print(const struct setup *s, const struct run best[SIDES],
    double apart)
{
	char lost[16] = "-";

	if (apart != 0)
		snprintf(lost, sizeof(lost), "%.1f",
		    100 * (1 - rate(&best[KERNEL]) / apart));
	printf("overhead %s %s %.1f\n", s->name, lost,
	    100 * best[KERNEL].exchange);
}

int
main(int argc, char **argv)
{
	double events = (argc > 1 ? atof(argv[1]) : 2) * 1e6, apart = 0;
	struct run best[SIDES] = { 0 };
	const struct setup *s;
	uint64_t epochs;

	for (s = setups; s < setups + SETUPS; s++) {
		if (argc > 2 && strstr(s->name, argv[2]) == NULL)
			continue;
		epochs = (uint64_t)events / (s->per_epoch * s->tori) + 1;
		measure(s, epochs, best);
		printf("%s %.0f %.0f %.2f %" PRIu64 ":%016" PRIx64 "\n",
		    s->name, rate(&best[KERNEL]), rate(&best[USER]),
		    rate(&best[KERNEL]) / rate(&best[USER]), epochs,
		    best[KERNEL].digest);
		if (strstr(s->name, "-apart") != NULL)
			apart = rate(&best[KERNEL]);
		else if (s->braided)
			overhead_print(s, best, apart);
		if (s->braided)
			apart = 0;
		fflush(stdout);
	}
	braid("stop");
	braid("on");
	return 0;
}
