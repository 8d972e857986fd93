/* SPDX-License-Identifier: MIT */
/*
 * rse/bench/latency.c - rse-bench: from publishing to the last ACK of RSEP.
 */
#include <sys/mman.h>

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <rsep.h>

#include "../port/posix/node.h"
#include "../port/posix/runner.h"
#include "bench.h"

#define EPOCHS 3300 /* of which a third publishes */

struct party {
	pthread_t thread;
	struct rse_torus *torus;
	struct rse_channel channel;
	int result;
};

static void *
party_main(void *arg)
{
	struct party *p = arg;

	p->result = rse_node_run(p->torus, &p->channel, 1000, 120000);
	return NULL;
}

static int
order(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static int
party_open(struct party *p, uint32_t i, int udp, uint8_t *region, size_t len)
{
	static const char *const here[3] = { "127.0.0.1", "127.0.0.1",
		"127.0.0.1" };
	static const uint8_t key[RSEP_KEY] = "the key of the benchmark";
	struct rse_transport tp;

	if (!udp)
		return rse_shm_open(&p->channel, p->torus, region, len,
		    i + 1);
	if (rse_udp_open(&tp, here, 3, i,
	    (uint16_t)(20000 + getpid() % 20000)) != 0)
		return -1;
	return rse_frames_open(&p->channel, p->torus, &tp, key, i + 1);
}

static uint64_t
frames_resent(const struct rse_channel *c)
{
	struct rsep_stats prev, next;

	rse_frames_stats(c, 0, &prev);
	rse_frames_stats(c, 1, &next);
	return prev.resent + next.resent;
}

static void
row_print(const char *name, uint64_t *ns, uint32_t n, const char *what)
{
	if (n == 0) {
		printf("%-14s did not end (no epochs", name);
		return;
	}
	qsort(ns, n, sizeof(*ns), order);
	printf("%-14s %8.1f us least, %.1f median, %.1f 99th percentile "
	    "(%s, %u epochs", name, (double)ns[0] * 1e-3,
	    (double)ns[n / 2] * 1e-3, (double)ns[n - 1 - n / 100] * 1e-3,
	    what, n);
}

static void
latency_row(const char *name, int udp)
{
	static uint64_t ns[3][EPOCHS];
	struct party p[3] = { 0 };
	struct rse_event e = { 0 };
	struct rse_config c;
	void *mem[3];
	size_t len[3], size;
	uint8_t *region;
	uint64_t resent = 0;
	uint32_t i;
	int good = 1;

	rse_config_default(&c);
	size = rsep_region_size(3, (uint32_t)rse_projection_size(&c));
	region = aligned_alloc(64, (size + 63) & ~(size_t)63);
	rsep_region_format(region, size, 3,
	    (uint32_t)rse_projection_size(&c));
	c.count = 3;
	for (i = 0; i < 3; i++) {
		c.id = i;
		p[i].torus = bench_torus(&c, &mem[i], &len[i]);
		rse_edge(p[i].torus, 40, 40, 10, 0);
		e.dst = e.src = 40;
		rse_inject(p[i].torus, &e);
		rse_epoch_limit(p[i].torus, EPOCHS);
		rse_start(p[i].torus);
		good = good && party_open(&p[i], i, udp, region, size) == 0;
		p[i].channel.latency = (struct rse_latency) { ns[i], EPOCHS,
			0 };
	}
	for (i = 0; i < 3 && good; i++)
		pthread_create(&p[i].thread, NULL, party_main, &p[i]);
	for (i = 0; i < 3 && good; i++) {
		pthread_join(p[i].thread, NULL);
		resent += udp ? frames_resent(&p[i].channel) : 0;
		p[i].channel.close(p[i].channel.arg);
	}
	for (i = 0; i < 3; i++) {
		good = good && p[i].result == 0;
		munmap(mem[i], len[i]);
	}
	free(region);
	row_print(name, ns[0], good ? p[0].channel.latency.n : 0,
	    "publish to both ACKs");
	if (udp)
		printf(", %" PRIu64 " frames sent again", resent);
	printf(")\n");
	fflush(stdout);
}

void
bench_latency(void)
{
	static uint64_t ns[EPOCHS];

	latency_row("shm", 0);
	latency_row("udp", 1);
	row_print("udp bare", ns, bench_bare(ns, EPOCHS),
	    "the same datagrams without RSEP");
	printf(")\n");
}
