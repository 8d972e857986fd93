#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/host/rse_mpi_test.sh -- rse-mpi prints what rse-run prints (I14).
#
# Use: from the top of the tree, after build/host/rse-run and rse-mpi.
# 3, 6, 12 and 48 tori on 1 to 6 processes; then what goes wrong: it is said
# once, the exit status tells, nothing hangs.

set -u
if ! command -v mpirun >/dev/null || [ ! -x build/host/rse-mpi ]; then
	echo "ok 1 - rse-mpi # SKIP needs libopenmpi-dev and openmpi-bin"
	echo "1..1"
	exit 0
fi
OMPI_ALLOW_RUN_AS_ROOT=1
OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
OMPI_MCA_rmaps_base_oversubscribe=1
export OMPI_ALLOW_RUN_AS_ROOT OMPI_ALLOW_RUN_AS_ROOT_CONFIRM
export OMPI_MCA_rmaps_base_oversubscribe

cases=0
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

result() {
	cases=$((cases + 1))
	if [ "$2" = "$3" ]; then
		echo "ok $cases - $1"
	else
		echo "not ok $cases - $1"
		echo "# $2, not $3"
		sed 's/^/# /' "$tmp/err"
	fi
}

# ours RANKS FILE: rse-mpi; its own messages go to $tmp/said.
ours() {
	timeout 600 mpirun -np "$1" build/host/rse-mpi "$2" 2>"$tmp/err"
	status=$?
	grep "^$tmp\|^rse-mpi" "$tmp/err" >"$tmp/said"
	return $status
}

# Lines of cells to face x=0 with portals and branches; PHOLD on some.
setup() {
	echo "torus 8 4 4"
	echo "braid $1"
	echo "config interval=200 behaviour=phold remote=1073741824" \
	    "lookahead=5 mean=30"
	for y in 0 1 2 3; do for z in 0 1 2 3; do
		for x in 7 6 5 4 3 2 1; do
			echo "edge $x $y $z $((x - 1)) $y $z" \
			    "$((1 + (y * 5 + z * 3 + x) % 9))"
		done
		echo "edge 0 $y $z 7 $y $z 2 portal"
		[ $(((y + z) % 3)) = 0 ] &&
		    echo "edge 3 $y $z 5 $(((y + 1) % 4)) $z 40"
	done; done
	for y in 1 2 3; do
		echo "spawn 5 $y 1"
	done
	i=0
	while [ $i -lt "$1" ]; do
		echo "on $i"
		for k in 0 1 2 3; do
			echo "inject 7 $(((i + k) % 4)) $k 1 $((k * 3))"
		done
		i=$((i + 1))
	done
	echo "epochs 40"
	echo "on 1"
	echo "inject 7 1 1 1"
	echo "epochs 60"
}

for n in 3 6 12 48; do
	setup $n >"$tmp/$n.rse"
	build/host/rse-run "$tmp/$n.rse" >"$tmp/want"
	build/host/rse-run -j 3 "$tmp/$n.rse" >"$tmp/got"
	result "I14 $n tori on threads" "$(cat "$tmp/got")" \
	    "$(cat "$tmp/want")"
	for ranks in 1 2 3 5; do
		[ $ranks -le $n ] || continue
		ours $ranks "$tmp/$n.rse" >"$tmp/got"
		result "I14 $n tori on $ranks ranks" "$(cat "$tmp/got")" \
		    "$(cat "$tmp/want")"
	done
done
for f in g1 g4 braid; do
	build/host/rse-run rse/setups/$f.rse >"$tmp/want"
	ours $([ $f = braid ] && echo 3 || echo 1) rse/setups/$f.rse \
	    >"$tmp/got"
	result "$f" "$(cat "$tmp/got")" "$(cat "$tmp/want")"
done

# fails NAME RANKS FILE STATUS MESSAGE
fails() {
	ours "$2" "$3" >/dev/null
	result "$1: status" $? "$4"
	result "$1: said once" "$(cat "$tmp/said")" "$5"
}

fails "no such file" 3 "$tmp/none" 2 \
    "$tmp/none:0: cannot be read: No such file or directory"
printf 'braid 3\nring 3 1 1\njump 5\n' >"$tmp/bad"
fails "a word that is none" 3 "$tmp/bad" 2 "$tmp/bad:3: not found: jump"
printf 'torus 2 2 2\nbraid 6\non 4\nspawn 1 1 1\nkill 9\nepochs 3\n' \
    >"$tmp/bad"
fails "wrong for one rank only" 3 "$tmp/bad" 2 "$tmp/bad:5: not found: 9"
fails "more ranks than tori" 7 "$tmp/6.rse" 2 \
    "$tmp/6.rse:3: more processes than tori: braid"
{
	cat "$tmp/6.rse"
	echo 'on 5'
	echo 'expect processed 1'
} >"$tmp/bad"
ours 3 "$tmp/bad" >/dev/null
result "an expectation that fails: status" $? 1
result "an expectation that fails: said once" \
    "$(sed 's/is [0-9]*,/is N,/' "$tmp/said")" \
    "$tmp/bad:$(wc -l <"$tmp/bad"): processed is N, not 1"
printf 'torus 4 1 1 4\nbraid 48\non 40\n' >"$tmp/bad"
for x in 1 2 3; do
	echo "edge 0 0 0 $x 0 0 1"
	echo "edge $x 0 0 0 0 0 1"
done >>"$tmp/bad"
printf 'inject 0 0 0 1\ninject 0 0 0 1\nepochs 9\n' >>"$tmp/bad"
fails "a torus that stalls" 3 "$tmp/bad" 2 \
    "$tmp/bad:12: the braid stopped: torus 40 in epoch 0, stalled"

# Has process $1 used half a second?  Then it is past MPI_Init, where nobody
# but mpirun could help.
at_work() {
	[ -r "/proc/$1/stat" ] &&
	    [ "$(awk '{ print $14 + $15 }' "/proc/$1/stat")" -ge 50 ]
}

# lost NAME SIGNAL STATUS MESSAGE: something happens to the last rank.
lost() {
	ours 3 "$tmp/long" >/dev/null &
	pid=$!
	victim=
	until [ -n "$victim" ] && at_work "$victim"; do
		kill -0 $pid 2>/dev/null || break
		sleep 0.3
		victim=$(pgrep -n -f "^build/host/rse-mpi $tmp/long")
	done
	kill "-$2" "$victim"
	wait $pid
	status=$?
	grep "$4" "$tmp/err" >"$tmp/said"
	result "$1: status" $status "$3"
	result "$1: said once" "$(grep -c . "$tmp/said")" 1
	[ "$2" = STOP ] && kill -KILL "$victim" 2>/dev/null
}

sed 's/^epochs 60/epochs 100000000/' "$tmp/6.rse" >"$tmp/long"
lost "a rank that is killed" KILL 137 "signal 9"
RSE_MPI_PATIENCE=5
export RSE_MPI_PATIENCE
lost "a rank that stands still" STOP 3 \
    "^rse-mpi: torus [0-9] on rank [0-9] does not answer"
echo "1..$cases"
