/* SPDX-License-Identifier: MIT */
/*
 * usr.bin/rsectl/number.h - numbers as people read them.
 */
#ifndef RSECTL_NUMBER_H
#define RSECTL_NUMBER_H

#include <stddef.h>

/* 1234567 as 1.23M; at most 8 characters.  Returns buf. */
const char *number_short(char *buf, size_t len, double v);

#endif
