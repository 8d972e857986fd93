#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/lint/style.sh -- what every source file must look like.
#
# Use: from the top of the tree.  Prints TAP, one case a rule.

set -u
. tests/lib/verdict.sh

list=$(git ls-files --cached --others --exclude-standard | sort -u |
    while read -r f; do [ -f "$f" ] && echo "$f"; done)
code=$(echo "$list" | grep -v '/patches/' |
    grep -E '\.(c|h|S|sh|awk|py|mk|ld|lds|def)$|Makefile$|^tests/vm$')
csrc=$(echo "$code" | grep -E '\.[chS]$')
# User programs include C headers; documents and patches have their own form.
text=$(echo "$list" | grep -v '/patches/')

too_long() {
	for f in $code; do
		lines=$(wc -l <"$f")
		[ "$lines" -le 1000 ] || echo "$f: $lines lines"
	done
}

no_licence() {
	for f in $code; do
		head -n 3 "$f" | grep -q 'SPDX-License-Identifier: MIT' || echo "$f"
	done
}

# Of C: what is data in a shell script, or one pipe, may be longer.
too_wide() {
	for f in $csrc; do
		expand "$f" | LC_ALL=C.UTF-8 grep -nE '^.{81,}' | cut -d: -f1 |
		    sed "s|^|$f:|;s|\$|: more than 80 columns|"
	done
}

blanks_at_end() {
	for f in $code; do
		grep -nE '[ 	]+$' "$f" | cut -d: -f1 |
		    sed "s|^|$f:|;s|\$|: blanks at the end|"
	done
}

dead_code() {
	for f in $csrc; do
		grep -nE '^[ 	]*#[ 	]*if 0|\bXXX\b|\bFIXME\b|\bTODO\b' "$f" |
		    sed "s|^|$f:|"
	done
}

ifdef_kernel() {
	for f in $csrc; do
		grep -nE '#[ 	]*ifn?def[ 	]+_KERNEL' "$f" | sed "s|^|$f:|"
	done
}

# Absolute paths of the machine somebody happens to work on.
own_machine() {
	own='work|Users|home/[a-fh-z]'
	for f in $text; do
		grep -nIE "(^|[^[:alnum:]_.*])/($own)[a-z]*/" "$f" |
		    sed "s|^|$f:|"
	done
}

too_big() {
	for f in $text; do
		size=$(wc -c <"$f")
		[ "$size" -le 524288 ] || echo "$f: $size bytes"
	done
}

verdict 'no file has more than 1000 lines' "$(too_long)"
verdict 'every source file names its licence in its first lines' "$(no_licence)"
verdict 'no line is longer than 80 columns' "$(too_wide)"
verdict 'no blanks at the end of a line' "$(blanks_at_end)"
verdict 'no dead code and no promises' "$(dead_code)"
verdict 'no #ifdef _KERNEL: a header has one reader' "$(ifdef_kernel)"
verdict "no path of somebody's own machine" "$(own_machine)"
verdict 'nothing big is tracked' "$(too_big)"
plan
