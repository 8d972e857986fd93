#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/host/rse_flags_test.sh -- I3: digests do not depend on the compiler.
#
# Use: from the top of the tree, after build/host/rse-run was built.  The
# engine is built once more without optimisation and with chars that have no
# sign, and by clang where there is one; all print what rse-run prints.

set -u
. tests/lib/verdict.sh
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# same NAME COMPILER FLAG...
same() {
	name=$1
	shift
	if ! "$@" -std=gnu11 -Irse/include -o "$tmp/run" rse/core/*.c \
	    rse/port/posix/*.c rse/tools/*.c -pthread 2>"$tmp/err"; then
		result "$name builds" "$(tail -n 3 "$tmp/err")" ""
		return
	fi
	for j in 0 2; do
		result "I3 $name, threads: $j" \
		    "$("$tmp/run" -j $j rse/setups/*.rse)" "$want"
	done
}

want=$(build/host/rse-run rse/setups/*.rse)
result "there is something to compare" "$(echo "$want" |
    grep -c ' state ')" "$(($(cat rse/setups/*.rse |
    awk '/^braid/ { n += $2 } END { print n }') +
    $(ls rse/setups/*.rse | wc -l)))"
same "gcc -O0 -funsigned-char" gcc -O0 -funsigned-char
same "gcc -O3 -ffreestanding" gcc -O3 -ffreestanding
if command -v clang >/dev/null; then
	same "clang -O2" clang -O2
fi
plan
