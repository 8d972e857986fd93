#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/fuzz/run.sh -- run fuzzers one after the other.
#
# Use: tests/fuzz/run.sh OUT SECONDS NAME...   (make fuzz)
#	Each prints its last line of figures; OUT/NAME/log has all of them.
#	Fails if one finds something: the input lies in OUT/NAME/found.

set -u
out=$1 seconds=$2
shift 2
bad=0
"$out/seeds" "$out/seed" || exit 1
for name; do
	dir=$out/$name
	mkdir -p "$dir/corpus" "$dir/found" "$out/seed/$name" \
	    "tests/fuzz/corpus/$name"
	case $name in
	*ctl | *setup)
		dict=-dict=tests/fuzz/text.dict ;;
	*)	dict= ;;
	esac
	# Names go to stdout and stderr of some targets: keep them away.
	"$dir/run" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 \
	    -close_fd_mask=3 -print_final_stats=1 $dict \
	    -artifact_prefix="$dir/found/" "$dir/corpus" \
	    "tests/fuzz/corpus/$name" "$out/seed/$name" >"$dir/log" 2>&1
	status=$?
	echo "$name: status $status," \
	    "$(sed -n 's/^stat::number_of_executed_units: //p' "$dir/log")" \
	    "executions, $(grep -o 'cov: [0-9]* ft: [0-9]*' "$dir/log" |
	    tail -n 1), found $(ls "$dir/found" | wc -l)"
	[ $status -eq 0 ] || bad=1
done
exit $bad
