/* SPDX-License-Identifier: MIT */
/*
 * rse/port/mpi/link.h - a block of tori, its neighbours on other ranks.
 */
#ifndef RSE_PORT_MPI_LINK_H
#define RSE_PORT_MPI_LINK_H

#include <mpi.h>

#include "../../tools/setup.h"

struct link;

/* All ranks come here first, and last. */
struct link *link_open(struct setup *);
void link_close(struct link *);
/*
 * All ranks come here, after setup_start: run the tori of this one to the
 * epoch it named.
 * Returns when all are there, or when one, on any rank, cannot go on.
 */
void link_run(struct link *);
/*
 * Wait for what needs other ranks, which may be at work: then they must call
 * link_look now and then.  Does not return if a neighbouring rank is silent.
 */
void link_wait(struct link *, MPI_Request *);
void link_look(struct link *);
/* Ends all ranks, with this message and this exit status. */
_Noreturn void link_abort(const char *message, int status);

#endif
