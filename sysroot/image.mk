# SPDX-License-Identifier: MIT
# sysroot/image.mk -- the disk image, the test image and the ISO.
#
# Use: a disk is put together from an EFI system partition (loader, kernel)
#	and a root file system (programs), each made only when its own inputs
#	change: a new kernel is in the image within a second.
#	IMAGE_MANIFESTS, IMAGE_FILES: a makefile that brings more files to the
#	image adds a manifest to the first and the files to the second.

IMAGE	:= $(BUILD)/rse.img
ISO	:= $(BUILD)/rse.iso
ROOT_MB	?= 256
BOOT_EFI ?= $(BUILD)/boot/BOOTX64.EFI

IMAGE_MANIFESTS += sysroot/manifest $(BUILD)/sysroot.manifest \
	$(BUILD)/man.manifest
IMAGE_FILES += $(wildcard sysroot/etc/* sysroot/etc/*/*) $(PROG_BINS) \
	$(MANPAGES) $(PORT_DONE) $(LIBRSE)
MKROOT	:= sysroot/mkroot.sh sysroot/mkroot.awk
MKDISK	:= sysroot/mkdisk.sh sysroot/sparse_copy.py

$(BUILD)/root.ext2: $(IMAGE_MANIFESTS) $(IMAGE_FILES) $(MKROOT)
	@echo "  ROOT    $@"
	@sysroot/mkroot.sh $@ $(ROOT_MB) $(IMAGE_MANIFESTS)

$(BUILD)/esp.img: $(BOOT_EFI) $(KERNEL) sysroot/boot.conf sysroot/mkesp.sh
	@echo "  ESP     $@"
	@sysroot/mkesp.sh $@ $(BOOT_EFI) $(KERNEL) sysroot/boot.conf

$(BUILD)/%.img: $(BUILD)/esp.img $(BUILD)/%.ext2 $(MKDISK)
	@echo "  DISK    $@"
	@sysroot/mkdisk.sh $@ $(BUILD)/esp.img $(BUILD)/$*.ext2

$(IMAGE): $(BUILD)/esp.img $(BUILD)/root.ext2 $(MKDISK)
	@echo "  DISK    $@"
	@sysroot/mkdisk.sh $@ $(BUILD)/esp.img $(BUILD)/root.ext2

# For gdb: the same, with the kernel where its symbols say it is.
DEBUG_IMAGE := $(BUILD)/debug.img
$(BUILD)/debug.conf: sysroot/boot.conf
	@sed 's/^cmdline=.*/& nokaslr/' $< >$@

$(BUILD)/debug-esp.img: $(BOOT_EFI) $(KERNEL) $(BUILD)/debug.conf \
    sysroot/mkesp.sh
	@sysroot/mkesp.sh $@ $(BOOT_EFI) $(KERNEL) $(BUILD)/debug.conf

$(DEBUG_IMAGE): $(BUILD)/debug-esp.img $(BUILD)/root.ext2 $(MKDISK)
	@echo "  DISK    $@"
	@sysroot/mkdisk.sh $@ $(BUILD)/debug-esp.img $(BUILD)/root.ext2

# The ISO takes its root file system into memory: a smaller one.
ISO_ROOT_MB ?= 32
$(BUILD)/iso.conf: sysroot/boot.conf
	@sed 's,^cmdline=root=/dev/vda2 ro,ramdisk=\\rse\\root.ext2\
	cmdline=root=/dev/ram0,' $< >$@

$(BUILD)/iso.ext2: $(IMAGE_MANIFESTS) $(IMAGE_FILES) $(MKROOT)
	@echo "  ROOT    $@"
	@sysroot/mkroot.sh $@ $(ISO_ROOT_MB) $(IMAGE_MANIFESTS)

$(BUILD)/iso-esp.img: $(BOOT_EFI) $(KERNEL) $(BUILD)/iso.conf \
    $(BUILD)/iso.ext2 sysroot/mkesp.sh
	@sysroot/mkesp.sh $@ $(BOOT_EFI) $(KERNEL) $(BUILD)/iso.conf \
	    $(BUILD)/iso.ext2

$(ISO): $(BUILD)/iso-esp.img sysroot/mkiso.sh
	@echo "  ISO     $@"
	@sysroot/mkiso.sh $@ $(BUILD)/iso-esp.img
