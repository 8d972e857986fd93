/* SPDX-License-Identifier: MIT */
/*
 * usr.bin/rsectl/rsectl.h - what the files of rsectl share.
 */
#ifndef RSECTL_H
#define RSECTL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "tori.h"

/* Exit codes, as in rsectl(1). */
enum { EXIT_OK, EXIT_REFUSED, EXIT_USAGE, EXIT_UNREACHABLE };

extern bool json;   /* --json */
extern bool direct; /* -d */

/* Say what went wrong and leave. */
void fail(int code, const char *format, ...)
    __attribute__((format(printf, 2, 3), noreturn));

/* A command of the table: the rest of the line, its name first. */
typedef int command_fn(int argc, char **argv);

/* act.c: commands that change something. */
command_fn do_start, do_word, do_torus_word, do_ctl, do_braid, do_load;
int torus_number(const char *);	   /* -1: all; fails if it is none */
unsigned torus_one(const char *);  /* fails if it is all */

/* recover.c */
command_fn do_recover;

/* disk.c: snapshots, and whole files. */
command_fn do_snapshot, do_restore;
/* A file, or nothing of it; - is standard output.  Fails if it cannot. */
void file_put(const char *path, const void *data, size_t len);

/* talk.c: requests, through rsed or to the device. */
int ask_ctl(unsigned torus, const char *lines, size_t len, unsigned *refused);
extern int rsed_patience; /* milliseconds that rsed may take to answer */
void tell(unsigned torus, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* An answer's text, which the caller frees; fails if there is no rsed. */
char *ask_rsed(const char *word);
char *try_rsed(const char *word); /* NULL with errno */

/* reason.c: sentences */
const char *reason(const char *line, int error); /* why it was refused */
const char *rsed_reason(const char *word, int error);
const char *rsed_trouble(int error); /* NULL: it is not rsed */
int code_of(int error); /* to leave with: is nobody there, or is it a no? */

/* show.c: files of the device, as text or JSON. */
command_fn do_status, do_stats, do_project, do_processes;
char *file_try(unsigned torus, const char *name, size_t *len); /* or NULL */
char *file_read(unsigned torus, const char *name, size_t *len);
/* A value in a text of keys and values; NULL: it is not there. */
const char *value_find(const char *text, const char *key);
unsigned long long value_number(const char *text, const char *key);
void value_word(const char *text, const char *key, char *out, size_t len);

/* json.c */
void json_string(FILE *, const char *s, size_t len);
void json_text(const char *text);  /* keys and values: an object */
void json_words(const char *text); /* what ctl gives: an array */
void json_table(const char *text); /* rows below a row of names: an array */

/* load.c: set-up files. */
void setup_load(const char *path);

/* top.c */
command_fn do_top;

/* plot.c */
command_fn do_plot;

#endif
