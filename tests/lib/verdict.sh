# SPDX-License-Identifier: MIT
# tests/lib/verdict.sh -- what the tests written for sh share: cases in TAP.
#
# Use: . tests/lib/verdict.sh, from the top of the tree; then
#	result NAME GOT WANT	is it what is wanted?
#	verdict NAME WRONG	is nothing wrong?  A complaint a line.
#	plan			at the end
# A file named in $why is shown when a case fails.

cases=0
why=

# lines TEXT: as comments, so many that one can see what it is.
lines() {
	echo "$1" | head -n 40 | sed 's/^/# /'
}

result() {
	cases=$((cases + 1))
	if [ "$2" = "$3" ]; then
		echo "ok $cases - $1"
		return
	fi
	echo "not ok $cases - $1"
	lines "got: $2"
	lines "want: $3"
	[ ! -f "$why" ] || sed 's/^/# /' "$why"
}

verdict() {
	cases=$((cases + 1))
	if [ -z "$2" ]; then
		echo "ok $cases - $1"
		return
	fi
	echo "not ok $cases - $1"
	lines "$2"
}

plan() {
	echo "1..$cases"
}
