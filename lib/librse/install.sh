#!/bin/sh
# SPDX-License-Identifier: MIT
# lib/librse/install.sh -- install librse on the machine that built it.
#
# Use: install.sh BUILT DESTDIR PREFIX, from the top of the tree
#	Libraries, headers, rse.pc, examples, and the manual: a page for each
#	family of functions, and for each function a link to it.

set -eu
built=$1 dest=$2$3 prefix=$3
man=$dest/share/man

case $prefix in
/*)	;;
*)	echo "install-librse: PREFIX is \"$prefix\", which does not begin" \
	    "with /" >&2
	exit 1 ;;
esac

install -d "$dest/include" "$dest/lib/pkgconfig" "$dest/share/rse/examples" \
    "$man/man3" "$man/man7"
install -m 644 rse/include/*.h lib/librse/include/*.h "$dest/include"
for h in runner node; do
	install -m 644 rse/port/posix/$h.h "$dest/include/rse_$h.h"
done
install -m 644 "$built/librse.a" "$dest/lib"
install -m 755 "$built/librse.so.1" "$dest/lib"
ln -sf librse.so.1 "$dest/lib/librse.so"
sed "s,@prefix@,$prefix," lib/librse/rse.pc.in >"$dest/lib/pkgconfig/rse.pc"
install -m 644 lib/librse/examples/*.c "$dest/share/rse/examples"
install -m 644 lib/librse/man/*.7 "$man/man7"
install -m 644 lib/librse/man/*.3 "$man/man3"
for page in lib/librse/man/*.3; do
	file=${page##*/}
	for name in $(lib/librse/names.sh "$page"); do
		[ "$name.3" = "$file" ] || ln -sf "$file" "$man/man3/$name.3"
	done
done
