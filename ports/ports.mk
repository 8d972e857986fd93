# SPDX-License-Identifier: MIT
# ports/ports.mk -- what the rest of the build knows about ports.
#
# Use: depend on $(PORTS)/NAME/.done; programs of our own depend on
#	$(TOOLCHAIN).  ports/build.mk says how a port is made.
# Why: two makes in one tree must not build the same port at once.  The one
#	that comes second waits for the lock and then finds the work done,
#	because only a make that holds the lock looks at the files.

RSE_CACHE ?= $(CURDIR)/.cache
export RSE_CACHE

PORTS	:= $(BUILD)/ports
SYSROOT	:= $(BUILD)/sysroot
RSE_CC	:= $(BUILD)/bin/rse-cc
BUSYBOX	:= $(PORTS)/busybox
TOOLCHAIN := $(PORTS)/musl/.done

# Headers and libraries of the build machine must not leak into the sysroot.
unexport LIBRARY_PATH CPATH C_INCLUDE_PATH CPLUS_INCLUDE_PATH

PORT_NAMES := $(patsubst ports/%/port.mk,%,$(wildcard ports/*/port.mk))
PORT_DONE := $(PORT_NAMES:%=$(PORTS)/%/.done)

$(PORT_DONE): FORCE
	@mkdir -p $(PORTS)
	@flock $(PORTS)/lock $(MAKE) -s -f ports/build.mk BUILD=$(BUILD) $@
