/* SPDX-License-Identifier: MIT */
/*
 * usr.bin/rsectl/setup.h - set-up files: read, checked, and cut into what
 * goes to each torus.
 */
#ifndef RSECTL_SETUP_H
#define RSECTL_SETUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "tori.h"
#include "words.h"

#define SETUP_ERROR (WORDS_WHY + 300)

/* Lines of ctl for one receiver, and the line of the file each is from. */
struct block {
	unsigned torus; /* or BRAID */
	char *text;
	size_t len, room;
	unsigned *from, count;
	size_t count_room;
};

struct setup {
	const char *path; /* as complaints show it */
	unsigned line;
	bool wanted[TORI]; /* whom lines are for */
	struct block *block;
	unsigned blocks;
	unsigned total; /* lines of all blocks */
	char error[SETUP_ERROR];
};

/*
 * Read a whole set-up, of which nothing is carried out.  False: `error` says
 * what is wrong, as FILE:LINE: why.  setup_free either way.
 */
bool setup_read(struct setup *, FILE *, const char *path);
void setup_free(struct setup *);

#endif
