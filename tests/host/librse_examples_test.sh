#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/host/librse_examples_test.sh -- do the examples of librse show what
# they are there to show?
#
# Use: from the top of the tree, after build/host/librse/tree was made.

set -u
cases=0
tree=$PWD/build/host/librse/tree/usr
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# check NAME COMMAND...: shows what is in $tmp/out if it fails.
check() {
	name=$1
	shift
	cases=$((cases + 1))
	if "$@" >"$tmp/why" 2>&1; then
		echo "ok $cases - $name"
	else
		echo "not ok $cases - $name"
		head -n 8 "$tmp/why" | sed 's/^/# /'
		head -n 30 "$tmp/out" | sed 's/^/# > /'
	fi
}

compile() {
	gcc -std=c99 -pedantic -Wall -Wextra -Werror -O2 -I"$tree/include" \
	    -o "$tmp/$1" "$tree/share/rse/examples/$1.c" \
	    "$tree/lib/librse.a" -lm -pthread
}

runs() {
	timeout 300 "$tmp/$@" >"$tmp/out"
}

# Frames of 20 lines of 64 cells; nobody is lost, nobody gets well twice, and
# in the end nobody is ill.
epidemic_is_sound() {
	awk '
		/^[.#o]+$/ {
			if (length($0) != 64) exit 1
			rows++
			infected += gsub(/#/, "x")
			next
		}
		/^time/ {
			if (rows != 20 || infected != $5 ||
			    $3 + $5 + $7 != 1280 || $7 < recovered)
				exit 1
			recovered = $7; last = $5
			if ($5 > most) most = $5
			rows = infected = 0; frames++
		}
		END { exit !(frames > 3 && most > 20 && last == 0 &&
		    recovered > 640) }' "$tmp/out"
}

# |m| as Onsager has it below 2.1, small above 2.8, and falling between.
ising_has_a_transition() {
	awk '
		NR == 1 { next }
		$1 < 2.05 && ($2 - $3 > 0.03 || $3 - $2 > 0.03) { bad = 1 }
		$1 < 2.05 && $2 < 0.88 { bad = 1 }
		$1 > 2.75 && $2 > 0.16 { bad = 1 }
		$1 == 2.1 { below = $2 }
		$1 == 2.5 { above = $2 }
		END { exit !(NR == 22 && !bad && below - above > 0.3) }' \
	    "$tmp/out"
}

# One event a process at the start and then about one a unit of time.
phold_has_the_rate() {
	awk '
		{ sub(/.*: /, ""); n[NR] = $1 }
		!/ refused 0, pending 32768, / { bad = 1 }
		END { exit !(NR == 2 && !bad &&
		    n[1] > 352000 && n[1] < 362000 &&
		    n[2] > 352000 && n[2] < 362000) }' "$tmp/out"
}

braid_is_the_same() {
	grep -qx 'the same' "$tmp/out" &&
	    grep -q '^torus 1: [1-9][0-9]* records .* [1-9][0-9]* proj' \
		"$tmp/out" &&
	    awk '/^undisturbed/ { a = $2 } /^one torus/ { b = $4 }
		END { exit !(a == b && length(a) == 16) }' "$tmp/out"
}

# A stream in pieces, a loss, a clock that goes back; then Ctrl-C.
watch_follows() {
	export RSE_DEV="$tmp/dev"
	mkdir -p "$RSE_DEV/torus0"
	echo 'state running' >"$RSE_DEV/torus0/status"
	mkfifo "$RSE_DEV/torus0/events"
	exec 9<>"$RSE_DEV/torus0/events"
	: >"$tmp/out"
	"$tmp/watch" 0 >>"$tmp/out" 9<&- &
	pid=$!
	printf '5 1 2 0 -3\n6 1 ' >&9
	until grep -q '^5 1 2 0 -3$' "$tmp/out"; do
		kill -0 "$pid" || return 1
		sleep 0.1
	done
	printf '2 0 4\nlost 7\n1 0 0 0 0\n' >&9
	until grep -q '^1 0 0 0 0$' "$tmp/out"; do
		kill -0 "$pid" || return 1
		sleep 0.1
	done
	kill -INT "$pid"
	wait "$pid" || return 1
	exec 9<&-
	printf '%s\n' '5 1 2 0 -3' '6 1 2 0 4' 'lost 7' \
	    '-- the torus was reset' '1 0 0 0 0' '' '3 events, 7 lost' |
	    diff - "$tmp/out"
}

: >"$tmp/out"
for e in lib/librse/examples/*.c; do
	e=${e##*/}
	check "${e%.c} compiles" compile "${e%.c}"
done
# What is no number is not taken for one.
says_usage() {
	"$tmp/$1" "$2" >"$tmp/out" 2>&1
	[ $? -eq 1 ] && grep -q "^usage: $1 " "$tmp/out"
}
for e in braid epidemic ising phold watch; do
	check "$e --help tells how to call it" says_usage "$e" --help
	check "$e 3x too" says_usage "$e" 3x
done
check 'epidemic runs' runs epidemic 1
check 'its frames are sound' epidemic_is_sound
cp "$tmp/out" "$tmp/first"
check 'with another seed' runs epidemic 2
check 'it is another one' sh -c "! cmp -s '$tmp/first' '$tmp/out'"
check 'ising runs' runs ising 600
check 'it has the phase transition' ising_has_a_transition
check 'phold runs' runs phold 10
check 'it has the rate it should have' phold_has_the_rate
check 'braid runs' runs braid
check 'a kill makes no difference' braid_is_the_same
check 'watch follows a stream, until Ctrl-C' watch_follows
echo "1..$cases"
