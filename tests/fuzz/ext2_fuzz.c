/* SPDX-License-Identifier: MIT */
/*
 * tests/fuzz/ext2_fuzz.c: libFuzzer drives ext2 with broken images.
 *
 * An input is a list of changes (4 bytes where, 1 byte what) to a small sound
 * image. It is mounted, walked, changed and unmounted. Whatever happens must
 * be an error, not a crash, a hang or a leak.
 * Build: clang -fsanitize=fuzzer,address,undefined with what
 * tests/host/fs.mk gives ext2_ops but ext2_ops.c itself.
 */
#include "base/string.h"

#include "fs/vfs.h"

#include "fake.h"
#include "fs_host.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static uint8_t *image;
static char bytes[70000];

static int
skip_entry(struct dirsink *sink, const char *name, size_t len, ino_t ino,
    enum vtype type, off_t next)
{
	return 0;
}

static void
must(bool ok)
{
	if (!ok)
		fake_fail("the sound image is not sound");
}

static void
image_prepare(void)
{
	host_start();
	image_make("-b 1024 -g 1024 -N 128", 3072);
	must(mount_up(NULL, 0) == 0);
	must(vfs_mkdir(&ctx, "/d", 0755) == 0);
	must(host_write("/d/f", bytes, sizeof(bytes), 0, O_CREAT) ==
	    sizeof(bytes));
	must(vfs_symlink(&ctx, "d/f", "/l") == 0);
	must(host_write("/d/far", "x", 1, 70000000, O_CREAT) == 1);
	mount_down();
	image = image_save();
}

static void
exercise(void)
{
	struct dirsink sink = { skip_entry };
	struct file *fp;
	struct path p;

	(void)!host_read("/l", bytes, sizeof(bytes));
	if (vfs_open(&ctx, "/d", O_RDONLY, 0, &fp) == 0) {
		(void)!file_readdir(fp, &sink);
		file_unref(fp);
	}
	(void)!vfs_mkdir(&ctx, "/d/new", 0755);
	(void)!host_write("/d/new/f", bytes, 3000, 0, O_CREAT);
	(void)!vfs_rename(&ctx, "/d/new", &ctx, "/moved", 0);
	(void)!vfs_rename(&ctx, "/d", &ctx, "/moved/d", 0);
	if (vfs_lookup(&ctx, "/moved/d/far", 0, &p) == 0) {
		(void)!vfs_truncate(&p, 30000, &cred_kernel);
		path_unref(&p);
	}
	(void)!vfs_unlink(&ctx, "/moved/d/f", false);
	(void)!vfs_unlink(&ctx, "/moved/d/far", false);
	(void)!vfs_unlink(&ctx, "/moved/d", true);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	size_t live;
	uint32_t at;

	if (image == NULL)
		image_prepare();
	live = fake_kmem_live();
	image_load(image);
	for (; n >= 5; data += 5, n -= 5) {
		memcpy(&at, data, sizeof(at));
		disk[at % disk_size] = data[4];
	}
	disk_arm();
	if (mount_up(NULL, 0) == 0) {
		exercise();
		mount_down();
	}
	if (fake_kmem_live() != live)
		fake_fail("a leak");
	return 0;
}
