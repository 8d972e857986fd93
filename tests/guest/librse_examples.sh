#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/guest/librse_examples.sh -- the examples of librse run from the image,
# and man(1) finds the page of each function by its name.

bin=/usr/libexec/rse/examples
src=/usr/share/rse/examples
man=/usr/share/man
n=0

# result NAME WHY: all is well if there is no reason why not.
result() {
	n=$((n + 1))
	if [ -z "$2" ]; then
		echo "ok $n - $1"
	else
		echo "not ok $n - $1"
		echo "# $2"
	fi
}

run() {
	timeout 120 $bin/"$@" >out 2>&1 || echo "status $?: $(tail -n 1 out)"
}

lonely=
for f in $bin/*; do
	[ -f "$src/${f##*/}.c" ] || lonely="$lonely ${f##*/}"
done
result "every example has its source" "$lonely"
result "braid" "$(run braid)"
result "a kill makes no difference" \
    "$(grep -qx 'the same' out || tail -n 3 out)"
result "epidemic" "$(run epidemic 3)"
result "it ends" "$(grep -q ' 0 infected' out || tail -n 2 out)"
result "ising" "$(run ising 20)"
result "phold" "$(run phold 1)"
result "nothing was refused" "$(grep -c 'refused 0,' out | grep -vx 2)"
result "watch of a torus that is none" "$(timeout 10 $bin/watch 9 >out 2>&1 &&
    echo 'it succeeded')"

missing= names=0
for page in $man/man3/*.3; do
	for name in $(sed -n \
	    '/^\.Sh NAME/,/^\.Nd/s/^\.Nm \([A-Za-z0-9_]*\).*/\1/p' "$page"); do
		names=$((names + 1))
		[ "$(man -w "$name" 2>&1)" = "$page" ] ||
		    missing="$missing $name"
	done
done
result "man finds the page of each of $names names" "$missing"
result "and that is all of them" "$([ $names -gt 120 ] || echo $names)"
result "man 7 rse_tutorial" "$(man -w 7 rse_tutorial >out 2>&1 || cat out)"
echo "1..$n"
