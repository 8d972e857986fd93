#!/bin/sh
# SPDX-License-Identifier: MIT
# sysroot/mkiso.sh -- make a hybrid ISO: boots as a CD and as a USB stick.
#
# Use: mkiso.sh OUT ESP
# Why: the loader takes the root file system into memory from the ESP, which
#	is partition 2 and the El Torito boot image at once, so the kernel
#	needs no driver for what it was started from.

set -eu
out=$1 esp=$2
: "${SOURCE_DATE_EPOCH:=1767225600}"
export SOURCE_DATE_EPOCH
tmp=$out.$$
trap 'rm -rf "$tmp" "$tmp.d" "$tmp.d.log"' EXIT

rm -rf "$tmp.d"
mkdir -p "$tmp.d"
cp LICENSE "$tmp.d/LICENSE"
xorriso -as mkisofs -quiet -o "$tmp" -V RSE -r \
    --set_all_file_dates "@$SOURCE_DATE_EPOCH" \
    -partition_offset 16 -appended_part_as_gpt \
    -append_partition 2 C12A7328-F81F-11D2-BA4B-00A0C93EC93B "$esp" \
    -eltorito-alt-boot -e --interval:appended_partition_2:all:: \
    -no-emul-boot "$tmp.d" 2>"$tmp.d.log" || { cat "$tmp.d.log"; exit 1; } >&2
mv "$tmp" "$out"
