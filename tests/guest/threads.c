/* SPDX-License-Identifier: MIT */
/*
 * tests/guest/threads.c - threads, futexes, and how they end.
 * GUEST: -pthread
 */
#include <sys/syscall.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <time.h>

#include "tap.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static unsigned long counter;
static int turn;

static void *
add(void *arg)
{
	for (int i = 0; i < 20000; i++) {
		pthread_mutex_lock(&lock);
		counter++;
		pthread_mutex_unlock(&lock);
	}
	return arg;
}

static void
mutexes_exclude(void)
{
	pthread_t t[4];
	void *r;

	for (long i = 0; i < 4; i++)
		CHECK_EQ(pthread_create(&t[i], NULL, add, (void *)i), 0);
	for (long i = 0; i < 4; i++) {
		CHECK_EQ(pthread_join(t[i], &r), 0);
		CHECK_EQ((long)r, i);
	}
	CHECK_EQ(counter, 80000);
}

static void *
pong(void *arg)
{
	for (int i = 0; i < 1000; i++) {
		pthread_mutex_lock(&lock);
		while (turn != 1)
			pthread_cond_wait(&cond, &lock);
		turn = 0;
		pthread_cond_signal(&cond);
		pthread_mutex_unlock(&lock);
	}
	return arg;
}

static void
conditions_wake(void)
{
	pthread_t t;

	CHECK_EQ(pthread_create(&t, NULL, pong, NULL), 0);
	for (int i = 0; i < 1000; i++) {
		pthread_mutex_lock(&lock);
		turn = 1;
		pthread_cond_signal(&cond);
		while (turn != 0)
			pthread_cond_wait(&cond, &lock);
		pthread_mutex_unlock(&lock);
	}
	CHECK_EQ(pthread_join(t, NULL), 0);
}

static __thread int tls = 5;

static void *
own_tls(void *arg)
{
	tls += (int)(long)arg;
	return (void *)(long)tls;
}

static void
threads_come_and_go(void)
{
	pthread_t t;
	void *r;

	for (long i = 0; i < 300; i++) {
		CHECK_EQ(pthread_create(&t, NULL, own_tls, (void *)i), 0);
		CHECK_EQ(pthread_join(t, &r), 0);
		CHECK_EQ((long)r, 5 + i);
	}
	CHECK_EQ(tls, 5);
}

static long
futex(uint32_t *p, int op, uint32_t val, const struct timespec *ts)
{
	return syscall(SYS_futex, p, op, val, ts, NULL, 0);
}

static void
futex_errors(void)
{
	uint32_t word = 1;
	struct timespec ts = { 0, 20000000 }, bad = { 0, -1 };

	CHECK_ERR(futex(&word, FUTEX_WAIT, 0, NULL), EAGAIN);
	CHECK_ERR(futex(&word, FUTEX_WAIT, 1, &ts), ETIMEDOUT);
	CHECK_ERR(futex(&word, FUTEX_WAIT_PRIVATE, 1, &ts), ETIMEDOUT);
	CHECK_ERR(futex(&word, FUTEX_WAIT, 1, &bad), EINVAL);
	CHECK_ERR(futex((uint32_t *)((char *)&word + 1), FUTEX_WAKE, 1, NULL),
	    EINVAL);
	CHECK_ERR(futex((uint32_t *)8192, FUTEX_WAIT_PRIVATE, 1, NULL),
	    EFAULT);
	CHECK_EQ(futex(&word, FUTEX_WAKE, 1, NULL), 0);
	CHECK_ERR(futex(&word, 99, 1, NULL), ENOSYS);
}

static void *
forever(void *arg)
{
	for (;;)
		pause();
	return arg;
}

static void *
spin(void *arg)
{
	for (volatile long i = 0;; i++)
		continue;
	return arg;
}

/* _exit() in one thread ends those that sleep and those that run. */
static void
exit_group_ends_all(void)
{
	pthread_t t;
	int st;
	pid_t pid = fork();

	if (pid == 0) {
		pthread_create(&t, NULL, forever, NULL);
		pthread_create(&t, NULL, spin, NULL);
		usleep(20000);
		_exit(4);
	}
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	CHECK(WIFEXITED(st) && WEXITSTATUS(st) == 4);
}

static void *
exec_true(void *arg)
{
	char *argv[] = { "true", NULL };

	usleep(20000);
	execv("/bin/true", argv);
	_exit(99);
	return arg;
}

static void
exec_in_a_thread_replaces_all(void)
{
	pthread_t t;
	int st;
	pid_t pid = fork();

	if (pid == 0) {
		pthread_create(&t, NULL, spin, NULL);
		pthread_create(&t, NULL, forever, NULL);
		pthread_create(&t, NULL, exec_true, NULL);
		for (;;)
			pause();
	}
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	CHECK(WIFEXITED(st) && WEXITSTATUS(st) == 0);
}

static void
leader_may_go_first(void)
{
	pthread_t t;
	int st;
	pid_t pid = fork();

	if (pid == 0) {
		pthread_create(&t, NULL, exec_true, NULL);
		syscall(SYS_exit, 3);
	}
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	CHECK(WIFEXITED(st) && WEXITSTATUS(st) == 0);
}

static volatile sig_atomic_t hit_by;

static void
hit(int signo)
{
	(void)signo;
	hit_by = (int)syscall(SYS_gettid);
}

static void *
take_usr1(void *arg)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	*(volatile int *)arg = (int)syscall(SYS_gettid);
	while (hit_by == 0)
		usleep(1000);
	return NULL;
}

/* A signal to the process goes to the thread that does not block it. */
static void
signals_find_the_willing(void)
{
	volatile int tid = 0;
	sigset_t set;
	pthread_t t;

	signal(SIGUSR1, hit);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	pthread_create(&t, NULL, take_usr1, (void *)&tid);
	while (tid == 0)
		usleep(1000);
	kill(getpid(), SIGUSR1);
	pthread_join(t, NULL);
	CHECK_EQ(hit_by, tid);
}

static void *
die_holding(void *arg)
{
	pthread_mutex_lock(arg);
	return NULL;
}

static void
robust_mutexes_tell(void)
{
	pthread_mutexattr_t a;
	pthread_mutex_t m;
	pthread_t t;

	pthread_mutexattr_init(&a);
	pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(&m, &a);
	pthread_create(&t, NULL, die_holding, &m);
	pthread_join(t, NULL);
	CHECK_EQ(pthread_mutex_lock(&m), EOWNERDEAD);
	CHECK_EQ(pthread_mutex_consistent(&m), 0);
	CHECK_EQ(pthread_mutex_unlock(&m), 0);
}

/* Stops take all threads, also one that never calls the kernel. */
static void
stop_stops_all_threads(void)
{
	pthread_t t;
	int st;
	pid_t pid = fork();

	if (pid == 0) {
		pthread_create(&t, NULL, spin, NULL);
		pthread_create(&t, NULL, forever, NULL);
		forever(NULL);
	}
	usleep(30000);
	CHECK_EQ(kill(pid, SIGSTOP), 0);
	CHECK_EQ(waitpid(pid, &st, WUNTRACED), pid);
	CHECK(WIFSTOPPED(st));
	CHECK_EQ(kill(pid, SIGCONT), 0);
	CHECK_EQ(waitpid(pid, &st, WCONTINUED), pid);
	CHECK_EQ(kill(pid, SIGTERM), 0);
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	CHECK(WIFSIGNALED(st) && WTERMSIG(st) == SIGTERM);
}

int
main(void)
{
	TAP_RUN(mutexes_exclude);
	TAP_RUN(conditions_wake);
	TAP_RUN(threads_come_and_go);
	TAP_RUN(futex_errors);
	TAP_RUN(exit_group_ends_all);
	TAP_RUN(exec_in_a_thread_replaces_all);
	TAP_RUN(leader_may_go_first);
	TAP_RUN(signals_find_the_willing);
	TAP_RUN(robust_mutexes_tell);
	TAP_RUN(stop_stops_all_threads);
	return tap_end();
}
