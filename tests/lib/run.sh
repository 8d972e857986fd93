#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/lib/run.sh -- boot an image in this terminal.
#
# Use: run.sh [--gdb KERNEL] IMAGE
#	SMP, MEM: size of the machine.  WINDOW=gtk: a screen in a window too.
#	With --gdb the machine waits for gdb, which starts in this terminal;
#	the console is then in build/debug.log.

set -eu
cd "$(dirname "$0")/../.."
kernel=
[ "$1" = --gdb ] && { kernel=$2; shift 2; }
image=$1
set -- --smp "${SMP:-2}" --mem "${MEM:-512}" --image "$image" --keep \
    -action reboot=reset
if [ -n "${WINDOW:-}" ]; then
	set -- "$@" -display "$WINDOW" -device VGA
else
	set -- "$@" -display none
fi

if [ -z "$kernel" ]; then
	echo "Ctrl-A x ends the machine, Ctrl-A c is QEMU's monitor."
	exec tests/lib/qemu.sh "$@" -serial mon:stdio
fi

dir=$(mktemp -d)
trap 'kill $qemu 2>/dev/null; rm -rf "$dir"' EXIT
tests/lib/qemu.sh "$@" -serial file:build/debug.log -monitor none \
    -S -gdb "unix:$dir/gdb,server=on,wait=off" &
qemu=$!
while [ ! -S "$dir/gdb" ]; do
	kill -0 $qemu || exit 1
	sleep 0.1
done
echo "The console goes to build/debug.log."
gdb -q -ex 'set arch i386:x86-64' -ex "target remote $dir/gdb" \
    $([ -f tests/gdb/rse.py ] && echo -x tests/gdb/rse.py) "$kernel"
