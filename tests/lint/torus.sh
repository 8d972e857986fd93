#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/lint/torus.sh -- do torus(4) and braid(4) name every file, word and
# error that the tables have, and nothing else?
#
# Use: from the top of the tree.  Prints TAP.

set -u
cases=0

# same NAME CODE PAGE: two sorted lists.
same() {
	cases=$((cases + 1))
	if [ -n "$2" ] && [ "$2" = "$3" ]; then
		echo "ok $cases - $1"
	else
		echo "not ok $cases - $1"
		echo "# the code:" $2
		echo "# the page:" $3
	fi
}

# Names at the head of the rows of a table: file, name of the array.
table() {
	sed -n "/ $2\[\] = {/,/^};/s/^	{ \(\.tf_name = \)\{0,1\}\"\([^\"]*\)\".*/\2/p" \
	    "$1" | sort -u
}

# page SECTION: what its .It lines name, with this macro.
named() {
	sed -n "/^\.Sh $2/,/^\.Sh /s/^\.It $3 \([^ ]*\).*/\1/p" \
	    "docs/man/$1.4" | sort -u
}

# Errors: those of the mapping, and those that a file returns itself.
errors() {
	grep -ohE -- '-E[A-Z]+\b' "$@" | sed 's/^-//' |
	    grep -vE '^(EINPROGRESS|ETIMEDOUT)$' | sort -u
}

same 'files of torus(4)' "$(table sys/torus/files.c torus_files)" \
    "$(named torus FILES Pa)"
same 'files of braid(4)' "$(table sys/torus/files.c braid_files)" \
    "$(named braid FILES Pa)"
same 'words of torus(4)' \
    "$({ table rse/core/ctl.c words
	table sys/torus/ctl.c device_words; } | sort -u)" \
    "$(named torus 'CONTROL WORDS' Ic)"
same 'words of braid(4)' "$(table sys/torus/braid.c words)" \
    "$(named braid 'CONTROL WORDS' Ic)"
same 'errors of torus(4)' "$(errors sys/torus/torus.c sys/torus/ctl.c \
    sys/torus/events.c sys/torus/files.c sys/torus/thread.c \
    sys/torus/transfer.c)" "$(named torus ERRORS 'Bq Er')"
same 'keys of config in torus(4)' \
    "$(sed -n '/keys\[\] = {/,/};/p' rse/core/ctl.c |
	grep -oE '"[a-z]+"' | tr -d '"' | sort -u)" \
    "$(sed -n '/^\.It Ic config/,/^\.It Ic migrate/s/^\.Cm //p' \
	docs/man/torus.4 | tr -d ',.' | tr ' ' '\n' | grep . | sort -u)"
echo "1..$cases"
