#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/guest/run.sh -- run the guest tests, inside the machine.
#
# Use: /usr/libexec/tests/run [SHARD SHARDS [PATTERN]]
#	Runs every program beside it whose number modulo SHARDS fits and whose
#	name contains PATTERN, each as a process of its own with a time limit,
#	and prints one TAP stream.  A program prints TAP, one "ok" or "not ok"
#	a case and its plan; a crash, a hang or a wrong plan is a failure.

dir=/usr/libexec/tests
shard=${1:-1} shards=${2:-1} pattern=${3:-}
limit=400
out=/tmp/tests.$$
total=0
i=0

mkdir "$out" || exit 1
cd "$out" || exit 1
for path in "$dir"/*; do
	name=${path##*/}
	[ "$name" = run ] && continue
	case $name in
	*"$pattern"*) ;;
	*) continue ;;
	esac
	i=$((i + 1))
	[ $(((i - 1) % shards)) -eq $((shard - 1)) ] || continue

	mkdir "$out/$name"
	echo "# $name"
	(cd "$out/$name" && timeout -s KILL $limit "$path") \
	    >"$out/$name.tap" 2>&1 </dev/null
	status=$?
	# Case numbers go, names get the program's in front.
	awk -v name="$name" -v status="$status" '
		/^(not )?ok/ {
			n++
			word = /^not/ ? "not ok" : "ok"
			if (word == "not ok")
				bad++
			sub(/^(not )?ok *[0-9]* *-? */, "")
			print word " - " name ": " $0
			next
		}
		/^1\.\.[0-9]+/ { plan = substr($1, 4); planned = 1; next }
		/^#/ { print; next }
		{ print "# " $0 }
		END {
			if (planned && plan == 0 && n == 0 && status == 0) {
				print "ok - " name ": all # SKIP"
				exit
			}
			why = ""
			if (status == 137)
				why = "killed, or no end in time"
			else if (status > 128)
				why = "died of signal " status - 128
			else if (!planned)
				why = "no plan, status " status
			else if (plan != n)
				why = "planned " plan ", ran " n
			else if (status != 0 && !bad)
				why = "status " status
			if (why != "")
				print "not ok - " name ": " why
		}' "$out/$name.tap" | tee "$out/tap"
	total=$((total + $(grep -c -e '^ok' -e '^not ok' "$out/tap")))
	rm -rf "$out/$name" "$out/$name.tap"
done
cd /
rm -rf "$out"
echo "1..$total"
