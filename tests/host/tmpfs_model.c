/* SPDX-License-Identifier: MIT */
/*
 * tests/host/tmpfs_model.c: tmpfs against a model of arrays under random
 * operations, and with every allocation of a scenario failed in turn.
 */
#include "../../sys/fs/tmpfs.c" /* its INIT function is run by hand */

#include "fake.h"
#include "fs_host.h"
#include "tap.h"

#include <stdlib.h>

#define NAMES	  10
#define FILES	  NAMES
#define FILE_MAX  (5 * PAGE_SIZE)
#define STEPS	  6000

struct model_file {
	unsigned links;
	size_t size;
	uint8_t bytes[FILE_MAX];
};

static struct model_file files[FILES];
static int names[NAMES]; /* which file, -1: none */
static char paths[NAMES][16];
static uint32_t seed = 12345;

static unsigned
rnd(unsigned n)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % n;
}

static int
file_new(void)
{
	int i;

	for (i = 0; files[i].links != 0; i++)
		continue;
	memset(&files[i], 0, sizeof(files[i]));
	files[i].links = 1;
	return i;
}

static void
drop_name(int n)
{
	if (names[n] >= 0)
		files[names[n]].links--;
	names[n] = -1;
}

static struct file *
open_name(int n, unsigned flags)
{
	struct file *fp = NULL;
	int error = vfs_open(&ctx, paths[n], flags, 0644, &fp);

	CHECK_EQ(error, names[n] < 0 && !(flags & O_CREAT) ? -ENOENT :
		names[n] >= 0 && (flags & O_EXCL) ? -EEXIST : 0);
	if (error == 0 && names[n] < 0)
		names[n] = file_new();
	return fp;
}

static void
step_write(int n)
{
	static uint8_t buf[FILE_MAX];
	struct file *fp = open_name(n, O_RDWR | (rnd(2) ? O_CREAT : 0));
	size_t off = rnd(FILE_MAX - 1), len = 1 + rnd(FILE_MAX - off - 1);
	struct model_file *mf;
	struct iovec iov;
	struct uio uio;

	if (fp == NULL)
		return;
	mf = &files[names[n]];
	memset(buf, 1 + rnd(255), len);
	uio_init_kernel(&uio, &iov, buf, len, off, true);
	CHECK_EQ(file_pwrite(fp, &uio), len);
	memcpy(mf->bytes + off, buf, len);
	mf->size = MAX(mf->size, off + len);
	file_unref(fp);
}

static void
step_truncate(int n)
{
	struct file *fp = open_name(n, O_RDWR);
	size_t size = rnd(FILE_MAX);
	struct model_file *mf;

	if (fp == NULL)
		return;
	mf = &files[names[n]];
	CHECK_EQ(fp->f_ops->fo_truncate(fp, size), 0);
	if (size < mf->size)
		memset(mf->bytes + size, 0, mf->size - size);
	mf->size = size;
	file_unref(fp);
}

static void
step_allocate(int n)
{
	struct file *fp = open_name(n, O_RDWR);
	size_t off = rnd(FILE_MAX - 1), len = 1 + rnd(FILE_MAX - off - 1);
	struct model_file *mf;

	if (fp == NULL)
		return;
	mf = &files[names[n]];
	if (rnd(2)) {
		CHECK_EQ(file_allocate(fp, 3, off, len), 0); /* punch */
		if (off < mf->size)
			memset(mf->bytes + off, 0, MIN(len, mf->size - off));
	} else {
		CHECK_EQ(file_allocate(fp, 0, off, len), 0);
		mf->size = MAX(mf->size, off + len);
	}
	file_unref(fp);
}

static void
step_compare(int n)
{
	static uint8_t buf[FILE_MAX];
	struct file *fp = open_name(n, O_RDONLY);
	struct model_file *mf;
	struct vattr va;
	off_t at = 0;

	if (fp == NULL)
		return;
	mf = &files[names[n]];
	CHECK_EQ(file_read_kernel(fp, buf, sizeof(buf), 0), mf->size);
	CHECK(memcmp(buf, mf->bytes, mf->size) == 0);
	CHECK_EQ(fp->f_ops->fo_stat(fp, &va), 0);
	CHECK_EQ(va.va_size, mf->size);
	CHECK_EQ(va.va_nlink, mf->links);
	CHECK_EQ(va.va_blocks, fp->f_vnode->v_object.vo_npages * 8);
	/* Before the first data there is nothing but zeroes. */
	if (fp->f_ops->fo_seek(fp, 0, 3, &at) != 0)
		at = mf->size;
	CHECK(at == 0 || (mf->bytes[0] == 0 &&
	    memcmp(mf->bytes, mf->bytes + 1, at - 1) == 0));
	file_unref(fp);
}

static void
step_names(int n)
{
	int to = rnd(NAMES), f = names[n], t = names[to];
	bool exchange = rnd(3) == 0;
	int error;

	switch (rnd(3)) {
	case 0:
		CHECK_EQ(vfs_unlink(&ctx, paths[n], false),
		    f < 0 ? -ENOENT : 0);
		drop_name(n);
		break;
	case 1:
		CHECK_EQ(vfs_link(&ctx, paths[n], &ctx, paths[to], 0),
		    f < 0 ? -ENOENT : t >= 0 ? -EEXIST : 0);
		if (f >= 0 && t < 0) {
			names[to] = f;
			files[f].links++;
		}
		break;
	default:
		error = vfs_rename(&ctx, paths[n], &ctx, paths[to],
		    exchange ? RENAME_EXCHANGE : 0);
		CHECK_EQ(error, f < 0 || (exchange && t < 0) ? -ENOENT : 0);
		if (error != 0 || f == t)
			break;
		names[to] = f;
		names[n] = exchange ? t : -1;
		if (!exchange && t >= 0)
			files[t].links--;
	}
}

static void
test_model(void)
{
	size_t kmem, pages;
	int i;

	kmem = fake_kmem_live();
	pages = fake_pages_live();
	CHECK_EQ(vfs_mount(&ctx, "t", "/t", "tmpfs", 0, "size=1m"), 0);
	CHECK_EQ(vfs_mkdir(&ctx, "/t/d", 0755), 0);
	for (i = 0; i < NAMES; i++) {
		ksnprintf(paths[i], sizeof(paths[i]), "/t/%s%d",
		    i % 2 ? "d/" : "", i);
		names[i] = -1;
	}
	for (i = 0; i < STEPS && tap_bad_checks == 0; i++) {
		int n = rnd(NAMES);

		switch (rnd(6)) {
		case 0:
			step_write(n);
			break;
		case 1:
			step_truncate(n);
			break;
		case 2:
			step_allocate(n);
			break;
		case 3:
			step_compare(n);
			break;
		default:
			step_names(n);
		}
	}
	printf("# %d steps\n", i);
	CHECK_EQ(vfs_umount(&ctx, "/t", 0), 0);
	CHECK_EQ(fake_kmem_live(), kmem);
	CHECK_EQ(fake_pages_live(), pages);
}

/* Whatever fails, nothing is lost and the end works. */
static void
scenario(void)
{
	static uint8_t buf[3 * PAGE_SIZE];
	struct statfs_info sf;
	struct path p;

	if (vfs_mount(&ctx, "t", "/t", "tmpfs", 0, "size=64k,mode=700") != 0)
		return;
	(void)!vfs_mkdir(&ctx, "/t/d", 0755);
	(void)!host_write("/t/f", buf, sizeof(buf), 0, O_CREAT);
	(void)!host_write("/t/d/g", buf, 10, 5 * PAGE_SIZE, O_CREAT);
	(void)!vfs_link(&ctx, "/t/f", &ctx, "/t/d/l", 0);
	(void)!vfs_symlink(&ctx, "f", "/t/s");
	(void)!vfs_rename(&ctx, "/t/f", &ctx, "/t/d/f", 0);
	(void)!vfs_rename(&ctx, "/t/d/l", &ctx, "/t/s", RENAME_EXCHANGE);
	(void)!vfs_rename(&ctx, "/t/d/g", &ctx, "/t/d/f", 0);
	(void)!vfs_unlink(&ctx, "/t/s", false);
	(void)!host_write("/t/big", buf, sizeof(buf), 14 * PAGE_SIZE, O_CREAT);
	if (vfs_lookup(&ctx, "/t", 0, &p) == 0) {
		CHECK_EQ(vfs_statfs(&p, &sf), 0);
		CHECK_EQ(sf.sf_blocks, 16);
		CHECK(sf.sf_bfree <= 16);
		path_unref(&p);
	}
	fake_fail_at(0);
	CHECK_EQ(vfs_umount(&ctx, "/t", 0), 0);
}

static void
test_failures(void)
{
	size_t kmem, pages;
	unsigned long n;

	scenario();
	kmem = fake_kmem_live();
	pages = fake_pages_live();
	for (n = 1; n < 10000; n++) {
		unsigned long before = fake_allocations();

		fake_fail_at(n);
		scenario();
		fake_fail_at(0);
		CHECK_EQ(fake_kmem_live(), kmem);
		CHECK_EQ(fake_pages_live(), pages);
		if (tap_bad_checks != 0 || fake_allocations() - before < n)
			break;
	}
	printf("# %lu allocations failed in turn\n", n - 1);
	CHECK(n > 20);
}

int
main(void)
{
	host_start();
	tmpfs_init();
	if (vfs_mount_root("root", "tmpfs", 0) != 0 ||
	    vfs_root_path(&ctx.lc_root) != 0)
		fake_fail("no root");
	ctx.lc_cwd = ctx.lc_root;
	CHECK_EQ(vfs_mkdir(&ctx, "/t", 0755), 0);
	tap_run("random operations", test_model);
	tap_run("failed allocations", test_failures);
	return tap_end();
}
