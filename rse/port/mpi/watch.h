/* SPDX-License-Identifier: MIT */
/*
 * rse/port/mpi/watch.h - calls of MPI that return only if all ranks make them.
 *
 * Use: watch_begin, the call, watch_end.  If they are too far apart this
 * process says so and ends with status 3, and mpirun ends the others.  Only
 * for calls before which nobody has anything long to do.
 */
#ifndef RSE_PORT_MPI_WATCH_H
#define RSE_PORT_MPI_WATCH_H

#include <stdint.h>

/* Milliseconds of silence after which a rank is lost. */
uint64_t watch_patience(void);
void watch_begin(const char *call);
void watch_end(void);

#endif
