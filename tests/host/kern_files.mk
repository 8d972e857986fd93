# SPDX-License-Identifier: MIT
# tests/host/kern_files.mk -- host tests of the file half of kern, and of net.
include tests/host/fake/fake.mk

HOST_TESTS += kern_files
kern_files_SRCS := tests/host/kern_files.c sys/kern/fd.c sys/kern/pipe.c \
	$(wildcard sys/net/unix_*.c) sys/net/socket.c $(FAKE_SRCS)
kern_files_CFLAGS := $(FAKE_CFLAGS) -Ibuild/sys/gen

HOST_TESTS += kern_stat_layout
kern_stat_layout_SRCS := tests/host/kern_stat_layout.c
kern_stat_layout_CFLAGS := -Itests/host/fake -D_GNU_SOURCE
