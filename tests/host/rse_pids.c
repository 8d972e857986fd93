/* SPDX-License-Identifier: MIT */
/*
 * tests/host/rse_pids.c - processes by their numbers: the index against a
 * list, numbers chosen to be in each other's way, and as many processes as
 * only an index moves before this test is given up.
 */
#include "../../rse/core/hash.h"
#include "../../rse/core/keep.h"
#include "rse_tap.h"

#define ITEMS 512u
#define MANY  (1u << 19)

static uint64_t seed = 7;

static uint32_t
rnd(uint32_t n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((seed >> 33) % n);
}

/* Few numbers, so that they collide; many low bits in common. */
static uint32_t
number(uint32_t kind)
{
	uint32_t v = rnd(2 * ITEMS);

	return kind == 0 ? v : kind == 1 ? v << 22 | 1 : mix64(v) % UINT32_MAX;
}

static void
like_a_list(uint32_t kind)
{
	struct pid_node node[ITEMS];
	struct pid_index ix = { .node = node };
	uint32_t pid[ITEMS], i, k, v, at, bad = 0, added = 0, dropped = 0;

	memset(pid, 0xff, sizeof(pid));
	rse_pids_clear(&ix);
	for (k = 0; k < 200000; k++) {
		v = number(kind);
		for (at = 0; at < ITEMS && pid[at] != v; at++)
			continue;
		bad += rse_pids_find(&ix, v) != (at < ITEMS ? at : PIDS_NONE);
		i = rnd(ITEMS);
		if (at < ITEMS && rnd(2) == 0) {
			rse_pids_drop(&ix, v);
			pid[at] = UINT32_MAX;
			dropped++;
		} else if (at < ITEMS) {
			bad += pid[i] == UINT32_MAX &&
			    rse_pids_add(&ix, i, v) != at;
		} else if (pid[i] == UINT32_MAX) {
			bad += rse_pids_add(&ix, i, v) != PIDS_NONE;
			pid[i] = v;
			added++;
		}
	}
	ok(bad == 0 && added > 1000 && dropped > 1000,
	    "the index says what a list would");
}

static struct rse_torus *
torus_of(uint32_t id, uint32_t processes, void **mem)
{
	struct rse_config c;

	rse_config_default(&c);
	c.id = id;
	c.count = 3;
	c.processes = processes;
	c.events = c.limit = c.ring = c.edges = 64;
	return torus_new(&c, mem);
}

/* A snapshot with this number in place of its `i`th process's. */
static int
load_with(struct rse_torus *t, uint32_t i, uint32_t pid)
{
	uint8_t *buf = malloc(rse_snapshot_size(t)), *at;
	struct rse_process p = *rse_process_at(t, i, NULL), q = p;
	uint64_t was = rse_torus_digest(t);
	size_t len;
	int error;

	if (buf == NULL || rse_snapshot_save(t, buf, rse_snapshot_size(t),
	    &len) != RSE_OK)
		abort();
	/* It must be right in all but this. Cell i has slot i. */
	q.pid = pid;
	t->process[i] = q;
	le64_put(buf + 24, rse_torus_digest(t));
	t->process[i] = p;
	at = buf + RSE_SNAPSHOT_HEAD + 1024 + (size_t)t->faces * 8 + 28 * i;
	le32_put(at, pid);
	le32_put(buf + 12, rse_crc32c(0, buf + 16, len - 16));
	error = rse_snapshot_load(t, buf, len);
	if (error != RSE_OK && rse_torus_digest(t) != was)
		abort();
	free(buf);
	return error;
}

static void
snapshots(void)
{
	struct rse_torus *t;
	struct rse_process p;
	void *mem;
	uint32_t i, pid = 0, bad = 0;

	t = torus_of(1, 64, &mem);
	for (i = 0; i < 8; i++)
		rse_spawn(t, i, &pid);
	ok(load_with(t, 3, pid) == RSE_EEXIST,
	    "a snapshot with a number twice is refused");
	ok(load_with(t, 3, pid + 1) == RSE_EINVAL,
	    "and one with a number that is to be given out");
	for (i = 0; i < 8; i++)
		bad += rse_process_find(t, pid - i) == NULL;
	ok(bad == 0, "they are found as before");
	ok(load_with(t, 3, 5) == RSE_OK && rse_process_find(t, 5) != NULL &&
	    rse_process_find(t, pid - 4) == NULL, "others are loaded");
	/* It went before the reset, and comes home after it. */
	rse_process_take(t, pid, &p);
	rse_torus_reset(t);
	rse_process_put(t, &p);
	for (i = 0, bad = 0; i < 20; i++)
		bad += rse_spawn(t, 0, &pid) != RSE_OK || pid == p.pid;
	ok(bad == 0 && t->stats.processes == 21,
	    "a number that came home is not given out again");
	free(mem);
}

static void
evacuation(void)
{
	struct rse_torus *from, *to;
	struct rse_store *s;
	struct rse_keep *k;
	struct rse_process p;
	void *mem[4];
	uint32_t i, pid, moved = 0, bad = 0;
	size_t len;

	from = torus_of(1, MANY, &mem[0]);
	to = torus_of(2, MANY, &mem[1]);
	len = rse_store_size(&from->config);
	mem[2] = malloc(len);
	rse_store_create(mem[2], len, &from->config, &s);
	len = rse_keep_size(&from->config);
	mem[3] = malloc(len);
	rse_keep_create(mem[3], len, &from->config, &k);
	for (i = 0; i < MANY; i++)
		bad += rse_spawn(from, i % from->cells, &pid) != RSE_OK;
	rse_keep_attach(from, k, s, NULL);
	rse_keep_flush(from);
	/* Records: one goes, one goes and comes back, one is new. */
	rse_process_take(from, pid - 1, &p);
	rse_process_take(from, pid - 2, &p);
	rse_process_put(from, &p);
	rse_spawn(from, 3, &pid);
	ok(bad == 0 && rse_store_records(s) == 4, "many processes");
	ok(rse_evacuate(s, &to, 1, &moved) == RSE_OK && moved == MANY &&
	    rse_process_find(to, pid) != NULL &&
	    rse_process_find(to, pid - 2) == NULL &&
	    rse_process_find(to, pid - 3) != NULL,
	    "all of them go to another torus");
	for (i = MANY + 1, bad = 0; i > 0; i--)
		if (i != MANY - 1)
			bad += rse_process_take(to, (1u << PID_BITS) + i,
			    &p) != RSE_OK;
	ok(bad == 0 && to->stats.processes == 0 &&
	    to->pids.root == PIDS_NONE, "and are taken from it again");
	for (i = 0; i < 4; i++)
		free(mem[i]);
}

int
main(void)
{
	uint32_t kind;

	for (kind = 0; kind < 3; kind++)
		like_a_list(kind);
	snapshots();
	evacuation();
	return tap_done();
}
