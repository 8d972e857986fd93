#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/boot/torus_test.sh -- start, watch, kill and recover the tori, and
# find them again after a boot.  Prints TAP.
#
# A run of 500 epochs, with what comes from outside at epoch 200, is made
# again and again, each time disturbed in another way; under policy wait it
# must end in the digests of the run that nothing disturbed, on 1, 2 and 4
# CPUs alike.

set -u
disk=$(mktemp) || exit 1
trap 'rm -f "$disk"' EXIT
cp --sparse=always build/rse.img "$disk"
. tests/lib/verdict.sh

value() {
	echo "$out" | sed -n "s/^$1 //p"
}

machine_ok() {
	result "the machine does what it is told$1" "$status" 0
	[ "$status" = 0 ] || echo "$out" | sed 's/^/# /'
}

# -- failures --------------------------------------------------------------
# What every machine below begins with.
common='
	say() { echo "$*" >/dev/braid/ctl; }
	row() { sed -n "s/^$1 //p" /dev/braid/status; }
	# await COMMAND...: until it succeeds; it ends if that never happens.
	await() {
		n=0
		until "$@" || [ $n -ge 900 ]; do
			sleep 0.1; n=$((n + 1))
		done
	}
	is() { [ "$(row $1)" = "$2" ]; }
	at_epoch() {
		[ "$(grep -c "^torus.\.epoch $1$" /dev/braid/status)" = 3 ]
	}
	until_epoch() { await at_epoch $1; }
	none_failed() {
		! grep -q "state [drf][eai][acu]" /dev/braid/status
	}
	until_back() { await none_failed; }
	digests() {
		for t in 0 1 2; do
			sed -n "s/^digest //p" /dev/torus$t/status
		done | tr "\n" " "
	}
	pids() {
		for t in 0 1 2; do
			sed 1d /dev/torus$t/processes
		done | cut -d " " -f 1 | sort -n | tr "\n" " "
	}
	# run NAME CONFIG [PACE]: to the epochs 200 and 500, disturb between.
	# With a large PACE it is not over before it is disturbed.
	run() {
		rsectl load /usr/share/rse/ring.rse
		say pace 2000; say config $2; say until 200
		rsectl start; until_epoch 200
		for t in 0 1 2; do
			echo "inject 5 5 5 7
edge 16 3 16 4 4 4 8
spawn 7 7 $t" >/dev/torus$t/ctl
		done
		say pace ${3:-2000}; say until 500; sleep 0.2
		disturb
		say pace 2000; until_epoch 500
		echo "$1 $(digests)"
		echo "$1.epoch $(row torus0.epoch) $(row torus1.epoch)" \
		    "$(row torus2.epoch)"
		# Under continue one that was held up counts as degraded until
		# the next that it says.
		e=500
		while is health degraded && [ $e -lt 1000 ]; do
			e=$((e + 50)); say until $e; until_epoch $e
		done
		echo "$1.health $(row health) $(row violations)"
		rsectl stop
	}
	# rsed may be busy with a checkpoint: then the status is without it.
	rsed_said() {
		said=$(rsectl status | sed -n "s/^$1 //p")
		[ -n "$said" ]
	}
	rsed_row() { await rsed_said $1; echo "$said"; }
'
failures=$common'
	disturb() { :; }
	run calm policy=wait
	disturb() { rsectl kill 1; }
	run once policy=wait
	echo "once.recoveries $(rsed_row recoveries) $(rsed_row rollbacks)"
	disturb() {
		for t in 2 0 1; do
			rsectl kill $t; until_back
		done
	}
	run each policy=wait
	echo "each.recoveries $(rsed_row recoveries) $(rsed_row rollbacks)"
	disturb() {
		for k in 1 2 3 4 5 6 7 8; do
			echo kill >/dev/torus2/ctl
		done 2>/dev/null
		until_back
	}
	run again policy=wait
	disturb() {
		rsectl stop; rsectl kill 0; until_back
		echo "stopped.state $(row torus0.state)"
		rsectl start
	}
	run stopped policy=wait
	disturb() {
		kill -9 $(cat /run/rsed.pid)
		echo kill >/dev/torus1/ctl
		await is torus0.state waiting; sleep 1
		echo "alone.state $(row torus1.state) $(row torus0.state)"
		/etc/rc.d/rsed start; until_back
	}
	run alone policy=wait 100000
	disturb() {
		rsectl kill 2; until_back
		echo kill >/dev/torus1/ctl; echo forget >/dev/torus1/ctl
		until_back
	}
	run replica "policy=wait replicate=1"
	say config replicate=0
	disturb() { rsectl kill 1; until_back; }
	run onward policy=continue
	rsectl stats | awk "{ v[\$1] = \$2 } END { print \"onward.ledger\",
	    v[\"injected\"] + v[\"emitted\"] + v[\"flux_in_events\"] -
	    v[\"processed\"] - v[\"pending\"] - v[\"flux_out_events\"] }"
'
calm=
for cpus in 1 2 4; do
	out=$(tests/vm --smp $cpus --timeout 160 -- "$failures" 2>&1)
	status=$?
	on=", $cpus CPUs"
	machine_ok "$on"
	[ -n "$calm" ] || calm=$(value calm)
	result "undisturbed: three digests$on" "$(value calm | wc -w)" 3
	result "undisturbed: the digests$on" "$(value calm)" "$calm"
	for name in once each again stopped alone replica; do
		result "exact after: $name$on" "$(value $name)" "$calm"
	done
	for name in once each again stopped alone replica onward; do
		result "at the end, healthy, 0 violations: $name$on" \
		    "$(value $name.epoch), $(value $name.health)" \
		    "500 500 500, healthy 0"
	done
	result "one kill: one recovery, no rollback$on" \
	    "$(value once.recoveries)" "1 0"
	result "each of the three once$on" "$(value each.recoveries)" "4 0"
	result "killed while stopped it stays stopped$on" \
	    "$(value stopped.state)" stopped
	result "without rsed it stays dead and the others wait$on" \
	    "$(value alone.state)" "dead waiting"
	result "under continue nothing is lost either$on" \
	    "$(value onward.ledger)" 0
done

# -- what cannot be recovered exactly; processes that move -----------------
out=$(tests/vm --smp 2 --timeout 90 -- "$common"'
	disturb() {
		rsectl snapshot
		kill -9 $(cat /run/rsed.pid)
		echo kill >/dev/torus1/ctl; echo kill >/dev/torus2/ctl
		echo "two.refused $(echo recover 2>/dev/null \
		    >/dev/torus1/ctl && echo no)"
		/etc/rc.d/rsed start; until_back
	}
	run two policy=wait
	echo "two.told $(rsed_row recoveries) $(rsed_row rollbacks)" \
	    "$(rsed_row last_event | grep -c "a neighbour failed too")"
	rm -f /var/lib/rse/braid
	disturb() {
		kill -9 $(cat /run/rsed.pid); rm -f /var/lib/rse/braid
		echo kill >/dev/torus1/ctl; echo forget >/dev/torus1/ctl
		/etc/rc.d/rsed start; until_back
	}
	run least policy=wait
	echo "least.told $(rsed_row approximations)" \
	    "$(grep -c "^recovery approximate" /dev/torus1/status)"
	rsectl reset
	for t in 0 1 2; do
		for y in 1 2 3 4; do
			echo "spawn 0 $y $t"
		done >/dev/torus$t/ctl
	done
	before=$(pids)
	say until 300; say pace 1000; echo "edge 1 1 1 1 1 1 3
inject 1 1 1 1" >/dev/torus0/ctl
	rsectl start
	echo "migrate 1 1" >/dev/torus0/ctl
	echo "migrate 4194306 2" >/dev/torus1/ctl
	rsectl kill 1; until_back
	echo "migrate 1 2" >/dev/torus1/ctl
	echo "migrate 8388611 0" >/dev/torus2/ctl
	rsectl kill 2; until_back
	rsectl kill 0; until_back
	until_epoch 300
	after=$(pids)
	echo "census $([ "$before" = "$after" ] && echo same)"
	echo "where $(sed -n "s/^processes //p" /dev/torus0/status)" \
	    "$(sed -n "s/^processes //p" /dev/torus1/status)" \
	    "$(sed -n "s/^processes //p" /dev/torus2/status)"' 2>&1)
status=$?
machine_ok ''
result 'two at once: the recovery is refused' "$(value two.refused)" ''
result 'rsed goes back to its checkpoint and says why' \
    "$(value two.told)" '0 1 1'
result 'and from there to the same end' "$(value two)" "$calm"
result 'without store and checkpoint it says approximate' \
    "$(value least.told)" '1 1'
result 'and the others go on' \
    "$(value least.epoch), $(value least.health)" \
    '500 500 500, approximate 0'
result 'processes moved and killed with their tori: the same' \
    "$(value census)" same
result 'and where they were sent' "$(value where)" '4 3 5'

# -- rsed, and the next boot -----------------------------------------------
out=$(tests/vm --keep --image "$disk" --timeout 60 -- '
	events() { sed -n "s/^total_events_processed //p" \
	    /dev/torus$1/projection; }
	# more I N: torus I comes to have handled more than N.
	more() {
		n=0
		until [ "$(events $1)" -gt "$2" ]; do
			n=$((n + 1))
			[ $n -lt 300 ] || return
			sleep 0.1
		done
		echo 1
	}
	rsectl start
	for i in 0 1 2; do
		more $i 0 >/dev/null
		echo "grows$i $(more $i $(events $i))"
	done
	rsectl snapshot; echo "saved $?"
	kill -9 $(cat /run/rsed.pid)
	echo "without $(more 0 $(events 0))"
	/etc/rc.d/rsed start
	rsectl stop; echo "again $?"
	rsectl load /usr/share/rse/phold.rse && rsectl start && more 0 0
	rsectl stop
	/etc/rc.d/rsed stop
	echo "last $(events 0) $(sed -n "s/^lattice //p" \
	    /dev/torus0/status)"' 2>&1)
status=$?
machine_ok ''
for i in 0 1 2; do
	result "torus $i handles events" "$(value grows$i)" 1
done
result 'all tori are saved' "$(value saved)" 0
result 'the tori go on when rsed is killed' "$(value without)" 1
result 'a new rsed takes over' "$(value again)" 0
last=$(value last)

out=$(tests/vm --image "$disk" --timeout 60 -- '
	echo "events $(sed -n "s/^total_events_processed //p" \
	    /dev/torus0/projection) $(sed -n "s/^lattice //p" \
	    /dev/torus0/status)"' 2>&1)
result 'the next boot has the tori as they were, of their own size' \
    "$(value events)" "$last"
result 'which is not the default' "${last#* }" '16 16 16'
plan
