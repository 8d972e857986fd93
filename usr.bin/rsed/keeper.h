/* SPDX-License-Identifier: MIT */
/*
 * usr.bin/rsed/keeper.h - checkpoints of the braid, and going back to one.
 */
#ifndef RSED_KEEPER_H
#define RSED_KEEPER_H

#include <stddef.h>

#include "conf.h"

void keeper_init(const struct conf *);
/* After boot: bring the last checkpoint back if no torus was used yet. */
void keeper_restore_at_boot(void);
/* Save all tori at one moment.  0, or -1 with errno. */
int keeper_save(void);
/* All tori back to the last checkpoint.  0, or -1 with errno. */
int keeper_restore(void);
/* Look whether a torus died, and recover it if that is wanted. */
void keeper_watch(void);
/* `key value` lines: what was saved and what was recovered. */
size_t keeper_status(char *, size_t);

#endif
