# SPDX-License-Identifier: MIT
# Makefile -- the verbs; the rules live beside what they build.
#
# Variables: SMP=n  MEM=megabytes  WINDOW=gtk (a screen too)  DEBUG=1
#	ACCEL=kvm|tcg  RSE_CACHE=dir  T=pattern (make test T=fork)

# A test that cannot even be built counts as failed and stops no other.
tested = @rm -f $(1); $(MAKE) -k $(1); tests/report.sh $(1)

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:
SHELL	:= /bin/sh
BUILD	:= build
NPROC	:= $(shell nproc)
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(NPROC) --no-print-directory
endif
SMP	?= 2
MEM	?= 512
DEBUG	?= 0
export SMP MEM WINDOW T ACCEL

ifneq ($(filter-out help clean,$(or $(MAKECMDGOALS),all)),)
DEPS := $(shell ports/deps.sh || echo failed)
ifneq ($(DEPS),)
$(error the tools the build needs are not all here: see above)
endif
endif

include ports/ports.mk
-include boot/boot.mk
include sys/conf/rules.mk
include rse/rse.mk
include lib/librse/librse.mk
include sysroot/programs.mk
include sysroot/image.mk
include tests/tests.mk
include tests/checked.mk

.PHONY: all run test test-abi check debug bench bench-engine lint image iso
.PHONY: fuzz clean help
.PHONY: FORCE
FORCE:

all: image	## build everything: kernel, programs, disk image (default)

image: $(IMAGE)	## build/rse.img, a bootable disk

iso: $(ISO)	## build/rse.iso, a bootable CD or USB stick

run: $(IMAGE)	## boot the image in this terminal (Ctrl-A x ends it)
	@tests/lib/run.sh $(IMAGE)

debug: $(DEBUG_IMAGE)	## boot under gdb with the kernel's symbols
	@tests/lib/run.sh --gdb $(KERNEL) $(DEBUG_IMAGE)

check:		## host tests and lint: the habit before each commit
	+$(call tested,$(CHECK))

test:		## check, then tests inside and of whole machines
	+$(call tested,$(CHECK) $(TEST))

test-abi: $(IMAGE)	## Debian's programs here and under Linux (downloads)
	@tests/bench/linux.sh
	@tests/abi/disk.sh
	@tests/tap.sh $(TAP)/abi.tap 14400 tests/abi/run.sh $(IMAGE)
	@tests/report.sh $(TAP)/abi.tap

lint:		## layers, style, headers, scripts, manual pages
	+$(call tested,$(LINT))

bench: $(BENCH)	## the same programs under RSE and Linux, side by side
	@tests/bench/run.sh

bench-engine: $(BENCH_ENGINE)	## events a second of the engine on this host
	@for b in $(BENCH_ENGINE); do $$b || exit 1; done

fuzz:		## search inputs that do harm: T=name SECONDS=60 each (clang)

install-librse:	## the engine as a library here: DESTDIR= PREFIX=/usr/local

clean:		## remove build/ (downloads stay in .cache/)
	@rm -rf $(BUILD)

help:		## this list
	@awk -F ':[^#]*## *' \
	    '/^[a-z-]+:.*##/ { printf "%-16s%s\n", $$1, $$2 }' Makefile
