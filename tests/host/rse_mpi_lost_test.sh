#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/host/rse_mpi_lost_test.sh -- ranks that die or stand still, anywhere:
# it is said once, the exit status tells, nothing hangs.
#
# Use: from the top of the tree, after build/host/rse-run and rse-mpi.

set -u
. tests/lib/mpi.sh

setup 6 >"$tmp/6.rse"

# Has process $1 used half a second?  Then it is past MPI_Init.
at_work() {
	[ -r "/proc/$1/stat" ] &&
	    [ "$(awk '{ print $14 + $15 }' "/proc/$1/stat")" -ge 50 ]
}

# last FILE: the process that began last on FILE.
last() {
	pgrep -n -f "^build/host/rse-mpi $1"
}

# lost NAME SIGNAL STATUS MESSAGE: something happens to the last rank.
lost() {
	ours 3 "$tmp/long" >/dev/null &
	pid=$!
	victim=
	until [ -n "$victim" ] && at_work "$victim"; do
		kill -0 $pid 2>/dev/null || break
		sleep 0.3
		victim=$(last "$tmp/long")
	done
	kill "-$2" "$victim"
	ended "$1" "$3" "$4"
	[ "$2" = STOP ] && kill -KILL "$victim" 2>/dev/null
}

sed 's/^epochs 60/epochs 100000000/' "$tmp/6.rse" >"$tmp/long"
lost "a rank that is killed" KILL 137 "signal 9"
RSE_MPI_PATIENCE=5
export RSE_MPI_PATIENCE
lost "a rank that stands still" STOP 3 \
    "^rse-mpi: torus [0-9] on rank [0-9] does not answer"

# While others are at work for long without an exchange, nobody is accused.
# Rank 0 alone has events, more than it handles in one patience.
RSE_MPI_PATIENCE=2
{
	echo 'torus 2 1 1 4'
	echo 'braid 3'
	echo 'on 0'
	echo 'edge 0 0 0 0 0 0 1'
	echo 'inject 0 0 0 1'
	echo 'run 90000000'
	echo 'epochs 3'
} >"$tmp/uneven"
build/host/rse-run "$tmp/uneven" >"$tmp/want"
ours 3 "$tmp/uneven" >"$tmp/got"
result "a rank at work for long is not accused" "$(cat "$tmp/got")" \
    "$(cat "$tmp/want")"
result "and nothing is said" "$(cat "$tmp/said")" ""

# The same, and the one that works is stopped: the others wait at the end
# of `run`, not in an exchange.
RSE_MPI_PATIENCE=5
sed 's/^run .*/run 100000000000/' "$tmp/uneven" >"$tmp/endless"
ours 3 "$tmp/endless" >/dev/null &
pid=$!
victim=
while [ -z "$victim" ] && kill -0 $pid 2>/dev/null; do
	sleep 0.3
	# Rank 0 is the only one that has work: it used most.
	victim=$(for p in $(pgrep -f "^build/host/rse-mpi $tmp/endless"); do
		at_work "$p" && awk '{ print $14, $1 }' "/proc/$p/stat"
	done | sort -n | tail -n 1 | cut -d ' ' -f 2)
done
kill -STOP "$victim"
ended "stopped outside an exchange" 3 "^rse-mpi: rank [0-9] does not answer"
kill -KILL "$victim" 2>/dev/null
echo "1..$cases"
