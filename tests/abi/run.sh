#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/abi/run.sh -- run the cases under RSE and under Linux, and compare.
#
# Use: tests/abi/run.sh [IMAGE [CASE...]]
#	A case is a file of tests/abi/cases without .sh; none: all.  Prints
#	TAP: one line for each that is right under Linux.  What fails there
#	too is the test's own trouble, and a comment.  Results of Linux are
#	kept in build/abi while disk and case stay the same.

set -eu
cd "$(dirname "$0")/../.."
image=${1:-build/rse.img}
[ $# -eq 0 ] || shift
[ $# -gt 0 ] || set -- $(cd tests/abi/cases && ls [0-9]*.sh | sed 's/\.sh$//')
out=build/abi

# What runs inside: everything mounted, then one case in the chroot.
inside() {
	cat <<-END
	mount -t ext2 /dev/vdb /mnt && cd /mnt || exit 90
	mkdir -p /dev/shm
	grep -q ' /dev/shm ' /proc/mounts || mount -t tmpfs tmpfs /dev/shm
	ln -s /proc/self/fd /dev/fd 2>/dev/null
	for n in 0:stdin 1:stdout 2:stderr; do
		[ -e /dev/\${n#*:} ] || ln -s /proc/self/fd/\${n%:*} /dev/\${n#*:}
	done
	mount -o rbind /proc proc && mount -o rbind /dev dev &&
	    mount -t tmpfs tmpfs tmp || exit 91
	exec chroot /mnt /usr/bin/env -i HOME=/root TERM=dumb \
	    PATH=/usr/sbin:/usr/bin:/sbin:/bin MODULES='${MODULES:-}' \
	    PTS='${PTS:-}' bash /abi/cases/$1.sh
	END
}

for name; do
	linux=$out/$name.linux
	if ! [ "$linux" -nt "tests/abi/cases/$name.sh" ]; then
		tests/vm --linux --image "$image" --disk $out/disk.ext2 \
		    --mem 1024 --timeout 1200 -- "$(inside "$name")" \
		    >"$linux.tmp" || echo "not ok - $name: the run" >>"$linux.tmp"
		mv "$linux.tmp" "$linux"
	fi
	tests/vm --image "$image" --disk $out/disk.ext2 --mem 1024 \
	    --timeout 1200 --log "$out/$name.log" -- "$(inside "$name")" \
	    >"$out/$name.rse" || echo "not ok - $name: the run" >>"$out/$name.rse"
	tests/abi/compare.sh "$name" "$linux" "$out/$name.rse"
done | awk '/^(not )?ok/ { n++ } { print } END { print "1.." n + 0 }'
