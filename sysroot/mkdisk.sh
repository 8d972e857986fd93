#!/bin/sh
# SPDX-License-Identifier: MIT
# sysroot/mkdisk.sh -- put partitions into a GPT disk image, without root.
#
# Use: mkdisk.sh OUT ESP ROOT
# Invariants: partition 1 is the ESP and starts at 1 MiB; partition 2 is the
#	root file system and starts at 36 MiB; every identifier is fixed.

set -eu
PATH=$PATH:/usr/sbin:/sbin
out=$1 esp=$2 root=$3
tmp=$out.$$
trap 'rm -f "$tmp"' EXIT
mb=1048576
root_mb=$(($(stat -c %s "$root") / mb))

rm -f "$tmp"
truncate -s $(((36 + root_mb + 1) * mb)) "$tmp"
sgdisk --clear --set-alignment=2048 \
    --disk-guid=52534500-0000-4000-8000-000000000010 \
    --new=1:2048:+34M --typecode=1:ef00 --change-name=1:EFI \
    --partition-guid=1:52534500-0000-4000-8000-000000000011 \
    --new=2:73728:+"${root_mb}"M --typecode=2:8300 --change-name=2:root \
    --partition-guid=2:52534500-0000-4000-8000-000000000012 \
    "$tmp" >/dev/null
sysroot/sparse_copy.py "$esp" "$tmp" "$mb" "$root" "$tmp" $((36 * mb))
mv "$tmp" "$out"
