#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/boot/iso_test.sh -- the ISO boots as a disk and as a CD, and runs from
# memory.

set -u
cd "$(dirname "$0")/../.." || exit 1
iso=build/rse.iso
blank=$(mktemp)
trap 'rm -f "$blank"' EXIT
truncate -s 1M "$blank"
n=0 bad=0

check() { # what, options of tests/vm
	what=$1
	shift
	n=$((n + 1))
	if out=$(tests/vm "$@" -- 'grep "^/dev/ram0 / ext2 rw" /proc/mounts &&
	    echo kept >/root/f && cat /root/f' 2>&1) &&
	    [ "${out##*
}" = kept ]; then
		echo "ok $n - $what"
	else
		bad=1
		echo "not ok $n - $what"
		printf '%s\n' "$out" | tail -20 | sed 's/^/# /'
	fi
}

if [ ! -f "$iso" ]; then
	echo "1..0 # SKIP no $iso: make iso"
	exit 0
fi
check "as a disk" --mem 256 --image "$iso"
check "as a CD" --mem 256 --image "$blank" --qemu \
    "-drive if=none,id=cd,media=cdrom,file=$iso \
    -device ide-cd,drive=cd,bootindex=0"
echo "1..$n"
exit $bad
