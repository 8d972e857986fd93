#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/host/librse_symbols_test.sh -- librse shows what its headers declare
# and nothing else, and has no variables.
#
# Use: from the top of the tree, after librse was built for host and image.

set -u
. tests/lib/librse.sh

# What linking with it can find.
archive_symbols() {
	nm -g --defined-only "$1" | awk 'NF == 3 { print $3 }' | sort
}

library_symbols() {
	nm -D --defined-only "$1" | awk '{ print $3 }' | sort
}

# Sections that a program can write and that hold something.  Tables of
# pointers are read-only once they are relocated.
variables() {
	size -A "$1" | awk '$1 ~ /^\.(data|bss|tdata|tbss)/ &&
	    $1 !~ /^\.data\.rel\.ro/ && $2 > 0 { print $1 " has " $2 " bytes" }
	    $1 == "COMMON" && $2 > 0'
}

cut -f 2 "$tmp/declared" | sort >"$tmp/functions"
verdict 'every function has the prefix' \
    "$(grep -vE '^rsep?_' "$tmp/functions")"
for at in build/lib build/host/librse; do
	archive_symbols $at/librse.a >"$tmp/have"
	verdict "$at/librse.a: global is what headers declare" \
	    "$(diff "$tmp/functions" "$tmp/have")"
	library_symbols $at/librse.so.1 >"$tmp/have"
	verdict "$at/librse.so.1: visible is what headers declare" \
	    "$(diff "$tmp/functions" "$tmp/have")"
	verdict "$at: no variables" "$(variables $at/librse.o)"
	verdict "$at/librse.so.1 is called by its version" "$(readelf -d \
	    $at/librse.so.1 | grep -q 'SONAME.*\[librse.so.1\]' || echo no)"
done

# Would it notice?  An object with a variable of each kind.
echo 'int a = 1, b; static int c = 2; _Thread_local int d; int *f(void);
int *f(void) { return &c; }' | gcc -x c -c -o "$tmp/bad.o" -
verdict 'variables are noticed' "$(for s in data bss tbss; do
	variables "$tmp/bad.o" | grep -q "^\.$s" || echo "not .$s"; done)"
verdict 'a symbol too many is noticed' \
    "$(archive_symbols "$tmp/bad.o" | grep -qx f || echo no)"
plan
