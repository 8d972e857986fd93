/* SPDX-License-Identifier: MIT */
/*
 * tests/host/ext2_ops.c: ext2 under random programs against a naive model, and
 * under failures, power cuts and broken images. e2fsck is the judge of what is
 * on the disk.
 */
#include "base/kprintf.h"
#include "base/string.h"

#include "fs/vfs.h"

#include <abi/errno.h>

#include "fake.h"
#include "fs_host.h"
#include "tap.h"

#include <stdlib.h>

#define NFILES	  12
#define FILE_MAX_ (400 * 1024)

struct model {
	bool there;
	size_t size;
	uint8_t *bytes;
};

static struct model model[NFILES];
static uint64_t seed = 88172645463325252u;
static const char *mkfs_args;
static unsigned mkfs_kib;
static uint8_t scratch[FILE_MAX_];

static uint32_t
rnd(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 16) % n;
}

static void
name_of(unsigned i, char *buf, size_t size)
{
	snprintf(buf, size, "/d%u/a-file-with-a-long-name-%u", i % 3, i);
}

static void
model_clear(void)
{
	for (unsigned i = 0; i < NFILES; i++) {
		if (model[i].bytes == NULL)
			model[i].bytes = malloc(FILE_MAX_);
		model[i].there = false;
		model[i].size = 0;
		memset(model[i].bytes, 0, FILE_MAX_);
	}
}

static void
op_write(unsigned i, const char *name)
{
	size_t off = rnd(4) ? rnd(FILE_MAX_ - 70000) : model[i].size, n, k;

	if (off > FILE_MAX_ - 70000)
		return;
	n = 1 + rnd(rnd(3) ? 5000 : 70000);
	for (k = 0; k < n; k++)
		scratch[k] = (uint8_t)rnd(256);
	CHECK_EQ(host_write(name, scratch, n, off, O_CREAT), n);
	memcpy(model[i].bytes + off, scratch, n);
	model[i].size = MAX(model[i].size, off + n);
	model[i].there = true;
}

static void
op_truncate(unsigned i, const char *name)
{
	size_t size = rnd(FILE_MAX_);
	struct path p;
	int error = vfs_lookup(&ctx, name, 0, &p);

	CHECK_EQ(error, model[i].there ? 0 : -ENOENT);
	if (error != 0)
		return;
	CHECK_EQ(vfs_truncate(&p, size, &cred_kernel), 0);
	path_unref(&p);
	if (size < model[i].size)
		memset(model[i].bytes + size, 0, model[i].size - size);
	model[i].size = size;
}

static void
op_rename(unsigned i, const char *name)
{
	unsigned j = rnd(NFILES);
	char to[80];
	struct model m;

	name_of(j, to, sizeof(to));
	CHECK_EQ(vfs_rename(&ctx, name, &ctx, to, 0),
	    model[i].there ? 0 : -ENOENT);
	if (!model[i].there || i == j)
		return;
	m = model[j];
	model[j] = model[i];
	model[i] = m;
	model[i].there = false;
	model[i].size = 0;
	memset(model[i].bytes, 0, FILE_MAX_);
}

static void
op_check(unsigned i, const char *name)
{
	ssize_t n = host_read(name, scratch, sizeof(scratch));

	CHECK_EQ(n, model[i].there ? (ssize_t)model[i].size : -ENOENT);
	CHECK(n <= 0 || memcmp(scratch, model[i].bytes, n) == 0);
}

static void
op_random(void)
{
	unsigned i = rnd(NFILES), k = rnd(20);
	char name[80];

	name_of(i, name, sizeof(name));
	if (k < 8) {
		op_write(i, name);
	} else if (k < 11) {
		op_truncate(i, name);
	} else if (k < 13) {
		CHECK_EQ(vfs_unlink(&ctx, name, false),
		    model[i].there ? 0 : -ENOENT);
		model[i].there = false;
		model[i].size = 0;
		memset(model[i].bytes, 0, FILE_MAX_);
	} else if (k < 16) {
		op_rename(i, name);
	} else if (k < 19) {
		op_check(i, name);
	} else if (rnd(4) == 0) {
		CHECK_EQ(vfs_sync(), 0);
	}
}

static void
check_all(void)
{
	char name[80];

	for (unsigned i = 0; i < NFILES; i++) {
		name_of(i, name, sizeof(name));
		op_check(i, name);
	}
}

static void
make_dirs(void)
{
	CHECK_EQ(vfs_mkdir(&ctx, "/d0", 0755), 0);
	CHECK_EQ(vfs_mkdir(&ctx, "/d1", 0755), 0);
	CHECK_EQ(vfs_mkdir(&ctx, "/d2", 0755), 0);
}

static void
test_random(void)
{
	size_t pages = fake_pages_live(), kmem;
	unsigned round, k;

	image_make(mkfs_args, mkfs_kib);
	model_clear();
	CHECK_EQ(mount_up(NULL, 0), 0);
	mount_down();
	pages = fake_pages_live();
	kmem = fake_kmem_live();
	for (round = 0; round < 4; round++) {
		CHECK_EQ(mount_up(NULL, 0), 0);
		if (round == 0)
			make_dirs();
		check_all();
		for (k = 0; k < 150; k++)
			op_random();
		check_all();
		mount_down();
		CHECK_EQ(image_fsck("-fn", 0), 0);
	}
	CHECK_EQ(fake_pages_live(), pages);
	CHECK_EQ(fake_kmem_live(), kmem);
}

/* Many names, long ones, in one directory; links; a tree taken down. */
static void
test_names(void)
{
	char name[300], to[300];
	unsigned i, n = 700;
	struct path p;
	struct vattr va;

	image_make(mkfs_args, mkfs_kib);
	CHECK_EQ(mount_up(NULL, 0), 0);
	CHECK_EQ(vfs_mkdir(&ctx, "/many", 0777), 0);
	CHECK_EQ(vfs_mkdir(&ctx, "/many/", 0777), -EEXIST);
	for (i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "/many/%0*u",
		    5 + (int)(i % 90), i);
		CHECK_EQ(host_write(name, name, strlen(name), 0, O_CREAT),
		    strlen(name));
	}
	snprintf(to, sizeof(to), "/many/%0*u", 255, 1);
	CHECK_EQ(vfs_link(&ctx, name, &ctx, to, 0), 0);
	snprintf(to, sizeof(to), "/many/%0*u", 256, 1);
	CHECK_EQ(vfs_link(&ctx, name, &ctx, to, 0), -ENAMETOOLONG);
	CHECK_EQ(vfs_symlink(&ctx, "many/../many", "/short"), 0);
	memset(to, 'x', 250);
	to[250] = '\0';
	CHECK_EQ(vfs_symlink(&ctx, to, "/long"), 0);
	CHECK_EQ(vfs_symlink(&ctx, "loop", "/loop"), 0);
	CHECK_EQ(vfs_lookup(&ctx, "/loop", 0, &p), -ELOOP);
	CHECK_EQ(vfs_lookup(&ctx, "/long", 0, &p), -ENOENT);
	CHECK_EQ(vfs_unlink(&ctx, "/many", true), -ENOTEMPTY);
	CHECK_EQ(vfs_unlink(&ctx, "/many", false), -EISDIR);
	CHECK_EQ(vfs_rename(&ctx, "/many", &ctx, "/many/sub", 0), -EINVAL);
	CHECK_EQ(vfs_mkdir(&ctx, "/other", 0755), 0);
	CHECK_EQ(vfs_rename(&ctx, "/many", &ctx, "/other/moved", 0), 0);
	CHECK_EQ(vfs_lookup(&ctx, "/short", 0, &p), -ENOENT);
	CHECK_EQ(vfs_rename(&ctx, "/other/moved", &ctx, "/short",
	    RENAME_EXCHANGE), 0);
	CHECK_EQ(vfs_lookup(&ctx, "/other/moved", LOOKUP_NOFOLLOW, &p), 0);
	CHECK_EQ(vfs_getattr(&p, &va), 0);
	CHECK_EQ(va.va_type, VLNK);
	path_unref(&p);
	CHECK_EQ(vfs_rename(&ctx, "/short", &ctx, "/many", 0), 0);
	mount_down();
	CHECK_EQ(image_fsck("-fn", 0), 0);
	CHECK_EQ(mount_up(NULL, 0), 0);
	for (i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "/many/%0*u",
		    5 + (int)(i % 90), i);
		CHECK_EQ(host_read(name, to, sizeof(to)), strlen(name));
		CHECK_EQ(vfs_unlink(&ctx, name, false), 0);
	}
	snprintf(to, sizeof(to), "/many/%0*u", 255, 1);
	CHECK_EQ(vfs_unlink(&ctx, to, false), 0);
	CHECK_EQ(vfs_unlink(&ctx, "/many", true), 0);
	mount_down();
	CHECK_EQ(image_fsck("-fn", 0), 0);
}

/* A file so sparse that all three levels are used, and its end. */
static void
test_sparse(void)
{
	static const off_t at[] = { 0, 13 * 4096, 5 << 20, 70 << 20,
		INT64_C(3) << 30 };
	uint64_t free_before;
	struct statfs_info sf;
	struct path p;
	unsigned i;

	image_make(mkfs_args, mkfs_kib);
	CHECK_EQ(mount_up(NULL, 0), 0);
	CHECK_EQ(vfs_statfs(&ctx.lc_root, &sf), 0);
	free_before = sf.sf_bfree;
	for (i = 0; i < nitems(at); i++)
		CHECK_EQ(host_write("/sparse", "here", 4, at[i], O_CREAT), 4);
	mount_down();
	CHECK_EQ(image_fsck("-fn", 0), 0);
	CHECK_EQ(mount_up(NULL, 0), 0);
	for (i = nitems(at); i-- > 0;) {
		char buf[4] = "";
		struct file *fp;

		CHECK_EQ(vfs_open(&ctx, "/sparse", O_RDWR, 0, &fp), 0);
		CHECK_EQ(file_read_kernel(fp, buf, 4, at[i]), 4);
		CHECK(memcmp(buf, "here", 4) == 0);
		file_unref(fp);
		CHECK_EQ(vfs_lookup(&ctx, "/sparse", 0, &p), 0);
		CHECK_EQ(vfs_truncate(&p, at[i], &cred_kernel), 0);
		path_unref(&p);
	}
	CHECK_EQ(vfs_unlink(&ctx, "/sparse", false), 0);
	CHECK_EQ(vfs_statfs(&ctx.lc_root, &sf), 0);
	CHECK_EQ(sf.sf_bfree, free_before);
	mount_down();
	CHECK_EQ(image_fsck("-fn", 0), 0);
}

/* Unlinked and open: readable until closed, and then gone. */
static void
test_orphan(void)
{
	struct statfs_info sf;
	uint64_t free_before;
	struct file *fp;
	char buf[8];

	image_make(mkfs_args, mkfs_kib);
	CHECK_EQ(mount_up(NULL, 0), 0);
	CHECK_EQ(vfs_statfs(&ctx.lc_root, &sf), 0);
	free_before = sf.sf_bfree;
	memset(scratch, 7, sizeof(scratch));
	CHECK_EQ(host_write("/f", scratch, 300000, 0, O_CREAT), 300000);
	CHECK_EQ(vfs_open(&ctx, "/f", O_RDONLY, 0, &fp), 0);
	CHECK_EQ(vfs_unlink(&ctx, "/f", false), 0);
	CHECK_EQ(host_read("/f", buf, 8), -ENOENT);
	CHECK_EQ(file_read_kernel(fp, buf, 8, 299992), 8);
	CHECK_EQ(buf[7], 7);
	file_unref(fp);
	CHECK_EQ(vfs_statfs(&ctx.lc_root, &sf), 0);
	CHECK_EQ(sf.sf_bfree, free_before);
	mount_down();
	CHECK_EQ(image_fsck("-fn", 0), 0);
}

/* What the failure tests do over and over; old files stand in /old. */
static void
scenario(void)
{
	struct path p;
	struct file *fp;

	if (vfs_mkdir(&ctx, "/new", 0755) != 0)
		return;
	(void)!host_write("/new/a", scratch, 90000, 0, O_CREAT);
	(void)!host_write("/new/b", scratch, 9000, 300000, O_CREAT);
	(void)!vfs_symlink(&ctx, "/old/keep", "/new/s");
	(void)!vfs_rename(&ctx, "/old/moved", &ctx, "/new/moved", 0);
	(void)!vfs_rename(&ctx, "/new/a", &ctx, "/new/b", 0);
	if (vfs_open(&ctx, "/new/b", O_RDWR, 0, &fp) == 0) {
		(void)!file_sync(fp, false);
		file_unref(fp);
	}
	if (vfs_lookup(&ctx, "/old/big", 0, &p) == 0) {
		(void)!vfs_truncate(&p, 20000, &cred_kernel);
		path_unref(&p);
	}
	(void)!host_write("/new/c", scratch, 200000, 0, O_CREAT);
	(void)!vfs_unlink(&ctx, "/old/big", false);
	(void)vfs_sync();
}

static uint8_t *
old_image(void)
{
	unsigned i;

	image_make(mkfs_args, mkfs_kib);
	for (i = 0; i < sizeof(scratch); i++)
		scratch[i] = (uint8_t)(i * 7 + i / 256);
	CHECK_EQ(mount_up(NULL, 0), 0);
	CHECK_EQ(vfs_mkdir(&ctx, "/old", 0755), 0);
	CHECK_EQ(host_write("/old/keep", scratch, 310000, 0, O_CREAT), 310000);
	CHECK_EQ(host_write("/old/moved", scratch, 5000, 0, O_CREAT), 5000);
	CHECK_EQ(host_write("/old/big", scratch, 390000, 0, O_CREAT), 390000);
	mount_down();
	return image_save();
}

static uint8_t *readback;

static void
old_files_whole(void)
{
	ssize_t n;

	CHECK_EQ(mount_up(NULL, 0), 0);
	CHECK_EQ(host_read("/old/keep", readback, FILE_MAX_), 310000);
	CHECK(memcmp(readback, scratch, 310000) == 0);
	n = host_read("/old/moved", readback, FILE_MAX_);
	if (n == -ENOENT)
		n = host_read("/new/moved", readback, FILE_MAX_);
	CHECK_EQ(n, 5000);
	CHECK(memcmp(readback, scratch, 5000) == 0);
	mount_down();
}

static void
test_cut(void)
{
	uint8_t *image = old_image();
	unsigned long n, last = 1;

	readback = malloc(FILE_MAX_);
	for (n = 1; n <= last; n += 1 + n / 24) {
		image_load(image);
		disk_arm();
		disk_cut_at = n;
		if (mount_up(NULL, 0) == 0) {
			scenario();
			mount_down();
		}
		last = disk_writes;
		disk_arm();
		CHECK(image_fsck("-fy", 1) <= 1);
		old_files_whole();
	}
	printf("# %lu writes\n", last);
	free(image);
	free(readback);
}

static void
test_io_failures(void)
{
	uint8_t *image = old_image();
	size_t kmem = fake_kmem_live(), pages = fake_pages_live();
	unsigned long n;
	bool failed = true;

	for (n = 1; failed; n += 1 + n / 24) {
		image_load(image);
		disk_arm();
		disk_fail_at = n;
		if (mount_up(n % 2 ? NULL : "errors=remount-ro", 0) == 0) {
			scenario();
			mount_down();
		}
		failed = disk_failed;
		disk_arm();
		CHECK(image_fsck("-fy", 1) <= 1);
		CHECK_EQ(fake_kmem_live(), kmem);
		CHECK_EQ(fake_pages_live(), pages);
	}
	free(image);
}

static void
test_alloc_failures(void)
{
	uint8_t *image = old_image();
	size_t kmem = fake_kmem_live(), pages = fake_pages_live();
	unsigned long n;
	bool failed = true;

	for (n = 1; failed; n += 1 + n / 24) {
		image_load(image);
		disk_arm();
		fake_fail_at(n);
		if (mount_up(NULL, 0) == 0) {
			scenario();
			mount_down();
		}
		failed = fake_failed();
		fake_fail_at(0);
		CHECK(image_fsck("-fy", 1) <= 1);
		CHECK_EQ(fake_kmem_live(), kmem);
		CHECK_EQ(fake_pages_live(), pages);
	}
	free(image);
}

static int
count_emit(struct dirsink *sink, const char *name, size_t len, ino_t ino,
    enum vtype type, off_t next)
{
	return 0;
}

/* Whatever stands on the disk: errors, but no crash, no loop, no leak. */
static void
test_broken(void)
{
	uint8_t *image = old_image();
	size_t kmem = fake_kmem_live();
	struct dirsink sink = { count_emit };
	unsigned round, k, mounted = 0;

	readback = malloc(FILE_MAX_);
	for (round = 0; round < 400; round++) {
		struct file *fp;

		image_load(image);
		/* Superblock and descriptors, bitmaps and inodes, anything. */
		for (k = 0; k < 1 + rnd(12); k++) {
			size_t where = rnd(3) == 0 ? 1024 + rnd(200)
			    : rnd(2) ? 2048 + rnd(60000) : rnd(disk_size);

			disk[where] = rnd(2) ? (uint8_t)rnd(256)
					     : disk[where] ^ (1u << rnd(8));
		}
		disk_arm();
		if (mount_up(NULL, 0) != 0)
			continue;
		mounted++;
		(void)!host_read("/old/keep", readback, FILE_MAX_);
		(void)!host_read("/old/big", readback, FILE_MAX_);
		if (vfs_open(&ctx, "/old", O_RDONLY, 0, &fp) == 0) {
			(void)!file_readdir(fp, &sink);
			file_unref(fp);
		}
		scenario();
		(void)!vfs_unlink(&ctx, "/old/keep", false);
		mount_down();
	}
	printf("# %u of %u mounted\n", mounted, round);
	CHECK(mounted > round / 8);
	CHECK_EQ(fake_kmem_live(), kmem);
	free(image);
	free(readback);
}

static void
test_refused(void)
{
	image_make(mkfs_args, mkfs_kib);
	disk[1024 + 96] |= 0x40; /* extents */
	CHECK_EQ(mount_up(NULL, 0), -EINVAL);
	disk[1024 + 96] &= ~0x40;
	disk[1024 + 101] |= 0x04; /* ro_compat: metadata_csum */
	CHECK_EQ(mount_up(NULL, 0), 0);
	CHECK_EQ(vfs_mkdir(&ctx, "/x", 0755), -EROFS);
	mount_down();
	CHECK_EQ(disk_writes, 0);
}

static void
run_with(const char *label, const char *args, unsigned kib)
{
	mkfs_args = args;
	mkfs_kib = kib;
	printf("# %s: %s\n", label, args);
	tap_run("random programs", test_random);
	tap_run("names", test_names);
	tap_run("sparse file", test_sparse);
	tap_run("unlinked and open", test_orphan);
	tap_run("features", test_refused);
	tap_run("power cut", test_cut);
	tap_run("I/O failures", test_io_failures);
	tap_run("allocation failures", test_alloc_failures);
	tap_run("broken images", test_broken);
}

int
main(void)
{
	host_start();
	run_with("1 KiB", "-b 1024 -g 1024 -I 128 -N 1024", 8 * 1024);
	run_with("2 KiB", "-b 2048 -I 256 -N 1024", 12 * 1024);
	run_with("4 KiB", "-b 4096 -I 256 -N 1024", 16 * 1024);
	return tap_end();
}
