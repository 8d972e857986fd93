/* SPDX-License-Identifier: MIT */
/*
 * tests/host/torus_random.c: I9 whatever was said to the tori before, one that
 * is killed comes back with the digest, the configuration, the numbers of
 * processes and the counters that it had.
 */
#include "torus_world.h"

#include "../../rse/core/keep.h"

#define RUNS  250
#define WORDS 60

static unsigned seed;

static unsigned
rnd(unsigned n)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % n;
}

/* A word that may be refused: then it must leave no trace. */
static void
speak(void)
{
	static const char *const word[] = { "spawn %u 1 2", "spawn 3 %u 0",
		"kill %u", "kill 419430%u", "edge 0 %u 0 7 0 0 1",
		"edge %u 0 0 1 1 1 3", "edge 0 %u 1 7 2 3 2 portal",
		"inject %u 0 0 7", "inject 1 %u 1 -5 100", "inject 7 %u 0 1",
		"config interval=%u", "config every=%u", "config seed=%u",
		"config behaviour=phold", "config behaviour=relay",
		"config behaviour=sir", "config limit=2%u", "config digest=1",
		"migrate %u 1", "migrate 419430%u 2", "migrate 838860%u 0",
		"step %u", "config replicate=1", "config replicate=0",
		"config adaptive=1", "config adaptive=0" };
	char path[16], line[64];

	snprintf(path, sizeof(path), "torus%u/ctl", rnd(TORI));
	snprintf(line, sizeof(line) - 1, word[rnd(nitems(word))],
	    rnd(12) + 1);
	strcat(line, "\n");
	(void)ctl(path, line);
}

static void
something_happens(void)
{
	switch (rnd(8)) {
	case 0:
		CHECK_EQ(ctl("braid/ctl", "start\n"), 0);
		rounds(rnd(30), 1 + rnd(20));
		break;
	case 1:
		CHECK_EQ(ctl("braid/ctl", "stop\n"), 0);
		break;
	case 2:
		rounds(rnd(20), 1 + rnd(8));
		break;
	default:
		speak();
	}
}

/* What came in last enters at the next step: in both as if that were due. */
static void
killed_and_back(struct torus *to)
{
	struct rse_config was = *rse_torus_config(to->to_rse);
	uint64_t digest;
	uint32_t next_pid = to->to_rse->next_pid;
	uint32_t interval = to->to_rse->braid.next_interval;
	struct rse_stats a, b;
	char path[16];

	rse_ring_drain(to->to_rse);
	digest = rse_torus_digest(to->to_rse);
	rse_torus_stats(to->to_rse, &a);
	snprintf(path, sizeof(path), "torus%u/ctl", to->to_id);
	CHECK_EQ(ctl(path, "kill\n"), 0);
	if (to->to_replica != NULL && rnd(2) == 0)
		CHECK_EQ(ctl(path, "forget\n"), 0);
	CHECK_EQ(ctl(path, "recover\n"), 0);
	turns(3000);
	CHECK_EQ(to->to_result, RESULT_EXACT);
	if (to->to_rse == NULL)
		return;
	rse_ring_drain(to->to_rse);
	rse_torus_stats(to->to_rse, &b);
	CHECK_EQ(rse_torus_digest(to->to_rse), digest);
	CHECK(memcmp(rse_torus_config(to->to_rse), &was, sizeof(was)) == 0);
	CHECK_EQ(to->to_rse->next_pid, next_pid);
	CHECK_EQ(to->to_rse->braid.next_interval, interval);
	CHECK_EQ(b.spawned, a.spawned);
	CHECK_EQ(b.killed, a.killed);
	CHECK_EQ(b.published, a.published);
	CHECK_EQ(b.applied, a.applied);
	CHECK_EQ(b.run_digest, a.run_digest);
}

static void
whatever_was_said_it_comes_back(void)
{
	unsigned run, n, bad;

	for (run = 1; run <= RUNS; run++) {
		seed = run;
		setup("config policy=wait\n");
		CHECK_EQ(ctl("braid/ctl", "until\n"), 0);
		for (n = 5 + rnd(WORDS); n > 0; n--)
			something_happens();
		CHECK_EQ(ctl("braid/ctl", "stop\n"), 0);
		turns(50);
		bad = tap_bad_checks;
		killed_and_back(&tori[rnd(TORI)]);
		if (tap_bad_checks != bad)
			printf("# run %u\n", run);
	}
}

int
main(void)
{
	world_begin();
	tap_run("I9 whatever was said, it comes back",
	    whatever_was_said_it_comes_back);
	free(big);
	return tap_end();
}
