#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/boot/power_test.sh -- what the disk looks like after poweroff, and
# after a power cut.
#
# Use: from the top of the tree.  VM_OPTS=--linux runs it under Linux.

set -u
PATH=$PATH:/usr/sbin:/sbin
dir=$(mktemp -d)
trap 'kill $vm 2>/dev/null; rm -rf "$dir"' EXIT
vm=
disk=$dir/disk.img
root=$dir/root.ext2
n=0

result() {
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $n - $2"
	else
		echo "not ok $n - $2 (status $1)"
		[ -f "$dir/why" ] && sed 's/^/# /' "$dir/why"
	fi
	rm -f "$dir/why"
}

machine() {
	tests/vm ${VM_OPTS:-} --image "$disk" --keep "$@" 2>>"$dir/why"
}

# The root file system out of the disk, for e2fsck.
root_extract() {
	dd if="$disk" of="$root" bs=1M skip=36 count=256 conv=sparse \
	    status=none
}

cp --sparse=always build/rse.img "$disk"
machine -- 'echo kept >/root/kept; mkdir -p /root/a/b; seq 5000 >/root/a/b/n'
result $? 'a machine writes files and powers off'

root_extract
e2fsck -fn "$root" >"$dir/why" 2>&1
result $? 'its root file system is in order'
dumpe2fs -h "$root" 2>/dev/null | grep 'state: *clean$' >"$dir/why"
result $? 'and marked clean'

[ "$(machine -- 'cat /root/kept; md5sum </root/a/b/n')" = \
    "$(echo kept; seq 5000 | md5sum)" ]
result $? 'the next boot finds the files'

# Pull the plug while files come and go.
mkfifo "$dir/out"
tests/vm ${VM_OPTS:-} --image "$disk" --keep -- 'echo synced >/root/synced
sync
i=0
while :; do
	i=$((i + 1))
	mkdir -p /root/w/$((i % 50))
	seq $i >/root/w/$((i % 50))/f$((i % 7))
	rm -f /root/w/$(((i + 25) % 50))/f*
	echo $i
done' >"$dir/out" 2>"$dir/why" &
vm=$!
busy=1
while read -r i; do
	[ "$i" -ge 200 ] && { busy=0; break; }
done <"$dir/out"
kill $vm 2>/dev/null
wait $vm 2>/dev/null
vm=
result $busy 'the plug is pulled while files come and go'

root_extract
e2fsck -fy "$root" >"$dir/why" 2>&1
[ $? -le 1 ]
result $? 'e2fsck can repair the file system'

[ "$(machine -- 'cat /root/synced')" = synced ]
result $? 'the machine boots again and has what was synced'

root_extract
e2fsck -fn "$root" >"$dir/why" 2>&1
result $? 'and has repaired its file system by itself'
echo "1..$n"
