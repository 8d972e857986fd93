#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/lib/accel.sh -- print the accelerator QEMU can really use: kvm or tcg.
#
# Use: tests/lib/accel.sh		ACCEL=kvm|tcg in the environment decides
# Why: where the host is itself a paravirtual guest, /dev/kvm opens and the
#	first FPU instruction then hangs the machine.  A ROM that runs
#	fwait; fninit; out 0xf4 finds out within a second; the answer is
#	kept in build/accel.

set -u
cd "$(dirname "$0")/../.."
[ -n "${ACCEL:-}" ] && { echo "$ACCEL"; exit 0; }
[ -s build/accel ] && { cat build/accel; exit 0; }
mkdir -p build

accel=tcg
if [ -w /dev/kvm ] && grep -qwE 'vmx|svm' /proc/cpuinfo; then
	rom=$(mktemp)
	{
		head -c 65520 /dev/zero
		# fwait; fninit; mov al,0x31; out 0xf4,al; hlt; jmp .-1
		printf '\233\333\343\260\061\346\364\364\353\375'
		printf '\000\000\000\000\000\000'
	} >"$rom"
	timeout -k 1 1 qemu-system-x86_64 -machine pc -accel kvm -nodefaults \
	    -display none -m 16 -bios "$rom" \
	    -device isa-debug-exit,iobase=0xf4,iosize=4 \
	    </dev/null >/dev/null 2>&1
	[ $? -eq 99 ] && accel=kvm
	rm -f "$rom"
fi
echo "$accel" >"build/accel.$$" && mv "build/accel.$$" build/accel
echo "$accel"
