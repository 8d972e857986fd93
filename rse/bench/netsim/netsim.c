/* SPDX-License-Identifier: MIT */
/*
 * rse/bench/netsim/netsim.c - rse-netsim: how a braid scales on a network.
 *
 * Use: rse-netsim [-c compute] [-k skew] [-l latency] [-j jitter]
 *	    [-b bandwidth] [-s seed] [-n most] [-p file.svg]
 *	rse-netsim -r [the same]
 * Times in microseconds (1000, 50, 10), skew 0..1 (0.2), bandwidth in
 * Mbit/s (10000).  The first form prints a table for 3 to `most` (10^6)
 * tori, and draws it.  With -r the protocol itself runs beside the model,
 * with 3 to 48 tori.  What is computed follows from the numbers given alone.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net.h"

#define WORK 4e7   /* tori times epochs in a row */
#define MANY 20000 /* tori, whose mean over an epoch hardly varies */

static const uint32_t sizes[] = { 3, 12, 48, 192, 999, 3000, 9999, 30000,
	99999, 300000, 999999 };

#define SIZES (sizeof(sizes) / sizeof(sizes[0]))

static uint32_t
braid_epochs(uint32_t n)
{
	double e = WORK / n;

	return e > 3000 ? 3000 : e < 96 ? 96 : (uint32_t)e;
}

/* After a barrier all is as at the beginning: few epochs are enough. */
static uint32_t
rounds_epochs(uint32_t n)
{
	return n > MANY ? 12 : 240;
}

static void
row_print(uint32_t n, const struct curve *c)
{
	uint32_t i, k = c[0].points - 1;

	printf("%8u", n);
	for (i = 0; i < 3; i++)
		printf(" %9.1f %6.1f", c[i].at[k].rate,
		    100 * c[i].at[k].waiting);
	printf(" %7.0f %8.0f %11.4g\n", c[0].at[k].bytes, c[1].at[k].bytes,
	    c[2].at[k].bytes);
	fflush(stdout);
}

static void
row_add(const struct net *net, uint32_t n, struct curve *c)
{
	uint32_t k = c[0].points, i;

	for (i = 0; i < 3; i++) {
		c[i].n[k] = n;
		c[i].points++;
	}
	c[0].at[k] = net_braid(net, n, braid_epochs(n));
	c[1].at[k] = net_barrier(net, n, rounds_epochs(n));
	c[2].at[k] = net_star(net, n, rounds_epochs(n));
	row_print(n, c);
}

static void
describe(const struct net *net, char *text, size_t len)
{
	snprintf(text, len, "An epoch computes %g ms (%g %% of it "
	    "exponential); latency %g µs, jitter %g µs; %g Gbit/s a "
	    "torus; seed %llu.", net->compute * 1e3, net->skew * 100,
	    net->latency * 1e6, net->jitter * 1e6, net->bandwidth * 8e-9,
	    (unsigned long long)net->seed);
}

static int
table(const struct net *net, uint32_t most, const char *path)
{
	struct curve c[3] = { { .name = "braid", .colour = "#1b6ca8" },
		{ .name = "barrier", .colour = "#c8553d" },
		{ .name = "coordinator", .colour = "#7a828c" } };
	char text[256];
	uint32_t i;

	describe(net, text, sizeof(text));
	printf("%s\n\n%8s %16s %16s %16s %28s\n", text, "", "braid",
	    "barrier", "coordinator", "bytes sent in an epoch");
	printf("%8s %9s %6s %9s %6s %9s %6s %7s %8s %11s\n", "tori",
	    "epochs/s", "wait %", "epochs/s", "wait %", "epochs/s", "wait %",
	    "braid", "barrier", "coordinator");
	for (i = 0; i < SIZES && sizes[i] <= most; i++)
		row_add(net, sizes[i], c);
	printf("\nOne torus of 999 pauses for 50 epochs' work: tori that are "
	    "late by half of it\nafter 1, 3, 10, 100 epochs: %u, %u, %u, %u "
	    "(with a barrier: all at once)\n",
	    net_pause(net, 999, 50 * net->compute, 1),
	    net_pause(net, 999, 50 * net->compute, 3),
	    net_pause(net, 999, 50 * net->compute, 10),
	    net_pause(net, 999, 50 * net->compute, 100));
	return path == NULL ? 0 : net_plot(path, c, 3, text) != 0;
}

static int
real(const struct net *net)
{
	static const uint32_t n[] = { 3, 6, 12, 24, 48 };
	const uint32_t run = 96;
	double model, measured;
	char text[256];
	uint32_t i;

	describe(net, text, sizeof(text));
	printf("%s\n\n%6s %12s %12s %8s\n", text, "tori", "model", "measured",
	    "ratio");
	for (i = 0; i < sizeof(n) / sizeof(n[0]); i++) {
		model = net_braid(net, n[i], run).rate;
		measured = net_real(net, n[i], run);
		if (measured == 0) {
			fprintf(stderr, "rse-netsim: the run of %u tori "
			    "failed\n", n[i]);
			return 1;
		}
		printf("%6u %12.2f %12.2f %8.3f\n", n[i], model, measured,
		    measured / model);
		fflush(stdout);
	}
	return 0;
}

static double
number(const char *text, double most)
{
	char *end;
	double v = strtod(text, &end);

	if (end == text || *end != '\0' || !(v >= 0 && v <= most)) {
		fprintf(stderr, "rse-netsim: not a number in range: %s\n",
		    text);
		exit(2);
	}
	return v;
}

int
main(int argc, char **argv)
{
	struct net net = { .compute = 1e-3, .skew = 0.2, .latency = 50e-6,
		.jitter = 10e-6, .bandwidth = 1.25e9, .make = 6e-6,
		.apply = 6e-6, .seed = 1 };
	const char *path = NULL;
	uint32_t most = 1000000;
	int c, against = 0;

	while ((c = getopt(argc, argv, "c:k:l:j:b:s:n:p:r")) != -1)
		switch (c) {
		case 'c': net.compute = number(optarg, 1e9) * 1e-6; break;
		case 'k': net.skew = number(optarg, 1); break;
		case 'l': net.latency = number(optarg, 1e9) * 1e-6; break;
		case 'j': net.jitter = number(optarg, 1e9) * 1e-6; break;
		case 'b': net.bandwidth = number(optarg, 1e9) / 8e-6; break;
		case 's': net.seed = (uint64_t)number(optarg, 1e15); break;
		case 'n': most = (uint32_t)number(optarg, 1e6); break;
		case 'p': path = optarg; break;
		case 'r': against = 1; break;
		default: return 2;
		}
	if (optind != argc || net.bandwidth == 0 || net.compute == 0) {
		fprintf(stderr, "usage: rse-netsim [-r] [-c us] [-k share] "
		    "[-l us] [-j us] [-b Mbit/s] [-s seed] [-n tori] "
		    "[-p file.svg]\n");
		return 2;
	}
	return against ? real(&net) : table(&net, most, path);
}
