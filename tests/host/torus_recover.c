/* SPDX-License-Identifier: MIT */
/*
 * tests/host/torus_recover.c: failures of the kernel's tori and the ways back:
 * I9 exact recovery, I10 two at once, I11 no false failure, I12 processes.
 */
#include "torus_world.h"

#include "../../rse/core/keep.h"

static uint64_t
digest(void)
{
	uint64_t d = 0;
	unsigned i;

	for (i = 0; i < TORI; i++)
		d = 31 * d + (tori[i].to_rse == NULL ? 0 :
		    rse_torus_digest(tori[i].to_rse));
	return d;
}

/* What comes from outside in the middle of a run. */
static void
outside(void)
{
	CHECK_EQ(ctl("torus0/ctl", "inject 7 2 0 1\n"), 0);
	CHECK_EQ(ctl("torus1/ctl", "inject 7 0 0 1\nspawn 1 1 1\n"
	    "edge 2 2 2 3 0 0 4\n"), 0);
}

static bool
at_the_end(void)
{
	struct rse_stats s;
	unsigned i;

	for (i = 0; i < TORI; i++) {
		if (tori[i].to_rse == NULL)
			return false;
		rse_torus_stats(tori[i].to_rse, &s);
		if (s.epoch != strtoul(LIMIT, NULL, 10) || s.violations != 0 ||
		    s.health != RSE_HEALTHY)
			return false;
	}
	return true;
}

static uint64_t
undisturbed(void)
{
	setup("config policy=wait\n");
	CHECK_EQ(ctl("braid/ctl", "start\n"), 0);
	rounds(9, 3);
	outside();
	turns(5000);
	CHECK(at_the_end());
	return digest();
}

/* rsed's part: ask for the recovery, and see that it ends well. */
static bool
recovered(unsigned id)
{
	char path[16];
	unsigned before = tori[id].to_recoveries;

	snprintf(path, sizeof(path), "torus%u/ctl", id);
	if (ctl(path, "recover\n") != 0)
		return false;
	turns(5000);
	return tori[id].to_recoveries == before + 1 &&
	    tori[id].to_result == RESULT_EXACT;
}

static void
killed_anywhere_it_comes_back_exactly(void)
{
	uint64_t want = undisturbed();
	unsigned id, when, bad = 0, tried = 0;
	char path[16];

	for (id = 0; id < TORI; id++)
		for (when = 0; when < 200; when += 1 + when / 8) {
			snprintf(path, sizeof(path), "torus%u/ctl", id);
			setup("config policy=wait\n");
			CHECK_EQ(ctl("braid/ctl", "start\n"), 0);
			rounds(9, 3);
			outside();
			rounds(when, 1 + when % 5);
			CHECK_EQ(ctl(path, "kill\n"), 0);
			CHECK(tori[id].to_mem == NULL);
			CHECK(!tori[id].to_thread);
			rounds(when % 7, 4);
			bad += !recovered(id) || !at_the_end() ||
			    digest() != want;
			tried++;
		}
	CHECK_EQ(bad, 0);
	CHECK(tried > 60);
}

static void
several_kills_one_of_them_in_a_recovery(void)
{
	uint64_t want = undisturbed();
	unsigned when, k;
	char path[16];

	for (when = 2; when < 90; when += 11) {
		setup("config policy=wait\n");
		CHECK_EQ(ctl("braid/ctl", "start\n"), 0);
		rounds(9, 3);
		outside();
		rounds(when, 3);
		for (k = 0; k < TORI; k++) {
			snprintf(path, sizeof(path), "torus%u/ctl",
			    (k + when) % TORI);
			CHECK_EQ(ctl(path, "kill\n"), 0);
			CHECK_EQ(ctl(path, "recover\n"), 0);
			CHECK_EQ(ctl(path, "recover\n"), -EALREADY);
			rounds(3, 1);
			if (tori[(k + when) % TORI].to_recovery != NULL)
				CHECK_EQ(ctl(path, "spawn 1 1 1\n"), -EBUSY);
			CHECK_EQ(ctl(path, "kill\n"), 0);
			CHECK_EQ(ctl(path, "kill\n"), -ENXIO);
			CHECK_EQ(ctl(path, "recover\n"), 0);
			rounds(60, 2);
			CHECK_EQ(tori[(k + when) % TORI].to_result,
			    RESULT_EXACT);
		}
		turns(5000);
		CHECK(at_the_end());
		CHECK_EQ(digest(), want);
	}
}

static void
what_was_stopped_comes_back_stopped(void)
{
	uint64_t want = undisturbed();

	setup("config policy=wait\n");
	CHECK_EQ(ctl("torus1/ctl", "kill\n"), 0);
	CHECK(recovered(1)); /* before it ever ran */
	CHECK(says("torus1/status", "state stopped\n"));
	CHECK_EQ(ctl("braid/ctl", "start\n"), 0);
	rounds(9, 3);
	outside();
	rounds(40, 3);
	CHECK_EQ(ctl("braid/ctl", "stop\n"), 0);
	CHECK_EQ(ctl("torus1/ctl", "kill\n"), 0);
	CHECK(recovered(1));
	CHECK(says("torus1/status", "state stopped\n"));
	CHECK(says("torus1/status", "last_recovery exact\n"));
	CHECK_EQ(ctl("torus2/ctl", "kill\n"), 0);
	CHECK_EQ(ctl("torus2/ctl", "recover\n"), 0);
	CHECK_EQ(ctl("braid/ctl", "start\n"), 0); /* while it recovers */
	turns(5000);
	CHECK(at_the_end());
	CHECK_EQ(digest(), want);
	/* And at the very end. */
	CHECK_EQ(ctl("torus0/ctl", "kill\n"), 0);
	CHECK(recovered(0));
	CHECK_EQ(digest(), want);
}

static void
a_counted_step_goes_on(void)
{
	uint64_t at;

	setup("config policy=wait\n");
	CHECK_EQ(ctl("torus1/ctl", "step 40\n"), 0);
	CHECK_EQ(ctl("torus0/ctl", "start\n"), 0);
	CHECK_EQ(ctl("torus2/ctl", "start\n"), 0);
	rounds(12, 1);
	CHECK_EQ(ctl("torus1/ctl", "kill\n"), 0);
	CHECK(recovered(1));
	turns(5000);
	CHECK_EQ(value("torus1/status", "processed"), 40);
	CHECK(says("torus1/status", "state stopped\n"));
	at = rse_torus_digest(tori[1].to_rse);
	CHECK_EQ(ctl("torus1/ctl", "kill\n"), 0);
	CHECK(recovered(1));
	turns(5000);
	CHECK_EQ(rse_torus_digest(tori[1].to_rse), at);
	CHECK_EQ(ctl("braid/ctl", "stop\n"), 0);
}

static void
the_memory_goes_with_the_torus(void)
{
	size_t all = fake_kva_live(), one = tori[1].to_size;

	setup("config policy=wait\n");
	all = fake_kva_live();
	one = tori[1].to_size;
	CHECK_EQ(ctl("torus1/ctl", "kill\n"), 0);
	CHECK_EQ(fake_kva_live(), all - one);
	CHECK_EQ(ctl("torus1/ctl", "recover\n"), 0);
	CHECK(fake_kva_live() > all); /* and copies of two keeps */
	turns(5000);
	CHECK_EQ(fake_kva_live(), all);
	CHECK_EQ(ctl("torus1/ctl", "kill\n"), 0);
	CHECK_EQ(ctl("torus1/ctl", "recover\nkill\n"), 0);
	CHECK_EQ(fake_kva_live(), all - one);
	CHECK(recovered(1));
	CHECK_EQ(fake_kva_live(), all);
	CHECK_EQ(ctl("torus1/ctl", "config replicate=1\n"), 0);
	CHECK(fake_kva_live() > all);
	CHECK_EQ(ctl("torus2/ctl", "kill\n"), 0); /* the copy was there */
	CHECK_EQ(value("torus1/status", "replica"), 0);
	CHECK(recovered(2));
	CHECK(value("torus1/status", "replica") > 0);
	CHECK_EQ(ctl("torus1/ctl", "config replicate=0\n"), 0);
	CHECK_EQ(fake_kva_live(), all);
}

static void
two_at_once_are_reported(void)
{
	size_t before;

	setup("config policy=wait\n");
	CHECK_EQ(ctl("braid/ctl", "start\n"), 0);
	turns(30);
	CHECK_EQ(ctl("torus1/ctl", "kill\n"), 0);
	CHECK_EQ(ctl("torus2/ctl", "kill\n"), 0);
	before = fake_kva_live();
	CHECK_EQ(ctl("torus1/ctl", "recover\n"), -EHOSTDOWN);
	CHECK_EQ(ctl("torus2/ctl", "recover\n"), -EHOSTDOWN);
	CHECK_EQ(ctl("torus1/ctl", "recover approximate\n"), -EHOSTDOWN);
	CHECK_EQ(fake_kva_live(), before);
	CHECK(says("torus1/status", "state dead\n"));
	CHECK(says("torus1/status", "last_recovery failed\n"));
	CHECK(says("braid/status", "torus2.last_recovery failed\n"));
	CHECK(says("braid/status", "health failed\n"));
	CHECK_EQ(ctl("torus0/ctl", "recover\n"), -EBUSY);
}

/* The keep of torus 0 holds another digest of what torus 1 published. */
static void
copies_damage(unsigned who)
{
	struct history *h = &tori[who].to_keep->received[who == 0 ? NEXT :
	    PREV];
	uint32_t i;

	for (i = 0; i < RSE_HISTORY; i++)
		h->wire[i * h->len + h->len - PROJ_TAIL + 33] ^= 16;
}

/* What the neighbours knew went with their own return. */
static void
after_a_return_to_snapshots_as_before(void)
{
	uint64_t want = undisturbed();
	char *save[TORI], path[24];
	ssize_t n[TORI];
	unsigned i;

	setup("config policy=wait\n");
	CHECK_EQ(ctl("braid/ctl", "start\n"), 0);
	rounds(9, 3);
	outside();
	rounds(40, 3);
	CHECK_EQ(ctl("braid/ctl", "stop\n"), 0);
	for (i = 0; i < TORI; i++) {
		snprintf(path, sizeof(path), "torus%u/snapshot", i);
		n[i] = slurp(path, 4096);
		CHECK(n[i] > 0);
		save[i] = malloc((size_t)n[i]);
		memcpy(save[i], big, (size_t)n[i]);
	}
	CHECK_EQ(ctl("braid/ctl", "start\n"), 0);
	rounds(30, 3);
	CHECK_EQ(ctl("torus1/ctl", "kill\n"), 0);
	CHECK_EQ(ctl("torus2/ctl", "kill\n"), 0);
	CHECK_EQ(ctl("braid/ctl", "stop\n"), 0);
	for (i = 0; i < TORI; i++) {
		snprintf(path, sizeof(path), "torus%u/snapshot", i);
		CHECK_EQ(put(path, save[i], (size_t)n[i]), n[i]);
		free(save[i]);
	}
	CHECK_EQ(ctl("braid/ctl", "start\n"), 0);
	rounds(12, 3);
	for (i = 0; i < TORI; i++) {
		snprintf(path, sizeof(path), "torus%u/ctl", i);
		CHECK_EQ(ctl(path, "kill\nrecover\n"), 0);
		rounds(200, 3);
		CHECK_EQ(tori[i].to_result, RESULT_EXACT);
	}
	turns(5000);
	CHECK(at_the_end());
	CHECK_EQ(digest(), want);
}

static void
two_of_three_must_agree(void)
{
	uint64_t want = undisturbed();

	setup("config policy=wait\n");
	CHECK_EQ(ctl("braid/ctl", "start\n"), 0);
	rounds(9, 3);
	outside();
	rounds(30, 3);
	CHECK_EQ(ctl("torus1/ctl", "kill\n"), 0);
	copies_damage(0);
	copies_damage(2);
	CHECK_EQ(ctl("torus1/ctl", "recover\n"), 0);
	rounds(40, 8);
	CHECK(says("torus1/status", "state dead\n"));
	CHECK(says("torus1/status", "reason digest does not match\n"));
	CHECK(!tori[1].to_thread);
	copies_damage(0); /* whole again: two against one */
	CHECK(recovered(1));
	CHECK(at_the_end());
	CHECK_EQ(digest(), want);
}

static void
a_lost_store_is_replaced_by_the_replica(void)
{
	uint64_t want = undisturbed();

	setup("config policy=wait replicate=1\n");
	CHECK_EQ(ctl("torus1/ctl", "forget\n"), -EBUSY);
	CHECK_EQ(ctl("braid/ctl", "start\n"), 0);
	rounds(9, 3);
	outside();
	rounds(50, 2);
	CHECK_EQ(ctl("torus1/ctl", "kill\n"), 0);
	root = false;
	CHECK_EQ(ctl("torus1/ctl", "forget\n"), -EPERM);
	root = true;
	CHECK_EQ(ctl("torus1/ctl", "forget\n"), 0);
	CHECK(recovered(1));
	CHECK(at_the_end());
	CHECK_EQ(digest(), want);
	/* Its own store serves again. */
	CHECK_EQ(ctl("torus1/ctl", "kill\n"), 0);
	CHECK(recovered(1));
	CHECK_EQ(digest(), want);
}

/* Wherever it was: the braid must be able to go on with it. */
static void
it_fits_in(unsigned when)
{
	setup("config policy=wait\n");
	CHECK_EQ(ctl("braid/ctl", "start\n"), 0);
	turns(25); /* it must have published once */
	rounds(when, 3);
	CHECK_EQ(ctl("torus1/ctl", "kill\nforget\n"), 0);
	turns(30);
	CHECK_EQ(ctl("torus1/ctl", "recover approximate\n"), 0);
	turns(5000);
	CHECK(at_the_end());
}

/* Nobody is left who could say what it published. */
static void
neighbours_that_began_anew_confirm_nothing(void)
{
	setup("config policy=wait\n");
	CHECK_EQ(ctl("braid/ctl", "start\n"), 0);
	turns(5000);
	CHECK_EQ(ctl("torus1/ctl", "kill\n"), 0);
	CHECK_EQ(ctl("torus0/ctl", "reset\n"), 0);
	CHECK_EQ(ctl("torus2/ctl", "reset\n"), 0);
	CHECK_EQ(ctl("torus1/ctl", "recover\n"), -ESTALE);
	CHECK(says("torus1/status", "last_recovery failed\n"));
	CHECK(says("torus1/status", "state dead\n"));
}

static void
without_any_store_it_is_approximate(void)
{
	unsigned when;

	for (when = 0; when < 60; when++)
		it_fits_in(when);
	setup("config policy=wait\n");
	CHECK_EQ(ctl("braid/ctl", "start\n"), 0);
	turns(40);
	CHECK_EQ(ctl("torus1/ctl", "kill\n"), 0);
	CHECK_EQ(ctl("torus1/ctl", "forget\n"), 0);
	CHECK_EQ(ctl("torus1/ctl", "recover\n"), -ENOENT);
	CHECK_EQ(ctl("torus1/ctl", "recover anyhow\n"), -EINVAL);
	CHECK_EQ(ctl("torus1/ctl", "recover approximate\n"), 0);
	CHECK(says("torus1/status", "recovery approximate\n"));
	CHECK(says("torus1/status", "last_recovery approximate\n"));
	CHECK(says("braid/status", "torus1.health approximate\n"));
	turns(5000);
	CHECK(at_the_end());
	CHECK(says("braid/status", "health approximate\n"));
	CHECK(value("torus1/status", "processed") > 0);
}

/* A write past the end of the edges. */
static void
damaged_memory_is_the_failure_of_its_torus(void)
{
	uint64_t want = undisturbed();
	struct cdev_file cf;

	setup("config policy=wait\n");
	CHECK_EQ(ctl("braid/ctl", "start\n"), 0);
	rounds(9, 3);
	outside();
	rounds(20, 3);
	CHECK_EQ(dev_open(&cf, "braid/status", TORUS_RDONLY), 0);
	*(uint64_t *)((char *)tori[1].to_rse +
	    tori[1].to_rse->layout.canary[AREA_EDGE]) ^= 1;
	rounds(40, 50);
	CHECK(says("torus1/status", "state faulted\n"));
	CHECK(says("braid/status", "health faulted\n"));
	CHECK_EQ(cf.cf_dev->cd_ops->cd_poll(&cf, NULL) & POLLPRI, POLLPRI);
	dev_close(&cf);
	CHECK(recovered(1));
	CHECK(at_the_end());
	CHECK_EQ(digest(), want);
}

/* Its deadlines pass, n times. */
static void
deadlines(struct torus *to, unsigned n)
{
	nsec_t due;

	for (; n > 0; n--) {
		turns(100);
		CHECK(to->to_late);
		torus_turn_late(to);
		(void)torus_turn(to, &due);
	}
}

static void
what_stands_still_on_purpose_has_not_failed(void)
{
	static const char *const word[] = { "stop\n", "hold 10000\n" };
	unsigned k, i;

	for (k = 0; k < nitems(word); k++) {
		setup("config policy=wait\n");
		CHECK_EQ(ctl("braid/ctl", "start\n"), 0);
		rounds(20, 3);
		CHECK_EQ(ctl("torus1/ctl", word[k]), 0);
		deadlines(&tori[0], 8);
		deadlines(&tori[2], 8);
		CHECK_EQ(value("braid/stats", "missed"), 0);
		CHECK_EQ(value("braid/stats", "failed"), 0);
		CHECK(says("braid/status", "health healthy\n"));
		CHECK_EQ(ctl("torus1/ctl", "hold 0\nstart\n"), 0);
		turns(5000);
		CHECK(at_the_end());
	}
	/* One that cannot go on is found: three misses, no more. */
	setup("config policy=wait\n");
	CHECK_EQ(ctl("torus1/ctl", "config limit=2\n"), 0);
	for (i = 0; i < 20; i++)
		CHECK_EQ(ctl("torus1/ctl", "inject 3 0 0 1 5\n"), 0);
	CHECK_EQ(ctl("braid/ctl", "start\n"), 0);
	turns(100);
	CHECK(says("torus1/status", "state stalled\n"));
	deadlines(&tori[0], 3);
	CHECK(says("torus0/status", "peer 1 degraded\n"));
	deadlines(&tori[0], 1);
	CHECK(says("torus0/status", "peer 1 failed\n"));
	CHECK_EQ(ctl("braid/ctl", "stop\n"), 0);
}

/* What was said before it died is said again to who asks again. */
static void
a_lost_projection_is_sent_again(void)
{
	setup("config policy=wait\n");
	CHECK_EQ(ctl("braid/ctl", "start\n"), 0);
	rounds(20, 3);
	spin_lock(&tori[0].to_mail_lock);
	tori[0].to_mail[SIDE_NEXT].tm_full = false;
	tori[0].to_mail[SIDE_NEXT].tm_seq = 0;
	spin_unlock(&tori[0].to_mail_lock);
	turns(300);
	spin_lock(&tori[0].to_mail_lock);
	tori[0].to_mail[SIDE_NEXT].tm_seq = 0;
	spin_unlock(&tori[0].to_mail_lock);
	if (!at_the_end())
		deadlines(&tori[0], 1);
	turns(5000);
	CHECK(at_the_end());
}

static void
under_continue_the_others_go_on(void)
{
	uint64_t out, in;
	unsigned i, k;

	setup("config policy=continue\n");
	CHECK_EQ(ctl("braid/ctl", "start\n"), 0);
	rounds(20, 3);
	CHECK_EQ(ctl("torus1/ctl", "kill\n"), 0);
	for (i = 0; i < 12; i++)
		for (k = 0; k < TORI; k += 2) {
			turns(10);
			if (tori[k].to_late)
				torus_turn_late(&tori[k]);
		}
	CHECK(value("braid/status", "torus0.epoch") > 10);
	CHECK(recovered(1));
	for (i = 0; i < 300; i++)
		for (k = 0; k < TORI; k++) {
			turns(20);
			if (tori[k].to_late)
				torus_turn_late(&tori[k]);
		}
	CHECK_EQ(value("braid/status", "torus1.epoch"), 60);
	CHECK_EQ(value("braid/stats", "violations"), 0);
	for (i = 0; i < 16; i++) {
		out = rse_face_out(tori[1].to_rse, i);
		in = rse_face_in(tori[2].to_rse, i);
		CHECK(out - in <= out); /* never more in than out */
	}
	CHECK_EQ(value("braid/stats", "injected") +
	    value("braid/stats", "emitted") +
	    value("braid/stats", "flux_in_events"),
	    value("braid/stats", "processed") +
	    value("braid/stats", "pending") +
	    value("braid/stats", "flux_out_events"));
	CHECK_EQ(ctl("braid/ctl", "stop\n"), 0);
}

/* Sum and sum of squares of the numbers of all processes. */
static void
census(uint64_t sum[3])
{
	const struct rse_process *p;
	uint32_t i, node;

	sum[0] = sum[1] = sum[2] = 0;
	for (i = 0; i < TORI; i++)
		for (node = 0; tori[i].to_rse != NULL && node < 128; node++)
			for (p = rse_process_at(tori[i].to_rse, node, NULL);
			    p != NULL;
			    p = rse_process_at(tori[i].to_rse, node, p)) {
				sum[0]++;
				sum[1] += p->pid;
				sum[2] += (uint64_t)p->pid * p->pid;
			}
}

static void
processes_are_neither_lost_nor_doubled(void)
{
	uint64_t was[3], is[3];
	char path[16], line[64];
	unsigned i, done = 0;

	setup("config policy=wait\n");
	census(was);
	CHECK_EQ(was[0], 12);
	CHECK_EQ(ctl("braid/ctl", "start\n"), 0);
	for (i = 0; i < 60; i++) {
		rounds(2, 3);
		snprintf(path, sizeof(path), "torus%u/ctl", i % 3);
		snprintf(line, sizeof(line), "migrate %u %u\n",
		    (i / 5 % 3 << 22) + 1 + i % 4, (i + 1 + i / 7 % 2) % 3);
		done += ctl(path, line) == 0;
		if (i % 20 == 10) {
			CHECK_EQ(ctl(path, "kill\n"), 0);
			CHECK_EQ(ctl(path, "migrate 1 1\n"), -ENXIO);
			CHECK_EQ(ctl(path, "recover\n"), 0);
			rounds(200, 3);
		}
	}
	turns(5000);
	CHECK(done > 10);
	CHECK(at_the_end());
	census(is);
	CHECK(memcmp(was, is, sizeof(was)) == 0);
	/* To one that is dead, or full, nothing goes. */
	CHECK_EQ(ctl("torus0/ctl", "spawn 1 1 1\n"), 0);
	CHECK_EQ(value("braid/stats", "processed") > 0, true);
	census(was);
	CHECK_EQ(ctl("torus2/ctl", "kill\n"), 0);
	CHECK_EQ(ctl("torus0/ctl", "migrate 5 2\n"), -EHOSTDOWN);
	CHECK(recovered(2));
	census(is);
	CHECK(memcmp(was, is, sizeof(was)) == 0);
	CHECK_EQ(ctl("torus2/ctl", "kill\nevacuate\n"), 0);
	census(is);
	CHECK(memcmp(was, is, sizeof(was)) == 0);
	CHECK(recovered(2));
	census(is);
	CHECK(memcmp(was, is, sizeof(was)) == 0);
	CHECK_EQ(value("torus2/status", "processes"), 0);
	CHECK_EQ(ctl("torus2/ctl", "evacuate\n"), -EBUSY);
}

static void
every_allocation_of_a_recovery_may_fail(void)
{
	uint64_t want = undisturbed();
	unsigned long n;
	size_t before;

	setup("config policy=wait replicate=1\n");
	CHECK_EQ(ctl("braid/ctl", "start\n"), 0);
	rounds(9, 3);
	outside();
	rounds(30, 3);
	CHECK_EQ(ctl("torus1/ctl", "kill\n"), 0);
	before = fake_kva_live();
	for (n = 1; n < 40; n++) {
		fake_fail_at(n);
		if (ctl("torus1/ctl", "recover\n") == 0)
			break;
		fake_locks_assert_none();
		CHECK_EQ(fake_kva_live(), before);
	}
	fake_fail_at(0);
	CHECK(n > 3 && n < 40);
	turns(5000);
	CHECK(at_the_end());
	CHECK_EQ(digest(), want);
	CHECK_EQ(ctl("braid/ctl", "config replicate=0\n"), 0);
	before = fake_kva_live();
	fake_fail_at(3);
	CHECK_EQ(ctl("torus0/ctl", "config replicate=1\n"), -ENOMEM);
	fake_fail_at(0);
	CHECK_EQ(fake_kva_live(), before);
}

int
main(void)
{
	world_begin();
	tap_run("I9 killed anywhere it comes back exactly",
	    killed_anywhere_it_comes_back_exactly);
	tap_run("I9 several kills, one of them in a recovery",
	    several_kills_one_of_them_in_a_recovery);
	tap_run("what was stopped comes back stopped",
	    what_was_stopped_comes_back_stopped);
	tap_run("a counted step goes on", a_counted_step_goes_on);
	tap_run("the memory goes with the torus",
	    the_memory_goes_with_the_torus);
	tap_run("I10 two at once are reported", two_at_once_are_reported);
	tap_run("after a return to snapshots as before",
	    after_a_return_to_snapshots_as_before);
	tap_run("two of three must agree", two_of_three_must_agree);
	tap_run("a lost store is replaced by the replica",
	    a_lost_store_is_replaced_by_the_replica);
	tap_run("neighbours that began anew confirm nothing",
	    neighbours_that_began_anew_confirm_nothing);
	tap_run("without any store it is approximate",
	    without_any_store_it_is_approximate);
	tap_run("damaged memory is the failure of its torus",
	    damaged_memory_is_the_failure_of_its_torus);
	tap_run("I11 what stands still on purpose has not failed",
	    what_stands_still_on_purpose_has_not_failed);
	tap_run("a lost projection is sent again",
	    a_lost_projection_is_sent_again);
	tap_run("under continue the others go on",
	    under_continue_the_others_go_on);
	tap_run("I12 processes are neither lost nor doubled",
	    processes_are_neither_lost_nor_doubled);
	tap_run("every allocation of a recovery may fail",
	    every_allocation_of_a_recovery_may_fail);
	free(big);
	return tap_end();
}
