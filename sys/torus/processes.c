/* SPDX-License-Identifier: MIT */
/*
 * sys/torus/processes.c: the file `processes`: one line for each process.
 *
 * In the order of the cells, so that whoever draws the lattice reads it as it
 * comes. A torus may have tens of thousands of them: without a buffer a bound
 * is returned, and the text is made once.
 */
#include "torus/torus_internal.h"

#define ROW_MOST 96 /* six numbers, the longest name and their blanks */

static void
row_add(struct torus_text *tt, const struct rse_torus *t,
    const struct rse_process *p)
{
	uint32_t at[3];

	rse_node_coords(t, p->node, at);
	torus_text_add(tt, "%u %u %u %u %s %ld %lu\n", p->pid, at[0], at[1],
	    at[2], rse_behaviour_name(t, p->behaviour), p->state, p->handled);
}

size_t
torus_processes_format(struct torus *to, char *buf, size_t len)
{
	struct torus_text tt = { buf, len, 0 };
	const struct rse_process *p;
	const struct rse_config *c;
	struct rse_stats stats;
	uint32_t node, cells;

	if (to->to_rse == NULL)
		return 0;
	c = rse_torus_config(to->to_rse);
	cells = c->dim[0] * c->dim[1] * c->dim[2];
	rse_torus_stats(to->to_rse, &stats);
	if (buf == NULL)
		return (1 + (size_t)stats.processes) * ROW_MOST;
	torus_text_add(&tt, "pid x y z behaviour state handled\n");
	for (node = 0; node < cells; node++)
		for (p = rse_process_at(to->to_rse, node, NULL); p != NULL;
		     p = rse_process_at(to->to_rse, node, p))
			row_add(&tt, to->to_rse, p);
	return tt.tt_len;
}
