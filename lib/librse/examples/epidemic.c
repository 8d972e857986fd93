/* SPDX-License-Identifier: MIT */
/*
 * lib/librse/examples/epidemic.c - an SIR epidemic on a 64 x 20 plane, drawn
 * as frames of characters: `.` susceptible, `#` infected, `o` recovered.
 *
 * Use: epidemic [seed]
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <librse.h>

#define WIDE 64
#define HIGH 20

static void
frame(const struct rse_torus *t, uint64_t unit)
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
	printf("time %" PRIu64 ": %u susceptible, %u infected, "
	    "%u recovered\n\n", unit, count[0], count[1], count[2]);
}

int
main(int argc, char **argv)
{
	struct rse_config c;
	struct rse_event e = { 0 };
	struct rse_stats s;
	struct rse_torus *t;
	uint64_t unit = 0;
	uint32_t i;

	rse_config_default(&c);
	c.dim[0] = WIDE;
	c.dim[1] = HIGH;
	c.dim[2] = 1;
	c.behaviour = RSE_SIR;
	c.infect = UINT32_MAX / 10 * 7;
	c.recover = 2u << RSE_TICK_BITS;
	c.seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
	t = rse_new(&c);
	if (t == NULL) {
		perror("epidemic");
		return 1;
	}
	for (i = 0; i < WIDE * HIGH; i++)
		rse_spawn(t, i, NULL);
	e.dst = e.src = rse_node(t, WIDE / 2, HIGH / 2, 0);
	rse_inject(t, &e);
	do {
		unit += 4;
		rse_torus_run(t, UINT64_MAX, unit << RSE_TICK_BITS);
		frame(t, unit);
		rse_torus_stats(t, &s);
	} while (s.pending > 0);
	rse_free(t);
	return 0;
}
