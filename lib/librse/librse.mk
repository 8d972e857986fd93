# SPDX-License-Identifier: MIT
# lib/librse/librse.mk - librse.a, librse.so, the examples.
#
# Use: include after rse/rse.mk with LIBRSE_CC set to the musl wrapper (any
# C compiler does) and LIBRSE_OUT to the folder (build/lib by default).
# `make librse` builds the libraries, headers go to the image from
# LIBRSE_HEADERS, `make librse-examples` builds the examples, static.

LIBRSE_CC ?= $(CC)
LIBRSE_AR ?= ar
LIBRSE_OUT ?= build/lib
LIBRSE_HEADERS := rse/include/rse.h rse/include/rse_braid.h \
	rse/include/rse_text.h lib/librse/include/librse.h
LIBRSE_MAN := lib/librse/man/librse.3
LIBRSE_INC := $(RSE_INC) -Ilib/librse/include
LIBRSE_CFLAGS := -std=gnu11 -O2 -g -fPIC $(RSE_WARN) $(LIBRSE_INC)
LIBRSE_SRC := $(RSE_CORE) $(sort $(wildcard lib/librse/src/*.c))
LIBRSE_OBJ := $(LIBRSE_SRC:%.c=$(LIBRSE_OUT)/obj/%.o)

$(LIBRSE_OUT)/obj/%.o: %.c $(RSE_HEADERS) $(LIBRSE_HEADERS)
	@mkdir -p $(@D)
	$(LIBRSE_CC) $(LIBRSE_CFLAGS) -c $< -o $@

$(LIBRSE_OUT)/librse.a: $(LIBRSE_OBJ)
	rm -f $@
	$(LIBRSE_AR) rcs $@ $(LIBRSE_OBJ)

$(LIBRSE_OUT)/librse.so: $(LIBRSE_OBJ)
	$(LIBRSE_CC) -shared -Wl,-soname,librse.so -o $@ $(LIBRSE_OBJ)

$(LIBRSE_OUT)/librse.pc: lib/librse/librse.pc.in
	@mkdir -p $(@D)
	cp $< $@

$(LIBRSE_OUT)/examples/%: lib/librse/examples/%.c $(LIBRSE_OUT)/librse.a
	@mkdir -p $(@D)
	$(LIBRSE_CC) -std=gnu11 -O2 -g $(RSE_WARN) $(LIBRSE_INC) -static \
	    -o $@ $< $(LIBRSE_OUT)/librse.a

.PHONY: librse librse-examples
librse: $(LIBRSE_OUT)/librse.a $(LIBRSE_OUT)/librse.so \
	$(LIBRSE_OUT)/librse.pc
librse-examples: $(LIBRSE_OUT)/examples/phold \
	$(LIBRSE_OUT)/examples/epidemic
