/* SPDX-License-Identifier: MIT */
/*
 * rse/port/mpi/watch.c - notices that a call which needs all ranks hangs.
 *
 * Why a signal: inside MPI_Init there is no way to ask another rank anything,
 * and mpirun takes a process that is stopped for one that works.
 *
 * Why ticks: a timer runs on while a whole job is suspended, and would accuse
 * the others when it goes on.  A process that stands still misses its ticks.
 */
#include <sys/time.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "watch.h"

#define PATIENCE 30 /* s */
#define CALL	 4  /* patiences: there may be a thousand ranks to start */
#define STAGGER	 2  /* s that a rank leaves to the one before it to tell */
#define LATEST	 30 /* s, however many */
#define LOST	 3  /* exit status */

static char said[160];
static volatile sig_atomic_t ticks;

uint64_t
watch_patience(void)
{
	const char *s = getenv("RSE_MPI_PATIENCE");

	return (s != NULL ? strtoull(s, NULL, 10) : PATIENCE) * 1000;
}

/* Before MPI_Init only the environment tells. */
static uint64_t
rank_of_environment(void)
{
	static const char *const name[] = { "OMPI_COMM_WORLD_RANK",
		"PMIX_RANK", "PMI_RANK" };
	const char *rank = NULL;
	size_t i;

	for (i = 0; i < sizeof(name) / sizeof(name[0]) && rank == NULL; i++)
		rank = getenv(name[i]);
	return rank == NULL ? 0 : strtoull(rank, NULL, 10);
}

static void
tick(int signal)
{
	(void)signal;
	if (--ticks > 0)
		return;
	(void)!write(STDERR_FILENO, said, strlen(said));
	_exit(LOST);
}

static void
timer_set(long seconds)
{
	struct itimerval every = { { seconds, 0 }, { seconds, 0 } };

	setitimer(ITIMER_REAL, &every, NULL);
}

void
watch_begin(const char *call)
{
	struct sigaction action = { .sa_handler = tick,
		.sa_flags = SA_RESTART };
	uint64_t wait = CALL * watch_patience() / 1000;
	uint64_t after = rank_of_environment();

	if (wait == 0 || wait > 1000000)
		wait = wait == 0 ? 1 : 1000000;
	after = after > LATEST / STAGGER ? LATEST : after * STAGGER;
	snprintf(said, sizeof(said), "rse-mpi: %s has not returned after %u s:"
	    " a process is stopped, or did not start\n", call,
	    (unsigned)wait);
	ticks = (sig_atomic_t)(wait + after);
	sigaction(SIGALRM, &action, NULL);
	timer_set(1);
}

void
watch_end(void)
{
	timer_set(0);
}
