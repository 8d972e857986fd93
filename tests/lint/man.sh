#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/lint/man.sh -- has every program a manual page, and is each sound?
#
# Use: from the top of the tree.  Prints TAP.

set -u
. tests/lib/verdict.sh

for dir in usr.bin/*/; do
	[ -d "$dir" ] || continue
	name=$(basename "$dir")
	missing=
	[ -f "$dir$name.1" ] || [ -f "$dir$name.8" ] ||
	    missing="$dir$name.1 is not there"
	verdict "$name has a manual page" "$missing"
done
for page in docs/man/*.[1-9] usr.bin/*/*.[1-9] lib/*/*.[1-9] \
    lib/*/man/*.[1-9] boot/*.[1-9] rse/tools/*.[1-9]; do
	[ -f "$page" ] || continue
	# .Lb takes only the names that mandoc knows; ours is not among them.
	verdict "$page" "$(mandoc -T lint -W warning "$page" 2>&1 |
	    grep -v "unknown library name")"
done
plan
