/* SPDX-License-Identifier: MIT */
/*
 * usr.bin/rsectl/rsectl.h - what the files of rsectl share.
 */
#ifndef RSECTL_H
#define RSECTL_H

#include <stdbool.h>
#include <stddef.h>

#include "tori.h"

/* Exit codes, as in rsectl(1). */
enum { EXIT_OK, EXIT_REFUSED, EXIT_USAGE, EXIT_UNREACHABLE };

extern bool json;   /* --json */
extern bool direct; /* -d */

/* Say what went wrong and leave. */
void fail(int code, const char *format, ...)
    __attribute__((format(printf, 2, 3), noreturn));

/* talk.c: requests, through rsed or to the device. */
int ask_ctl(unsigned torus, const char *lines, size_t len, unsigned *refused);
void tell(unsigned torus, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* An answer's text, which the caller frees; fails if there is no rsed. */
char *ask_rsed(const char *word);
char *try_rsed(const char *word); /* NULL with errno */

/* show.c: files of the device, as text or JSON. */
char *file_read(unsigned torus, const char *name, size_t *len);
void file_show(unsigned torus, const char *name);
void files_show(int which, const char *name);
void text_show_json(const char *text);

/* setup.c: set-up files. */
void setup_load(const char *path);

/* top.c */
int top(unsigned tenths);

#endif
