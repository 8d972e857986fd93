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
 *
 * Use: rse_config_default(&s.config), set what is marked [given], then
 * setup_read.  With `ranks` not 0 this process is one of several that carry
 * out the same file: only the tori of its block exist, the others are NULL.
 *
 * A run can be taken up again at each call of `kept`: what stands in `at`,
 * `on`, `failed` and `said`, and the tori, are all there is to keep.  Put that
 * `at` into `from`, and `resume` is called when its line is reached; of the
 * lines before only those that shape the tori are carried out.
 */
#ifndef RSE_TOOLS_SETUP_H
#define RSE_TOOLS_SETUP_H

#include <stdio.h>

#include <rse_text.h>

#define SETUP_TORI 3072
#define SETUP_SAID 2048
#define SETUP_LINE 512
#define SETUP_END  UINT32_MAX /* line of a place: all is carried out */

/* Between two steps of a line. */
struct setup_place {
	uint32_t line;	/* 0: the beginning */
	uint32_t torus; /* `run`: the one that is at it */
	uint64_t done;	/* and its events so far */
};

struct setup {
	struct rse_config config; /* [given] */
	uint32_t threads; /* [given] 0: sequential */
	uint32_t rank, ranks; /* [given] this process, and of how many */
	uint64_t most; /* [given] a line may ask for; 0: anything */
	/* How `epochs` is run; NULL: here. [given] */
	int (*epochs)(struct setup *, uint64_t);
	/* Looks on between two steps; -1 stops.  May be NULL. [given] */
	int (*kept)(struct setup *);
	uint64_t piece; /* [given] `run`: that many events are a step */
	/* Brings the rest of what was kept at `from` back; 0 or -1. [given] */
	int (*resume)(struct setup *);
	struct setup_place from; /* [given] */
	struct setup_place at;	 /* for `kept` */
	void *arg; /* [given] of those who call and are called */

	struct rse_torus *t[SETUP_TORI];
	void *mem[SETUP_TORI];
	uint32_t n;
	uint32_t first, end; /* the tori of this process */
	int made;	     /* the tori exist */
	uint32_t on;	     /* torus, or n: all */
	uint32_t failed;     /* expectations */
	int held;	     /* setup_arrived: by tori of other processes */
	const char *name;
	uint32_t line;
	char said[SETUP_SAID]; /* messages, each a line */
	size_t used, fatal; /* bytes of them; those before the last */
};

/* What is printed of a torus. */
struct setup_row {
	uint64_t processed, time, pending, refused;
	uint64_t digested, run; /* config digest=1, and that digest */
	uint64_t state;
};

/* 0, or -1: the last line of `said` says why. */
int setup_read(struct setup *, const char *path);
int setup_parse(struct setup *, FILE *, const char *name);
int setup_ready(struct setup *); /* the tori exist from here on */
void setup_free(struct setup *);
void setup_row(const struct setup *, uint32_t torus, struct setup_row *);
void setup_print(const struct setup *, const struct setup_row *, FILE *);

/* For those who bring `epochs`: let all run to it; are all there? */
void setup_start(struct setup *, uint64_t epoch);
int setup_arrived(struct setup *, uint64_t epoch);
int setup_complain(struct setup *, const char *what, const char *word); /* -1 */
/* Contiguous blocks: the first torus of a rank, the rank of a torus. */
uint32_t setup_first(const struct setup *, uint32_t rank);
uint32_t setup_owner(const struct setup *, uint32_t torus);

#endif
