# SPDX-License-Identifier: MIT
# tests/host/fake/fake.mk -- what a host test of kernel code links with.
#
# Use: `include tests/host/fake/fake.mk` in tests/host/<part>.mk, then
#	name_SRCS := tests/host/name.c sys/... $(FAKE_SRCS)
#	name_CFLAGS := $(FAKE_CFLAGS)
# The fake machine/ headers are included first of all: their guards keep out
# those of sys/include, which tests.mk puts earlier in the search order.

FAKE_SRCS := $(addprefix tests/host/fake/,lock.c memory.c thread.c misc.c) \
	sys/base/rbtree.c sys/base/uio.c
FAKE_PMAP_SRCS := tests/host/fake/pmap.c
FAKE_CFLAGS := -Itests/host/fake -include tests/host/fake/machine/cpu.h \
	-include tests/host/fake/machine/layout.h -fno-strict-aliasing \
	-DINVARIANTS
