/* SPDX-License-Identifier: MIT */
/*
 * sys/dev/ramdisk.c: a disk that is memory: /dev/ram0, for systems started
 * from a CD or a stick. What is written to it is gone at power-off.
 *
 * A request is done when bd_strategy() returns; bio_complete() is called from
 * within it.
 */
#include "base/init.h"
#include "base/kprintf.h"
#include "base/string.h"

#include <abi/errno.h>

#include "dev/bdev.h"
#include "dev/ramdisk.h"

static uint8_t *image; /* [I] after boot */
static uint64_t image_size;

void
ramdisk_set(paddr_t pa, uint64_t size)
{
	image = phys_to_virt(pa);
	image_size = rounddown2(size, (uint64_t)SECTOR_SIZE);
}

static int
transfer(const struct bio *bio)
{
	uint64_t at = bio->bio_sector * SECTOR_SIZE;

	for (unsigned i = 0; i < bio->bio_nsegs; i++) {
		void *mem = phys_to_virt(bio->bio_segs[i].bs_addr);
		uint32_t len = bio->bio_segs[i].bs_len;

		if (at > image_size || len > image_size - at)
			return -ENOSPC;
		if (bio->bio_op == BIO_WRITE)
			memcpy(image + at, mem, len);
		else
			memcpy(mem, image + at, len);
		at += len;
	}
	return 0;
}

static void
ramdisk_strategy(struct bdev *bd, struct bio *bio)
{
	bio_complete(bio, bio->bio_op == BIO_FLUSH ? 0 : transfer(bio));
}

static const struct bdevops ramdisk_ops = {
	.bd_strategy = ramdisk_strategy,
};

static struct bdev ramdisk = {
	.bd_name = "ram0",
	.bd_block_size = SECTOR_SIZE,
	.bd_max_segs = 128,
	.bd_max_sectors = 2048,
	.bd_ops = &ramdisk_ops,
};

static void
ramdisk_attach(void)
{
	if (image_size == 0)
		return;
	ramdisk.bd_sectors = image_size / SECTOR_SIZE;
	kprintf("ram0: %llu MiB\n", (unsigned long long)(image_size >> 20));
	if (bdev_register(&ramdisk) != 0)
		klog(KLOG_ERR, "ram0: cannot be registered\n");
}
INIT(INIT_DRIVER, 40, ramdisk_attach);
