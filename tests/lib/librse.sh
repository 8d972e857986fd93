# SPDX-License-Identifier: MIT
# tests/lib/librse.sh -- what tests of librse have in common.
#
# Use: from the top of the tree, `. tests/lib/librse.sh`.  Sets `headers`, the
# public headers; `tmp`, a folder that goes when the test ends, with
# $tmp/declared: what they declare, by lib/librse/prototypes.awk.

cases=0
headers="$(echo rse/include/*.h lib/librse/include/*.h) \
    rse/port/posix/runner.h rse/port/posix/node.h"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
awk -f lib/librse/prototypes.awk $headers >"$tmp/declared"

# verdict NAME COMPLAINTS: one complaint a line.
verdict() {
	cases=$((cases + 1))
	if [ -z "$2" ]; then
		echo "ok $cases - $1"
	else
		echo "not ok $cases - $1"
		echo "$2" | head -n 40 | sed 's/^/# /'
	fi
}
