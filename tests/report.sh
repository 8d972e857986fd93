#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/report.sh -- sum up TAP files; the last line is "N passed, N failed".
#
# Use: tests/report.sh FILE.tap...
#	Prints each failure with the lines of explanation after it.  Fails
#	when a test failed, or when there was none.

set -u
missing=
for f; do
	shift
	if [ -f "$f" ]; then
		set -- "$@" "$f"
	else
		missing="$missing $(basename "$f" .tap)"
	fi
done
awk -v missing="$missing" '
	BEGIN {
		failed = n = split(missing, names, " ")
		for (i = 1; i <= n; i++)
			print names[i] ": not ok - it could not be built or run"
	}
	# Explanations stand before or after the line they explain.
	/^#/ {
		if (show)
			print "    " $0
		else
			held = held "    " $0 "\n"
		next
	}
	/^not ok/ {
		failed++
		name = FILENAME
		sub(/.*\//, "", name)
		sub(/\.tap$/, "", name)
		printf "%s: %s\n%s", name, $0, held
		held = ""
		show = 1
		next
	}
	/^ok/ && /# *[Ss][Kk][Ii][Pp]/ {
		skipped++
		print "skipped: " $0
		show = 0; held = ""
		next
	}
	/^ok/ { passed++; show = 0; held = ""; next }
	{ show = 0 }
	END {
		if (skipped)
			print skipped " skipped"
		if (passed + failed == 0)
			print "no test ran"
		printf "%d passed, %d failed\n", passed, failed
		exit failed > 0 || passed == 0
	}' "$@" </dev/null
