/* SPDX-License-Identifier: MIT */
/*
 * tests/host/fs_host.h: a disk in memory for tests of the file systems, with
 * failures and power cuts, and images made and checked by e2fsprogs.
 *
 * Each image lies in a file below $TMPDIR while mke2fs, e2fsck and debugfs
 * look at it; the kernel's side works on a copy in memory.
 */
#ifndef FS_HOST_H
#define FS_HOST_H

#include "base/types.h"

#include "fs/vfs.h"

extern uint8_t *disk;		 /* its bytes */
extern size_t disk_size;
extern unsigned long disk_ios, disk_writes; /* since disk_arm() */
extern unsigned long disk_fail_at; /* the n-th request fails; 0: none */
extern unsigned long disk_cut_at;  /* from the n-th write on nothing is kept */
extern bool disk_failed;

/*
 * A disk with a cache of its own: at the disk_cut_at-th write, what was
 * flushed stays, and of each write since then every sector stays or not, by
 * choice(). The kernel goes on until disk_cache_cut() makes that the disk;
 * false: it did not come to the cut.
 */
void disk_cache_start(uint32_t (*choice)(uint32_t n)); /* after disk_arm() */
bool disk_cache_cut(void);

extern struct lookup_ctx ctx; /* the superuser at / */

void host_start(void); /* once */
/* mke2fs with these options into the disk. */
void image_make(const char *mke2fs_args, unsigned kib);
void image_load(const uint8_t *bytes); /* what image_save() gave */
uint8_t *image_save(void);
void disk_arm(void); /* counts from 0, no failures */
/* Exit status of e2fsck with these options on the disk; -y's changes come
 * back into it. Its text is shown if the status is not one of those. */
int image_fsck(const char *args, int status_max);
/* debugfs carries out one command on the disk. */
void image_debugfs(const char *command);
/* For a vnode that shows the disk in /dev. */
dev_t disk_dev(void);
int mount_up(const char *options, unsigned flags);
int mount_again(const char *options, unsigned flags); /* remount */
void mount_down(void);
/* Whole file through the VFS; bytes or -Exxx. */
ssize_t host_read(const char *path, void *buf, size_t n);
ssize_t host_write(const char *path, const void *buf, size_t n, off_t off,
    unsigned oflags);

#endif
