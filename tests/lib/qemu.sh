#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/lib/qemu.sh -- start the one machine that everything here runs on.
#
# Use: qemu.sh [--smp N] [--mem MB] [--image IMG] [--keep] [--disk IMG]...
#	[QEMU option]...
#	Without --keep nothing is written to any image.  The caller gives the
#	display and the serial line.  QEMU_CPU replaces "max"; with QEMU_ICOUNT
#	time in the machine is the instructions it executed, 2^QEMU_ICOUNT ns
#	each.
# Why: make run, the tests and the comparison with Linux must use the same
#	machine; the firmware's variables are private to each run.

set -eu
cd "$(dirname "$0")/../.."
smp=2 mem=512 image=build/rse.img snapshot=on disks=

while [ $# -gt 0 ]; do
	case $1 in
	--smp)		smp=$2; shift 2 ;;
	--mem)		mem=$2; shift 2 ;;
	--image)	image=$2; shift 2 ;;
	--disk)		disks="$disks $2"; shift 2 ;;
	--keep)		snapshot=off; shift ;;
	*)		break ;;
	esac
done

for dir in /usr/share/OVMF /usr/share/edk2/x64 /usr/share/edk2/ovmf; do
	[ -f "$dir/OVMF_CODE_4M.fd" ] && break
done
n=0
for disk in $disks; do
	n=$((n + 1))
	set -- -drive "if=none,id=x$n,format=raw,snapshot=$snapshot,file=$disk" \
	    -device "virtio-blk-pci,disable-legacy=on,drive=x$n,addr=$((8 + n))" \
	    "$@"
done
[ -z "${QEMU_ICOUNT:-}" ] || set -- -icount "shift=$QEMU_ICOUNT" "$@"
exec qemu-system-x86_64 -name rse -machine q35 -accel "$(tests/lib/accel.sh)" \
    -cpu "${QEMU_CPU:-max}" -smp "$smp" -m "$mem" -nodefaults -no-reboot \
    -drive "if=pflash,unit=0,format=raw,readonly=on,file=$dir/OVMF_CODE_4M.fd" \
    -drive "if=pflash,unit=1,format=raw,snapshot=on,file=$dir/OVMF_VARS_4M.fd" \
    -drive "if=none,id=x0,format=raw,snapshot=$snapshot,file=$image" \
    -device virtio-blk-pci,disable-legacy=on,drive=x0,addr=8,bootindex=1 \
    -device virtio-rng-pci,disable-legacy=on,addr=7 \
    -device isa-debug-exit,iobase=0xf4,iosize=4 "$@"
