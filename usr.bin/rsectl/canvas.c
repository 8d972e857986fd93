/* SPDX-License-Identifier: MIT */
/*
 * usr.bin/rsectl/canvas.c - a picture: rectangles, text, and PNG.
 *
 * The font is the console's (ports/spleen).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <png.h>

#include "canvas.h"
#include "font_spleen.h"

#define GLYPHS (int)(sizeof(font_chars) / sizeof(font_chars[0]))

bool
canvas_new(struct canvas *c, int width, int height, uint32_t background)
{
	c->width = width;
	c->height = height;
	c->rgb = malloc((size_t)width * (size_t)height * 3);
	if (c->rgb == NULL)
		return false;
	canvas_fill(c, 0, 0, width, height, background);
	return true;
}

void
canvas_free(struct canvas *c)
{
	free(c->rgb);
	c->rgb = NULL;
}

void
canvas_fill(struct canvas *c, int x, int y, int width, int height,
    uint32_t colour)
{
	int x1 = x + width < c->width ? x + width : c->width;
	int y1 = y + height < c->height ? y + height : c->height;
	uint8_t *p;
	int i;

	if (x < 0)
		x = 0;
	for (y = y < 0 ? 0 : y; y < y1; y++) {
		p = c->rgb + ((size_t)y * (size_t)c->width + (size_t)x) * 3;
		for (i = x; i < x1; i++) {
			*p++ = (uint8_t)(colour >> 16);
			*p++ = (uint8_t)(colour >> 8);
			*p++ = (uint8_t)colour;
		}
	}
}

void
canvas_frame(struct canvas *c, int x, int y, int width, int height, int thick,
    uint32_t colour)
{
	canvas_fill(c, x - thick, y - thick, width + 2 * thick, thick,
	    colour);
	canvas_fill(c, x - thick, y + height, width + 2 * thick, thick,
	    colour);
	canvas_fill(c, x - thick, y, thick, height, colour);
	canvas_fill(c, x + width, y, thick, height, colour);
}

static const uint8_t *
glyph(char ch)
{
	int i;

	for (i = 0; i < GLYPHS; i++)
		if (font_chars[i] == (unsigned char)ch)
			return font_glyphs[i];
	return font_glyphs[0]; /* the blank */
}

void
canvas_text(struct canvas *c, int x, int y, int size, uint32_t colour,
    const char *s)
{
	const uint8_t *g;
	int i, k;

	for (; *s != '\0'; s++, x += GLYPH_WIDE * size) {
		g = glyph(*s);
		for (i = 0; i < GLYPH_HIGH; i++)
			for (k = 0; k < GLYPH_WIDE; k++)
				if (g[i] & 0x80 >> k)
					canvas_fill(c, x + k * size,
					    y + i * size, size, size, colour);
	}
}

void *
canvas_png(const struct canvas *c, size_t *len, char *why, size_t room)
{
	png_image image = { .version = PNG_IMAGE_VERSION,
		.width = (png_uint_32)c->width,
		.height = (png_uint_32)c->height,
		.format = PNG_FORMAT_RGB };
	png_alloc_size_t n = PNG_IMAGE_PNG_SIZE_MAX(image);
	void *data = malloc(n);

	if (data == NULL) {
		snprintf(why, room, "there is not enough memory");
		return NULL;
	}
	if (!png_image_write_to_memory(&image, data, &n, 0, c->rgb, 0,
	    NULL)) {
		snprintf(why, room, "%s", image.message);
		png_image_free(&image);
		free(data);
		return NULL;
	}
	*len = n;
	return data;
}
