/* SPDX-License-Identifier: MIT */
/*
 * tests/fuzz/rse_snapshot.c - any bytes as a snapshot.
 *
 * Length and CRC are made right first, and then the digest, else nothing
 * behind them would be reached.  What is refused must change nothing; what
 * is taken must leave a torus that runs, can be saved and loaded again.
 */
#include <stdlib.h>
#include <string.h>

#include "../../rse/core/keep.h"
#include "small.h"

/* The digest it should have had. */
static uint64_t wanted;
#define rse_digest_finish(...) (wanted = rse_digest_finish(__VA_ARGS__))
#include "../../rse/core/snapshot.c"

static void
seal(uint8_t *p, size_t size)
{
	memcpy(p, "RSESNAP1", 8);
	le32_put(p + 8, VERSION);
	le64_put(p + 16, size);
	le32_put(p + 12, rse_crc32c(0, p + 16, size - 16));
}

/* Who is asked and told must be a neighbour: runners look it up. */
static void
neighbour_check(void *arg, uint32_t peer, uint64_t epoch)
{
	(void)arg;
	(void)epoch;
	if (peer != 0 && peer != 2)
		abort();
}

/* It was taken: it runs, and what it becomes can be kept. */
static void
use(struct rse_torus *t, struct rse_torus *other)
{
	static uint8_t buf[8192];
	struct rse_wait w;
	size_t used;
	int i;

	rse_start(t);
	for (i = 0; i < 20; i++)
		rse_step(t, 10, &w);
	if (rse_snapshot_save(t, buf, sizeof(buf), &used) != RSE_OK)
		abort();
	if (rse_snapshot_load(other, buf, used) == RSE_OK &&
	    rse_torus_digest(other) != rse_torus_digest(t))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct rse_hooks hooks = { .nudge = neighbour_check };
	static struct rse_torus *t, *other;
	uint64_t before;
	uint8_t *copy;
	int error;

	if (t == NULL) {
		t = small_torus(1, 3);
		other = small_torus(1, 3);
		rse_torus_hooks_set(t, &hooks);
	}
	copy = malloc(size + 1);
	memcpy(copy, data, size);
	before = rse_torus_digest(t);
	error = rse_snapshot_load(t, copy, size);
	if (error != RSE_OK && size > HEAD) {
		seal(copy, size);
		error = rse_snapshot_load(t, copy, size);
	}
	if (error == RSE_EDIGEST) {
		le64_put(copy + 24, wanted);
		seal(copy, size);
		error = rse_snapshot_load(t, copy, size);
	}
	if (error == RSE_OK)
		use(t, other);
	else if (rse_torus_digest(t) != before)
		abort();
	if (rse_torus_check(t) != RSE_OK || rse_torus_check(other) != RSE_OK)
		abort();
	free(copy);
	return 0;
}
