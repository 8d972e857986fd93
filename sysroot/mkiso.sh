#!/bin/sh
# SPDX-License-Identifier: MIT
# sysroot/mkiso.sh -- make a hybrid ISO: boots as a CD and as a USB stick.
#
# Use: mkiso.sh OUT ESP ROOT
# Why: the root file system is GPT partition 2 as on the disk image, so the
#	same boot.conf serves both; the ESP is partition 3 and the El Torito
#	boot image at once.

set -eu
out=$1 esp=$2 root=$3
: "${SOURCE_DATE_EPOCH:=1767225600}"
export SOURCE_DATE_EPOCH
tmp=$out.$$
trap 'rm -rf "$tmp" "$tmp.d"' EXIT

rm -rf "$tmp.d"
mkdir -p "$tmp.d"
cp LICENSE "$tmp.d/LICENSE"
xorriso -as mkisofs -quiet -o "$tmp" -V RSE -r \
    --set_all_file_dates "@$SOURCE_DATE_EPOCH" \
    -partition_offset 16 -appended_part_as_gpt \
    -append_partition 3 C12A7328-F81F-11D2-BA4B-00A0C93EC93B "$esp" \
    -append_partition 2 0FC63DAF-8483-4772-8E79-3D69D8477DE4 "$root" \
    -eltorito-alt-boot -e --interval:appended_partition_3:all:: \
    -no-emul-boot "$tmp.d" 2>"$tmp.d.log" || { cat "$tmp.d.log"; exit 1; } >&2
rm -f "$tmp.d.log"
mv "$tmp" "$out"
