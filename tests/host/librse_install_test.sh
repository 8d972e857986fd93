#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/host/librse_install_test.sh -- does the tree that install-librse makes
# serve somebody who knows nothing but pkg-config?
#
# Use: from the top of the tree, after build/host/librse/tree was made.

set -u
cases=0
tree=$PWD/build/host/librse/tree
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
export PKG_CONFIG_PATH="$tree/usr/lib/pkgconfig" PKG_CONFIG_SYSROOT_DIR="$tree"
export LD_LIBRARY_PATH="$tree/usr/lib"

# check NAME COMMAND...: what it says is shown if it fails.
check() {
	name=$1
	shift
	cases=$((cases + 1))
	if ("$@") >"$tmp/out" 2>&1; then
		echo "ok $cases - $name"
	else
		echo "not ok $cases - $name"
		head -n 12 "$tmp/out" | sed 's/^/# /'
	fi
}

# Each header alone, then twice.
header() {
	printf '#include <%s>\n#include <%s>\n' "$1" "$1" |
	    "$2" "$3" -pedantic-errors -Wall -Wextra -Werror -fsyntax-only \
	    -x "$4" $(pkg-config --cflags rse) -
}

# build OUT SOURCE FLAG...
build() {
	out=$1 source=$2
	shift 2
	cc -std=c99 -pedantic -Wall -Wextra -Werror $(pkg-config --cflags rse) \
	    -o "$out" "$source" "$@"
}

for_machine() {
	export PKG_CONFIG_LIBDIR=build/sysroot/usr/lib/pkgconfig
	unset PKG_CONFIG_PATH
	export PKG_CONFIG_SYSROOT_DIR="$PWD/build/sysroot"
	build/bin/rse-cc -std=c99 -pedantic -Wall -Wextra -Werror -static \
	    $(pkg-config --cflags rse) -o "$1" "$2" \
	    $(pkg-config --libs --static rse)
}

needs_shared() {
	readelf -d "$1" | grep -q 'NEEDED.*\[librse.so.1\]'
}

check 'pkg-config knows rse' pkg-config --exists rse
for h in "$tree"/usr/include/*.h; do
	h=${h##*/}
	check "$h in C99" header "$h" gcc -std=c99 c
	check "$h in C++11" header "$h" g++ -std=c++11 c++
done
braid=$tree/usr/share/rse/examples/braid.c
check 'cc $(pkg-config --cflags --libs rse)' \
    build "$tmp/shared" "$braid" $(pkg-config --libs rse)
check 'it needs librse.so.1' needs_shared "$tmp/shared"
check 'it runs' "$tmp/shared"
check 'cc -static $(pkg-config --cflags --libs --static rse)' \
    build "$tmp/static" "$braid" -static $(pkg-config --static --libs rse)
check 'it runs, with no library' env -u LD_LIBRARY_PATH "$tmp/static"
check 'the same for the machine' for_machine "$tmp/machine" "$braid"
check 'it runs here too, being static' "$tmp/machine"
check 'install-librse puts it elsewhere too' \
    lib/librse/install.sh build/host/librse "$tmp/dest" /opt/rse
check 'and rse.pc says so' \
    grep -qx 'prefix=/opt/rse' "$tmp/dest/opt/rse/lib/pkgconfig/rse.pc"
not_below() { ! lib/librse/install.sh build/host/librse "$1" "$2"; }
check 'a PREFIX that does not begin with / is refused' \
    not_below "$tmp/none" opt
for f in rse_torus_run rse_cell_emit rsep_seat_take; do
	check "man $f" mandoc -T utf8 "$tree/usr/share/man/man3/$f.3"
done
check 'a page for every function' awk -F '\t' -v man="$tree/usr/share/man" '
	{ f = man "/man3/" $2 ".3"
	if ((getline line <f) < 0) { print $2; bad = 1 } close(f) }
	END { exit bad }' <<EOT
$(awk -f lib/librse/prototypes.awk "$tree"/usr/include/*.h)
EOT
echo "1..$cases"
