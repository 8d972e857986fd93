/* SPDX-License-Identifier: MIT */
/*
 * tests/host/rse_known.c - the known answers G1 to G10 of the relay rule.
 *
 * Each is run whole, and again cut into calls of odd sizes (I3).
 */
#include "rse_tap.h"

static void
grid_open(struct rse_torus *t)
{
	int x, y;

	for (x = 0; x < 4; x++)
		for (y = 0; y < 4; y++) {
			if (x < 3)
				rse_edge(t, rse_node(t, x, y, 0),
				    rse_node(t, x + 1, y, 0), 10, 0);
			if (y < 3)
				rse_edge(t, rse_node(t, x, y, 0),
				    rse_node(t, x, y + 1, 0), 10, 0);
		}
}

static void
torus_make(struct rse_torus *t, int n, int dims, uint32_t delay)
{
	int x, y, z;

	for (x = 0; x < n; x++)
		for (y = 0; y < n; y++)
			for (z = 0; z < (dims == 3 ? n : 1); z++) {
				rse_edge(t, rse_node(t, x, y, z),
				    rse_node(t, (x + 1) % n, y, z), delay, 0);
				rse_edge(t, rse_node(t, x, y, z),
				    rse_node(t, x, (y + 1) % n, z), delay, 0);
				if (dims == 3)
					rse_edge(t, rse_node(t, x, y, z),
					    rse_node(t, x, y, (z + 1) % n),
					    delay, 0);
			}
}

static void
set_up(struct rse_torus *t, const char *id)
{
	uint32_t zero = rse_node(t, 0, 0, 0), n;

	if (strcmp(id, "G1") == 0) {
		ring_make(t, 100, 1, 100);
	} else if (strcmp(id, "G2") == 0) {
		ring_make(t, 10, 5, 1);
	} else if (strcmp(id, "G3") == 0) {
		torus_make(t, 5, 2, 3);
		put(t, 0, zero, zero, 1);
		n = rse_node(t, 4, 4, 0);
		put(t, 0, n, n, 1);
	} else if (strcmp(id, "G4") == 0) {
		torus_make(t, 4, 3, 2);
		put(t, 0, zero, zero, 1);
	} else if (strncmp(id, "G5", 2) == 0) {
		grid_open(t);
		if (id[2] != 'C')
			put(t, 0, zero, zero, 1);
		if (id[2] == 'A')
			put(t, 0, rse_node(t, 1, 1, 0), zero, 2);
		if (id[2] == 'C')
			put(t, 0, rse_node(t, 2, 2, 0), zero, 3);
	} else if (strcmp(id, "G6") == 0 || strcmp(id, "G9") == 0) {
		rse_edge(t, zero, zero, 1, 0);
		put(t, 0, zero, zero, id[1] == '6' ? -50 : 1);
	} else if (strcmp(id, "G8") == 0) {
		ring_make(t, 4096, 1, 4096);
	} else if (strcmp(id, "G10") == 0) {
		ring_make(t, 1000, 1, 1);
	}
}

static const struct known {
	const char *id;
	uint64_t run, processed, time, pending, digest;
} known[] = {
	{ "G1", 1000000, 1000000, 9999, 100, 0x8523a38cf9862c8d },
	{ "G2", 1000, 1000, 1059, 1, 0xce1edc5110faada8 },
	{ "G3", 5000, 5000, 14, 5002, 0xe63bbcd1f152dde5 },
	{ "G4", 4000, 4000, 8, 8001, 0x8d313af56549aa9c },
	{ "G5A", 10000, 88, 42, 0, 0x14038285da456fa6 },
	{ "G5B", 10000, 69, 48, 0, 0xdd42f7317c796cfc },
	{ "G5C", 10000, 5, 18, 0, 0x1ffed688549fd4a6 },
	{ "G6", 200, 200, 2800, 1, 0xb39fcf45e7fe04f8 },
	{ "G8", 1000000, 1000000, 244, 4096, 0x8db7829d04eaed7d },
	{ "G9", 300, 300, 299, 1, 0xb020b008484d68ce },
	{ "G10", 1000000, 1000000, 999999, 1, 0x9f7d36a0e9af8311 },
};

static void
one(const struct known *k, uint64_t cut)
{
	struct rse_config c;
	struct rse_torus *t;
	struct rse_stats s;
	uint64_t left = k->run, n;
	char name[64];
	void *mem;

	rse_config_default(&c);
	c.digest = 1;
	t = torus_new(&c, &mem);
	set_up(t, k->id);
	while (left > 0) {
		n = rse_torus_run(t, left < cut ? left : cut, RSE_FOREVER);
		if (n == 0)
			break;
		left -= n;
	}
	rse_torus_stats(t, &s);
	if (cut == UINT64_MAX)
		snprintf(name, sizeof(name), "%s", k->id);
	else
		snprintf(name, sizeof(name), "I3 %s in calls of %" PRIu64,
		    k->id, cut);
	if (!ok(s.processed == k->processed && s.now == k->time &&
	    s.pending == k->pending && s.run_digest == k->digest &&
	    rse_torus_check(t) == RSE_OK, name))
		printf("# processed %" PRIu64 " time %" PRIu64 " pending %"
		    PRIu64 " digest %016" PRIx64 "\n", s.processed, s.now,
		    s.pending, s.run_digest);
	free(mem);
}

int
main(void)
{
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		one(&known[i], UINT64_MAX);
		one(&known[i], 7);
	}
	return tap_done();
}
