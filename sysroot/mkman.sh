#!/bin/sh
# SPDX-License-Identifier: MIT
# sysroot/mkman.sh -- gather the manual: pages, their index, their manifest.
#
# Use: mkman.sh DIR BUSYBOX MANDOC PAGE...
#	DIR/manN/ get every PAGE, and a page for each BusyBox applet, made of
#	its own usage text; DIR/mandoc.db is the index for apropos, and
#	DIR.manifest what of all this belongs in the image.
# Why: BusyBox has no manual, but "man ls" is the first thing people type.

set -eu
dir=$1 busybox=$2 mandoc=$3
shift 3
rm -rf "$dir"
mkdir -p "$dir"
for section in 1 2 3 4 5 7 8 9; do
	mkdir "$dir/man$section"
done

# applet_page NAME SECTION: usage text on stdin, a page on stdout.
applet_page() {
	awk -v name="$1" -v section="$2" '
		function roff(s) {
			gsub(/\\/, "\\e", s)
			return s ~ /^[.'\'']/ ? "\\&" s : s
		}
		/^Usage:/ { sub(/^Usage: */, ""); usage = 1 }
		usage && /^$/ { usage = 0; text = 1; next }
		usage { synopsis = synopsis "\\&" roff($0) "\n" }
		text && about == "" && !/^\t/ { about = $0 }
		text { lines = lines roff($0) "\n" }
		END {
			if (synopsis == "")
				exit 1
			sub(/[.:]$/, "", about)
			print ".Dd January 1, 2026"
			print ".Dt " toupper(name) " " section
			print ".Os RSE"
			print ".Sh NAME"
			print ".Nm " name
			print ".Nd " (about == "" ? "a BusyBox applet" : about)
			print ".Sh SYNOPSIS"
			printf ".Bd -literal\n%s.Ed\n", synopsis
			if (lines != "")
				printf ".Sh DESCRIPTION\n.Bd -literal\n%s.Ed\n",
				    lines
			print ".Sh SEE ALSO"
			print ".Xr intro 1"
		}'
}

for set in busybox bbsuid; do
	cat "$busybox/$set.links" | while read -r path; do
		name=${path##*/}
		case $path in
		*/sbin/*)	section=8 ;;
		*)		section=1 ;;
		esac
		page=$dir/man$section/$name.$section
		[ -e "$page" ] && continue
		"$busybox/$set" "$name" --help 2>&1 </dev/null | sed 1d |
		    applet_page "$name" $section >"$page" || rm "$page"
	done
done
for page; do
	cp "$page" "$dir/man${page##*.}/"
done

# The program knows by its name what it is to do.
ln -s "$(realpath "$mandoc")" "$dir/makewhatis"
"$dir/makewhatis" "$dir"
rm "$dir/makewhatis"
find "$dir" -type f | LC_ALL=C sort |
while read -r file; do
	echo "/usr/share/man${file#"$dir"} file root root 0644 $file"
done >"$dir.manifest"
