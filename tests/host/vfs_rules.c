/* SPDX-License-Identifier: MIT */
/*
 * tests/host/vfs_rules.c: permissions, opening, mounts and advisory locks as
 * Linux has them, on an ext2; partition tables.
 */
#include "base/kprintf.h"
#include "base/string.h"

#include "dev/bdev.h"
#include "fs/vfs.h"

#include <abi/errno.h>

#include "fake.h"
#include "fs_host.h"
#include "tap.h"

#include <stdlib.h>

static struct cred user = { .cr_ref = 1, .cr_uid = 100, .cr_euid = 100,
	.cr_fsuid = 100, .cr_gid = 100, .cr_egid = 100, .cr_fsgid = 100 };
static struct lookup_ctx uctx;

static void
start(void)
{
	image_make("-b 1024 -N 256", 4096);
	CHECK_EQ(mount_up(NULL, 0), 0);
	uctx = ctx;
	uctx.lc_cred = &user;
	uctx.lc_umask = 022;
}

static void
stop(void)
{
	mount_down();
	CHECK_EQ(image_fsck("-fn", 0), 0);
}

static mode_t
mode_of(const char *path)
{
	struct vattr va = { 0 };
	struct path p;

	if (vfs_lookup(&ctx, path, 0, &p) != 0)
		return ~0u;
	CHECK_EQ(vfs_getattr(&p, &va), 0);
	path_unref(&p);
	return va.va_mode;
}

static int
chmod_as(const char *path, mode_t mode, const struct cred *cr)
{
	struct path p;
	int error = vfs_lookup(&ctx, path, 0, &p);

	if (error == 0) {
		error = vfs_chmod(&p, mode, cr);
		path_unref(&p);
	}
	return error;
}

static int
chown_as(const char *path, uid_t uid, gid_t gid, const struct cred *cr)
{
	struct path p;
	int error = vfs_lookup(&ctx, path, 0, &p);

	if (error == 0) {
		error = vfs_chown(&p, uid, gid, cr);
		path_unref(&p);
	}
	return error;
}

static int
open_close(const struct lookup_ctx *c, const char *path, unsigned oflags)
{
	struct file *fp;
	int error = vfs_open(c, path, oflags, 0666, &fp);

	if (error == 0)
		file_unref(fp);
	return error;
}

static void
test_permissions(void)
{
	start();
	CHECK_EQ(vfs_mkdir(&uctx, "/no", 0755), -EACCES);
	CHECK_EQ(vfs_mkdir(&ctx, "/tmp", 0777), 0);
	CHECK_EQ(chmod_as("/tmp", 01777, &cred_kernel), 0);
	CHECK_EQ(open_close(&uctx, "/tmp/mine", O_CREAT | O_RDWR), 0);
	CHECK_EQ(mode_of("/tmp/mine"), 0644);
	CHECK_EQ(open_close(&ctx, "/tmp/root", O_CREAT | O_RDWR), 0);
	CHECK_EQ(open_close(&uctx, "/tmp/root", O_WRONLY), 0);
	CHECK_EQ(chmod_as("/tmp/root", 0600, &cred_kernel), 0);
	CHECK_EQ(open_close(&uctx, "/tmp/root", O_RDONLY), -EACCES);
	CHECK_EQ(vfs_unlink(&uctx, "/tmp/root", false), -EPERM);
	CHECK_EQ(vfs_rename(&uctx, "/tmp/root", &uctx, "/tmp/x", 0), -EPERM);
	CHECK_EQ(chmod_as("/tmp/root", 0777, &user), -EPERM);
	CHECK_EQ(chown_as("/tmp/mine", 0, -1, &user), -EPERM);
	CHECK_EQ(chown_as("/tmp/mine", -1, 100, &user), 0);
	CHECK_EQ(chown_as("/tmp/mine", -1, 5, &user), -EPERM);
	/* Set-id bits go with a write and with a change of owner. */
	CHECK_EQ(chmod_as("/tmp/mine", 06755, &user), 0);
	CHECK_EQ(mode_of("/tmp/mine"), 06755);
	CHECK_EQ(chown_as("/tmp/mine", 100, 100, &cred_kernel), 0);
	CHECK_EQ(mode_of("/tmp/mine"), 0755);
	/* A directory with setgid hands its group down. */
	CHECK_EQ(vfs_mkdir(&ctx, "/tmp/g", 0777), 0);
	CHECK_EQ(chown_as("/tmp/g", 0, 7, &cred_kernel), 0);
	CHECK_EQ(chmod_as("/tmp/g", 02777, &cred_kernel), 0);
	CHECK_EQ(vfs_mkdir(&uctx, "/tmp/g/sub", 0777), 0);
	CHECK_EQ(mode_of("/tmp/g/sub"), 02755);
	CHECK_EQ(vfs_unlink(&uctx, "/tmp/mine", false), 0);
	stop();
}

static void
test_open(void)
{
	struct file *fp, *ex;
	struct path p;

	start();
	CHECK_EQ(host_write("/f", "abc", 3, 0, O_CREAT), 3);
	CHECK_EQ(open_close(&ctx, "/f", O_CREAT | O_EXCL | O_RDWR), -EEXIST);
	CHECK_EQ(open_close(&ctx, "/f/", O_RDONLY), -ENOTDIR);
	CHECK_EQ(open_close(&ctx, "/f", O_DIRECTORY), -ENOTDIR);
	CHECK_EQ(open_close(&ctx, "/", O_RDWR), -EISDIR);
	CHECK_EQ(open_close(&ctx, "/new/", O_CREAT | O_RDWR), -EISDIR);
	CHECK_EQ(open_close(&ctx, "", O_RDONLY), -ENOENT);
	CHECK_EQ(open_close(&ctx, "/", O_TMPFILE | O_RDWR), -EOPNOTSUPP);
	CHECK_EQ(vfs_symlink(&ctx, "f", "/l"), 0);
	CHECK_EQ(open_close(&ctx, "/l", O_NOFOLLOW), -ELOOP);
	CHECK_EQ(open_close(&ctx, "/l", O_NOFOLLOW | O_PATH), 0);
	CHECK_EQ(vfs_symlink(&ctx, "made", "/dangling"), 0);
	CHECK_EQ(open_close(&ctx, "/dangling", O_CREAT | O_RDWR), 0);
	CHECK_EQ(vfs_lookup(&ctx, "/made", 0, &p), 0);
	path_unref(&p);
	CHECK_EQ(vfs_unlink(&ctx, "/.", true), -EINVAL);
	CHECK_EQ(vfs_unlink(&ctx, "/f/..", true), -ENOTDIR);
	CHECK_EQ(vfs_mkdir(&ctx, "/..", 0777), -EEXIST);
	/* Written or executed, not both. */
	CHECK_EQ(vfs_open_exec(&ctx, "/f", &ex), -EACCES);
	CHECK_EQ(chmod_as("/f", 0755, &cred_kernel), 0);
	CHECK_EQ(vfs_open(&ctx, "/f", O_WRONLY, 0, &fp), 0);
	CHECK_EQ(vfs_open_exec(&ctx, "/f", &ex), -ETXTBSY);
	file_unref(fp);
	CHECK_EQ(vfs_open_exec(&ctx, "/f", &ex), 0);
	CHECK_EQ(open_close(&ctx, "/f", O_RDWR), -ETXTBSY);
	file_unref(ex);
	CHECK_EQ(open_close(&ctx, "/f", O_RDWR | O_TRUNC), 0);
	CHECK_EQ(vfs_mknod(&ctx, "/null", 0020666, makedev(1, 3)), 0);
	CHECK_EQ(open_close(&ctx, "/null", O_RDWR), -ENXIO);
	CHECK_EQ(vfs_mknod(&uctx, "/null2", 0020666, makedev(1, 3)), -EPERM);
	stop();
}

static void
test_mounts(void)
{
	struct path p, root;
	struct file *fp;
	char buf[256];

	start();
	root = ctx.lc_root;
	CHECK_EQ(vfs_mkdir(&ctx, "/a", 0755), 0);
	CHECK_EQ(vfs_mkdir(&ctx, "/a/in", 0755), 0);
	CHECK_EQ(vfs_mkdir(&ctx, "/b", 0755), 0);
	CHECK_EQ(vfs_mount(&uctx, "/a", "/b", NULL, MNT_BIND, NULL), -EPERM);
	CHECK_EQ(vfs_mount(&ctx, "/a", "/b", NULL, MNT_BIND, NULL), 0);
	CHECK_EQ(host_write("/b/in/f", "x", 1, 0, O_CREAT), 1);
	CHECK_EQ(host_read("/a/in/f", buf, 8), 1);
	CHECK_EQ(vfs_mount(&ctx, "none", "/b", NULL,
	    MNT_BIND | MNT_REMOUNT | MNT_RDONLY, NULL), 0);
	CHECK_EQ(vfs_mkdir(&ctx, "/b/x", 0755), -EROFS);
	CHECK_EQ(vfs_mkdir(&ctx, "/a/x", 0755), 0);
	CHECK_EQ(vfs_rename(&ctx, "/b/x", &ctx, "/x", 0), -EXDEV);
	CHECK_EQ(vfs_unlink(&ctx, "/b", true), -EBUSY);
	CHECK_EQ(vfs_lookup(&ctx, "/b/in/../..", 0, &p), 0);
	CHECK(p.p_dentry == root.p_dentry && p.p_mount == root.p_mount);
	path_unref(&p);
	CHECK_EQ(vfs_lookup(&ctx, "/b/in", 0, &p), 0);
	CHECK_EQ(path_format(&p, &root, buf, sizeof(buf), false), 6);
	CHECK(strcmp(buf, "/b/in") == 0);
	CHECK_EQ(path_format(&p, &root, buf, 5, false), -ERANGE);
	CHECK_EQ(vfs_umount(&ctx, "/b", 0), -EBUSY);
	path_unref(&p);
	CHECK_EQ(vfs_open(&ctx, "/b/in/f", O_RDONLY, 0, &fp), 0);
	CHECK_EQ(vfs_umount(&ctx, "/b", 0), -EBUSY);
	CHECK_EQ(vfs_umount(&ctx, "/b", UMOUNT_DETACH), 0);
	CHECK_EQ(file_read_kernel(fp, buf, 8, 0), 1);
	file_unref(fp);
	CHECK_EQ(vfs_umount(&ctx, "/b", 0), -EINVAL);
	CHECK_EQ(vfs_umount(&ctx, "/", 0), -EBUSY);
	/* The whole of it read-only, and back. */
	CHECK_EQ(vfs_open(&ctx, "/a/in/f", O_RDWR, 0, &fp), 0);
	CHECK_EQ(vfs_mount(&ctx, "x", "/", NULL, MNT_REMOUNT | MNT_RDONLY,
	    NULL), -EBUSY);
	file_unref(fp);
	CHECK_EQ(vfs_mount(&ctx, "x", "/", NULL, MNT_REMOUNT | MNT_RDONLY,
	    NULL), 0);
	CHECK_EQ(vfs_mkdir(&ctx, "/c", 0755), -EROFS);
	CHECK_EQ(image_fsck("-n", 0), 0);
	CHECK_EQ(vfs_mount(&ctx, "x", "/", NULL, MNT_REMOUNT, NULL), 0);
	CHECK_EQ(vfs_mkdir(&ctx, "/c", 0755), 0);
	stop();
}

static struct flock_req
range(int type, off_t from, off_t to, const void *owner)
{
	return (struct flock_req){ true, type, from, to, owner, 1, false };
}

static void
test_locks(void)
{
	int a, b;
	struct flock_req r;
	struct file *fp, *fp2;

	start();
	CHECK_EQ(vfs_open(&ctx, "/f", O_CREAT | O_RDWR, 0644, &fp), 0);
	CHECK_EQ(vfs_open(&ctx, "/f", O_RDWR, 0644, &fp2), 0);
	r = range(1, 0, 99, &a);
	CHECK_EQ(file_lock(fp, &r), 0);
	r = range(0, 50, 60, &b);
	CHECK_EQ(file_lock(fp, &r), -EAGAIN);
	r = range(2, 40, 69, &a); /* a hole in the middle */
	CHECK_EQ(file_lock(fp, &r), 0);
	r = range(1, 40, 69, &b);
	CHECK_EQ(file_lock(fp, &r), 0);
	r = range(1, 0, INT64_MAX, &b);
	CHECK_EQ(file_lock_test(fp, &r), 0);
	CHECK(r.fl_type == 1 && r.fl_start == 0 && r.fl_end == 39);
	r = range(0, 69, 70, &b);
	CHECK_EQ(file_lock(fp, &r), -EAGAIN);
	vnode_unlock_owner(fp->f_vnode, &a);
	r = range(1, 0, INT64_MAX, &b);
	CHECK_EQ(file_lock(fp, &r), 0);
	vnode_unlock_owner(fp->f_vnode, &b);
	CHECK(list_empty(&fp->f_vnode->v_flocks));
	/* flock: by open file, and let go by closing. */
	r = (struct flock_req){ false, 1, 0, INT64_MAX, fp, 1, false };
	CHECK_EQ(file_lock(fp, &r), 0);
	r.fl_owner = fp2;
	CHECK_EQ(file_lock(fp2, &r), -EAGAIN);
	file_unref(fp);
	CHECK_EQ(file_lock(fp2, &r), 0);
	file_unref(fp2);
	stop();
}

static uint8_t parts_disk[1 << 20];

static void
parts_strategy(struct bdev *bd, struct bio *bio)
{
	uint64_t at = bio->bio_sector * SECTOR_SIZE;

	for (unsigned i = 0; i < bio->bio_nsegs; i++) {
		void *p = phys_to_virt(bio->bio_segs[i].bs_addr);

		if (bio->bio_op == BIO_READ)
			memcpy(p, parts_disk + at, bio->bio_segs[i].bs_len);
		else
			memcpy(parts_disk + at, p, bio->bio_segs[i].bs_len);
		at += bio->bio_segs[i].bs_len;
	}
	bio_complete(bio, 0);
}

static const struct bdevops parts_ops = { .bd_strategy = parts_strategy };

static void
parts_register(struct bdev *bd, const char *name)
{
	memset(bd, 0, sizeof(*bd));
	snprintf(bd->bd_name, sizeof(bd->bd_name), "%s", name);
	bd->bd_sectors = sizeof(parts_disk) / SECTOR_SIZE;
	bd->bd_block_size = 512;
	bd->bd_max_segs = 4;
	bd->bd_max_sectors = 64;
	bd->bd_ops = &parts_ops;
	CHECK_EQ(bdev_register(bd), 0);
}

static void
put32(size_t at, uint32_t v)
{
	memcpy(parts_disk + at, &v, 4);
}

static void
test_partitions(void)
{
	static struct bdev mbr;
	struct bdev *p;

	parts_disk[510] = 0x55;
	parts_disk[511] = 0xaa;
	parts_disk[446 + 4] = 0x83;
	put32(446 + 8, 100);
	put32(446 + 12, 50);
	parts_disk[462 + 4] = 0x83; /* beyond the end: left out */
	put32(462 + 8, 2000);
	put32(462 + 12, 500);
	parts_register(&mbr, "sdx");
	p = bdev_find("/dev/sdx1");
	CHECK(p != NULL && p->bd_start == 100 && p->bd_sectors == 50);
	CHECK(bdev_find("sdx2") == NULL);
	CHECK(bdev_register(&mbr) == -EEXIST);
	if (p != NULL) {
		uint8_t *buf = page_to_virt(page_alloc(0, PA_ZERO));

		parts_disk[100 * 512] = 0x77;
		CHECK_EQ(bdev_rw(p, BIO_READ, 0, buf, 512), 0);
		CHECK_EQ(buf[0], 0x77);
		CHECK_EQ(bdev_rw(p, BIO_READ, 50, buf, 512), -EIO);
		CHECK_EQ(bdev_rw(p, BIO_WRITE, 49, buf, 1024), -ENOSPC);
		page_unref(virt_to_page(buf));
	}
}

/* Made by sgdisk: whole, with its first header broken, with both broken. */
static void
test_gpt(void)
{
	static struct bdev whole, backup, broken;
	static char name[] = "/tmp/vfs_rules.gpt";
	struct bdev *p;
	FILE *f;

	CHECK_EQ(system("PATH=$PATH:/sbin:/usr/sbin; f=/tmp/vfs_rules.gpt; "
	    "rm -f $f; truncate -s 1M $f; "
	    "sgdisk -a 1 -n 1:64:163 -n 2:200:1199 $f >/dev/null"), 0);
	f = fopen(name, "rb");
	CHECK(f != NULL);
	if (f == NULL)
		return;
	CHECK_EQ(fread(parts_disk, 1, sizeof(parts_disk), f),
	    sizeof(parts_disk));
	fclose(f);
	remove(name);
	parts_register(&whole, "nvme0n1");
	p = bdev_find("nvme0n1p2");
	CHECK(p != NULL && p->bd_start == 200 && p->bd_sectors == 1000);
	parts_disk[512 + 40]++;
	parts_register(&backup, "sdb");
	p = bdev_find("sdb1");
	CHECK(p != NULL && p->bd_start == 64 && p->bd_sectors == 100);
	parts_disk[sizeof(parts_disk) - 512 + 40]++;
	parts_register(&broken, "sdc");
	CHECK(bdev_find("sdc1") == NULL);
}

static void
test_gpt_none(void)
{
	static struct bdev same;

	memset(parts_disk, 0, sizeof(parts_disk));
	parts_disk[510] = 0x55;
	parts_disk[511] = 0xaa;
	parts_disk[446 + 4] = 0xee;
	memcpy(parts_disk + 512, "EFI PART", 8);
	parts_register(&same, "sdy");
	CHECK(bdev_find("sdy1") == NULL);
}

int
main(void)
{
	host_start();
	tap_run("permissions", test_permissions);
	tap_run("opening", test_open);
	tap_run("mounts", test_mounts);
	tap_run("advisory locks", test_locks);
	tap_run("MBR", test_partitions);
	tap_run("GPT", test_gpt);
	tap_run("GPT that is none", test_gpt_none);
	return tap_end();
}
