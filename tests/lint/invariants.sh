#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/lint/invariants.sh -- each promise of the engine has tests that bear
# its name.
#
# Use: from the top of the tree.  Prints TAP; each line names the tests.
#	I1-I15 are the invariants: a case whose name begins so, in a host
#	test that the makefiles build.  G1-G10 are the known answers: rows of
#	the tables of a host test and of a guest test.

set -u
cases=0

result() {
	cases=$((cases + 1))
	if [ -n "$2" ]; then
		echo "ok $cases - $1:$2"
	else
		echo "not ok $cases - $1: no test bears this name"
	fi
}

# Is this file part of `make test`?
runs() {
	case $1 in
	*_test.sh)
		[ -x "$1" ] ;;
	tests/host/*.c)
		name=$(basename "$1" .c)
		grep -qE "(^|[ =])$name( |\$)" tests/host/*.mk ;;
	tests/guest/*.c)
		true ;;
	*)	false ;;
	esac
}

# bearers PATTERN FILE...
bearers() {
	pattern=$1
	shift
	for f in $(grep -lE "$pattern" "$@" /dev/null); do
		runs "$f" && printf ' %s' "$(basename "$f")"
	done
}

i=1
while [ $i -le 15 ]; do
	result "I$i" "$(bearers "\"I$i |result \"I$i |\"I[0-9]+ I$i " \
	    tests/host/*.c tests/host/*_test.sh)"
	i=$((i + 1))
done
# The guest test is the same file, compiled against librse and musl.
guest=$(bearers '^#include "../host/rse_known.c"' tests/guest/*.c)
for g in G1 G2 G3 G4 G5A G5B G5C G6 G8 G9 G10; do
	host=$(bearers "^	\{ \"$g\"," tests/host/rse_known.c)
	result "$g on the host" "$host"
	result "$g in the guest" "${host:+$guest}"
done
echo "1..$cases"
