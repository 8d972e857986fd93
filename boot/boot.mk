# SPDX-License-Identifier: MIT
# boot/boot.mk - builds build/boot/BOOTX64.EFI with gnu-efi.
#
# Use: include from the top-level Makefile; `boot-loader` is the target.
# gnu-efi elsewhere than in /usr: set EFI_INC and EFI_LIB.

EFI_INC ?= /usr/include/efi
EFI_LIB ?= /usr/lib
OBJCOPY ?= objcopy

BOOT_NAMES := main settings config file pages kernel ramdisk elf seed gop \
	clock efimap memmap paging handover stub
BOOT_OBJS := $(BOOT_NAMES:%=build/boot/%.o)

BOOT_CFLAGS := -std=gnu11 -O2 -g -fpic -fshort-wchar -ffreestanding \
	-fno-stack-protector -fno-strict-aliasing -fvisibility=hidden \
	-mno-red-zone -mgeneral-regs-only -maccumulate-outgoing-args \
	-DGNU_EFI_USE_MS_ABI -Wall -Wextra -Werror -Wno-unused-parameter \
	-Iboot -Isys/include -iquote sys -I$(EFI_INC) -I$(EFI_INC)/x86_64
BOOT_LDFLAGS := -nostdlib -znocombreloc -shared -Bsymbolic \
	-T $(EFI_LIB)/elf_x86_64_efi.lds -L$(EFI_LIB)
BOOT_SECTIONS := -j .text -j .sdata -j .data -j .rodata -j .dynamic \
	-j .dynsym -j .rel -j .rela -j .rel.* -j .rela.* -j .reloc

.PHONY: boot-loader
boot-loader: build/boot/BOOTX64.EFI

build/boot/%.o: boot/%.c boot/boot.mk
	@mkdir -p $(@D)
	@echo "  CC      $<"
	@$(CC) $(BOOT_CFLAGS) -MMD -MP -c -o $@ $<

build/boot/%.o: boot/%.S boot/boot.mk
	@mkdir -p $(@D)
	@echo "  AS      $<"
	@$(CC) -c -o $@ $<

build/boot/loader.so: $(BOOT_OBJS)
	@echo "  LD      $@"
	@$(LD) $(BOOT_LDFLAGS) -o $@ $(EFI_LIB)/crt0-efi-x86_64.o \
	    $(BOOT_OBJS) -lefi -lgnuefi
	@! nm -u $@ | grep . || { echo "$@: undefined symbols" >&2; \
	    rm -f $@; exit 1; }

build/boot/BOOTX64.EFI: build/boot/loader.so
	@echo "  EFI     $@"
	@$(OBJCOPY) $(BOOT_SECTIONS) --target efi-app-x86_64 --subsystem=10 \
	    $< $@

-include $(BOOT_OBJS:.o=.d)
