#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/guest/run.sh -- run the guest tests, inside the machine.
#
# Use: /usr/libexec/tests/run [SHARD SHARDS [PATTERN]]
#	Runs every program beside it whose number modulo SHARDS fits and whose
#	name contains a word of PATTERN, each as a process of its own with a
#	time limit, and prints one TAP stream.  A program prints TAP, one "ok" or "not ok"
#	a case and its plan; a crash, a hang or a wrong plan is a failure.
#	A leak is one too: a program after which the kernel keeps more memory
#	is run again, and must not make it grow each time.
# Why: caches fill up once; what grows by the same step with every run of the
#	same program is lost.

dir=/usr/libexec/tests
shard=${1:-1} shards=${2:-1} pattern=${3:-}
limit=700
out=/tmp/tests.$$
total=0
i=0

leak_kib=128	# less is noise: a slab or a page table here and there
leak_runs=6

# Memory that the kernel keeps for itself and cannot give back, in KiB; 0 where
# it does not say.
kernel_used() {
	sync
	[ ! -e /proc/sys/vm/drop_caches ] || echo 3 >/proc/sys/vm/drop_caches
	sleep 0.2
	awk '$1 == "KernelUsed:" { n = $2 } END { print n + 0 }' /proc/meminfo
}

# run_once PATH DIR: its output to stdout.
run_once() {
	mkdir "$2"
	(cd "$2" && timeout -s KILL $limit "$1") 2>&1 </dev/null
	run_status=$?
	rm -rf "$2" 2>/dev/null ||
	    echo "not ok - its folder can be removed (is it a mount point?)"
	return $run_status
}

# leak_check PATH DIR BEFORE: prints what is wrong.
leak_check() {
	leak_last=$3
	leak_n=0
	while :; do
		leak_now=$(kernel_used)
		[ $((leak_now - leak_last)) -gt $leak_kib ] || return
		leak_sizes="$leak_sizes $((leak_now - leak_last))"
		[ $leak_n -lt $leak_runs ] || break
		leak_n=$((leak_n + 1))
		leak_last=$leak_now
		run_once "$1" "$2" >/dev/null
	done
	echo "a leak: the kernel grew by$leak_sizes KiB, run after run"
}

# picked NAME: does it contain a word of PATTERN?  No PATTERN: yes.
picked() {
	[ -n "$pattern" ] || return 0
	for word in $pattern; do
		case $1 in
		*"$word"*) return 0 ;;
		esac
	done
	return 1
}

mkdir "$out" || exit 1
cd "$out" || exit 1
for path in "$dir"/*; do
	name=${path##*/}
	[ "$name" = run ] && continue
	picked "$name" || continue
	i=$((i + 1))
	[ $(((i - 1) % shards)) -eq $((shard - 1)) ] || continue

	echo "# $name"
	before=$(kernel_used)
	run_once "$path" "$out/$name" >"$out/$name.tap"
	status=$?
	leak_sizes=
	leak=$(leak_check "$path" "$out/$name" "$before")
	# Case numbers go, names get the program's in front.
	awk -v name="$name" -v status="$status" -v leak="$leak" '
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
			if (leak != "")
				print "not ok - " name ": " leak
		}' "$out/$name.tap" | tee "$out/tap"
	total=$((total + $(grep -c -e '^ok' -e '^not ok' "$out/tap")))
	rm -f "$out/$name.tap"
done
cd /
rm -rf "$out"
echo "1..$total"
