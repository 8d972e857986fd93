# SPDX-License-Identifier: MIT
# sys/conf/rules.mk -- build the kernel, $(KERNEL), and the vDSO inside it.
#
# Use: a new .c or .S file in one of KERN_DIRS is found by itself.  DEBUG=1
#	adds INVARIANTS, lock-order checks and UBSan traps.  A file that runs
#	before %gs is set up, or on the way to panic, stands in NO_STACK_GUARD.
# Invariants: an object depends on its headers (-MMD) and on the flags.

SYS	:= $(BUILD)/sys
KERNEL	:= $(SYS)/kernel.elf
KERN_DIRS := sys/base sys/amd64 sys/vm sys/fs sys/dev sys/net sys/torus \
	sys/kern rse/core
KERN_SRC := $(wildcard $(addsuffix /*.c,$(KERN_DIRS)) \
	$(addsuffix /*.S,$(KERN_DIRS)))
KERN_OBJ := $(addprefix $(BUILD)/,$(addsuffix .o,$(KERN_SRC)))

# Basenames without the guard; see Use.
NO_STACK_GUARD += sys/amd64/start.c sys/amd64/percpu.c

KERN_CPPFLAGS := -Isys -Isys/include -Irse/include -I$(SYS)/gen -I$(SYS) \
	-D_KERNEL
KERN_CFLAGS := -std=gnu11 -ffreestanding -fpie -fvisibility=hidden \
	-mno-red-zone -mgeneral-regs-only -O2 -g \
	-fno-omit-frame-pointer -fno-strict-aliasing -fno-common \
	-fcf-protection=none -fno-asynchronous-unwind-tables \
	-ftrivial-auto-var-init=zero \
	-Wall -Wextra -Werror -Wno-unused-parameter \
	-Wmissing-prototypes -Wstrict-prototypes
KERN_GUARD := -fstack-protector-strong -mstack-protector-guard=tls \
	-mstack-protector-guard-reg=gs -mstack-protector-guard-offset=40
ifeq ($(DEBUG),1)
KERN_CPPFLAGS += -DINVARIANTS -DLOCKDEBUG
KERN_CFLAGS += -fsanitize=undefined -fsanitize-undefined-trap-on-error \
	-fno-sanitize=alignment
endif
# The engine's events are many and small: zeroing what is about to be written
# takes a sixth of PHOLD.  Its host tests run under the sanitizers instead.
KERN_ENGINE := -ftrivial-auto-var-init=uninitialized
KERN_LDFLAGS := -pie --no-dynamic-linker -z max-page-size=4096 \
	-z noexecstack -z text --build-id=none --hash-style=gnu \
	-Bsymbolic

kern_guard = $(if $(filter $(1),$(NO_STACK_GUARD)),-fno-stack-protector, \
	$(KERN_GUARD))

# Rewritten only when the flags change: objects depend on it.
$(SYS)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(KERN_CPPFLAGS) $(KERN_CFLAGS) $(KERN_GUARD) $(KERN_ENGINE) \
	$(KERN_LDFLAGS) $(NO_STACK_GUARD)' | cmp -s - $@ || \
	echo '$(KERN_CPPFLAGS) $(KERN_CFLAGS) $(KERN_GUARD) $(KERN_ENGINE) \
	$(KERN_LDFLAGS) $(NO_STACK_GUARD)' >$@

# One declaration of every system call makes tables and prototypes.
KERN_GEN :=
ifneq ($(wildcard sys/kern/syscalls.master),)
KERN_GEN := $(SYS)/gen/.done
$(KERN_GEN): sys/kern/syscalls.master sys/kern/makesyscalls.awk
	@mkdir -p $(@D)
	@echo "  GEN     $<"
	@awk -v out=$(SYS)/gen -f sys/kern/makesyscalls.awk $<
	@touch $@
endif

# The console's font comes from a port.
$(SYS)/gen/font_spleen.h: $(PORTS)/spleen/.done
	@mkdir -p $(@D)
	@cmp -s $(PORTS)/spleen/font_spleen.h $@ || \
	    cp $(PORTS)/spleen/font_spleen.h $@
$(BUILD)/sys/dev/font.c.o: $(SYS)/gen/font_spleen.h

# Which sources this kernel was built from, for uname(2): the commit and its
# date, the same for everybody who builds it.  Rewritten only when it changes.
KERN_VERSION := $(shell git log -1 --format='%h %cd' --date=format:%F \
	2>/dev/null || echo unknown)
$(SYS)/gen/version.h: FORCE
	@mkdir -p $(@D)
	@echo '#define KERN_VERSION "$(KERN_VERSION)"' | cmp -s - $@ || \
	    echo '#define KERN_VERSION "$(KERN_VERSION)"' >$@
$(BUILD)/sys/kern/sys_info.c.o: $(SYS)/gen/version.h

# The vDSO: a shared object of its own, put into the kernel by .incbin.
VDSO_SRC := $(wildcard sys/amd64/vdso/*.c sys/amd64/vdso/*.S)
VDSO_LDS := $(wildcard sys/amd64/vdso/*.lds)
KERN_BLOBS :=
ifneq ($(VDSO_SRC),)
KERN_BLOBS := $(SYS)/vdso.so
$(SYS)/vdso.so: $(VDSO_SRC) $(VDSO_LDS) $(wildcard sys/amd64/vdso/*.h) \
    $(wildcard sys/include/*/*.h) $(SYS)/flags
	@echo "  VDSO    $@"
	@gcc -std=gnu11 -ffreestanding -fPIC -fvisibility=hidden -O2 -g0 \
	    -mgeneral-regs-only -fno-stack-protector -fcf-protection=none \
	    -fasynchronous-unwind-tables -Wall -Wextra -Werror \
	    -Wno-unused-parameter -Isys -Isys/include -nostdlib -shared \
	    -Wl,-soname=linux-vdso.so.1 -Wl,--hash-style=both \
	    -Wl,--build-id=none -Wl,-z,max-page-size=4096 \
	    -Wl,-z,noexecstack -Wl,-Bsymbolic $(VDSO_LDS:%=-Wl,-T,%) \
	    $(VDSO_SRC) -o $@
endif

$(BUILD)/rse/core/%.c.o: KERN_CFLAGS += $(KERN_ENGINE)
$(BUILD)/%.c.o: %.c $(SYS)/flags | $(KERN_GEN)
	@mkdir -p $(@D)
	@echo "  CC      $<"
	@gcc $(KERN_CPPFLAGS) $(KERN_CFLAGS) \
	    $(call kern_guard,$<) -MMD -MP -c $< -o $@

$(BUILD)/%.S.o: %.S $(SYS)/flags | $(KERN_GEN) $(KERN_BLOBS)
	@mkdir -p $(@D)
	@echo "  AS      $<"
	@gcc $(KERN_CPPFLAGS) -fpie -g -MMD -MP -c $< -o $@

# Assembly sources take the blobs in by name, which -MMD does not see.
$(filter %.S.o,$(KERN_OBJ)): $(KERN_BLOBS)

# ld calls a PIE whose base is not 0 ET_EXEC; it is ET_DYN all the same.
$(KERNEL): $(KERN_OBJ) sys/conf/kernel.ld $(SYS)/flags
	@echo "  LD      $@"
	@ld $(KERN_LDFLAGS) -T sys/conf/kernel.ld $(KERN_OBJ) -o $@.tmp
	@printf '\003' | dd of=$@.tmp bs=1 seek=16 conv=notrunc status=none
	@mv $@.tmp $@

-include $(KERN_OBJ:.o=.d)

.PHONY: kernel
kernel: $(KERNEL)
