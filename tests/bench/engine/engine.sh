#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/bench/engine/engine.sh -- the kernel's tori beside the same engine in
# a program, in machines with 1, 2 and 3 CPUs.
#
# Use: make bench-engine, or engine.sh PROGRAM [CPUS ...]
#	EVENTS=n millions a run; 20 with KVM, 1 without.
#	Rates are in millions of events a second.  `speed-up` is against one
#	CPU.  `overhead` is what the braid takes of the rate that three tori
#	reach that are not braided; `exchange` the share of projections and
#	snapshots in the time of the tori.  A digest that is not the same in
#	kernel and program, and on any number of CPUs, is a failure.

set -u
cd "$(dirname "$0")/../../.." || exit 1
program=$1
shift
[ $# -gt 0 ] || set -- 1 2 3
if [ "$(tests/lib/accel.sh)" = kvm ]; then
	events=${EVENTS:-20}
else
	events=${EVENTS:-1}
fi
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
cp "$program" "$dir/program"
truncate -s %4096 "$dir/program"

for cpus in "$@"; do
	tests/vm --smp "$cpus" --timeout 240 --disk "$dir/program" -- "
		/etc/rc.d/rsed stop
		cat /dev/vdb >/tmp/engine && chmod 755 /tmp/engine &&
		    /tmp/engine $events" >"$dir/$cpus" || {
		cat "$dir/$cpus" >&2
		echo "engine.sh: it failed with $cpus CPUs" >&2
		exit 1
	}
	sed "s/^/$cpus /" "$dir/$cpus" >>"$dir/all"
done

awk '
	function row(a, b, c, d, e, f, g, h) {
		printf "%-16s %4s %8s %8s %7s %9s %9s %9s\n", a, b, c, d, e,
		    f, g, h
	}
	BEGIN {
		row("in the machine", "CPUs", "kernel", "program", "ratio",
		    "speed-up", "overhead", "exchange")
	}
	$2 == "overhead" {
		over[$3, $1] = ($4 == "-" ? "-" : $4 "%")
		share[$3, $1] = $5 "%"
		next
	}
	{
		if (!($2 in digest)) {
			order[++n] = $2
			digest[$2] = $6
			base[$2] = $3
		}
		if (digest[$2] != $6) {
			print "# " $2 ": on " $1 " CPUs " $6 ", before " digest[$2]
			bad = 1
		}
		cpus[$1] = 1
		k[$2, $1] = $3; u[$2, $1] = $4; r[$2, $1] = $5
	}
	function m(x) {
		return sprintf("%.2f", x / 1e6)
	}
	END {
		for (i = 1; i <= n; i++) {
			o = order[i]
			for (c = 1; c <= 64; c++)
				if ((o, c) in k)
					row(o, c, m(k[o, c]), m(u[o, c]),
					    r[o, c], sprintf("%.2f",
					    k[o, c] / base[o]), over[o, c],
					    share[o, c])
		}
		print "digests of kernel and program on any number of CPUs: " \
		    (bad ? "they differ" : "equal")
		exit bad
	}' "$dir/all"
