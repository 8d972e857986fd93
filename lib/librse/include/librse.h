/* SPDX-License-Identifier: MIT */
/*
 * lib/librse/include/librse.h - the torus engine for programs.
 *
 * Use: rse_new gives a torus inside the program; all of rse.h, rse_braid.h,
 * rse_recover.h and rse_text.h works on it.  rse_dev_open gives one of the
 * kernel's, by its files under /dev.  See librse(3).
 *
 * Locks: none.  What takes a torus, a keep or a store belongs to its owner,
 * as in rse.h; a device may be used by several threads at a time.
 *
 * The calls on devices return 0 or a length, or -1 with errno set.
 */
#ifndef LIBRSE_H
#define LIBRSE_H

#include <sys/types.h>

#include <rse.h>
#include <rse_braid.h>
#include <rse_recover.h>
#include <rse_text.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A torus in allocated memory; NULL with errno EINVAL or ENOMEM. */
struct rse_torus *rse_new(const struct rse_config *);
void rse_free(struct rse_torus *);
/* What rse_recover.h needs beside each torus, in the same way. */
struct rse_keep *rse_keep_new(const struct rse_config *);
void rse_keep_free(struct rse_keep *);
struct rse_store *rse_store_new(const struct rse_config *);
void rse_store_free(struct rse_store *);
/* The errno that stands for an error of the engine; 0 for RSE_OK. */
int rse_errno(int error);

/* /dev/torusN, or DIR/torusN if the environment has RSE_DEV=DIR. */
struct rse_dev;
struct rse_dev *rse_dev_open(unsigned torus);
/* /dev/braid: ctl, status and stats of all tori together. */
struct rse_dev *rse_dev_open_braid(void);
void rse_dev_close(struct rse_dev *);
/*
 * A file of the device ("events", "status"), opened with these flags of
 * open(2): for poll(2) and streams.  The caller closes it.
 */
int rse_dev_file(struct rse_dev *, const char *file, int flags);
/* One line for ctl, printf style. */
int rse_dev_ctl(struct rse_dev *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/*
 * Read a whole file of the device ("status", "stats", "projection",
 * "projection.raw", "snapshot") into memory that the caller frees.
 */
ssize_t rse_dev_read(struct rse_dev *, const char *file, void **data);
/* Write a whole file ("projection.raw", "snapshot"). */
int rse_dev_write(struct rse_dev *, const char *file, const void *data,
    size_t len);
/* A value of status or stats by its key. */
int rse_dev_value(struct rse_dev *, const char *file, const char *key,
    char *value, size_t len);

#ifdef __cplusplus
}
#endif

#endif
