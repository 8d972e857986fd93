#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/host/rse_netsim_test.sh -- rse-netsim: does the model do what
# docs/braid-scaling.md says?
#
# Use: from the top of the tree, after build/host/rse-netsim was built.

set -u
. tests/lib/verdict.sh
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
sim=build/host/rse-netsim

# column N FILE: of the rows of the table, once each.
column() {
	awk -v n="$1" '$1 ~ /^[0-9]+$/ && NF == 10 { print $n }' "$2" | sort -u
}

$sim -n 1000 -p "$tmp/a.svg" >"$tmp/a"
$sim -n 1000 -p "$tmp/b.svg" >"$tmp/b"
result "the same numbers make the same table" "$(cat "$tmp/b")" \
    "$(cat "$tmp/a")"
result "and the same picture" "$(cksum <"$tmp/b.svg")" \
    "$(cksum <"$tmp/a.svg")"
result "which is XML" "$(python3 -c 'import sys, xml.dom.minidom as m
print(m.parse(sys.argv[1]).documentElement.tagName)' "$tmp/a.svg")" svg
result "five sizes up to a thousand" "$(column 1 "$tmp/a" | wc -l)" 5
$sim -s 2 -n 1000 >"$tmp/c"
result "another seed, another table" "$(cmp -s "$tmp/a" "$tmp/c"; echo $?)" 1
$sim -k 0 -j 0 -n 1000 >"$tmp/d"
result "no skew: what the formula gives, for every size" \
    "$(column 2 "$tmp/d")" \
    "$(python3 -c 'print("%.1f" % (1e6 / (1000 + 12 + 50 + 4958/1250)))')"
result "one torus hears of a pause an epoch later, not all" \
    "$(tail -n 1 "$tmp/a" | grep -c ': 3, 6, 1[0-9], 1[0-9][0-9] ')" 1
$sim -r -c 2000 -l 1000 -n 3 >"$tmp/e"
result "the protocol runs on sleeping threads" $? 0
result "and is not faster than the model" \
    "$(awk 'NF == 4 && $4 + 0 > 1.15' "$tmp/e")" ""
$sim -k 2 2>/dev/null
result "a skew above 1 is refused" $? 2
plan
