/* SPDX-License-Identifier: MIT */
/*
 * sys/dev/bdev.h: block devices and requests to them.
 *
 * Use: a driver fills a bdev and calls bdev_register(), which also reads the
 * partition table (GPT or MBR) and registers the partitions (`vda` -> `vda1`).
 * A user fills a bio and calls bio_submit(); bio_done runs in interrupt
 * context, or use bio_submit_wait().
 */
#ifndef DEV_BDEV_H
#define DEV_BDEV_H

#include "base/list.h"
#include "base/page.h"
#include "base/types.h"
#include "base/waitq.h"

#define SECTOR_SIZE 512u

enum bio_op { BIO_READ, BIO_WRITE, BIO_FLUSH };

struct bio_seg {
	paddr_t bs_addr; /* any alignment the device allows: 512 is safe */
	uint32_t bs_len; /* multiple of SECTOR_SIZE */
};

struct bdev;

struct bio {
	struct list bio_link; /* the driver's, while submitted */
	struct bdev *bio_dev;
	enum bio_op bio_op;
	uint64_t bio_sector;
	struct bio_seg *bio_segs; /* must live until bio_done */
	unsigned bio_nsegs;	  /* at most bd_max_segs */
	int bio_error;		  /* result: 0, -EIO, -ENOSPC (beyond end) */
	void (*bio_done)(struct bio *);
	void *bio_arg;
	uint64_t bio_private; /* the driver's */
};

struct bdevops {
	void (*bd_strategy)(struct bdev *, struct bio *); /* never sleeps */
	/* Queue full of unsent requests: kick the device (plugging). */
};

struct bdev {
	struct list bd_link;
	char bd_name[16];
	dev_t bd_dev;		    /* set by bdev_register if 0 */
	uint64_t bd_sectors;
	uint32_t bd_block_size;	    /* logical, bytes */
	unsigned bd_max_segs;
	unsigned bd_max_sectors;    /* of one request */
	bool bd_readonly;
	const struct bdevops *bd_ops;
	void *bd_priv;
	struct bdev *bd_parent;	    /* a partition's whole disk */
	uint64_t bd_start;	    /* first sector in the parent */
	void *bd_fs;		    /* fs layer: page cache of the device */
	uint64_t bd_reads, bd_writes; /* [a] requests */
	uint64_t bd_sectors_read, bd_sectors_written; /* [a] */
};

int bdev_register(struct bdev *) __must_check;
struct bdev *bdev_find(const char *name); /* "vda2" or "/dev/vda2" */
struct bdev *bdev_find_dev(dev_t);
/* Calls fn for each; stops early if it returns non-zero and returns that. */
int bdev_foreach(int (*fn)(struct bdev *, void *), void *arg);
/* devfs hears of devices as they come. */
void bdev_set_listener(void (*fn)(struct bdev *));

void bio_submit(struct bio *);
int bio_submit_wait(struct bio *) __must_check;
/* The driver's word that it is through. */
void bio_complete(struct bio *, int error);
/* Contiguous kernel memory (direct map), whole sectors; waits. */
int bdev_rw(struct bdev *, enum bio_op, uint64_t sector, void *buf,
    size_t bytes) __must_check;
int bdev_flush(struct bdev *) __must_check;

#endif
