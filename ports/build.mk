# SPDX-License-Identifier: MIT
# ports/build.mk -- fetch, unpack, patch and build third-party programs.
#
# Use: started by ports/ports.mk, with the lock held.  Each folder ports/NAME
#	holds
#	distinfo	where the source comes from and its SHA-256
#	patches/	applied in order with patch -p1 (may be missing)
#	pkg-descr	what it is, its licence, why we have it
#	port.mk		how to build it: the rule for $(PORTS)/NAME/.done
# A port builds in $(PORTS)/NAME/src, logs to $(PORTS)/NAME/log and leaves its
# result there; libraries and headers go into $(SYSROOT).  Its archive is
# cached in $(RSE_CACHE), outside build/.

.DELETE_ON_ERROR:
.SUFFIXES:
PORTS	:= $(BUILD)/ports
SYSROOT	:= $(BUILD)/sysroot
RSE_CC	:= $(BUILD)/bin/rse-cc
BUSYBOX	:= $(PORTS)/busybox
NPROC	:= $(shell nproc)

# A port's own make must not see our flags, our variables or our job server.
PORT_MAKE := env -u MAKEFLAGS -u MAKEOVERRIDES -u MFLAGS \
	KCONFIG_NOTIMESTAMP=1 make -j$(NPROC)

# $(call port_run,NAME,commands): run, log, and show the log when it fails.
port_run = @echo "  PORT    $(1)"; \
	( set -e; $(2) ) >>$(PORTS)/$(1)/log 2>&1; status=$$?; \
	[ $$status -eq 0 ] || { tail -n 40 $(PORTS)/$(1)/log; \
	echo "ports/$(1): failed, see $(PORTS)/$(1)/log"; exit 1; } >&2

.PRECIOUS: $(PORTS)/%/.unpacked
$(PORTS)/%/.unpacked: ports/%/distinfo ports/fetch.sh ports/unpack.sh
	@mkdir -p $(@D)
	@ports/fetch.sh $*
	@ports/unpack.sh $* $(PORTS)/$*/src
	@: >$(PORTS)/$*/log
	@touch $@

include $(wildcard ports/*/port.mk)
