# SPDX-License-Identifier: MIT
# tests/bench/engine/engine.mk -- the kernel's tori against the engine in a
# program: part of `make bench-engine`.
ENGINE_BENCH := $(BUILD)/tests/bench/engine
$(ENGINE_BENCH)/engine: tests/bench/engine/engine.c $(LIBRSE) $(TOOLCHAIN)
	@mkdir -p $(@D)
	@echo "  BENCH   engine"
	@$(RSE_CC) $(GUEST_CFLAGS) -O2 -static $< -o $@ -lrse -pthread
	@strip -g $@

# A program without arguments, as `make bench-engine` calls it.
$(ENGINE_BENCH)/run: $(ENGINE_BENCH)/engine $(IMAGE)
	@printf '#!/bin/sh\nexec tests/bench/engine/engine.sh %s\n' $< >$@
	@chmod 755 $@
BENCH_ENGINE += $(ENGINE_BENCH)/run
