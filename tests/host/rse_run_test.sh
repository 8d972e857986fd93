#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/host/rse_run_test.sh -- rse-run over the set-up files.
#
# Use: from the top of the tree, after build/host/rse-run was built.

set -u
cases=0
tmp=$(mktemp)
trap 'rm -f "$tmp"' EXIT

result() {
	cases=$((cases + 1))
	if [ "$2" = "$3" ]; then
		echo "ok $cases - $1"
	else
		echo "not ok $cases - $1"
		echo "# $2, not $3"
	fi
}

for f in rse/setups/*.rse; do
	build/host/rse-run "$f" >/dev/null 2>"$tmp"
	result "$f" $? 0
done
one=$(build/host/rse-run rse/setups/braid.rse)
two=$(build/host/rse-run -j 2 rse/setups/braid.rse)
result "a braid on two threads" "$two" "$one"
printf 'ring 3 1 1\nrun 5\nexpect processed 6\n' >"$tmp"
build/host/rse-run "$tmp" >/dev/null 2>&1
result "an expectation that fails" $? 1
printf 'ring 3 1 1\njump 5\n' >"$tmp"
build/host/rse-run "$tmp" >/dev/null 2>&1
result "a word that is none" $? 2
echo "1..$cases"
