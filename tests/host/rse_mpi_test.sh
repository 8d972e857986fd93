#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/host/rse_mpi_test.sh -- rse-mpi prints what rse-run prints (I14).
#
# Use: from the top of the tree, after build/host/rse-run and rse-mpi.
# 3, 6, 12 and 48 tori on 1 to 6 processes; then what is wrong with the file: it
# is said once, the exit status tells.

set -u
. tests/lib/mpi.sh

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
    "$tmp/none: cannot be read: No such file or directory"
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
echo "1..$cases"
