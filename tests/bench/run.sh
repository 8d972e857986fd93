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
#	ROUNDS=N measures N times in turn and prints the least of each, for
#	hosts that are busy at times.
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

# measure NAME [--linux]: adds lines "NAME benchmark value unit"
measure() {
	name=$1
	shift
	[ "${ONLY:-$name}" = "$name" ] || return 0
	echo "  BENCH   $name" >&2
	tests/vm "$@" --smp "${SMP:-2}" --mem "${MEM:-512}" --image "$image" \
	    --timeout 500 -- "s=0; for b in /usr/libexec/bench/*${T:-}*; do
		\$b || { echo \"\$b failed\" >&2; s=1; }; done; exit \$s" \
	    >"$out/now" || failed=1
	[ -n "${T:-}${COUNT:-}" ] ||
	    tests/bench/boot.py "$image" "$@" >>"$out/now" || failed=1
	sed "s/^/$name /" "$out/now" >>"$out/$name"
}
for name in linux rse; do
	[ "${ONLY:-$name}" = "$name" ] && : >"$out/$name"
done
rounds=${ROUNDS:-1}
while [ "$rounds" -gt 0 ]; do
	measure linux --linux
	measure rse
	rounds=$((rounds - 1))
done

cat "$out/linux" "$out/rse" | awk -v shift="$shift" '
	function row(name, a, b, unit, ratio) {
		printf "%-24s %12s %12s %-8s %10s\n", name, a, b, unit, ratio
	}
	function value(key) {
		return key in least ? least[key] : "-"
	}
	NF != 4 || $3 !~ /^[0-9]+$/ { print "# " $0; next }
	{
		name = $2
		if (shift != "") {
			$3 = int($3 / 2 ^ shift)
			sub(/^ns/, "insn", $4)
		}
		if (!(name in unit))
			order[++n] = name
		unit[name] = $4
		if (!(($1, name) in least) || $3 < least[$1, name])
			least[$1, name] = $3
	}
	END {
		row("benchmark", "Linux", "RSE", "unit", "Linux/RSE")
		for (i = 1; i <= n; i++) {
			a = value("linux" SUBSEP order[i])
			b = value("rse" SUBSEP order[i])
			row(order[i], a, b, unit[order[i]], a > 0 && b > 0 ? \
			    sprintf("%.2f", a / b) : "-")
		}
	}'
[ $failed -eq 0 ] || echo "tests/bench/run.sh: not everything ran" >&2
exit $failed
