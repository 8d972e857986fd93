/* SPDX-License-Identifier: MIT */
/*
 * tests/guest/stress_memory.c - address spaces under several threads: what is
 * unmapped or protected must fault at once on every CPU, copies of fork()
 * must stay copies, and truncation must not race with maps and reads.
 * GUEST: -pthread
 */
#include <sys/mman.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>

#include "stress.h"
#include "workers.h"

#define PAGE		4096UL
#define READERS		3

static __thread sigjmp_buf fault_return;
static __thread volatile int fault_expected;
static int64_t end;

static void
on_fault(int sig)
{
	if (!fault_expected)
		_exit(99);
	siglongjmp(fault_return, sig);
}

static void
catch_faults(void)
{
	struct sigaction sa = { .sa_handler = on_fault,
	    .sa_flags = SA_NODEFER };

	CHECK(sigaction(SIGSEGV, &sa, NULL) == 0);
	CHECK(sigaction(SIGBUS, &sa, NULL) == 0);
}

/* Reads (or writes) one byte; the signal that it cost, or 0. */
static int
touch(volatile char *p, int write, char *value)
{
	int sig = sigsetjmp(fault_return, 0);

	if (sig == 0) {
		fault_expected = 1;
		if (write)
			*p = *value;
		else
			*value = *p;
	}
	fault_expected = 0;
	return sig;
}

/*
 * A writer makes the page go and says so in "gone"; a reader that saw "gone"
 * before and after its access must not have got through.
 */
static char *volatile target;
static volatile unsigned gone;	/* odd: the page is not accessible */
static volatile int stop, wrong, faults, passes;

static void *
access_target(void *arg)
{
	int write = (long)arg % 2;

	while (!stop) {
		unsigned before = gone;
		char value = 1;
		int sig;

		__sync_synchronize();
		sig = touch(target, write, &value);
		__sync_synchronize();
		if (sig == 0)
			passes++;
		else
			faults++;
		if (before == gone && before % 2 == 1 && sig == 0)
			wrong++;
	}
	return NULL;
}

static void
hide_and_show(int how)
{
	char *p = target;

	switch (how) {
	case 0:
		CHECK(mprotect(p, PAGE, PROT_NONE) == 0);
		break;
	case 1:
		CHECK(munmap(p, PAGE) == 0);
		break;
	default:
		CHECK(mmap(p, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS |
		    MAP_FIXED, -1, 0) == p);
	}
	__sync_synchronize();
	gone++;
	__sync_synchronize();
	for (volatile int i = 0; i < 300; i++)
		;
	if (how == 2)
		sched_yield();
	__sync_synchronize();
	gone++;
	__sync_synchronize();
	if (how == 0)
		CHECK(mprotect(p, PAGE, PROT_READ | PROT_WRITE) == 0);
	else
		CHECK(mmap(p, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE |
		    MAP_ANONYMOUS | MAP_FIXED, -1, 0) == p);
}

static void
gone_pages_fault_everywhere(void)
{
	pthread_t t[READERS];
	char *area;

	catch_faults();
	area = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(area != MAP_FAILED);
	target = area + PAGE;
	for (long i = 0; i < READERS; i++)
		CHECK_EQ(pthread_create(&t[i], NULL, access_target,
		    (void *)i), 0);
	end = msec_now() + 2 * STRESS_MSEC;
	for (int i = 0; msec_now() < end || faults == 0 || passes == 0; i++)
		hide_and_show(i % 3);
	stop = 1;
	for (int i = 0; i < READERS; i++)
		CHECK_EQ(pthread_join(t[i], NULL), 0);
	CHECK_EQ(wrong, 0);
}

/* Each thread maps, fills, protects and unmaps areas of its own. */
static void *
map_and_unmap(void *arg)
{
	uint32_t seed = 1000 + (uint32_t)(long)arg;
	char mark = (char)(long)arg + 1;

	while (msec_now() < end) {
		size_t pages = 1 + random_next(&seed) % 40;
		size_t hole = random_next(&seed) % pages;
		char *p = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (p == MAP_FAILED)
			return "mmap failed";
		for (size_t i = 0; i < pages; i++)
			if (p[i * PAGE] != 0)
				return "a new page is not zero";
		memset(p, mark, pages * PAGE);
		if (mprotect(p, pages * PAGE, PROT_READ) < 0)
			return "mprotect failed";
		for (size_t i = 0; i < pages * PAGE; i += 509)
			if (p[i] != mark)
				return "a page changed";
		if (munmap(p + hole * PAGE, PAGE) < 0)
			return "munmap of one failed";
		/* The hole may be another thread's by now. */
		if (hole > 0 && munmap(p, hole * PAGE) < 0)
			return "munmap of the lower part failed";
		if (++hole < pages &&
		    munmap(p + hole * PAGE, (pages - hole) * PAGE) < 0)
			return "munmap of the upper part failed";
	}
	return NULL;
}

static void
maps_in_parallel(void)
{
	end = msec_now() + STRESS_MSEC;
	run_threads(6, map_and_unmap);
}

/*
 * Threads keep writing their words while others fork; a child sees words that
 * do not change any more, and what it writes its parent never sees.
 */
#define WORDS		(64 * PAGE / sizeof(long))
static long *words;

static void *
write_words(void *arg)
{
	long me = (long)arg, n = 0;

	while (!stop) {
		n++;
		for (size_t i = (size_t)me; i < WORDS; i += 128)
			words[i] = n;
		for (size_t i = (size_t)me; i < WORDS; i += 128)
			if (words[i] != n)
				return "a word of the parent changed";
	}
	return NULL;
}

static int
child_of_writers(void)
{
	static long seen[WORDS];

	memcpy(seen, words, sizeof(seen));
	sched_yield();
	if (memcmp(seen, words, sizeof(seen)) != 0)
		return 1;
	memset(words, -1, sizeof(seen));
	sched_yield();
	for (size_t i = 0; i < WORDS; i++)
		if (words[i] != -1)
			return 2;
	return 0;
}

static void
copies_stay_copies(void)
{
	pthread_t t[3];
	void *value;
	int status;

	words = mmap(NULL, WORDS * sizeof(long), PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(words != MAP_FAILED);
	stop = 0;
	for (long i = 0; i < 3; i++)
		CHECK_EQ(pthread_create(&t[i], NULL, write_words,
		    (void *)i), 0);
	end = msec_now() + 2 * STRESS_MSEC;
	while (msec_now() < end) {
		pid_t pid = fork();

		CHECK(pid >= 0);
		if (pid == 0)
			_exit(child_of_writers());
		CHECK_EQ(waitpid(pid, &status, 0), pid);
		CHECK_EQ(status, 0);
	}
	stop = 1;
	for (int i = 0; i < 3; i++) {
		CHECK_EQ(pthread_join(t[i], &value), 0);
		if (value != NULL)
			printf("# %s\n", (char *)value);
		CHECK(value == NULL);
	}
}

/* A file shrinks and grows under a map and under read(). */
#define FILE_PAGES	16
static int file;
static char *view;

static void *
use_file(void *arg)
{
	uint32_t seed = 5 + (uint32_t)(long)arg;
	static char blocks[8][4 * PAGE];
	char *block = blocks[(long)arg];

	while (!stop) {
		size_t at = random_next(&seed) % (FILE_PAGES * PAGE);
		char value = 'x';
		ssize_t n;

		if ((long)arg % 2 == 0) {
			int sig = touch(view + at, random_next(&seed) % 2,
			    &value);

			if (sig != 0 && sig != SIGBUS)
				return "not SIGBUS";
			if (value != 0 && value != 'x')
				return "a byte that nobody wrote";
			continue;
		}
		n = pread(file, block, 4 * PAGE, (off_t)at);
		if (n < 0)
			return "read failed";
		while (n-- > 0)
			if (block[n] != 0 && block[n] != 'x')
				return "a byte read that nobody wrote";
	}
	return NULL;
}

static void
truncate_under_maps(const char *path)
{
	static char fill[FILE_PAGES * PAGE];
	uint32_t seed = 31;
	pthread_t t[4];
	void *value;

	catch_faults();
	memset(fill, 'x', sizeof(fill));
	file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	CHECK(file >= 0);
	view = mmap(NULL, FILE_PAGES * PAGE, PROT_READ | PROT_WRITE,
	    MAP_SHARED, file, 0);
	CHECK(view != MAP_FAILED);
	stop = 0;
	for (long i = 0; i < 4; i++)
		CHECK_EQ(pthread_create(&t[i], NULL, use_file, (void *)i), 0);
	end = msec_now() + STRESS_MSEC;
	while (msec_now() < end) {
		CHECK(ftruncate(file, random_next(&seed) %
		    (FILE_PAGES * PAGE)) == 0);
		CHECK(pwrite(file, fill, random_next(&seed) % sizeof(fill),
		    random_next(&seed) % sizeof(fill)) >= 0);
		if (random_next(&seed) % 8 == 0)
			CHECK(msync(view, FILE_PAGES * PAGE, MS_SYNC) == 0);
	}
	stop = 1;
	for (int i = 0; i < 4; i++) {
		CHECK_EQ(pthread_join(t[i], &value), 0);
		if (value != NULL)
			printf("# %s\n", (char *)value);
		CHECK(value == NULL);
	}
	CHECK(unlink(path) == 0);
}

static void
truncation_on_disk(void)
{
	truncate_under_maps("/var/tmp/stress_memory");
}

static void
truncation_in_memory(void)
{
	truncate_under_maps("/tmp/stress_memory.file");
}

/* Memory that is promised may be more than there is: the limit holds. */
static void
address_space_has_an_end(void)
{
	size_t size = 1UL << 40;
	int n = 0;

	while (n < 1000 && mmap(NULL, size, PROT_NONE, MAP_PRIVATE |
	    MAP_ANONYMOUS | MAP_NORESERVE, -1, 0) != MAP_FAILED)
		n++;
	CHECK_EQ(errno, ENOMEM);
	CHECK(n > 100 && n <= 128);
	while (mmap(NULL, PAGE, n++ % 2 ? PROT_READ : PROT_NONE, MAP_PRIVATE |
	    MAP_ANONYMOUS, -1, 0) != MAP_FAILED && n < 20000)
		;
}

int
main(void)
{
	TAP_RUN(gone_pages_fault_everywhere);
	TAP_RUN(maps_in_parallel);
	TAP_RUN(copies_stay_copies);
	TAP_RUN(truncation_on_disk);
	TAP_RUN(truncation_in_memory);
	TAP_RUN(address_space_has_an_end);
	return tap_end();
}
