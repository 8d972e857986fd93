# SPDX-License-Identifier: MIT
# tests/host/tmpfs.mk -- host test of files in memory.
include tests/host/fake/fake.mk

HOST_TESTS += tmpfs_model
tmpfs_model_SRCS := tests/host/tmpfs_model.c tests/host/fs_host.c \
	sys/fs/tmpfs_dir.c sys/fs/tmpfs_attr.c \
	$(wildcard sys/fs/vfs_*.c sys/fs/ext2_*.c) \
	$(addprefix sys/fs/,cred.c file.c spec.c flock.c buf.c blkio.c) \
	$(addprefix sys/dev/,bdev.c cdev.c gpt.c) \
	$(wildcard sys/vm/*.c) $(FAKE_SRCS) $(FAKE_PMAP_SRCS)
tmpfs_model_CFLAGS := $(FAKE_CFLAGS) -Itests/host
