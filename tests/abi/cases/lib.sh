# SPDX-License-Identifier: MIT
# tests/abi/cases/lib.sh -- what the cases share.
#
# Use: . /abi/cases/lib.sh; t NAME 'shell command'
#	runs it in a new folder and prints "ok - NAME" when the command succeeds within LIMIT
#	seconds, else "not ok" and the end of what it said.

LC_ALL=C.UTF-8
export LC_ALL
work=$(mktemp -d /tmp/abi.XXXXXX) || exit 1
trap 'cd /; rm -rf "$work"' EXIT
chmod 755 "$work"

t() {
	rm -rf "$work/d"
	mkdir "$work/d" && cd "$work/d" || exit 1
	if timeout "${LIMIT:-120}" bash -c "$2" >"$work/out" 2>&1 </dev/null
	then
		echo "ok - $1"
	else
		echo "not ok - $1 (status $?)"
		tail -n 12 "$work/out" | sed 's/^/# /'
	fi
}
