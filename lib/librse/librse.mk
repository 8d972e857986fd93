# SPDX-License-Identifier: MIT
# lib/librse/librse.mk - librse.a, librse.so, their pages and the examples.
#
# Use: include after ports/ports.mk and rse/rse.mk.  $(LIBRSE) is what the
# sysroot gets: libraries, headers and rse.pc, so that `rse-cc x.c -lrse`
# works.  lib/librse/examples/NAME.c becomes /usr/libexec/rse/examples/NAME
# and /usr/share/rse/examples/NAME.c of the image.
#	make librse			both builds, for the image and the host
#	make install-librse DESTDIR=dir PREFIX=/usr/local	on the host
#
# Why one object: what a file of the engine calls in another must not be
# global in the archive, so all are linked into one whose hidden symbols
# become local.  What is visible is what the public headers declare: see
# src/visible.h.

LIBRSE_OUT ?= $(BUILD)/lib
LIBRSE_HOST := $(BUILD)/host/librse
LIBRSE_PORT := $(addprefix rse/port/posix/,runner.h node.h)
LIBRSE_PUBLIC := $(wildcard rse/include/*.h lib/librse/include/*.h)
LIBRSE_HEADERS := $(LIBRSE_PUBLIC) $(LIBRSE_PORT) lib/librse/src/visible.h
LIBRSE_MAN := $(wildcard lib/librse/man/*.[37])
LIBRSE_SRC := $(RSE_CORE) $(RSE_POSIX) \
	$(sort $(wildcard lib/librse/src/*.c))
LIBRSE_CFLAGS := -std=gnu11 -D_GNU_SOURCE= -O2 -g -fPIC -fvisibility=hidden \
	-fno-semantic-interposition $(RSE_WARN) $(RSE_INC) \
	-Ilib/librse/include -include lib/librse/src/visible.h
LIBRSE_INCLUDED := $(LIBRSE_PORT:rse/port/posix/%=rse_%) \
	$(notdir $(LIBRSE_PUBLIC))
LIBRSE := $(addprefix $(SYSROOT)/usr/, \
	lib/librse.a lib/librse.so.1 lib/librse.so lib/pkgconfig/rse.pc \
	$(LIBRSE_INCLUDED:%=include/%))

# $(1): where to.  $(2): compiler.  $(3): what it needs.
define librse_rules
$(1)/obj/%.o: %.c $$(RSE_HEADERS) $$(LIBRSE_HEADERS) $(3)
	@mkdir -p $$(@D)
	@echo "  RSECC   $$@"
	@$(2) $$(LIBRSE_CFLAGS) -c $$< -o $$@

$(1)/librse.o: $$(LIBRSE_SRC:%.c=$(1)/obj/%.o)
	@ld -r -o $$@.tmp $$^
	@objcopy --localize-hidden --strip-debug $$@.tmp $$@
	@rm $$@.tmp

$(1)/librse.a: $(1)/librse.o
	@rm -f $$@
	@ar rcs $$@ $$<

$(1)/librse.so.1: $$(LIBRSE_SRC:%.c=$(1)/obj/%.o) lib/librse/librse.map
	@echo "  LIB     $$@"
	@$(2) -shared -Wl,-soname,librse.so.1 -Wl,-Bsymbolic-functions \
	    -Wl,-z,defs -Wl,--strip-debug -pthread -o $$@ $$(filter %.o,$$^) \
	    -Wl,--version-script=lib/librse/librse.map
endef
$(eval $(call librse_rules,$(LIBRSE_OUT),$$(RSE_CC),$$(TOOLCHAIN)))
$(eval $(call librse_rules,$(LIBRSE_HOST),$$(HOSTCC),))

$(SYSROOT)/usr/lib/librse.a $(SYSROOT)/usr/lib/librse.so.1: \
    $(SYSROOT)/usr/lib/%: $(LIBRSE_OUT)/% $(TOOLCHAIN)
	@cp $< $@

$(SYSROOT)/usr/lib/librse.so: $(SYSROOT)/usr/lib/librse.so.1
	@ln -sf librse.so.1 $@

$(SYSROOT)/usr/lib/pkgconfig/rse.pc: lib/librse/rse.pc.in $(TOOLCHAIN)
	@mkdir -p $(@D)
	@sed 's,@prefix@,/usr,' $< >$@

$(SYSROOT)/usr/include/%: rse/include/% $(TOOLCHAIN)
	@cp $< $@

$(SYSROOT)/usr/include/%: lib/librse/include/% $(TOOLCHAIN)
	@cp $< $@

$(LIBRSE_PORT:rse/port/posix/%=$(SYSROOT)/usr/include/rse_%): \
    $(SYSROOT)/usr/include/rse_%: rse/port/posix/% $(TOOLCHAIN)
	@cp $< $@

# The examples, linked to the shared library of the image.
LIBRSE_EXAMPLES := $(patsubst lib/librse/examples/%.c,%, \
	$(sort $(wildcard lib/librse/examples/*.c)))
LIBRSE_EXAMPLE_BIN := $(LIBRSE_EXAMPLES:%=$(LIBRSE_OUT)/examples/%)
$(LIBRSE_EXAMPLE_BIN): $(LIBRSE_OUT)/examples/%: lib/librse/examples/%.c \
    $(LIBRSE)
	@mkdir -p $(@D)
	@echo "  EXAMPLE $*"
	@$(RSE_CC) -std=c99 -pedantic -O2 $(RSE_WARN) -o $@ $< -lrse -lm
	@strip $@

$(BUILD)/librse.manifest: $(wildcard lib/librse/examples) \
    lib/librse/librse.mk
	@mkdir -p $(@D)
	@{ echo "/usr/lib/librse.so.1 file root root 0755" \
	    "$(SYSROOT)/usr/lib/librse.so.1"; \
	echo "/usr/lib/librse.so link root root - librse.so.1"; \
	for d in /usr/libexec/rse /usr/libexec/rse/examples \
	    /usr/share/rse/examples; do \
		echo "$$d dir root root 0755 -"; done; \
	for e in $(LIBRSE_EXAMPLES); do \
		echo "/usr/libexec/rse/examples/$$e file root root 0755" \
		    "$(LIBRSE_OUT)/examples/$$e"; \
		echo "/usr/share/rse/examples/$$e.c file root root 0644" \
		    "lib/librse/examples/$$e.c"; done; } >$@

IMAGE_MANIFESTS += $(BUILD)/librse.manifest
IMAGE_FILES += $(LIBRSE_EXAMPLE_BIN) $(LIBRSE_EXAMPLES:%=lib/librse/examples/%.c)

PREFIX ?= /usr/local
.PHONY: librse install-librse
librse: $(LIBRSE) $(LIBRSE_HOST)/librse.a $(LIBRSE_HOST)/librse.so.1
install-librse: $(LIBRSE_HOST)/librse.a $(LIBRSE_HOST)/librse.so.1
	@lib/librse/install.sh $(LIBRSE_HOST) "$(DESTDIR)" "$(PREFIX)"
