# SPDX-License-Identifier: MIT
# tests/host/rse.mk - the engine's host tests.
#
# Use: include after rse/rse.mk.  RSE_TESTS are the names; each is the
# program build/tests/host/NAME, which prints TAP and exits 0 if all is well.
# `make check` runs them with all others, `make check-rse` these alone,
# `make tsan-rse` those under the race detector (tsan_NAME).

RSE_TESTS := rse_known rse_model rse_limits rse_braid rse_snapshot rse_ctl \
	rse_models rse_recover rse_failure rse_pids rse_rsep rse_restart
RSE_TEST_CFLAGS := -std=gnu11 -O1 -g -fsanitize=address,undefined \
	-fno-sanitize-recover=all $(RSE_WARN) $(RSE_INC) -Itests/host
RSE_TEST_OBJ := $(RSE_CORE:rse/core/%.c=build/host/test/rse/core/%.o) \
	$(RSE_POSIX:rse/port/posix/%.c=build/host/test/rse/posix/%.o)

build/host/test/rse/core/%.o: rse/core/%.c $(RSE_HEADERS)
	@mkdir -p $(@D)
	@echo "  HOSTCC  $@"
	@$(HOSTCC) $(RSE_TEST_CFLAGS) -c $< -o $@

build/host/test/rse/posix/%.o: rse/port/posix/%.c $(RSE_HEADERS)
	@mkdir -p $(@D)
	@echo "  HOSTCC  $@"
	@$(HOSTCC) $(RSE_TEST_CFLAGS) -c $< -o $@

HOST_TESTS += $(RSE_TESTS)
$(RSE_TESTS:%=build/tests/host/%): build/tests/host/%: tests/host/%.c \
    tests/host/rse_tap.h tests/host/rse_world.h tests/host/rse_net.h \
    $(RSE_TEST_OBJ)
	@mkdir -p $(@D)
	@echo "  HOSTCC  $@"
	@$(HOSTCC) $(RSE_TEST_CFLAGS) -o $@ $< $(RSE_TEST_OBJ) -pthread

# The threaded tests once more under the race detector, in `make test` too:
# host test tsan_NAME.  What has no threads is left out there.
RSE_TSAN := rse_braid rse_recover rse_failure rse_rsep
RSE_TSAN_CFLAGS := -std=gnu11 -O1 -g -fsanitize=thread -Wno-tsan $(RSE_WARN) \
	$(RSE_INC) -Itests/host
RSE_TSAN_OBJ := $(RSE_CORE:rse/core/%.c=build/host/tsan/core/%.o) \
	$(RSE_POSIX:rse/port/posix/%.c=build/host/tsan/posix/%.o)

build/host/tsan/core/%.o: rse/core/%.c $(RSE_HEADERS)
	@mkdir -p $(@D)
	@echo "  HOSTCC  $@"
	@$(HOSTCC) $(RSE_TSAN_CFLAGS) -c $< -o $@

build/host/tsan/posix/%.o: rse/port/posix/%.c $(RSE_HEADERS)
	@mkdir -p $(@D)
	@echo "  HOSTCC  $@"
	@$(HOSTCC) $(RSE_TSAN_CFLAGS) -c $< -o $@

HOST_TESTS += $(RSE_TSAN:%=tsan_%)
$(RSE_TSAN:%=build/tests/host/tsan_%): build/tests/host/tsan_%: \
    tests/host/%.c tests/host/rse_tap.h tests/host/rse_world.h \
    tests/host/rse_net.h $(RSE_TSAN_OBJ)
	@mkdir -p $(@D)
	@echo "  HOSTCC  $@"
	@$(HOSTCC) $(RSE_TSAN_CFLAGS) -o $@ $< $(RSE_TSAN_OBJ) -pthread
.PHONY: tsan-rse
tsan-rse: $(RSE_TSAN:%=build/tests/host/tsan_%)
	@bad=0; for t in $^; do echo "# $$t"; \
	    timeout 600 $$t || bad=1; done; exit $$bad

ifneq ($(TAP),)
$(TAP)/host-rse_run.tap $(TAP)/host-rse_flags.tap \
	$(TAP)/host-rse_store.tap: build/host/rse-run
$(TAP)/host-rse_mpi.tap $(TAP)/host-rse_mpi_lost.tap \
	$(TAP)/host-rse_mpi_start.tap: build/host/rse-run \
	$(if $(MPICC),build/host/rse-mpi)
$(TAP)/host-rse_netsim.tap: build/host/rse-netsim
$(TAP)/host-rse_rss.tap: build/host/rse-rss
endif

.PHONY: check-rse
check-rse: $(RSE_TESTS:%=build/tests/host/%)
	@bad=0; for t in $(RSE_TESTS); do echo "# $$t"; \
	    timeout 300 build/tests/host/$$t || bad=1; done; exit $$bad
