/* SPDX-License-Identifier: MIT */
/*
 * tests/host/torus_dev.c: /dev/torusN and /dev/braid as a program sees them,
 * with the threads of the tori run by hand, turn by turn.
 */
#include "torus_world.h"

static void
nothing_is_built_before_it_is_looked_at(void)
{
	CHECK_EQ(fake_kva_live(), 0);
	CHECK(says("braid/status", "torus0.state absent\n"));
	CHECK(says("braid/status", "memory 0\n"));
	CHECK_EQ(fake_kva_live(), 0);
	CHECK(says("torus1/status", "state stopped\n"));
	CHECK(says("braid/status", "torus2.state stopped\n"));
	CHECK(fake_kva_live() > 0);
}

static void
words_are_checked(void)
{
	CHECK_EQ(ctl("torus0/ctl", "dance\n"), -EINVAL);
	CHECK_EQ(ctl("torus0/ctl", "spawn 1 2\n"), -EINVAL);
	CHECK_EQ(ctl("torus0/ctl", "edge 0 0 0 1 0 0 0\n"), -EINVAL);
	CHECK_EQ(ctl("torus0/ctl", "kill 77\n"), -ENOENT);
	CHECK_EQ(ctl("torus0/ctl", "pace x\n"), -EINVAL);
	CHECK_EQ(ctl("torus0/ctl", "create x=0\n"), -EINVAL);
	CHECK_EQ(ctl("torus0/ctl", "create colour=3\n"), -EINVAL);
	CHECK_EQ(ctl("torus0/ctl", "restore /etc/x\n"), -EOPNOTSUPP);
	CHECK_EQ(ctl("braid/ctl", "kill\n"), -EINVAL);
	CHECK_EQ(ctl("braid/ctl", "config interval=0\n"), -EINVAL);
	CHECK_EQ(ctl("torus0/ctl", "\n  \n"), 0);
	CHECK_EQ(value("torus0/status", "processes"), 0);
	CHECK_EQ(value("torus0/status", "interval"), 1000);
	memset(big, 'a', 600);
	big[600] = '\n';
	CHECK_EQ(put("torus0/ctl", big, 601), -EINVAL);
}

static void
lines_may_come_in_pieces(void)
{
	struct cdev_file cf;

	CHECK_EQ(dev_open(&cf, "torus0/ctl", TORUS_WRONLY), 0);
	CHECK_EQ(dev_write(&cf, "spa", 3), 3);
	CHECK_EQ(dev_write(&cf, "wn 1 1 1\nspawn 2 2 2\nno\nspawn", 29), 21);
	CHECK_EQ(dev_write(&cf, "no\nspawn", 8), -EINVAL);
	CHECK_EQ(dev_write(&cf, "spawn 3 3 3", 11), 11);
	CHECK_EQ(value("torus0/status", "processes"), 2);
	dev_close(&cf);
	CHECK_EQ(value("torus0/status", "processes"), 3);
	CHECK_EQ(ctl("torus0/ctl", "reset\n"), 0);
}

/* G2 of the engine's known answers, through the files alone. */
static void
the_device_gives_the_known_answer(void)
{
	char line[64];
	int i;

	CHECK_EQ(ctl("braid/ctl", "off\n"), 0);
	CHECK_EQ(ctl("torus1/ctl", "config digest=1\n"), 0);
	for (i = 0; i < 10; i++) {
		snprintf(line, sizeof(line), "spawn %d 0 0\n"
		    "edge %d 0 0 %d 0 0 5\n", i, i, (i + 1) % 10);
		CHECK_EQ(ctl("torus1/ctl", line), 0);
	}
	CHECK_EQ(ctl("torus1/ctl", "inject 0 0 0 1 0\nstep 1000\n"), 0);
	turns(100);
	CHECK_EQ(value("torus1/status", "processed"), 1000);
	CHECK(says("torus1/status", "state stopped\n"));
	CHECK_EQ(value("torus1/status", "pending"), 1);
	slurp("torus1/stats", 4096);
	CHECK(strstr(big, "run_digest ce1edc5110faada8\n") != NULL);
	CHECK_EQ(ctl("braid/ctl", "on\n"), 0);
}

static void
three_tori_share_one_strand(void)
{
	long long p0, p2;

	CHECK_EQ(ctl("braid/ctl", "reset\n"), 0);
	strand_make();
	CHECK_EQ(ctl("braid/ctl", "start\n"), 0);
	turns(300);
	p0 = value("torus0/stats", "processed");
	p2 = value("torus2/stats", "processed");
	CHECK(p0 > 10);
	CHECK(p2 > 10);
	turns(300);
	CHECK(value("torus0/stats", "processed") > p0);
	CHECK(value("torus2/stats", "processed") > p2);
	CHECK_EQ(value("braid/stats", "violations"), 0);
	CHECK(says("braid/status", "health healthy\n"));
	CHECK_EQ(ctl("braid/ctl", "on\n"), -EBUSY);
	CHECK_EQ(ctl("torus0/ctl", "create x=4\n"), -EBUSY);
	CHECK_EQ(ctl("braid/ctl", "stop\n"), 0);
}

static void
an_idle_braid_falls_asleep(void)
{
	CHECK_EQ(ctl("braid/ctl", "reset\nstart\n"), 0);
	CHECK(turns(1000) < 1000);
	CHECK(says("braid/status", "torus0.state asleep\n"));
	CHECK(says("braid/status", "torus1.state asleep\n"));
	CHECK(says("braid/status", "torus2.state asleep\n"));
	CHECK_EQ(ctl("torus1/ctl", "inject 0 0 0 5\n"), 0);
	turns(1000);
	CHECK_EQ(value("torus1/status", "processed"), 1);
	CHECK_EQ(ctl("braid/ctl", "stop\n"), 0);
}

static void
a_projection_is_of_one_moment(void)
{
	struct cdev_file cf;
	char first[64], again[64];

	CHECK_EQ(ctl("braid/ctl", "reset\n"), 0);
	CHECK_EQ(slurp("torus0/projection.raw", 100), 4208);
	CHECK_EQ(dev_open(&cf, "torus0/projection", TORUS_RDONLY), 0);
	CHECK_EQ(dev_read(&cf, first, 64, 0), 64);
	CHECK_EQ(ctl("torus0/ctl", "spawn 0 0 0\n"), 0);
	CHECK_EQ(dev_read(&cf, again, 64, 0), 64);
	CHECK(memcmp(first, again, 64) == 0);
	dev_close(&cf);
	CHECK(says("torus0/projection", "active_processes 1\n"));
	CHECK(says("torus0/projection", "total_events_processed 0\n"));
	CHECK_EQ(dev_open(&cf, "torus0/projection", TORUS_WRONLY), 0);
	CHECK_EQ(dev_write(&cf, "x", 1), -EBADF);
	dev_close(&cf);
}

/* torus0 sends flux out through its face; torus1 gets it by hand. */
static void
an_exchange_by_hand(void)
{
	char wire[4209];

	CHECK_EQ(ctl("braid/ctl", "reset\n"), 0);
	CHECK_EQ(ctl("torus0/ctl", "edge 0 0 3 5 0 0 1 portal\n"
	    "inject 0 0 3 1 0\nstep 1\n"), 0);
	turns(10);
	CHECK_EQ(value("torus0/stats", "flux_out"), 1);
	CHECK_EQ(slurp("torus0/projection.raw", 4096), 4208);
	memcpy(wire, big, 4208);
	CHECK_EQ(put("torus1/projection.raw", wire, 4208), 4208);
	CHECK_EQ(value("torus1/stats", "flux_in"), 1);
	CHECK_EQ(put("torus1/projection.raw", wire, 4208), -ESTALE);
	CHECK_EQ(put("torus0/projection.raw", wire, 4208), -EPERM);
	wire[50] ^= 4;
	CHECK_EQ(put("torus1/projection.raw", wire, 4208), -EBADMSG);
	CHECK_EQ(put("torus1/projection.raw", wire, 4209), -EINVAL);
	CHECK_EQ(put("torus1/projection.raw", wire, 100), 100);
	CHECK_EQ(value("torus1/stats", "stale"), 1);
	CHECK_EQ(value("torus1/stats", "bad_hash"), 1);
	CHECK_EQ(value("torus1/stats", "bad_length"), 2);
	CHECK_EQ(value("torus1/stats", "flux_in"), 1);
}

static void
a_snapshot_brings_a_torus_back(void)
{
	char *save;
	ssize_t n;
	long long seen;

	CHECK_EQ(ctl("braid/ctl", "reset\n"), 0);
	strand_make();
	CHECK_EQ(ctl("braid/ctl", "start\n"), 0);
	turns(100);
	CHECK_EQ(ctl("braid/ctl", "stop\n"), 0);
	seen = value("torus1/status", "processed");
	n = slurp("torus1/snapshot", 1000);
	CHECK(n > 4208);
	save = malloc((size_t)n + 1);
	memcpy(save, big, (size_t)n);
	CHECK_EQ(ctl("torus1/ctl", "reset\n"), 0);
	save[n / 2] ^= 1;
	CHECK_EQ(put("torus1/snapshot", save, (size_t)n), -EBADMSG);
	CHECK_EQ(value("torus1/status", "processed"), 0);
	save[n / 2] ^= 1;
	CHECK_EQ(put("torus1/snapshot", save, (size_t)n - 1), n - 1);
	CHECK_EQ(value("torus1/status", "processed"), 0);
	CHECK_EQ(put("torus1/snapshot", save, (size_t)n + 1), -EINVAL);
	CHECK_EQ(put("torus2/snapshot", save, (size_t)n), -EINVAL);
	CHECK_EQ(put("torus1/snapshot", "no snapshot at all, but long enough",
	    35), -EINVAL);
	CHECK_EQ(put("torus1/snapshot", save, (size_t)n), n);
	CHECK_EQ(value("torus1/status", "processed"), seen);
	CHECK_EQ(value("torus1/status", "restores"), 1);
	CHECK_EQ(ctl("torus1/ctl", "kill\n"), 0);
	CHECK(says("torus1/status", "state dead\n"));
	CHECK_EQ(put("torus1/snapshot", save, (size_t)n), n);
	CHECK_EQ(value("torus1/status", "processed"), seen);
	CHECK_EQ(ctl("braid/ctl", "start\n"), 0);
	turns(100);
	CHECK(value("torus1/status", "processed") > seen);
	CHECK_EQ(value("braid/stats", "violations"), 0);
	CHECK_EQ(ctl("braid/ctl", "stop\n"), 0);
	free(save);
}

static void
a_dead_torus_is_gone_and_its_neighbours_see_it(void)
{
	struct cdev_file cf;
	size_t before = fake_kva_live();
	unsigned i;

	CHECK_EQ(ctl("braid/ctl", "reset\n"), 0);
	strand_make();
	CHECK_EQ(dev_open(&cf, "braid/status", TORUS_RDONLY), 0);
	CHECK_EQ(cf.cf_dev->cd_ops->cd_poll(&cf, NULL) & POLLPRI, 0);
	CHECK_EQ(ctl("braid/ctl", "start\n"), 0);
	root = false;
	CHECK_EQ(ctl("torus1/ctl", "kill\n"), -EPERM);
	root = true;
	CHECK_EQ(ctl("torus1/ctl", "kill\n"), 0);
	CHECK_EQ(cf.cf_dev->cd_ops->cd_poll(&cf, NULL) & POLLPRI, POLLPRI);
	dev_close(&cf);
	CHECK(fake_kva_live() < before);
	CHECK(!tori[1].to_thread);
	turns(1000);
	for (i = 0; i < 3; i++) {
		torus_turn_late(&tori[0]);
		turns(10);
	}
	CHECK_EQ(value("torus0/stats", "failed"), 1);
	CHECK(says("braid/status", "health failed\n"));
	CHECK_EQ(slurp("torus1/projection", 4096), -ENXIO);
	CHECK_EQ(slurp("torus1/stats", 4096), -ENXIO);
	CHECK_EQ(ctl("torus1/ctl", "spawn 0 0 0\n"), -ENXIO);
	CHECK_EQ(ctl("torus1/ctl", "kill\n"), -ENXIO);
	CHECK_EQ(ctl("braid/ctl", "start\n"), -ENXIO);
	CHECK_EQ(ctl("braid/ctl", "config interval=500\n"), -ENXIO);
	CHECK_EQ(value("torus0/status", "interval"), 1000);
	CHECK_EQ(ctl("braid/ctl", "stop\nreset\nstart\nstop\n"), 0);
	CHECK(says("braid/status", "health healthy\n"));
	CHECK_EQ(fake_kva_live(), before);
}

static void
events_stream(void)
{
	struct cdev_file cf, slow;
	char buf[64], *p;
	ssize_t n, len = 0;
	unsigned long lost = 0, lines = 0;

	CHECK_EQ(ctl("braid/ctl", "off\n"), 0);
	CHECK_EQ(ctl("torus0/ctl", "edge 0 0 0 0 0 0 1\n"
	    "inject 0 0 0 1 0\n"), 0);
	CHECK_EQ(dev_open(&cf, "torus0/events", TORUS_NONBLOCK), 0);
	CHECK_EQ(dev_open(&slow, "torus0/events", TORUS_NONBLOCK), 0);
	CHECK_EQ(dev_read(&cf, buf, 64, 0), -EAGAIN);
	CHECK_EQ(cf.cf_dev->cd_ops->cd_poll(&cf, NULL), 0);
	CHECK_EQ(ctl("torus0/ctl", "step 2\n"), 0);
	turns(10);
	CHECK_EQ(cf.cf_dev->cd_ops->cd_poll(&cf, NULL), POLLIN | POLLRDNORM);
	CHECK_EQ(dev_read(&cf, buf, 3, 0), 3);
	CHECK_EQ(dev_read(&cf, buf + 3, 61, 0), 17);
	CHECK(memcmp(buf, "0 0 0 0 1\n1 0 0 0 2\n", 20) == 0);
	dev_close(&cf);
	CHECK_EQ(ctl("torus0/ctl", "step 9998\n"), 0);
	turns(10);
	while ((n = dev_read(&slow, big + len, 1000, 0)) > 0)
		len += n;
	CHECK_EQ(n, -EAGAIN);
	big[len] = '\0';
	for (p = big; p < big + len; p = strchr(p, '\n') + 1) {
		if (strncmp(p, "lost ", 5) == 0)
			lost += strtoul(p + 5, NULL, 10);
		else
			lines++;
	}
	CHECK(lines > 1000 && lost > 1000);
	CHECK_EQ(lines + lost, 10000);
	CHECK_EQ(ctl("torus0/ctl", "kill\n"), 0);
	CHECK_EQ(dev_read(&slow, buf, 64, 0), 0);
	CHECK(slow.cf_dev->cd_ops->cd_poll(&slow, NULL) & POLLHUP);
	CHECK_EQ(ctl("torus0/ctl", "reset\n"), 0);
	dev_close(&slow);
	CHECK_EQ(ctl("braid/ctl", "on\n"), 0);
}

/* One user keeps none from another, all of them none from root. */
static void
readers_of_events_are_shared_out(void)
{
	static struct cdev_file cf[64];
	unsigned n, of_one = 0, all = 0;
	size_t before = fake_kva_live();
	int error;

	root = false;
	for (user = 1000; user < 1010; user++) {
		for (n = 0; (error = dev_open(&cf[all], "torus0/events",
		    TORUS_RDONLY)) == 0; n++)
			all++;
		if (user == 1000) {
			of_one = n;
			CHECK_EQ(error, -EDQUOT);
			CHECK_EQ(dev_open(&cf[all], "torus1/events",
			    TORUS_RDONLY), 0);
			dev_close(&cf[all]);
		}
	}
	CHECK_EQ(error, -EBUSY);
	CHECK_EQ(of_one, 4);
	CHECK_EQ(all, 16);
	root = true;
	for (n = 0; n < 3; n++)
		CHECK_EQ(dev_open(&cf[all + n], "torus0/events",
		    TORUS_RDONLY), 0);
	root = false;
	dev_close(&cf[0]); /* a place for somebody else */
	CHECK_EQ(dev_open(&cf[0], "torus0/events", TORUS_RDONLY), 0);
	root = true;
	for (n = 0; n < all + 3; n++)
		dev_close(&cf[n]);
	CHECK_EQ(fake_kva_live(), before);
	user = 1000;
}

static void
a_process_moves(void)
{
	char line[64];

	CHECK_EQ(ctl("braid/ctl", "reset\n"), 0);
	CHECK_EQ(ctl("torus0/ctl", "spawn 1 2 3\n"), 0);
	CHECK_EQ(ctl("torus0/ctl", "migrate 1 0\n"), -EINVAL);
	CHECK_EQ(ctl("torus0/ctl", "migrate 9 1\n"), -ENOENT);
	snprintf(line, sizeof(line), "migrate 1 2\n");
	CHECK_EQ(ctl("torus0/ctl", line), 0);
	CHECK_EQ(value("torus0/status", "processes"), 0);
	CHECK_EQ(value("torus2/status", "processes"), 1);
}

static void
the_processes_are_listed(void)
{
	CHECK_EQ(ctl("torus0/ctl", "create x=2 y=3 z=4\n"), 0);
	CHECK_EQ(slurp("torus0/processes", 4096), 34);
	CHECK_EQ(ctl("torus0/ctl", "spawn 1 2 3\nspawn 0 0 1\n"
	    "edge 1 2 3 1 2 3 5\ninject 1 2 3 -7\nstep 3\n"), 0);
	turns(10);
	CHECK(slurp("torus0/processes", 7) > 0);
	CHECK(strcmp(big, "pid x y z behaviour state handled\n"
	    "2 0 0 1 relay 0 0\n1 1 2 3 relay -18 3\n") == 0);
	CHECK_EQ(ctl("torus0/ctl", "kill\n"), 0);
	CHECK_EQ(slurp("torus0/processes", 4096), -ENXIO);
	CHECK_EQ(ctl("braid/ctl", "reset\n"), 0);
}

static void
sizes_can_be_chosen(void)
{
	CHECK_EQ(ctl("braid/ctl", "reset\n"), 0);
	CHECK_EQ(ctl("torus2/ctl", "create x=4 y=2 z=2 events=100\n"), 0);
	CHECK(says("torus2/status", "lattice 4 2 2\n"));
	CHECK_EQ(value("torus2/status", "limit"), 100);
	CHECK_EQ(slurp("torus2/projection.raw", 4096), 40 + 16 + 72);
	CHECK_EQ(ctl("torus2/ctl", "create events=60000000\n"), -ENOMEM);
	CHECK(says("torus2/status", "lattice 4 2 2\n"));
	CHECK_EQ(ctl("braid/ctl", "on\n"), 0);
}

static unsigned looked, spoke;

/* Another process, whenever it gets a turn. */
static void
look_meanwhile(void)
{
	looked += slurp("torus2/status", 4096) > 0;
}

static void
speak_meanwhile(void)
{
	fake_yield = NULL; /* its own line ends in a turn as well */
	spoke += ctl("torus1/ctl", "spawn 1 1 1\n") == 0;
	fake_yield = speak_meanwhile;
}

/* Neither a large torus nor a long write keeps others waiting. */
static void
others_get_a_turn(void)
{
	CHECK_EQ(ctl("braid/ctl", "reset\n"), 0);
	fake_yield = look_meanwhile;
	CHECK_EQ(ctl("torus2/ctl", "create x=1024 y=32 z=32\n"), 0);
	fake_yield = NULL;
	CHECK(looked >= 8);
	CHECK(says("torus2/status", "lattice 1024 32 32\n"));
	fake_yield = speak_meanwhile;
	CHECK_EQ(ctl("torus2/ctl", "spawn 0 0 0\nspawn 0 0 0\nspawn 0 0 0\n"),
	    0);
	fake_yield = NULL;
	CHECK_EQ(spoke, 3);
	CHECK_EQ(value("torus2/status", "processes"), 3);
	CHECK_EQ(value("torus1/status", "processes"), 3);
	CHECK_EQ(ctl("braid/ctl", "on\n"), 0);
}

static void
faces_must_match(void)
{
	CHECK_EQ(ctl("torus2/ctl", "create y=2\n"), 0);
	CHECK_EQ(ctl("torus2/ctl", "start\n"), -EINVAL);
	CHECK_EQ(ctl("torus0/ctl", "start\n"), -EINVAL);
	CHECK_EQ(ctl("torus0/ctl", "create y=2\n"), 0);
	CHECK_EQ(ctl("torus1/ctl", "create x=7 y=2\n"), 0);
	CHECK_EQ(ctl("braid/ctl", "start\nstop\non\n"), 0);
}

/* What root closes is not what root wrote. */
static void
a_line_has_the_right_of_who_opened(void)
{
	struct cdev_file cf;

	root = false;
	CHECK_EQ(dev_open(&cf, "torus1/ctl", TORUS_WRONLY), 0);
	CHECK_EQ(dev_write(&cf, "kill", 4), 4);
	root = true;
	dev_close(&cf);
	CHECK(says("torus1/status", "state stopped\n"));
	CHECK_EQ(dev_open(&cf, "torus1/ctl", TORUS_WRONLY), 0);
	CHECK_EQ(dev_write(&cf, "kill", 4), 4);
	dev_close(&cf);
	CHECK(says("torus1/status", "state dead\n"));
	CHECK_EQ(ctl("braid/ctl", "on\n"), 0);
}

static void
open_files_keep_little_memory(void)
{
	static struct cdev_file cf[20000];
	size_t before = fake_kva_live();
	unsigned n;
	int error = 0;

	root = false;
	for (n = 0; n < nitems(cf); n++) {
		error = dev_open(&cf[n], "torus0/status", TORUS_RDONLY);
		if (error != 0)
			break;
	}
	CHECK_EQ(error, -ENOMEM);
	CHECK(n > 10);
	root = true;
	CHECK(slurp("torus0/status", 4096) > 0);
	while (n > 0)
		dev_close(&cf[--n]);
	CHECK_EQ(fake_kva_live(), before);
	root = false;
	CHECK(slurp("torus0/status", 4096) > 0);
	/* What is written to them counts as well. */
	for (n = 0; n < nitems(cf); n++) {
		CHECK_EQ(dev_open(&cf[n], "torus0/snapshot", TORUS_WRONLY), 0);
		if (dev_write(&cf[n], "R", 1) != 1)
			break;
	}
	CHECK(n < nitems(cf));
	CHECK_EQ(dev_write(&cf[n], "R", 1), -ENOMEM);
	for (n++; n > 0;)
		dev_close(&cf[--n]);
	CHECK_EQ(fake_kva_live(), before);
	root = true;
}

static void
every_allocation_may_fail(void)
{
	unsigned long n;
	size_t before;

	CHECK_EQ(ctl("braid/ctl", "on\n"), 0);
	before = fake_kva_live();
	for (n = 1; n < 100; n++) {
		fake_fail_at(n);
		(void)slurp("torus0/projection", 4096);
		(void)slurp("torus0/snapshot", 4096);
		(void)slurp("braid/status", 4096);
		(void)ctl("torus0/ctl", "create\n");
		(void)ctl("torus0/ctl", "start\nstop\n");
		(void)ctl("braid/ctl", "config interval=1000\n");
		if (!fake_failed())
			break;
		fake_locks_assert_none();
	}
	CHECK(n > 5 && n < 100);
	fake_fail_at(0);
	CHECK_EQ(fake_kva_live(), before);
}

int
main(void)
{
	world_begin();
	tap_run("nothing is built before it is looked at",
	    nothing_is_built_before_it_is_looked_at);
	tap_run("words are checked", words_are_checked);
	tap_run("lines may come in pieces", lines_may_come_in_pieces);
	tap_run("the device gives the known answer",
	    the_device_gives_the_known_answer);
	tap_run("three tori share one strand", three_tori_share_one_strand);
	tap_run("an idle braid falls asleep", an_idle_braid_falls_asleep);
	tap_run("a projection is of one moment",
	    a_projection_is_of_one_moment);
	tap_run("an exchange by hand", an_exchange_by_hand);
	tap_run("a snapshot brings a torus back",
	    a_snapshot_brings_a_torus_back);
	tap_run("a dead torus is gone and its neighbours see it",
	    a_dead_torus_is_gone_and_its_neighbours_see_it);
	tap_run("events stream", events_stream);
	tap_run("readers of events are shared out",
	    readers_of_events_are_shared_out);
	tap_run("a process moves", a_process_moves);
	tap_run("the processes are listed", the_processes_are_listed);
	tap_run("sizes can be chosen", sizes_can_be_chosen);
	tap_run("others get a turn", others_get_a_turn);
	tap_run("faces must match", faces_must_match);
	tap_run("a line has the right of who opened the file",
	    a_line_has_the_right_of_who_opened);
	tap_run("open files keep little memory",
	    open_files_keep_little_memory);
	tap_run("every allocation may fail", every_allocation_may_fail);
	free(big);
	return tap_end();
}
