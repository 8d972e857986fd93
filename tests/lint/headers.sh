#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/lint/headers.sh -- does every header compile alone, and twice?
#
# Use: from the top of the tree, after the kernel's generated headers exist.

set -u
cases=0
gen="-Ibuild/sys/gen"
kernel="-Isys -Isys/include -Irse/include $gen -ffreestanding -D_KERNEL"

check() {
	header=$1
	shift
	cases=$((cases + 1))
	if errors=$(printf '#include "%s"\n#include "%s"\n' "$PWD/$header" \
	    "$PWD/$header" | gcc -std=gnu11 -Wall -Wextra \
	    -Wno-unused-parameter -Wno-unused-function \
	    -Wno-unused-const-variable -Werror "$@" -c -o /dev/null - 2>&1); then
		echo "ok $cases - $header"
	else
		echo "not ok $cases - $header"
		echo "$errors" | head -n 8 | sed 's/^/# /'
	fi
}

for h in $(find sys rse -name '*.h' ! -path 'rse/port/*' | sort); do
	case $h in
	*_asm.h)	check "$h" $kernel -D__ASSEMBLER__ -x assembler-with-cpp ;;
	*)		check "$h" $kernel -x c ;;
	esac
done
for h in $(find lib -name '*.h' 2>/dev/null | sort); do
	check "$h" -Irse/include -Ilib/librse -x c
done
echo "1..$cases"
