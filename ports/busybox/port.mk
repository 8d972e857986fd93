# SPDX-License-Identifier: MIT
# ports/busybox/port.mk -- the shell and the usual programs, and the small
# set-user-id binary beside it.  Result: $(BUSYBOX)/busybox, $(BUSYBOX)/bbsuid
# and the lists of their links, busybox.links and bbsuid.links.

BB_MAKE	= $(PORT_MAKE) -C $(BUSYBOX)/src O=$(CURDIR)/$(BUSYBOX)/$(1) \
	CC=$(CURDIR)/$(RSE_CC) HOSTCC=gcc SKIP_STRIP=y

# $(call bb_build,DIR,BASE,FRAGMENT,RESULT)
bb_build = mkdir -p $(BUSYBOX)/$(1); \
	$(call BB_MAKE,$(1)) $(2); \
	ports/busybox/merge.sh ports/busybox/$(3) $(BUSYBOX)/$(1)/.config; \
	yes '' | $(call BB_MAKE,$(1)) oldconfig; \
	ports/busybox/merge.sh --check ports/busybox/$(3) \
	    $(BUSYBOX)/$(1)/.config; \
	$(call BB_MAKE,$(1)) busybox busybox.links; \
	strip -o $(BUSYBOX)/$(4) $(BUSYBOX)/$(1)/busybox; \
	sort $(BUSYBOX)/$(1)/busybox.links >$(BUSYBOX)/$(4).links

$(BUSYBOX)/.done: $(BUSYBOX)/.unpacked $(PORTS)/musl/.done \
    $(wildcard ports/busybox/*)
	$(call port_run,busybox, \
	    $(call bb_build,main,defconfig,config,busybox); \
	    $(call bb_build,suid,allnoconfig,config.suid,bbsuid) )
	@touch $@
