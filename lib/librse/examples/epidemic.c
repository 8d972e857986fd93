/* SPDX-License-Identifier: MIT */
/*
 * lib/librse/examples/epidemic.c - an SIR epidemic on a plane, as frames of
 * characters: `.` susceptible, `#` infected, `o` recovered.
 *
 * Use: epidemic [seed [milliseconds]]
 *	With a second number it is a film: each frame is drawn over the one
 *	before and stands for so long.
 */
#define _POSIX_C_SOURCE 200809L

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <librse.h>

#define WIDE 64
#define HIGH 20
#define UNIT (UINT64_C(1) << RSE_TICK_BITS) /* of virtual time, in ticks */

/* One process a cell; the infection begins in the middle. */
static struct rse_torus *
plane_new(uint64_t seed)
{
	struct rse_event first = { 0 };
	struct rse_config c;
	struct rse_torus *t;
	uint32_t i;

	rse_config_default(&c);
	c.dim[0] = WIDE;
	c.dim[1] = HIGH;
	c.dim[2] = 1;
	c.seed = seed;
	c.behaviour = RSE_SIR;
	c.infect = UINT32_MAX / 10 * 7; /* of each neighbour: 0.7 */
	c.recover = 2 * UNIT;		/* ill for two units on average */
	t = rse_new(&c);
	if (t == NULL)
		return NULL;
	for (i = 0; i < WIDE * HIGH; i++)
		rse_spawn(t, i, NULL);
	first.dst = first.src = rse_node(t, WIDE / 2, HIGH / 2, 0);
	rse_inject(t, &first);
	return t;
}

static void
frame_draw(const struct rse_torus *t, uint64_t units)
{
	static const char mark[] = { '.', '#', 'o' };
	const struct rse_process *p;
	uint32_t count[3] = { 0 };
	int x, y;

	for (y = 0; y < HIGH; y++) {
		for (x = 0; x < WIDE; x++) {
			p = rse_process_at(t, rse_node(t, x, y, 0), NULL);
			count[p->state]++;
			putchar(mark[p->state]);
		}
		putchar('\n');
	}
	printf("time %" PRIu64 ": %" PRIu32 " susceptible, %" PRIu32
	    " infected, %" PRIu32 " recovered\n\n", units, count[0], count[1],
	    count[2]);
	fflush(stdout);
}

int
main(int argc, char **argv)
{
	char *end = NULL, *end_ms = NULL;
	uint64_t seed = argc > 1 ? strtoull(argv[1], &end, 10) : 1;
	long ms = argc > 2 ? strtol(argv[2], &end_ms, 10) : 0;
	struct timespec pause = { ms / 1000, ms % 1000 * 1000000 };
	uint64_t units = 0, step = ms > 0 ? 1 : 4;
	struct rse_torus *t;
	struct rse_stats s;

	if (ms < 0 || (end != NULL && (end == argv[1] || *end != 0)) ||
	    (end_ms != NULL && (end_ms == argv[2] || *end_ms != 0))) {
		fprintf(stderr, "usage: epidemic [seed [milliseconds]]\n");
		return 1;
	}
	t = plane_new(seed);
	if (t == NULL) {
		perror("epidemic");
		return 1;
	}
	if (ms > 0)
		printf("\033[2J"); /* an empty screen */
	do {
		units += step;
		rse_torus_run(t, RSE_FOREVER, units * UNIT);
		if (ms > 0)
			printf("\033[H"); /* back to its first line */
		frame_draw(t, units);
		if (ms > 0)
			nanosleep(&pause, NULL);
		rse_torus_stats(t, &s);
	} while (s.pending > 0);
	rse_free(t);
	return 0;
}
