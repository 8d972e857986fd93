#!/bin/sh
# SPDX-License-Identifier: MIT
# ports/apt.sh -- run apt-get with a configuration of its own.
#
# Use: apt.sh DIR deb|deb-src SUITE ARGUMENT...
#	DIR keeps its lists.  The mirror is the one this system already uses;
#	RSE_MIRROR overrides it.
# Why: a newer suite than the system's can be read, signatures are checked,
#	and the user's system stays as it is.

set -eu
dir=$1 kind=$2 suite=$3
shift 3
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

mirror=${RSE_MIRROR:-}
if [ -z "$mirror" ]; then
	codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-none}")
	mirror=$(apt-get indextargets --format '$(RELEASE) $(REPO_URI)' |
	    awk -v c="$codename" '$1 == c { print $2; exit }')
fi
if [ -z "$mirror" ]; then
	echo "ports/apt.sh: no Debian mirror configured; set RSE_MIRROR" >&2
	exit 1
fi

mkdir -p "$dir/lists/partial" "$dir/archives/partial"
echo "$kind [signed-by=$keyring] $mirror $suite main" >"$dir/sources.list"
exec apt-get -q \
    -o Dir::Etc::SourceList="$dir/sources.list" \
    -o Dir::Etc::SourceParts=/dev/null \
    -o Dir::State::Lists="$dir/lists" \
    -o Dir::State::status=/dev/null \
    -o Dir::Cache="$dir" \
    -o Acquire::Retries=3 -o Acquire::Languages=none \
    -o APT::Sandbox::User=root "$@" >&2
