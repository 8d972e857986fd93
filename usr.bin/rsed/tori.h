/* SPDX-License-Identifier: MIT */
/*
 * usr.bin/rsed/tori.h - what rsed and rsectl both do with the device.
 */
#ifndef RSED_TORI_H
#define RSED_TORI_H

#include <stdbool.h>
#include <stddef.h>

#define TORI	   3
#define BRAID	   TORI /* in place of a torus's number */
#define RSED_SOCKET "/run/rsed.sock"

struct braid_view {
	bool braided;
	struct {
		char state[16]; /* as in status, or "absent", "dead" */
		unsigned long long processed, pending;
		unsigned kills, recoveries;
		char last_recovery[16]; /* "exact", "failed" and so on */
		char reason[48];	/* of one that failed */
	} torus[TORI];
};

/* 0, or -1 with errno. */
int braid_look(struct braid_view *);
/* Does it run, or would it if it had anything to do? */
bool state_is_running(const char *state);
/*
 * Write lines to ctl, one at a time.  0, or -1 with errno and the number,
 * from 1, of the line that was refused; those after it were not tried.
 */
int ctl_lines(unsigned torus, const char *lines, size_t len,
    unsigned *refused);

#endif
