# SPDX-License-Identifier: MIT
# tests/tests.mk -- the three rings of tests, lint, and their results.
#
# Use: every test prints TAP and leaves it in $(TAP)/RING-NAME.tap through
#	tests/tap.sh, which also turns a crash, a hang or a wrong plan into a
#	failure; tests/report.sh sums up.  T=pattern picks tests by name.
#  host   A tests/host/*.mk says HOST_TESTS += NAME and NAME_SRCS := files
#	(NAME_CFLAGS, NAME_LIBS if need be), or brings its own rule for
#	$(BUILD)/tests/host/NAME.  tests/host/*_test.sh run as they are.
#  guest  tests/guest/NAME.c becomes /usr/libexec/tests/NAME in
#	$(TEST_IMAGE): a static program, run by tests/guest/run.sh inside.
#	"GUEST: options" in its first comment: -lrse, -pthread and the like.
#	tests/guest/NAME.sh is a guest test too; *.txt lie beside them for it.
#  boot   tests/boot/NAME_test.{sh,py}: whatever needs a machine of its own.

TAP	:= $(BUILD)/tap
TEST_IMAGE := $(BUILD)/rse-test.img
T	?=
RSE_TEST_SCALE ?= $(if $(filter kvm,$(shell tests/lib/accel.sh)),1,3)
export RSE_TEST_SCALE

# $(call picked,RING,names): those that T picks.
picked = $(foreach n,$(2),$(if $(T),$(if $(findstring $(T),$(1)-$(n)),$(n)),$(n)))

# What only single tests want, and are skipped without.
ifneq ($(filter test,$(MAKECMDGOALS)),)
$(shell ports/deps.sh test)
endif

# -- host ------------------------------------------------------------------
HOST_TESTS ?=
-include $(wildcard tests/host/*.mk)
include tests/fuzz/fuzz.mk
HOST_SCRIPTS := $(patsubst tests/host/%_test.sh,%, \
	$(wildcard tests/host/*_test.sh))
HOST_CFLAGS := -std=gnu11 -O1 -g -Wall -Wextra -Werror \
	-Wno-unused-parameter -fsanitize=address,undefined \
	-fno-sanitize-recover=all -Itests/host -Isys -Isys/include \
	-Irse/include
HOST_ENV := ASAN_OPTIONS=detect_leaks=1:abort_on_error=1 \
	UBSAN_OPTIONS=print_stacktrace=1

.SECONDEXPANSION:
$(BUILD)/tests/host/%: $$($$*_SRCS) $$(wildcard tests/host/*.mk) | $(KERN_GEN)
	@mkdir -p $(@D)
	@echo "  HOSTCC  $*"
	@gcc $(HOST_CFLAGS) $($*_CFLAGS) $(filter %.c,$^) -o $@ $($*_LIBS)

$(TAP)/host-%.tap: $(BUILD)/tests/host/% FORCE
	@$(HOST_ENV) tests/tap.sh $@ 60 $<

$(HOST_SCRIPTS:%=$(TAP)/host-%.tap): $(TAP)/host-%.tap: FORCE $(TOOLCHAIN)
	@tests/tap.sh $@ 120 tests/host/$*_test.sh

# -- lint ------------------------------------------------------------------
LINTS	:= $(patsubst tests/lint/%.sh,%,$(wildcard tests/lint/*.sh))
LINT	:= $(LINTS:%=$(TAP)/lint-%.tap)
$(LINT): $(TAP)/lint-%.tap: FORCE | $(KERN_GEN)
	@tests/tap.sh $@ 120 tests/lint/$*.sh

# -- guest -----------------------------------------------------------------
GUEST	:= $(patsubst tests/guest/%.c,%,$(wildcard tests/guest/*.c))
GUEST_SCRIPTS := $(filter-out run,$(patsubst tests/guest/%.sh,%, \
	$(wildcard tests/guest/*.sh)))
GUEST_DATA := $(wildcard tests/guest/*.txt)
GUEST_BIN := $(GUEST:%=$(BUILD)/tests/guest/%)
GUEST_SHARDS ?= 2
GUEST_CFLAGS := -std=gnu11 -O1 -g -Wall -Wextra -Werror -D_GNU_SOURCE= \
	-Wno-unused-parameter

$(GUEST_BIN): $(BUILD)/tests/guest/%: tests/guest/%.c \
    $(wildcard tests/guest/*.h) $(LIBRSE) $(TOOLCHAIN)
	@mkdir -p $(@D)
	@echo "  GUEST   $*"
	@$(RSE_CC) $(GUEST_CFLAGS) -static $< -o $@ \
	    $$(sed -n 's/.*GUEST: *\([^*]*\).*/\1/p;20q' $<)
	@strip -g $@

$(BUILD)/guest.manifest: $(wildcard tests/guest) tests/tests.mk FORCE
	@mkdir -p $(@D)
	@{ echo "/usr/libexec/tests dir root root 0755 -"; \
	echo "/usr/libexec/tests/run file root root 0755 tests/guest/run.sh"; \
	for t in $(GUEST); do echo "/usr/libexec/tests/$$t file root root" \
	    "0755 $(BUILD)/tests/guest/$$t"; done; \
	for t in $(GUEST_SCRIPTS); do echo "/usr/libexec/tests/$$t file root" \
	    "root 0755 tests/guest/$$t.sh"; done; \
	echo "/usr/share/tests dir root root 0755 -"; \
	for t in $(GUEST_DATA); do echo "/usr/share/tests/$${t##*/} file root" \
	    "root 0644 $$t"; done; } >$@.tmp
	@cmp -s $@.tmp $@ && rm $@.tmp || mv $@.tmp $@

$(BUILD)/rse-test.ext2: $(IMAGE_MANIFESTS) $(IMAGE_FILES) $(MKROOT) \
    $(BUILD)/guest.manifest $(GUEST_BIN) $(GUEST_DATA) \
    $(wildcard tests/guest/*.sh)
	@echo "  ROOT    $@"
	@sysroot/mkroot.sh $@ $(ROOT_MB) $(IMAGE_MANIFESTS) \
	    $(BUILD)/guest.manifest

GUEST_RUNS := $(foreach i,$(shell seq $(GUEST_SHARDS)),$(TAP)/guest-$(i).tap)
$(GUEST_RUNS): $(TAP)/guest-%.tap: $(TEST_IMAGE) FORCE
	@tests/tap.sh $@ 900 tests/vm --image $(TEST_IMAGE) --timeout 800 \
	    --log $(BUILD)/tap/guest-$*.log -- \
	    "/usr/libexec/tests/run $* $(GUEST_SHARDS) '$(T)'"

# The same programs under Linux: is the test itself right?
.PHONY: guest-linux
guest-linux: $(TEST_IMAGE)
	@tests/bench/linux.sh
	@tests/tap.sh $(TAP)/guest-linux.tap 900 tests/vm --linux \
	    --image $(TEST_IMAGE) --timeout 800 -- \
	    "/usr/libexec/tests/run 1 1 '$(T)'"
	@tests/report.sh $(TAP)/guest-linux.tap

# -- boot ------------------------------------------------------------------
BOOT_FILES := $(wildcard tests/boot/*_test.sh tests/boot/*_test.py)
BOOT	:= $(patsubst tests/boot/%_test,%,$(basename $(BOOT_FILES)))
BOOT_RUNS := $(patsubst %,$(TAP)/boot-%.tap,$(call picked,boot,$(BOOT)))
$(TAP)/boot-iso.tap: $(ISO)
$(BOOT:%=$(TAP)/boot-%.tap): $(TAP)/boot-%.tap: $(IMAGE) FORCE
	@tests/tap.sh $@ 600 $(filter tests/boot/$*_test.%,$(BOOT_FILES))

# -- sums ------------------------------------------------------------------
CHECK	:= $(patsubst %,$(TAP)/host-%.tap, \
	$(call picked,host,$(HOST_TESTS) $(HOST_SCRIPTS))) $(if $(T),,$(LINT))
TEST	:= $(BOOT_RUNS) $(if $(GUEST),$(GUEST_RUNS))

# -- benchmarks ------------------------------------------------------------
# tests/bench/NAME.c becomes /usr/libexec/bench/NAME in $(BENCH_IMAGE);
# tests/bench/run.sh runs each under RSE and under Linux.
BENCH_IMAGE := $(BUILD)/rse-bench.img
BENCH_SRC := $(filter-out %/linux_init.c,$(wildcard tests/bench/*.c))
BENCH_BIN := $(BENCH_SRC:tests/bench/%.c=$(BUILD)/tests/bench/%)
BENCH	:= $(BENCH_IMAGE) $(addprefix tests/bench/,linux.sh run.sh boot.py)
BENCH_ENGINE ?=
-include $(wildcard tests/bench/*/*.mk)

$(BENCH_BIN): $(BUILD)/tests/bench/%: tests/bench/%.c \
    $(wildcard tests/bench/*.h) $(TOOLCHAIN)
	@mkdir -p $(@D)
	@echo "  BENCH   $*"
	@$(RSE_CC) $(GUEST_CFLAGS) -O2 -static $< -o $@

$(BUILD)/rse-bench.ext2: $(IMAGE_MANIFESTS) $(IMAGE_FILES) $(MKROOT) \
    $(BENCH_BIN)
	@echo "  ROOT    $@"
	@{ echo "/usr/libexec/bench dir root root 0755 -"; \
	$(foreach b,$(BENCH_BIN),echo "/usr/libexec/bench/$(notdir $(b)) \
	    file root root 0755 $(b)";) } >$(BUILD)/bench.manifest
	@sysroot/mkroot.sh $@ $(ROOT_MB) $(IMAGE_MANIFESTS) \
	    $(BUILD)/bench.manifest
