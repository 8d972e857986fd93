# SPDX-License-Identifier: MIT
# ports/ports.mk -- fetch, unpack, patch and build third-party programs.
#
# Use: each folder ports/NAME holds
#	distinfo	where the source comes from and its SHA-256
#	patches/	applied in order with patch -p1 (may be empty)
#	pkg-descr	what it is, its licence, why we have it
#	port.mk		how to build it: the rule for $(PORTS)/NAME/.done
# A port builds in $(PORTS)/NAME/src, logs to $(PORTS)/NAME/log and installs
# into $(SYSROOT).  Its archive is cached in $(RSE_CACHE), outside build/.

RSE_CACHE ?= $(CURDIR)/.cache
export RSE_CACHE

PORTS	:= $(BUILD)/ports
SYSROOT	:= $(BUILD)/sysroot
RSE_CC	:= $(BUILD)/bin/rse-cc

# Headers and libraries of the build machine must not leak into the sysroot.
unexport LIBRARY_PATH CPATH C_INCLUDE_PATH CPLUS_INCLUDE_PATH

# A port's own make must not see our flags, our variables or our job server.
PORT_MAKE := env -u MAKEFLAGS -u MAKEOVERRIDES -u MFLAGS \
	KCONFIG_NOTIMESTAMP=1 make -j$(NPROC)

# $(call port_run,NAME,commands): run, log, and show the log when it fails.
port_run = @echo "  PORT    $(1)"; \
	( set -e; $(2) ) >>$(PORTS)/$(1)/log 2>&1; status=$$?; \
	[ $$status -eq 0 ] || { tail -n 40 $(PORTS)/$(1)/log; \
	echo "ports/$(1): failed, see $(PORTS)/$(1)/log"; exit 1; } >&2

# Programs outside ports/ wait for this one file: compiler and C library.
TOOLCHAIN := $(PORTS)/musl/.done

.PRECIOUS: $(PORTS)/%/.unpacked
$(PORTS)/%/.unpacked: ports/%/distinfo ports/fetch.sh ports/unpack.sh
	@mkdir -p $(@D)
	@ports/fetch.sh $*
	@ports/unpack.sh $* $(PORTS)/$*/src
	@: >$(PORTS)/$*/log
	@touch $@

include $(wildcard ports/*/port.mk)
