#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/host/rse_mpi_lost_test.sh -- ranks that die or stand still, anywhere:
# it is said once, the exit status tells, nothing hangs.
#
# Use: from the top of the tree, after build/host/rse-run and rse-mpi.

set -u
. tests/lib/mpi.sh

setup 3 >"$tmp/3.rse"
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

# ended NAME STATUS MESSAGE: ours, in the background as $pid, has ended so.
ended() {
	wait $pid
	status=$?
	grep "$3" "$tmp/err" >"$tmp/said"
	result "$1: status" $status "$2"
	result "$1: said once" "$(grep -c . "$tmp/said")" 1
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

# begun NAME WHICH STATUS MESSAGE: rank WHICH is stopped before MPI_Init.
begun() {
	rse="build/host/rse-mpi $tmp/3.rse"
	stopped="kill -STOP \$\$; exec $rse"
	if [ "$2" = 0 ]; then
		timeout 600 mpirun -np 1 sh -c "$stopped" : -np 2 $rse \
		    >/dev/null 2>"$tmp/err" &
	else
		timeout 600 mpirun -np 2 $rse : -np 1 sh -c "$stopped" \
		    >/dev/null 2>"$tmp/err" &
	fi
	pid=$!
	ended "$1" "$3" "$4"
}

RSE_MPI_PATIENCE=1
begun "rank 2 is stopped before MPI_Init" 2 3 \
    "^rse-mpi: MPI_Init has not returned after 4 s: "
begun "rank 0 is stopped before MPI_Init" 0 3 \
    "^rse-mpi: MPI_Init has not returned after 4 s: "
timeout 600 mpirun -np 2 build/host/rse-mpi "$tmp/3.rse" : \
    -np 1 sh -c 'kill -KILL $$' >/dev/null 2>"$tmp/err"
result "a rank dead before MPI_Init: mpirun says so" \
    "$? $(grep -c 'exited on signal 9' "$tmp/err")" "137 1"
echo "1..$cases"
