#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/lint/librse.sh -- do the pages of section 3 say what the public
# headers of the engine and of librse say, all of it, and nothing else?
#
# Use: from the top of the tree.  Prints TAP.

set -u
man=lib/librse/man
pages=$(echo $man/*.3)
. tests/lib/librse.sh

# The prototypes of a page must be the header's; a parameter that has no name
# in the header gets one in the page.
compare() {
	awk -F '\t' '
		function plain(s) {
			sub(/\[[0-9]*\]$/, "", s)
			return s
		}
		# Of both: the same, or a name added.
		function agrees(h, p) {
			if (h == p)
				return 1
			if (index(p, h) != 1)
				return 0
			p = substr(p, length(h) + 1)
			return p ~ (h ~ /\*$/ ? "^[a-z_]+$" : "^ [a-z_]+$")
		}
		FNR == NR { type[$2] = $3; list[$2] = $4; where[$2] = $1; next }
		!($2 in type) {
			print $1 ": " $2 " is in no header"
			next
		}
		{
			if (seen[$2]++)
				print $1 ": " $2 " is in two synopses"
			if ($3 != type[$2])
				print $1 ": " $2 " returns " type[$2]
			n = split(list[$2], h, "; ")
			if (split($4, p, "; ") != n)
				print $1 ": " $2 " has " n " parameters"
			for (i = 1; i <= n; i++)
				if (!agrees(h[i], p[i]))
					print $1 ": " $2 ": " p[i] ", not " h[i]
		}
		END {
			for (f in type)
				if (!(f in seen))
					print where[f] ": " f " is in no page"
		}' "$1" "$2" | sort
}

# Names that a program can use besides functions: constants, types, fields.
words() {
	cat $headers | grep -owE 'RSEP?_[A-Z_]+' | grep -v '_H$'
	awk -f "$tmp/types.awk" $headers
}

# Structs and enums by name, and the fields of structs; comments are gone.
cat >"$tmp/types.awk" <<'AWK'
{
	line = $0
	while (match(line, /\/\*([^*]|\*[^\/])*\*\//))
		line = substr(line, 1, RSTART - 1) " " \
		    substr(line, RSTART + RLENGTH)
	if (line ~ /\/\*/) { sub(/\/\*.*/, "", line); open = 1 }
	else if (open && line ~ /\*\//) { sub(/.*\*\//, "", line); open = 0 }
	else if (open || line ~ /^ \*/) next
	if (line ~ /^(struct|enum) [a-z_]+ \{/) {
		split(line, w, " ")
		print w[1] " " w[2]
		inside = w[1] == "struct"
	}
	if (line ~ /^}/) inside = 0
	if (!inside || line !~ /^\t[a-z]/) next
	if (line ~ /\(\*/) {
		sub(/.*\(\*/, "", line); sub(/\).*/, "", line)
		print line
		next
	}
	sub(/;.*/, "", line)
	n = split(line, part, ",")
	for (i = 1; i <= n; i++) {
		sub(/\[.*/, "", part[i])
		gsub(/.*[ *\t]/, "", part[i])
		if (part[i] != "") print part[i]
	}
}
AWK

missing_words() {
	cat $pages >"$tmp/pages"
	words | sort -u | while read -r word; do
		grep -qw -e "$word" "$tmp/pages" || echo "$word"
	done
}

missing_sections() {
	for page in $pages; do
		for s in NAME LIBRARY SYNOPSIS DESCRIPTION 'RETURN VALUES' \
		    EXAMPLES ERRORS 'SEE ALSO'; do
			grep -qx -e "\.Sh $s" "$page" ||
			    echo "${page##*/}: no section $s"
		done
		grep -qx '\.Ss Threads' "$page" ||
		    echo "${page##*/}: nothing about threads"
	done
}

# Every function of a synopsis is in NAME, by which man(1) finds it.
unnamed() {
	awk -F '\t' '{ print $1, $2 }' "$tmp/shown" |
	while read -r page function; do
		lib/librse/names.sh $man/$page | grep -qx "$function" ||
		    echo "$page: $function is not in NAME"
	done
}

# Errors that a function returns itself; those of functions it calls are not
# seen.
returned() {
	awk '
		/^[a-z_]+\(/ { name = $0; sub(/\(.*/, "", name) }
		/^}/ { name = "" }
		name != "" {
			line = $0
			while (match(line, /RSE_E[A-Z]+/)) {
				print name, substr(line, RSTART, RLENGTH)
				line = substr(line, RSTART + RLENGTH)
			}
		}' rse/core/*.c rse/port/posix/*.c | sort -u
}

missing_errors() {
	returned >"$tmp/returned"
	[ "$(wc -l <"$tmp/returned")" -gt 50 ] || echo 'the code has none'
	awk -F '\t' '{ print $2, $1 }' "$tmp/shown" | sort |
	    join - "$tmp/returned" |
	while read -r function page error; do
		grep -qw "$error" "$man/$page" ||
		    echo "$page: $function returns $error"
	done
}

# What a page mentions must be there: functions, constants, other pages.
loose_ends() {
	sed -n 's/^\.Fn \([a-z_]*\).*/\1/p' $pages | sort -u |
	while read -r f; do
		cut -f 2 "$tmp/declared" | grep -qx "$f" ||
		    echo "a page mentions $f()"
	done
	sed -n 's/^\.\(Dv\|It Bq Dv\|It Dv\) \(.*\)/\2/p' $pages |
	    tr ' ,' '\n\n' | grep '^RSEP\{0,1\}_' | sort -u |
	while read -r c; do
		grep -qw "$c" $headers || echo "a page mentions $c"
	done
	for page in $pages $man/*.7; do
		lib/librse/names.sh "$page"
	done >"$tmp/names"
	sed -n 's/^\.Xr \(rsep\{0,1\}_[a-z_]*\) [37].*/\1/p' $pages $man/*.7 |
	    sort -u |
	while read -r x; do
		grep -qx "$x" "$tmp/names" || echo "a page refers to $x"
	done
}

# Does each page include what declares its functions?  librse.h has it all
# but the runners, RSEP and its transports.
wrong_header() {
	awk -F '\t' 'FNR == NR { where[$2] = $1; next }
	{
		h = where[$2]
		if (h == "runner.h" || h == "node.h")
			h = "rse_" h
		else if (h != "rsep.h")
			h = "librse.h"
		print $1, h
	}' "$tmp/declared" "$tmp/shown" | sort -u |
	while read -r page header; do
		grep -qx "\.In $header" "$man/$page" ||
		    echo "$page does not show $header"
	done
}

awk -f lib/librse/prototypes.awk $pages >"$tmp/shown"

declared=$(wc -l <"$tmp/declared")
verdict "$declared functions are declared" \
    "$([ "$declared" -gt 100 ] || echo "only $declared")"
verdict 'every function has a page with its prototype, and no other does' \
    "$(compare "$tmp/declared" "$tmp/shown")"
verdict 'every function of a synopsis is in NAME' "$(unnamed)"
verdict 'every synopsis has the header of its functions' "$(wrong_header)"
verdict 'every error that a function returns itself is in its page' \
    "$(missing_errors)"
verdict 'every constant, type and field is in a page' "$(missing_words)"
verdict 'every page has every section' "$(missing_sections)"
verdict 'pages mention only what there is' "$(loose_ends)"

# Would it notice?  A declaration and a synopsis that are wrong on purpose.
{
	grep -v rse_spawn "$tmp/declared"
	printf 'rse.h\trse_unheard\tint\tint x\n'
} >"$tmp/wrong"
verdict 'a missing page, a wrong page, type or header are noticed' \
    "$(for f in rse_spawn rse_unheard; do
	compare "$tmp/wrong" "$tmp/shown" | grep -q "$f" || echo "not $f"
    done
    sed 's/uint32_t pid/int pid/' "$tmp/shown" >"$tmp/wrong"
    compare "$tmp/declared" "$tmp/wrong" | grep -q 'int pid, not' ||
	echo 'not a type')"
plan
