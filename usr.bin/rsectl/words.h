/* SPDX-License-Identifier: MIT */
/*
 * usr.bin/rsectl/words.h - what may stand in a line of ctl.
 */
#ifndef RSECTL_WORDS_H
#define RSECTL_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#define WORDS_MOST 17  /* in a line */
#define WORDS_LINE 400 /* bytes of a line, with its NUL */
#define WORDS_WHY  400 /* room for a complaint */

/* Where a line stands decides which words there are. */
enum words_place { WORDS_TORUS, WORDS_BRAID, WORDS_SETUP,
	WORDS_SETUP_BRAID };

/*
 * Is this a line that the device could carry out?  If not, `why` says in a
 * sentence what is wrong and what would be right.  A first word that is not
 * known is a complaint in a set-up; elsewhere the device decides.
 */
bool words_check(enum words_place, char *const *word, unsigned n,
    char why[WORDS_WHY]);
/* Words joined by blanks; false, with the reason, if that gets too long. */
bool words_join(char line[WORDS_LINE], char *const *word, unsigned n,
    char why[WORDS_WHY]);
/* A coordinate; false if it is not one. */
bool words_coordinate(const char *, long *);

#endif
