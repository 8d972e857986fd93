#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/host/image_test.sh -- is the root file system what the manifest says,
# byte for byte the same each time, and are bad manifests refused?
#
# Use: from the top of the tree.  Prints TAP.

set -u
PATH=$PATH:/usr/sbin:/sbin
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
n=0

result() {
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $n - $2"
	else
		echo "not ok $n - $2"
		[ -s "$dir/log" ] && sed 's/^/# /' "$dir/log"
	fi
}

make_root() {
	sysroot/mkroot.sh "$dir/$1" 16 "$dir/manifest" >"$dir/log" 2>&1
}

head -c 300000 /dev/urandom >"$dir/data"
cat >"$dir/manifest" <<END
/b	dir	root	root	0755	-
/b/prog	file	guest	tty	4755	$dir/data
/b/link	link	root	root	-	../b/prog
/b/d	dir	guest	guest	1777	-
END
make_root one
result $? 'an image is made'
sleep 1.1
make_root two && cmp -s "$dir/one" "$dir/two"
result $? 'made again it has the same bytes'

debugfs -R 'stat /b/prog' "$dir/one" >"$dir/log" 2>&1
grep -q 'Mode:  *04755' "$dir/log" && grep -q 'User:  *1000 ' "$dir/log" &&
    grep -q 'Group:  *5 ' "$dir/log" && grep -q 'Size: 300000' "$dir/log"
result $? 'owner, group, mode and size are those of the manifest'
debugfs -R "dump /b/prog $dir/back" "$dir/one" >"$dir/log" 2>&1
cmp -s "$dir/data" "$dir/back"
result $? 'the content is there'
debugfs -R 'stat /b/link' "$dir/one" 2>&1 | grep -q 'dest: "../b/prog"'
result $? 'a link has its target'

refused() {
	echo "$1" >"$dir/manifest"
	! make_root bad && [ ! -e "$dir/bad" ]
	result $? "refused: $2"
}
refused "/x file root root 0644 $dir/none" 'a source that does not exist'
refused '/x/y dir root root 0755 -' 'a path without its directory'
refused '/x dir nobody-here root 0755 -' 'an unknown owner'
refused '/x socket root root 0755 -' 'an unknown type'
refused '/x dir root root' 'a line too short'
echo "1..$n"
