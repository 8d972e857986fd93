# SPDX-License-Identifier: MIT
# tests/host/librse.mk - the library as its users meet it.
#
# Use: librse_api and librse_cxx are programs; the scripts librse_*_test.sh
#	work on the tree that `make install-librse` makes, here below
#	$(LIBRSE_TREE), and on both builds of the library.

LIBRSE_TREE := $(LIBRSE_HOST)/tree
LIBRSE_TAPS := $(addprefix $(TAP)/host-librse_, \
	symbols.tap install.tap pages.tap examples.tap)

HOST_TESTS += librse_api librse_cxx

$(LIBRSE_TREE)/.done: $(LIBRSE_HOST)/librse.a $(LIBRSE_HOST)/librse.so.1 \
    $(LIBRSE_HEADERS) $(LIBRSE_MAN) lib/librse/install.sh \
    lib/librse/names.sh lib/librse/rse.pc.in \
    $(wildcard lib/librse/examples/*.c)
	@rm -rf $(@D)
	@lib/librse/install.sh $(LIBRSE_HOST) $(CURDIR)/$(LIBRSE_TREE) /usr
	@touch $@

$(LIBRSE_TAPS): $(LIBRSE_TREE)/.done $(LIBRSE)

$(BUILD)/tests/host/librse_api: tests/host/librse_api.c \
    tests/host/rse_tap.h $(LIBRSE_HEADERS) \
    $(RSE_CORE:rse/core/%.c=build/host/test/rse/core/%.o) \
    $(RSE_POSIX:rse/port/posix/%.c=build/host/test/rse/posix/%.o) \
    $(wildcard lib/librse/src/*.c)
	@mkdir -p $(@D)
	@echo "  HOSTCC  $@"
	@$(HOSTCC) $(RSE_TEST_CFLAGS) -Ilib/librse/include -o $@ \
	    $(filter %.c %.o,$^) -pthread

$(BUILD)/tests/host/librse_cxx: tests/host/librse_cxx.cc \
    $(LIBRSE_TREE)/.done
	@mkdir -p $(@D)
	@echo "  HOSTCXX $@"
	@g++ -std=c++11 -Wall -Wextra -pedantic -Werror -g \
	    -I$(LIBRSE_TREE)/usr/include -o $@ $< \
	    $(LIBRSE_TREE)/usr/lib/librse.a -pthread
