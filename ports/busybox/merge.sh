#!/bin/sh
# SPDX-License-Identifier: MIT
# ports/busybox/merge.sh -- put our choices into a BusyBox configuration.
#
# Use: merge.sh FRAGMENT CONFIG		replace the options the fragment names
#      merge.sh --check FRAGMENT CONFIG	fail when one of them did not survive
# A fragment has lines "NAME=value" without the CONFIG_ prefix; "n" is off.

set -eu
check=
[ "$1" = --check ] && { check=1; shift; }
frag=$1 config=$2

awk -v check="$check" -v frag="$frag" '
	BEGIN {
		while ((getline line <frag) > 0) {
			if (line !~ /^[A-Z0-9_]+=/)
				continue
			eq = index(line, "=")
			want["CONFIG_" substr(line, 1, eq - 1)] = \
			    substr(line, eq + 1)
		}
	}
	{
		name = ""
		if ($0 ~ /^CONFIG_[A-Z0-9_]+=/)
			name = substr($0, 1, index($0, "=") - 1)
		else if ($0 ~ /^# CONFIG_[A-Z0-9_]+ is not set/)
			name = $2
		if (name != "" && name in want) {
			off = $0 ~ /^#/
			value = off ? "n" : substr($0, index($0, "=") + 1)
			if (check && value != want[name]) {
				print frag ": " name " is " value
				bad = 1
			}
			$0 = want[name] == "n" ? "# " name " is not set" : \
			    name "=" want[name]
			seen[name] = 1
		}
		if (!check)
			print
	}
	END {
		for (name in want)
			if (check && !(name in seen) && want[name] != "n") {
				print frag ": " name " is unknown"
				bad = 1
			}
		exit bad
	}
' "$config" >"$config.new" || { cat "$config.new"; exit 1; }
[ -n "$check" ] || mv "$config.new" "$config"
