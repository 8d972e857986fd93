# SPDX-License-Identifier: MIT
# rse/rse.mk - the engine: list of sources, host objects, rse-bench.
#
# Use: include from the repository's root.  RSE_CORE is what the kernel and
# librse compile with their own flags; `make rse-bench` builds and
# `make bench-rse` runs the benchmark.

RSE_CORE := $(sort $(wildcard rse/core/*.c))
RSE_POSIX := $(sort $(wildcard rse/port/posix/*.c))
RSE_HEADERS := $(wildcard rse/include/*.h rse/core/*.h rse/port/posix/*.h)
RSE_INC := -Irse/include
RSE_WARN := -Wall -Wextra -Werror -Wno-unused-parameter

HOSTCC ?= gcc
RSE_HOST_CFLAGS := -std=gnu11 -O2 -g -ffreestanding -fpie \
	-mgeneral-regs-only $(RSE_WARN) $(RSE_INC)
RSE_HOST_OBJ := $(RSE_CORE:rse/core/%.c=build/host/rse/%.o)

build/host/rse/%.o: rse/core/%.c $(RSE_HEADERS)
	@mkdir -p $(@D)
	@echo "  HOSTCC  $@"
	@$(HOSTCC) $(RSE_HOST_CFLAGS) -c $< -o $@

RSE_BENCH := $(wildcard rse/bench/*.c)
build/host/rse-bench: $(RSE_BENCH) rse/bench/bench.h $(RSE_POSIX) \
    $(RSE_HOST_OBJ)
	@mkdir -p $(@D)
	@echo "  HOSTCC  $@"
	@$(HOSTCC) -std=gnu11 -O2 -g $(RSE_WARN) $(RSE_INC) -o $@ \
	    $(RSE_BENCH) $(RSE_POSIX) $(RSE_HOST_OBJ) -pthread

# Does memory stay as it is over 10^9 events?  (I4)
build/host/rse-rss: rse/bench/rss/rss.c $(RSE_POSIX) $(RSE_HOST_OBJ)
	@mkdir -p $(@D)
	@echo "  HOSTCC  $@"
	@$(HOSTCC) -std=gnu11 -O2 -g $(RSE_WARN) $(RSE_INC) -o $@ \
	    $(filter %.c %.o,$^) -pthread

# A braid on a network, computed; its results stand in docs/braid-scaling.md.
RSE_NETSIM := $(wildcard rse/bench/netsim/*.[ch])
build/host/rse-netsim: $(RSE_NETSIM) $(RSE_POSIX) $(RSE_HOST_OBJ)
	@mkdir -p $(@D)
	@echo "  HOSTCC  $@"
	@$(HOSTCC) -std=gnu11 -O2 -g $(RSE_WARN) $(RSE_INC) -o $@ \
	    $(filter %.c %.o,$^) -pthread -lm

# rse-run carries out set-up files; rse-mpi is the same over MPI processes,
# built where an MPI compiler is.
RSE_SETUP := rse/tools/setup.c rse/tools/setup.h
RSE_STORE := rse/tools/store.c rse/tools/store.h
build/host/rse-run: rse/tools/run.c $(RSE_STORE) $(RSE_SETUP) $(RSE_POSIX) \
    $(RSE_HOST_OBJ)
	@mkdir -p $(@D)
	@echo "  HOSTCC  $@"
	@$(HOSTCC) -std=gnu11 -O2 -g $(RSE_WARN) $(RSE_INC) -o $@ \
	    $(filter %.c %.o,$^) -pthread

MPICC ?= $(shell command -v mpicc)
RSE_MPI := $(wildcard rse/port/mpi/*.[ch])
build/host/rse-mpi: $(RSE_MPI) $(RSE_SETUP) $(RSE_POSIX) $(RSE_HOST_OBJ)
	@mkdir -p $(@D)
	@echo "  HOSTCC  $@"
	@$(MPICC) -std=gnu11 -O2 -g $(RSE_WARN) $(RSE_INC) -o $@ \
	    $(filter %.c %.o,$^) -pthread

.PHONY: rse-run rse-netsim rse-mpi rse-bench bench-rse
rse-run: build/host/rse-run
rse-netsim: build/host/rse-netsim
ifneq ($(MPICC),)
rse-mpi: build/host/rse-mpi
else
rse-mpi:
	@echo "rse-mpi needs mpicc (Debian: libopenmpi-dev, openmpi-bin)" >&2
	@exit 1
endif
rse-bench: build/host/rse-bench
BENCH_ENGINE += build/host/rse-bench build/host/rse-rss
bench-rse: build/host/rse-bench
	@build/host/rse-bench all
