#!/bin/sh
# SPDX-License-Identifier: MIT
# ports/unpack.sh -- unpack a port's archives afresh and apply its patches.
#
# Use: ports/unpack.sh PORT DIR

set -eu
cd "$(dirname "$0")/.."
port=$1 dir=$2
dist=${RSE_CACHE:-.cache}/distfiles

rm -rf "$dir"
mkdir -p "$dir"
awk '$1 == "sha256" { print $4 }' "ports/$port/distinfo" |
while read -r file; do
	tar -xf "$dist/$file" -C "$dir" --strip-components=1 --no-same-owner
done
for p in ports/"$port"/patches/*.patch; do
	[ -e "$p" ] || continue
	patch -s -p1 -d "$dir" <"$p"
done
