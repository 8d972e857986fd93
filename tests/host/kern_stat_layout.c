/* SPDX-License-Identifier: MIT */
/*
 * tests/host/kern_stat_layout.c: structures that cross the system call line,
 * field by field against those of the host's C library.
 */
#include <sys/stat.h>
#include <sys/statfs.h>
#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tap.h"

/* The kernel's own scalars are not wanted here, only its layouts. */
#define BASE_TYPES_H
#undef STATX_BASIC_STATS
#undef STATX_BTIME
#undef STATX_MNT_ID
#include "kern/linux_stat.h"

#define SAME(ours, a, theirs, b)                                             \
	do {                                                                 \
		CHECK_EQ(offsetof(struct ours, a),                       \
		    offsetof(struct theirs, b));                         \
		CHECK_EQ(sizeof(((struct ours *)0)->a),                      \
		    sizeof(((struct theirs *)0)->b));                        \
	} while (0)

static void
test_stat(void)
{
	CHECK_EQ(sizeof(struct linux_stat), sizeof(struct stat));
	SAME(linux_stat, st_dev, stat, st_dev);
	SAME(linux_stat, st_ino, stat, st_ino);
	SAME(linux_stat, st_nlink, stat, st_nlink);
	SAME(linux_stat, st_mode, stat, st_mode);
	SAME(linux_stat, st_uid, stat, st_uid);
	SAME(linux_stat, st_gid, stat, st_gid);
	SAME(linux_stat, st_rdev, stat, st_rdev);
	SAME(linux_stat, st_size, stat, st_size);
	SAME(linux_stat, st_blksize, stat, st_blksize);
	SAME(linux_stat, st_blocks, stat, st_blocks);
	SAME(linux_stat, st_atim, stat, st_atim);
	SAME(linux_stat, st_mtim, stat, st_mtim);
	SAME(linux_stat, st_ctim, stat, st_ctim);
}

static void
test_statx(void)
{
	CHECK_EQ(sizeof(struct linux_statx), sizeof(struct statx));
	SAME(linux_statx, stx_mask, statx, stx_mask);
	SAME(linux_statx, stx_attributes, statx, stx_attributes);
	SAME(linux_statx, stx_nlink, statx, stx_nlink);
	SAME(linux_statx, stx_mode, statx, stx_mode);
	SAME(linux_statx, stx_ino, statx, stx_ino);
	SAME(linux_statx, stx_size, statx, stx_size);
	SAME(linux_statx, stx_blocks, statx, stx_blocks);
	SAME(linux_statx, stx_attributes_mask, statx, stx_attributes_mask);
	SAME(linux_statx, stx_atime, statx, stx_atime);
	SAME(linux_statx, stx_btime, statx, stx_btime);
	SAME(linux_statx, stx_ctime, statx, stx_ctime);
	SAME(linux_statx, stx_mtime, statx, stx_mtime);
	SAME(linux_statx, stx_rdev_major, statx, stx_rdev_major);
	SAME(linux_statx, stx_dev_minor, statx, stx_dev_minor);
	SAME(linux_statx, stx_mnt_id, statx, stx_mnt_id);
}

static void
test_statfs(void)
{
	CHECK_EQ(sizeof(struct linux_statfs), sizeof(struct statfs));
	SAME(linux_statfs, f_type, statfs, f_type);
	SAME(linux_statfs, f_bsize, statfs, f_bsize);
	SAME(linux_statfs, f_blocks, statfs, f_blocks);
	SAME(linux_statfs, f_ffree, statfs, f_ffree);
	SAME(linux_statfs, f_fsid, statfs, f_fsid);
	SAME(linux_statfs, f_namelen, statfs, f_namelen);
	SAME(linux_statfs, f_frsize, statfs, f_frsize);
	SAME(linux_statfs, f_flags, statfs, f_flags);
}

static void
test_dirent(void)
{
	SAME(linux_dirent64, d_ino, dirent64, d_ino);
	SAME(linux_dirent64, d_off, dirent64, d_off);
	SAME(linux_dirent64, d_reclen, dirent64, d_reclen);
	SAME(linux_dirent64, d_type, dirent64, d_type);
	CHECK_EQ(offsetof(struct linux_dirent64, d_name),
	    offsetof(struct dirent64, d_name));
	CHECK_EQ(offsetof(struct linux_dirent, d_name), 18);
}

int
main(void)
{
	tap_run("struct stat", test_stat);
	tap_run("struct statx", test_statx);
	tap_run("struct statfs", test_statfs);
	tap_run("struct dirent64", test_dirent);
	return tap_end();
}
