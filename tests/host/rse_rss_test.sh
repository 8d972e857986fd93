#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/host/rse_rss_test.sh -- I4: nothing is allocated after creation.
#
# Use: from the top of the tree, after build/host/rse-rss was built.
# 10^9 events take minutes: `make bench-engine`.

set -u
. tests/lib/verdict.sh

out=$(build/host/rse-rss 100000000)
status=$?
echo "$out" | sed 's/^/# /'
result "I4 memory after 10^8 events is what it was after 10^7" $status 0
result "I4 a ring, PHOLD and a braid got so far" "$(echo "$out" |
    awk '$3 == "events" && $2 >= 1e8' | wc -l)" 3

# The engine can call nothing that allocates: this is all it asks for.
needs=$(nm build/host/rse/*.o | awk '
	$1 == "U" { used[$2] = 1 }
	NF == 3 { own[$3] = 1 }
	END {
		for (s in used)
			if (!(s in own))
				print s
	}' | grep -v '^_GLOBAL_OFFSET_TABLE_$' | sort | tr '\n' ' ')
result "I4 the core needs three functions and no allocator" "$needs" \
    "memcmp memcpy memset "
plan
