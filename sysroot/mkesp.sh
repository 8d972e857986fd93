#!/bin/sh
# SPDX-License-Identifier: MIT
# sysroot/mkesp.sh -- make the EFI system partition, without root.
#
# Use: mkesp.sh OUT LOADER KERNEL BOOT.CONF [RAMDISK]
# Why: the kernel goes in without its debug sections; the loader would
#	read ten times as much for nothing.  Symbols stay, for backtraces.

set -eu
out=$1 loader=$2 kernel=$3 conf=$4 ramdisk=${5:-}
: "${SOURCE_DATE_EPOCH:=1767225600}"
export SOURCE_DATE_EPOCH MTOOLS_SKIP_CHECK=1 TZ=UTC
tmp=$out.$$
trap 'rm -rf "$tmp" "$tmp.d"' EXIT

mkdir -p "$tmp.d"
strip --strip-debug -o "$tmp.d/kernel.elf" "$kernel"
cp "$loader" "$tmp.d/BOOTX64.EFI"
cp "$conf" "$tmp.d/boot.conf"
[ -z "$ramdisk" ] || cp "$ramdisk" "$tmp.d/root.ext2"
touch -d "@$SOURCE_DATE_EPOCH" "$tmp.d"/*

rm -f "$tmp"
mb=34
[ -z "$ramdisk" ] || mb=$((mb + $(stat -c %s "$ramdisk") / 1048576))
truncate -s ${mb}M "$tmp"
mformat -i "$tmp" -F -N 52534500 -v RSE-EFI ::
mmd -i "$tmp" ::/EFI ::/EFI/BOOT ::/rse
mcopy -m -i "$tmp" "$tmp.d/BOOTX64.EFI" ::/EFI/BOOT/BOOTX64.EFI
mcopy -m -i "$tmp" "$tmp.d/kernel.elf" "$tmp.d/boot.conf" ::/rse/
[ -z "$ramdisk" ] || mcopy -m -i "$tmp" "$tmp.d/root.ext2" ::/rse/
mv "$tmp" "$out"
