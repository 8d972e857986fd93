# SPDX-License-Identifier: MIT
# sysroot/programs.mk -- programs of usr.bin/ and the manual pages.
#
# Use: usr.bin/NAME/*.c becomes /usr/bin/NAME; usr.bin/NAME/NAME.S is its
#	manual page for section S (1 or 8).  A folder that needs more sets
#	in usr.bin/NAME/program.mk, which is read first:
#		LIBS_NAME	libraries, e.g. -lrse
#		CFLAGS_NAME	more flags
#		DEPS_NAME	files to build first
#		DIR_NAME	/sbin or the like instead of /usr/bin
#	Pages of docs/man/*.S and lib/*/*.S are installed too.

PROGS	:= $(patsubst usr.bin/%/,%,$(sort $(dir $(wildcard usr.bin/*/*.c))))
LIBRSE	?=
-include $(wildcard usr.bin/*/program.mk)

PROG_CFLAGS := -std=gnu11 -O2 -g -Wall -Wextra -Werror \
	-Wno-unused-parameter -fstack-protector-strong -D_GNU_SOURCE

# $(1): the program.
define prog_rules
$(BUILD)/usr.bin/$(1): $$(wildcard usr.bin/$(1)/*.c usr.bin/$(1)/*.h) \
    $(wildcard usr.bin/$(1)/program.mk) sysroot/programs.mk \
    $$(LIBRSE) $$(DEPS_$(1)) $$(TOOLCHAIN)
	@mkdir -p $$(@D)
	@echo "  PROG    $(1)"
	@$$(RSE_CC) $$(PROG_CFLAGS) $$(CFLAGS_$(1)) \
	    usr.bin/$(1)/*.c -o $$@.full $$(LIBS_$(1))
	@strip -o $$@ $$@.full
endef
$(foreach p,$(PROGS),$(eval $(call prog_rules,$(p))))

PROG_BINS := $(PROGS:%=$(BUILD)/usr.bin/%)
MANPAGES := $(wildcard $(foreach s,1 2 3 4 5 7 8 9,docs/man/*.$(s) \
	usr.bin/*/*.$(s) lib/*/*.$(s) lib/*/man/*.$(s) boot/*.$(s)))

# Pages that a port brings, and the whole manual with its index.
PORT_PAGES := $(addprefix $(PORTS)/mandoc/src/,man.1 apropos.1 mandoc.1 \
	mdoc.7 makewhatis.8) \
	$(addprefix $(PORTS)/e2fsprogs/bin/,e2fsck.8 mke2fs.8 tune2fs.8)
$(BUILD)/man.manifest: sysroot/mkman.sh $(MANPAGES) $(BUSYBOX)/.done \
    $(PORTS)/mandoc/.done $(PORTS)/e2fsprogs/.done $(BUILD)/sysroot.list
	@echo "  MAN     $(BUILD)/man"
	@sysroot/mkman.sh $(BUILD)/man $(BUSYBOX) $(PORTS)/mandoc/mandoc \
	    $(PORT_PAGES) $(MANPAGES)

# The manifest of what this file and BusyBox bring.
$(BUILD)/sysroot.manifest: $(BUSYBOX)/.done sysroot/programs.mk \
    $(BUILD)/sysroot.list
	@{ awk '{ print $$1, "link root root - /bin/busybox" }' \
	    $(BUSYBOX)/busybox.links; \
	awk '$$1 != "/bin/sh" \
	    { print $$1, "link root root - /bin/bbsuid" }' \
	    $(BUSYBOX)/bbsuid.links; \
	sed '/^#/d' $(BUILD)/sysroot.list; } >$@

# Rewritten only when a program or a page comes or goes.
prog_line = $(or $(DIR_$(1)),/usr/bin)/$(1) file root root 0755 \
	$(BUILD)/usr.bin/$(1)
$(BUILD)/sysroot.list: FORCE
	@mkdir -p $(@D)
	@{ $(foreach p,$(PROGS),echo "$(call prog_line,$(p))";) \
	echo "# $(MANPAGES)"; } >$@.tmp
	@cmp -s $@.tmp $@ && rm $@.tmp || mv $@.tmp $@
