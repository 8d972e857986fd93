/* SPDX-License-Identifier: MIT */
/*
 * tests/guest/workers.h - one function on several threads, each of which says
 * in a sentence what was wrong, or returns NULL.
 */
#ifndef GUEST_WORKERS_H
#define GUEST_WORKERS_H

#include <pthread.h>

#include "tap.h"

#define WORKERS_MOST 32

/* Their argument is their number. */
static inline void
run_threads(int n, void *(*fn)(void *))
{
	pthread_t t[WORKERS_MOST];
	void *value;

	for (long i = 0; i < n; i++)
		CHECK_EQ(pthread_create(&t[i], NULL, fn, (void *)i), 0);
	for (int i = 0; i < n; i++) {
		CHECK_EQ(pthread_join(t[i], &value), 0);
		if (value != NULL)
			printf("# %s\n", (char *)value);
		CHECK(value == NULL);
	}
}

#endif
