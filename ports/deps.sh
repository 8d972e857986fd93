#!/bin/sh
# SPDX-License-Identifier: MIT
# ports/deps.sh -- install the host tools that the build and the tests need.
#
# Use: ports/deps.sh [test]
#	Silent and quick when everything is there.  Installs through apt-get
#	(with sudo when not root) what is missing; on a system without apt it
#	says what to install and fails.  With "test": the same for what single
#	tests want; they are skipped without it, so that this never fails.
# Why: "make run" on a fresh machine with only git and make must work.

set -u
PATH=$PATH:/usr/sbin:/sbin

# Each line: Debian package, then a command (or a file, when it has a
# slash) that stands for it.  One alternative is enough.
needs='
gcc             gcc
g++             g++
libc6-dev       /usr/include/stdio.h
linux-libc-dev  /usr/include/linux/version.h
binutils        ld
make            make
patch           patch
bzip2           bzip2
xz-utils        xz
pkg-config      pkg-config
python3         python3
e2fsprogs       mke2fs
e2fsprogs       debugfs
gdisk           sgdisk
mtools          mcopy
gnu-efi         /usr/lib/crt0-efi-x86_64.o
qemu-system-x86 qemu-system-x86_64
ovmf            /usr/share/OVMF/OVMF_CODE_4M.fd
xorriso         xorriso
cpio            cpio
mandoc          mandoc
gdb             gdb
debian-archive-keyring /usr/share/keyrings/debian-archive-keyring.gpg
'

wants='
libopenmpi-dev  mpicc
openmpi-bin     mpirun
procps          pgrep
'

required=yes
if [ "${1-}" = test ]; then
	needs=$wants
	required=
fi

missing=$(echo "$needs" | {
	last=
	while read -r pkg what; do
		[ -n "$pkg" ] || continue
		case $what in
		*/*)	[ -e "$what" ] && continue ;;
		*)	command -v "$what" >/dev/null && continue ;;
		esac
		[ "$pkg" = "$last" ] && continue
		last=$pkg
		printf '%s ' "$pkg"
	done
})
[ -z "$missing" ] && exit 0

if ! command -v apt-get >/dev/null; then
	echo "These are missing (Debian's package names): $missing"
	[ "$required" ] || exit 0
	echo "This system has no apt-get: please install them, then try again."
	exit 1
fi >&2

sudo=
if [ "$(id -u)" -ne 0 ]; then
	if ! command -v sudo >/dev/null; then
		echo "Missing: $missing"
		echo "Run as root: apt-get install $missing"
		[ "$required" ] || exit 0
		exit 1
	fi >&2
	sudo=sudo
fi
echo "Installing what ${1-the build} needs: $missing" >&2
export DEBIAN_FRONTEND=noninteractive
$sudo apt-get update >&2 &&
    $sudo apt-get install -y --no-install-recommends $missing >&2
status=$?
[ $status -eq 0 ] || echo "apt-get failed ($status): see above." >&2
[ "$required" ] || exit 0
exit $status
