#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/lint/syscalls.sh -- is every system call that exists also tested?
#
# Use: from the top of the tree.  Prints TAP.
#	The guest tests whose head lists "calls: name name ..." must exercise
#	each of them by number: SYS_name, or the name as the argument of the
#	macros of tests/guest/err.h.  Between them they must list every call
#	that sys/kern/syscalls.master implements, and no other.

set -u
master=sys/kern/syscalls.master
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
macro='SYS|OK|ERR|FAULT|FAULT_OUT|PATH_ERRORS|PATH_ERRORS_AT'
. tests/lib/verdict.sh

awk -F '\t' '/^[0-9]/ && $3 ~ /^\{/ { print $2 }' $master |
    sort >"$work/have"
for f in tests/guest/*.c; do
	sed -n 's/^ \* calls: //p' "$f" | tr ' ' '\n' | sort >"$work/listed"
	[ -s "$work/listed" ] || continue
	grep -oE "\b(($macro)\(([A-Z0-9]+, |want, )?|SYS_)[a-z_0-9]+" "$f" |
	    sed 's/^SYS_//;s/.*[( ]//' | sort -u >"$work/made"
	comm -23 "$work/listed" "$work/made" | sed "s|^|$f: |" >>"$work/empty"
	cat "$work/listed" >>"$work/all"
done
sort "$work/all" >"$work/tested"

verdict 'every implemented system call is listed by a test' \
    "$(comm -23 "$work/have" "$work/tested")"
verdict 'tests list implemented system calls only' \
    "$(sort -u "$work/tested" | comm -13 "$work/have" -)"
verdict 'what a test lists, it calls' "$(cat "$work/empty")"
verdict 'no call is listed twice' "$(uniq -d "$work/tested")"
plan
