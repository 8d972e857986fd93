/* SPDX-License-Identifier: MIT */
/*
 * rse/bench/bench.h - what the files of rse-bench share.
 */
#ifndef RSE_BENCH_H
#define RSE_BENCH_H

#include <stddef.h>
#include <stdint.h>

#include <rse.h>

#define BENCH_ROUNDS 25 /* most repetitions of a row */

/* What a row measured, one figure a repetition. */
struct figures {
	double v[BENCH_ROUNDS];
	unsigned n;
};

extern uint64_t bench_events; /* a ring handles in one repetition */
extern unsigned bench_rounds;

double bench_seconds(void);
void bench_add(struct figures *, double);
double bench_least(struct figures *);
double bench_median(struct figures *);
double bench_most(struct figures *);
/* A rate: `bar` is what section 7 asks for, 0 for none. */
void bench_rate(const char *name, struct figures *, double bar,
    const struct rse_torus *);
struct rse_torus *bench_torus(const struct rse_config *, void **mem,
    size_t *len);
uint32_t bench_node(const struct rse_torus *, uint32_t i);
void bench_ring(struct rse_torus *, uint32_t cells, uint32_t events);

/* Each prints its rows. */
void bench_rings(void);	   /* events.c */
void bench_phold(void);
void bench_phold_16(void);
void bench_exchange(void); /* exchange.c */
void bench_billion(void);
void bench_memory(void);
void bench_workers(void);  /* braid.c */
void bench_overhead(void);
void bench_latency(void);  /* latency.c */
/* How long the answers to bare datagrams took; returns how many, 0: lost. */
uint32_t bench_bare(uint64_t *ns, uint32_t rounds); /* bare.c */

#endif
