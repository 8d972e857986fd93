/* SPDX-License-Identifier: MIT */
/*
 * tests/guest/torus_known.c - the known answers from the engine in the
 * kernel: each set-up is made here, given to torus 0 as a snapshot, and run
 * there.
 * GUEST: -lrse
 */
#include <unistd.h>

#include <librse.h>

#define main known_in_this_program
#include "../host/rse_known.c"
#undef main

/* A torus of a braid, or one alone, as the device has it now. */
static int
give(struct rse_dev *d, const char *id, uint32_t count)
{
	struct rse_config c;
	struct rse_torus *t;
	size_t len, used;
	void *mem, *buf;
	int error;

	rse_config_default(&c);
	c.digest = 1;
	c.count = count;
	t = torus_new(&c, &mem);
	set_up(t, id);
	len = rse_snapshot_max(&c);
	buf = malloc(len);
	error = buf == NULL ||
	    rse_snapshot_save(t, buf, len, &used) != RSE_OK ||
	    rse_dev_write(d, "snapshot", buf, used) != 0;
	free(buf);
	free(mem);
	return error ? -1 : 0;
}

static uint64_t
value(struct rse_dev *d, const char *file, const char *key, int base)
{
	char text[64] = "";

	if (rse_dev_value(d, file, key, text, sizeof(text)) != 0)
		return 0;
	return strtoull(text, NULL, base);
}

static void
in_the_kernel(struct rse_dev *d, const struct known *k)
{
	uint64_t processed = 0, now, pending, digest;
	char name[64];
	int given;

	given = give(d, k->id, 0) == 0 || give(d, k->id, 3) == 0;
	if (given)
		given = rse_dev_ctl(d, "step %llu",
		    (unsigned long long)k->run) == 0;
	/* As long as it takes: it counts up, or tests/guest/run.sh ends us. */
	while (given && processed < k->processed) {
		usleep(10000);
		processed = value(d, "status", "processed", 10);
	}
	now = value(d, "status", "time", 10);
	pending = value(d, "status", "pending", 10);
	digest = value(d, "stats", "run_digest", 16);
	snprintf(name, sizeof(name), "%s in the kernel", k->id);
	if (!ok(given && processed == k->processed && now == k->time &&
	    pending == k->pending && digest == k->digest, name))
		printf("# given %d processed %" PRIu64 " time %" PRIu64
		    " pending %" PRIu64 " digest %016" PRIx64 "\n", given,
		    processed, now, pending, digest);
}

int
main(void)
{
	struct rse_dev *braid = rse_dev_open_braid();
	struct rse_dev *d = rse_dev_open(0);
	size_t i;

	if (braid == NULL || d == NULL ||
	    rse_dev_ctl(braid, "stop") != 0 ||
	    rse_dev_ctl(braid, "off") != 0) {
		printf("Bail out! no torus to try\n");
		return 1;
	}
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		in_the_kernel(d, &known[i]);
	if (rse_dev_ctl(d, "reset") != 0 || rse_dev_ctl(braid, "on") != 0 ||
	    rse_dev_ctl(braid, "reset") != 0)
		printf("# the braid is not as it was\n");
	rse_dev_close(d);
	rse_dev_close(braid);
	return tap_done();
}
