#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/abi/compare.sh -- what differs between two runs of the same case.
#
# Use: compare.sh CASE LINUX-OUTPUT RSE-OUTPUT
#	TAP without a plan.  A test that is skipped on one side only, or never
#	reported by us, counts as a difference.

awk -v which="$1" '
function key(line) {
	sub(/^(not )?ok - /, "", line)
	sub(/ # SKIP.*/, "", line)
	# The words after a failure.
	sub(/ \(status [0-9]+\)$/, "", line)
	sub(/: (FAIL|UNRESOLVED|no end|ends with status .*)$/, "", line)
	sub(/\r$/, "", line)
	return line
}
function kind(line) {
	return line ~ /^not/ ? "not ok" : line ~ /# SKIP/ ? "skip" : "ok"
}
NR == FNR {
	if (/^(not )?ok - /)
		want[key($0)] = kind($0)
	next
}
/^(not )?ok - / {
	k = key($0)
	got[k] = kind($0)
	if (!(k in want) || want[k] == "not ok")
		print "# " k ": " got[k] ", under Linux " \
		    (k in want ? want[k] : "not run")
	else if (got[k] == want[k])
		print "ok - " which ": " k (got[k] == "skip" ? " # SKIP" : "")
	else
		print "not ok - " which ": " k ": " got[k] \
		    ", under Linux " want[k]
	why = got[k] == "not ok"
	next
}
/^#/ && why { print }
END {
	for (k in want)
		if (!(k in got) && want[k] != "not ok")
			print "not ok - " which ": " k ": not run"
}' "$2" "$3"
