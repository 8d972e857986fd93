/* SPDX-License-Identifier: MIT */
/*
 * sys/fs/blkio.h: merging pieces that follow each other on the device into
 * requests of many segments.
 *
 * Use: blkio_init(), blkio_add() for each piece, blkio_finish(). Lives on the
 * stack. Each call may wait for the request before it.
 */
#ifndef FS_BLKIO_H
#define FS_BLKIO_H

#include "dev/bdev.h"

#define BLKIO_SEGS 32u

struct blkio {
	struct bdev *io_dev;
	uint64_t io_next; /* sector behind the request so far */
	unsigned io_sectors;
	int io_error;	  /* the first */
	struct bio io_bio;
	struct bio_seg io_segs[BLKIO_SEGS];
};

void blkio_init(struct blkio *, struct bdev *, enum bio_op);
void blkio_add(struct blkio *, uint64_t sector, paddr_t, uint32_t len);
int blkio_finish(struct blkio *) __must_check;

#endif
