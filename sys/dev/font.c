/* SPDX-License-Identifier: MIT */
/*
 * sys/dev/font.c: finds a character's picture in the font that
 * ports/spleen/ made into tables.
 */
#include "dev/font.h"

#include "font_spleen.h"

static const uint8_t missing[FONT_HEIGHT] = { 0, 0, 0x7e, 0x42, 0x42, 0x42,
	0x42, 0x42, 0x42, 0x42, 0x42, 0x7e };

/* font_chars is sorted. */
const uint8_t *
font_glyph(uint32_t c)
{
	unsigned low = 0, high = nitems(font_chars);

	if (c >= ' ' && c < 0x7f && font_chars[c - ' '] == c)
		return font_glyphs[c - ' '];
	while (low < high) {
		unsigned mid = low + (high - low) / 2;

		if (font_chars[mid] == c)
			return font_glyphs[mid];
		if (font_chars[mid] < c)
			low = mid + 1;
		else
			high = mid;
	}
	return missing;
}
