#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/host/librse_pages_test.sh -- the programs in the manual pages compile
# without a warning and succeed.
#
# Use: from the top of the tree, after build/host/librse/tree was made.  The
#	program of a page goes through the formatter, so that what is compiled
#	is what a reader sees.

set -u
cases=0
tree=$PWD/build/host/librse/tree/usr
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# A torus made of files, for those who open one.
export RSE_DEV="$tmp/dev"
mkdir -p "$RSE_DEV/torus0"
echo 'state stopped' >"$RSE_DEV/torus0/status"
: >"$RSE_DEV/torus0/ctl"

# result NAME STATUS: complaints in $tmp/out.
result() {
	cases=$((cases + 1))
	if [ "$2" -eq 0 ]; then
		echo "ok $cases - $1"
	else
		echo "not ok $cases - $1"
		head -n 12 "$tmp/out" | sed 's/^/# /'
	fi
}

# The program of a page: from its first #include to the brace that ends main.
# An #include of a synopsis is followed by the heading of the next section.
program() {
	mandoc -T ascii -O width=200 "$1" | sed 's/.\x08//g' | awk '
		/^[^ ]/ { on = 0; text = "" }
		!on && /^ *#(include|define)/ { on = 1; depth = index($0, "#") }
		!on { next }
		{ line = substr($0, depth); text = text line "\n" }
		line ~ /^main\(/ { last = 1 }
		last && line == "}" { printf "%s", text; exit }'
}

for page in lib/librse/man/*.3 lib/librse/man/*.7; do
	name=${page##*/}
	program "$page" >"$tmp/p.c"
	gcc -std=c99 -pedantic -Wall -Wextra -Werror -I"$tree/include" \
	    -fsanitize=address,undefined -fno-sanitize-recover=all \
	    -o "$tmp/p" "$tmp/p.c" "$tree/lib/librse.a" -pthread \
	    >"$tmp/out" 2>&1
	result "$name: its program compiles" $?
	timeout 300 "$tmp/p" >"$tmp/out" 2>&1
	result "$name: its program succeeds" $?
	rm -f "$tmp/p"
done
# The tutorial, which came last, says what its program prints.
tail -n 1 "$tmp/out" >"$tmp/last"
mandoc -T ascii "$page" | sed 's/.\x08//g' | grep -qF -f "$tmp/last"
result "$name: it says what its program prints" $?
echo "1..$cases"
