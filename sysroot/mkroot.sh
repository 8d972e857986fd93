#!/bin/sh
# SPDX-License-Identifier: MIT
# sysroot/mkroot.sh -- make the root file system from manifests, without root.
#
# Use: mkroot.sh OUT MEGABYTES MANIFEST...
#	The form of a manifest stands in sysroot/manifest; a later line for
#	the same path replaces an earlier one.
# Invariants: the same input gives the same bytes: the UUID, the hash seed
#	and every time (SOURCE_DATE_EPOCH) are fixed.
# Why: debugfs writes owners and modes straight into the inodes, which
#	neither cp nor mke2fs -d can do for somebody who is not root.

set -eu
PATH=$PATH:/usr/sbin:/sbin
out=$1 size=$2
shift 2
: "${SOURCE_DATE_EPOCH:=1767225600}"
export E2FSPROGS_FAKE_TIME="$SOURCE_DATE_EPOCH"
uuid=52534500-0000-4000-8000-000000000001

mkdir -p "$(dirname "$out")"
tmp=$out.$$
trap 'rm -f "$tmp" "$tmp.cmd" "$tmp.log"' EXIT

awk -v epoch="$SOURCE_DATE_EPOCH" -f sysroot/mkroot.awk \
    sysroot/etc/passwd sysroot/etc/group "$@" >"$tmp.cmd"

rm -f "$tmp"
truncate -s "${size}M" "$tmp"
mke2fs -q -F -t ext2 -b 4096 -I 256 -N 16384 -m 1 -L rse-root -U "$uuid" \
    -O none,filetype,sparse_super,large_file,ext_attr \
    -E "hash_seed=$uuid,root_owner=0:0,lazy_itable_init=0" "$tmp"
debugfs -w -f "$tmp.cmd" "$tmp" >"$tmp.log" 2>&1
if grep -v -e '^$' -e '^debugfs' -e '^Allocated inode' -e '^Setting current time' \
    "$tmp.log"; then
	echo "mkroot.sh: debugfs complained" >&2
	exit 1
fi
e2fsck -fn "$tmp" >"$tmp.log" 2>&1 || { cat "$tmp.log"; exit 1; } >&2
mv "$tmp" "$out"
