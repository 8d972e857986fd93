#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/host/rse_store_test.sh -- rse-run --store: killed at any moment it
# goes on, and ends as the run that nothing disturbed (I9).
#
# Use: from the top of the tree, after build/host/rse-run was built.
# A round waits until the run has kept something since it began, and a while
# by chance, then kills it: so the rounds get on however fast the host is.

set -u
ROUNDS=20
. tests/lib/verdict.sh
tmp=$(mktemp -d)
why=$tmp/err
trap 'rm -rf "$tmp"' EXIT
run=build/host/rse-run

# What is kept now, by the file it is in; a new one is another file.
kept() {
	stat -c '%i %z' "$1/run" 2>/dev/null
}

chance=7
# A number below $1.
by_chance() {
	chance=$(((chance * 1103515245 + 12345) % 2147483648))
	echo $((chance / 65536 % $1))
}

# killed THREADS FOLDER FILE: start it, kill it.  Says how far it got.
killed() {
	before=$(kept "$2")
	$run -j "$1" --store "$2" "$3" >"$tmp/out" 2>"$tmp/err" &
	pid=$!
	while [ "$(kept "$2")" = "$before" ] && kill -0 $pid 2>/dev/null; do
		sleep 0.01
	done
	sleep "0.0$(by_chance 10)"
	kill -KILL $pid 2>/dev/null
	wait $pid 2>/dev/null
	if [ $? -eq 137 ]; then
		kills=$((kills + 1))
	fi
	grep -q 'goes on here' "$tmp/err" && resumed=$((resumed + 1))
}

# rounds NAME FILE N: N kills, then to the end.
rounds() {
	$run "$2" >"$tmp/want" 2>"$tmp/wanted"
	status=$?
	kills=0 resumed=0 i=0
	while [ $i -lt "$3" ]; do
		killed $((i % 3)) "$tmp/$1" "$2" 2>/dev/null
		i=$((i + 1))
	done
	$run --store "$tmp/$1" "$2" >"$tmp/out" 2>"$tmp/err"
	result "I9 $1: killed again and again, the same end" \
	    "$? $(cat "$tmp/out")" "$status $(cat "$tmp/want")"
	result "$1: and the same complaints" \
	    "$(grep -v 'goes on here\|come to its end' "$tmp/err")" \
	    "$(cat "$tmp/wanted")"
	result "$1: it was killed ($kills times) and went on ($resumed)" \
	    "$([ $kills -gt 2 ] && [ $resumed -gt 1 ] && echo yes)" yes
}

{
	echo "torus 8 4 4"
	echo "braid 3"
	echo "config interval=200 every=4"
	for y in 0 1 2 3; do for z in 0 1 2 3; do
		for x in 7 6 5 4 3 2 1; do
			echo "edge $x $y $z $((x - 1)) $y $z" \
			    "$((1 + (y * 5 + z * 3 + x) % 9))"
		done
		echo "edge 0 $y $z 7 $y $z 2 portal"
	done; done
	echo "spawn 5 1 1"
	echo "inject 7 1 2 1 0"
	echo "on 1"
	echo "inject 7 3 3 1 9"
	echo "on 0"
	echo "epochs 1200"
	echo "on 1"
	echo "expect processed 4"
	echo "inject 7 1 1 1"
	echo "epochs 6000"
	echo "expect pending 7"
} >"$tmp/braid.rse"
rounds braid "$tmp/braid.rse" $ROUNDS

printf '%s\n' 'config digest=1' 'ring 100 1 100' 'run 20000000' \
    'inject 0 0 0 5 200001' 'run 20000001' >"$tmp/alone.rse"
rounds alone "$tmp/alone.rse" 8

# Two at once would write into each other's steps.
$run --store "$tmp/busy" "$tmp/alone.rse" >/dev/null 2>&1 &
pid=$!
while [ ! -e "$tmp/busy/run" ]; do
	sleep 0.01
done
kill -STOP $pid
$run --store "$tmp/busy" "$tmp/alone.rse" >"$tmp/out" 2>"$tmp/err"
result "one run at a time" "$? $(cat "$tmp/err")" \
    "2 $tmp/alone.rse: $tmp/busy: in use by another run"
kill -KILL $pid
wait $pid 2>/dev/null

# What a broken disk or another hand leaves there.
# refused NAME WHY: the file in $tmp/bad.
refused() {
	$run --store "$tmp/bad" "$tmp/braid.rse" >"$tmp/out" 2>"$tmp/err"
	result "$1" "$? $(cat "$tmp/err" "$tmp/out")" \
	    "2 $tmp/braid.rse: $tmp/bad: $2"
}
mkdir "$tmp/bad"
sound=$tmp/braid/run
size=$(stat -c %s "$sound")
head -c $((size - 1)) "$sound" >"$tmp/bad/run"
refused "cut short" "wrong length"
head -c 20 "$sound" >"$tmp/bad/run"
refused "hardly begun" "wrong length"
{ head -c 3000 "$sound"; printf x; tail -c +3002 "$sound"; } >"$tmp/bad/run"
refused "a byte is wrong" "checksum does not match"
cp "$tmp/braid.rse" "$tmp/bad/run"
refused "something else" "wrong format"
cp "$tmp/alone/run" "$tmp/bad/run"
refused "a run of another file" "keeps a run of another set-up file"

# A write that did not come to its end is nobody's business.
cp "$sound" "$tmp/bad/run"
head -c 5000 "$sound" >"$tmp/bad/run.new"
$run --store "$tmp/bad" "$tmp/braid.rse" >"$tmp/out" 2>"$tmp/err"
$run "$tmp/braid.rse" >"$tmp/want" 2>/dev/null
result "half a file beside it does not matter" "$(cat "$tmp/out")" \
    "$(cat "$tmp/want")"
plan
