/* SPDX-License-Identifier: MIT */
/*
 * tests/guest/stress_threads.c - threads that come and go, storms of futexes,
 * signals to busy threads, exit, exec and fork of a process with many.
 * GUEST: -pthread
 */
#include <sys/syscall.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>

#include "stress.h"
#include "workers.h"

#define THREADS		8
#define ITEMS		4000

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t not_empty = PTHREAD_COND_INITIALIZER;
static pthread_cond_t not_full = PTHREAD_COND_INITIALIZER;
static int64_t end;
static long counter;
static volatile int stop;

static void *
return_argument(void *arg)
{
	return arg;
}

static void *
create_and_join(void *arg)
{
	long made = 0;

	while (msec_now() < end) {
		pthread_t t[4];
		void *value;

		for (long i = 0; i < 4; i++)
			if (pthread_create(&t[i], NULL, return_argument,
			    (void *)(made + i)) != 0)
				return "create failed";
		for (long i = 0; i < 4; i++)
			if (pthread_join(t[i], &value) != 0 ||
			    value != (void *)(made + i))
				return "join failed";
		made += 4;
	}
	return made > 0 ? NULL : "made none";
}

static void
threads_come_and_go(void)
{
	end = msec_now() + STRESS_MSEC;
	run_threads(4, create_and_join);
}

static void *
count_under_lock(void *arg)
{
	long mine = 0;

	while (msec_now() < end)
		for (int i = 0; i < 50; i++) {
			pthread_mutex_lock(&lock);
			counter++;
			pthread_mutex_unlock(&lock);
			mine++;
		}
	pthread_mutex_lock(&lock);
	counter -= mine;
	pthread_mutex_unlock(&lock);
	return NULL;
}

static void
mutex_storm(void)
{
	counter = 0;
	end = msec_now() + STRESS_MSEC;
	run_threads(THREADS, count_under_lock);
	CHECK_EQ(counter, 0);
}

static int ring[8], ring_count, ring_head;
static long sum;

static void *
produce_or_consume(void *arg)
{
	int producer = (long)arg % 2 == 0;

	for (int i = 1; i <= ITEMS; i++) {
		pthread_mutex_lock(&lock);
		if (producer) {
			while (ring_count == 8)
				pthread_cond_wait(&not_full, &lock);
			ring[(ring_head + ring_count++) % 8] = i;
			pthread_cond_signal(&not_empty);
		} else {
			while (ring_count == 0)
				pthread_cond_wait(&not_empty, &lock);
			sum += ring[ring_head];
			ring_head = (ring_head + 1) % 8;
			ring_count--;
			pthread_cond_signal(&not_full);
		}
		pthread_mutex_unlock(&lock);
	}
	return NULL;
}

static void
condition_storm(void)
{
	run_threads(THREADS, produce_or_consume);
	CHECK_EQ(sum, THREADS / 2 * ((long)ITEMS * (ITEMS + 1) / 2));
}

static pthread_barrier_t barrier;
static int rounds[THREADS];

static void *
meet(void *arg)
{
	for (int i = 0; i < 300; i++) {
		rounds[(long)arg] = i;
		pthread_barrier_wait(&barrier);
		for (int k = 0; k < THREADS; k++)
			if (rounds[k] != i)
				return "somebody is in another round";
		pthread_barrier_wait(&barrier);
	}
	return NULL;
}

static void
barrier_storm(void)
{
	pthread_barrier_init(&barrier, NULL, THREADS);
	run_threads(THREADS, meet);
}

/* Timed waits that mostly run out while others wake the same futex. */
static void *
wait_with_timeouts(void *arg)
{
	uint32_t seed = (uint32_t)(long)arg + 77;

	while (msec_now() < end) {
		struct timespec ts;

		clock_gettime(CLOCK_REALTIME, &ts);
		ts.tv_nsec += random_next(&seed) % 300000;
		if (ts.tv_nsec >= 1000000000) {
			ts.tv_sec++;
			ts.tv_nsec -= 1000000000;
		}
		pthread_mutex_lock(&lock);
		pthread_cond_timedwait(&not_empty, &lock, &ts);
		pthread_mutex_unlock(&lock);
		if (random_next(&seed) % 4 == 0)
			pthread_cond_broadcast(&not_empty);
	}
	return NULL;
}

static void
timeouts_against_wakes(void)
{
	end = msec_now() + STRESS_MSEC;
	run_threads(THREADS, wait_with_timeouts);
}

static volatile int hits;

static void
hit(int sig)
{
	__atomic_fetch_add(&hits, 1, __ATOMIC_RELAXED);
}

static void *
compute(void *arg)
{
	double x = 1.0 + (double)(long)arg, y = x;

	while (!stop) {
		/* Signals and switches must keep the FPU's registers. */
		for (int i = 0; i < 100; i++)
			y = y * 3.0 / 3.0;
		if (y < x - 0.001 || y > x + 0.001)
			return "the FPU lost a value";
		y = x;
		if ((long)arg % 2)
			getppid();
	}
	return NULL;
}

static void
signals_to_busy_threads(void)
{
	struct sigaction sa = { .sa_handler = hit, .sa_flags = SA_RESTART };
	pthread_t t[THREADS];
	uint32_t seed = 99;
	void *value;
	int sent = 0;

	CHECK(sigaction(SIGUSR1, &sa, NULL) == 0);
	for (long i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_create(&t[i], NULL, compute, (void *)i), 0);
	end = msec_now() + STRESS_MSEC;
	while (msec_now() < end) {
		CHECK_EQ(pthread_kill(t[random_next(&seed) % THREADS],
		    SIGUSR1), 0);
		sent++;
		sched_yield();
	}
	stop = 1;
	for (int i = 0; i < THREADS; i++) {
		CHECK_EQ(pthread_join(t[i], &value), 0);
		CHECK(value == NULL);
	}
	CHECK(hits > 0 && hits <= sent);
}

static void *
sleep_or_spin(void *arg)
{
	int fd[2];
	char c;

	switch ((long)arg % 3) {
	case 0:
		for (;;)
			getppid();
	case 1:
		if (pipe(fd) == 0)
			(void)!read(fd[0], &c, 1);
		return "read returned";
	default:
		pthread_mutex_lock(&lock);
		pthread_mutex_lock(&lock);
		return "locked twice";
	}
}

/* One thread ends the process under all others: exit, exec or a signal. */
static void
end_with_threads(int how)
{
	char *argv[] = { "true", NULL };
	pthread_t t;

	for (long i = 0; i < 6; i++)
		if (pthread_create(&t, NULL, sleep_or_spin, (void *)i) != 0)
			_exit(9);
	if (how % 2)
		usleep(500);
	switch (how % 4) {
	case 0:
		_exit(0);
	case 1:
		execv("/bin/true", argv);
		_exit(8);
	case 2:
		syscall(SYS_exit, 0);
		break;
	default:
		kill(getpid(), SIGKILL);
		for (;;)
			pause();
	}
}

static void
processes_end_under_threads(void)
{
	int status;

	end = msec_now() + STRESS_MSEC;
	for (int i = 0; msec_now() < end; i++) {
		pid_t pid = fork();

		CHECK(pid >= 0);
		if (pid == 0)
			end_with_threads(i);
		if (i % 4 == 2) {
			/* Only its first thread has gone. */
			usleep(1000);
			CHECK_EQ(waitpid(pid, &status, WNOHANG), 0);
			CHECK(kill(pid, SIGKILL) == 0);
		}
		CHECK_EQ(waitpid(pid, &status, 0), pid);
		if (i % 4 < 2)
			CHECK_EQ(status, 0);
		else
			CHECK(WIFSIGNALED(status) &&
			    WTERMSIG(status) == SIGKILL);
	}
}

static void *
fork_and_wait(void *arg)
{
	while (msec_now() < end) {
		int status;
		pid_t pid = fork();

		if (pid < 0)
			return "fork failed";
		if (pid == 0)
			_exit(3);
		if (waitpid(pid, &status, 0) != pid)
			return "wait failed";
		if (!WIFEXITED(status) || WEXITSTATUS(status) != 3)
			return "wrong status";
	}
	return NULL;
}

static void
all_threads_fork(void)
{
	end = msec_now() + STRESS_MSEC;
	run_threads(THREADS, fork_and_wait);
}

int
main(void)
{
	TAP_RUN(threads_come_and_go);
	TAP_RUN(mutex_storm);
	TAP_RUN(condition_storm);
	TAP_RUN(barrier_storm);
	TAP_RUN(timeouts_against_wakes);
	TAP_RUN(signals_to_busy_threads);
	TAP_RUN(processes_end_under_threads);
	TAP_RUN(all_threads_fork);
	return tap_end();
}
