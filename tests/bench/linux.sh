#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/bench/linux.sh -- make build/linux/{vmlinuz,initrd}: Debian's cloud
# kernel, to run our root file system and benchmarks under Linux.
#
# Use: tests/bench/linux.sh; then tests/vm --linux -- 'command'
# Why: Linux in the same machine, with the same programs on the same disk,
#	is the reference for behaviour and speed.  Its version is whatever
#	the running Debian ships, checked by apt's signatures: it is measured
#	against, never part of what we build.

set -eu
cd "$(dirname "$0")/../.."
out=build/linux
[ "$out/initrd" -nt tests/bench/linux_init.c ] &&
    [ "$out/initrd" -nt tests/bench/linux.sh ] && exit 0
cache=$(mkdir -p "${RSE_CACHE:-.cache}" && cd "${RSE_CACHE:-.cache}" && pwd)
dist=$cache/linux
suite=$(. /etc/os-release && echo "$VERSION_CODENAME")

if ! ls "$dist"/linux-image-*.deb >/dev/null 2>&1; then
	apt=$cache/apt/linux
	mkdir -p "$apt" "$dist"
	ports/apt.sh "$apt" deb "$suite" update
	# The name without a version depends on the one with it.
	name=$(apt-cache -o Dir::Etc::SourceList="$apt/sources.list" \
	    -o Dir::Etc::SourceParts=/dev/null -o Dir::State::Lists="$apt/lists" \
	    -o Dir::State::status=/dev/null -o Dir::Cache="$apt" \
	    depends linux-image-cloud-amd64 |
	    awk '$1 == "Depends:" && $2 ~ /^linux-image-/ { print $2; exit }')
	top=$PWD
	(cd "$dist" && "$top/ports/apt.sh" "$apt" deb "$suite" download "$name")
	rm -rf "$apt"
fi

rm -rf "$out"
mkdir -p "$out/deb" "$out/root/modules"
dpkg-deb -x "$dist"/linux-image-*.deb "$out/deb"
cp "$out"/deb/boot/vmlinuz-* "$out/vmlinuz"

# linux_init loads them in this order; ext4, which reads ext2, is built in.
n=10
for name in virtio_ring virtio virtio_pci_legacy_dev virtio_pci_modern_dev \
    virtio_pci virtio_blk; do
	file=$(find "$out/deb/lib/modules" -name "$name.ko")
	if [ -z "$file" ]; then
		echo "linux.sh: the kernel package has no $name" >&2
		exit 1
	fi
	cp "$file" "$out/root/modules/$n-$name.ko"
	n=$((n + 1))
done
build/bin/rse-cc -std=gnu11 -O2 -Wall -Wextra -Werror -static \
    tests/bench/linux_init.c -o "$out/root/init"
(cd "$out/root" && find . | LC_ALL=C sort |
    cpio -o -H newc -R 0:0 --quiet) >"$out/initrd.tmp"
mv "$out/initrd.tmp" "$out/initrd"
rm -rf "$out/deb"
