#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/tap.sh -- run one test, keep its TAP, make every way to fail visible.
#
# Use: tests/tap.sh OUT SECONDS COMMAND [ARGUMENT]...
#	SECONDS are scaled by RSE_TEST_SCALE.  Always succeeds, so that make
#	runs the other tests too: tests/report.sh has the last word.

set -u
out=$1 seconds=$2
shift 2
mkdir -p "$(dirname "$out")"
name=$(basename "$out" .tap)

timeout -k 5 $((seconds * ${RSE_TEST_SCALE:-1})) "$@" >"$out" 2>"$out.err" \
    </dev/null
status=$?

# Against a plan that is missing or wrong, a crash, and a hang.
verdict=$(tr -d '\r' <"$out" | awk -v status="$status" '
	/^1\.\.[0-9]+/ { plans++; plan += substr($1, 4) }
	/^ok/ { good++ }
	/^not ok/ { bad++ }
	/^Bail out!/ { bail = 1 }
	END {
		if (status == 124 || status == 137)
			print "timed out or killed, status " status
		else if (bail)
			print "bailed out"
		else if (plans == 0)
			print "no plan, status " status
		else if (plan != good + bad)
			print "planned " plan ", ran " good + bad
		else if (status != 0 && bad == 0)
			print "status " status
	}')
if [ -n "$verdict" ]; then
	{
		echo "not ok - $name: $verdict"
		tail -n 30 "$out.err" | sed 's/^/# /'
		echo "# repeat: $*"
	} >>"$out"
fi
awk -v name="$name" '
	/^ok/ { good++ }
	/^not ok/ { bad++ }
	END {
		printf "  TEST    %-24s %d passed%s\n", name, good,
		    bad ? ", " bad " FAILED" : ""
	}' "$out"
exit 0
