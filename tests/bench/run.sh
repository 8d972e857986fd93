#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/bench/run.sh -- run the benchmarks under RSE and under Linux.
#
# Use: make bench [T=name]
#	Each program in /usr/libexec/bench prints lines "name value unit",
#	where a smaller value is better.  The same static program runs on the
#	same disk, in the same machine, with either kernel; the last column is
#	Linux's value divided by RSE's: above 1, RSE is faster.
#	SMP, MEM: size of the machine.
#	ONLY=linux|rse measures one of them and takes the other's last result.
#	COUNT=1 counts instructions on one processor instead of time.  It says
#	nothing of caches and of what an emulated instruction costs, but a
#	busy host does not show: two runs differ by a hundredth.
# Why: emulated string moves and protection keys cost what they do not cost
#	on any real processor, so that both kernels do without them there.

set -u
cd "$(dirname "$0")/../.."
image=build/rse-bench.img
out=build/bench
mkdir -p "$out"
tests/bench/linux.sh || exit 1
[ "$(tests/lib/accel.sh)" = kvm ] || export QEMU_CPU=max,-erms,-pku
failed=0
shift=
if [ -n "${COUNT:-}" ]; then
	shift=2 # 4 ns each: no timer interrupt comes too soon
	export QEMU_ICOUNT=$shift ACCEL=tcg SMP=1
fi

# measure NAME [--linux]
measure() {
	name=$1
	shift
	[ "${ONLY:-$name}" = "$name" ] || return 0
	echo "  BENCH   $name" >&2
	tests/vm "$@" --smp "${SMP:-2}" --mem "${MEM:-512}" --image "$image" \
	    --timeout 500 -- "s=0; for b in /usr/libexec/bench/*${T:-}*; do
		\$b || { echo \"\$b failed\" >&2; s=1; }; done; exit \$s" \
	    >"$out/$name" || failed=1
	[ -n "${T:-}${COUNT:-}" ] ||
	    tests/bench/boot.py "$image" "$@" >>"$out/$name" || failed=1
}
measure linux --linux
measure rse

awk -v rse="$out/rse" -v shift="$shift" '
	function row(name, a, b, unit, ratio) {
		printf "%-24s %12s %12s %-7s %10s\n", name, a, b, unit, ratio
	}
	BEGIN {
		row("benchmark", "Linux", "RSE", "unit", "Linux/RSE")
		while ((getline line <rse) > 0) {
			split(line, f, " ")
			value[f[1]] = shift == "" ? f[2] : f[2] / 2 ^ shift
		}
	}
	NF != 3 || $2 !~ /^[0-9]+$/ { print "# " $0; next }
	{
		if (shift != "") {
			$2 = int($2 / 2 ^ shift)
			sub(/^ns/, "insn", $3)
		}
		mine = ($1 in value) ? int(value[$1]) : "-"
		row($1, $2, mine, $3, mine > 0 ? \
		    sprintf("%.2f", $2 / mine) : "-")
	}' "$out/linux"
[ $failed -eq 0 ] || echo "tests/bench/run.sh: not everything ran" >&2
exit $failed
