#!/bin/sh
# SPDX-License-Identifier: MIT
# ports/fetch.sh -- bring a port's source archives into the download cache.
#
# Use: ports/fetch.sh PORT
#	Reads ports/PORT/distinfo:
#		origin SUITE PACKAGE	a source package of Debian's archive
#		sha256 HASH SIZE FILE	one archive of it that we use
#	and leaves each FILE, checked, in ${RSE_CACHE:-.cache}/distfiles.
# Why: apt with a configuration of its own verifies the archive's
#	signatures and leaves the user's system alone; our hashes pin the
#	bytes whatever the archive says.

set -eu
cd "$(dirname "$0")/.."
port=$1
cache=$(mkdir -p "${RSE_CACHE:-.cache}" && cd "${RSE_CACHE:-.cache}" && pwd)
dist=$cache/distfiles
info=ports/$port/distinfo

die() {
	echo "ports/fetch.sh: $port: $*" >&2
	exit 1
}

# good HASH FILE: the file is there and has our hash.
good() {
	[ -f "$2" ] && echo "$1  $2" | sha256sum -c --status 2>/dev/null
}

all_good() {
	while read -r word hash _ file; do
		[ "$word" = sha256 ] || continue
		good "$hash" "$dist/$file" || return 1
	done <"$info"
}

mkdir -p "$dist"
all_good && exit 0

read -r suite package <<END
$(awk '$1 == "origin" { print $2, $3; exit }' "$info")
END

# One apt state a port, so that ports can be fetched at the same time.
apt=$cache/apt/$port
rm -rf "$apt"
mkdir -p "$apt/in"
echo "Fetching $package ($suite)" >&2
ports/apt.sh "$apt" deb-src "$suite" update ||
    die "the package list could not be read"
(top=$PWD && cd "$apt/in" &&
    "$top/ports/apt.sh" "$apt" deb-src "$suite" \
	source --download-only --tar-only "$package") ||
    die "the archive could not be downloaded"

while read -r word hash size file; do
	[ "$word" = sha256 ] || continue
	[ -f "$apt/in/$file" ] || die "$file is not in $package any more"
	good "$hash" "$apt/in/$file" ||
	    die "$file ($(wc -c <"$apt/in/$file") bytes, not $size):" \
	    "wrong SHA-256"
	mv "$apt/in/$file" "$dist/$file"
done <"$info"
rm -rf "$apt"
