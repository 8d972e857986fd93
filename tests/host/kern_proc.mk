# SPDX-License-Identifier: MIT
# tests/host/kern_proc.mk -- host tests of the pure parts of sys/kern.
include tests/host/fake/fake.mk

HOST_TESTS += proc_elf proc_abi proc_layout
proc_elf_SRCS := tests/host/proc_elf.c sys/kern/exec_elf_check.c
proc_elf_CFLAGS := $(FAKE_CFLAGS)
proc_abi_SRCS := tests/host/proc_abi.c sys/kern/pidmap.c \
	$(BUILD)/tests/host/proc_abi_syscalls.h
proc_abi_CFLAGS := -I$(BUILD)/tests/host -I$(SYS)/gen $(FAKE_CFLAGS)
proc_layout_SRCS := tests/host/proc_layout.c tests/host/proc_layout_ours.c
proc_layout_CFLAGS := $(FAKE_CFLAGS)

# The numbers as the host's headers have them, with their names.
$(BUILD)/tests/host/proc_abi_syscalls.h: tests/host/kern_proc.mk $(KERN_GEN)
	@mkdir -p $(@D)
	@echo '#include <asm/unistd_64.h>' | gcc -E -dM - | \
	    awk '$$2 ~ /^__NR_/ && $$3 ~ /^[0-9]+$$/ \
	    { print "{ " $$3 ", \"" substr($$2, 6) "\" }," }' >$@
