/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/linux_stat.h: struct stat, statx, statfs and directory entries as
 * Linux x86_64 has them; tests/host/kern_stat_layout.c compares each with the
 * host's.
 */
#ifndef KERN_LINUX_STAT_H
#define KERN_LINUX_STAT_H

#include "base/types.h"

struct linux_time {
	int64_t tv_sec, tv_nsec;
};

struct linux_stat {
	uint64_t st_dev, st_ino, st_nlink;
	uint32_t st_mode, st_uid, st_gid, st_pad0;
	uint64_t st_rdev;
	int64_t st_size, st_blksize, st_blocks;
	struct linux_time st_atim, st_mtim, st_ctim;
	int64_t st_unused[3];
};

struct linux_statx_time {
	int64_t tv_sec;
	uint32_t tv_nsec;
	int32_t tv_pad;
};

struct linux_statx {
	uint32_t stx_mask, stx_blksize;
	uint64_t stx_attributes;
	uint32_t stx_nlink, stx_uid, stx_gid;
	uint16_t stx_mode, stx_pad0;
	uint64_t stx_ino, stx_size, stx_blocks, stx_attributes_mask;
	struct linux_statx_time stx_atime, stx_btime, stx_ctime, stx_mtime;
	uint32_t stx_rdev_major, stx_rdev_minor;
	uint32_t stx_dev_major, stx_dev_minor;
	uint64_t stx_mnt_id;
	uint64_t stx_spare[13];
};
#define STATX_BASIC_STATS 0x7ffu
#define STATX_BTIME	  0x800u
#define STATX_MNT_ID	  0x1000u
#define STATX_RESERVED	  0x80000000u

struct linux_statfs {
	int64_t f_type, f_bsize;
	uint64_t f_blocks, f_bfree, f_bavail, f_files, f_ffree;
	int32_t f_fsid[2];
	int64_t f_namelen, f_frsize, f_flags, f_spare[4];
};

struct linux_dirent64 {
	uint64_t d_ino;
	int64_t d_off;
	uint16_t d_reclen;
	uint8_t d_type;
	char d_name[]; /* with its NUL; d_reclen is a multiple of 8 */
};

/* The older kind: d_type is the last byte of the record. */
struct linux_dirent {
	uint64_t d_ino;
	uint64_t d_off;
	uint16_t d_reclen;
	char d_name[];
};

#endif
