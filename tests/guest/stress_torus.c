/* SPDX-License-Identifier: MIT */
/*
 * tests/guest/stress_torus.c - the tori under many hands at once: files opened
 * and kept, garbage, every word of ctl, failures, recoveries and restores.
 * After each case all tori are healthy; the kernel keeps no memory of it.
 */
#include <sys/mman.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>

#include "stress.h"

#define TORI	    3
#define LINE	    512
#define GUEST	    1000
#define GUEST_GROUP 60	 /* rse */
#define NOBODY	    1234 /* in no group that may write */
#define EPOCHS	    60
#define KILLS	    9
#define LINES_MOST  8192
#define LINES_FEW   100	 /* a torus made anew takes a millisecond or more */
#define BRAID	    "/dev/braid/ctl"

static const char *const files[] = { "ctl", "status", "stats", "projection",
	"projection.raw", "processes", "events", "snapshot", "../braid/ctl",
	"../braid/status", "../braid/stats" };
static const char *const written[] = { "ctl", "projection.raw", "snapshot",
	"../braid/ctl" };

/* What torus(4) says may happen to a write, and a signal. */
static const int expected[] = { EINVAL, EAGAIN, EALREADY, EBADMSG, EBUSY,
	EEXIST, EFBIG, EHOSTDOWN, EIO, ENOENT, ENOMEM, ENOSPC, ENXIO,
	EOPNOTSUPP, EPERM, ESTALE, EINTR };

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static int
error_is_expected(int error)
{
	for (size_t i = 0; i < COUNT(expected); i++)
		if (expected[i] == error)
			return 1;
	return 0;
}

static void
path_of(char *path, unsigned torus, const char *file)
{
	snprintf(path, 64, "/dev/torus%u/%s", torus, file);
}

/* One write to a file; 0, or the errno of what failed. */
static int
put(const char *path, const void *data, size_t len)
{
	int fd = open(path, O_WRONLY), error = 0;

	if (fd < 0)
		return errno;
	if (write(fd, data, len) < 0)
		error = errno;
	close(fd);
	return error;
}

static int
word(unsigned torus, const char *line)
{
	char path[64];

	path_of(path, torus, "ctl");
	return put(path, line, strlen(line));
}

static int
words(const char *lines)
{
	return put(BRAID, lines, strlen(lines));
}

/* The value of a key of a file, "" if it is not there. */
static void
value_of(const char *path, const char *key, char *value, size_t room)
{
	char text[4096], *at = text, *line;
	int fd = open(path, O_RDONLY);
	ssize_t n;

	value[0] = '\0';
	if (fd < 0)
		return;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n < 0 ? 0 : n] = '\0';
	while ((line = strsep(&at, "\n")) != NULL)
		if (strncmp(line, key, strlen(key)) == 0 &&
		    line[strlen(key)] == ' ')
			snprintf(value, room, "%s", line + strlen(key) + 1);
}

static void
status_of(unsigned torus, const char *key, char *value, size_t room)
{
	char path[64];

	path_of(path, torus, "status");
	value_of(path, key, value, room);
}

static int
status_is(unsigned torus, const char *key, const char *value)
{
	char is[64];

	status_of(torus, key, is, sizeof(is));
	return strcmp(is, value) == 0;
}

/* A torus may be dead, faulted or recovering: it comes back, empty. */
static void
make_good(void)
{
	char health[32];

	while (words("hold 0\nstop\npace 0\nuntil\non\n") != 0)
		usleep(20000);
	value_of("/dev/braid/status", "health", health, sizeof(health));
	CHECK(strcmp(health, "healthy") == 0);
	for (unsigned i = 0; i < TORI; i++)
		CHECK(status_is(i, "state", "stopped"));
}

static void
become(uid_t uid, gid_t group)
{
	if (setgroups(1, &group) != 0 || setgid(uid) != 0 ||
	    setuid(uid) != 0)
		_exit(100);
}

/* -- everything at once ---------------------------------------------------- */

/* Look at everything, a little or all of it; some are never read. */
static int
look(int64_t end, uint32_t seed)
{
	static char text[1 << 16];
	char path[64];
	int fd, kept[16];
	unsigned n = 0;
	struct pollfd p = { .events = POLLIN };

	memset(kept, -1, sizeof(kept));
	while (msec_now() < end) {
		path_of(path, random_next(&seed) % TORI,
		    files[random_next(&seed) % COUNT(files)]);
		fd = open(path, O_RDONLY | O_NONBLOCK);
		if (fd < 0 && errno != EACCES && errno != ENXIO &&
		    errno != EBUSY && errno != EDQUOT && errno != ENOMEM)
			return 1;
		if (fd < 0)
			continue;
		p.fd = fd;
		if (poll(&p, 1, 1) < 0 || (read(fd, text,
		    random_next(&seed) % sizeof(text)) < 0 &&
		    errno != EAGAIN))
			return 2;
		if (kept[n % COUNT(kept)] >= 0)
			close(kept[n % COUNT(kept)]);
		kept[n++ % COUNT(kept)] = fd;
	}
	return 0;
}

/* Bytes that mean nothing, some with a head that does. */
static int
babble(int64_t end, uint32_t seed)
{
	char path[64], bytes[2048];
	int error;

	while (msec_now() < end) {
		for (size_t i = 0; i < sizeof(bytes); i++)
			bytes[i] = (char)random_next(&seed);
		if (random_next(&seed) % 2 != 0)
			memcpy(bytes, "RSESNAP1", 8);
		path_of(path, random_next(&seed) % TORI,
		    written[random_next(&seed) % COUNT(written)]);
		error = put(path, bytes, random_next(&seed) % sizeof(bytes));
		if (error != 0 && !error_is_expected(error))
			return 1;
	}
	return 0;
}

/* A word of ctl that could mean something. */
static void
word_make(char *line, uint32_t *seed)
{
	static const char *const word[] = { "start", "stop", "step 50",
		"reset", "spawn %u 1 2", "kill %u", "edge 0 %u 0 31 0 0 1",
		"edge %u 0 0 1 1 1 3", "edge 0 0 %u 31 2 3 2 portal",
		"inject %u 0 0 7", "inject 1 %u 1 -5 100",
		"config interval=%u", "config replicate=1",
		"config replicate=0 every=%u", "config policy=continue",
		"config policy=wait timeout=20", "config behaviour=phold",
		"config limit=%u", "migrate %u 1", "create",
		"create y=8 z=%u", "create processes=%u edges=9 events=77",
		"create x=4294967295", "create journal=%u",
		"until %u", "until", "pace %u", "pace 0", "hold 5", "hold 0",
		"recover", "recover approximate", "evacuate", "kill",
		"forget", "on", "off", "restore /x", "", "dance %u" };

	snprintf(line, LINE, word[random_next(seed) % COUNT(word)],
	    random_next(seed) % 40 + 1);
	strcat(line, random_next(seed) % 8 == 0 ? "" : "\n");
}

static int
speak(int64_t end, uint32_t seed)
{
	char line[LINE + 2];
	unsigned to;
	int error;

	while (msec_now() < end) {
		word_make(line, &seed);
		to = random_next(&seed) % (TORI + 1);
		error = to < TORI ? word(to, line) : words(line);
		if (error != 0 && !error_is_expected(error))
			return 1;
		if (random_next(&seed) % 4 == 0)
			usleep(1000);
	}
	return 0;
}

/* All of a torus out of it and in again, sometimes into another. */
static int
carry(int64_t end, uint32_t seed)
{
	const size_t room = 4 << 20;
	char path[64], *data = malloc(room);
	ssize_t n = 0, at, put;
	int fd;

	while (data != NULL && msec_now() < end) {
		path_of(path, random_next(&seed) % TORI, "snapshot");
		if ((fd = open(path, O_RDWR)) < 0) {
			if (errno != ENXIO && errno != ENOMEM)
				return 1;
			continue;
		}
		n = read(fd, data, room);
		if (n > 0 && random_next(&seed) % 3 == 0)
			data[random_next(&seed) % n] ^= 4;
		if (random_next(&seed) % 3 == 0) {
			close(fd);
			path_of(path, random_next(&seed) % TORI, "snapshot");
			if ((fd = open(path, O_WRONLY)) < 0)
				return 2;
		}
		for (at = 0; at < n; at += put)
			if ((put = write(fd, data + at, n - at)) <= 0)
				break;
		if (at < n && !error_is_expected(errno))
			return 3;
		close(fd);
	}
	free(data);
	return data == NULL;
}

/* Sleeps in a read of events until it is killed. */
static void
listen_on(unsigned torus)
{
	char path[64], text[333];
	int fd;

	path_of(path, torus, "events");
	for (;;) {
		fd = open(path, O_RDONLY);
		while (fd >= 0 && read(fd, text, sizeof(text)) > 0)
			continue;
		if (fd >= 0)
			close(fd);
		usleep(2000);
	}
}

static int
kill_listeners(int64_t end, uint32_t seed)
{
	pid_t pid;
	int status;

	while (msec_now() < end) {
		pid = fork();
		if (pid == 0)
			listen_on(random_next(&seed) % TORI);
		usleep(random_next(&seed) % 8000);
		if (pid < 0 || kill(pid, SIGKILL) != 0 ||
		    waitpid(pid, &status, 0) != pid)
			return 1;
	}
	return 0;
}

static void
everything_at_once(void)
{
	static int (*const act[])(int64_t, uint32_t) = { look, babble, speak,
		carry, kill_listeners, speak };
	int64_t end = msec_now() + 3 * STRESS_MSEC;
	int n = 0;

	make_good();
	for (unsigned who = 0; who < 2; who++)
		for (size_t i = 0; i < COUNT(act); i++, n++)
			if (fork() == 0) {
				if (who == 1)
					become(GUEST, GUEST_GROUP);
				_exit(act[i](end, 77 + 2 * i + who));
			}
	if (fork() == 0) {
		become(NOBODY, NOBODY);
		_exit(look(end, 4711));
	}
	CHECK_EQ(reap(n + 1), 0);
	make_good();
}

/* -- what must not be disturbed -------------------------------------------- */

/* A finite run through all tori. */
static void
set_up(void)
{
	char line[64];

	make_good();
	CHECK_EQ(words("config every=7 replicate=1\n"), 0);
	for (unsigned t = 0; t < TORI; t++) {
		CHECK_EQ(word(t, "edge 31 0 0 0 0 0 9\n"
		    "edge 0 0 0 31 0 0 1 portal\nspawn 31 0 0\n"
		    "edge 1 1 1 2 2 2 40\nedge 2 2 2 1 1 1 40\n"), 0);
		snprintf(line, sizeof(line), "inject 1 1 1 %u\n", t + 1);
		CHECK_EQ(word(t, line), 0);
	}
	CHECK_EQ(word(0, "inject 31 0 0 1\n"), 0);
	snprintf(line, sizeof(line), "until %u\npace 5000\n", EPOCHS);
	CHECK_EQ(words(line), 0);
	CHECK_EQ(words("start\n"), 0);
}

static int
all_done(void)
{
	char epoch[32];

	for (unsigned t = 0; t < TORI; t++) {
		status_of(t, "epoch", epoch, sizeof(epoch));
		if (atoi(epoch) != EPOCHS)
			return 0;
	}
	return 1;
}

static void
run_out(char digest[TORI][32])
{
	CHECK_EQ(words("pace 0\n"), 0);
	while (!all_done())
		usleep(10000);
	for (unsigned t = 0; t < TORI; t++)
		status_of(t, "digest", digest[t], sizeof(digest[t]));
}

/* Nothing that is refused leaves a trace, also in a dead torus. */
static int
babble_in_vain(int64_t end, uint32_t seed)
{
	static const char *const line[] = { "~\n", "kill\n", "forget\n",
		"spawn\n", "create x=0\n", "config every=9 limit=0\n",
		"migrate 1 0\n" };
	char path[64], bytes[1200] = "RSESNAP1";

	bytes[17] = 4; /* its length says: 1024 bytes */
	while (msec_now() < end) {
		if (word(random_next(&seed) % TORI, line[random_next(&seed) %
		    COUNT(line)]) == 0)
			return 1;
		path_of(path, random_next(&seed) % TORI, "snapshot");
		if (put(path, bytes, 1024) == 0)
			return 2;
	}
	return 0;
}

static void
digests_survive_kills_and_garbage(void)
{
	char want[TORI][32], got[TORI][32];
	int64_t end;
	unsigned t;

	set_up();
	run_out(want);
	set_up();
	end = msec_now() + 2 * STRESS_MSEC;
	for (int i = 0; i < 4; i++)
		if (fork() == 0) {
			become(i < 2 ? GUEST : NOBODY, i < 2 ? GUEST_GROUP :
			    NOBODY);
			_exit(i < 2 ? babble_in_vain(end, 5 + i) :
			    look(end, 5 + i));
		}
	for (int i = 0; i < KILLS; i++) {
		t = i % TORI;
		CHECK_EQ(word(t, "kill\n"), 0);
		usleep(20000 * (i % 3));
		CHECK_EQ(word(t, "recover\n"), 0);
		while (status_is(t, "state", "recovering"))
			usleep(5000);
		CHECK(status_is(t, "last_recovery", "exact"));
	}
	CHECK_EQ(reap(4), 0);
	run_out(got);
	for (t = 0; t < TORI; t++)
		CHECK(want[t][0] != '\0' && strcmp(want[t], got[t]) == 0);
	make_good();
}

/* All tori begin again, also one that was about to come back. */
static void
a_reset_ends_a_recovery(void)
{
	char epoch[32];

	make_good();
	CHECK_EQ(words("config every=160\n"), 0);
	for (unsigned t = 0; t < TORI; t++)
		CHECK_EQ(word(t, "edge 1 1 1 2 2 2 1\nedge 2 2 2 1 1 1 1\n"
		    "inject 1 1 1 1\ninject 1 1 1 2\ninject 1 1 1 3\n"), 0);
	CHECK_EQ(words("until 100\nstart\n"), 0);
	usleep(500000);
	CHECK_EQ(word(1, "kill\nrecover\n"), 0);
	CHECK_EQ(words("reset\n"), 0);
	for (unsigned t = 0; t < TORI; t++) {
		status_of(t, "epoch", epoch, sizeof(epoch));
		CHECK(strcmp(epoch, "0") == 0);
		CHECK(status_is(t, "state", "stopped"));
	}
	make_good();
}

/*
 * One write of thousands of lines.  Others on its CPU run meanwhile; that is
 * seen by a count, not a clock.  And it can be killed between its first line,
 * after which there are 0 processes, and its last, after which there is 1;
 * with some tries, as it may be quicker than we are.
 */
static void
long_write(size_t count)
{
	static const char create[] = "create\n", spawn[] = "spawn 1 2 3\n";
	static char lines[LINES_MOST * sizeof(create) + sizeof(spawn)];
	size_t len = 0;

	while (count-- > 0)
		len = (size_t)(stpcpy(lines + len, create) - lines);
	len = (size_t)(stpcpy(lines + len, spawn) - lines);
	become(GUEST, GUEST_GROUP);
	put("/dev/torus1/ctl", lines, len);
}

static void
a_long_write_keeps_nobody(void)
{
	volatile unsigned long *count = mmap(NULL, 4096, PROT_READ |
	    PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	unsigned long before;
	cpu_set_t one;
	pid_t pid, counter;
	int i, status;

	CHECK(count != MAP_FAILED);
	make_good();
	CPU_ZERO(&one);
	CPU_SET(0, &one);
	counter = fork();
	if (counter == 0) {
		CHECK_EQ(sched_setaffinity(0, sizeof(one), &one), 0);
		for (;;)
			++*count;
	}
	while (*count == 0)
		usleep(1000);
	pid = fork();
	if (pid == 0) {
		CHECK_EQ(sched_setaffinity(0, sizeof(one), &one), 0);
		before = *count;
		long_write(LINES_FEW);
		_exit(tap_bad != 0 || *count == before);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	CHECK(status_is(1, "processes", "1"));
	CHECK_EQ(kill(counter, SIGKILL), 0);
	CHECK_EQ(waitpid(counter, &status, 0), counter);

	for (i = 0; i < 50; i++) {
		CHECK_EQ(word(1, "create\nspawn 1 1 1\nspawn 1 1 1\n"), 0);
		pid = fork();
		if (pid == 0) {
			long_write(LINES_MOST);
			_exit(0);
		}
		while (status_is(1, "processes", "2"))
			usleep(100);
		/* It waits for one of its lines, not for the last. */
		CHECK_EQ(word(0, "reset\n"), 0);
		CHECK_EQ(kill(pid, SIGKILL), 0);
		CHECK_EQ(waitpid(pid, &status, 0), pid);
		if (status_is(1, "processes", "0"))
			break;
	}
	CHECK(i < 50);
	make_good();
}

/* Evacuated processes are gone from every copy of the store. */
static void
evacuated_processes_live_once(void)
{
	char is[32];

	make_good();
	CHECK_EQ(words("config replicate=1\n"), 0);
	CHECK_EQ(word(1, "spawn 1 1 1\nspawn 2 2 2\n"), 0);
	CHECK_EQ(words("start\n"), 0);
	CHECK_EQ(word(1, "kill\nevacuate\nforget\n"), 0);
	CHECK_EQ(word(1, "recover\n"), ENOENT);
	status_of(0, "processes", is, sizeof(is));
	CHECK_EQ(atoi(is), 2);
	make_good();
}

int
main(void)
{
	/* It would bring back what is killed here. */
	if (system("/etc/rc.d/rsed stop >/dev/null 2>&1") != 0)
		printf("# rsed does not run\n");
	TAP_RUN(digests_survive_kills_and_garbage);
	TAP_RUN(evacuated_processes_live_once);
	TAP_RUN(a_reset_ends_a_recovery);
	TAP_RUN(a_long_write_keeps_nobody);
	TAP_RUN(everything_at_once);
	if (system("/etc/rc.d/rsed start >/dev/null 2>&1") != 0)
		printf("# rsed does not start\n");
	return tap_end();
}
