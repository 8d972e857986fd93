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
	free(big);
	return tap_end();
}
