# SPDX-License-Identifier: MIT
# tests/lib/librse.sh -- what tests of librse have in common.
#
# Use: from the top of the tree, `. tests/lib/librse.sh`.  Sets `headers`, the
# public headers; `tmp`, a folder that goes when the test ends, with
# $tmp/declared: what they declare, by lib/librse/prototypes.awk.

. tests/lib/verdict.sh
headers="$(echo rse/include/*.h lib/librse/include/*.h) \
    rse/port/posix/runner.h rse/port/posix/node.h"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
awk -f lib/librse/prototypes.awk $headers >"$tmp/declared"
