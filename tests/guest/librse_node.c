/* SPDX-License-Identifier: MIT */
/*
 * tests/guest/librse_node.c - a braid whose tori live in three processes, or
 * in threads that send each other frames, ends as one that is stepped.
 * GUEST: -lrse
 */
#include <pthread.h>
#include <sys/mman.h>

#include <librse.h>
#include <rse_node.h>
#include <rse_runner.h>

#include "tap.h"

#define TORI   3
#define EPOCHS 60

static uint64_t reference[TORI];

struct shared {
	uint64_t digest[TORI];
	_Alignas(64) uint8_t region[1 << 16];
};

/* A strand through all tori, and an event of each torus on it. */
static struct rse_torus *
torus_make(uint32_t id)
{
	struct rse_event e = { .payload = (int32_t)id - 1 };
	struct rse_config c;
	struct rse_torus *t;
	uint32_t x;

	rse_config_default(&c);
	c.dim[0] = 8;
	c.dim[1] = c.dim[2] = 4;
	c.id = id;
	c.count = TORI;
	c.interval = 100;
	c.timeout = 200;
	t = rse_new(&c);
	CHECK(t != NULL);
	for (x = 1; x < 8; x++)
		rse_edge(t, x * 16, (x - 1) * 16, 3 + x, 0);
	rse_edge(t, 0, 7 * 16, 1, RSE_PORTAL);
	e.dst = e.src = 7 * 16;
	CHECK_EQ(rse_inject(t, &e), RSE_OK);
	rse_epoch_limit(t, EPOCHS);
	rse_start(t);
	return t;
}

static uint64_t
node_run(struct rse_torus *t, struct rse_channel *channel)
{
	uint64_t digest;

	CHECK_EQ(rse_node_run(t, channel, 100,
	    1000 * TAP_CASE_SECONDS), 0);
	channel->close(channel->arg);
	digest = rse_torus_digest(t);
	rse_free(t);
	return digest;
}

static void
three_processes_share_memory(void)
{
	struct rse_channel channel;
	struct rse_torus *t;
	struct shared *s;
	uint32_t i;
	int status;

	s = mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(s != MAP_FAILED);
	t = torus_make(0);
	CHECK_EQ(rsep_region_format(s->region, sizeof(s->region), TORI,
	    (uint32_t)rse_projection_size(rse_torus_config(t))), RSE_OK);
	rse_free(t);
	for (i = 0; i < TORI; i++) {
		if (fork() != 0)
			continue;
		t = torus_make(i);
		CHECK_EQ(rse_shm_open(&channel, t, s->region,
		    sizeof(s->region), (uint64_t)getpid()), 0);
		s->digest[i] = node_run(t, &channel);
		fflush(stdout);
		_exit(tap_bad != 0);
	}
	for (i = 0; i < TORI; i++) {
		CHECK(wait(&status) > 0);
		CHECK_EQ(status, 0);
	}
	for (i = 0; i < TORI; i++)
		CHECK(s->digest[i] == reference[i]);
	munmap(s, sizeof(*s));
}

struct node {
	struct rse_torus *torus;
	struct rse_channel channel;
	pthread_t thread;
	uint64_t digest;
};

static void *
node_main(void *arg)
{
	struct node *n = arg;

	n->digest = node_run(n->torus, &n->channel);
	return NULL;
}

static void
three_threads_send_frames(void)
{
	static const uint8_t key[RSEP_KEY] = "thirty-two bytes, or fewer";
	struct rse_hub *hub = rse_hub_new(TORI);
	struct rse_transport transport;
	struct node n[TORI];
	uint32_t i;

	CHECK(hub != NULL);
	for (i = 0; i < TORI; i++) {
		n[i].torus = torus_make(i);
		CHECK_EQ(rse_hub_open(&transport, hub, i), 0);
		CHECK_EQ(rse_frames_open(&n[i].channel, n[i].torus,
		    &transport, key, 1000 + i), 0);
	}
	for (i = 0; i < TORI; i++)
		CHECK_EQ(pthread_create(&n[i].thread, NULL, node_main, &n[i]),
		    0);
	for (i = 0; i < TORI; i++) {
		CHECK_EQ(pthread_join(n[i].thread, NULL), 0);
		CHECK(n[i].digest == reference[i]);
	}
	rse_hub_free(hub);
}

int
main(void)
{
	struct rse_torus *t[TORI];
	uint32_t i;

	for (i = 0; i < TORI; i++)
		t[i] = torus_make(i);
	rse_braid_run_sequential(t, TORI, 100);
	for (i = 0; i < TORI; i++) {
		reference[i] = rse_torus_digest(t[i]);
		rse_free(t[i]);
	}
	TAP_RUN(three_processes_share_memory);
	TAP_RUN(three_threads_send_frames);
	return tap_end();
}
