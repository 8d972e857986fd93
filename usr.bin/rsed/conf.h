/* SPDX-License-Identifier: MIT */
/*
 * usr.bin/rsed/conf.h - /etc/rse.conf, read by rsed and by rsectl -d.
 */
#ifndef RSED_CONF_H
#define RSED_CONF_H

#include <stdbool.h>

#define RSE_CONF "/etc/rse.conf"

struct conf {
	char setup[256];     /* loaded when there is nothing to start */
	char state[256];     /* where checkpoints are kept */
	unsigned checkpoint; /* seconds from one to the next, 0: never */
	bool restore;	     /* the last checkpoint, after boot */
	bool resume;	     /* start what was running in it */
	bool recover;	     /* a torus that died */
};

/*
 * Defaults, then the file.  A file that is not there is an empty one.  False:
 * `error` says what is wrong, as "FILE:LINE: why".
 */
bool conf_read(struct conf *, const char *path, char *error, unsigned len);

#endif
