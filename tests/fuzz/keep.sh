#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/fuzz/keep.sh -- put into the corpora what fuzzing has reached.
#
# Use: tests/fuzz/keep.sh OUT NAME...   (make fuzz-keep)
#	The corpus of NAME becomes the smallest inputs that together reach
#	what the old one and OUT/NAME/corpus reach, at most FILES of them and
#	none longer than BYTES; files are named by their content.  Those named
#	found-* once did harm: they stay.

set -eu
FILES=50
BYTES=4096
out=$1
shift
for name; do
	dir=$out/$name
	rm -rf "$dir/merged"
	mkdir -p "$dir/merged" "$dir/corpus" "tests/fuzz/corpus/$name"
	"$dir/run" -merge=1 -close_fd_mask=3 "$dir/merged" \
	    "tests/fuzz/corpus/$name" "$dir/corpus" "$out/seed/$name" \
	    >"$dir/merge.log" 2>&1
	find "tests/fuzz/corpus/$name" -type f ! -name 'found-*' -delete
	# Evenly from small to large.
	find "$dir/merged" -type f -size -"$((BYTES + 1))"c -printf \
	    '%s %p\n' | sort -n | awk -v most=$FILES '
		{ path[NR] = $2 }
		END {
			n = NR < most ? NR : most
			for (i = 1; i <= n; i++)
				print path[int((i - 1) * NR / n) + 1]
		}' | while read -r path; do
		sum=$(sha256sum "$path")
		cp "$path" "tests/fuzz/corpus/$name/$(echo "$sum" |
		    cut -c 1-16)"
	done
	echo "$name: $(ls "tests/fuzz/corpus/$name" | wc -l) files," \
	    "$(cat "tests/fuzz/corpus/$name"/* | wc -c) bytes"
done
