/* SPDX-License-Identifier: MIT */
/*
 * tests/host/rse_tap.h - TAP output and set-ups shared by the engine's tests.
 */
#ifndef RSE_TAP_H
#define RSE_TAP_H

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rse.h>
#include <rse_braid.h>

static int tap_count, tap_bad;

static inline int
tap_check(int good, const char *name, const char *file, int line)
{
	tap_count++;
	if (!good)
		tap_bad++;
	printf("%sok %d - %s\n", good ? "" : "not ", tap_count, name);
	if (!good)
		printf("# %s:%d\n", file, line);
	fflush(stdout);
	return good;
}

#define ok(cond, name) tap_check((cond) != 0, name, __FILE__, __LINE__)

static inline int
tap_done(void)
{
	printf("1..%d\n", tap_count);
	return tap_bad != 0;
}

/* A torus in exactly as much memory as it asked for, so ASan sees more. */
static inline struct rse_torus *
torus_new(const struct rse_config *c, void **mem)
{
	struct rse_torus *t;
	size_t n = rse_torus_size(c);

	*mem = malloc(n);
	memset(*mem, 0xa5, n);
	if (n == 0 || rse_torus_create(*mem, n, c, &t) != RSE_OK) {
		printf("Bail out! torus not created\n");
		exit(1);
	}
	return t;
}

/* "node i" of the known answers. */
static inline uint32_t
node_i(const struct rse_torus *t, uint32_t i)
{
	return rse_node(t, i % 32, i / 32 % 32, i / 1024);
}

static inline int
put(struct rse_torus *t, uint64_t time, uint32_t dst, uint32_t src,
    int32_t payload)
{
	struct rse_event e = { time, dst, src, 0, payload };

	return rse_inject(t, &e);
}

static inline void
ring_make(struct rse_torus *t, uint32_t n, uint32_t delay, uint32_t events)
{
	uint32_t i;

	for (i = 0; i < n; i++)
		rse_edge(t, node_i(t, i), node_i(t, (i + 1) % n), delay, 0);
	for (i = 0; i < events; i++)
		put(t, 0, node_i(t, i), node_i(t, i), 1);
}

#endif
