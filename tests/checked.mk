# SPDX-License-Identifier: MIT
# tests/checked.mk -- the kernel with every check on, under stress.
#
# The same sources with DEBUG=1 (lock order, INVARIANTS, undefined behaviour)
# in a folder of their own, and the guest tests whose names hold a word of
# CHECKED_WORDS on them: a lock taken in the wrong order or an overflow ends
# the machine, whether or not anything came of it.

CHECKED	:= $(BUILD)/checked
CHECKED_KERNEL := $(CHECKED)/sys/kernel.elf
CHECKED_IMAGE := $(CHECKED)/rse-test.img
CHECKED_WORDS := stress torus

$(CHECKED_KERNEL): $(PORTS)/spleen/.done FORCE
	+@$(MAKE) DEBUG=1 BUILD=$(CHECKED) PORTS=$(PORTS) $@

$(CHECKED)/esp.img: $(BOOT_EFI) $(CHECKED_KERNEL) sysroot/boot.conf \
    sysroot/mkesp.sh
	@echo "  ESP     $@"
	@sysroot/mkesp.sh $@ $(BOOT_EFI) $(CHECKED_KERNEL) sysroot/boot.conf

$(CHECKED_IMAGE): $(CHECKED)/esp.img $(BUILD)/rse-test.ext2 $(MKDISK)
	@echo "  DISK    $@"
	@sysroot/mkdisk.sh $@ $(CHECKED)/esp.img $(BUILD)/rse-test.ext2

$(TAP)/guest-checked.tap: $(CHECKED_IMAGE) FORCE
	@tests/tap.sh $@ 900 tests/vm --smp 2 --image $(CHECKED_IMAGE) \
	    --timeout 800 --log $(TAP)/guest-checked.log -- \
	    "/usr/libexec/tests/run 1 1 '$(CHECKED_WORDS)'"

TEST	+= $(patsubst %,$(TAP)/guest-%.tap,$(call picked,guest,checked))
