#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/guest/rsectl_commands.sh -- rsectl against the kernel's tori: known
# answers from set-ups, snapshots, processes that move, failures, and who may.

cases=0
share=/usr/share/rse

# check NAME COMMAND...: it succeeds.
check() {
	name=$1
	shift
	cases=$((cases + 1))
	if "$@" >out 2>err; then
		echo "ok $cases - $name"
	else
		echo "not ok $cases - $name: $*"
		head -n 5 out err | sed 's/^/# /'
	fi
}

# refuse CODE TEXT COMMAND...
refuse() {
	code=$1 text=$2
	shift 2
	cases=$((cases + 1))
	"$@" >out 2>err
	status=$?
	if [ $status -eq "$code" ] && grep -qF -e "$text" err; then
		echo "ok $cases - $*: $text"
	else
		echo "not ok $cases - $*: exit $status"
		head -n 5 out err | sed 's/^/# /'
	fi
}

# key TORUS KEY [FILE]
key() {
	sed -n "s/^$2 //p" "/dev/torus$1/${3:-status}"
}

# await COMMAND...: in the end it succeeds; on a slow host that may take long.
await() {
	tries=0
	until "$@"; do
		tries=$((tries + 1))
		[ $tries -lt 1200 ] || return 1
		sleep 0.05
	done
}

# settle TORUS KEY VALUE: it comes to have that value.
has() {
	[ "$(key $1 $2)" = "$3" ]
}
settle() {
	await has "$@" || { echo "$2 is $(key $1 $2)"; false; }
}

digests() {
	cat /dev/torus[012]/status | sed -n 's/^digest //p' | tr '\n' ' '
}

same() {
	[ "$1" = "$2" ] || { echo "$1"; echo "$2"; false; }
}

# What torus_dev and others left behind.  rsed would recover what is killed.
/etc/rc.d/rsed stop
rsectl stop
rsectl reset
rsectl braid off

# G2, G9 and G5B of the engine's known answers.
cat >g2.rse <<END
torus 0
reset
config digest=1
edge 0..8 0 0 x+1 y z 5
edge 9 0 0 0 0 0 5
inject 0 0 0 1 0
torus 1
reset
config digest=1
edge 0 0 0 0 0 0 1
inject 0 0 0 1 0
torus 2
reset
config digest=1
edge 0..2 0..2 0 x+1 y z 10
edge 0..2 0..2 0 x y+1 z 10
edge 3 0..2 0 x y+1 z 10
edge 0..2 3 0 x+1 y z 10
inject 0 0 0 1 0
END
check 'a set-up is loaded' rsectl load g2.rse
check 'steps' rsectl step 0 1000
check 'steps of another' rsectl step 1 300
check 'a torus alone runs' rsectl start 2
check 'torus 0 handles so many' settle 0 processed 1000
check 'torus 1 too' settle 1 processed 300
check 'torus 2 to its end' settle 2 processed 69
check 'known answer G2' same "$(key 0 time) $(key 0 run_digest stats)" \
    '1059 ce1edc5110faada8'
check 'known answer G9' same "$(key 1 time) $(key 1 run_digest stats)" \
    '299 b020b008484d68ce'
check 'known answer G5B' same "$(key 2 time) $(key 2 run_digest stats)" \
    '48 dd42f7317c796cfc'

printf 'torus 0\ncreate processes=2\n\nspawn 0..3 0 0\n' >full.rse
refuse 1 'full.rse:4: "spawn 2 0 0": the capacity' rsectl load full.rse
refuse 1 'a portal begins on a cell whose x is 0' \
    rsectl edge 0 1 0 0 2 0 0 1 portal
refuse 1 'there is no such process' rsectl kill 0 4711
refuse 1 'there is no such process' rsectl migrate 0 4711 1
refuse 1 'does not know this word' rsectl ctl 0 dance
rsectl kill 1
refuse 1 'rsectl recover' rsectl spawn 1 0 0 0
refuse 1 'the torus is dead' rsectl project 1
check 'a dead torus begins anew' rsectl reset 1

# Snapshots.
rsectl stop
rsectl braid on
cat >two.rse <<END
torus all
spawn 0 0..3 0
edge 0 0..3 0 31 y z 1 portal
edge 31 0..3 0 0 y z 7
torus 0
inject 31 0..3 0 1
END
check 'a strand is loaded' rsectl load two.rse
check 'and kept' rsectl snapshot 2 kept
before=$(key 2 digest)
check 'something changes' rsectl inject 2 1 2 3 4 5
check 'it did' [ "$before" != "$(key 2 digest)" ]
check 'the snapshot comes back' rsectl restore 2 kept
check 'and is the same' same "$before" "$(key 2 digest)"
head -c 3000 kept >cut
refuse 2 'of which 3000 are there' rsectl restore 2 cut
refuse 2 'full.rse: it is no snapshot' rsectl restore 2 full.rse
refuse 1 'kept: it was made by a torus of another number' \
    rsectl restore 1 kept
cp kept bad
printf 'x' | dd of=bad bs=1 seek=900 conv=notrunc 2>/dev/null
refuse 1 'bad: it is damaged' rsectl restore 2 bad
check 'nothing was changed' same "$before" "$(key 2 digest)"

# Processes move and end.
pid=$(rsectl processes 0 | sed -n '2s/ .*//p')
check 'a process moves' rsectl migrate 0 "$pid" 1
check 'it is there' grep -q "^$pid " /dev/torus1/processes
check 'and ends' rsectl kill 1 "$pid"
check 'it is gone' sh -c "! grep -q '^$pid ' /dev/torus[012]/processes"

# A failure in a finite run: in the end all is as if there had been none.
finite() {
	rsectl stop
	rsectl load $share/ring.rse
	rsectl braid pace 0
	rsectl braid until 120
	rsectl start
}
done_all() {
	settle 0 epoch 120 && settle 1 epoch 120 && settle 2 epoch 120
}
check 'a finite set-up' finite
check 'comes to its end' done_all
undisturbed=$(digests)
finite
check 'a torus is killed on the way' rsectl kill 1
check 'and recovered' rsectl recover
check 'the run comes to its end' done_all
check 'its digests are those of the undisturbed one' \
    same "$undisturbed" "$(digests)"
check 'without violations' same 0 \
    "$(sed -n 's/^violations //p' /dev/braid/stats)"
check 'all are healthy' same "$(key 0 health) $(key 1 health) $(key 2 health)" \
    'healthy healthy healthy'

# Who may.
chmod 755 .
nobody='su -s /bin/sh nobody -c'
refuse 1 'only root and members of group rse' $nobody 'rsectl stop'
refuse 1 'only root and members of group rse' $nobody 'rsectl snapshot 1 -'
/etc/rc.d/rsed start
refuse 1 'only root and members of group rse' $nobody 'rsectl stop'
refuse 1 'only root may' su guest -c 'rsectl kill 1'
check 'a member of the group may' su guest -c 'rsectl stop'
check 'others may look' $nobody 'rsectl status'
check 'and draw' $nobody 'rsectl plot -o - | head -c 8 | grep -q PNG'

# Every set-up that is installed loads, and runs.
some_processed() {
	[ "$(sed -n 's/^processed //p' /dev/braid/stats)" -gt 0 ]
}
runs() {
	rsectl start && await some_processed && rsectl stop
}
for file in $share/*.rse; do
	rsectl stop
	check "$file loads" rsectl load "$file"
	check "$file runs" runs
done
rsectl stop
rsectl reset
echo "1..$cases"
