/* SPDX-License-Identifier: MIT */
/*
 * usr.bin/rsectl/plot.h - what a picture of the tori shows.
 */
#ifndef RSECTL_PLOT_H
#define RSECTL_PLOT_H

#include <stdbool.h>
#include <stdint.h>

#include "tori.h"

#define NOBODY (-1.0) /* activity of a column of cells without processes */

struct plot_torus {
	bool blank; /* dead, or not read: only status is filled in */
	char state[16], health[16], behaviour[16];
	unsigned dim[3];
	unsigned long long epoch, time, processed, pending, processes;
	unsigned long long violations, flux_in, flux_out;
	double rate;	  /* events a second, just now */
	double *activity; /* X * Y: events handled, summed over z */
	double *face;	  /* Y * Z: flux out through face x = 0 */
};

struct plot {
	bool braided;
	struct plot_torus torus[TORI];
};

/* plot_read.c; fails if there is no device. */
void plot_read(struct plot *);
void plot_free(struct plot *);

#endif
