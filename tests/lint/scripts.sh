#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/lint/scripts.sh -- do the scripts parse, and can they be run?
#
# Use: from the top of the tree.  Prints TAP, one case a script.

set -u
. tests/lib/verdict.sh

for f in $(git ls-files --cached --others --exclude-standard | sort -u); do
	[ -f "$f" ] || continue
	case $(head -c 64 "$f" | tr -d '\000' | head -n 1) in
	'#!/bin/sh'*)	errors=$(sh -n "$f" 2>&1) ;;
	'#!'*python3*)	errors=$(python3 -c 'import ast, sys
ast.parse(open(sys.argv[1]).read(), sys.argv[1])' "$f" 2>&1) ;;
	*)		continue ;;
	esac
	[ -x "$f" ] || errors="$errors
not executable"
	verdict "$f" "$(echo "$errors" | sed '/^$/d')"
done
plan
