/* SPDX-License-Identifier: MIT */
/*
 * sys/fs/blkio.c: requests of many segments (see blkio.h).
 */
#include "fs/blkio.h"

#include "base/string.h"

void
blkio_init(struct blkio *io, struct bdev *bd, enum bio_op op)
{
	io->io_dev = bd;
	io->io_sectors = 0;
	io->io_error = 0;
	memset(&io->io_bio, 0, sizeof(io->io_bio));
	io->io_bio.bio_dev = bd;
	io->io_bio.bio_op = op;
	io->io_bio.bio_segs = io->io_segs;
}

static void
blkio_send(struct blkio *io)
{
	int error;

	if (io->io_sectors == 0)
		return;
	error = bio_submit_wait(&io->io_bio);
	if (error != 0 && io->io_error == 0)
		io->io_error = error;
	io->io_sectors = 0;
	io->io_bio.bio_nsegs = 0;
}

void
blkio_add(struct blkio *io, uint64_t sector, paddr_t pa, uint32_t len)
{
	unsigned max = MIN(BLKIO_SEGS, io->io_dev->bd_max_segs);
	struct bio *bio = &io->io_bio;
	struct bio_seg *last;

	if (io->io_sectors != 0 && (sector != io->io_next ||
	    io->io_sectors + len / SECTOR_SIZE > io->io_dev->bd_max_sectors))
		blkio_send(io);
	if (io->io_sectors != 0) {
		last = &io->io_segs[bio->bio_nsegs - 1];
		if (last->bs_addr + last->bs_len == pa) {
			last->bs_len += len;
			goto added;
		}
		if (bio->bio_nsegs == max)
			blkio_send(io);
	}
	if (io->io_sectors == 0) {
		bio->bio_nsegs = 0;
		bio->bio_sector = sector;
	}
	io->io_segs[bio->bio_nsegs].bs_addr = pa;
	io->io_segs[bio->bio_nsegs++].bs_len = len;
added:
	io->io_sectors += len / SECTOR_SIZE;
	io->io_next = sector + len / SECTOR_SIZE;
}

int
blkio_finish(struct blkio *io)
{
	blkio_send(io);
	return io->io_error;
}
