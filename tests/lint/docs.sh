#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/lint/docs.sh -- every path that the documents name in `code` exists.

set -u
cd "$(dirname "$0")/../.." || exit 1
n=0 bad=0
for doc in README.md CONTRIBUTING.md docs/ARCHITECTURE.md tests/README.md \
    docs/adr/*.md; do
	[ -f "$doc" ] || continue
	n=$((n + 1))
	missing=
	for path in $(grep -o '`[A-Za-z0-9_./-]*`' "$doc" | tr -d '`' |
	    grep -vE "NAME|^sys/sys$" | grep -E '^(boot|sys|rse|lib|usr\.bin|ports|sysroot|tests|docs)/' |
	    sort -u); do
		[ -e "$path" ] || missing="$missing $path"
	done
	if [ -n "$missing" ]; then
		bad=1
		echo "not ok $n - $doc names what is there"
		echo "# not there:$missing"
	else
		echo "ok $n - $doc names what is there"
	fi
done
echo "1..$n"
exit $bad
