/* SPDX-License-Identifier: MIT */
/*
 * rse/tools/store.h - a run of a set-up file, kept so that it can go on.
 *
 * Use: store_open a folder for the text of a file; it says where the run that
 * is kept there stands, if there is one.  Give store_resume to setup_parse as
 * `resume` and store_keep as `kept`, with the store as `arg`.
 *
 * Invariants:
 * (1) In the folder there is nothing, or a run that is whole: a new one is
 *     written beside it, reaches the disk, and then takes its name.
 * (2) Of what is read nothing is believed before its length and its CRC.
 */
#ifndef RSE_TOOLS_STORE_H
#define RSE_TOOLS_STORE_H

#include "setup.h"

struct store {
	int dir;       /* of the folder, locked */
	uint64_t text; /* hash of the set-up file */
	uint8_t *kept; /* the run that was found, NULL: none */
	size_t len, at; /* its bytes; where its tori begin */
};

/* Both: 0, or RSE_E*; `s` is changed only by 0, and only what is kept. */
int store_decode(struct store *, struct setup *s);
/* A new buffer for the caller to free.  NULL: out of memory. */
uint8_t *store_encode(const struct store *, struct setup *, size_t *len);

/* 0, or -1: complaints go to `s`. */
int store_open(struct store *, const char *folder, struct setup *s);
void store_close(struct store *);
int store_resume(struct setup *);
int store_keep(struct setup *);

#endif
