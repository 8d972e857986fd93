#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/guest/applets.sh -- run every BusyBox applet that is installed.
#
# Use: applets [PATTERN]	only the applets whose name contains PATTERN
#	The table /usr/share/tests/applets.txt says what each has to print.

table=/usr/share/tests/applets.txt
pattern=${1:-}
limit=200
top=$PWD
n=0

result() {
	n=$((n + 1))
	if [ -z "$2" ]; then
		echo "ok $n - $1"
	else
		echo "not ok $n - $1: $2"
	fi
}

# run_applet NAME STATUS PATTERN COMMAND
run_applet() {
	mkdir "$top/dir"
	cd "$top/dir" || exit 1
	printf 'one\ntwo\nthree\n' >t
	timeout -s KILL $limit sh -c "$4" >"$top/out" 2>&1 </dev/null
	status=$?
	why=
	if [ $status -ne "$2" ]; then
		why="status $status, want $2"
	elif [ "$3" = - ]; then
		[ -s "$top/out" ] && why="output where none is due"
	elif ! tr -d '\r' <"$top/out" | grep -Eq -e "$3"; then
		why="no line matches $3"
	fi
	if [ -n "$why" ]; then
		echo "# $4"
		head -n 12 "$top/out" | tr -dc '\t\n -~' | sed 's/^/# > /'
	fi
	result "$1" "$why"
	cd "$top" && rm -rf "$top/dir"
}

# Names that lead to one of the two programs must be in the table.
missing=
for path in /bin/* /sbin/* /usr/bin/* /usr/sbin/*; do
	case $(readlink "$path") in
	/bin/busybox|/bin/bbsuid)
		cut -f 1 $table | grep -Fqx -e "${path##*/}" ||
		    missing="$missing ${path##*/}" ;;
	esac
done
[ -n "$pattern" ] ||
    result "every applet is in the table" "${missing:+not these:$missing}"

while IFS='	' read -r name status want command; do
	case $name in
	''|'#'*) ;;
	*"$pattern"*)	run_applet "$name" "$status" "$want" "$command" ;;
	esac
done <$table
echo "1..$n"
