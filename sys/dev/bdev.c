/* SPDX-License-Identifier: MIT */
/*
 * sys/dev/bdev.c: block devices: the list, and the way of a request.
 *
 * A request to a partition is moved to its disk's sectors and goes to the
 * disk's driver; bio_dev then is the disk. Requests that reach beyond the end
 * never get to a driver.
 * Locks: bdev_lock for the list; devices never go away.
 */
#include "dev/bdev.h"

#include "base/lock.h"
#include "base/string.h"
#include "base/thread.h"

#include "dev/gpt.h"

#include <abi/errno.h>

/* Numbers of disks whose driver names none: Linux's local block majors. */
#define BDEV_MAJOR 254u

static struct spinlock bdev_lock = SPINLOCK_INIT(LR_DRIVER, "bdevs");
static struct list bdevs = LIST_INIT(bdevs);
static unsigned bdev_next_minor;
static void (*bdev_listener)(struct bdev *);

/* Into the list, with a number. A disk's partitions follow it in numbers. */
int
bdev_add(struct bdev *bd)
{
	struct bdev *o;
	uint64_t flags = spin_lock_irq(&bdev_lock);

	list_foreach(o, &bdevs, bd_link) {
		if (strcmp(o->bd_name, bd->bd_name) == 0) {
			spin_unlock_irq(&bdev_lock, flags);
			return -EEXIST;
		}
	}
	if (bd->bd_dev == 0) {
		bd->bd_dev = makedev(BDEV_MAJOR, bdev_next_minor);
		bdev_next_minor += BDEV_MAX_PARTS;
	}
	list_add_tail(&bdevs, &bd->bd_link);
	spin_unlock_irq(&bdev_lock, flags);
	if (bdev_listener != NULL)
		bdev_listener(bd);
	return 0;
}

int
bdev_register(struct bdev *bd)
{
	int error;

	if (bd->bd_max_segs == 0)
		bd->bd_max_segs = 1;
	if (bd->bd_max_sectors < PAGE_SIZE / SECTOR_SIZE)
		bd->bd_max_sectors = PAGE_SIZE / SECTOR_SIZE;
	error = bdev_add(bd);
	if (error == 0)
		part_scan(bd);
	return error;
}

struct bdev *
bdev_find(const char *name)
{
	struct bdev *bd, *found = NULL;
	uint64_t flags;

	if (strncmp(name, "/dev/", 5) == 0)
		name += 5;
	flags = spin_lock_irq(&bdev_lock);
	list_foreach(bd, &bdevs, bd_link) {
		if (strcmp(bd->bd_name, name) == 0) {
			found = bd;
			break;
		}
	}
	spin_unlock_irq(&bdev_lock, flags);
	return found;
}

struct bdev *
bdev_find_dev(dev_t dev)
{
	struct bdev *bd, *found = NULL;
	uint64_t flags = spin_lock_irq(&bdev_lock);

	list_foreach(bd, &bdevs, bd_link) {
		if (bd->bd_dev == dev) {
			found = bd;
			break;
		}
	}
	spin_unlock_irq(&bdev_lock, flags);
	return found;
}

/* Devices only come, at the end: a link once reached stays good. */
int
bdev_foreach(int (*fn)(struct bdev *, void *), void *arg)
{
	struct list *l = &bdevs;
	int error = 0;

	while (error == 0) {
		uint64_t flags = spin_lock_irq(&bdev_lock);

		l = l->l_next;
		spin_unlock_irq(&bdev_lock, flags);
		if (l == &bdevs)
			break;
		error = fn(list_entry(l, struct bdev, bd_link), arg);
	}
	return error;
}

void
bdev_set_listener(void (*fn)(struct bdev *))
{
	bdev_listener = fn;
}

static void
bio_count(struct bdev *bd, enum bio_op op, uint64_t sectors)
{
	if (op == BIO_READ) {
		atomic_add_relaxed(&bd->bd_reads, 1);
		atomic_add_relaxed(&bd->bd_sectors_read, sectors);
	} else if (op == BIO_WRITE) {
		atomic_add_relaxed(&bd->bd_writes, 1);
		atomic_add_relaxed(&bd->bd_sectors_written, sectors);
	}
}

void
bio_submit(struct bio *bio)
{
	struct bdev *bd = bio->bio_dev;
	uint64_t sectors = 0;
	unsigned i;

	bio->bio_error = 0;
	if (bio->bio_op != BIO_FLUSH) {
		for (i = 0; i < bio->bio_nsegs; i++)
			sectors += bio->bio_segs[i].bs_len / SECTOR_SIZE;
		if (sectors > bd->bd_sectors ||
		    bio->bio_sector > bd->bd_sectors - sectors) {
			bio_complete(bio, bio->bio_op == BIO_READ ? -EIO
								  : -ENOSPC);
			return;
		}
	}
	if (bio->bio_op == BIO_WRITE && bd->bd_readonly) {
		bio_complete(bio, -EROFS);
		return;
	}
	bio_count(bd, bio->bio_op, sectors);
	if (bd->bd_parent != NULL) {
		bio->bio_sector += bd->bd_start;
		bd = bd->bd_parent;
		bio->bio_dev = bd;
		bio_count(bd, bio->bio_op, sectors);
	}
	bd->bd_ops->bd_strategy(bd, bio);
}

void
bio_complete(struct bio *bio, int error)
{
	bio->bio_error = error;
	bio->bio_done(bio);
}

struct bio_waiter {
	struct waitq bw_wq;
	uint32_t bw_done; /* [a] */
};

/* 1: the sleeper need not sleep any more. 2: the queue is no longer used. */
static void
bio_wake(struct bio *bio)
{
	struct bio_waiter *bw = bio->bio_arg;

	atomic_store(&bw->bw_done, 1);
	waitq_wake_all(&bw->bw_wq);
	atomic_store(&bw->bw_done, 2);
}

int
bio_submit_wait(struct bio *bio)
{
	struct bdev *bd = bio->bio_dev;
	uint64_t sector = bio->bio_sector;
	struct bio_waiter bw = { .bw_done = 0 };

	waitq_init(&bw.bw_wq);
	bio->bio_done = bio_wake;
	bio->bio_arg = &bw;
	bio_submit(bio);
	WAIT_EVENT(&bw.bw_wq, atomic_load(&bw.bw_done) != 0);
	/* The interrupt on another CPU may still be in waitq_wake_all(), and
	 * the queue is on this stack. */
	while (atomic_load(&bw.bw_done) != 2)
		cpu_pause();
	bio->bio_dev = bd;
	bio->bio_sector = sector;
	return bio->bio_error;
}

int
bdev_rw(struct bdev *bd, enum bio_op op, uint64_t sector, void *buf,
    size_t bytes)
{
	char *p = buf;

	if (bytes % SECTOR_SIZE != 0)
		return -EINVAL;
	while (bytes > 0) {
		size_t n = MIN(bytes, (size_t)bd->bd_max_sectors * SECTOR_SIZE);
		struct bio_seg seg = { virt_to_phys(p), n };
		struct bio bio = { .bio_dev = bd, .bio_op = op,
			.bio_sector = sector, .bio_segs = &seg,
			.bio_nsegs = 1 };
		int error = bio_submit_wait(&bio);

		if (error != 0)
			return error;
		p += n;
		sector += n / SECTOR_SIZE;
		bytes -= n;
	}
	return 0;
}

int
bdev_flush(struct bdev *bd)
{
	struct bio bio = { .bio_dev = bd, .bio_op = BIO_FLUSH };

	return bio_submit_wait(&bio);
}
