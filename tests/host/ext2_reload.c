/* SPDX-License-Identifier: MIT */
/*
 * tests/host/ext2_reload.c: an ext2 that is checked and repaired while it is
 * mounted read-only, and then written to; what it says about itself on the
 * disk before, during and after.
 */
#include "base/kprintf.h"
#include "base/string.h"

#include "fs/ext2.h"
#include "fs/vfs.h"

#include <abi/errno.h>

#include "fake.h"
#include "fs_host.h"
#include "tap.h"

#include <stdlib.h>

#define KEEP_SIZE 310000u

static const char *mkfs_args;
static unsigned mkfs_block;
static uint8_t content[400000], readback[sizeof(content)];

static uint64_t seed = 88172645463325252u;

static uint32_t
rnd(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 16) % n;
}

static struct ext2_disk_super *
super_on_disk(void)
{
	return (struct ext2_disk_super *)(disk + EXT2_SB_OFFSET);
}

/* Some files, unmounted cleanly. */
static uint8_t *
sound_image(void)
{
	unsigned i;

	image_make(mkfs_args, 8 * 1024);
	for (i = 0; i < sizeof(content); i++)
		content[i] = (uint8_t)(i * 7 + i / 256);
	CHECK_EQ(mount_up(NULL, 0), 0);
	CHECK_EQ(vfs_mkdir(&ctx, "/old", 0755), 0);
	CHECK_EQ(host_write("/old/keep", content, KEEP_SIZE, 0, O_CREAT),
	    KEEP_SIZE);
	CHECK_EQ(host_write("/old/gone", content, 50000, 0, O_CREAT), 50000);
	mount_down();
	disk_arm();
	return image_save();
}

static void
keep_is_whole(void)
{
	CHECK_EQ(host_read("/old/keep", readback, sizeof(readback)),
	    KEEP_SIZE);
	CHECK(memcmp(readback, content, KEEP_SIZE) == 0);
}

static void
counts_agree(void)
{
	struct statfs_info sf;

	CHECK_EQ(vfs_statfs(&ctx.lc_root, &sf), 0);
	CHECK_EQ(sf.sf_bfree, super_on_disk()->s_free_blocks_count);
	CHECK_EQ(sf.sf_ffree, super_on_disk()->s_free_inodes_count);
}

/* Files come and go until the n-th write; what is behind it is lost. */
static bool
write_and_cut(unsigned long n)
{
	char name[40];
	unsigned i;
	bool cut;

	disk_arm();
	disk_cut_at = n;
	if (mount_up(NULL, 0) != 0)
		return false;
	for (i = 0; i < 40; i++) {
		snprintf(name, sizeof(name), "/old/n%u", i);
		(void)!host_write(name, content, 3000 * i, 0, O_CREAT);
		if (i % 3 == 0)
			(void)!vfs_unlink(&ctx, name, false);
		if (i % 8 == 7)
			(void)vfs_sync();
	}
	(void)!vfs_mkdir(&ctx, "/new", 0755);
	(void)!vfs_unlink(&ctx, "/old/gone", false);
	mount_down();
	cut = disk_writes >= n;
	disk_arm();
	return cut;
}

/* The same, once the file system has written them. */
static void
counts_stand(void)
{
	CHECK_EQ(vfs_sync(), 0);
	counts_agree();
}

/* Everything that reads a bitmap and believes a count. */
static void
use_all_groups(void)
{
	struct statfs_info sf;
	char name[40];
	unsigned i;

	CHECK_EQ(vfs_mkdir(&ctx, "/use", 0755), 0);
	for (i = 0; i < 60; i++) {
		snprintf(name, sizeof(name), "/use/%u", i);
		CHECK_EQ(vfs_mkdir(&ctx, name, 0755), 0);
		snprintf(name, sizeof(name), "/use/%u/f", i);
		CHECK_EQ(host_write(name, content, 60000, 0, O_CREAT), 60000);
	}
	CHECK_EQ(vfs_statfs(&ctx.lc_root, &sf), 0);
	for (i = 0; i < 60; i++) {
		snprintf(name, sizeof(name), "/use/%u/f", i);
		CHECK_EQ(vfs_unlink(&ctx, name, false), 0);
	}
}

/* The boot after a power cut: read-only, e2fsck, read-write. */
static void
test_boot_after_cut(void)
{
	uint8_t *image = sound_image();
	unsigned long n = 2, warned;
	unsigned rounds = 0;

	for (;; n += 1 + n / 4, rounds++) {
		image_load(image);
		if (!write_and_cut(n))
			break;
		CHECK_EQ(mount_up(NULL, MNT_RDONLY), 0);
		keep_is_whole();
		(void)!host_read("/old/n5", readback, sizeof(readback));
		(void)!host_read("/new/x", readback, sizeof(readback));
		CHECK(image_fsck("-fy", 1) <= 1);
		warned = fake_warnings();
		CHECK_EQ(mount_again(NULL, 0), 0);
		counts_agree();
		keep_is_whole();
		use_all_groups();
		counts_stand();
		mount_down();
		CHECK_EQ(fake_warnings(), warned);
		CHECK_EQ(super_on_disk()->s_state, EXT2_VALID_FS);
		CHECK_EQ(image_fsck("-fn", 0), 0);
	}
	CHECK(rounds > 10);
	printf("# %u cuts\n", rounds);
	free(image);
}

/* Names, contents and places that were read before somebody changed them. */
static void
test_changed_below(void)
{
	uint8_t *image = sound_image();
	struct path p;
	struct vattr va;

	CHECK_EQ(mount_up(NULL, MNT_RDONLY), 0);
	keep_is_whole();
	CHECK_EQ(vfs_lookup(&ctx, "/old/other", 0, &p), -ENOENT);
	CHECK_EQ(vfs_lookup(&ctx, "/dir", 0, &p), -ENOENT);
	CHECK_EQ(host_read("/old/gone", readback, sizeof(readback)), 50000);
	image_debugfs("ln /old/keep /old/other");
	image_debugfs("sif /old/keep links_count 2");
	image_debugfs("sif /old/keep mode 0100600");
	image_debugfs("mkdir /dir");
	image_debugfs("rm /old/gone");
	CHECK_EQ(vfs_lookup(&ctx, "/old", 0, &p), 0); /* in use, held */
	CHECK_EQ(mount_again(NULL, 0), 0);
	path_unref(&p);
	CHECK_EQ(host_read("/old/other", readback, sizeof(readback)),
	    KEEP_SIZE);
	CHECK(memcmp(readback, content, KEEP_SIZE) == 0);
	CHECK_EQ(host_read("/old/gone", readback, 10), -ENOENT);
	CHECK_EQ(vfs_mkdir(&ctx, "/dir", 0755), -EEXIST);
	CHECK_EQ(vfs_lookup(&ctx, "/old/keep", 0, &p), 0);
	CHECK_EQ(vfs_getattr(&p, &va), 0);
	CHECK_EQ(va.va_mode, 0600);
	CHECK_EQ(va.va_nlink, 2);
	path_unref(&p);
	CHECK_EQ(vfs_unlink(&ctx, "/old/keep", false), 0);
	counts_agree();
	mount_down();
	CHECK_EQ(image_fsck("-fn", 0), 0);
	free(image);
}

/* A file in use keeps its identity, or there is no writing. */
static void
test_in_use(void)
{
	uint8_t *image = sound_image();
	struct file *keep, *gone;

	CHECK_EQ(mount_up(NULL, MNT_RDONLY), 0);
	CHECK_EQ(vfs_open(&ctx, "/old/keep", O_RDONLY, 0, &keep), 0);
	CHECK_EQ(vfs_open(&ctx, "/old/gone", O_RDONLY, 0, &gone), 0);
	image_debugfs("sif /old/keep size 8192");
	image_debugfs(mkfs_block == 1024 ? "punch /old/keep 8 400"
					 : "punch /old/keep 2 400");
	image_debugfs("clri /old/gone");
	CHECK(image_fsck("-fy", 1) <= 1);
	CHECK_EQ(mount_again(NULL, 0), -EBUSY);
	CHECK_EQ(vfs_mkdir(&ctx, "/x", 0755), -EROFS);
	file_unref(gone);
	CHECK_EQ(mount_again(NULL, 0), 0);
	CHECK_EQ(file_read_kernel(keep, readback, sizeof(readback), 0), 8192);
	CHECK(memcmp(readback, content, 8192) == 0);
	file_unref(keep);
	CHECK_EQ(vfs_mkdir(&ctx, "/x", 0755), 0);
	mount_down();
	CHECK_EQ(image_fsck("-fn", 0), 0);
	free(image);
}

/* What the superblock says, step by step. */
static void
test_state(void)
{
	uint8_t *image = sound_image();
	unsigned mounts = super_on_disk()->s_mnt_count;

	CHECK_EQ(super_on_disk()->s_state, EXT2_VALID_FS);
	CHECK_EQ(mount_up(NULL, MNT_RDONLY), 0);
	CHECK_EQ(disk_writes, 0);
	CHECK_EQ(mount_again(NULL, 0), 0);
	CHECK_EQ(super_on_disk()->s_state, 0);
	CHECK_EQ(super_on_disk()->s_mnt_count, mounts + 1);
	CHECK_EQ(mount_again(NULL, MNT_RDONLY), 0);
	CHECK_EQ(super_on_disk()->s_state, EXT2_VALID_FS);
	CHECK_EQ(mount_again(NULL, 0), 0);
	CHECK_EQ(super_on_disk()->s_state, 0);
	CHECK_EQ(super_on_disk()->s_mnt_count, mounts + 2);
	mount_down();
	CHECK_EQ(super_on_disk()->s_state, EXT2_VALID_FS);
	/* Not clean before, and never checked: not clean afterwards. */
	super_on_disk()->s_state = 0;
	CHECK_EQ(mount_up(NULL, 0), 0);
	mount_down();
	CHECK_EQ(super_on_disk()->s_state, 0);
	CHECK(image_fsck("-p", 1) <= 1);
	CHECK_EQ(super_on_disk()->s_state, EXT2_VALID_FS);
	free(image);
}

/* Files without a name that are in use. */
static void
test_unlinked(void)
{
	uint8_t *image = sound_image();
	struct file *fp;
	struct path p;

	CHECK_EQ(mount_up(NULL, 0), 0);
	CHECK_EQ(vfs_mkdir(&ctx, "/d", 0755), 0);
	CHECK_EQ(vfs_lookup(&ctx, "/d", 0, &p), 0);
	CHECK_EQ(mount_again(NULL, MNT_RDONLY), 0);
	CHECK_EQ(mount_again(NULL, 0), 0);
	CHECK_EQ(vfs_unlink(&ctx, "/d", true), 0);
	CHECK_EQ(mount_again(NULL, MNT_RDONLY), -EBUSY);
	path_unref(&p);
	CHECK_EQ(vfs_open(&ctx, "/old/keep", O_RDONLY, 0, &fp), 0);
	CHECK_EQ(vfs_unlink(&ctx, "/old/keep", false), 0);
	CHECK_EQ(mount_again(NULL, MNT_RDONLY), -EBUSY);
	CHECK_EQ(super_on_disk()->s_state, 0);
	file_unref(fp);
	CHECK_EQ(mount_again(NULL, MNT_RDONLY), 0);
	CHECK_EQ(super_on_disk()->s_state, EXT2_VALID_FS);
	CHECK_EQ(image_fsck("-fn", 0), 0);
	/* The machine goes down whatever is in use. */
	CHECK_EQ(mount_again(NULL, 0), 0);
	CHECK_EQ(vfs_open(&ctx, "/old/gone", O_RDWR, 0, &fp), 0);
	CHECK_EQ(vfs_unlink(&ctx, "/old/gone", false), 0);
	vfs_shutdown();
	CHECK_EQ(super_on_disk()->s_state, 0);
	file_unref(fp);
	mount_down();
	CHECK_EQ(image_fsck("-p", 1), 1);
	CHECK_EQ(image_fsck("-fn", 0), 0);
	free(image);
}

/* The first entry of a directory's first block. */
static struct ext2_dirent *
first_entry(const char *name)
{
	size_t size = 1024u << super_on_disk()->s_log_block_size, at;
	size_t len = strlen(name);

	for (at = 0; at < disk_size; at += size) {
		struct ext2_dirent *de = (struct ext2_dirent *)(disk + at);
		struct ext2_dirent *third = (struct ext2_dirent *)
		    (disk + at + 24);

		if (de->d_rec_len == 12 && de->d_name_len == 1 &&
		    de->d_name[0] == '.' && third->d_name_len == len &&
		    memcmp(third->d_name, name, len) == 0)
			return de;
	}
	fake_fail("no directory begins with %s", name);
}

/* An error found while writing is on the disk until a check. */
static void
test_error_writing(void)
{
	uint8_t *image = sound_image();

	first_entry("keep")->d_rec_len = 3;
	CHECK_EQ(mount_up(NULL, 0), 0);
	CHECK_EQ(vfs_mkdir(&ctx, "/x", 0755), 0);
	CHECK_EQ(host_read("/old/keep", readback, 10), -EUCLEAN);
	CHECK_EQ(super_on_disk()->s_state, EXT2_ERROR_FS);
	CHECK_EQ(vfs_mkdir(&ctx, "/y", 0755), 0); /* errors=continue */
	CHECK_EQ(mount_again(NULL, MNT_RDONLY), 0);
	CHECK_EQ(super_on_disk()->s_state, EXT2_VALID_FS | EXT2_ERROR_FS);
	CHECK_EQ(mount_again(NULL, 0), -EROFS);
	CHECK_EQ(image_fsck("-p", 4), 4); /* a whole check: by hand */
	CHECK_EQ(mount_again(NULL, 0), -EROFS);
	CHECK_EQ(image_fsck("-y", 1), 1);
	CHECK_EQ(super_on_disk()->s_state, EXT2_VALID_FS);
	CHECK_EQ(mount_again("errors=remount-ro", 0), 0);
	first_entry("keep")->d_rec_len = 3;
	mount_down();
	/* errors=remount-ro: no more writing, until it is repaired. */
	CHECK_EQ(mount_up("errors=remount-ro", 0), 0);
	CHECK_EQ(host_read("/old/keep", readback, 10), -EUCLEAN);
	CHECK_EQ(vfs_mkdir(&ctx, "/z", 0755), -EROFS);
	CHECK_EQ(mount_again(NULL, 0), -EROFS);
	CHECK_EQ(super_on_disk()->s_state, EXT2_ERROR_FS);
	CHECK_EQ(image_fsck("-y", 1), 1);
	CHECK_EQ(mount_again(NULL, 0), 0);
	CHECK_EQ(vfs_mkdir(&ctx, "/z", 0755), 0);
	mount_down();
	CHECK_EQ(image_fsck("-fn", 0), 0);
	free(image);
}

/* One found while reading only is marked when writing is wanted. */
static void
test_error_reading(void)
{
	uint8_t *image = sound_image();

	first_entry("keep")->d_rec_len = 3;
	CHECK_EQ(mount_up(NULL, MNT_RDONLY), 0);
	CHECK_EQ(host_read("/old/keep", readback, 10), -EUCLEAN);
	CHECK_EQ(disk_writes, 0);
	CHECK_EQ(image_fsck("-p", 0), 0); /* "clean" */
	CHECK_EQ(mount_again(NULL, 0), -EROFS);
	CHECK_EQ(super_on_disk()->s_state, EXT2_VALID_FS | EXT2_ERROR_FS);
	CHECK_EQ(image_fsck("-p", 4), 4);
	CHECK_EQ(image_fsck("-y", 1), 1);
	CHECK_EQ(mount_again(NULL, 0), 0);
	CHECK_EQ(super_on_disk()->s_state, 0);
	mount_down();
	CHECK_EQ(image_fsck("-fn", 0), 0);
	/* Checked before anybody asked. */
	image_load(image);
	first_entry("keep")->d_rec_len = 3;
	super_on_disk()->s_lastcheck = 1;
	CHECK_EQ(mount_up(NULL, MNT_RDONLY), 0);
	CHECK_EQ(host_read("/old/keep", readback, 10), -EUCLEAN);
	CHECK_EQ(image_fsck("-fy", 1), 1);
	CHECK_EQ(mount_again(NULL, 0), 0);
	mount_down();
	CHECK_EQ(super_on_disk()->s_state, EXT2_VALID_FS);
	CHECK_EQ(image_fsck("-fn", 0), 0);
	free(image);
}

/* Counts in the superblock and the descriptors that mean nothing. */
static void
test_garbage_counts(void)
{
	uint8_t *image = sound_image();
	struct statfs_info sf;
	unsigned i;

	for (i = 0; i < 6; i++) {
		image_load(image);
		super_on_disk()->s_free_blocks_count = i * 0x11111111u;
		super_on_disk()->s_free_inodes_count = ~i;
		CHECK_EQ(mount_up(NULL, i % 2 ? MNT_RDONLY : 0), 0);
		CHECK_EQ(vfs_statfs(&ctx.lc_root, &sf), 0);
		CHECK(sf.sf_bfree <= sf.sf_blocks);
		CHECK(sf.sf_ffree <= sf.sf_files);
		CHECK_EQ(mount_again(NULL, 0), 0);
		use_all_groups();
		mount_down();
		CHECK_EQ(image_fsck("-fn", 0), 0);
	}
	free(image);
}

/* Random damage where it hurts: the superblock's counts, descriptors, bitmaps,
 * inode tables, directories, anything. */
static void
damage(void)
{
	size_t tables = 40 * mkfs_block, where, n = 1 + rnd(12);

	while (n-- > 0) {
		where = rnd(4) == 0 ? EXT2_SB_OFFSET + 12 + rnd(60)
		    : rnd(3) == 0 ? MAX(mkfs_block, 2048u) + rnd(512)
		    : rnd(4) != 0 ? rnd(tables) : rnd(disk_size);
		if (where - EXT2_SB_OFFSET - 20 < 24)
			continue; /* its shape: refused, not repaired */
		disk[where] = rnd(2) ? (uint8_t)rnd(256)
				     : disk[where] ^ (1u << rnd(8));
	}
}

/* Damaged, mounted read-only, looked at, repaired, and written to. */
static void
test_damage(void)
{
	uint8_t *image = sound_image();
	unsigned round, written = 0;

	for (round = 0; round < 30; round++) {
		unsigned long warned;
		struct path p;
		int error, tries;

		image_load(image);
		damage();
		if (mount_up(NULL, MNT_RDONLY) != 0)
			continue;
		(void)!host_read("/old/keep", readback, sizeof(readback));
		(void)!host_read("/old/gone", readback, sizeof(readback));
		if (rnd(2) && vfs_lookup(&ctx, "/old/keep", 0, &p) == 0)
			path_unref(&p);
		for (tries = 0; tries < 3; tries++) {
			if (image_fsck("-fy", 255) <= 1)
				break;
		}
		super_on_disk()->s_lastcheck++;
		error = mount_again(NULL, 0);
		CHECK(error == 0 || error == -EBUSY);
		warned = fake_warnings();
		if (error == 0) {
			written++;
			use_all_groups();
			counts_stand();
		}
		mount_down();
		CHECK_EQ(fake_warnings(), warned);
		CHECK_EQ(image_fsck("-fn", 0), 0);
	}
	printf("# %u of %u written to\n", written, round);
	CHECK(written > round / 3);
	free(image);
}

/* Not a block or not an inode is left, at the cut and at the boot. */
static void
test_full(void)
{
	unsigned inodes, i;

	for (inodes = 0; inodes < 2; inodes++) {
		size_t size = inodes ? 1 : sizeof(content);
		uint8_t *image = sound_image();
		struct statfs_info sf;
		unsigned long warned;
		char name[40];

		CHECK_EQ(mount_up(NULL, 0), 0);
		CHECK_EQ(vfs_mkdir(&ctx, "/fill", 0755), 0);
		for (i = 0; i < 2000 && size > 0; i++) {
			snprintf(name, sizeof(name), "/fill/%u", i);
			if (host_write(name, content, size, 0, O_CREAT) !=
			    (ssize_t)size)
				size = inodes || size == 1 ? 0 : 1;
		}
		CHECK_EQ(vfs_sync(), 0);
		disk_arm();
		disk_cut_at = 1;
		mount_down();
		disk_arm();
		CHECK_EQ(mount_up(NULL, MNT_RDONLY), 0);
		CHECK(image_fsck("-p", 1) <= 1);
		warned = fake_warnings();
		CHECK_EQ(mount_again(NULL, 0), 0);
		counts_agree();
		CHECK_EQ(vfs_statfs(&ctx.lc_root, &sf), 0);
		CHECK(inodes ? sf.sf_ffree == 0 : sf.sf_bfree == 0);
		CHECK(vfs_mkdir(&ctx, "/more", 0755) == -ENOSPC);
		keep_is_whole();
		CHECK_EQ(vfs_unlink(&ctx, "/fill/0", false), 0);
		CHECK_EQ(vfs_unlink(&ctx, "/old/gone", false), 0);
		CHECK_EQ(vfs_mkdir(&ctx, "/more", 0755), 0);
		mount_down();
		CHECK_EQ(fake_warnings(), warned);
		CHECK_EQ(image_fsck("-fn", 0), 0);
		free(image);
	}
}

/* /dev shows what the file system wrote, however early it was looked at. */
static void
test_device(void)
{
	uint8_t *image = sound_image(), *seen = malloc(disk_size);
	struct file *fp;
	unsigned i;

	CHECK_EQ(mount_up(NULL, 0), 0);
	CHECK_EQ(vfs_mknod(&ctx, "/dev", 0060600, disk_dev()), 0);
	CHECK_EQ(vfs_open(&ctx, "/dev", O_RDONLY | O_EXCL, 0, &fp), -EBUSY);
	for (i = 0; i < 3; i++) {
		char name[] = "/old/a";

		CHECK_EQ(host_read("/dev", seen, disk_size), disk_size);
		name[5] += i;
		CHECK_EQ(host_write(name, content, 100000, 0, O_CREAT),
		    100000);
		CHECK_EQ(vfs_open(&ctx, "/dev", O_RDONLY, 0, &fp), 0);
		CHECK_EQ(file_read_kernel(fp, seen, disk_size, 0), disk_size);
		CHECK(memcmp(seen, disk, disk_size) == 0);
		file_unref(fp);
		CHECK_EQ(mount_again(NULL, MNT_RDONLY), 0);
		CHECK_EQ(host_read("/dev", seen, disk_size), disk_size);
		CHECK(memcmp(seen, disk, disk_size) == 0);
		CHECK_EQ(image_fsck("-fn", 0), 0);
		/* And what is written there is what is mounted. */
		super_on_disk()->s_free_blocks_count = 7;
		seen[EXT2_SB_OFFSET + 120] = 'a' + i; /* the volume's name */
		CHECK_EQ(host_write("/dev", seen + EXT2_SB_OFFSET, 1024,
		    EXT2_SB_OFFSET, 0), 1024);
		CHECK_EQ(mount_again(NULL, 0), 0);
		CHECK_EQ(super_on_disk()->s_volume_name[0], 'a' + i);
	}
	mount_down();
	CHECK_EQ(image_fsck("-fn", 0), 0);
	free(seen);
	free(image);
}

static void
run_with(unsigned block, const char *args)
{
	mkfs_block = block;
	mkfs_args = args;
	printf("# blocks of %u: %s\n", block, args);
	tap_run("boot after a power cut", test_boot_after_cut);
	tap_run("changed below the mount", test_changed_below);
	tap_run("files in use", test_in_use);
	tap_run("clean or not", test_state);
	tap_run("in use without a name", test_unlinked);
	tap_run("error while writing", test_error_writing);
	tap_run("error while reading", test_error_reading);
	tap_run("garbage in the counts", test_garbage_counts);
	tap_run("damaged and repaired", test_damage);
	tap_run("full", test_full);
	tap_run("the device in /dev", test_device);
}

int
main(void)
{
	host_start();
	run_with(1024, "-b 1024 -g 1024 -I 128 -N 1024");
	run_with(4096, "-b 4096 -I 256 -N 1024");
	return tap_end();
}
