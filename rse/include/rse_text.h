/* SPDX-License-Identifier: MIT */
/*
 * rse/include/rse_text.h - the engine in text: status, stats, projections,
 * events, and the words of ctl.
 *
 * Use: /dev/torusN, librse and rsectl share these, so that a word means the
 * same everywhere.  The formatters return the length the whole text has (as
 * snprintf) and write at most `len` bytes, always ended by a NUL if len > 0.
 *
 * Locks: none, as in rse.h.  The tables are constant.
 */
#ifndef RSE_TEXT_H
#define RSE_TEXT_H

#include "rse_braid.h"

#ifdef __cplusplus
extern "C" {
#endif

#define RSE_CTL_WORDS 16 /* most words in a line */

struct rse_ctl_word {
	const char *name;
	const char *args; /* as in a man page */
	const char *help;
	uint8_t least, most; /* arguments */
};

struct rse_ctl_result {
	int error;     /* enum rse_error */
	uint32_t word; /* which word was wrong, 0 = the first */
	uint32_t pid;  /* of a spawned process */
};

size_t rse_status_format(const struct rse_torus *, char *buf, size_t len);
size_t rse_stats_format(const struct rse_torus *, char *buf, size_t len);
/* `wire` is verified first: an error (negative) if it is not sound. */
ptrdiff_t rse_projection_format(const struct rse_torus *,
    const uint8_t *wire, size_t wire_len, char *buf, size_t len);
size_t rse_event_format(const struct rse_event *, char *buf, size_t len);

/* The table of words, ended by one with a NULL name. */
const struct rse_ctl_word *rse_ctl_words(void);
/* The names that `config` knows, ended by NULL. */
const char *const *rse_ctl_keys(void);
/* Carry out one line (no newline needed).  An empty line is RSE_OK. */
int rse_ctl_execute(struct rse_torus *, const char *line, size_t len,
    struct rse_ctl_result *);
/*
 * The configuration the torus would have after the line, which changes
 * nothing: whoever owns the torus may see to it first that it can be had.
 */
int rse_ctl_config(const struct rse_torus *, const char *line, size_t len,
    struct rse_config *, struct rse_ctl_result *);

#ifdef __cplusplus
}
#endif

#endif
