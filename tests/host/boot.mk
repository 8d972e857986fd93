# SPDX-License-Identifier: MIT
# tests/host/boot.mk - the loader's pure parts as host programs.
#
# Use: include; HOST_TESTS gains the names, and build/tests/host/NAME is built
# with ASan and UBSan from NAME_SRCS.

BOOT_HOST_TESTS := boot_config boot_elf boot_memmap
HOST_TESTS += $(BOOT_HOST_TESTS)

boot_config_SRCS := tests/host/boot_config.c boot/config.c
boot_elf_SRCS := tests/host/boot_elf.c boot/elf.c
boot_memmap_SRCS := tests/host/boot_memmap.c boot/memmap.c

BOOT_HOST_CFLAGS := -std=gnu11 -O1 -g -Wall -Wextra -Werror -Isys/include \
	-fsanitize=address,undefined -fno-sanitize-recover=all

.SECONDEXPANSION:
$(BOOT_HOST_TESTS:%=build/tests/host/%): build/tests/host/%: $$($$*_SRCS) \
    $(wildcard boot/*.h) sys/include/machine/bootinfo.h
	@mkdir -p $(@D)
	@echo "  HOSTCC  $@"
	@$(CC) $(BOOT_HOST_CFLAGS) $(if $(filter boot_elf,$*),,-Iboot) -o $@ \
	    $($*_SRCS)
