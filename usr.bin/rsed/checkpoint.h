/* SPDX-License-Identifier: MIT */
/*
 * usr.bin/rsed/checkpoint.h - all tori at one moment, as a file.
 *
 * Use: checkpoint_take or checkpoint_read, then checkpoint_free whatever the
 * result.  All return 0, or -1 with errno.
 */
#ifndef RSED_CHECKPOINT_H
#define RSED_CHECKPOINT_H

#include <stdbool.h>
#include <stddef.h>

#include "tori.h"

#define SIZES		8 /* lattice and capacities */
#define CHECKPOINT_PATH 320

struct checkpoint {
	bool braided;
	bool running[TORI];
	unsigned size[TORI][SIZES];
	size_t len[TORI];
	void *data[TORI];
};

/* Hold the tori of the view for the moment it takes to read them. */
int checkpoint_take(struct checkpoint *, const struct braid_view *);
void checkpoint_free(struct checkpoint *);
int checkpoint_write(const struct checkpoint *, const char *folder);
/* EBADMSG: that is no checkpoint of this version. */
int checkpoint_read(struct checkpoint *, const char *folder);
/* Into the tori, which are stopped afterwards. */
int checkpoint_load(const struct checkpoint *, const struct braid_view *);
void checkpoint_path(char path[CHECKPOINT_PATH], const char *folder);

#endif
