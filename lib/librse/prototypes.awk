# SPDX-License-Identifier: MIT
# lib/librse/prototypes.awk -- the functions that headers declare, or that the
# synopses of manual pages show.
#
# Use: awk -f prototypes.awk HEADER... or PAGE.3...
#	Each line: file, name, type returned, parameters separated by "; ",
#	with tabs between.

function squeeze(s) {
	gsub(/[ \t\n]+/, " ", s)
	gsub(/ ?\* ?/, " *", s)
	gsub(/\* \*/, "**", s)
	gsub(/^ | $/, "", s)
	return s
}

# A declaration without its semicolon, if it is one of a function.
function declaration(s,    at, i, n, part, name, list) {
	sub(/__attribute__.*/, "", s)
	s = squeeze(s)
	if (s ~ /^typedef / || !match(s, /[A-Za-z_0-9]+ ?\(/))
		return
	name = substr(s, RSTART, RLENGTH)
	at = substr(s, 1, RSTART - 1)
	s = substr(s, RSTART + RLENGTH)
	sub(/ ?\($/, "", name)
	sub(/\)[^)]*$/, "", s)
	n = split(s, part, ",")
	for (i = 1; i <= n; i++)
		list = list (i > 1 ? "; " : "") squeeze(part[i])
	print file "\t" name "\t" squeeze(at) "\t" list
}

function page_end() {
	if (name != "")
		print file "\t" name "\t" squeeze(type) "\t" list
	name = list = ""
}

# The arguments of a macro, of which some are quoted.
function arguments(s,    n) {
	n = 0
	while (match(s, /^ *("[^"]*"|[^ "]+)/)) {
		word[++n] = substr(s, 1, RLENGTH)
		s = substr(s, RLENGTH + 1)
		gsub(/^ *"?|"$/, "", word[n])
	}
	return n
}

FNR == 1 {
	file = FILENAME
	sub(/.*\//, "", file)
	page = file ~ /\.[0-9]$/
	text = ""
	depth = comment = synopsis = skip = 0
}
page && /^\.Sh/ { page_end(); synopsis = $2 == "SYNOPSIS"; next }
page && !synopsis { next }
page && $1 == ".Ft" {
	page_end()
	type = $0
	sub(/^\.Ft */, "", type)
	gsub(/"/, "", type)
}
page && ($1 == ".Fn" || $1 == ".Fo") {
	page_end()
	line = $0
	sub(/^\.F[no] */, "", line)
	n = arguments(line)
	name = word[1]
	for (i = 2; i <= n; i++)
		list = list (i > 2 ? "; " : "") squeeze(word[i])
}
page && $1 == ".Fa" {
	line = $0
	sub(/^\.Fa */, "", line)
	n = arguments(line)
	for (i = 1; i <= n; i++)
		list = list (list != "" ? "; " : "") squeeze(word[i])
}
page { next }

# Headers: comments and the preprocessor go, braces are counted.
/^#ifdef __cplusplus/ { skip = 1 }
/^#endif/ { skip = 0 }
/^#/ || skip { next }
{
	line = $0
	while (line != "") {
		if (comment) {
			if (!match(line, /\*\//))
				break
			line = substr(line, RSTART + 2)
			comment = 0
		} else if (match(line, /\/\*|[{};]/)) {
			text = text substr(line, 1, RSTART - 1)
			c = substr(line, RSTART, 1)
			line = substr(line, RSTART + RLENGTH)
			if (c == "/")
				comment = 1
			else if (c == "{")
				depth++
			else if (c == "}")
				depth--
			else if (depth == 0) {
				declaration(text)
				text = ""
			}
			if (c == "}")
				text = depth == 0 ? "" : text
		} else {
			text = text line
			line = ""
		}
	}
	text = text " "
}
END { page_end() }
