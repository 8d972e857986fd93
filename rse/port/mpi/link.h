/* SPDX-License-Identifier: MIT */
/*
 * rse/port/mpi/link.h - a block of tori, its neighbours on other ranks.
 */
#ifndef RSE_PORT_MPI_LINK_H
#define RSE_PORT_MPI_LINK_H

#include "../../tools/setup.h"

/*
 * All ranks come here, after setup_start: run the tori of this one to the
 * epoch it named.
 * Returns when all are there, or when one, on any rank, cannot go on.
 */
void link_run(struct setup *);
/* Ends all ranks, with this message and this exit status. */
_Noreturn void link_abort(const char *message, int status);

#endif
