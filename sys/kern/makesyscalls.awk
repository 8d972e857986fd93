# SPDX-License-Identifier: MIT
# sys/kern/makesyscalls.awk: from syscalls.master make what C needs of it.
#
# Use: awk -v out=DIR -f makesyscalls.awk syscalls.master
#	DIR/syscall_proto.h	prototypes of the handlers, numbers (SYS_name)
#	DIR/syscall_table.c	wrappers and table; kern/syscall.c includes it
#	DIR/syscall_names.h	name and argument kinds of each number
# Argument kinds, a letter each: d signed, u unsigned, x pointer or address,
# s string; "-" and "q" stand for "not implemented" and the quiet kind of it.
# Runs on any awk (mawk, busybox, gawk).

function fail(what)
{
	print FILENAME ":" FNR ": " what > "/dev/stderr"
	bad = 1
	exit 1
}

BEGIN {
	FS = "\t"
	if (out == "") {
		print "makesyscalls.awk: no -v out=DIR" > "/dev/stderr"
		bad = 1
		exit 1
	}
	split("tf_rdi tf_rsi tf_rdx tf_r10 tf_r8 tf_r9", reg, " ")
	proto = out "/syscall_proto.h"
	table = out "/syscall_table.c"
	names = out "/syscall_names.h"
	mark = "/* Made by makesyscalls.awk from syscalls.master. */"
	print mark "\n#ifndef SYSCALL_PROTO_H\n#define SYSCALL_PROTO_H\n" \
	    > proto
	print "#include \"base/types.h\"\n" > proto
	print mark "\n" > table
	print mark > names
	last = -1
}

/^#/ || /^$/ { next }

NF != 3 { fail("want NUMBER<TAB>NAME<TAB>PROTOTYPE") }

$1 !~ /^[0-9]+$/ || $1 + 0 <= last { fail("numbers must rise") }

{
	no = $1 + 0
	last = no
	print "#define SYS_" $2 " " no > proto
}

$3 == "-" || $3 == "quiet" {
	kind[no] = $3 == "-" ? "-" : "q"
	name[no] = $2
	next
}

{
	args = $3
	if (args !~ /^\{ .*\); \}$/)
		fail("prototype must be { type name(args); }")
	sub(/^\{ /, "", args)
	sub(/\); \}$/, "", args)
	if (index(args, " " $2 "(") == 0)
		fail("prototype is of another name")
	sub(/^[^(]*\(/, "", args)
	n = args == "void" ? 0 : split(args, arg, /, */)
	if (n > 6)
		fail("more than six arguments")
	list = call = letters = ""
	for (i = 1; i <= n; i++) {
		a = arg[i]
		marker = ""
		if (match(a, /^(in|out|inout|str) /)) {
			marker = substr(a, 1, RLENGTH - 1)
			a = substr(a, RLENGTH + 1)
		}
		if ((a ~ /\*/) != (marker != ""))
			fail("pointer without marker, or marker without")
		var = a
		sub(/^.*[ *]/, "", var)
		type = substr(a, 1, length(a) - length(var))
		sub(/ $/, "", type)
		if (marker != "")
			type = "vaddr_t"
		letters = letters (marker == "str" ? "s" : \
		    type == "vaddr_t" ? "x" : \
		    type ~ /^(int|long|off_t|pid_t)$/ ? "d" : "u")
		list = list (i > 1 ? ", " : "") type " " var
		call = call (i > 1 ? ", " : "") "(" type ")tf->" reg[i]
	}
	print "long sys_" $2 "(" (n ? list : "void") ");" > proto
	print "static long\ncall_" $2 "(const struct trapframe *tf)\n{" > table
	print "\treturn sys_" $2 "(" call ");\n}\n" > table
	kind[no] = letters
	name[no] = $2
	have[no] = 1
}

END {
	if (bad)
		exit 1
	print "\n#define SYSCALL_COUNT " (last + 1) "\n\n#endif" > proto
	print "static const syscall_fn sysent[SYSCALL_COUNT] = {" > table
	print "/* [number] = { name, argument kinds } */" > names
	for (no = 0; no <= last; no++) {
		if (have[no])
			print "\t[" no "] = call_" name[no] "," > table
		if (no in name)
			print "[" no "] = { \"" name[no] "\", \"" kind[no] \
			    "\" }," > names
	}
	print "};" > table
}
