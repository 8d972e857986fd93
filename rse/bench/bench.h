/* SPDX-License-Identifier: MIT */
/*
 * rse/bench/bench.h - what the files of rse-bench share.
 */
#ifndef RSE_BENCH_H
#define RSE_BENCH_H

#include <stddef.h>

#include <rse.h>

double bench_seconds(void);
struct rse_torus *bench_torus(const struct rse_config *, void **mem,
    size_t *len);
/* braid.c */
void bench_workers(void);
void bench_latency(void);

#endif
