#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/host/rse_run_test.sh -- rse-run over the set-up files.
#
# Use: from the top of the tree, after build/host/rse-run was built.

set -u
. tests/lib/verdict.sh
tmp=$(mktemp)
trap 'rm -f "$tmp"' EXIT

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

# refuse TEXT ARGUMENT...: it ends with 2 and says TEXT, and no digest.
refuse() {
	text=$1
	shift
	said=$(build/host/rse-run "$@" 2>&1 >"$tmp.out")
	status=$?
	case $said in
	*"$text"*) [ -s "$tmp.out" ] && status='a digest' ;;
	*) status="$status: $said" ;;
	esac
	rm -f "$tmp.out"
	result "rse-run $*: $text" "$status" 2
}

file=rse/setups/g2.rse
refuse 'usage: rse-run' -j
refuse 'usage: rse-run' -x 1 $file
for threads in abc -1 1025 99999999999 2x ''; do
	refuse "\"$threads\" is not a number of threads from 0 to 1024" \
	    -j "$threads" $file
done
refuse '/none: cannot be read: No such file' /none
refuse '/: cannot be read: Is a directory' /
printf 'torus 4 4 4\nring 0x3 -1 1\n' >"$tmp"
refuse "$tmp:2: not a number: -1" "$tmp"
printf 'braid 4\n' >"$tmp"
refuse 'not a multiple of 3, or too many tori: 4' "$tmp"
printf 'ring 010 1 1\nrun 5\nexpect processed 5\nexpect time 4\n' >"$tmp"
build/host/rse-run "$tmp" >/dev/null 2>&1
result "a number that begins with 0 is decimal" $? 0
[ "$(build/host/rse-run --help | head -c 14)" = 'usage: rse-run' ]
result "--help is no error" $? 0
build/host/rse-run $file >/dev/full 2>/dev/null
result "digests that go nowhere are an error" $? 2
plan
