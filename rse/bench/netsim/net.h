/* SPDX-License-Identifier: MIT */
/*
 * rse/bench/netsim/net.h - a braid on a network, as a recurrence.
 */
#ifndef RSE_BENCH_NET_H
#define RSE_BENCH_NET_H

#include <stdint.h>
#include <stdio.h>

/* Times in seconds. */
struct net {
	double compute;	  /* mean of an epoch's events */
	double skew;	  /* share of it that is exponential */
	double latency;	  /* one way */
	double jitter;	  /* mean of the exponential part */
	double bandwidth; /* bytes a second, of one torus's link */
	double make, apply; /* of a projection */
	uint64_t seed;
};

struct figure {
	double rate;	/* epochs a second */
	double waiting; /* share of the time */
	double bytes;	/* a torus sends in an epoch; the busiest one */
};

/*
 * Bytes on the wire: a datagram has 66 of Ethernet, IP and UDP, a frame of
 * RSEP 84 of header and tag.  A projection of 4208 makes five.
 */
#define NET_PROJECTION (4208 + 5 * (66 + 84.0))
#define NET_ACK	       (66 + 84 + 16.0)
#define NET_SMALL      (66 + 16.0) /* a message of a barrier */

/* Seconds torus `i` computes in epoch `e`. */
double net_compute(const struct net *, uint64_t i, uint64_t e);
/* Each runs `epochs` epochs of `n` tori, the first quarter unmeasured. */
struct figure net_braid(const struct net *, uint32_t n, uint32_t epochs);
struct figure net_barrier(const struct net *, uint32_t n, uint32_t epochs);
struct figure net_star(const struct net *, uint32_t n, uint32_t epochs);
/* Tori late by more than half of a pause of torus 0, `after` epochs later. */
uint32_t net_pause(const struct net *, uint32_t n, double pause,
    uint32_t after);

/* One line of a plot. */
struct curve {
	const char *name, *colour;
	uint32_t points;
	double n[16];
	struct figure at[16];
};
int net_plot(const char *path, const struct curve *, uint32_t curves,
    const char *under);

/* The protocol itself, n threads that sleep; 0 if it cannot be run. */
double net_real(const struct net *, uint32_t n, uint32_t epochs);

#endif
