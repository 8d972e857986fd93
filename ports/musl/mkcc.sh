#!/bin/sh
# SPDX-License-Identifier: MIT
# ports/musl/mkcc.sh -- make build/bin/rse-cc, the compiler for RSE programs,
# and copy the Linux interface headers into the sysroot.
#
# Use: mkcc.sh SYSROOT BINDIR
# Why: the host's gcc makes the code; a specs file swaps its C library for
#	musl in the sysroot.  Dynamic by default like any cc; -static,
#	-static-pie, -no-pie and -shared work.  Only libgcc.a comes from
#	the host.

set -eu
sysroot=$1
bin=$2
inc=$sysroot/usr/include
lib=$sysroot/usr/lib
mkdir -p "$bin" "$inc" "$lib"

# BusyBox and e2fsprogs want the kernel's interface headers.
for d in linux asm-generic mtd; do
	rm -rf "${inc:?}/$d"
	cp -r "/usr/include/$d" "$inc/$d"
done
rm -rf "$inc/asm"
cp -r /usr/include/x86_64-linux-gnu/asm "$inc/asm"

crt="%{shared:;static-pie:$lib/rcrt1.o;static|no-pie:$lib/crt1.o;:$lib/Scrt1.o}"
pie='shared|static-pie|!no-pie'
begin="%{static:crtbeginT.o%s;$pie:crtbeginS.o%s;:crtbegin.o%s}"
end="%{static:crtend.o%s;$pie:crtendS.o%s;:crtend.o%s}"
static_pie='static-pie:-static -pie --no-dynamic-linker -z text'
kind="%{r:;$static_pie;static:-static;shared:-shared;no-pie:;:-pie}"
loader='-dynamic-linker /lib/ld-musl-x86_64.so.1'
link="-m elf_x86_64 --hash-style=gnu --build-id=none --eh-frame-hdr -nostdlib"
link="$link -z relro -z now $kind %{!static:%{!static-pie:$loader}}"

cat >"$bin/rse.specs" <<EOF
%rename cpp_options old_cpp_options

*cpp_options:
-nostdinc -isystem $inc -isystem include%s %(old_cpp_options)

*cc1:
%(cc1_cpu) -nostdinc -isystem $inc -isystem include%s

*link_libgcc:
-L$lib -L .%s

*libgcc:
libgcc.a%s

*startfile:
$crt $lib/crti.o $begin

*endfile:
$end $lib/crtn.o

*link:
$link %{rdynamic:-export-dynamic}

EOF
cat >"$bin/rse-cc" <<EOF
#!/bin/sh
# The C compiler for RSE programs; see ports/musl/mkcc.sh.
unset LIBRARY_PATH CPATH C_INCLUDE_PATH
exec gcc -specs "$bin/rse.specs" "\$@"
EOF
chmod +x "$bin/rse-cc"
for t in ar ranlib nm strip objcopy objdump readelf ld as size; do
	ln -sf "$(command -v $t)" "$bin/rse-$t"
done
ln -sf rse-cc "$bin/rse-gcc"
