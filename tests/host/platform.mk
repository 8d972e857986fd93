# SPDX-License-Identifier: MIT
# tests/host/platform.mk -- the pure parts of sys/dev and of the platform
# half of sys/amd64.

include tests/host/fake/fake.mk

HOST_TESTS += acpi rtc_time vterm keymap virtqueue

acpi_SRCS := tests/host/acpi.c sys/amd64/acpi_tables.c sys/amd64/acpi_s5.c \
	$(FAKE_SRCS)
acpi_CFLAGS := $(FAKE_CFLAGS)

rtc_time_SRCS := tests/host/rtc_time.c sys/amd64/rtc_time.c
rtc_time_CFLAGS := $(FAKE_CFLAGS)

vterm_SRCS := tests/host/vterm.c sys/dev/vterm.c sys/dev/vterm_screen.c \
	sys/dev/vterm_csi.c $(FAKE_SRCS)
vterm_CFLAGS := $(FAKE_CFLAGS)

keymap_SRCS := tests/host/keymap.c sys/dev/keymap.c
keymap_CFLAGS := $(FAKE_CFLAGS)

virtqueue_SRCS := tests/host/virtqueue.c sys/dev/virtqueue.c $(FAKE_SRCS)
virtqueue_CFLAGS := $(FAKE_CFLAGS)
