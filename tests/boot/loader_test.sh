#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/boot/loader_test.sh - boots a test kernel, and broken ones, with the
# real loader under OVMF.  Prints TAP.
#
# Use: after `make boot-loader`, from the top of the tree.
# RSE_TEST_SCALE multiplies every time limit; OVMF_CODE and OVMF_VARS name
# firmware elsewhere.

set -u
loader=build/boot/BOOTX64.EFI
src=tests/boot/loader
out=build/tests/loader
code=${OVMF_CODE:-/usr/share/OVMF/OVMF_CODE_4M.fd}
vars=${OVMF_VARS:-/usr/share/OVMF/OVMF_VARS_4M.fd}
limit=$((60 * ${RSE_TEST_SCALE:-1}))
n=0
failed=0

report()	# status, name
{
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $n - $2"
	else
		echo "not ok $n - $2"
		echo "# console in $out/$name.log; repeat: sh $0"
		failed=1
	fi
}

kernel_build()
{
	flags="-std=gnu11 -ffreestanding -fpie -fvisibility=hidden
	    -mno-red-zone -mgeneral-regs-only -fno-stack-protector -O2 -g
	    -Wall -Wextra -Werror -Isys/include"
	${CC:-gcc} $flags -c -o $out/kernel.o $src/kernel.c &&
	    ${CC:-gcc} -c -o $out/start.o $src/start.S &&
	    ${LD:-ld} -pie --no-dynamic-linker -z max-page-size=4096 \
	    -T $src/kernel.ld -o $out/kernel.elf $out/start.o $out/kernel.o
}

# An ESP in an image: kernel file or -, text of boot.conf or -.
image_build()	# kernel, conf
{
	img=$out/$name.img
	rm -f $img
	truncate -s 8M $img &&
	    mformat -i $img -v RSE :: &&
	    mmd -i $img ::/EFI ::/EFI/BOOT ::/rse &&
	    mcopy -i $img $loader ::/EFI/BOOT/BOOTX64.EFI || return 1
	if [ "$1" != - ]; then
		mcopy -i $img "$1" ::/rse/kernel.elf || return 1
	fi
	if [ "$2" != - ]; then
		printf "$2" | mcopy -i $img - ::/rse/boot.conf || return 1
	fi
	cp $vars $out/$name.vars
}

# Becomes the machine, so that killing the process ends it.
machine_exec()	# QEMU options; console on stdin and stdout
{
	exec timeout $limit qemu-system-x86_64 -machine q35 -nodefaults \
	    -display none -monitor none -serial stdio -no-reboot \
	    -device isa-debug-exit,iobase=0xf4,iosize=4 \
	    -drive if=pflash,format=raw,readonly=on,file=$code \
	    -drive if=pflash,format=raw,file=$out/$name.vars \
	    -drive if=none,id=esp,format=raw,file=$out/$name.img \
	    -device virtio-blk-pci,drive=esp,bootindex=0 "$@"
}

# The test kernel must find everything right (exit status 33), and its
# console must show a line.
good()	# name, conf, line, QEMU options
{
	name=$1 conf=$2 line=$3
	shift 3
	if ! image_build $out/kernel.elf "$conf"; then
		report 1 "boots: $name"
		return
	fi
	(machine_exec "$@") </dev/null >$out/$name.log 2>&1
	[ $? -eq 33 ] && ! grep -q '^not ok' $out/$name.log &&
	    grep -q -e "$line" $out/$name.log
	report $? "boots: $name"
}

# Waits until the console of this test shows a line.
await()		# text, seconds
{
	i=0
	until grep -q -F "$1" $out/$name.log; do
		i=$((i + 1))
		[ $i -le $(($2 * 5)) ] || return 1
		sleep 0.2
	done
}

# The loader must say this, wait for a key (or, with the name "no-key", for
# its 10 s), and return to the firmware, which says that the option failed.
bad()	# name, kernel, conf, sentence
{
	name=$1
	if ! image_build "$2" "$3"; then
		report 1 "refuses: $name"
		return
	fi
	rm -f $out/$name.in
	mkfifo $out/$name.in
	: >$out/$name.log
	machine_exec -m 256 -cpu max <$out/$name.in >$out/$name.log 2>&1 &
	pid=$!
	exec 3>$out/$name.in
	await 'press a key' $limit
	sleep 0.5
	[ "$name" = no-key ] || echo >&3
	await 'BdsDxe: failed to start' $((15 * ${RSE_TEST_SCALE:-1})) &&
	    grep -q -F "$4" $out/$name.log
	report $? "refuses: $name"
	kill $pid 2>/dev/null
	wait $pid 2>/dev/null
	exec 3>&-
}

# A copy of the kernel with bytes changed.
patch_bytes()	# file, offset, bytes for printf
{
	cp $out/kernel.elf $out/$1 &&
	    printf "$3" | dd of=$out/$1 bs=1 seek=$2 conv=notrunc status=none
}

mkdir -p $out
if ! kernel_build; then
	echo "Bail out! the test kernel does not build"
	exit 1
fi
echo "TAP version 13"

good plain - 'cmdline \[\]' -m 256 -cpu max
good small 'cmdline = a b\n' 'cmdline \[a b\]' -m 64 -cpu max
good large '# eight GiB\ncmdline = nokaslr x=1\n' 'slide 0x0$' -m 8G -cpu max
good old 'kernel = \\rse\\kernel.elf\r\n' 'cmdline \[\]' -m 6G -cpu qemu64
good screen 'cmdline=vga\n' 'fb 0x[1-9a-f]' -m 256 -cpu max -device VGA

head -c 3000 $out/kernel.elf >$out/short.elf
head -c 20000 $out/kernel.elf >$out/tail.elf
head -c 40 $out/kernel.elf >$out/stump.elf
patch_bytes magic.elf 0 X
patch_bytes entry.elf 24 '\0\0\0\0\0\0\0\0'
patch_bytes segment.elf 79 '\177'	# top byte of the first p_offset
bad truncated $out/short.elf - 'a segment lies outside the file'
bad tail $out/tail.elf - 'its section headers lie outside the file'
bad stump $out/stump.elf - 'it is too short for an ELF header'
bad magic $out/magic.elf - 'it does not begin with the ELF magic number'
bad entry $out/entry.elf - 'its entry is not in an executable segment'
bad segment $out/segment.elf - 'a segment lies outside the file'
bad missing - - '\rse\kernel.elf does not exist'
bad conf $out/kernel.elf 'cmdline = x\n\nkernal = y\n' \
    'boot.conf, line 3: the key is neither'
bad no-key $out/magic.elf - 'it does not begin with the ELF magic number'

echo "1..$n"
exit $failed
