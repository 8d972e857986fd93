#!/bin/sh
# SPDX-License-Identifier: MIT
# sysroot/mkman.sh -- gather the manual: pages, their index, their manifest.
#
# Use: mkman.sh DIR BUSYBOX MANDOC PAGE...
#	DIR/manN/ get every PAGE, and a page for each BusyBox applet, made of
#	its own usage text or of the words below; DIR/mandoc.db is the index for apropos, and
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
	while read -r path; do
		name=${path##*/}
		case $path in
		*/sbin/*)	section=8 ;;
		*)		section=1 ;;
		esac
		page=$dir/man$section/$name.$section
		[ -e "$page" ] && continue
		# By its name: a program of one applet takes no other.
		ln -s "$(realpath "$busybox/$set")" "$dir/$name"
		"$dir/$name" --help 2>&1 </dev/null | sed 1d |
		    applet_page "$name" $section >"$page" || rm "$page"
		rm "$dir/$name"
	done <"$busybox/$set.links"
done

# Those that print no such text: name, arguments, what they do.
while IFS='|' read -r name arguments about; do
	printf 'Usage: %s %s\n\n%s\n' "$name" "$arguments" "$about" |
	    applet_page "$name" 1 >"$dir/man1/$name.1"
done <<'END'
[|EXPRESSION ]|Check files and compare values, as test does
[[|EXPRESSION ]]|Check files and compare values, as test does
ascii||Print the table of ASCII
echo|[-neE] [WORD]...|Print words: -n no newline, -e with escapes, -E without
egrep|[OPTIONS] PATTERN [FILE]...|Search lines as grep -E does
false||Do nothing, unsuccessfully
fgrep|[OPTIONS] PATTERN [FILE]...|Search lines as grep -F does
linux64|PROGRAM [ARGUMENT]...|Run a program as on x86_64
pipe_progress||Copy standard input to output, and print dots
test|EXPRESSION|Check files and compare values
tree|[FOLDER]...|Show what is in a folder as a tree
true||Do nothing, successfully
END
for page; do
	cp "$page" "$dir/man${page##*.}/"
done
for names in busybox.1=bbsuid.1 e2fsck.8=fsck.ext2.8 mke2fs.8=mkfs.ext2.8; do
	section=man${names##*.}
	echo ".so $section/${names%=*}" >"$dir/$section/${names#*=}"
done

# The program knows by its name what it is to do.
ln -s "$(realpath "$mandoc")" "$dir/makewhatis"
"$dir/makewhatis" "$dir"
rm "$dir/makewhatis"
find "$dir" -type f | LC_ALL=C sort |
while read -r file; do
	echo "/usr/share/man${file#"$dir"} file root root 0644 $file"
done >"$dir.manifest"
