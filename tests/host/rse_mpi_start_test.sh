#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/host/rse_mpi_start_test.sh -- ranks that die or stand still before they
# are in MPI: it is said once, the exit status tells, nothing hangs.
#
# Use: from the top of the tree, after build/host/rse-mpi.

set -u
. tests/lib/mpi.sh

setup 3 >"$tmp/3.rse"

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
export RSE_MPI_PATIENCE
begun "rank 2 is stopped before MPI_Init" 2 3 \
    "^rse-mpi: MPI_Init has not returned after 4 s: "
begun "rank 0 is stopped before MPI_Init" 0 3 \
    "^rse-mpi: MPI_Init has not returned after 4 s: "
timeout 600 mpirun -np 2 build/host/rse-mpi "$tmp/3.rse" : \
    -np 1 sh -c 'kill -KILL $$' >/dev/null 2>"$tmp/err"
result "a rank dead before MPI_Init: mpirun says so" \
    "$? $(grep -c 'exited on signal 9' "$tmp/err")" "137 1"
echo "1..$cases"
