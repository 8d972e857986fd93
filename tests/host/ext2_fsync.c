/* SPDX-License-Identifier: MIT */
/*
 * tests/host/ext2_fsync.c: what fsync(2) promises, on a disk with a cache that
 * the power cut empties in any order. The file system is busy with other files
 * meanwhile, whose blocks and inodes come and go. Afterwards e2fsck must be
 * able to repair it, and every file that was synced must be whole.
 */
#include "base/kprintf.h"
#include "base/string.h"

#include "fs/vfs.h"

#include <abi/errno.h>

#include "fake.h"
#include "fs_host.h"
#include "tap.h"

#include <stdlib.h>

#define NKEPT 24u
#define KEPT_MAX 120000u

static uint64_t seed = 88172645463325252u;
static const char *mkfs_args;
static unsigned long cut; /* this round's */

struct kept {
	bool synced;
	uint32_t size, tag;
};
static struct kept kept[NKEPT];
static uint32_t current; /* tag of the file that is replaced again and again */
static bool replacing;	 /* at the cut: old or new, and a name may be lost */

static uint32_t
rnd(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 16) % n;
}

static void
bytes_make(uint8_t *p, size_t n, uint32_t tag)
{
	size_t i;

	for (i = 0; i < n; i++)
		p[i] = (uint8_t)(tag * 31 + i * 7 + i / 256 + i / 65536);
}

static bool
in_time(void)
{
	return disk_writes < cut;
}

/* Written in pieces and synced: true if that came before the cut. */
static bool
file_make(const char *name, uint32_t size, uint32_t tag)
{
	static uint8_t bytes[KEPT_MAX];
	struct iovec iov;
	struct uio uio;
	struct file *fp;
	uint32_t at = 0, n;
	bool ok = true;

	if (vfs_open(&ctx, name, O_RDWR | O_CREAT | O_TRUNC, 0644, &fp) != 0)
		return false;
	bytes_make(bytes, size, tag);
	for (; ok && at < size; at += n) {
		n = 1 + rnd(30000);
		n = MIN(n, size - at);
		uio_init_kernel(&uio, &iov, bytes + at, n, at, true);
		ok = file_pwrite(fp, &uio) == n;
	}
	ok = ok && file_sync(fp, rnd(2)) == 0 && in_time();
	file_unref(fp);
	return ok;
}

static bool
file_whole(const char *name, uint32_t size, uint32_t tag)
{
	static uint8_t want[KEPT_MAX], got[KEPT_MAX + 1];

	bytes_make(want, size, tag);
	return host_read(name, got, sizeof(got)) == size &&
	    memcmp(want, got, size) == 0;
}

/* Anything but a sync. */
static void
other_work(void)
{
	static uint8_t junk[200000];
	char name[40], to[40];
	struct path p;

	snprintf(name, sizeof(name), "/busy/%u", rnd(12));
	snprintf(to, sizeof(to), "/busy/%u", rnd(12));
	switch (rnd(6)) {
	case 0:
	case 1:
		memset(junk, (int)rnd(256), sizeof(junk));
		(void)!host_write(name, junk, 1 + rnd(sizeof(junk)),
		    rnd(3) == 0 ? rnd(400000) : 0, O_CREAT);
		break;
	case 2:
		(void)!vfs_unlink(&ctx, name, false);
		(void)!vfs_unlink(&ctx, name, true);
		break;
	case 3:
		if (vfs_lookup(&ctx, name, 0, &p) == 0) {
			(void)!vfs_truncate(&p, rnd(100000), &cred_kernel);
			path_unref(&p);
		}
		break;
	case 4:
		(void)!vfs_rename(&ctx, name, &ctx, to, 0);
		break;
	default:
		(void)!vfs_mkdir(&ctx, name, 0755);
	}
}

/* The new contents, synced, take the place of the old. */
static void
replace(uint32_t tag)
{
	struct file *fp;

	if (!file_make("/next", 20000, tag))
		return;
	replacing = true;
	if (vfs_rename(&ctx, "/next", &ctx, "/current", 0) != 0 ||
	    vfs_open(&ctx, "/", O_RDONLY, 0, &fp) != 0)
		return;
	if (file_sync(fp, false) == 0 && in_time()) {
		replacing = false;
		current = tag;
	}
	file_unref(fp);
}

static void
round_write(void)
{
	char name[40];
	uint32_t i;

	memset(kept, 0, sizeof(kept));
	current = 0;
	replacing = false;
	(void)!vfs_mkdir(&ctx, "/busy", 0755);
	for (i = 0; i < NKEPT; i++) {
		unsigned k = 1 + rnd(8);

		while (k-- > 0)
			other_work();
		kept[i].size = 1 + rnd(rnd(3) ? 9000 : KEPT_MAX - 1);
		kept[i].tag = rnd(1000);
		snprintf(name, sizeof(name), "/kept%u", i);
		kept[i].synced = file_make(name, kept[i].size, kept[i].tag);
		replace(5000 + i);
	}
}

static void
round_check(unsigned round)
{
	char name[40];
	uint32_t i;

	CHECK(image_fsck("-fy", 1) <= 1);
	CHECK_EQ(mount_up(NULL, 0), 0);
	for (i = 0; i < NKEPT; i++) {
		snprintf(name, sizeof(name), "/kept%u", i);
		if (kept[i].synced &&
		    !file_whole(name, kept[i].size, kept[i].tag)) {
			printf("# round %u: %s of %u bytes is lost\n", round,
			    name, kept[i].size);
			CHECK(false);
		}
	}
	if (!replacing && current != 0)
		CHECK(file_whole("/current", 20000, current));
	mount_down();
	CHECK_EQ(image_fsck("-fn", 0), 0);
}

static void
test_cuts(void)
{
	unsigned round, cuts = 0;
	uint8_t *image;

	image_make(mkfs_args, 8 * 1024);
	image = image_save();
	for (round = 0; round < 30; round++) {
		image_load(image);
		disk_arm();
		disk_cut_at = cut = 10 + rnd(700);
		disk_cache_start(rnd);
		CHECK_EQ(mount_up(NULL, 0), 0);
		round_write();
		mount_down();
		cuts += disk_cache_cut();
		disk_arm();
		round_check(round);
	}
	printf("# %u cuts in %u rounds\n", cuts, round);
	CHECK(cuts > round / 3);
	free(image);
}

int
main(void)
{
	host_start();
	mkfs_args = "-b 1024 -g 1024 -I 128 -N 512";
	tap_run("1 KiB blocks", test_cuts);
	mkfs_args = "-b 4096 -I 256 -N 256";
	tap_run("4 KiB blocks", test_cuts);
	return tap_end();
}
