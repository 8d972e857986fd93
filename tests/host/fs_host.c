/* SPDX-License-Identifier: MIT */
/*
 * tests/host/fs_host.c: see fs_host.h.
 */
#include "base/page.h"
#include "base/string.h"

#include "dev/bdev.h"
#include "fs/ext2.h"
#include "fs/vfs_internal.h"
#include "vm/vmspace.h"

#include "fake.h"
#include "fs_host.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <sys/wait.h>

uint8_t *disk;
size_t disk_size;
unsigned long disk_ios, disk_writes, disk_fail_at, disk_cut_at;
bool disk_failed;
struct lookup_ctx ctx;

/* Writes since the last flush: where, how long, and then the bytes. */
struct cached_write {
	struct cached_write *cw_next;
	uint64_t cw_at;
	uint32_t cw_len;
	uint8_t cw_bytes[];
};

static uint8_t *flushed; /* NULL: the disk has no cache */
static bool cache_cut;
static struct cached_write *cached, **cached_end = &cached;
static uint32_t (*cache_choice)(uint32_t);

static struct bdev bd;
static char image_path[128];

static void
cache_write(uint64_t at, const void *p, uint32_t n)
{
	struct cached_write *cw = malloc(sizeof(*cw) + n);

	*cw = (struct cached_write){ NULL, at, n };
	memcpy(cw->cw_bytes, p, n);
	*cached_end = cw;
	cached_end = &cw->cw_next;
}

/* All of it, or what chance leaves of each. */
static void
cache_empty(bool all)
{
	struct cached_write *cw;
	uint32_t i;

	while ((cw = cached) != NULL) {
		bool some = !all && cache_choice(3) == 0;

		for (i = 0; i < cw->cw_len; i += SECTOR_SIZE) {
			if (all || (some && cache_choice(8) != 0))
				memcpy(flushed + cw->cw_at + i,
				    cw->cw_bytes + i, SECTOR_SIZE);
		}
		cached = cw->cw_next;
		free(cw);
	}
	cached_end = &cached;
}

void
disk_cache_start(uint32_t (*choice)(uint32_t))
{
	flushed = image_save();
	cache_choice = choice;
	cache_cut = false;
}

bool
disk_cache_cut(void)
{
	if (!cache_cut)
		cache_empty(true);
	memcpy(disk, flushed, disk_size);
	free(flushed);
	flushed = NULL;
	return cache_cut;
}

/* The disk keeps what is written, but in its cache. */
static void
cache_bio(struct bio *bio)
{
	uint64_t at = bio->bio_sector * SECTOR_SIZE;
	unsigned i;

	if (flushed == NULL || cache_cut || bio->bio_op == BIO_READ)
		return;
	if (bio->bio_op == BIO_FLUSH)
		cache_empty(true);
	for (i = 0; bio->bio_op == BIO_WRITE && i < bio->bio_nsegs; i++) {
		uint32_t n = bio->bio_segs[i].bs_len;

		cache_write(at, phys_to_virt(bio->bio_segs[i].bs_addr), n);
		at += n;
	}
	if (disk_writes == disk_cut_at) {
		cache_cut = true;
		cache_empty(false);
	}
}

static void
disk_strategy(struct bdev *dev, struct bio *bio)
{
	uint64_t at = bio->bio_sector * SECTOR_SIZE;
	unsigned i;

	if (++disk_ios == disk_fail_at) {
		disk_failed = true;
		bio_complete(bio, -EIO);
		return;
	}
	if (bio->bio_op == BIO_WRITE)
		disk_writes++;
	cache_bio(bio);
	for (i = 0; bio->bio_op != BIO_FLUSH && i < bio->bio_nsegs; i++) {
		void *p = phys_to_virt(bio->bio_segs[i].bs_addr);
		uint32_t n = bio->bio_segs[i].bs_len;

		if (at + n > disk_size)
			fake_fail("request beyond the disk");
		if (bio->bio_op == BIO_READ)
			memcpy(p, disk + at, n);
		else if (flushed != NULL || disk_cut_at == 0 ||
		    disk_writes < disk_cut_at)
			memcpy(disk + at, p, n);
		at += n;
	}
	bio_complete(bio, 0);
}

static const struct bdevops disk_ops = { .bd_strategy = disk_strategy };

void
host_start(void)
{
	const char *tmp = getenv("TMPDIR");

	fake_init(16384);
	vm_init();
	vfs_init();
	vfs_register(&ext2_vfsops);
	snprintf(image_path, sizeof(image_path), "%s/fs_host.%d.img",
	    tmp != NULL ? tmp : "/tmp", (int)getpid());
	ctx.lc_cred = &cred_kernel;
}

static void
image_to_file(void)
{
	FILE *f = fopen(image_path, "wb");

	if (f == NULL || fwrite(disk, 1, disk_size, f) != disk_size ||
	    fclose(f) != 0)
		fake_fail("cannot write %s", image_path);
}

static void
image_from_file(void)
{
	FILE *f = fopen(image_path, "rb");

	if (f == NULL || fread(disk, 1, disk_size, f) != disk_size)
		fake_fail("cannot read %s", image_path);
	fclose(f);
	unlink(image_path);
}

void
disk_arm(void)
{
	disk_ios = disk_writes = disk_fail_at = disk_cut_at = 0;
	disk_failed = false;
}

void
image_make(const char *args, unsigned kib)
{
	char cmd[512];

	free(disk);
	disk_size = (size_t)kib * 1024;
	disk = calloc(1, disk_size);
	image_to_file();
	snprintf(cmd, sizeof(cmd),
	    "PATH=$PATH:/sbin:/usr/sbin mke2fs -q -F -t ext2 %s %s %uk", args,
	    image_path, kib);
	if (system(cmd) != 0)
		fake_fail("%s", cmd);
	image_from_file();
	if (bd.bd_ops == NULL) {
		memcpy(bd.bd_name, "vda", 4);
		bd.bd_block_size = 512;
		bd.bd_max_segs = 16;
		bd.bd_max_sectors = 256;
		bd.bd_ops = &disk_ops;
		bd.bd_sectors = disk_size / SECTOR_SIZE;
		disk_arm();
		if (bdev_register(&bd) != 0)
			fake_fail("bdev_register");
	}
	bd.bd_sectors = disk_size / SECTOR_SIZE;
	disk_arm();
}

uint8_t *
image_save(void)
{
	uint8_t *p = malloc(disk_size);

	memcpy(p, disk, disk_size);
	return p;
}

void
image_load(const uint8_t *bytes)
{
	memcpy(disk, bytes, disk_size);
}

int
image_fsck(const char *args, int status_max)
{
	char cmd[512];
	int status;

	image_to_file();
	snprintf(cmd, sizeof(cmd), "PATH=$PATH:/sbin:/usr/sbin "
	    "e2fsck %s %s >%s.log 2>&1", args, image_path, image_path);
	status = system(cmd);
	status = WIFEXITED(status) ? WEXITSTATUS(status) : 255;
	snprintf(cmd, sizeof(cmd), "sed 's/^/# /' %s.log; cp %s %s.bad",
	    image_path, image_path, image_path);
	if (status > status_max && system(cmd) != 0)
		status = 255;
	snprintf(cmd, sizeof(cmd), "%s.log", image_path);
	unlink(cmd);
	image_from_file();
	return status;
}

void
image_debugfs(const char *command)
{
	char cmd[512];

	image_to_file();
	snprintf(cmd, sizeof(cmd), "PATH=$PATH:/sbin:/usr/sbin "
	    "debugfs -w -R '%s' %s >/dev/null 2>&1", command, image_path);
	if (system(cmd) != 0)
		fake_fail("%s", cmd);
	image_from_file();
}

dev_t
disk_dev(void)
{
	return bd.bd_dev;
}

int
mount_up(const char *options, unsigned flags)
{
	struct mount *m = mount_create(vfs_find("ext2"), "vda", flags);
	int error = m == NULL ? -ENOMEM : mount_start(m, "vda", options);

	if (error != 0)
		return error;
	mutex_lock(&mount_lock);
	error = mount_attach(m, NULL);
	mutex_unlock(&mount_lock);
	ctx.lc_root.p_mount = m;
	ctx.lc_root.p_dentry = m->mnt_root_dentry;
	ctx.lc_cwd = ctx.lc_root;
	return error;
}

int
mount_again(const char *options, unsigned flags)
{
	return vfs_mount(&ctx, NULL, "/", NULL, MNT_REMOUNT | flags, options);
}

void
mount_down(void)
{
	struct path on;
	struct mount *m = ctx.lc_root.p_mount;

	mutex_lock(&mount_lock);
	mount_detach(m, &on);
	mutex_unlock(&mount_lock);
	mount_unref(m);
}

ssize_t
host_write(const char *path, const void *buf, size_t n, off_t off,
    unsigned oflags)
{
	struct iovec iov;
	struct uio uio;
	struct file *fp;
	ssize_t r = vfs_open(&ctx, path, O_WRONLY | oflags, 0644, &fp);

	if (r != 0)
		return r;
	uio_init_kernel(&uio, &iov, (void *)(uintptr_t)buf, n, off, true);
	r = file_pwrite(fp, &uio);
	file_unref(fp);
	return r;
}

ssize_t
host_read(const char *path, void *buf, size_t n)
{
	struct file *fp;
	ssize_t r = vfs_open(&ctx, path, O_RDONLY, 0, &fp);

	if (r != 0)
		return r;
	r = file_read_kernel(fp, buf, n, 0);
	file_unref(fp);
	return r;
}
