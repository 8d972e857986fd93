# SPDX-License-Identifier: MIT
# lib/librse/librse.mk - librse.a, librse.so, the examples.
#
# Use: include after ports/ports.mk and rse/rse.mk.  $(LIBRSE) are the
# libraries, headers and rse.pc in the sysroot, so that `rse-cc x.c -lrse`
# works; `make librse-examples` builds the examples, static.

LIBRSE_CC ?= $(RSE_CC)
LIBRSE_AR ?= ar
LIBRSE_OUT ?= build/lib
LIBRSE_HEADERS := rse/include/rse.h \
	$(wildcard rse/include/rse_*.h) lib/librse/include/librse.h
LIBRSE_MAN := lib/librse/man/librse.3
LIBRSE_INC := $(RSE_INC) -Ilib/librse/include
LIBRSE_CFLAGS := -std=gnu11 -O2 -g -fPIC $(RSE_WARN) $(LIBRSE_INC)
LIBRSE_SRC := $(RSE_CORE) $(sort $(wildcard lib/librse/src/*.c))
LIBRSE_OBJ := $(LIBRSE_SRC:%.c=$(LIBRSE_OUT)/obj/%.o)
LIBRSE := $(SYSROOT)/usr/lib/librse.a $(SYSROOT)/usr/lib/librse.so \
	$(SYSROOT)/usr/lib/pkgconfig/rse.pc \
	$(addprefix $(SYSROOT)/usr/include/,$(notdir $(LIBRSE_HEADERS)))

$(LIBRSE_OUT)/obj/%.o: %.c $(RSE_HEADERS) $(LIBRSE_HEADERS) $(TOOLCHAIN)
	@mkdir -p $(@D)
	@echo "  RSECC   $<"
	@$(LIBRSE_CC) $(LIBRSE_CFLAGS) -c $< -o $@

$(LIBRSE_OUT)/librse.a: $(LIBRSE_OBJ)
	@rm -f $@
	@$(LIBRSE_AR) rcs $@ $(LIBRSE_OBJ)

$(LIBRSE_OUT)/librse.so: $(LIBRSE_OBJ)
	@echo "  LIB     $@"
	@$(LIBRSE_CC) -shared -Wl,-soname,librse.so -o $@ $(LIBRSE_OBJ)

$(SYSROOT)/usr/lib/librse.%: $(LIBRSE_OUT)/librse.% $(TOOLCHAIN)
	@strip -g $< -o $@

$(SYSROOT)/usr/lib/pkgconfig/rse.pc: lib/librse/rse.pc.in $(TOOLCHAIN)
	@mkdir -p $(@D)
	@cp $< $@

$(SYSROOT)/usr/include/%: rse/include/% $(TOOLCHAIN)
	@cp $< $@

$(SYSROOT)/usr/include/librse.h: lib/librse/include/librse.h $(TOOLCHAIN)
	@cp $< $@

$(LIBRSE_OUT)/examples/%: lib/librse/examples/%.c $(LIBRSE_OUT)/librse.a
	@mkdir -p $(@D)
	$(LIBRSE_CC) -std=gnu11 -O2 -g $(RSE_WARN) $(LIBRSE_INC) -static \
	    -o $@ $< $(LIBRSE_OUT)/librse.a

.PHONY: librse librse-examples
librse: $(LIBRSE)
librse-examples: $(LIBRSE_OUT)/examples/phold \
	$(LIBRSE_OUT)/examples/epidemic
