# SPDX-License-Identifier: MIT
# tests/fuzz/fuzz.mk -- the fuzzers: libFuzzer to search, gcc to replay.
#
# Use: tests/fuzz/NAME.c has an LLVMFuzzerTestOneInput; NAME_FUZZ are the
# sources and flags it needs (the engine, if nothing is said).
#	make fuzz [T=name] [SECONDS=n]	each in turn, n seconds (60); needs
#		clang.  What it finds lies in build/fuzz/NAME/found.
#	make fuzz-keep [T=name]	what is new there goes into the corpus,
#		tests/fuzz/corpus/NAME: as little as covers as much.
#	make test gives every file of the corpora to every target, built by
#		gcc with ASan and UBSan: host test fuzz_NAME.

FUZZ	:= $(filter-out replay seeds,$(patsubst tests/fuzz/%.c,%, \
	$(wildcard tests/fuzz/*.c)))
FUZZ_OUT := $(BUILD)/fuzz
SECONDS	?= 60

FUZZ_ENGINE := $(RSE_CORE) $(RSE_INC)
rse_snapshot_FUZZ := $(filter-out %/snapshot.c,$(FUZZ_ENGINE))
rse_link_FUZZ := $(filter-out %/rsep_link.c,$(FUZZ_ENGINE))
rse_resume_FUZZ := rse/tools/store.c rse/tools/setup.c \
	rse/port/posix/sequential.c rse/port/posix/threads.c $(FUZZ_ENGINE) \
	-pthread
rse_setup_FUZZ := rse/tools/setup.c rse/port/posix/sequential.c \
	rse/port/posix/threads.c $(FUZZ_ENGINE) -pthread
rse_tcp_FUZZ := rse/port/posix/node.c $(FUZZ_ENGINE)
rse_store_FUZZ := rse/port/posix/sequential.c $(FUZZ_ENGINE)
rsectl_setup_FUZZ := $(addprefix usr.bin/rsectl/,setup.c words.c number.c) \
	-Iusr.bin/rsed $(FUZZ_ENGINE)
ext2_fuzz_FUZZ := tests/host/fs_host.c $(FS_SRCS) $(FAKE_CFLAGS) \
	-Itests/host -Isys -Isys/include

fuzz_of = $(or $($(1)_FUZZ),$(FUZZ_ENGINE))
fuzz_sources = $(filter %.c,$(fuzz_of))
# For the replay: the objects of the host tests, built with sanitizers.
fuzz_linked = $(patsubst rse/core/%.c,build/host/test/rse/core/%.o, \
	$(patsubst rse/port/posix/%.c,build/host/test/rse/posix/%.o,$(fuzz_of)))
fuzz_needs = $(filter %.c %.o,$(fuzz_linked))
FUZZ_FLAGS := -std=gnu11 -g -Wall -Wextra -Werror -Wno-unused-parameter

.SECONDEXPANSION:
$(FUZZ:%=$(FUZZ_OUT)/%/run): $(FUZZ_OUT)/%/run: tests/fuzz/%.c \
    $$(call fuzz_sources,$$*) tests/fuzz/small.h $(RSE_HEADERS)
	@mkdir -p $(@D)
	@command -v clang >/dev/null || { echo "make fuzz needs clang" \
	    "(Debian: clang, and libclang-rt-14-dev or its like)"; exit 1; }
	@echo "  FUZZ    $*"
	@clang $(FUZZ_FLAGS) -O1 -fsanitize=fuzzer,address,undefined \
	    -fno-sanitize-recover=all -o $@ $< $(call fuzz_of,$*)

FUZZ_TESTS := $(FUZZ:%=fuzz_%)
HOST_TESTS += $(FUZZ_TESTS)
$(FUZZ_TESTS:%=$(BUILD)/tests/host/%): $(BUILD)/tests/host/fuzz_%: \
    tests/fuzz/%.c tests/fuzz/replay.c \
    $$(call fuzz_needs,$$*) tests/fuzz/small.h $(RSE_HEADERS)
	@mkdir -p $(@D)
	@echo "  HOSTCC  fuzz_$*"
	@gcc $(FUZZ_FLAGS) -O1 -fsanitize=address,undefined \
	    -fno-sanitize-recover=all -DCORPUS='"tests/fuzz/corpus/$*"' \
	    -o $@ $< tests/fuzz/replay.c $(call fuzz_linked,$*)

FUZZ_PICKED := $(foreach n,$(FUZZ),$(if $(T),$(if $(findstring \
	$(T),$(n)),$(n)),$(n)))

# Inputs for targets that begin with something sound.
$(FUZZ_OUT)/seeds: tests/fuzz/seeds.c tests/fuzz/small.h $(RSE_CORE) \
    $(RSE_HEADERS)
	@mkdir -p $(@D)
	@gcc $(FUZZ_FLAGS) -O1 -o $@ $< $(FUZZ_ENGINE)

.PHONY: fuzz fuzz-keep
fuzz: $(FUZZ_PICKED:%=$(FUZZ_OUT)/%/run) $(FUZZ_OUT)/seeds
	@tests/fuzz/run.sh $(FUZZ_OUT) $(SECONDS) $(FUZZ_PICKED)
fuzz-keep: $(FUZZ_PICKED:%=$(FUZZ_OUT)/%/run)
	@tests/fuzz/keep.sh $(FUZZ_OUT) $(FUZZ_PICKED)
