#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/boot/torus_test.sh -- start, watch, kill and recover the tori, and
# find them again after a boot.  Prints TAP.

set -u
disk=$(mktemp) || exit 1
trap 'rm -f "$disk"' EXIT
cp --sparse=always build/rse.img "$disk"
cases=0

result() {
	cases=$((cases + 1))
	if [ "$2" = "$3" ]; then
		echo "ok $cases - $1"
	else
		echo "not ok $cases - $1"
		echo "# got: $2"
		echo "# want: $3"
	fi
}

value() {
	echo "$out" | sed -n "s/^$1 //p"
}

out=$(tests/vm --keep --image "$disk" --timeout 60 -- '
	events() { sed -n "s/^total_events_processed //p" \
	    /dev/torus$1/projection; }
	rsectl start && sleep 1
	for i in 0 1 2; do
		a=$(events $i); sleep 1; b=$(events $i)
		echo "grows$i $((b > a && a > 0))"
	done
	rsectl snapshot; echo "saved $?"
	rsectl kill 1
	for i in 1 2 3 4 5 6 7 8 9 10; do
		grep -q "torus1.state [rwa]" /dev/braid/status && break
		sleep 1
	done
	echo "state $(sed -n "s/^torus1.state //p" /dev/braid/status |
	    sed "s/waiting/running/")"
	echo "recovered $(rsectl status | sed -n "s/^recoveries //p")"
	kill -9 $(cat /run/rsed.pid)
	a=$(events 0); sleep 1; b=$(events 0)
	echo "without $((b > a))"
	/etc/rc.d/rsed start; sleep 1
	rsectl stop; echo "again $?"
	/etc/rc.d/rsed stop
	echo "last $(events 0)"' 2>&1)
status=$?
result 'the machine does what it is told' "$status" 0
[ "$status" = 0 ] || echo "$out" | sed 's/^/# /'
for i in 0 1 2; do
	result "torus $i handles events" "$(value grows$i)" 1
done
result 'all tori are saved' "$(value saved)" 0
result 'a killed torus runs again' "$(value state)" running
result 'rsed says that it recovered' "$(value recovered)" 1
result 'the tori go on when rsed is killed' "$(value without)" 1
result 'a new rsed takes over' "$(value again)" 0
last=$(value last)

out=$(tests/vm --image "$disk" --timeout 60 -- '
	echo "events $(sed -n "s/^total_events_processed //p" \
	    /dev/torus0/projection)"' 2>&1)
result 'the next boot has the tori as they were' "$(value events)" "$last"
echo "1..$cases"
