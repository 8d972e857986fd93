# SPDX-License-Identifier: MIT
# tests/host/rse.mk - the engine's host tests.
#
# Use: include after rse/rse.mk.  RSE_TESTS are the names; each is the
# program build/host/test/NAME, which prints TAP and exits 0 if all is well.
# `make check-rse` runs them all; `make fuzz-rse` builds the fuzzers (clang).

RSE_TESTS := rse_known rse_model rse_limits rse_braid rse_snapshot rse_ctl \
	rse_models
RSE_TEST_CFLAGS := -std=gnu11 -O1 -g -fsanitize=address,undefined \
	-fno-sanitize-recover=all $(RSE_WARN) $(RSE_INC) -Itests/host
RSE_TEST_OBJ := $(RSE_CORE:rse/core/%.c=build/host/test/rse/core/%.o) \
	$(RSE_POSIX:rse/port/posix/%.c=build/host/test/rse/posix/%.o)

build/host/test/rse/core/%.o: rse/core/%.c $(RSE_HEADERS)
	@mkdir -p $(@D)
	$(HOSTCC) $(RSE_TEST_CFLAGS) -c $< -o $@

build/host/test/rse/posix/%.o: rse/port/posix/%.c $(RSE_HEADERS)
	@mkdir -p $(@D)
	$(HOSTCC) $(RSE_TEST_CFLAGS) -c $< -o $@

$(RSE_TESTS:%=build/host/test/%): build/host/test/%: tests/host/%.c \
    tests/host/rse_tap.h $(RSE_TEST_OBJ)
	@mkdir -p $(@D)
	$(HOSTCC) $(RSE_TEST_CFLAGS) -o $@ $< $(RSE_TEST_OBJ) -pthread

RSE_FUZZERS := rse_snapshot rse_projection rse_ctl
$(RSE_FUZZERS:%=build/host/fuzz/%): build/host/fuzz/%: tests/fuzz/%.c \
    $(RSE_CORE) $(RSE_HEADERS)
	@mkdir -p $(@D)
	clang -std=gnu11 -O1 -g -fsanitize=fuzzer,address,undefined \
	    $(RSE_WARN) $(RSE_INC) -o $@ $< $(RSE_CORE)

.PHONY: check-rse fuzz-rse
check-rse: $(RSE_TESTS:%=build/host/test/%)
	@bad=0; for t in $(RSE_TESTS); do echo "# $$t"; \
	    timeout 300 build/host/test/$$t || bad=1; done; exit $$bad
fuzz-rse: $(RSE_FUZZERS:%=build/host/fuzz/%)
