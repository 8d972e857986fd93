/* SPDX-License-Identifier: MIT */
/*
 * rse/core/pids.c - items by the number of a process; see pids.h.
 */
#include "pids.h"

void
rse_pids_clear(struct pid_index *ix)
{
	ix->root = PIDS_NONE;
}

uint32_t
rse_pids_find(const struct pid_index *ix, uint32_t pid)
{
	uint32_t at = ix->root, bits;

	for (bits = pid; at != PIDS_NONE && ix->node[at].pid != pid; bits >>= 1)
		at = ix->node[at].child[bits & 1];
	return at;
}

/* The link that leads to the number, or where one would have to be. */
static uint32_t *
link_of(struct pid_index *ix, uint32_t pid)
{
	uint32_t *link = &ix->root, bits;

	for (bits = pid; *link != PIDS_NONE && ix->node[*link].pid != pid;
	     bits >>= 1)
		link = &ix->node[*link].child[bits & 1];
	return link;
}

uint32_t
rse_pids_add(struct pid_index *ix, uint32_t item, uint32_t pid)
{
	uint32_t *link = link_of(ix, pid);
	struct pid_node *n = &ix->node[item];

	if (*link != PIDS_NONE)
		return *link;
	n->pid = pid;
	n->child[0] = n->child[1] = PIDS_NONE;
	*link = item;
	return PIDS_NONE;
}

/* Any leaf below agrees in as many bits as the place asks for. */
void
rse_pids_drop(struct pid_index *ix, uint32_t pid)
{
	uint32_t *link = link_of(ix, pid), *leaf = link, at = *link, last;
	struct pid_node *n;

	for (n = &ix->node[at]; n->child[0] != PIDS_NONE ||
	     n->child[1] != PIDS_NONE; n = &ix->node[*leaf])
		leaf = &n->child[n->child[0] == PIDS_NONE];
	last = *leaf;
	*leaf = PIDS_NONE;
	if (last == at)
		return;
	ix->node[last].child[0] = ix->node[at].child[0];
	ix->node[last].child[1] = ix->node[at].child[1];
	*link = last;
}
