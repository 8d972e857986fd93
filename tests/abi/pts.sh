#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/abi/pts.sh -- build the POSIX test suite as static programs.
#
# Use: pts.sh DIR
#	leaves DIR/bin/INTERFACE-CASE, and in DIR/unbuilt the names of those
#	that do not compile against musl.
# Why: static programs reach the kernel with nothing of the host's C library
#	between; the same files run under Linux for comparison.

set -eu
cd "$(dirname "$0")/../.."
dir=$1
src=$dir/src
cases=$src/conformance/interfaces

# Message queues, which we do not have, and what needs no kernel.
leave_out='^(mq_|asctime|ctime|difftime|gmtime|localtime|mktime|strftime)'

rm -rf "$dir"
ports/fetch.sh posixtestsuite
ports/unpack.sh posixtestsuite "$src"
mkdir -p "$dir/bin"

(cd "$cases" && ls -- */[0-9]*.c) | grep -Ev "$leave_out" |
    sed 's/\.c$//' |
    xargs -P "$(nproc)" -I{} sh -c '
	out=$1/$(echo "$3" | tr / -)
	build/bin/rse-cc -std=gnu99 -w -O1 -D_GNU_SOURCE -I"$2/include" \
	    -static -s "$2/conformance/interfaces/$3.c" -o "$out" ||
	    echo "$3"' sh "$dir/bin" "$src" {} >"$dir/unbuilt" 2>"$dir/log"
echo "$(ls "$dir/bin" | wc -l) built, $(wc -l <"$dir/unbuilt") not" >&2
