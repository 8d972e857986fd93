#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/bench/run.sh -- run the benchmarks under RSE and under Linux.
#
# Use: make bench [T=name]
#	Each program in /usr/libexec/bench prints lines "name value unit",
#	where a smaller value is better.  The same static program runs on the
#	same disk, in the same machine, with either kernel; the last column is
#	RSE's value divided by Linux's.  SMP, MEM: size of the machine.

set -eu
cd "$(dirname "$0")/../.."
image=build/rse-bench.img
out=build/bench
mkdir -p "$out"
tests/bench/linux.sh
# Emulated string moves and protection keys cost what no real CPU asks.
[ "$(tests/lib/accel.sh)" = kvm ] || export QEMU_CPU=max,-erms,-pku

run() {
	tests/vm "$@" --smp "${SMP:-2}" --mem "${MEM:-512}" --image "$image" \
	    --timeout 300 -- \
	    "for b in /usr/libexec/bench/*${T:-}*; do \$b || exit; done"
}
run >"$out/rse"
run --linux >"$out/linux"
awk '
	NR == FNR { linux[$1] = $2; next }
	{
		ratio = linux[$1] > 0 ? sprintf("%.2f", $2 / linux[$1]) : "-"
		printf "%-28s %12s %12s %-6s %6s\n", $1, $2, linux[$1], $3,
		    ratio
	}
	BEGIN {
		printf "%-28s %12s %12s %-6s %6s\n", "benchmark", "rse",
		    "linux", "unit", "ratio"
	}' "$out/linux" "$out/rse"
