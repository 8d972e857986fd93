#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/guest/manual.sh -- the manual, as somebody finds it who logged in: a
# page for each program, each of them readable, and found by its words.

cases=0

# check NAME WRONG: it is well if nothing is wrong.
check() {
	cases=$((cases + 1))
	if [ -z "$2" ]; then
		echo "ok $cases - $1"
	else
		echo "not ok $cases - $1"
		echo "$2" | head -n 8 | sed 's/^/# /'
	fi
}

if [ ! -d /usr/share/man/man1 ]; then
	echo '1..0 # SKIP no manual here'
	exit 0
fi

check 'every program has a page' "$(
	for program in /bin/* /sbin/* /usr/bin/* /usr/sbin/*; do
		man -w "${program##*/}" >/dev/null 2>&1 ||
		    echo "man ${program##*/}: none"
	done)"
check 'every page is found by its name, and says something' "$(
	for page in /usr/share/man/man*/*; do
		name=${page##*/}
		lines=$(man "${name##*.}" "${name%.*}" 2>&1 | wc -l)
		[ "$lines" -gt 8 ] || echo "$page: $lines lines"
	done)"
for word in torus snapshot ext2 password; do
	check "apropos knows $word" "$(apropos "$word" | grep -q . ||
	    echo nothing)"
done
check 'a page that is not there is an error' "$(
	man nonsense >/dev/null 2>&1 && echo it is not)"
# What intro(1) names is there.
paths=$(man intro | sed 's/.\x08//g' | grep -o '/etc/[a-z.]*')
check 'the tour leads to places that exist' "$(
	[ -n "$paths" ] || echo 'it leads nowhere'
	for path in $paths; do
		[ -e "$path" ] || echo "$path"
	done)"
echo "1..$cases"
