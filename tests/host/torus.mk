# SPDX-License-Identifier: MIT
# tests/host/torus.mk -- /dev/torusN on the host, over the fakes of base.
include tests/host/fake/fake.mk

HOST_TESTS += torus_dev torus_recover torus_stores torus_random rse_copies
TORUS_SRCS := $(sort $(wildcard sys/torus/*.c)) \
	$(sort $(wildcard rse/core/*.c)) sys/dev/cdev.c \
	tests/host/fake/kva.c $(FAKE_SRCS)
torus_dev_SRCS := tests/host/torus_dev.c $(TORUS_SRCS) \
	tests/host/torus_world.h
torus_dev_CFLAGS := $(FAKE_CFLAGS)
torus_recover_SRCS := tests/host/torus_recover.c $(TORUS_SRCS) \
	tests/host/torus_world.h
torus_recover_CFLAGS := $(FAKE_CFLAGS)
torus_stores_SRCS := tests/host/torus_stores.c $(TORUS_SRCS) \
	tests/host/torus_world.h
torus_stores_CFLAGS := $(FAKE_CFLAGS)
torus_random_SRCS := tests/host/torus_random.c $(TORUS_SRCS) \
	tests/host/torus_world.h
torus_random_CFLAGS := $(FAKE_CFLAGS)

rse_copies_SRCS := tests/host/rse_copies.c $(sort $(wildcard \
	rse/core/*.c rse/port/posix/*.c)) tests/host/rse_world.h
rse_copies_LIBS := -pthread
