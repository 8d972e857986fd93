# SPDX-License-Identifier: MIT
# ports/spleen/bdf2h.awk -- a bitmap font in BDF to C tables.
#
# Use: awk -f bdf2h.awk FONT.bdf >font.h
#	Glyphs are 8 pixels wide and 16 high; those of the BMP are kept, in
#	the order of their numbers, which is that of the file:
#		font_chars[i]	 its number in Unicode
#		font_glyphs[i]	 16 bytes, the leftmost pixel in the high bit

function fail(why) {
	print FILENAME ":" FNR ": " why >"/dev/stderr"
	failed = 1
	exit 1
}

function hex(s,    i, v) {
	v = 0
	for (i = 1; i <= length(s); i++)
		v = v * 16 + index("0123456789abcdef", \
		    tolower(substr(s, i, 1))) - 1
	return v
}

$1 == "FONTBOUNDINGBOX" && ($2 != 8 || $3 != 16) { fail("not 8x16") }
$1 == "FONTBOUNDINGBOX" { descent = -$5 }
$1 == "ENCODING" { code = $2 }
$1 == "BBX" { width = $2; height = $3; yoff = $5 }
$1 == "BITMAP" { row = 0; inside = 1; next }
$1 == "ENDCHAR" {
	inside = 0
	if (code < 0 || code > 65535)
		next
	if (code <= last)
		fail("glyphs are not in order")
	if (width > 8 || height > 16 || row != height)
		fail("a glyph does not fit")
	last = code
	line = ""
	top = 16 - descent - yoff - height
	for (y = 0; y < 16; y++)
		line = line sprintf("%d,", \
		    y >= top && y < top + height ? bits[y - top] : 0)
	chars[n] = code
	glyphs[n++] = line
}
inside { bits[row++] = hex(substr($1, 1, 2)) }
BEGIN { last = -1; n = 0 }

END {
	if (failed)
		exit 1
	if (n < 128)
		fail("too few glyphs")
	print "/* Made by ports/spleen/bdf2h.awk; see spleen's LICENSE. */"
	print "static const uint16_t font_chars[] = {"
	for (i = 0; i < n; i++)
		print "\t" chars[i] ","
	print "};"
	print "static const uint8_t font_glyphs[][16] = {"
	for (i = 0; i < n; i++)
		print "\t{ " glyphs[i] " },"
	print "};"
}
