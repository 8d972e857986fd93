#!/bin/sh
# SPDX-License-Identifier: MIT
# rse/bench/ross.sh - PHOLD by ROSS and by this engine, in turn.
#
# Use: rse/bench/ross.sh DIR [rounds]
#
# DIR is a checkout of ROSS outside this repository; it is built in DIR-build
# with cmake and mpicc (Debian: cmake libopenmpi-dev openmpi-bin), optimised.
# Both run the model with 32768 processes, lookahead 0.1, mean 0.9 + 0.1,
# remote 0.25, until time 100, on one thread and then on two.  ROSS handles
# 3273290 events, which shows that the parameters are right.
set -eu

if [ $# -lt 1 ]; then
	sed -n 's/^# Use: /usage: /p' "$0" >&2
	exit 2
fi
dir=$(cd "$1" && pwd)
rounds=${2:-5}
top=$(cd "$(dirname "$0")/../.." && pwd)
build=$dir-build
phold=$build/models/phold/phold

OMPI_ALLOW_RUN_AS_ROOT=1
OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export OMPI_ALLOW_RUN_AS_ROOT OMPI_ALLOW_RUN_AS_ROOT_CONFIRM

if [ ! -x "$phold" ]; then
	echo "building ROSS in $build"
	cmake -S "$dir" -B "$build" -DCMAKE_BUILD_TYPE=Release \
	    -DROSS_BUILD_MODELS=ON -DCMAKE_C_COMPILER=mpicc >"$dir-build.log"
	make -C "$build" -j2 phold >>"$dir-build.log" 2>&1
fi
make -s -C "$top" build/host/rse-bench

# The command; prints millions of net events a second.  It leaves files where
# it runs.
ross() (
	cd "$tmp" && "$@" --nlp="$nlp" --lookahead=0.1 --mean=1.0 --remote=0.25 \
	    --start-events=1 --end=100 2>/dev/null |
	    awk '/Net Events Processed/ && $4 != "3273290" {
			print "ross.sh: ROSS handled " $4 " events, not 3273290" \
			    >"/dev/stderr"
		}
		/Event Rate/ { printf "%.3f\n", $NF / 1e6 }'
)

ours() {
	"$top/build/host/rse-bench" -r 1 "$1" | awk '{ print $3 }'
}

median() {
	sort -n | awk '{ v[NR] = $1 }
	    END { print v[int((NR + 1) / 2)], v[NR] }'
}

compare() {
	row=$1
	shift
	: >"$tmp/ross"
	: >"$tmp/ours"
	for i in $(seq "$rounds"); do
		ross "$@" >>"$tmp/ross"
		ours "$row" >>"$tmp/ours"
	done
	set -- $(median <"$tmp/ross") $(median <"$tmp/ours")
	printf '%-8s ROSS %6.2f M/s median, %6.2f best  ours %6.2f, %6.2f' \
	    "$row" "$1" "$2" "$3" "$4"
	awk "BEGIN { printf \"  ratio %.1f of medians\n\", $3 / $1 }"
}

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
echo "ROSS $(git -C "$dir" describe --tags --always 2>/dev/null)," \
    "$(mpicc --version | head -1), rounds: $rounds"
nlp=32768
compare phold "$phold" --synch=1
nlp=16384
compare workers mpirun --oversubscribe -np 2 "$phold" --synch=2
