/* SPDX-License-Identifier: MIT */
/*
 * rse/port/posix/runner.h - running a braid in one process.
 *
 * Use: create the tori with count = n and id = 0..n-1, set them up, start
 * them (rse_start), give epoch limits if wanted, then call one of these.
 * Both return when every torus is done, asleep, stopped, stalled or faulted
 * and nothing is under way.  The publish, resend and nudge hooks are the
 * runner's during the call.
 *
 * A torus that is lost is a NULL in its place.  Its neighbours find that out
 * by deadlines, go on or wait as their policy says, and the call returns when
 * they cannot go on; put a recovered torus there, rse_rejoined, call again.
 */
#ifndef RSE_PORT_RUNNER_H
#define RSE_PORT_RUNNER_H

#include <rse_braid.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The reference: step one torus after the other. */
int rse_braid_run_sequential(struct rse_torus **, uint32_t n, uint64_t batch);
/* `threads` pthreads share the tori; 0 or -1 with errno set. */
int rse_braid_run_threads(struct rse_torus **, uint32_t n, uint32_t threads,
    uint64_t batch);

#ifdef __cplusplus
}
#endif

#endif
