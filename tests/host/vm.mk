# SPDX-License-Identifier: MIT
# tests/host/vm.mk -- host tests of sys/vm.
include tests/host/fake/fake.mk

VM_TEST_SRCS := $(wildcard sys/vm/*.c) $(FAKE_SRCS) $(FAKE_PMAP_SRCS)

HOST_TESTS += vm_object vm_space vm_mmap
vm_object_SRCS := tests/host/vm_object.c $(VM_TEST_SRCS)
vm_object_CFLAGS := $(FAKE_CFLAGS)
vm_space_SRCS := tests/host/vm_space.c $(VM_TEST_SRCS)
vm_space_CFLAGS := $(FAKE_CFLAGS)
vm_mmap_SRCS := tests/host/vm_mmap.c $(VM_TEST_SRCS)
vm_mmap_CFLAGS := $(FAKE_CFLAGS)
