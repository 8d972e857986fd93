# SPDX-License-Identifier: MIT
# tests/host/fake/fake.mk -- what a host test of kernel code links with.
#
# Use: `include tests/host/fake/fake.mk` in tests/host/<part>.mk, then
#	name_SRCS := tests/host/name.c sys/... $(FAKE_SRCS)
#	name_CFLAGS := $(FAKE_CFLAGS)
# The fake machine/ headers must come before those of sys/include.

FAKE_SRCS := $(addprefix tests/host/fake/,lock.c memory.c thread.c misc.c) \
	sys/base/rbtree.c sys/base/uio.c
FAKE_PMAP_SRCS := tests/host/fake/pmap.c
FAKE_CFLAGS := -Itests/host/fake -Isys -Isys/include -Irse/include \
	-std=gnu11 -g -O1 -fno-strict-aliasing -fsanitize=address,undefined \
	-fno-sanitize-recover=undefined -DINVARIANTS \
	-Wall -Wextra -Werror -Wno-unused-parameter
