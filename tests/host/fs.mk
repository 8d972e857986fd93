# SPDX-License-Identifier: MIT
# tests/host/fs.mk -- host tests of the VFS and ext2.
include tests/host/fake/fake.mk

FS_SRCS := $(wildcard sys/fs/vfs_*.c sys/fs/ext2_*.c) \
	$(addprefix sys/fs/,cred.c file.c spec.c flock.c buf.c blkio.c) \
	$(addprefix sys/dev/,bdev.c cdev.c gpt.c) \
	$(wildcard sys/vm/*.c) $(FAKE_SRCS) $(FAKE_PMAP_SRCS)

HOST_TESTS += ext2_ops
ext2_ops_SRCS := tests/host/ext2_ops.c tests/host/fs_host.c $(FS_SRCS)
ext2_ops_CFLAGS := $(FAKE_CFLAGS) -Itests/host

HOST_TESTS += ext2_reload
ext2_reload_SRCS := tests/host/ext2_reload.c tests/host/fs_host.c $(FS_SRCS)
ext2_reload_CFLAGS := $(FAKE_CFLAGS) -Itests/host

HOST_TESTS += ext2_fsync
ext2_fsync_SRCS := tests/host/ext2_fsync.c tests/host/fs_host.c $(FS_SRCS)
ext2_fsync_CFLAGS := $(FAKE_CFLAGS) -Itests/host

HOST_TESTS += vfs_rules
vfs_rules_SRCS := tests/host/vfs_rules.c tests/host/fs_host.c $(FS_SRCS)
vfs_rules_CFLAGS := $(FAKE_CFLAGS) -Itests/host
