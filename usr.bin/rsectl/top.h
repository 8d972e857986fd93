/* SPDX-License-Identifier: MIT */
/*
 * usr.bin/rsectl/top.h - what top shows.
 */
#ifndef RSECTL_TOP_H
#define RSECTL_TOP_H

#include <stdbool.h>

#include "tori.h"

#define TRACE	  256 /* rates remembered */
#define WIDE_MOST 250 /* columns drawn at most */

struct row {
	bool alive; /* else only state and health */
	char state[16], health[16];
	unsigned long long processed, pending, processes, edges, epoch, time;
	unsigned long long violations, flux;
	double rate; /* events a second */
	double trace[TRACE];
	unsigned traced;
};

struct view {
	struct row row[TORI];
	bool rsed; /* it answers */
	unsigned long long checkpoints, recoveries;
	char message[200]; /* why a key did nothing */
	bool screen;	   /* escapes are understood */
	bool coloured;
	unsigned wide, high;
};

/* top_draw.c */
void top_draw(const struct view *);

#endif
