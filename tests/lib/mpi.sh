# SPDX-License-Identifier: MIT
# tests/lib/mpi.sh -- what tests of rse-mpi have in common.
#
# Use: from the top of the tree, `. tests/lib/mpi.sh`.  Ends the test, with a
# word why, where MPI is missing; `tmp` is a folder that goes with it.

if ! command -v mpirun >/dev/null || ! command -v pgrep >/dev/null ||
    [ ! -x build/host/rse-mpi ]; then
	echo "ok 1 - rse-mpi # SKIP needs libopenmpi-dev, openmpi-bin, procps"
	echo "1..1"
	exit 0
fi
OMPI_ALLOW_RUN_AS_ROOT=1
OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
OMPI_MCA_rmaps_base_oversubscribe=1
export OMPI_ALLOW_RUN_AS_ROOT OMPI_ALLOW_RUN_AS_ROOT_CONFIRM
export OMPI_MCA_rmaps_base_oversubscribe

. tests/lib/verdict.sh
tmp=$(mktemp -d)
why=$tmp/err
trap 'rm -rf "$tmp"' EXIT

# ours RANKS FILE: rse-mpi; its own messages go to $tmp/said.
ours() {
	timeout 600 mpirun -np "$1" build/host/rse-mpi "$2" 2>"$tmp/err"
	status=$?
	grep "^$tmp\|^rse-mpi" "$tmp/err" >"$tmp/said"
	return $status
}

# ended NAME STATUS MESSAGE: ours, in the background as $pid, has ended so.
ended() {
	wait $pid
	status=$?
	grep "$3" "$tmp/err" >"$tmp/said"
	result "$1: status" $status "$2"
	result "$1: said once" "$(grep -c . "$tmp/said")" 1
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
