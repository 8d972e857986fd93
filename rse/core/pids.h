/* SPDX-License-Identifier: MIT */
/*
 * rse/core/pids.h - finding something by the number of a process.
 *
 * A search tree over the bits of the number, lowest first, with a key in
 * every node; node i belongs to item i of whatever is looked up.
 *
 * Invariant: a node d steps below the root agrees with its d ancestors' turns
 * in the d lowest bits of its number, so no way is longer than 32 steps,
 * whatever numbers a snapshot from outside may hold.
 *
 * Why not a hash table: its worst case is as long as the list it replaces,
 * and a table that is never full takes more memory than two links an item.
 */
#ifndef RSE_CORE_PIDS_H
#define RSE_CORE_PIDS_H

#include <stdint.h>

#define PIDS_NONE UINT32_MAX

struct pid_node {
	uint32_t pid;
	uint32_t child[2];
};

struct pid_index {
	struct pid_node *node;
	uint32_t root;
};

void rse_pids_clear(struct pid_index *);
/* The item with this number, or PIDS_NONE. */
uint32_t rse_pids_find(const struct pid_index *, uint32_t pid);
/* PIDS_NONE, or the item that has the number already: nothing is done. */
uint32_t rse_pids_add(struct pid_index *, uint32_t item, uint32_t pid);
/* The number is there. */
void rse_pids_drop(struct pid_index *, uint32_t pid);

#endif
