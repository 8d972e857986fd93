#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/host/rsed_test.sh -- rsed's options and settings: what it says of each
# that is wrong.  What it does with the tori only a machine can show.

set -u
rsed=$PWD/build/usr.bin/rsed
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
export RSE_DEV="$dir/none"
cases=0

# refuse CODE TEXT ARGUMENT...: it ends with CODE and says TEXT.
refuse() {
	code=$1 text=$2
	shift 2
	timeout 20 "$rsed" -s rsed.sock -p rsed.pid "$@" >out 2>&1 </dev/null
	status=$?
	cases=$((cases + 1))
	if [ $status -eq "$code" ] && grep -qF -e "$text" out; then
		echo "ok $cases - rsed $*: $text"
	else
		echo "not ok $cases - rsed $*: $text"
		{ echo "exit $status"; cat out; } | sed 's/^/# /'
	fi
}

# conf LINE TEXT: the settings on standard input are refused.
conf() {
	cat >mine.conf
	refuse 2 "mine.conf:$1: $2" -f -c mine.conf
}

refuse 2 'usage: rsed' -x
refuse 2 'usage: rsed' now
refuse 2 'usage: rsed' -c
mkdir folder
refuse 2 'folder: Is a directory' -c folder
conf 1 'not of the form key = value' <<END
checkpoint 60
END
conf 2 'no such key' <<END
# a comment
colour = red
END
conf 2 'the key was given before' <<END
restore = yes
restore = no
END
conf 1 'neither yes nor no' <<END
recover = maybe
END
for number in -1 86401 1e3 0x10 99999999999999999999 ''; do
	echo "checkpoint = $number" >mine.conf
	refuse 2 'not a number of seconds from 0 to 86400' -c mine.conf
done
conf 1 'the path must begin with /' <<END
state = here
END
awk 'BEGIN { printf "state = /"; for (i = 0; i < 300; i++) printf "a" }' >long
conf 1 'the path is too long' <long
awk 'BEGIN { for (i = 0; i < 700; i++) printf "a"; print "" }' >long
conf 1 'the line is too long' <long
printf 'resume = no\nrestore = no\0yes\n' >zero
conf 2 'this is not text' <zero
# Lines may end as elsewhere, and the last need not end: it comes further.
printf 'checkpoint = 60\r\nstate = %s/none/state' "$dir" >mine.conf
refuse 1 'none/state: No such file or directory' -c mine.conf
echo "state = $dir/state" >mine.conf
refuse 1 'mine.conf/x: Not a directory' -c mine.conf -s mine.conf/x
echo "1..$cases"
