#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/abi/disk.sh -- make build/abi/disk.ext2: Debian's programs as they
# are, the POSIX test suite, and the cases.
#
# Use: tests/abi/disk.sh
# Why: programs that others compiled, for Linux and glibc, ask for more of the
#	system call interface, and less politely, than our own.  Packages
#	come from the running Debian release, checked by apt's signatures; they
#	are only run, never part of what we build.

set -eu
cd "$(dirname "$0")/../.."
PATH=$PATH:/usr/sbin:/sbin
out=build/abi
root=$out/root
cache=$(mkdir -p "${RSE_CACHE:-.cache}" && cd "${RSE_CACHE:-.cache}" && pwd)
dist=$cache/abi

if ! [ "$dist/.done" -nt tests/abi/packages ]; then
	apt=$cache/apt/abi top=$PWD
	suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
	rm -rf "$dist"
	mkdir -p "$apt" "$dist"
	ports/apt.sh "$apt" deb "$suite" update
	# Not one argument a package: the list is the file's words.
	(cd "$dist" && grep -v '^#' "$top/tests/abi/packages" |
	    xargs "$top/ports/apt.sh" "$apt" deb "$suite" download)
	rm -rf "$apt"
	touch "$dist/.done"
fi

if ! [ "$out/.unpacked" -nt "$dist/.done" ]; then
	rm -rf "$root"
	mkdir -p "$root"
	for deb in "$dist"/*.deb; do
		dpkg-deb -x "$deb" "$root"
	done
	rm -rf "$root/usr/share/doc" "$root/usr/share/man" \
	    "$root/usr/share/locale"
	for dir in proc dev sys tmp run root home etc abi; do
		mkdir -p "$root/$dir"
	done
	ln -sfn bash "$root/bin/sh"
	ln -sfn gcc-12 "$root/usr/bin/gcc"
	ln -sfn gawk "$root/usr/bin/awk"
	ln -sfn python3.11 "$root/usr/bin/python3"
	printf '%s\n' 'root:x:0:0:root:/root:/bin/bash' \
	    'nobody:x:65534:65534:nobody:/:/bin/sh' >"$root/etc/passwd"
	printf '%s\n' root:x:0: tty:x:5: nogroup:x:65534: >"$root/etc/group"
	touch "$out/.unpacked"
fi
if ! [ "$out/pts/log" -nt tests/abi/pts.sh ]; then
	tests/abi/pts.sh "$out/pts"
fi

rm -rf "$root/abi"
mkdir "$root/abi"
cp -r "$out/pts/bin" "$root/abi/pts"
cp -r tests/abi/cases "$root/abi/cases"
build/bin/rse-cc -std=gnu11 -O1 -Wall -Wextra -Werror -D_GNU_SOURCE -static \
    tests/abi/pts_run.c -o "$root/abi/pts_run"
rm -f "$out/disk.ext2"
mke2fs -q -t ext2 -b 4096 -N 40000 -d "$root" -E root_owner=0:0 \
    "$out/disk.ext2" 900M
