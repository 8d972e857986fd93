/* SPDX-License-Identifier: MIT */
/*
 * rse/tools/setup.h - set-up files: words of ctl, and some of their own.
 *
 *	torus X Y Z [events]	the lattice (first line, else 32 32 32)
 *	braid N			that many tori, all alike (second line)
 *	on I			what follows is for torus I (else for all)
 *	ring N DELAY EVENTS	cells 0..N-1 in a ring, an event on the first
 *	lattice X Y Z DELAY	edges +x, +y, +z where there is more than 1
 *	grid X Y DELAY		edges +x, +y, open at the far sides
 *	run N [UNTIL]		handle at most N events (a torus alone)
 *	epochs N		run a braid until epoch N
 *	expect KEY VALUE	processed, time, pending, digest (of the run),
 *				state (digest of the state)
 *
 * All else goes to rse_ctl_execute.  `#` begins a comment.
 */
#ifndef RSE_TOOLS_SETUP_H
#define RSE_TOOLS_SETUP_H

#include <stdio.h>

#include <rse_text.h>

#define SETUP_TORI 96

struct setup {
	struct rse_config config;
	struct rse_torus *t[SETUP_TORI];
	void *mem[SETUP_TORI];
	uint32_t n;
	uint32_t on; /* torus, or n: all */
	uint32_t threads; /* 0: sequential */
	uint32_t failed;  /* expectations */
	const char *name;
	uint32_t line;
	/* How `epochs` is run; NULL: here.  Else only torus `own` is run. */
	int (*epochs)(struct setup *, uint64_t);
	uint32_t own, ranks;
};

/* 0, or -1 after a message on stderr. */
int setup_read(struct setup *, const char *path);
int setup_ready(struct setup *); /* the tori exist from here on */
void setup_free(struct setup *);
void setup_print(const struct setup *, FILE *);

#endif
