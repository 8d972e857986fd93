/* SPDX-License-Identifier: MIT */
/*
 * tests/host/torus_stores.c: what outlives a torus - store, replica, the
 * numbers of its processes - and that a line of ctl that is refused changes
 * none of it.
 */
#include "torus_world.h"

#include "../../rse/core/keep.h"

/* Memory for a replica is the only thing that is missing. */
static void
a_refused_config_changes_nothing(void)
{
	uint64_t before;
	size_t live;

	setup("config policy=wait\n");
	before = rse_torus_digest(tori[1].to_rse);
	live = fake_kva_live();
	fake_fail_at(3);
	CHECK_EQ(ctl("torus1/ctl", "config interval=77 every=3 seed=5 "
	    "replicate=1\n"), -ENOMEM);
	fake_fail_at(0);
	CHECK_EQ(rse_torus_config(tori[1].to_rse)->interval, 20);
	CHECK_EQ(rse_torus_config(tori[1].to_rse)->every, 5);
	CHECK_EQ(rse_torus_config(tori[1].to_rse)->seed, 0);
	CHECK_EQ(rse_torus_config(tori[1].to_rse)->replicate, 0);
	CHECK_EQ(tori[1].to_rse->braid.next_interval, 20);
	CHECK_EQ(rse_torus_digest(tori[1].to_rse), before);
	CHECK_EQ(fake_kva_live(), live);
	/* All tori or none: the last has no memory for it. */
	tori[0].to_rse->braid.next_interval = 33; /* as if it were adaptive */
	fake_fail_at(5);
	CHECK_EQ(ctl("braid/ctl", "config interval=77 replicate=1\n"),
	    -ENOMEM);
	fake_fail_at(0);
	CHECK_EQ(rse_torus_config(tori[0].to_rse)->interval, 20);
	CHECK_EQ(tori[0].to_rse->braid.next_interval, 33);
	CHECK_EQ(value("torus0/status", "replica"), 0);
	CHECK_EQ(fake_kva_live(), live);
	CHECK_EQ(ctl("braid/ctl", "config interval=77 replicate=1\n"), 0);
	CHECK_EQ(rse_torus_config(tori[2].to_rse)->interval, 77);
	CHECK(value("torus0/status", "replica") > 0);
}

/* A word that has nothing to do with the replica is not refused for it. */
static void
a_word_does_not_fail_for_the_replica(void)
{
	setup("config policy=wait replicate=1\n");
	CHECK_EQ(ctl("torus2/ctl", "kill\n"), 0);
	CHECK_EQ(value("torus1/status", "replica"), 0);
	CHECK_EQ(ctl("torus2/ctl", "recover\n"), 0);
	fake_fail_at(4);
	turns(5000);
	fake_fail_at(0);
	CHECK_EQ(tori[2].to_result, RESULT_EXACT);
	torus_replica_drop(&tori[1]);
	fake_fail_at(3);
	CHECK_EQ(ctl("torus1/ctl", "spawn 1 1 1\n"), 0);
	fake_fail_at(0);
	CHECK_EQ(value("torus1/status", "processes"), 5);
	CHECK_EQ(rse_torus_config(tori[1].to_rse)->replicate, 1);
}

/* It lies with the successor: nobody writes to what is dead. */
static void
no_replica_with_a_dead_successor(void)
{
	setup("config policy=wait replicate=1\n");
	CHECK_EQ(ctl("braid/ctl", "start\n"), 0);
	rounds(20, 3);
	CHECK(value("torus1/status", "replica") > 0);
	CHECK_EQ(ctl("torus2/ctl", "kill\n"), 0);
	CHECK_EQ(value("torus1/status", "replica"), 0);
	CHECK_EQ(ctl("torus1/ctl", "inject 1 1 1 1\n"), 0);
	rounds(3, 3);
	CHECK_EQ(value("torus1/status", "replica"), 0);
	CHECK_EQ(ctl("torus1/ctl", "config replicate=1\n"), 0);
	CHECK_EQ(value("torus1/status", "replica"), 0);
	CHECK_EQ(ctl("torus2/ctl", "recover\n"), 0);
	turns(5000);
	CHECK_EQ(tori[2].to_result, RESULT_EXACT);
	CHECK(value("torus1/status", "replica") > 0);
	/* And when it begins anew. */
	CHECK_EQ(ctl("braid/ctl", "stop\n"), 0);
	CHECK_EQ(ctl("torus2/ctl", "kill\nreset\n"), 0);
	CHECK(value("torus1/status", "replica") > 0);
}

/* The copy it is read from goes with the successor, in the middle. */
static void
a_replica_in_use_is_lost(void)
{
	size_t live;

	setup("config policy=wait replicate=1\n");
	CHECK_EQ(ctl("braid/ctl", "start\n"), 0);
	rounds(40, 3);
	CHECK_EQ(ctl("torus1/ctl", "kill\nforget\nrecover\n"), 0);
	CHECK(tori[1].to_recovery != NULL);
	live = fake_kva_live();
	CHECK_EQ(ctl("torus2/ctl", "kill\n"), 0);
	turns(5000);
	CHECK(says("torus1/status", "state dead\n"));
	CHECK(says("torus1/status", "last_recovery failed\n"));
	CHECK(says("torus1/status", "reason a neighbour failed too\n"));
	CHECK(fake_kva_live() < live);
	CHECK(!tori[1].to_thread);
}

/* Also one that is dead, or whose memory is damaged. */
static void
a_reset_gives_the_size_at_creation(void)
{
	uint64_t *canary;

	setup("config policy=wait\n");
	CHECK_EQ(ctl("torus1/ctl", "kill\nreset\n"), 0);
	CHECK(says("torus1/status", "lattice 8 4 4\n"));
	CHECK(says("torus1/status", "capacity 64 256 256 64 64\n"));
	CHECK_EQ(ctl("braid/ctl", "start\n"), 0);
	turns(5000);
	CHECK(says("braid/status", "health healthy\n"));
	setup("config policy=wait\n");
	CHECK_EQ(ctl("braid/ctl", "start\n"), 0);
	rounds(20, 3);
	canary = (uint64_t *)((char *)tori[1].to_rse +
	    tori[1].to_rse->layout.canary[AREA_EDGE]);
	*canary ^= 1;
	rounds(40, 50);
	CHECK(says("torus1/status", "state faulted\n"));
	CHECK_EQ(ctl("torus1/ctl", "spawn 1 1 1\nmigrate 5 2\n"), -ENOENT);
	CHECK_EQ(ctl("torus0/ctl", "migrate 1 1\n"), -EHOSTDOWN);
	CHECK_EQ(ctl("braid/ctl", "stop\nreset\n"), 0);
	CHECK(says("torus1/status", "lattice 8 4 4\n"));
	CHECK_EQ(ctl("braid/ctl", "until 30\nstart\n"), 0);
	CHECK_EQ(ctl("torus1/ctl", "inject 1 1 1 1\n"), 0);
	turns(5000);
	CHECK_EQ(value("torus1/status", "processed"), 1);
	CHECK(says("torus1/status", "state asleep\n"));
	CHECK(says("braid/status", "health healthy\n"));
	CHECK_EQ(ctl("braid/ctl", "stop\n"), 0);
}

/* Time enough for the neighbours of a dead torus to forget. */
static void
neighbours_that_went_on_too_far_say_so(void)
{
	unsigned i, k;

	setup("config policy=continue\n");
	CHECK_EQ(ctl("braid/ctl", "until\nstart\n"), 0);
	rounds(40, 3);
	CHECK_EQ(ctl("torus1/ctl", "kill\n"), 0);
	for (i = 0; i < 300; i++)
		for (k = 0; k < TORI; k += 2) {
			turns(10);
			if (tori[k].to_late)
				torus_turn_late(&tori[k]);
		}
	CHECK(value("braid/status", "torus0.epoch") > 250);
	CHECK_EQ(ctl("torus1/ctl", "recover\n"), -ENODATA);
	CHECK(says("torus1/status", "reason the neighbours hold too little "
	    "by now\n"));
	CHECK(says("torus1/status", "state dead\n"));
	CHECK_EQ(ctl("torus1/ctl", "recover approximate\n"), 0);
	CHECK_EQ(ctl("braid/ctl", "stop\n"), 0);
}

/* Spawn one in a torus; false if it has a number that was used before. */
static bool
spawned_anew(unsigned id)
{
	static uint32_t seen[64], n;
	char path[16];
	uint32_t i, pid;

	snprintf(path, sizeof(path), "torus%u/ctl", id);
	if (ctl(path, "spawn 1 1 1\n") != 0 || n == nitems(seen))
		return false;
	pid = tori[id].to_rse->next_pid - 1;
	for (i = 0; i < n; i++)
		if (seen[i] == pid)
			return false;
	seen[n++] = pid;
	return rse_process_find(tori[id].to_rse, pid) != NULL;
}

static void
come_back(unsigned id, const char *how)
{
	char path[16];

	snprintf(path, sizeof(path), "torus%u/ctl", id);
	CHECK_EQ(ctl(path, "kill\n"), 0);
	if (how[7] != '\n')
		CHECK_EQ(ctl(path, "forget\n"), 0);
	CHECK_EQ(ctl(path, how), 0);
	turns(100);
	CHECK(tori[id].to_rse != NULL);
}

/* Whoever dies in between, and however it comes back. */
static void
no_number_is_given_out_twice(void)
{
	static const char *const how[] = { "recover\n",
		"recover approximate\n" };
	unsigned i, k;

	setup("config policy=wait\n");
	CHECK_EQ(ctl("braid/ctl", "start\n"), 0);
	turns(40); /* each must have published once */
	CHECK_EQ(ctl("braid/ctl", "stop\n"), 0);
	CHECK(spawned_anew(1));
	for (i = 0; i < 4; i++) {
		come_back(1, how[1]);
		CHECK(spawned_anew(1));
		CHECK(spawned_anew(1));
		come_back(i / 2 % 2 * 2, how[i % 2]);
		if (i % 4 == 3)
			come_back(1, how[0]);
		CHECK(spawned_anew(1));
		CHECK_EQ(ctl("braid/ctl", "start\n"), 0);
		for (k = 0; k < 40; k++)
			rounds(1, 3);
		CHECK_EQ(ctl("braid/ctl", "stop\n"), 0);
	}
	/* Each life has half of what is left: the last has none. */
	for (i = 0; i < 20; i++)
		come_back(1, how[1]);
	CHECK_EQ(ctl("torus1/ctl", "spawn 1 1 1\n"), -ENOSPC);
	CHECK_EQ(ctl("braid/ctl", "reset\n"), 0);
	CHECK_EQ(ctl("torus1/ctl", "spawn 1 1 1\n"), 0);
	CHECK_EQ(tori[1].to_rse->next_pid - 1, (1u << PID_BITS) + 1);
}

int
main(void)
{
	world_begin();
	tap_run("a refused config changes nothing",
	    a_refused_config_changes_nothing);
	tap_run("a word does not fail for the replica",
	    a_word_does_not_fail_for_the_replica);
	tap_run("no replica with a dead successor",
	    no_replica_with_a_dead_successor);
	tap_run("a replica in use is lost", a_replica_in_use_is_lost);
	tap_run("a reset gives the size at creation",
	    a_reset_gives_the_size_at_creation);
	tap_run("neighbours that went on too far say so",
	    neighbours_that_went_on_too_far_say_so);
	tap_run("I12 no number is given out twice",
	    no_number_is_given_out_twice);
	free(big);
	return tap_end();
}
